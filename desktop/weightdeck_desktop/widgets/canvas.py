"""The ground of every plot: a scene of Qt's own items in pixel coordinates.

Measured beside a thread that counts: Qt paints such a scene without Python's interpreter lock (a loss plot
holds it for 0.25 ms); an own paintEvent holds it for 1.6 ms, a pyqtgraph plot for 2 to 6 ms. So plots keep to
native items, and nothing here may override what comes with every repaint: paintEvent, viewportEvent.
"""

from __future__ import annotations

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QPainter, QPainterPath, QPolygonF, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsItem,
    QGraphicsScene,
    QGraphicsSimpleTextItem,
    QGraphicsView,
    QWidget,
)

from weightdeck_desktop.theme import Theme, Type, dark_theme

_BY_KEY = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class Canvas(QGraphicsView):
    """A view whose scene has the size of its viewport. Subclasses place their items in `rebuild`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = dark_theme()
        scene = QGraphicsScene(self)
        scene.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setScene(scene)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(40, 24)
        self._focus_ring = scene.addRect(QRectF())
        self._focus_ring.setZValue(100.0)
        self._focus_ring.setVisible(False)

    def set_theme(self, theme: Theme) -> None:
        """Take colours and fonts, and build everything anew."""
        self.theme = theme
        self.setBackgroundBrush(theme.panel)
        self._focus_ring.setPen(theme.pen(theme.hand_outline))
        self.rebuild()

    def rebuild(self) -> None:
        """Place every item anew: the size, the theme or the scales have changed."""
        raise NotImplementedError

    def text_item(
        self, text: str = "", parent: QGraphicsItem | None = None, *, z: float = 0.0
    ) -> QGraphicsSimpleTextItem:
        """A new line of text on the scene, without font and colour yet."""
        item = QGraphicsSimpleTextItem(text, parent)
        if parent is None:
            self.scene().addItem(item)
        item.setZValue(z)
        return item

    def text_width(self, text: str, role: Type = Type.SMALL) -> float:
        """Width of a text in px."""
        return QFontMetricsF(self.theme.font(role)).horizontalAdvance(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        area = QRectF(self.viewport().rect())
        self.scene().setSceneRect(area)
        self._focus_ring.setRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
        self.rebuild()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._focus_ring.setVisible(event.reason() in _BY_KEY)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._focus_ring.setVisible(False)


def line_path(x: NDArray[np.float64], y: NDArray[np.float64]) -> QPainterPath:
    """A line through finite points; a NaN in `y` is a gap."""
    path = QPainterPath()
    gaps = np.flatnonzero(np.isnan(y))
    for start, end in zip((-1, *gaps), (*gaps, len(y)), strict=True):
        if end - start > 2:
            path.addPolygon(polygon(x[start + 1 : end], y[start + 1 : end]))
        elif end - start == 2:  # a point on its own is drawn as a short dash, or it would be invisible
            path.moveTo(x[start + 1] - 1.0, y[start + 1])
            path.lineTo(x[start + 1] + 1.0, y[start + 1])
    return path


def polygon(x: NDArray[np.float64], y: NDArray[np.float64]) -> QPolygonF:
    """The points as Qt's polygon, filled in one copy instead of point by point."""
    points = QPolygonF()
    points.resize(len(x))
    # The stub knows VoidPtr of an integer only; of an object it is its memory, here two float64 a point.
    memory = shiboken6.VoidPtr(points.data(), len(x) * 16, True)  # type: ignore[arg-type, call-arg]
    xy = np.frombuffer(memory, dtype=np.float64).reshape(-1, 2)  # type: ignore[call-overload]
    xy[:, 0] = x
    xy[:, 1] = y
    return points
