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
        self._locked = ""  # why nothing can be changed
        self._has_said_so = False

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

    def lock(self, why: str) -> None:
        """Let nothing be changed and say `why` to who tries; "" gives the model back into the hand."""
        if why and self._gesture is not None:
            self.release()
        if self._has_said_so and not why:
            self._show_problem("")
            self._has_said_so = False
        self._locked = why

    @property
    def locked(self) -> str:
        """Why nothing can be changed now; "" where it can."""
        return self._locked

    def refuses(self) -> bool:
        """Whether nothing can be changed now; then the user is told why."""
        if self._locked:
            self._has_said_so = True
            self._show_problem(self._locked)
        return bool(self._locked)

    def grab(self) -> None:
        """Take hold of something that changes the model at once."""
        if self._locked:
            return
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
        if self.refuses():
            return False
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
