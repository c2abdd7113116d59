"""Where a moment of the past lies in a plot, and what came after it."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QGraphicsLineItem, QGraphicsRectItem, QGraphicsScene

from weightdeck_desktop.theme import Theme


class PastShade:
    """A vertical line on a scene in pixels, and a veil with a hatch over everything right of it."""

    def __init__(self, scene: QGraphicsScene, z: float) -> None:
        self.x: float | None = None  # the value that it marks; None for none
        self._veil, self._hatch, self._line = QGraphicsRectItem(), QGraphicsRectItem(), QGraphicsLineItem()
        for item in (self._veil, self._hatch, self._line):
            item.setZValue(z)
            item.setVisible(False)
            scene.addItem(item)

    @property
    def is_visible(self) -> bool:
        return self._line.isVisible() or self._veil.isVisible()

    def place(self, area: QRectF, x_px: float, theme: Theme) -> None:
        """Put it at `x_px`; hidden where it marks nothing."""
        is_shown = self.x is not None
        after = QRectF(area)
        after.setLeft(min(max(area.left(), x_px), area.right()))
        for item in (self._veil, self._hatch):
            item.setVisible(is_shown and after.width() > 0.0)
            item.setRect(after)
            item.setPen(QPen(Qt.PenStyle.NoPen))
        self._veil.setBrush(theme.brush(theme.panel, 0.6))
        hatch = theme.brush(theme.line, 0.5)
        hatch.setStyle(Qt.BrushStyle.BDiagPattern)
        self._hatch.setBrush(hatch)
        self._line.setVisible(is_shown and area.left() - 1.0 <= x_px <= area.right() + 1.0)
        self._line.setLine(QLineF(x_px, area.top(), x_px, area.bottom()))
        self._line.setPen(theme.pen(theme.hand_outline, 2.0))
