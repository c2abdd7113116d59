"""A vertical line in a plot with lines of text beside it."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QGraphicsPathItem, QGraphicsScene, QGraphicsSimpleTextItem

from weightdeck_desktop.theme import Theme, Type


class Crosshair:
    """The items of one crosshair on a scene in pixels; `x` is the value that it marks."""

    def __init__(self, scene: QGraphicsScene, z: float) -> None:
        self.x = 0.0
        self._shown = False
        self._line = QGraphicsPathItem()
        self._plate = QGraphicsPathItem()
        for item in (self._line, self._plate):
            item.setZValue(z)
            item.setVisible(False)
            scene.addItem(item)
        self._text = QGraphicsSimpleTextItem(self._plate)

    @property
    def text(self) -> str:
        """What it says now, "" while it is hidden."""
        return self._text.text() if self._shown else ""

    def show(self, x: float, text: str) -> None:
        self.x = x
        self._shown = True
        self._text.setText(text)

    def hide(self) -> None:
        self._shown = False
        self._line.setVisible(False)
        self._plate.setVisible(False)

    def place(self, area: QRectF, x_px: float, theme: Theme, *, at_bottom: bool = False) -> None:
        """Put it at `x_px`, the plate on the side that has room; hidden where the place is out of sight."""
        seen = self._shown and area.left() - 1 <= x_px <= area.right() + 1
        self._line.setVisible(seen)
        self._plate.setVisible(seen)
        if not seen:
            return
        line = QPainterPath()
        line.moveTo(round(x_px) + 0.5, area.top())
        line.lineTo(round(x_px) + 0.5, area.bottom())
        self._line.setPath(line)
        self._line.setPen(theme.pen(theme.secondary))
        padding = theme.px(6)
        self._text.setFont(theme.font(Type.MONO_SMALL))
        self._text.setBrush(theme.text)
        self._text.setPos(padding, padding)
        size = self._text.boundingRect()
        outline = QPainterPath()
        outline.addRoundedRect(0, 0, size.width() + 2 * padding, size.height() + 2 * padding, 4, 4)
        self._plate.setPath(outline)
        self._plate.setPen(theme.pen(theme.line))
        self._plate.setBrush(theme.brush(theme.raised, 0.94))
        width, height = outline.boundingRect().width(), outline.boundingRect().height()
        gap = theme.px(8)
        left = x_px + gap if x_px + gap + width <= area.right() else x_px - gap - width
        self._plate.setPos(max(0.0, left), area.bottom() - height - 1 if at_bottom else area.top() + 1)
