"""Says why the controls of a panel are locked."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget


class LockTip(QObject):
    """Instead of their own tooltips the disabled parts of `panel` show why they are, as long as there are words."""

    def __init__(self, panel: QWidget) -> None:
        super().__init__(panel)
        self._panel = panel
        self._words = ""

    @property
    def is_locked(self) -> bool:
        return bool(self._words)

    def set_words(self, why: str) -> None:
        """Why nothing can be done here; "" where it can."""
        if bool(why) != bool(self._words):
            parts = (self._panel, *self._panel.findChildren(QWidget))
            for part in parts:
                if why:
                    part.installEventFilter(self)
                else:
                    part.removeEventFilter(self)
            focused = self._panel.focusWidget()
            # Qt would hand it on from each part to the next as they are disabled.
            if why and focused is not None:
                focused.clearFocus()
        self._words = why

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            isinstance(event, QHelpEvent)
            and event.type() == QEvent.Type.ToolTip
            and isinstance(watched, QWidget)
            and (watched is self._panel or not watched.isEnabled())
        ):
            QToolTip.showText(event.globalPos(), self._words, watched)
            return True
        return super().eventFilter(watched, event)
