"""Rows of tokens of different lengths, each cell coloured by a value, with the row's mean at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QContextMenuEvent,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar
from weightdeck_desktop.widgets.lens_inks import ramp_inks
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.outlines import paint_focus, paint_hand
from weightdeck_desktop.widgets.plain_number import plain_number

Floats = NDArray[np.float32]

_ROW = 18  # px at 100 %
_CELL = (5, 26)  # px at 100 %: least and most width
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_WALKS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class Place(NamedTuple):
    """A cell, or with `column` None a row as a whole; both count as in the data, whatever the order."""

    row: int
    column: int | None


@dataclass(frozen=True, slots=True)
class TokenRows:
    """R rows of up to C cells. `means` (R,) and `values` (R, C), NaN where there is none: such a cell is hatched."""

    values: Floats
    means: Floats
    lengths: tuple[int, ...]  # cells of each row; what lies beyond has no cell
    heads: tuple[str, ...]  # what stands before the cells of each row
    words: tuple[tuple[str, ...], ...]  # of each row and cell


class BatchMap(QAbstractScrollArea):
    """Scrolls where rows or cells have no room; a cell shows its word where that fits.

    Arrow keys, Home, End and Page keys move a cursor, to the left of the first cell to the row as a whole; a click or
    Enter chooses. Only what is seen is painted.
    """

    pointed = Signal(object)  # Place under the pointer or the cursor, None when the pointer has left
    chosen = Signal(object)  # Place
    menu_requested = Signal(object, QPoint)  # Place, and where on the screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._inks = ramp_inks(self._theme)  # ground and ink for each of the ramp's colours
        self._rows: TokenRows | None = None
        self._order: tuple[int, ...] = ()  # the rows from top to bottom
        self._limit = 1.0
        self._message = ""
        self._selected: Place | None = None
        self._marked: int | None = None  # row
        self._pointed: Place | None = None
        self._cursor = Place(0, None)
        self._pitch, self._cell = 1, 1.0  # height of a row and width of a cell, px
        self._left, self._right = 0, 0  # px of the heads and of the means
        self._columns = (
            1  # that have room: as many as any rows had, so that the means do not jump from batch to batch
        )
        self._end = 0  # where the cells end and the means begin, px
        self._bars = (ThinScrollBar(Qt.Orientation.Vertical), ThinScrollBar(Qt.Orientation.Horizontal))
        self.setVerticalScrollBar(self._bars[0])
        self.setHorizontalScrollBar(self._bars[1])
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    # Told

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._inks = ramp_inks(theme)
        for bar in self._bars:
            bar.set_theme(theme)
        self.setMinimumHeight(theme.px(3 * _ROW))
        self._arrange()

    def set_rows(self, rows: TokenRows | None, order: Sequence[int], limit: float) -> None:
        """Show these from top to bottom in `order`; colours run from 0 to `limit`. None or no row: no data."""
        self._rows = rows if rows is not None and len(rows.lengths) else None
        self._order, self._limit = tuple(order), limit
        self._columns = 1 if self._rows is None else max(self._columns, *self._rows.lengths)
        self._pointed = self._within(self._pointed)
        self._cursor = self._within(self._cursor) or Place(self._order[0] if self._order else 0, None)
        self._arrange()

    def set_selected(self, place: Place | None) -> None:
        """Outline a cell in the colour of the hand; None for none."""
        if place != self._selected:
            self._selected = place
            self.viewport().update()

    def set_marked(self, row: int | None) -> None:
        """Mark a row as the one that is looked into; None for none."""
        if row != self._marked:
            self._marked = row
            self.viewport().update()

    def set_message(self, message: str) -> None:
        """Why there is no data; shown as long as there is none."""
        if message != self._message:
            self._message = message
            self.viewport().update()

    # What it says when asked

    @property
    def cursor_place(self) -> Place:
        """Where the keyboard stands."""
        return self._cursor

    @property
    def rows_shown(self) -> tuple[int, ...]:
        """The rows from top to bottom."""
        return self._order

    def place_rect(self, place: Place) -> QRectF:
        """Where a cell, or the head of a row, lies in the viewport, px."""
        top = self._order.index(place.row) * self._pitch - self._bars[0].value()
        if place.column is None:
            return QRectF(0, top, self._left, self._pitch)
        return QRectF(self._x(place.column), top, self._cell, self._pitch)

    def mean_words(self, row: int) -> str:
        """What stands at the end of a row: more digits where its mean is small."""
        assert self._rows is not None
        mean = float(self._rows.means[row])
        return "–" if np.isnan(mean) else plain_number(mean, 2)

    # What the user does

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self._place_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self._cursor = place
            self.viewport().update()
            self.chosen.emit(place)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        place = self._place_at(QPointF(event.pos())) if by_mouse else self._cursor
        if self._rows is None or place is None:
            event.ignore()
            return
        below = self.viewport().mapToGlobal(self.place_rect(place).bottomLeft().toPoint())
        self.menu_requested.emit(place, event.globalPos() if by_mouse else below)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if self._rows is None:
            event.ignore()
            return
        rank, column = self._order.index(self._cursor.row), self._cursor.column
        at = -1 if column is None else column
        page = max(1, self.viewport().height() // self._pitch - 1)
        if key in _WALKS:
            down, right = _WALKS[key]
            self._walk(rank + down, at + right)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._walk(rank + (page if key == Qt.Key.Key_PageDown else -page), at)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._walk(rank, -1 if key == Qt.Key.Key_Home else len(self._rows.values[0]))
        elif key in _ENTER:
            self.chosen.emit(self._cursor)
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()
        if self._rows is not None and event.reason() != Qt.FocusReason.MouseFocusReason:
            self.pointed.emit(self._cursor)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()
        self.pointed.emit(self._pointed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _walk(self, rank: int, column: int) -> None:
        assert self._rows is not None
        row = self._order[min(max(rank, 0), len(self._order) - 1)]
        column = min(column, self._rows.lengths[row] - 1)
        self._cursor = Place(row, None if column < 0 else column)
        self._reveal(self._cursor)
        self.viewport().update()
        self.pointed.emit(self._cursor)

    def _reveal(self, place: Place) -> None:
        """Scroll as little as shows a place."""
        rect, view = self.place_rect(place), self.viewport().rect()
        upright, level = self._bars
        if rect.top() < 0:
            upright.setValue(upright.value() + round(rect.top()))
        elif rect.bottom() > view.height():
            upright.setValue(upright.value() + round(rect.bottom()) - view.height())
        if place.column is None:
            return
        if rect.left() < self._left:
            level.setValue(level.value() + round(rect.left() - self._left))
        elif rect.right() > self._end:
            level.setValue(level.value() + round(rect.right()) - self._end)

    def _point_at(self, place: Place | None) -> None:
        if place != self._pointed:
            for touched in (self._pointed, place):
                if touched is not None:
                    self.viewport().update(self.place_rect(touched).toAlignedRect().adjusted(-3, -3, 3, 3))
            self._pointed = place
            self.pointed.emit(place)

    def _place_at(self, at: QPointF) -> Place | None:
        """The cell there; beside the cells the row."""
        if self._rows is None:
            return None
        rank = int((at.y() + self._bars[0].value()) // self._pitch)
        if not 0 <= rank < len(self._order) or at.x() >= self._end + self._right:
            return None
        row = self._order[rank]
        column = int((at.x() - self._x(0)) // self._cell)
        is_cell = self._left <= at.x() < self._end
        if is_cell and 0 <= column < self._rows.lengths[row]:
            return Place(row, column)
        return Place(row, None)

    def _within(self, place: Place | None) -> Place | None:
        """The place if the rows have it."""
        if place is None or self._rows is None or place.row not in self._order:
            return None
        if place.column is not None and place.column >= self._rows.lengths[place.row]:
            return Place(place.row, None)
        return place

    # Geometry, px

    def _arrange(self) -> None:
        """Measure heads and means, share the rest among the cells, and see what has to scroll."""
        theme, view = self._theme, self.viewport()
        metrics = QFontMetricsF(theme.font(Type.MONO_SMALL))
        self._pitch = theme.px(_ROW)
        columns, count, widest = self._columns, len(self._order), 0.0
        if self._rows is not None:
            widest = max(metrics.horizontalAdvance(head) for head in self._rows.heads)
        self._left = round(widest) + theme.px(10)
        self._right = round(metrics.horizontalAdvance("00.00")) + theme.px(10)
        room = view.width() - self._left - self._right
        least, most = (theme.px(each) for each in _CELL)
        self._cell = min(max(room / columns, least), most)
        self._end = self._left + min(room, round(columns * self._cell))
        upright, level = self._bars
        upright.setRange(0, max(0, count * self._pitch - view.height()))
        upright.setPageStep(view.height())
        upright.setSingleStep(self._pitch)
        level.setRange(0, max(0, round(columns * self._cell) - room))
        level.setPageStep(max(1, room))
        level.setSingleStep(round(self._cell))
        view.update()

    def _x(self, column: int) -> float:
        return self._left + column * self._cell - self._bars[1].value()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme, view = QPainter(self.viewport()), self._theme, QRectF(self.viewport().rect())
        painter.fillRect(event.rect(), theme.panel)
        if self._rows is None:
            paint_no_data(painter, view, theme, self._message)
        else:
            first = (event.rect().top() + self._bars[0].value()) // self._pitch
            last = (event.rect().bottom() + self._bars[0].value()) // self._pitch
            painter.setFont(theme.font(Type.MONO_SMALL))
            for row in self._order[max(0, first) : last + 1]:
                self._paint_row(painter, self._rows, row, event.rect())
            self._paint_marks(painter)
        if self.hasFocus():
            paint_focus(painter, view, theme)
        painter.end()

    def _paint_row(self, painter: QPainter, rows: TokenRows, row: int, part: QRect) -> None:
        theme, head = self._theme, self.place_rect(Place(row, None))
        room = QRectF(self._left, head.top(), self._end - self._left, self._pitch)
        painter.save()
        painter.setClipRect(room)
        shown = np.nan_to_num(rows.values[row] / self._limit, nan=0.0, posinf=1.0, neginf=0.0)
        places = np.rint(np.clip(shown, 0.0, 1.0) * 255.0).astype(int).tolist()
        known = (~np.isnan(rows.values[row])).tolist()
        metrics = QFontMetricsF(theme.font(Type.MONO_SMALL))
        base = head.top() + (self._pitch + metrics.ascent() - metrics.descent()) / 2
        gap = 1.0 if self._cell >= theme.px(8) else 0.0
        for column in range(rows.lengths[row]):
            x = self._x(column)
            if x + self._cell < part.left() or x > part.right():
                continue
            cell = QRectF(x, head.top(), self._cell - gap, self._pitch - 1)
            ground, ink = self._inks[places[column]]
            if known[column]:
                painter.fillRect(cell, ground)
            else:
                painter.fillRect(cell, QBrush(theme.faded(theme.line, 0.45), Qt.BrushStyle.DiagCrossPattern))
            word = rows.words[row][column]
            width = metrics.horizontalAdvance(word)
            if width <= self._cell - gap - 1:
                painter.setPen(theme.pen(ink if known[column] else theme.text))
                painter.drawText(QPointF(x + (self._cell - gap - width) / 2, base), word)
        painter.restore()
        painter.setPen(theme.pen(theme.text if row == self._marked else theme.secondary))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(head.adjusted(0, 0, -theme.px(5), 0), flags, rows.heads[row])
        end = QRectF(room.right(), head.top(), self._right - theme.px(4), self._pitch)
        painter.setPen(theme.pen(theme.text))
        painter.drawText(end, flags, self.mean_words(row))

    def _paint_marks(self, painter: QPainter) -> None:
        theme = self._theme
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._marked in self._order and self._marked is not None:
            head = self.place_rect(Place(self._marked, None))
            painter.setPen(theme.pen(theme.hand_outline))
            painter.setBrush(theme.hand)
            painter.drawRect(QRectF(1, head.top() + 1, theme.px(3), self._pitch - 4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setClipRect(QRect(self._left - 2, 0, self._end - self._left + 4, self.viewport().height()))
        if self._pointed is not None:
            painter.setPen(theme.pen(theme.text))
            painter.drawRect(self._outline(self._pointed))
        if self._within(self._selected) == self._selected and self._selected is not None:
            paint_hand(painter, self._outline(self._selected), theme)
        if self.hasFocus():
            painter.setPen(theme.pen(theme.hand_outline))
            painter.drawRect(self._outline(self._cursor))
        painter.setClipping(False)

    def _outline(self, place: Place) -> QRectF:
        rect = self.place_rect(place)
        if place.column is not None:
            return rect.adjusted(-1, -1, 0, 0)
        # Of a row all that lies between its head and its mean.
        return QRectF(self._left - 1, rect.top(), self._end - self._left + 1, self._pitch - 1)
