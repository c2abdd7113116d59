"""The gestures of a hand on one control: from drags, the wheel and keys to positions between 0 and 1."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from weightdeck_desktop.widgets.knob_gesture import REST_MS, Gesture, Hand


class Gestures(QObject):
    """One gesture at a time, from the moment the hand is on the control until it lets go."""

    grabbed = Signal()
    moved = Signal(float)  # the new position
    released = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._now: Gesture | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.let_go)

    @property
    def now(self) -> Gesture | None:
        """The gesture that the hand is in the middle of."""
        return self._now

    def grab(self, hand: Hand, value: float, position: float) -> bool:
        """Put the hand on the control, which stands at `value`, or leave it there; whether it is on.

        A drag is not disturbed by the wheel or a key; a hand on the wheel lets go for a drag.
        """
        if self._now is not None and self._now.hand is not hand:
            if self._now.hand is Hand.MOUSE:
                return False
            self.let_go()
        if self._now is None:
            self._now = Gesture(hand, value, position)
            self.grabbed.emit()
        if hand is Hand.NOTCHES:
            self._rest.start()
        return True

    def move_by(self, step: float) -> None:
        """Move by `step`, at most to the end."""
        assert self._now is not None
        self.move_to(self._now.position + step)

    def move_to(self, position: float) -> None:
        assert self._now is not None
        position = min(1.0, max(0.0, position))
        if position != self._now.position:
            self._now.position = position
            self.moved.emit(position)

    def let_go(self) -> None:
        """Take the hand off; nothing happens where there is none."""
        if self._now is not None:
            self._now = None
            self._rest.stop()
            self.released.emit()
