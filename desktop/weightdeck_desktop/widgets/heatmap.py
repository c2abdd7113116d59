"""A matrix as colours, cell by cell, with a pointer and a keyboard cursor that say which cell is meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.heatmap_names import row_font, row_reach
from weightdeck_desktop.widgets.no_data import paint_no_data


class Cell(NamedTuple):
    """A cell of a heat map; `group` counts matrices that stand side by side."""

    group: int
    row: int
    column: int


class Heatmap(QWidget):
    """Paints one or several matrices of one shape side by side, each value as a flat rectangle of colour.

    Signed values run over the theme's diverging colours with 0 in the middle, others over its ramp from 0.
    Values beyond the limit take the outermost colour; NaN is cross-hatch. One small image holds all cells and
    is enlarged without smoothing; it is painted again only when a colour changed. Knows nothing of what the
    numbers mean.
    """

    pointed = Signal(object)  # Cell under the pointer or the cursor, None when the pointer has left
    pressed = Signal()  # the map was clicked
    cell_menu_requested = Signal(
        object, QPoint
    )  # the Cell under the pointer or the cursor, and where on the screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._values: NDArray[np.float32] | None = None  # (G, R, C)
        self._limit = 1.0
        self._signed = True
        self._indices: NDArray[np.uint8] | None = None  # (G, R, C) places in the colour table
        self._holes: NDArray[np.bool_] | None = None  # (G, R, C) where there is no number; None: nowhere
        self._pixels: NDArray[np.uint8] | None = None  # (G * R, C, 4): the image's memory
        self._image: QImage | None = None
        self._labels: tuple[str, ...] = ()
        self._gutter = 0
        self._captions: tuple[str, ...] = ()
        self._message = ""
        self._pointed: Cell | None = None
        self._cursor = Cell(0, 0, 0)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def values(self) -> NDArray[np.float32] | None:
        """What is shown, (groups, rows, columns)."""
        return self._values

    @property
    def cursor_cell(self) -> Cell:
        """Where the keyboard stands."""
        return self._cursor

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._colour()
        self.update()

    def set_values(self, values: NDArray[np.float32] | None, limit: float, *, signed: bool) -> None:
        """Show (rows, columns) or (groups, rows, columns); colours span [-limit, limit], unsigned [0, limit].

        The array is kept, not copied. None or an empty array shows that there is no data.
        """
        if values is None or values.size == 0:
            if self._values is not None:
                self._values = self._indices = self._pixels = self._image = None
                self.update()
            return
        cells = values[np.newaxis] if values.ndim == 2 else values
        scaled = (cells / limit + 1.0) / 2.0 if signed else cells / limit
        holes = np.isnan(cells)
        any_holes = bool(holes.any())
        indices = np.rint(np.clip(np.nan_to_num(scaled, nan=0.5), 0.0, 1.0) * 255.0).astype(np.uint8)
        same = (
            self._indices is not None
            and signed == self._signed
            and np.array_equal(indices, self._indices)
            and not any_holes
            and self._holes is None
        )
        reshaped = self._values is None or cells.shape != self._values.shape
        self._values, self._limit, self._signed = cells, limit, signed
        self._indices, self._holes = indices, holes if any_holes else None
        if reshaped:
            self._pointed = None
            self._cursor = self._clamped(self._cursor)
        if not same:
            self._colour()
            self.update(self.rect() if reshaped else self._area())

    def set_row_labels(self, labels: Sequence[str], gutter: int) -> None:
        """Names of the rows, at the left in a strip `gutter` px wide; as many as fit without touching."""
        if (tuple(labels), gutter) != (self._labels, self._gutter):
            self._labels, self._gutter = tuple(labels), gutter
            self.update()

    def set_captions(self, captions: Sequence[str]) -> None:
        """Names of the groups, under them; none takes no room."""
        if tuple(captions) != self._captions:
            self._captions = tuple(captions)
            self.update()

    def set_message(self, message: str) -> None:
        """Why there is no data; shown as long as there is none."""
        if message != self._message:
            self._message = message
            self.update()

    def cell_rect(self, cell: Cell) -> QRectF:
        """Where a cell lies, px."""
        assert self._values is not None
        _, rows, columns = self._values.shape
        area = self._group_rect(cell.group)
        width, height = area.width() / columns, area.height() / rows
        return QRectF(area.x() + cell.column * width, area.y() + cell.row * height, width, height)

    def sizeHint(self) -> QSize:
        return QSize(self._gutter + self._theme.px(48), self._theme.px(24))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    # What the user does

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self._cell_at(event.position().x(), event.position().y()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position().x(), event.position().y())
        if cell is not None:
            self._move_cursor(cell)
        self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._values is None:
            super().keyPressEvent(event)
            return
        _, _, columns = self._values.shape
        group, row, column = self._cursor
        match event.key():
            case Qt.Key.Key_Left:
                target = (
                    Cell(group - 1, row, columns - 1)
                    if column == 0 and group
                    else Cell(group, row, column - 1)
                )
            case Qt.Key.Key_Right:
                last = column == columns - 1 and group + 1 < len(self._values)
                target = Cell(group + 1, row, 0) if last else Cell(group, row, column + 1)
            case Qt.Key.Key_Up:
                target = Cell(group, row - 1, column)
            case Qt.Key.Key_Down:
                target = Cell(group, row + 1, column)
            case Qt.Key.Key_Home:
                target = Cell(group, row, 0)
            case Qt.Key.Key_End:
                target = Cell(group, row, columns - 1)
            case _:
                super().keyPressEvent(event)
                return
        self._move_cursor(self._clamped(target))
        self.pointed.emit(self._cursor)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        cell = self._cell_at(event.x(), event.y()) if by_mouse else self._cursor
        if self._values is None or cell is None:
            event.ignore()
        elif by_mouse:
            self.cell_menu_requested.emit(cell, event.globalPos())
        else:
            place = self.mapToGlobal(self.cell_rect(cell).bottomLeft().toPoint())
            self.cell_menu_requested.emit(cell, place)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()
        if self._values is not None and event.reason() != Qt.FocusReason.MouseFocusReason:
            self.pointed.emit(self._cursor)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
        self.pointed.emit(self._pointed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._pointed = None

    def _point_at(self, cell: Cell | None) -> None:
        if cell == self._pointed:
            return
        for touched in (self._pointed, cell):
            if touched is not None:
                self.update(self._marked(touched))
        self._pointed = cell
        self.pointed.emit(cell)

    def _move_cursor(self, cell: Cell) -> None:
        self.update(self._marked(self._cursor))
        self._cursor = cell
        self.update(self._marked(cell))

    def _clamped(self, cell: Cell) -> Cell:
        assert self._values is not None
        groups, rows, columns = self._values.shape
        return Cell(
            min(max(cell.group, 0), groups - 1),
            min(max(cell.row, 0), rows - 1),
            min(max(cell.column, 0), columns - 1),
        )

    # Geometry

    def _area(self) -> QRect:
        """All cells, within a frame of one pixel."""
        bottom = self._caption_height() if self._captions else 0
        return QRect(self._gutter, 0, self.width() - self._gutter, self.height() - bottom)

    def _caption_height(self) -> int:
        return QFontMetrics(self._theme.font(Type.SMALL)).height() + 2

    def _group_rect(self, group: int) -> QRectF:
        area = QRectF(self._area()).adjusted(1, 1, -1, -1)
        groups = 1 if self._values is None else len(self._values)
        gap = self._theme.px(6)
        width = (area.width() - gap * (groups - 1)) / groups
        return QRectF(area.x() + group * (width + gap), area.y(), width, area.height())

    def _cell_at(self, x: float, y: float) -> Cell | None:
        if self._values is None:
            return None
        groups, rows, columns = self._values.shape
        for group in range(groups):
            area = self._group_rect(group)
            if area.left() <= x < area.right() and area.top() <= y < area.bottom():
                row = int((y - area.y()) / area.height() * rows)
                column = int((x - area.x()) / area.width() * columns)
                return self._clamped(Cell(group, row, column))
        return None

    def _marked(self, cell: Cell) -> QRect:
        return self.cell_rect(cell).toAlignedRect().adjusted(-2, -2, 2, 2)

    # Painting

    def _colour(self) -> None:
        """Turn the indices into the image."""
        if self._indices is None:
            return
        groups, rows, columns = self._indices.shape
        table = self._theme.diverging_table() if self._signed else self._theme.ramp_table()
        pixels = table[self._indices]
        if self._holes is not None:
            pixels[self._holes] = 0  # transparent: the cross-hatch underneath shows
        self._pixels = np.ascontiguousarray(pixels.reshape(groups * rows, columns, 4))
        # The image only borrows the memory, which therefore stays in self._pixels.
        self._image = QImage(
            self._pixels.data, columns, groups * rows, columns * 4, QImage.Format.Format_RGBA8888
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = self._theme
        painter.fillRect(event.rect(), theme.panel)
        if not self._area().contains(event.rect()):
            self._paint_labels(painter)
        if self._image is None or self._values is None:
            paint_no_data(painter, QRectF(self._area()), theme, self._message)
            self._paint_frame(painter, QRectF(self._area()))
            return
        groups, rows, columns = self._values.shape
        for group in range(groups):
            rect = self._group_rect(group)
            if self._holes is not None:
                paint_no_data(painter, rect, theme)
            painter.drawImage(rect, self._image, QRectF(0, group * rows, columns, rows))
            self._paint_frame(painter, rect.adjusted(-1, -1, 1, 1))
        if self._pointed is not None:
            self._paint_mark(painter, self._pointed, focus=False)
        if self.hasFocus():
            self._paint_mark(painter, self._cursor, focus=True)

    def _paint_frame(self, painter: QPainter, rect: QRectF) -> None:
        painter.setPen(self._theme.pen(self._theme.line, alpha=0.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect.adjusted(0, 0, -1, -1))

    def _paint_mark(self, painter: QPainter, cell: Cell, *, focus: bool) -> None:
        theme = self._theme
        painter.setBrush(Qt.BrushStyle.NoBrush)
        outline = self.cell_rect(cell).adjusted(-1, -1, 0, 0)
        if focus:
            painter.setPen(theme.pen(theme.hand_outline))
            painter.drawRect(outline)
            painter.setPen(theme.pen(theme.hand))
            painter.drawRect(outline.adjusted(1, 1, -1, -1))
        else:
            painter.setPen(theme.pen(theme.text))
            painter.drawRect(outline)

    def _paint_labels(self, painter: QPainter) -> None:
        theme = self._theme
        painter.setPen(theme.pen(theme.secondary))
        if self._labels:
            area = self._group_rect(0)
            row_height = area.height() / len(self._labels)
            font = row_font(theme, row_height)
            painter.setFont(font)
            line = QFontMetrics(font).height()
            stride = max(1, int(np.ceil(row_reach(font, row_height) / max(row_height, 0.1))))
            for row in range(0, len(self._labels), stride):
                middle = area.y() + (row + 0.5) * row_height
                room = QRectF(0, middle - line / 2, self._gutter - theme.px(5), line)
                painter.drawText(
                    room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._labels[row]
                )
        painter.setFont(theme.font(Type.SMALL))
        for group, caption in enumerate(self._captions):
            rect = self._group_rect(group)
            fits = QFontMetrics(theme.font(Type.SMALL)).horizontalAdvance(caption) <= rect.width()
            words = caption if fits else caption.rpartition(" ")[2]  # of "head 0.2" the number matters most
            below = QRectF(rect.x(), self._area().bottom() + 2, rect.width(), self._caption_height())
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, words)
