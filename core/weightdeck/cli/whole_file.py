"""A result file that is there whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from weightdeck.cli.failure import FAILED, WRONG_USAGE, CommandError


def check_out(out: Path, suffix: str, source: Path) -> None:
    """Raise `CommandError` (wrong usage) when a result cannot go to `out`, or would replace the run that is read."""
    try:
        problem = _problem(out, suffix, source)
    except OSError as error:  # a name that is too long for any file
        problem = f"There can be no file {error.filename}: {error.strerror}. Choose another name."
    if problem:
        raise CommandError(problem, WRONG_USAGE)


def _problem(out: Path, suffix: str, source: Path) -> str:
    folder = out.absolute().parent
    if out.suffix.lower() != suffix:
        return f"--out must end in {suffix}, not {out.name!r}."
    if not folder.is_dir():
        return f"There is no folder {folder} to put the file in."
    if out.is_dir():
        return f"{out} is a folder. Choose another name."
    if out.exists() and source.exists() and out.samefile(source):
        return f"{out} is the run itself. Choose another name."
    return ""


def write_whole(path: Path, data: bytes) -> None:
    """Write all of `data`, or leave what was there. Raises `CommandError` with a sentence."""
    written = path.with_name(f".weightdeck-{secrets.token_hex(8)}")
    try:
        try:
            with written.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            written.replace(path)
        except BaseException:
            with suppress(OSError):
                written.unlink()
            raise
    except OSError as problem:
        raise CommandError(f"{path} could not be written: {problem.strerror}.", FAILED) from None
