"""A heat map whose cells, rows and columns can be chosen: with axes, an outline around the choice, and marks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.heatmap import Cell, Heatmap
from weightdeck_desktop.widgets.heatmap_names import row_font, row_reach
from weightdeck_desktop.widgets.outlines import paint_hand
from weightdeck_desktop.widgets.snapped_limit import step_up
from weightdeck_desktop.widgets.wrong_mark import paint_wrong

_RIM = 4  # px at the top and at the right: room for the outline of the choice
_OVER = 3  # px at 100 %: what a name may reach beyond its own column at each side
_HATCH = 6  # px from line to line of the marks' hatch
_WALKING = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
)

Extents = tuple[tuple[int, int], tuple[int, int]]  # half-open ranges of rows and of columns


@dataclass(frozen=True, slots=True)
class Axis:
    """One side of a matrix: a word for what it counts, and names of ranges along it; without names it is numbered."""

    word: str = ""  # "" for a side of length 1, which needs no axis
    names: tuple[
        tuple[int, int, str], ...
    ] = ()  # first position, the one after the last, what they are called


class ValueMap(Heatmap):
    """One matrix, (rows, columns). A click or an arrow key chooses a cell, a click on an axis a row or a column.

    What is chosen is outlined in the colour of the hand, which the owner says with `set_selection`. Marked cells are
    hatched and bordered; wrong ones have an outline and a sign of their own.
    """

    cell_chosen = Signal(object)  # Cell
    walked = Signal(object)  # Cell: the cursor was moved there by key
    row_chosen = Signal(int)
    column_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axes = (Axis(), Axis())  # of the rows, of the columns
        self._margins = (0, 0)  # px at the left and below
        self._row_font = self._theme.font(Type.MONO_SMALL)
        self._ticks: tuple[list[tuple[QRectF, str]], list[tuple[QRectF, str]]] = ([], [])
        self._selection: Extents | None = None
        self._marks: NDArray[np.bool_] | None = None
        self._hatch: QPixmap | None = None
        self._wrong: frozenset[tuple[int, int]] = frozenset()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._place_axes()
        self._draw_hatch()

    def set_axes(self, rows: Axis, columns: Axis) -> None:
        """What the rows and the columns are."""
        if (rows, columns) != self._axes:
            self._axes = (rows, columns)
            self._place_axes()
            self._draw_hatch()
            self.update()

    def set_values(self, values: NDArray[np.float32] | None, limit: float, *, signed: bool) -> None:
        shape = None if self._values is None else self._values.shape
        super().set_values(values, limit, signed=signed)
        if shape != (None if self._values is None else self._values.shape):
            self._place_axes()

    def set_marks(self, marks: NDArray[np.bool_] | None) -> None:
        """Which cells are marked, (rows, columns) as the values; None for none."""
        same = marks is self._marks or (
            marks is not None and self._marks is not None and np.array_equal(marks, self._marks)
        )
        if not same:
            self._marks = marks
            self._draw_hatch()
            self.update()

    def set_wrong(self, cells: frozenset[tuple[int, int]]) -> None:
        """Which cells hold a wrong number."""
        if cells != self._wrong:
            self._wrong = cells
            self.update()

    def set_selection(self, extents: Extents | None) -> None:
        """Outline these rows and columns; None for nothing."""
        if extents != self._selection:
            self._selection = extents
            self.update()

    def set_cursor(self, row: int, column: int) -> None:
        """Put the keyboard's place there; it stays within the values."""
        cell = Cell(0, row, column)
        self._cursor = cell if self._values is None else self._clamped(cell)
        self.update()

    def sizeHint(self) -> QSize:
        left, below = self._margins
        return QSize(left + _RIM + self._theme.px(48), below + _RIM + self._theme.px(48))

    # What the user does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._values is None:
            return
        super().mousePressEvent(event)
        at = event.position()
        cell, area = self._cell_at(at.x(), at.y()), self._group_rect(0)
        _, rows, columns = self._values.shape
        if cell is not None:
            self.cell_chosen.emit(cell)
        elif at.x() < area.left() and area.top() <= at.y() < area.bottom() and self._axes[0].word:
            self.row_chosen.emit(int((at.y() - area.y()) / area.height() * rows))
        elif at.y() >= area.bottom() and area.left() <= at.x() < area.right():
            self.column_chosen.emit(int((at.x() - area.x()) / area.width() * columns))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if self._values is not None and event.key() in _WALKING:
            self.walked.emit(self._cursor)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_axes()
        self._draw_hatch()

    # Geometry

    def _area(self) -> QRect:
        left, below = self._margins
        return QRect(left, _RIM, self.width() - left - _RIM, self.height() - below - _RIM)

    def _place_axes(self) -> None:
        """Margins for both axes, and the names that fit beside each other along them."""
        metrics = QFontMetrics(self._theme.font(Type.MONO_SMALL))
        line, gap = metrics.height(), self._theme.px(5)
        rows = self._axes[0]
        if self._values is None:
            shape = (1, 1)
        else:
            shape = (self._values.shape[1], self._values.shape[2])
        left = 0
        if rows.word:
            widest = max(
                (metrics.horizontalAdvance(name) for _, _, name in _named(rows, shape[0])), default=0
            )
            left = line + widest + 2 * gap
        self._margins = (left, line + 2)
        self.updateGeometry()
        area = QRectF(self._area()).adjusted(1, 1, -1, -1)
        upright = []
        if rows.word:
            end = area.top() - line
            pitch = area.height() / shape[0]
            self._row_font = row_font(self._theme, pitch)
            reach = row_reach(self._row_font, pitch)
            for first, last, name in self._spaced(rows, shape[0], area.height(), 1.3 * line):
                middle = area.y() + (first + last) / 2 * pitch
                if middle - reach / 2 >= end - 0.5:
                    upright.append((QRectF(line + gap, middle - line / 2, left - line - 2 * gap, line), name))
                    end = middle + reach / 2
        self._ticks = (upright, self._level_ticks(area, shape[1], metrics))

    def _level_ticks(self, area: QRectF, count: int, metrics: QFontMetrics) -> list[tuple[QRectF, str]]:
        """Names below the columns; where each has one, none stands over another's column."""
        columns, gap = self._axes[1], self._theme.px(5)
        pitch, over = area.width() / count, self._theme.px(_OVER)
        end, limit = area.left() - gap, float(self.width())
        if columns.word:
            limit -= metrics.horizontalAdvance(columns.word) + 3 * gap
        named = self._spaced(columns, count, area.width(), metrics.horizontalAdvance(str(count)) + 3 * gap)
        is_ticked = any(one[1] != other[0] for one, other in pairwise(named))
        ticks = []
        for first, last, name in named:
            left, right = area.x() + first * pitch, area.x() + last * pitch
            width = metrics.horizontalAdvance(name)
            middle = max((left + right) / 2, width / 2)
            is_wide = width > right - left + 2 * over and len(name) > 1 and not is_ticked
            if is_wide and first == 0:  # beside the first column is room
                middle = right - width / 2
            elif is_wide:
                continue
            start = end if first else 0.0
            if middle - width / 2 >= start and middle + width / 2 <= limit:
                ticks.append(
                    (QRectF(middle - width / 2, area.bottom() + 3, width + 1, metrics.height()), name)
                )
                end = middle + width / 2 + gap
        return ticks

    @staticmethod
    def _spaced(axis: Axis, count: int, length: float, apart: float) -> list[tuple[int, int, str]]:
        """The axis's own names, or numbers at even steps at least `apart` px from each other."""
        if axis.names or length <= 0.0:
            return list(axis.names)
        step = int(step_up(max(1.0, apart * count / length)))
        return [(place, place + 1, str(place)) for place in range(0, count, step)]

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._values is None:
            return
        painter = QPainter(self)
        if self._hatch is not None:
            painter.drawPixmap(self._group_rect(0).topLeft(), self._hatch)
        for row, column in sorted(self._wrong):
            paint_wrong(painter, self.cell_rect(Cell(0, row, column)), self._group_rect(0), self._theme)
        if self._selection is not None:
            self._paint_selection(painter, self._selection)

    def _paint_selection(self, painter: QPainter, extents: Extents) -> None:
        (top, below), (left, right) = extents
        rect = self.cell_rect(Cell(0, top, left)).united(self.cell_rect(Cell(0, below - 1, right - 1)))
        paint_hand(painter, rect.adjusted(-1, -1, 1, 1), self._theme)

    def _paint_frame(self, painter: QPainter, rect: QRectF) -> None:
        super()._paint_frame(painter, rect)
        if self.hasFocus():
            painter.setPen(self._theme.pen(self._theme.hand_outline))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))

    def _paint_labels(self, painter: QPainter) -> None:
        theme = self._theme
        rows, columns = self._axes
        font = theme.font(Type.MONO_SMALL)
        line = QFontMetrics(font).height()
        painter.setPen(theme.pen(theme.secondary))
        if self._values is not None:
            painter.setFont(self._row_font)
            for rect, name in self._ticks[0]:
                painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
            painter.setFont(font)
            for rect, name in self._ticks[1]:
                painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, name)
        painter.setFont(theme.font(Type.SMALL))
        area = self._area()
        below = QRectF(area.left(), area.bottom() + 3, area.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, columns.word)
        painter.save()
        painter.translate(0, area.bottom())
        painter.rotate(-90)
        along = QRectF(0, 0, area.height(), line)
        word = painter.fontMetrics().elidedText(rows.word, Qt.TextElideMode.ElideRight, area.height())
        painter.drawText(along, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, word)
        painter.restore()

    def _draw_hatch(self) -> None:
        """The marks as one picture over all cells: hatched, and bordered so that a single small cell shows too."""
        self._hatch = None
        ratio = self.devicePixelRatioF()
        size = (self._group_rect(0).size() * ratio).toSize()
        if self._marks is None or not self._marks.any() or size.isEmpty():
            return
        rows = np.arange(size.height()) * self._marks.shape[0] // size.height()
        columns = np.arange(size.width()) * self._marks.shape[1] // size.width()
        covered = self._marks[rows[:, None], columns]
        around = np.pad(covered, 1)
        inner = around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
        diagonal = (np.arange(size.height())[:, None] + np.arange(size.width())) % round(_HATCH * ratio)
        light = covered & (~inner | (diagonal == 0))
        dark = covered & ~light & (diagonal == 1)  # beside every light line: seen on any colour
        pixels = np.zeros((*covered.shape, 4), dtype=np.uint8)
        pixels[light] = self._theme.text.getRgb()
        pixels[dark] = self._theme.panel.getRgb()
        image = QImage(
            pixels.data, size.width(), size.height(), 4 * size.width(), QImage.Format.Format_RGBA8888
        )
        # A pixmap may share what it is made from, and `pixels` ends here.
        self._hatch = QPixmap.fromImage(image.copy())
        self._hatch.setDevicePixelRatio(ratio)


def _named(axis: Axis, count: int) -> tuple[tuple[int, int, str], ...]:
    return axis.names or ((count - 1, count, str(count - 1)),)
