"""Makes a button work as long as it is kept down, by mouse or key."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton

_KEYS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ENDS = (QEvent.Type.Hide, QEvent.Type.EnabledChange, QEvent.Type.FocusOut)


class KeptPress(QObject):
    """Watches one button, whose child it is. To lose the focus or the screen, or to be disabled, lets the button go."""

    kept = Signal(bool)  # the user pressed it, or let it go

    def __init__(self, button: QAbstractButton) -> None:
        super().__init__(button)
        self._button = button
        self._is_kept = False
        button.pressed.connect(lambda: self._keep(True))
        button.released.connect(lambda: self._keep(False))
        button.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() in _KEYS:
            if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
                self._button.setDown(True)
                self._keep(True)
            elif event.type() == QEvent.Type.KeyRelease and not event.isAutoRepeat():
                self._let_go()
            return True
        if event.type() in _ENDS:
            self._let_go()
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self._keep(
                False
            )  # Qt tells of no release that comes outside of the button, without a move before it
        return super().eventFilter(watched, event)

    def _let_go(self) -> None:
        self._button.setDown(False)
        self._keep(False)

    def _keep(self, kept: bool) -> None:
        if kept != self._is_kept:
            self._is_kept = kept
            self.kept.emit(kept)
