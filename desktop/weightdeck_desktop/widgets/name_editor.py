"""A line that opens over the window to type a name."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

_PASSING = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)


class NameEditor(QLineEdit):
    """Enter gives the name, without spaces at its ends; Esc and the loss of focus cancel.

    Takes every key and wheel turn for itself: nothing typed here may act on what lies below.
    """

    accepted = Signal(str)

    def __init__(self, longest: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setMaxLength(longest)
        self._before: QWidget | None = None
        self.hide()

    def open_with(self, name: str) -> None:
        """Show `name`, all selected, and take the focus until the end."""
        self._before = self.window().focusWidget()
        self.setText(name)
        self.raise_()
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.selectAll()

    def close_line(self) -> None:
        """Put the line away and give the focus back to who had it."""
        if self.hasFocus():  # before it hides: Qt would pass the focus on to the next widget, as Tab does
            (self._before or self.window()).setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_line()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            name = self.text().strip()
            self.close_line()
            self.accepted.emit(name)
        else:
            super().keyPressEvent(event)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in _PASSING:
            self.close_line()
