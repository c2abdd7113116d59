"""Rows of texts and numbers under headings, some with a bar: what differs between two moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QFontMetrics, QHelpEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.upright_scroll import UprightScroll

_ROW = 22  # px at 100 %
_LEAST_BAR = 36  # px at 100 %; names give way


@dataclass(frozen=True, slots=True)
class TableRow:
    """`cells`: a name, then numbers. `bar` and `ghost`, a hollow one, are shares of 1 of the room for bars."""

    cells: tuple[str, ...]
    is_heading: bool = False
    bar: float | None = None
    ghost: float | None = None
    tip: str = ""


class CompareTable(UprightScroll):
    """Scrolls its rows. The arrow keys move a cursor over them, whose row is read out."""

    def __init__(self, name: str, title: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(f"{name}_scroll", parent)
        self._rows = _Rows(self)
        self._rows.setObjectName(name)
        self._rows.setAccessibleName(title)
        self._rows.setToolTip(tip)
        self.setWidget(self._rows)

    @property
    def rows(self) -> tuple[TableRow, ...]:
        return self._rows.rows

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._rows.set_theme(theme)
        self.setMinimumHeight(theme.px(4 * _ROW))

    def show_rows(self, rows: Sequence[TableRow]) -> None:
        self._rows.show_rows(tuple(rows))


class _Rows(QWidget):
    def __init__(self, area: CompareTable) -> None:
        super().__init__()
        self._area = area
        self._theme: Theme = dark_theme()
        self.rows: tuple[TableRow, ...] = ()
        self._widths: tuple[int, ...] = ()  # of the columns of numbers
        self._name_width = 0  # of names beside bars
        self._cursor = 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._measure()

    def show_rows(self, rows: tuple[TableRow, ...]) -> None:
        if rows != self.rows:
            self.rows = rows
            self._cursor = min(self._cursor, max(0, len(rows) - 1))
            self._measure()
            self._describe()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(120), len(self.rows) * self._height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @property
    def _height(self) -> int:
        return self._theme.px(_ROW)

    def _measure(self) -> None:
        theme = self._theme
        number, small = QFontMetrics(theme.font(Type.MONO_SMALL)), QFontMetrics(theme.font(Type.SMALL))
        columns = max((len(row.cells) for row in self.rows), default=1) - 1
        widths = [0] * columns
        for row in self.rows:
            metrics = small if row.is_heading else number
            for place, cell in enumerate(row.cells[1:]):
                widths[place] = max(widths[place], metrics.horizontalAdvance(cell) + theme.px(12))
        self._widths = tuple(widths)
        body = QFontMetrics(theme.font(Type.BODY))
        barred = (body.horizontalAdvance(row.cells[0]) for row in self.rows if row.bar is not None)
        self._name_width = max(barred, default=0) + theme.px(14)
        self.updateGeometry()
        self.update()

    def _row_rect(self, place: int) -> QRect:
        return QRect(0, place * self._height, self.width(), self._height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for place, row in enumerate(self.rows):
            rect = self._row_rect(place)
            if rect.intersects(event.rect()):
                self._paint_row(painter, rect, row)
        if self.hasFocus() and self.rows:
            painter.setPen(self._theme.pen(self._theme.hand_outline))
            painter.drawRect(self._row_rect(self._cursor).adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_row(self, painter: QPainter, rect: QRect, row: TableRow) -> None:
        theme = self._theme
        right = rect.right() + 1
        numbers = row.cells[1:]
        widths = self._widths[: len(numbers)]
        most = max(0, rect.width() - theme.px(90))
        taken = sum(widths)
        shrink = min(1.0, most / taken) if taken else 1.0
        left = right - round(sum(widths) * shrink)
        middle = Qt.AlignmentFlag.AlignVCenter
        font = theme.font(Type.SMALL) if row.is_heading else theme.font(Type.MONO_SMALL)
        painter.setFont(font)
        painter.setPen(theme.pen(theme.secondary if row.is_heading else theme.text))
        at = left
        for cell, width in zip(numbers, widths, strict=True):
            room = QRect(at, rect.y(), round(width * shrink) - theme.px(2), rect.height())
            text = QFontMetrics(font).elidedText(cell, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, text)
            at += round(width * shrink)
        name_room = left - theme.px(6)
        if row.bar is not None:
            name_room = max(theme.px(40), min(self._name_width, name_room - theme.px(_LEAST_BAR)))
            self._paint_bar(painter, QRect(name_room, rect.y(), left - name_room, rect.height()), row)
        font = theme.font(Type.TITLE if row.is_heading else Type.BODY)
        painter.setFont(font)
        painter.setPen(theme.pen(theme.text))
        name = QFontMetrics(font).elidedText(
            row.cells[0], Qt.TextElideMode.ElideRight, name_room - theme.px(6)
        )
        painter.drawText(QRect(0, rect.y(), name_room, rect.height()), middle, name)

    def _paint_bar(self, painter: QPainter, room: QRect, row: TableRow) -> None:
        theme = self._theme
        height = theme.px(10)
        track = QRectF(room.x(), room.y() + (room.height() - height) / 2, room.width() - theme.px(2), height)
        if track.width() < theme.px(12):
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.brush(theme.raised))
        painter.drawRect(track)
        painter.setBrush(theme.brush(theme.ramp[2]))
        painter.drawRect(QRectF(track.x(), track.y(), track.width() * (row.bar or 0.0), height))
        if row.ghost is not None:
            painter.setPen(theme.pen(theme.text, 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            ghost = QRectF(track.x(), track.y(), max(2.0, track.width() * row.ghost), height)
            painter.drawRect(ghost.toRect().adjusted(0, -2, -1, 1))

    # The keyboard's row

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = event.pos().y() // self._height
            if place < len(self.rows):
                words = self.rows[place].tip or "  ".join(self.rows[place].cells)
                QToolTip.showText(event.globalPos(), words, self, self._row_rect(place))
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = max(0, len(self.rows) - 1)
        moves = {
            Qt.Key.Key_Up: self._cursor - 1,
            Qt.Key.Key_Down: self._cursor + 1,
            Qt.Key.Key_PageUp: self._cursor - 10,
            Qt.Key.Key_PageDown: self._cursor + 10,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        place = moves.get(Qt.Key(event.key()))
        if place is None:
            super().keyPressEvent(event)
            return
        self._cursor = min(max(place, 0), last)
        rect = self._row_rect(self._cursor)
        self._area.ensureVisible(0, rect.center().y(), 0, rect.height())
        self._describe()
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._describe()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._describe()
        self.update()

    def _describe(self) -> None:
        """The keyboard's row, or the first few."""
        rows = [self.rows[self._cursor]] if self.hasFocus() and self.rows else self.rows[:4]
        self.setAccessibleDescription("; ".join(row.tip or "  ".join(row.cells) for row in rows))
