"""Where training is to pause by itself: the user's list, told to the session and kept for the next start."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject

from weightdeck.run.frame import Phase, Status
from weightdeck.run.half_step import Breakpoint, Watched
from weightdeck.run.session import Session
from weightdeck_desktop.breakpoint_list import Breakpoints
from weightdeck_desktop.breakpoint_words import LAST_STEP, MOST_BREAKPOINTS
from weightdeck_desktop.settings import Settings
from weightdeck_desktop.window import Window


class BreakpointDesk(QObject):
    """Owns the list. It is of the window, not of a run: nothing of it is journalled. Lives on the GUI thread."""

    def __init__(self, session: Session, window: Window, settings: Settings) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._settings = settings
        window.breakpoints_changed.connect(self._on_view_breakpoints_changed)
        # They come back switched off: a run that stops for a reason of last week would be a riddle.
        window.show_breakpoints(tuple(replace(each, is_on=False) for each in _kept(settings.breakpoints)))

    def _on_view_breakpoints_changed(self, breakpoints: Breakpoints) -> None:
        self._session.set_breakpoints(breakpoints)
        self._settings.breakpoints = [
            {"watched": each.watched.value, "value": each.value, "above": each.above} for each in breakpoints
        ]
        self._window.show_breakpoints(breakpoints)


def is_at_breakpoint(status: Status) -> bool:
    """Whether training pauses because it has met one."""
    return status.phase is Phase.PAUSED and any(
        each.is_met(status.step, status.half) for each in status.breakpoints
    )


def _kept(entries: list[Any]) -> Breakpoints:
    """What can be made of the list in the settings file, which anybody may have written."""
    found: list[Breakpoint] = []
    for entry in entries:
        match entry:
            case {"watched": str(watched), "value": float() | int() as value, "above": bool(above)}:
                try:
                    found.append(Breakpoint(Watched(watched), float(value), above))
                except (ValueError, OverflowError):
                    continue
    in_reach = (each for each in found if each.watched is not Watched.STEP or each.value <= LAST_STEP)
    return tuple(dict.fromkeys(in_reach))[:MOST_BREAKPOINTS]
