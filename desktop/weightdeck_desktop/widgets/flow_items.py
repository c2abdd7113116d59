"""The items of a flow on its scene: made once for a plan, then only told what changed.

They are Qt's own items, which Qt paints without Python's interpreter lock; see ``widgets.canvas``.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
    QTransform,
)
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsPathItem,
    QGraphicsPixmapItem,
    QGraphicsRectItem,
    QGraphicsScene,
    QGraphicsSimpleTextItem,
)

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.flow_bars import BarLines
from weightdeck_desktop.widgets.flow_pictures import StagePictures
from weightdeck_desktop.widgets.flow_plan import NODE_RADIUS, FlowPlan, PlacedBand, PlacedStage
from weightdeck_desktop.widgets.wrong_mark import WrongItems

_DIM = 0.3  # opacity of what is not involved
_HEAD = 4.5  # px: half the width of an arrowhead


class StageItems:
    """One stage: its pictures on a hatched ground, their frames, its caption."""

    def __init__(self, scene: QGraphicsScene, placed: PlacedStage, theme: Theme) -> None:
        self.placed = placed
        self._theme = theme
        self._items: list[QGraphicsItem] = []
        self._pixmaps: list[QGraphicsPixmapItem] = []
        self._strikes: dict[int, QGraphicsPathItem] = {}
        self._scene = scene
        self.bars: BarLines | None = None
        stage = placed.stage
        ground = QBrush(theme.panel) if stage.bars or stage.sketch else _hatched(theme)
        for tile in placed.tiles:
            frame = QGraphicsRectItem(tile.adjusted(-0.5, -0.5, 0.5, 0.5))
            frame.setPen(QPen(Qt.PenStyle.NoPen) if stage.bars else theme.pen(theme.line, alpha=0.7))
            frame.setBrush(ground)
            self._add(frame)
            pixmap = QGraphicsPixmapItem()
            pixmap.setPos(tile.topLeft())
            self._pixmaps.append(pixmap)
            self._add(pixmap)
        if stage.sketch:
            self._add(_sketch(stage.sketch, placed.tiles[0], theme))
        if stage.bars:
            self.bars = BarLines(placed.tiles[0], theme)
            for item in self.bars.items:
                self._add(item)
        self._caption = QGraphicsSimpleTextItem()
        self._caption.setFont(theme.font(Type.SMALL))
        self._caption.setBrush(theme.secondary)
        self._caption.setPos(placed.caption.topLeft())
        self._add(self._caption)

    def set_caption(self, words: str, aside: str) -> None:
        """`aside` is left out where there is no room for both."""
        metrics = QFontMetricsF(self._theme.font(Type.SMALL))
        room = self.placed.caption.width() + 1.0
        whole = f"{words}  {aside}" if aside else words
        if metrics.horizontalAdvance(whole) > room:
            whole = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
        if whole != self._caption.text():
            self._caption.setText(whole)

    def draw(self, pictures: StagePictures, followed: int | None) -> None:
        """Colour every picture anew."""
        for picture, (item, tile) in enumerate(zip(self._pixmaps, self.placed.tiles, strict=True)):
            if pictures.values is None or picture >= len(pictures.values):
                item.setPixmap(QPixmap())
                continue
            drawn = pictures.pixmap(picture, int(tile.width()), int(tile.height()), self._theme, followed)
            item.setPixmap(drawn)
            item.setTransform(
                QTransform.fromScale(tile.width() / drawn.width(), tile.height() / drawn.height())
            )

    def set_dim(self, dim: bool) -> None:
        for item in self._items:
            item.setOpacity(_DIM if dim else 1.0)

    def set_struck(self, pictures: frozenset[int]) -> None:
        """Strike out the pictures of parts that are muted."""
        for picture in self._strikes.keys() - pictures:
            self._scene.removeItem(self._strikes.pop(picture))
        for picture in pictures - self._strikes.keys():
            if picture >= len(self.placed.tiles):
                continue
            tile = self.placed.tiles[picture]
            path = QPainterPath(tile.bottomLeft())
            path.lineTo(tile.topRight())
            strike = QGraphicsPathItem(path)
            strike.setPen(self._theme.pen(self._theme.text, 2.0))
            strike.setZValue(2.0)
            self._scene.addItem(strike)
            self._strikes[picture] = strike

    def _add(self, item: QGraphicsItem) -> None:
        self._scene.addItem(item)
        self._items.append(item)


class FlowItems:
    """Everything of one plan. Made anew when the plan or the theme is another."""

    def __init__(self, scene: QGraphicsScene, plan: FlowPlan, theme: Theme, chips: Sequence[str]) -> None:
        scene.clear()
        self.plan = plan
        self._theme = theme
        self._scene = scene
        self.stages: dict[str, StageItems] = {}
        for band in plan.bands:
            self._add_band(band)
        self._add_lines()
        self._heads = QGraphicsPathItem()
        self._heads.setPen(QPen(Qt.PenStyle.NoPen))
        self._heads.setBrush(theme.secondary)
        scene.addItem(self._heads)
        for key, placed in plan.stages.items():
            self.stages[key] = StageItems(scene, placed, theme)
        self._chips = [
            self._add_chip(rect, word)
            for rect, word in zip(plan.chips, chips[: len(plan.chips)], strict=True)
        ]
        self.wrong = WrongItems(scene, theme)
        self._marks = {
            name: self._add_mark(colour, under, width)
            for name, colour, under, width in (
                ("tap", theme.text, theme.panel, 1.0),
                ("pointed", theme.text, theme.panel, 1.0),
                ("chosen", theme.hand, theme.window if theme.dark else theme.hand_outline, 2.0),
                ("stop", theme.hand_outline, theme.panel, 2.0),
            )
        }

    def set_backward(self, backward: bool) -> None:
        """Which way the arrows point."""
        path = QPainterPath()
        for line in self.plan.lines:
            ends = (line[1], line[0]) if backward else (line[-2], line[-1])
            path.addPolygon(_arrowhead(*ends))
        self._heads.setPath(path)

    def set_chips(self, followed: int | None, *, dim: bool) -> None:
        """Mark the chip that is followed, in the colour of the hand; dim the others or not."""
        theme = self._theme
        for place, (frame, text) in enumerate(self._chips):
            is_on = place == followed
            frame.setPen(theme.pen(theme.hand_outline, 2.0) if is_on else theme.pen(theme.line, alpha=0.6))
            # Where the hand's colour is too bright for an outline it is the ground.
            frame.setBrush(theme.hand if is_on and not theme.dark else theme.raised)
            for item in (frame, text):
                item.setOpacity(_DIM if dim and not is_on else 1.0)

    def set_mark(self, name: str, rect: QRectF | None) -> None:
        """Outline a place: `name` is "tap", "pointed", "chosen" or "stop"; None for none."""
        for item in self._marks[name]:
            item.setVisible(rect is not None)
            if rect is not None:
                item.setRect(rect.adjusted(-1.5, -1.5, 1.5, 1.5))

    # Parts

    def _add_band(self, placed: PlacedBand) -> None:
        theme, band = self._theme, placed.band
        ground = QPainterPath()
        ground.addRoundedRect(placed.rect.adjusted(0.5, 3.5, -0.5, -0.5), 5.0, 5.0)
        self._add_path(ground, theme.pen(theme.line, alpha=0.45), -3.0)
        x, y = placed.name.left() + 2.0, placed.name.top()
        line = QFontMetricsF(theme.font(Type.SMALL)).height()
        if band.can_open:
            reach = theme.px(3.5)
            middle = QPointF(x + reach + 1.0, y + line / 2)
            turn = (QPointF(-1, -0.5), QPointF(0, 0.6), QPointF(1, -0.5))
            if not band.is_open:
                turn = (QPointF(-0.5, -1), QPointF(0.6, 0), QPointF(-0.5, 1))
            chevron = QPainterPath(middle + turn[0] * reach)
            chevron.lineTo(middle + turn[1] * reach)
            chevron.lineTo(middle + turn[2] * reach)
            self._add_path(chevron, theme.pen(theme.text, 1.5), 0.0)
            x += theme.px(12)
        self._add_text(band.name, QPointF(x, y), theme.font(Type.SMALL), theme.text)
        if band.note:
            at = QPointF(placed.name.left() + 2.0, y + line + 1.0)
            self._add_text(band.note, at, theme.font(Type.SMALL), theme.secondary)

    def _add_lines(self) -> None:
        theme = self._theme
        for lines, pen in (
            (self.plan.lines, theme.pen(theme.line)),
            (self.plan.skips, theme.pen(theme.line, 1.0, Qt.PenStyle.DashLine)),
        ):
            path = QPainterPath()
            for line in lines:
                path.addPolygon(QPolygonF(line))
            self._add_path(path, pen, -2.0)
        nodes = QPainterPath()
        for node in self.plan.nodes:
            nodes.addEllipse(node, NODE_RADIUS, NODE_RADIUS)
            for dx, dy in ((NODE_RADIUS - 2.5, 0.0), (0.0, NODE_RADIUS - 2.5)):
                nodes.moveTo(node - QPointF(dx, dy))
                nodes.lineTo(node + QPointF(dx, dy))
        self._add_path(nodes, theme.pen(theme.secondary), -1.0).setBrush(theme.panel)

    def _add_chip(self, rect: QRectF, word: str) -> tuple[QGraphicsPathItem, QGraphicsSimpleTextItem]:
        theme = self._theme
        path = QPainterPath()
        path.addRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 3.0, 3.0)
        frame = self._add_path(path, theme.pen(theme.line, alpha=0.6), 0.0)
        frame.setBrush(theme.raised)
        font = theme.font(Type.SMALL if len(word) > 1 else Type.MONO_BODY)
        text = self._add_text(word, QPointF(), font, theme.text)
        size = text.boundingRect()
        text.setPos(rect.center() - QPointF(size.width() / 2, size.height() / 2))
        text.setZValue(1.0)
        return frame, text

    def _add_mark(self, colour: QColor, under: QColor, width: float) -> tuple[QGraphicsRectItem, ...]:
        """An outline that is seen on any colour: a wider one lies under it."""
        items = []
        for ink, wide, z in ((under, width + 2.0, 4.0), (colour, width, 5.0)):
            item = QGraphicsRectItem()
            item.setPen(self._theme.pen(ink, wide))
            item.setZValue(z)
            item.setVisible(False)
            self._scene.addItem(item)
            items.append(item)
        return tuple(items)

    def _add_path(self, path: QPainterPath, pen: QPen, z: float) -> QGraphicsPathItem:
        item = QGraphicsPathItem(path)
        item.setPen(pen)
        item.setZValue(z)
        self._scene.addItem(item)
        return item

    def _add_text(self, words: str, at: QPointF, font: QFont, colour: QColor) -> QGraphicsSimpleTextItem:
        item = QGraphicsSimpleTextItem(words)
        item.setFont(font)
        item.setBrush(colour)
        item.setPos(at)
        self._scene.addItem(item)
        return item


def _hatched(theme: Theme) -> QBrush:
    return QBrush(theme.faded(theme.line, 0.35), Qt.BrushStyle.DiagCrossPattern)


def _sketch(points: Sequence[tuple[float, float]], tile: QRectF, theme: Theme) -> QGraphicsPathItem:
    inner = tile.adjusted(5.0, 5.0, -5.0, -5.0)
    path = QPainterPath()
    for place, (x, y) in enumerate(points):
        at = QPointF(inner.left() + x * inner.width(), inner.bottom() - y * inner.height())
        if place:
            path.lineTo(at)
        else:
            path.moveTo(at)
    item = QGraphicsPathItem(path)
    item.setPen(theme.pen(theme.secondary, 1.5))
    return item


def _arrowhead(start: QPointF, end: QPointF) -> QPolygonF:
    line = QLineF(end, start)
    if line.length() < 1.0:
        return QPolygonF()
    x, y = line.dx() / line.length() * _HEAD, line.dy() / line.length() * _HEAD
    base = end + QPointF(1.5 * x, 1.5 * y)
    side = QPointF(-0.8 * y, 0.8 * x)
    return QPolygonF([end, base + side, base - side, end])
