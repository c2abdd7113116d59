"""Ctrl-C and SIGTERM as a wish that is granted between two steps."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from weightdeck.cli.failure import INTERRUPTED, TERMINATED

_EXIT_CODES = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}


class Stop:
    """`exit_code` is None until somebody wants the process to end."""

    def __init__(self) -> None:
        self.exit_code: int | None = None

    def want(self, number: int, _frame: FrameType | None) -> None:
        """A signal's handler."""
        self.exit_code = _EXIT_CODES[signal.Signals(number)]


@contextmanager
def stopping() -> Iterator[Stop]:
    """While this lasts signals only set the flag, so that no step and no save is torn. For the main thread."""
    stop = Stop()
    former = {number: signal.signal(number, stop.want) for number in _EXIT_CODES}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
