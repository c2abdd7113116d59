"""The ground of pictures that are neither zoomed nor measured on axes: a scene of Qt's own items in pixels.

Measured beside a thread that counts: Qt paints such a scene without Python's interpreter lock, an own paintEvent
holds it all the while. So nothing here may override what comes with every repaint: paintEvent, viewportEvent.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsScene,
    QGraphicsSimpleTextItem,
    QGraphicsView,
    QWidget,
)

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.focus_ring import FocusRing


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
        self.viewport().setAcceptDrops(False)  # a view takes every drop to itself: files belong to the window
        self._focus_ring = FocusRing(self)

    def set_theme(self, theme: Theme) -> None:
        """Take colours and fonts, and build everything anew."""
        self.theme = theme
        self.setBackgroundBrush(theme.panel)
        self._focus_ring.set_theme(theme)
        self.rebuild()

    def rebuild(self) -> None:
        """Place every item anew: the size, the theme or the scales have changed."""
        raise NotImplementedError

    def text_item(self, text: str = "", *, z: float = 0.0) -> QGraphicsSimpleTextItem:
        """A new line of text on the scene, without font and colour yet."""
        item = QGraphicsSimpleTextItem(text)
        item.setZValue(z)
        self.scene().addItem(item)
        return item

    def text_width(self, text: str, role: Type = Type.SMALL) -> float:
        """Width of a text in px."""
        return QFontMetricsF(self.theme.font(role)).horizontalAdvance(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scene().setSceneRect(QRectF(self.viewport().rect()))
        self._focus_ring.fit()
        self.rebuild()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._focus_ring.follow(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._focus_ring.follow(event)
