"""Many small histograms in named rows, of which one is chosen (see canvas.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QImage, QKeyEvent, QMouseEvent, QPixmap
from PySide6.QtWidgets import QGraphicsSimpleTextItem, QSizePolicy, QWidget

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.canvas import Canvas

_MARGIN = 3  # px around the grid: room for the outline of the chosen one
COLUMNS = 16  # heights of a thumbnail, from left to right


@dataclass(frozen=True)
class Thumbnail:
    """Where a thumbnail lies, and its name for screen readers. Rows and columns count from 0."""

    row: int
    column: int
    name: str


_HATCH = 5  # px between the lines that say "no data"


class Thumbnails(Canvas):
    """A grid of thumbnails drawn as one picture. Click, arrow keys, Home and End choose; Enter asks for the menu.

    The rows share at most `MOST_HEIGHT` px (at 100 %): a model with many blocks gets flatter thumbnails.
    """

    chosen = Signal(int)  # the user's choice: place in the list
    menu_requested = Signal(int, QPoint)  # of a place in the list, and where on the screen

    MOST_HEIGHT = 96
    ROW = 16

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cells: tuple[Thumbnail, ...] = ()
        self._row_names: tuple[str, ...] = ()
        self._colours: list[QColor] = []
        self._heights: NDArray[np.float64] | None = None
        self._tip: Callable[[int], str] = lambda place: self._cells[place].name
        self._rects: list[QRectF] = []  # of the cells, in the viewport
        self._choice = 0
        self._under = -1
        self._picture = self.scene().addPixmap(QPixmap())
        self._ring = self.scene().addRect(QRectF())
        self._outline = self.scene().addRect(QRectF())
        self._names: list[QGraphicsSimpleTextItem] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_cells(
        self, cells: Sequence[Thumbnail], row_names: Sequence[str], tip: Callable[[int], str]
    ) -> None:
        """What there is to choose from; `tip` gives the tooltip of a place when it is wanted."""
        for item in self._names:
            self.scene().removeItem(item)
        self._cells, self._row_names, self._tip = tuple(cells), tuple(row_names), tip
        self._names = [self.text_item(name) for name in row_names]
        self._colours = [self.theme.secondary] * len(cells)
        self._heights = None
        self._choice = 0
        self.setFixedHeight(self.sizeHint().height())
        self.rebuild()

    def set_colours(self, colours: Sequence[QColor]) -> None:
        """One colour for each thumbnail."""
        self._colours = list(colours)
        self._paint()

    def set_heights(self, heights: NDArray[np.float64] | None) -> None:
        """(thumbnails, COLUMNS) heights 0 to 1; None before there are any."""
        same = heights is self._heights or (
            heights is not None and self._heights is not None and np.array_equal(heights, self._heights)
        )
        if not same:
            self._heights = heights
            self._paint()

    def set_choice(self, place: int) -> None:
        """Outline one."""
        self._choice = place
        self._place_ring()

    @property
    def choice(self) -> int:
        return self._choice

    def cell_rect(self, place: int) -> QRectF:
        """Where a thumbnail lies in the viewport."""
        return self._rects[place]

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.setFixedHeight(self.sizeHint().height())

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(240), int(max(1, len(self._row_names)) * self._pitch()) + 2 * _MARGIN)

    def rebuild(self) -> None:
        theme = self.theme
        left, pitch, gap = self._left(), self._pitch(), self._gap()
        width, height = self._cell_size()
        self._rects = [
            QRectF(left + cell.column * (width + gap), cell.row * pitch + _MARGIN, width, height)
            for cell in self._cells
        ]
        for row, item in enumerate(self._names):
            item.setFont(theme.font(Type.SMALL))
            item.setBrush(theme.secondary)
            item.setVisible(self._shows_names())
            item.setPos(0.0, _MARGIN + row * pitch + (height - item.boundingRect().height()) / 2)
        self._paint()
        self._place_ring()

    # The user's acts

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place >= 0:
            self._choose(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Nothing: the view would pass it on, having seen no press."""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position())
        if place != self._under:
            self._under = place
            self.setToolTip(self._tip(place) if place >= 0 else "")

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._under = -1

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        last = len(self._cells) - 1
        if last >= 0 and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._ask_for_menu()
            return
        moves = {
            Qt.Key.Key_Left: self._choice - 1,
            Qt.Key.Key_Right: self._choice + 1,
            Qt.Key.Key_Up: self._beside(-1),
            Qt.Key.Key_Down: self._beside(1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if last < 0 or key not in moves:
            super().keyPressEvent(event)
            return
        place = min(max(moves[Qt.Key(key)], 0), last)
        if place != self._choice:
            self._choose(place)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        place = self._place_at(QPointF(event.pos())) if by_mouse else self._choice
        if place < 0 or not self._cells:
            event.ignore()
        elif by_mouse:
            self.menu_requested.emit(place, event.globalPos())
        else:
            self._ask_for_menu()

    def _ask_for_menu(self) -> None:
        below = self.cell_rect(self._choice).bottomLeft().toPoint()
        self.menu_requested.emit(self._choice, self.viewport().mapToGlobal(below))

    def _choose(self, place: int) -> None:
        self.set_choice(place)
        self.chosen.emit(place)

    def _beside(self, rows: int) -> int:
        """The nearest place in the row above or below, the same place where there is none."""
        here = self._cells[self._choice] if self._cells else Thumbnail(0, 0, "")
        others = [place for place, cell in enumerate(self._cells) if cell.row == here.row + rows]
        return min(
            others, key=lambda place: abs(self._cells[place].column - here.column), default=self._choice
        )

    # Geometry, in px

    def _pitch(self) -> float:
        rows = max(1, len(self._row_names))
        return float(min(self.theme.px(self.ROW), max(5, self.theme.px(self.MOST_HEIGHT) // rows)))

    def _gap(self) -> int:
        return max(2, self.theme.px(3))

    def _shows_names(self) -> bool:
        return self._pitch() >= self.theme.px(13)

    def _left(self) -> int:
        if not self._shows_names():
            return 2
        return round(max((self.text_width(name) for name in self._row_names), default=0.0)) + self.theme.px(8)

    def _cell_size(self) -> tuple[int, int]:
        columns = 1 + max((cell.column for cell in self._cells), default=0)
        width = (self.viewport().width() - self._left() - 2 + self._gap()) // columns - self._gap()
        return max(3, width), max(3, int(self._pitch()) - self._gap())

    def _place_at(self, at: QPointF) -> int:
        reach = self._gap() / 2
        for place, rect in enumerate(self._rects):
            if rect.adjusted(-reach, -reach, reach, reach).contains(at):
                return place
        return -1

    # Painting

    def _paint(self) -> None:
        """All thumbnails as one picture: filled columns on raised ground."""
        ratio = self.devicePixelRatioF()
        size = self.viewport().size() * ratio
        if size.isEmpty() or not self._cells:
            self._picture.setPixmap(QPixmap())
            return
        width, height = (round(length * ratio) for length in self._cell_size())
        pixels = np.full((size.height(), size.width()), self.theme.panel.rgb(), dtype=np.uint32)
        column = np.arange(width) * COLUMNS // width
        up = height - np.arange(height)
        for place, (rect, colour) in enumerate(zip(self._rects, self._colours, strict=True)):
            top, left = round(rect.top() * ratio), round(rect.left() * ratio)
            cell = np.full((height, width), self.theme.raised.rgb(), dtype=np.uint32)
            if self._heights is None:
                hatch = self.theme.mixed(self.theme.raised, self.theme.line, 0.5)
                cell[_hatched(height, width, round(_HATCH * ratio))] = hatch.rgb()
            else:
                cell[up[:, None] <= self._heights[place][column] * height] = colour.rgb()
            part = pixels[top : top + height, left : left + width]
            part[:] = cell[: part.shape[0], : part.shape[1]]
        image = QImage(pixels.data, size.width(), size.height(), 4 * size.width(), QImage.Format.Format_RGB32)
        picture = QPixmap.fromImage(
            image.copy()
        )  # a pixmap may share what it is made from, and `pixels` ends here
        picture.setDevicePixelRatio(ratio)
        self._picture.setPixmap(picture)

    def _place_ring(self) -> None:
        seen = bool(self._cells)
        self._ring.setVisible(seen)
        self._outline.setVisible(seen and not self.theme.dark)
        if not seen:
            return
        rect = self.cell_rect(self._choice)
        self._ring.setRect(rect.adjusted(-1, -1, 1, 1))
        self._ring.setPen(self.theme.pen(self.theme.hand, 2.0))
        self._outline.setRect(rect.adjusted(-2.5, -2.5, 2.5, 2.5))
        self._outline.setPen(self.theme.pen(self.theme.hand_outline))
        self.setAccessibleDescription(self._cells[self._choice].name)


def _hatched(height: int, width: int, pitch: int) -> NDArray[np.bool_]:
    """(height, width) True where a line of cross-hatch lies."""
    y, x = np.indices((height, width))
    return ((x + y) % pitch == 0) | ((x - y) % pitch == 0)
