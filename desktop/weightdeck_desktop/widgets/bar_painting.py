"""How bars look: columns, rows and their pictures. See bars.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap

from weightdeck_desktop.theme import Theme, Type

ROW, LOOSE_ROW = 25, 32  # least and greatest distance between rows, px at 100 %


class DrawnBar(NamedTuple):
    """A row as it appears: equal tuples look the same, so nothing is repainted."""

    label: str
    folded: bool  # stands for all rows that do not fit
    start: float  # px from the left end of the track
    length: float
    ghost: float | None
    value: str
    change: str
    nats: str
    is_wrong: bool = False  # its value, which says so too


class BarColumns(NamedTuple):
    """Left edges and widths, px; a column for which there is no room has width 0."""

    track: int
    track_width: int
    value: int
    value_width: int
    change: int
    change_width: int
    nats: int
    nats_width: int


def name_font(theme: Theme, name: str) -> QFont:
    """One letter is large, a word is small: words would push all bars to the right."""
    return theme.font(Type.VALUE if len(name) == 1 else Type.SMALL)


def fit_columns(theme: Theme, width: int, names: Sequence[str], *, signed: bool) -> BarColumns:
    """Share `width` px among the columns; rows are called `names`."""
    number = QFontMetrics(theme.font(Type.MONO_BODY))
    small = QFontMetrics(theme.font(Type.SMALL))
    gap = theme.px(8)
    name_widths = (QFontMetrics(name_font(theme, name)).horizontalAdvance(name) for name in names)
    track = max(name_widths, default=0) + gap
    nats_width = small.horizontalAdvance("+10.00 nats") if width >= theme.px(380) else 0
    change_width = small.horizontalAdvance("+100 pt") if width >= theme.px(160) else 0
    nats = width - nats_width
    change = nats - (gap if nats_width else 0) - change_width
    pending_width = number.horizontalAdvance("…") + gap // 2
    value_width = number.horizontalAdvance("+0.000" if signed else "0.000")
    value = change - pending_width - value_width
    track_width = max(1, value - gap - track)
    return BarColumns(track, track_width, value, value_width, change, change_width, nats, nats_width)


@dataclass(frozen=True, slots=True)
class BarPainter:
    """Paints rows of bars, one below the other, in columns that fit the widget's width."""

    theme: Theme
    columns: BarColumns
    row_height: int
    width: int
    signed: bool

    def row_rect(self, place: int) -> QRect:
        return QRect(0, place * self.row_height, self.width, self.row_height)

    def ground(
        self, rows: Sequence[DrawnBar], size: QSize, pixel_ratio: float, scale: tuple[str, str, str]
    ) -> QPixmap:
        """Names, tracks and the words under them: what stays while numbers move."""
        theme, columns = self.theme, self.columns
        picture = QPixmap(size * pixel_ratio)
        picture.setDevicePixelRatio(pixel_ratio)
        picture.fill(theme.panel)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, row in enumerate(rows):
            rect = self.row_rect(place)
            painter.setFont(name_font(theme, row.label))
            painter.setPen(theme.pen(theme.secondary if row.folded else theme.text))
            room = rect.adjusted(0, 0, columns.value - rect.width(), 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, row.label)
            if not row.folded:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.brush(theme.raised))
                painter.drawRoundedRect(self._bar_rect(place, 0, columns.track_width), 3, 3)
        self._paint_scale(painter, len(rows) * self.row_height, *scale)
        painter.end()
        return picture

    def paint_row(self, painter: QPainter, place: int, row: DrawnBar, *, pending: bool) -> None:
        """Bar, ghost and numbers of a row."""
        theme, columns, rect = self.theme, self.columns, self.row_rect(place)
        if not row.folded:
            self._paint_bar(painter, place, row)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.setFont(theme.font(Type.MONO_BODY))
        painter.setPen(theme.pen(theme.error if row.is_wrong else theme.text))
        number = QRect(columns.value, rect.y(), columns.value_width, rect.height())
        # The sign before a wrong number has its place in the gap at the left.
        painter.drawText(number.adjusted(-theme.px(8), 0, 0, 0), right, row.value)
        painter.setPen(theme.pen(theme.text))
        if pending:
            beside = QRect(columns.value + columns.value_width, rect.y(), rect.width(), rect.height())
            painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, "…")
        painter.setFont(theme.font(Type.SMALL))
        painter.setPen(theme.pen(theme.secondary))
        change = QRect(columns.change, rect.y(), columns.change_width, rect.height())
        painter.drawText(change, right, row.change)
        if columns.nats_width:
            nats = QRect(columns.nats, rect.y(), columns.nats_width, rect.height())
            painter.drawText(nats, right, row.nats)

    def paint_cursor(self, painter: QPainter, place: int) -> None:
        """The frame around the row on which the keyboard stands."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(self.theme.pen(self.theme.hand_outline))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.row_rect(place).adjusted(0, 0, -1, -1))

    def _paint_bar(self, painter: QPainter, place: int, row: DrawnBar) -> None:
        theme = self.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.brush(self._bar_colour(row)))
        if row.length > 0:
            radius = min(3.0, row.length / 2)
            painter.drawRoundedRect(self._bar_rect(place, row.start, row.length), radius, radius)
        if row.ghost is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(theme.pen(theme.text, 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            ghost = self._bar_rect(place, 0, max(row.ghost, 2.0)).toRect()
            painter.drawRect(ghost.adjusted(0, -2, -1, 1))

    def _paint_scale(self, painter: QPainter, top: int, low: str, middle: str, high: str) -> None:
        theme = self.theme
        font = theme.font(Type.SMALL)
        metrics = QFontMetrics(font)
        scale = QRect(self.columns.track, top, self.columns.track_width, metrics.height() + 2)
        painter.setFont(font)
        painter.setPen(theme.pen(theme.secondary))
        painter.drawText(scale, Qt.AlignmentFlag.AlignLeft, low)
        ends = metrics.horizontalAdvance(max(low, high, key=len) + "  ")
        if 2 * ends + metrics.horizontalAdvance(middle) < scale.width():
            painter.drawText(scale, Qt.AlignmentFlag.AlignHCenter, middle)
        painter.drawText(scale, Qt.AlignmentFlag.AlignRight, high)

    def _bar_rect(self, place: int, start: float, length: float) -> QRectF:
        rect = self.row_rect(place)
        height = self.theme.px(14)
        top = rect.top() + (rect.height() - height) // 2
        return QRectF(self.columns.track + start, top, length, height)

    def _bar_colour(self, row: DrawnBar) -> QColor:
        if not self.signed:
            return self.theme.ramp[2]
        below = row.start < self.columns.track_width / 2
        return self.theme.negative if below else self.theme.positive
