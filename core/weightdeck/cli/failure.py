"""How a command ends when it cannot do what it was asked for."""

from __future__ import annotations

FAILED = 1
WRONG_USAGE = 2
NO_DISPLAY = 3
INTERRUPTED = 130  # what shells report for Ctrl-C
TERMINATED = 143  # and for SIGTERM


class CommandError(Exception):
    """Ends a command with a sentence for the user and an exit code."""

    def __init__(self, sentence: str, exit_code: int = FAILED) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
