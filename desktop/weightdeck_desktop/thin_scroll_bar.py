"""A scroll bar that is a thin rounded handle and nothing else."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollBar, QStyle, QStyleOptionSlider, QWidget

from weightdeck_desktop.theme import Theme

_THICKNESS = 10  # px, the free margin around the handle included


class ThinScrollBar(QScrollBar):
    """Behaves as Qt's own; the page below it shows through."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget | None = None) -> None:
        super().__init__(orientation, parent)
        self._theme: Theme | None = None

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(_THICKNESS, _THICKNESS)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        if theme is None:
            return
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        control, part = QStyle.ComplexControl.CC_ScrollBar, QStyle.SubControl.SC_ScrollBarSlider
        handle = QRectF(self.style().subControlRect(control, option, part, self)).adjusted(3, 3, -3, -3)
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.panel)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.secondary if self.isSliderDown() else theme.line)
        painter.drawRoundedRect(handle, 2, 2)
        painter.end()
