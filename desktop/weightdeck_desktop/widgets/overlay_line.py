"""A line that opens over something to type in."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

_PASSING = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)


class OverlayLine(QLineEdit):
    """Enter takes what was typed, which subclasses do in `_accept`; Esc and the loss of focus cancel.

    Takes every key and wheel turn for itself: nothing typed here may act on what lies below.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._below = parent  # also when it is moved to another parent, to lie in front
        self.hide()

    def close_line(self) -> None:
        """Put the line away and give the focus back."""
        if self.hasFocus():  # before it hides: Qt would pass the focus on to the next widget, as Tab does
            self._owner().setFocus(Qt.FocusReason.OtherFocusReason)
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_line()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._accept()
        else:
            super().keyPressEvent(event)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in _PASSING:
            self.close_line()

    def _owner(self) -> QWidget:
        """Who gets the focus back."""
        return self._below

    def _accept(self) -> None:
        raise NotImplementedError
