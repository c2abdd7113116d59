"""What a command says: results on standard output, messages on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping


def emit(result: Mapping[str, object]) -> None:
    """One JSON object as a line on standard output, at once."""
    say(json.dumps(result, allow_nan=False))


def say(line: str) -> None:
    """A line on standard output, at once: what reads it may be a pipe, on Windows one that has no "−"."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(line.encode(encoding, "replace").decode(encoding) + "\n")
    sys.stdout.flush()


def tell(message: str) -> None:
    """A message for the person, on standard error."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()
