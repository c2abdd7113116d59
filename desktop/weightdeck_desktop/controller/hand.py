"""The user's hand on the model: gestures, and every command that comes of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from weightdeck.run.commands import Command
from weightdeck.run.session import Session

Problem = Callable[[str], None]


class Hand(QObject):
    """Submits commands and knows the newest of them. Lives on the GUI thread.

    While a knob or fader is in the hand training waits, unless `waits` is off.
    """

    touched = Signal()  # a command is on its way

    def __init__(self, session: Session, show_problem: Problem, parent: QObject) -> None:
        super().__init__(parent)
        self.waits = True
        self._session = session
        self._show_problem = show_problem
        self._gestures = itertools.count(1)
        self._gesture: int | None = None
        self._last_submitted = 0

    def begin(self) -> None:
        """A new run: its frames know of no earlier command."""
        self._gesture = None
        self._last_submitted = 0

    @property
    def last_submitted(self) -> int:
        """Number of the newest command."""
        return self._last_submitted

    @property
    def gesture(self) -> int | None:
        """Number of the gesture that the hand is in the middle of."""
        return self._gesture

    def grab(self) -> None:
        """Take hold of something that changes the model at once."""
        self._gesture = next(self._gestures)
        if self.waits:
            self._session.hold(True)

    def release(self) -> None:
        self._gesture = None
        self._session.hold(False)

    def new_gesture(self) -> int:
        """A gesture during which training goes on."""
        return next(self._gestures)

    def submit(self, command: Command) -> bool:
        """Send a command; whether it went. One that cannot be is told to the user."""
        try:
            self._last_submitted = self._session.submit(command)
        except ValueError as problem:
            self._show_problem(str(problem))
            return False
        self.touched.emit()
        return True

    def say(self, problem: str) -> None:
        """Tell the user why something cannot be done."""
        self._show_problem(problem)
