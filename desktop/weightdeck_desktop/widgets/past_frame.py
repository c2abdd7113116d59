"""The frame around what is not now."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QWidget

from weightdeck_desktop.theme import Theme, dark_theme

_WIDTH = 2  # px


class PastFrame(QWidget):
    """A dashed frame over its parent, whose size it follows. The mouse does not feel it.

    It is cut to its border: what is repainted inside is never composed with it.
    """

    def __init__(self, around: QWidget) -> None:
        super().__init__(around)
        self.setObjectName("past_frame")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._theme = dark_theme()
        around.installEventFilter(self)
        self._fit(around)
        self.raise_()
        self.show()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self._fit(watched)
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setPen(theme.pen(theme.secondary, _WIDTH, Qt.PenStyle.DashLine))
        half = _WIDTH / 2
        painter.drawRect(QRectF(self.rect()).adjusted(half, half, -half, -half))
        painter.end()

    def _fit(self, around: QWidget) -> None:
        rect = around.rect()
        self.setGeometry(rect)
        self.setMask(QRegion(rect).subtracted(QRegion(rect.adjusted(_WIDTH, _WIDTH, -_WIDTH, -_WIDTH))))
