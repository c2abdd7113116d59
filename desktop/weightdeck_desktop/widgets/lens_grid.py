"""A grid of words on colours: rows and columns with names, of which those that fit are seen.

Letters: R rows, C columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.lens_inks import ramp_inks
from weightdeck_desktop.widgets.lens_part import Place, SeenPart
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.outlines import paint_hand
from weightdeck_desktop.widgets.plain_tip import plain_tip

_TALLEST, _WIDEST = 44, 190  # px at 100 %: of a cell
_WORD = 72  # px at 100 %: of a cell's word where columns are narrow; longer ones are cut
_FAR = 1 << 30
_HOLE = -1  # place in the colour table of a cell without a number


@dataclass(frozen=True, slots=True, eq=False)
class GridCells:
    """What is to be seen. `shares` from 0 to 1 choose the colour; NaN is cross-hatched. `figures` stand beside the
    words where there is room.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]  # (R, C)
    shares: NDArray[np.float32]  # (R, C)
    figures: tuple[tuple[str, ...], ...]  # (R, C)


class LensGrid(QWidget):
    """Arrow keys, Home, End and Page keys move a cursor; a click or Enter chooses its cell, a click on a column's name
    the column. The last row is set apart.
    """

    pointed = Signal(object)  # Place under the pointer or the cursor, None when the pointer has left
    chosen = Signal(object)  # Place: clicked, or Enter on it
    column_chosen = Signal(int)
    menu_requested = Signal(object, QPoint)  # Place, and where on the screen

    def __init__(self, name: str, tip: Callable[[Place], str], parent: QWidget | None = None) -> None:
        """`tip` gives the details of a cell when they are wanted."""
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._tip = tip
        self._cells: GridCells | None = None
        self._colours = np.empty((0, 0), dtype=np.int64)  # (R, C) places in the colour table, or _HOLE
        self._table = ramp_inks(self._theme)  # ground and ink
        self._message = ""
        self._column: int | None = None
        self._cursor: Place = (_FAR, _FAR)  # the last one, as soon as there are cells
        self._has_walked = False  # the user put the cursor where it is
        self._pointed: Place | None = None
        self._figure_width = 0  # px; 0 where figures have no room
        self.setObjectName(name)
        self._part = SeenPart(name, self)
        self._part.scrolled.connect(self._on_scrolled)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def cells(self) -> GridCells | None:
        return self._cells

    @property
    def cursor_place(self) -> Place:
        """Where the keyboard stands."""
        return self._cursor

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._table = ramp_inks(theme)
        self._part.set_theme(theme)
        self._arrange()

    def show_cells(self, cells: GridCells | None) -> None:
        """Show these; None shows the message."""
        before, old_colours = self._cells, self._colours
        self._cells = cells
        if cells is None:
            self._pointed = None
            self._colours = np.empty((0, 0), dtype=np.int64)
            if before is not None:
                self._arrange()
            return
        holes = ~np.isfinite(cells.shares)
        filled = np.clip(np.where(holes, 0.0, cells.shares), 0.0, 1.0)
        self._colours = np.where(holes, _HOLE, np.rint(filled * 255.0).astype(np.int64))
        if before is None or (before.rows, before.columns) != (cells.rows, cells.columns):
            self._cursor = self._clamped(*self._cursor)
            self._pointed = None
            self._arrange()
            return
        form = (self._part.cell, self._figure_width)
        self._measure()
        if (self._part.cell, self._figure_width) != form:
            self.update()
            return
        for row, column in np.argwhere(self._changed(before, old_colours)).tolist():
            self.update(self._outline((row, column)))

    def set_message(self, message: str) -> None:
        """Why there is no data; shown as long as there is none."""
        if message != self._message:
            self._message = message
            self.update()

    def set_column(self, column: int | None) -> None:
        """Outline the column that the user chose; None for none."""
        if column != self._column:
            self._column = column
            self.update()

    def cell_rect(self, place: Place) -> QRectF:
        """Where a cell lies, px; outside of the area of the cells when it is not seen."""
        return self._part.cell_rect(place)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(240), self._theme.px(140))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._theme.px(76))

    # What the user does

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self._part.place_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        place = self._part.place_at(at)
        if event.button() != Qt.MouseButton.LeftButton or self._cells is None:
            return
        if place is not None:
            self._move_cursor(place)
            self.chosen.emit(place)
        elif at.y() < self._part.area.top():
            place = self._part.place_at(QPoint(at.x(), self._part.area.top()))
            if place is not None:
                self.column_chosen.emit(place[1])

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._part.turn(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, column = self._cursor
        page = max(1, len(self._part.rows) - 1)
        walks = {
            Qt.Key.Key_Left: (row, column - 1),
            Qt.Key.Key_Right: (row, column + 1),
            Qt.Key.Key_Up: (row - 1, column),
            Qt.Key.Key_Down: (row + 1, column),
            Qt.Key.Key_Home: (row, 0),
            Qt.Key.Key_End: (row, _FAR),
            Qt.Key.Key_PageUp: (row - page, column),
            Qt.Key.Key_PageDown: (row + page, column),
        }
        key = Qt.Key(event.key())
        if self._cells is None:
            event.ignore()
        elif key in walks:
            self._move_cursor(self._clamped(*walks[key]))
            self._part.reveal(self._cursor)
            self.pointed.emit(self._cursor)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.chosen.emit(self._cursor)
        else:
            event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        place = self._part.place_at(event.pos()) if by_mouse else self._cursor
        if self._cells is None or place is None:
            event.ignore()
            return
        below = self.mapToGlobal(self.cell_rect(place).bottomLeft().toPoint())
        self.menu_requested.emit(place, event.globalPos() if by_mouse else below)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self._part.place_at(event.pos())
            QToolTip.showText(event.globalPos(), "" if place is None else plain_tip(self._tip(place)), self)
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update(self._outline(self._cursor))
        if self._cells is not None and event.reason() != Qt.FocusReason.MouseFocusReason:
            self.pointed.emit(self._cursor)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update(self._outline(self._cursor))
        self.pointed.emit(self._pointed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _point_at(self, place: Place | None) -> None:
        if place != self._pointed:
            for touched in (self._pointed, place):
                if touched is not None:
                    self.update(self._outline(touched))
            self._pointed = place
            self.pointed.emit(place)

    def _move_cursor(self, place: Place) -> None:
        self.update(self._outline(self._cursor))
        self._cursor, self._has_walked = place, True
        self.update(self._outline(place))

    def _on_scrolled(self) -> None:
        self._pointed = None
        self.update()

    def _clamped(self, row: int, column: int) -> Place:
        cells = self._cells
        assert cells is not None
        return min(max(row, 0), len(cells.rows) - 1), min(max(column, 0), len(cells.columns) - 1)

    def _changed(self, before: GridCells, old_colours: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(R, C): which cells look otherwise than before."""
        cells = self._cells
        assert cells is not None
        changed: NDArray[np.bool_] = self._colours != old_colours
        changed |= np.array(cells.words) != np.array(before.words)
        if self._figure_width:
            changed |= np.array(cells.figures) != np.array(before.figures)
        return changed

    # Geometry, in px

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._theme.font(Type.MONO_SMALL))

    def _arrange(self) -> None:
        """Room for the names, and the part that fits around the cursor."""
        self._measure()
        if self._cells is not None:
            hidden = len(self._cells.rows) - len(self._part.rows)
            if not self._has_walked and hidden <= 1:  # nearly all is seen: from the top
                self._part.reveal((0, self._cursor[1]))
            else:
                self._part.reveal(self._cursor)
        self.update()

    def _measure(self) -> None:
        theme, cells, metrics = self._theme, self._cells, self._metrics()
        if cells is None:
            self._part.empty(self.rect())
            return
        names = QFontMetrics(theme.font(Type.SMALL))
        left = max(names.horizontalAdvance(name) for name in cells.rows) + theme.px(8)
        top, gap = metrics.height() + theme.px(3), theme.px(4)
        # Of many cells few are different words.
        different = {word for row in (*cells.words, cells.columns) for word in row}
        word = max(metrics.horizontalAdvance(word) for word in different)
        word = min(word, theme.px(_WORD))
        self._part.fit(
            self.rect().adjusted(left, top, 0, 0),
            (len(cells.rows), len(cells.columns)),
            (metrics.height(), word + 2 * gap),
            (theme.px(_TALLEST), theme.px(_WIDEST)),
        )
        figure = max(
            metrics.horizontalAdvance(figure) for figure in {each for row in cells.figures for each in row}
        )
        has_room = word + figure + 3 * gap <= self._part.cell[1]
        self._figure_width = figure if has_room else 0

    def _outline(self, place: Place) -> QRect:
        if self._cells is None:
            return QRect()
        return self.cell_rect(place).toAlignedRect().adjusted(-2, -2, 2, 2)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, cells = self._theme, self._cells
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.panel)
        if cells is None:
            paint_no_data(painter, QRectF(self.rect()), theme, self._message)
            return
        self._paint_names(painter, cells, event.rect())
        painter.setClipRect(self._part.area.adjusted(-1, -1, 1, 1))
        painter.setFont(theme.font(Type.MONO_SMALL))
        metrics = self._metrics()
        for row in self._part.rows:
            for column in self._part.columns:
                rect = self.cell_rect((row, column))
                if event.region().intersects(rect.toAlignedRect()):
                    self._paint_cell(painter, metrics, rect, (row, column))
        if self._column is not None and self._column < len(cells.columns):
            self._paint_choice(painter, self._column, len(cells.rows))
        if self._pointed is not None:
            self._paint_mark(painter, self._pointed, theme.text)
        if self.hasFocus():
            self._paint_mark(painter, self._cursor, theme.hand_outline)

    def _paint_names(self, painter: QPainter, cells: GridCells, touched: QRect) -> None:
        theme, area = self._theme, self._part.area
        if touched.left() < area.left():
            painter.setFont(theme.font(Type.SMALL))
            for row in self._part.rows:
                rect = self.cell_rect((row, 0))
                room = QRectF(0, rect.top(), area.left() - theme.px(8), rect.height())
                painter.setPen(theme.pen(theme.text if row == len(cells.rows) - 1 else theme.secondary))
                painter.drawText(
                    room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, cells.rows[row]
                )
        if touched.top() < area.top():
            painter.setFont(theme.font(Type.MONO_SMALL))
            metrics = self._metrics()
            for column in self._part.columns:
                rect = self.cell_rect((self._part.origin[0], column))
                room = QRectF(rect.left(), 0, rect.width(), area.top())
                is_chosen = column == self._column
                painter.setPen(theme.pen(theme.text if is_chosen else theme.secondary))
                words = metrics.elidedText(
                    cells.columns[column], Qt.TextElideMode.ElideRight, int(rect.width()) - 2
                )
                painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_cell(self, painter: QPainter, metrics: QFontMetrics, rect: QRectF, place: Place) -> None:
        theme, cells = self._theme, self._cells
        assert cells is not None
        row, column = place
        top = 2 if row == len(cells.rows) - 1 else 0  # what the model itself says is set apart
        ground = rect.adjusted(0, top, -1, -1).toAlignedRect()
        colour = int(self._colours[row, column])
        gap = theme.px(4)
        room = ground.adjusted(gap, 0, -gap, 0)
        if self._figure_width:
            room.setRight(room.right() - self._figure_width - gap)
        words = metrics.elidedText(cells.words[row][column], Qt.TextElideMode.ElideRight, room.width())
        if colour == _HOLE:
            paint_no_data(painter, QRectF(ground), theme)
            plate = metrics.boundingRect(room, int(Qt.AlignmentFlag.AlignCenter), words)
            painter.fillRect(plate.adjusted(-2, 0, 2, 0), theme.panel)
            ink = theme.secondary
        else:
            back, ink = self._table[colour]
            painter.fillRect(ground, back)
        painter.setPen(theme.pen(ink))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
        if self._figure_width and colour != _HOLE:
            beside = ground.adjusted(gap, 0, -gap, 0)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(beside, flags, cells.figures[row][column])

    def _paint_choice(self, painter: QPainter, column: int, rows: int) -> None:
        rect = self.cell_rect((0, column)).united(self.cell_rect((rows - 1, column)))
        rect = rect.intersected(QRectF(self._part.area)).adjusted(0, 0, -1, -1)
        if not rect.isEmpty():
            paint_hand(painter, rect, self._theme)

    def _paint_mark(self, painter: QPainter, place: Place, colour: QColor) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self._theme.pen(colour))
        painter.drawRect(self.cell_rect(place).adjusted(0, 0, -2, -2))
