"""Many matrices of any shape as small maps in named rows: where in all of them the large numbers are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetricsF, QImage, QKeyEvent, QMouseEvent, QPixmap
from PySide6.QtWidgets import QGraphicsSimpleTextItem, QWidget

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.canvas import Canvas
from weightdeck_desktop.widgets.downsample import largest_fitted, numbers_behind

Floats = NDArray[np.float32]

_MARGIN = 3  # px around everything: room for the outline of the chosen tile
_HATCH = 5  # px between the lines that say "no data"


@dataclass(frozen=True, slots=True)
class Tile:
    """Where a matrix lies, and its name. Rows and columns of tiles count from 0."""

    row: int
    column: int
    name: str
    thin: bool = False  # a vector: drawn upright in a narrow column


@dataclass(frozen=True, slots=True)
class TileRow:
    """A row's name, and what stands above its columns; no headings take no room."""

    name: str
    headings: tuple[tuple[int, int, str], ...] = ()  # first column, last column, words


class Spot(NamedTuple):
    """One number: place of its tile in the list, row and column in its matrix."""

    place: int
    row: int
    column: int


class TileMap(Canvas):
    """Magnitudes on a logarithmic scale, downsampled by their maximum to the pixels that there are: one picture.

    A click chooses the largest number under the pointer; arrow keys go from tile to tile and choose the largest
    number of each.
    """

    chosen = Signal(object)  # Spot
    pointed = Signal(object)  # Spot under the pointer, None when it has left
    opened = Signal()  # Enter or a double click
    menu_requested = Signal(object)  # global QPoint, about the number that was chosen last

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles: tuple[Tile, ...] = ()
        self._rows: tuple[TileRow, ...] = ()
        self._sizes: tuple[Floats, ...] | None = None  # magnitudes, every tile's as a matrix
        self._range = (1e-3, 1.0)
        self._tip: Callable[[int], str] = lambda place: self._tiles[place].name
        self._rects: list[QRectF] = []
        self._choice: Spot | None = None
        self._pointed: Spot | None = None
        self._texts: list[QGraphicsSimpleTextItem] = []
        self._message = self.text_item(z=3.0)
        self._plate = self.scene().addRect(QRectF())
        self._plate.setZValue(2.0)
        self._words = ""
        self._picture = self.scene().addPixmap(QPixmap())
        self._outline, self._ring, self._dot = (self.scene().addRect(QRectF()) for _ in range(3))
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._set_least_height()

    def set_tiles(self, tiles: Sequence[Tile], rows: Sequence[TileRow], tip: Callable[[int], str]) -> None:
        """What there is; `tip` gives the tooltip of a tile when it is wanted."""
        for item in self._texts:
            self.scene().removeItem(item)
        self._tiles, self._rows, self._tip = tuple(tiles), tuple(rows), tip
        self._texts = [self.text_item(row.name) for row in rows]
        self._texts += [self.text_item(words) for row in rows for _, _, words in row.headings]
        self._sizes, self._choice, self._pointed = None, None, None
        self._set_least_height()
        self.rebuild()

    def set_values(self, values: Sequence[Floats] | None, low: float, high: float) -> None:
        """Numbers of every tile; None for no data.

        Their magnitudes take the ramp's colours evenly in the logarithm from `low`, and everything below it, to `high`.
        """
        if values is None:
            self._sizes = None
        else:
            magnitudes = (np.abs(each) for each in values)
            self._sizes = tuple(each if each.ndim == 2 else each[:, None] for each in magnitudes)
        self._range = (low, high)
        self._place_message()
        self._paint()
        self._place_marks()

    def set_message(self, message: str) -> None:
        """Why there is no data; shown as long as there is none."""
        if message != self._words:
            self._words = message
            self._place_message()

    def set_choice(self, spot: Spot | None) -> None:
        """Mark a number and its tile."""
        if spot != self._choice:
            self._choice = spot
            self._place_marks()

    @property
    def choice(self) -> Spot | None:
        return self._choice

    def tile_rect(self, place: int) -> QRectF:
        """Where a tile lies in the viewport."""
        return self._rects[place]

    def rebuild(self) -> None:
        self._place_tiles()
        self._place_message()
        self._paint()
        self._place_marks()

    # The user's acts

    def mousePressEvent(self, event: QMouseEvent) -> None:
        spot = self._spot_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and spot is not None:
            self._choose(spot)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._spot_at(event.position()) is not None:
            self.opened.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Nothing: the view would pass it on, having seen no press."""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        spot = self._spot_at(event.position())
        if spot != self._pointed:
            self._pointed = spot
            self.setToolTip(self._tip(spot.place) if spot is not None else "")
            self.pointed.emit(spot)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self._pointed is not None:
            self._pointed = None
            self.pointed.emit(None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            spot = self._spot_at(QPointF(event.pos()))
            if spot is None:
                event.ignore()
                return
            if spot != self._choice:
                self._choose(spot)
            self.menu_requested.emit(event.globalPos())
        elif self._choice is not None:
            below = self.tile_rect(self._choice.place).bottomLeft().toPoint()
            self.menu_requested.emit(self.viewport().mapToGlobal(below))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        here = self._choice.place if self._choice is not None else 0
        moves = {
            Qt.Key.Key_Left: lambda: self._beside(here, -1),
            Qt.Key.Key_Right: lambda: self._beside(here, 1),
            Qt.Key.Key_Up: lambda: self._above(here, -1),
            Qt.Key.Key_Down: lambda: self._above(here, 1),
        }
        if self._sizes is not None and key in moves:
            self._choose(self._largest(moves[key]() if self._choice is not None else 0))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._choice is not None:
            self.opened.emit()
        else:
            event.ignore()

    def _choose(self, spot: Spot) -> None:
        self.set_choice(spot)
        self.chosen.emit(spot)

    def _beside(self, place: int, columns: int) -> int:
        here = self._tiles[place]
        in_row = sorted((each.column, at) for at, each in enumerate(self._tiles) if each.row == here.row)
        order = [at for _, at in in_row]
        return order[min(max(order.index(place) + columns, 0), len(order) - 1)]

    def _above(self, place: int, rows: int) -> int:
        here = self._tiles[place]
        others = [at for at, each in enumerate(self._tiles) if each.row == here.row + rows]
        return min(others, key=lambda at: abs(self._tiles[at].column - here.column), default=place)

    def _largest(self, place: int) -> Spot:
        assert self._sizes is not None
        row, column = np.unravel_index(int(self._sizes[place].argmax()), self._sizes[place].shape)
        return Spot(place, int(row), int(column))

    def _spot_at(self, at: QPointF) -> Spot | None:
        """The largest number of those that share the pixel under the pointer."""
        if self._sizes is None:
            return None
        for place, rect in enumerate(self._rects):
            if rect.contains(at):
                sizes = self._sizes[place]
                top, bottom = numbers_behind(at.y() - rect.top(), rect.height(), sizes.shape[0])
                left, right = numbers_behind(at.x() - rect.left(), rect.width(), sizes.shape[1])
                part = sizes[top:bottom, left:right]
                row, column = np.unravel_index(int(part.argmax()), part.shape)
                return Spot(place, top + int(row), left + int(column))
        return None

    # Geometry, in px

    def _set_least_height(self) -> None:
        headed = sum(bool(row.headings) for row in self._rows)
        self.setMinimumHeight(self.theme.px(13 * max(1, len(self._rows)) + 16 * headed))

    def _place_tiles(self) -> None:
        theme = self.theme
        metrics = QFontMetricsF(theme.font(Type.SMALL))
        line, gap = metrics.height(), max(2, theme.px(2))
        left = max((self.text_width(row.name) for row in self._rows), default=0.0) + theme.px(8)
        columns = 1 + max((tile.column for tile in self._tiles), default=0)
        is_thin = [all(t.thin for t in self._tiles if t.column == column) for column in range(columns)]
        thin = max(4, theme.px(5))
        wide_count = max(1, columns - sum(is_thin))
        free = self.viewport().width() - left - _MARGIN - gap * (columns - 1) - thin * sum(is_thin)
        wide = max(3, int(free / wide_count))
        lefts = [left]
        for column in range(columns):
            lefts.append(lefts[-1] + (thin if is_thin[column] else wide) + gap)
        headed = sum(bool(row.headings) for row in self._rows)
        rows = max(1, len(self._rows))
        room = self.viewport().height() - 2 * _MARGIN - headed * line - (rows - 1) * (gap + 1)
        height = max(3, int(room / rows))
        tops: list[float] = []
        texts = self._texts[len(self._rows) :]
        top = float(_MARGIN)
        for row, item in zip(self._rows, self._texts, strict=False):
            sides = [(lefts[first], lefts[last + 1] - gap) for first, last, _ in row.headings]
            self._place_headings(texts[: len(sides)], [words for _, _, words in row.headings], sides, top)
            texts = texts[len(sides) :]
            top += line if sides else 0.0
            self._style(item)
            item.setPos(0.0, round(top + (height - line) / 2))
            tops.append(round(top))
            top += height + gap + 1
        self._rects = [
            QRectF(
                round(lefts[tile.column]),
                tops[tile.row],
                round(lefts[tile.column + 1] - gap) - round(lefts[tile.column]),
                height,
            )
            for tile in self._tiles
        ]

    def _place_headings(
        self,
        items: Sequence[QGraphicsSimpleTextItem],
        words: Sequence[str],
        sides: Sequence[tuple[float, float]],
        top: float,
    ) -> None:
        """Centred over their columns, which they may overhang; the widest columns first, and none over another."""
        metrics = QFontMetricsF(self.theme.font(Type.SMALL))
        gap = self.theme.px(4)
        taken: list[tuple[float, float]] = []
        for place in sorted(range(len(words)), key=lambda place: sides[place][0] - sides[place][1]):
            near, far = sides[place]
            short = metrics.elidedText(words[place], Qt.TextElideMode.ElideRight, far - near)
            self._style(items[place])
            for text in (words[place], short):
                width = metrics.horizontalAdvance(text)
                left = max(0.0, (near + far - width) / 2)
                is_free = all(left + width + gap <= other[0] or other[1] + gap <= left for other in taken)
                items[place].setText(text)
                items[place].setPos(left, top)
                items[place].setVisible(is_free and len(text) > 1)
                if is_free:
                    taken.append((left, left + width))
                    break

    def _style(self, item: QGraphicsSimpleTextItem) -> None:
        item.setFont(self.theme.font(Type.SMALL))
        item.setBrush(self.theme.secondary)

    def _place_message(self) -> None:
        seen = self._sizes is None and bool(self._words)
        self._message.setVisible(seen)
        self._plate.setVisible(seen)
        if not seen:
            return
        theme = self.theme
        font = theme.font(Type.BODY)
        self._message.setFont(font)
        self._message.setBrush(theme.secondary)
        self._message.setText(
            _wrapped(self._words, QFontMetricsF(font), self.viewport().width() - theme.px(32))
        )
        box = self._message.boundingRect()
        self._message.setPos(
            round((self.viewport().width() - box.width()) / 2),
            round((self.viewport().height() - box.height()) / 2),
        )
        padding = theme.px(6)
        self._plate.setRect(self._message.sceneBoundingRect().adjusted(-padding, -padding, padding, padding))
        self._plate.setBrush(theme.panel)
        self._plate.setPen(theme.pen(theme.panel))

    def _place_marks(self) -> None:
        spot, theme = self._choice, self.theme
        seen = spot is not None and bool(self._tiles)
        for item in (self._ring, self._dot):
            item.setVisible(seen)
        self._outline.setVisible(seen and not theme.dark)
        if spot is None or not seen:
            return
        rect = self.tile_rect(spot.place)
        self._ring.setRect(rect.adjusted(-1, -1, 1, 1))
        self._ring.setPen(theme.pen(theme.hand, 2.0))
        self._outline.setRect(rect.adjusted(-2.5, -2.5, 2.5, 2.5))
        self._outline.setPen(theme.pen(theme.hand_outline))
        self._dot.setVisible(self._sizes is not None)
        if self._sizes is not None:
            rows, columns = self._sizes[spot.place].shape
            x = rect.x() + (spot.column + 0.5) / columns * rect.width()
            y = rect.y() + (spot.row + 0.5) / rows * rect.height()
            reach = theme.px(3)
            self._dot.setRect(x - reach, y - reach, 2 * reach, 2 * reach)
            self._dot.setPen(theme.pen(theme.hand_outline, 1.5))
        self.setAccessibleDescription(self._tiles[spot.place].name)

    # Painting

    def _paint(self) -> None:
        ratio = self.devicePixelRatioF()
        size = self.viewport().size() * ratio
        if size.isEmpty() or not self._tiles:
            self._picture.setPixmap(QPixmap())
            return
        theme = self.theme
        pixels = np.full((size.height(), size.width()), theme.panel.rgb(), dtype=np.uint32)
        frame = theme.mixed(theme.panel, theme.line, 0.55).rgb()
        table = theme.ramp_table().astype(np.uint32)
        colours = 0xFF000000 | table[:, 0] << 16 | table[:, 1] << 8 | table[:, 2]
        for place, rect in enumerate(self._rects):
            top, left, height, width = (
                round(length * ratio) for length in (rect.top(), rect.left(), rect.height(), rect.width())
            )
            if self._sizes is None:
                cell = np.full((height, width), theme.raised.rgb(), dtype=np.uint32)
                lines = (np.arange(height)[:, None] + np.arange(width)) % round(_HATCH * ratio) == 0
                cell[lines | lines[:, ::-1]] = theme.mixed(theme.raised, theme.line, 0.5).rgb()
            else:
                low, high = self._range
                sizes = np.clip(largest_fitted(self._sizes[place], height, width), low, high)
                shares = np.log(sizes / low) / np.log(high / low)
                cell = colours[np.rint(shares * 255.0).astype(np.uint8)]
            pixels[top - 1 : top + height + 1, left - 1 : left + width + 1] = frame
            part = pixels[top : top + height, left : left + width]
            part[:] = cell[: part.shape[0], : part.shape[1]]
        image = QImage(pixels.data, size.width(), size.height(), 4 * size.width(), QImage.Format.Format_RGB32)
        # A pixmap may share what it is made from, and `pixels` ends here.
        picture = QPixmap.fromImage(image.copy())
        picture.setDevicePixelRatio(ratio)
        self._picture.setPixmap(picture)


def _wrapped(text: str, metrics: QFontMetricsF, width: float) -> str:
    """`text` in lines at most `width` px long."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if metrics.horizontalAdvance(longer) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)
