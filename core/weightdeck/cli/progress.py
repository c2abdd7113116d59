"""A progress bar for a terminal."""

from __future__ import annotations

import shutil
import sys

WIDEST_BAR = 40


class ProgressBar:
    """One line on standard error that is drawn over again; nothing when that is no terminal.

    Characters are plain ASCII, which every terminal's encoding has.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._shows = sys.stderr.isatty()

    def show(self, done: int, words: str) -> None:
        """Draw `done` of the total, with `words` behind it."""
        if not self._shows:
            return
        columns = shutil.get_terminal_size().columns
        text = f" {done:,} of {self._total:,}  {words}"
        width = max(0, min(WIDEST_BAR, columns - len(text) - 3))
        filled = width * done // max(1, self._total)
        bar = f"[{'#' * filled}{'.' * (width - filled)}]" if width else ""
        sys.stderr.write(f"\r\x1b[K{(bar + text)[: columns - 1]}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away, so that what follows begins on a clean one."""
        if self._shows:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
