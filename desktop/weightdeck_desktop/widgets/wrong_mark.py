"""The mark of a wrong number among colours: an outline in the colour of errors, and beside it a small "!"."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem, QGraphicsScene, QGraphicsSimpleTextItem

from weightdeck_desktop.theme import Theme, Type

_APART = 3.0  # px between a cell and its outline: what says that it is pointed at has room within
_UNDER, _OVER = 4.0, 2.0  # px: the outline lies on a wider one, so that it is seen on any colour


def wrong_outline(cell: QRectF) -> QRectF:
    """Around a cell, however small."""
    return cell.adjusted(-_APART, -_APART, _APART, _APART)


def wrong_badge(outline: QRectF, ground: QRectF, theme: Theme) -> QRectF:
    """Where the "!" has room within `ground` without hiding the number: at the right of it, else at the left."""
    metrics = QFontMetricsF(theme.font(Type.TITLE))
    wide, high = metrics.horizontalAdvance("!") + theme.px(4), metrics.height() - theme.px(3)
    left = outline.right() + _OVER
    if left + wide > ground.right():
        left = outline.left() - _OVER - wide
    top = min(max(outline.top() - high / 2, ground.top()), ground.bottom() - high)
    return QRectF(left, top, wide, high)


def paint_wrong(painter: QPainter, cell: QRectF, ground: QRectF, theme: Theme) -> None:
    """Mark a cell of a map whose cells fill `ground`."""
    outline = wrong_outline(cell)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((theme.panel, _UNDER), (theme.error, _OVER)):
        painter.setPen(theme.pen(colour, width))
        painter.drawRect(outline)
    badge = wrong_badge(outline, ground, theme)
    painter.fillRect(badge, theme.error)
    painter.setPen(theme.pen(theme.panel))
    painter.setFont(theme.font(Type.TITLE))
    painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, "!")


class WrongItems:
    """The marks on a scene, which keeps its colours for as long as they are there."""

    def __init__(self, scene: QGraphicsScene, theme: Theme) -> None:
        self._scene = scene
        self._theme = theme
        self._cells: tuple[QRectF, ...] = ()
        self._items: list[QGraphicsItem] = []

    @property
    def cells(self) -> tuple[QRectF, ...]:
        """Where the marked numbers lie."""
        return self._cells

    def mark(self, cells: tuple[QRectF, ...], ground: QRectF) -> None:
        """Mark these numbers of a plan that fills `ground`, and no others."""
        if cells == self._cells:
            return
        self._cells = cells
        for item in self._items:
            self._scene.removeItem(item)
        self._items = []
        for cell in cells:
            self._add_mark(cell, ground)

    def _add_mark(self, cell: QRectF, ground: QRectF) -> None:
        theme, outline = self._theme, wrong_outline(cell)
        for z, colour, width in ((2.5, theme.panel, _UNDER), (2.6, theme.error, _OVER)):
            frame = QGraphicsRectItem(outline)
            frame.setPen(theme.pen(colour, width))
            self._add(frame, z)
        place = wrong_badge(outline, ground, theme)
        badge = QGraphicsRectItem(place)
        badge.setPen(QPen(Qt.PenStyle.NoPen))
        badge.setBrush(theme.error)
        self._add(badge, 2.7)
        sign = QGraphicsSimpleTextItem("!")
        sign.setFont(theme.font(Type.TITLE))
        sign.setBrush(theme.panel)
        sign.setPos(place.center() - sign.boundingRect().center())
        self._add(sign, 2.8)

    def _add(self, item: QGraphicsItem, z: float) -> None:
        item.setZValue(z)  # over the pictures, under what is pointed at and chosen
        self._scene.addItem(item)
        self._items.append(item)
