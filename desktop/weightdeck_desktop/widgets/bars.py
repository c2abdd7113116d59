"""Horizontal bars with a name, a number, a ghost and a change: one row a thing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.snapped_limit import SnappedLimit

GHOST_FROM = 0.005  # a change of less than half a point is told in text only
WORDED_ROWS = 5  # rows that the accessible description names
_ROW, _LOOSE_ROW = 25, 32  # least and greatest distance between rows, px at 100 %
_LEAST_ROWS = 4
_UNLIMITED = 16_777_215  # QWIDGETSIZE_MAX, which PySide6 does not export


@dataclass(frozen=True, slots=True)
class Bar:
    """One row. `value` is a share of 1, or a difference of shares when the bars are signed."""

    label: str
    value: float
    ghost: float | None = None  # the share to compare with
    nats: float | None = None  # log ratio of the two shares that the change compares


class _Drawn(NamedTuple):
    """A row as it appears: equal tuples look the same, so nothing is repainted."""

    label: str
    folded: bool  # stands for all rows that do not fit
    start: float  # px from the left end of the track
    length: float
    ghost: float | None
    value: str
    change: str
    nats: str


class _Columns(NamedTuple):
    """Left edges and widths, px; a column for which there is no room has width 0."""

    track: int
    track_width: int
    value: int
    value_width: int
    change: int
    change_width: int
    nats: int
    nats_width: int


class Bars(QWidget):
    """Paints the rows that fit, in the order given; the rest is summed in one row "n others".

    The scale ends at 1, 2 or 5 times a power of ten and is written under the bars. Only rows whose picture
    changed are repainted; names and tracks come from a cached picture.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._rows: tuple[Bar, ...] = ()
        self._signed = False
        self._drawn: tuple[_Drawn, ...] = ()
        self._limit = SnappedLimit(smallest=0.1)
        self._pending = False
        self._message = ""
        self._label_room: tuple[str, ...] = ()
        self._background: QPixmap | None = None
        self._columns = _Columns(0, 0, 0, 0, 0, 0, 0, 0)
        self._row_height = _ROW
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def shown(self) -> tuple[tuple[str, str, str], ...]:
        """Name, number and change of every visible row, as written."""
        return tuple((row.label, row.value, row.change) for row in self._drawn)

    @property
    def limit(self) -> float:
        """Where the scale ends."""
        return self._limit.value

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._limit_height()
        self.updateGeometry()
        self._lay_out()

    def set_label_room(self, labels: Sequence[str]) -> None:
        """Make room for rows called `labels`, once and for all: a wide enough name column, no greater height."""
        if tuple(labels) != self._label_room:
            self._label_room = tuple(labels)
            self._limit_height()
            self._lay_out()

    def set_rows(self, rows: Sequence[Bar], *, signed: bool = False) -> None:
        """Show these rows, the most important first; signed bars grow both ways from the middle."""
        if signed != self._signed:
            self._signed = signed
            self._limit.reset()
            self._rows = ()
            self._lay_out()  # signs need room
        self._rows = tuple(rows)
        self._message = ""
        self._refresh()

    def set_message(self, message: str) -> None:
        """Show cross-hatch with these words in place of bars: there is no data."""
        self._rows = ()
        self._drawn = ()
        self._limit.reset()
        self._message = message
        self._background = None
        self.setAccessibleDescription(message)
        self.update()

    def set_pending(self, pending: bool) -> None:
        """Put "…" beside every number: it is of before the user's last act."""
        if pending != self._pending:
            self._pending = pending
            left = self._columns.value + self._columns.value_width
            self.update(left, 0, self._columns.change - left, self.height())

    def sizeHint(self) -> QSize:
        rows = min(_LEAST_ROWS, len(self._label_room) or _LEAST_ROWS)
        return QSize(self._theme.px(120), rows * self._theme.px(_ROW) + self._axis_height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = event.pos().y() // self._row_height
            if place < len(self._drawn) and not self._drawn[place].folded:
                QToolTip.showText(
                    event.globalPos(), self._in_words(self._rows[place]), self, self._row_rect(place)
                )
                return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self._drawn:
            paint_no_data(painter, QRectF(self.rect()), self._theme, self._message)
            return
        if self._background is None:
            self._background = self._paint_background()
        painter.drawPixmap(0, 0, self._background)
        region = event.region()
        for place, row in enumerate(self._drawn):
            if region.intersects(self._row_rect(place)):
                self._paint_row(painter, place, row)

    # Geometry

    def _name_font(self, name: str) -> QFont:
        """One letter is large, a word is small: words would push all bars to the right."""
        return self._theme.font(Type.VALUE if len(name) == 1 else Type.SMALL)

    def _axis_height(self) -> int:
        return QFontMetrics(self._theme.font(Type.SMALL)).height() + 2

    def _row_rect(self, place: int) -> QRect:
        return QRect(0, place * self._row_height, self.width(), self._row_height)

    def _limit_height(self) -> None:
        whole = len(self._label_room) * self._theme.px(_LOOSE_ROW) + self._axis_height()
        self.setMaximumHeight(whole if self._label_room else _UNLIMITED)

    def _lay_out(self) -> None:
        """Place the columns anew and fit the rows to the room; what is left over is shared among them."""
        theme = self._theme
        room = self.height() - self._axis_height()
        rows = max(1, min(room // theme.px(_ROW), len(self._label_room) or room))
        self._row_height = min(theme.px(_LOOSE_ROW), max(theme.px(_ROW), room // rows))
        number = QFontMetrics(theme.font(Type.MONO_BODY))
        small = QFontMetrics(theme.font(Type.SMALL))
        gap = theme.px(8)
        names = (QFontMetrics(self._name_font(label)).horizontalAdvance(label) for label in self._label_room)
        track = max(names, default=0) + gap
        nats_width = small.horizontalAdvance("+10.00 nats") if self.width() >= theme.px(380) else 0
        change_width = small.horizontalAdvance("+100 pt") if self.width() >= theme.px(160) else 0
        nats = self.width() - nats_width
        change = nats - (gap if nats_width else 0) - change_width
        pending_width = number.horizontalAdvance("…") + gap // 2
        value_width = number.horizontalAdvance("+0.000" if self._signed else "0.000")
        value = change - pending_width - value_width
        track_width = max(1, value - gap - track)
        self._columns = _Columns(
            track, track_width, value, value_width, change, change_width, nats, nats_width
        )
        self._background = None
        self._drawn = ()
        self._refresh()
        self.update()

    # From rows to what is drawn

    def _refresh(self) -> None:
        old, old_limit = self._drawn, self._limit.value
        folded = self._folded()
        all_fit = len(folded) == len(self._rows)
        barred = folded if all_fit else folded[:-1]
        sizes = [abs(size) for row in barred for size in (row.value, row.ghost) if size is not None]
        self._limit.fit(max((size for size in sizes if math.isfinite(size)), default=math.nan))
        self._drawn = tuple(
            self._as_drawn(row, folded=not all_fit and place == len(folded) - 1)
            for place, row in enumerate(folded)
        )
        if [row.label for row in old] != [row.label for row in self._drawn] or old_limit != self._limit.value:
            self._background = None
            self.update()
        else:
            for place, (before, after) in enumerate(zip(old, self._drawn, strict=True)):
                if before != after:
                    self.update(self._row_rect(place))
        if folded:
            self._describe(folded)

    def _folded(self) -> tuple[Bar, ...]:
        """The rows that fit; where not all do, the last one is the sum of the rest."""
        room = max(1, (self.height() - self._axis_height()) // self._row_height)
        if len(self._rows) <= room:
            return self._rows
        rest = self._rows[room - 1 :]
        ghosts = [row.ghost for row in rest if row.ghost is not None]
        others = Bar(
            label=self.tr("{count} others").format(count=len(rest)),
            value=sum(row.value for row in rest),
            ghost=sum(ghosts) if len(ghosts) == len(rest) else None,
        )
        return (*self._rows[: room - 1], others)

    def _as_drawn(self, row: Bar, *, folded: bool) -> _Drawn:
        value = f"{row.value:+.3f}" if self._signed else f"{row.value:.3f}"
        if not math.isfinite(row.value):
            return _Drawn(row.label, folded, 0.0, 0.0, None, self.tr("none"), "", "")
        change = row.value if self._signed else None if row.ghost is None else row.value - row.ghost
        length = self._pixels(row.value)
        start = self._columns.track_width / 2 if self._signed else 0.0
        has_ghost = row.ghost is not None and change is not None and abs(change) >= GHOST_FROM
        return _Drawn(
            label=row.label,
            folded=folded,
            start=start + min(length, 0.0),
            length=abs(length),
            ghost=self._pixels(row.ghost) if has_ghost and row.ghost is not None else None,
            value=_typeset(value),
            change="" if change is None else _points(change),
            nats="" if row.nats is None or abs(row.nats) < 0.005 else _typeset(f"{row.nats:+.2f} nats"),
        )

    def _pixels(self, value: float) -> float:
        """Length on the track, in half pixels: what changes less is not worth a repaint."""
        whole = self._columns.track_width / 2 if self._signed else self._columns.track_width
        return round(2 * whole * value / self._limit.value) / 2

    def _describe(self, folded: Sequence[Bar]) -> None:
        words = "; ".join(f"{row.label} {row.value:.2f}" for row in folded[:WORDED_ROWS])
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)

    def _in_words(self, row: Bar) -> str:
        if self._signed:
            parts = [self.tr("{label}: A minus B {value:+.4f}").format(label=row.label, value=row.value)]
            if row.nats is not None:
                parts.append(self.tr("log of A over B {nats:+.3f} nats").format(nats=row.nats))
        else:
            parts = [self.tr("{label}: probability {value:.4f}").format(label=row.label, value=row.value)]
            if row.ghost is not None:
                parts.append(self.tr("without your last turn {ghost:.4f}").format(ghost=row.ghost))
                change = 100 * (row.value - row.ghost)
                parts.append(self.tr("change {change:+.2f} percentage points").format(change=change))
            if row.nats is not None:
                parts.append(self.tr("change of log-probability {nats:+.3f} nats").format(nats=row.nats))
        return _typeset("\n".join(parts))

    # Painting

    def _paint_background(self) -> QPixmap:
        """Names, tracks and the scale: what stays while numbers move."""
        theme, columns = self._theme, self._columns
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme.panel)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small = theme.font(Type.SMALL)
        for place, row in enumerate(self._drawn):
            rect = self._row_rect(place)
            painter.setFont(self._name_font(row.label))
            painter.setPen(theme.pen(theme.secondary if row.folded else theme.text))
            room = rect.adjusted(0, 0, columns.value - rect.width(), 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, row.label)
            if not row.folded:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.brush(theme.raised))
                painter.drawRoundedRect(self._bar_rect(place, 0, columns.track_width), 3, 3)
        top = len(self._drawn) * self._row_height
        scale = QRect(columns.track, top, columns.track_width, self._axis_height())
        low = _typeset(f"{-self._limit.value:g}") if self._signed else "0"
        middle = self.tr("A − B") if self._signed else self.tr("probability")
        painter.setFont(small)
        painter.setPen(theme.pen(theme.secondary))
        painter.drawText(scale, Qt.AlignmentFlag.AlignLeft, low)
        if QFontMetrics(small).horizontalAdvance(f"{low}  {middle}  {low}") < scale.width():
            painter.drawText(scale, Qt.AlignmentFlag.AlignHCenter, middle)
        painter.drawText(scale, Qt.AlignmentFlag.AlignRight, f"{self._limit.value:g}")
        painter.end()
        return picture

    def _bar_rect(self, place: int, start: float, length: float) -> QRectF:
        rect = self._row_rect(place)
        height = self._theme.px(14)
        top = rect.top() + (rect.height() - height) // 2
        return QRectF(self._columns.track + start, top, length, height)

    def _paint_row(self, painter: QPainter, place: int, row: _Drawn) -> None:
        theme, columns, rect = self._theme, self._columns, self._row_rect(place)
        if not row.folded:
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
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.setFont(theme.font(Type.MONO_BODY))
        painter.setPen(theme.pen(theme.text))
        painter.drawText(QRect(columns.value, rect.y(), columns.value_width, rect.height()), right, row.value)
        if self._pending:
            beside = QRect(columns.value + columns.value_width, rect.y(), rect.width(), rect.height())
            painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, "…")
        painter.setFont(theme.font(Type.SMALL))
        painter.setPen(theme.pen(theme.secondary))
        painter.drawText(
            QRect(columns.change, rect.y(), columns.change_width, rect.height()), right, row.change
        )
        if columns.nats_width:
            painter.drawText(
                QRect(columns.nats, rect.y(), columns.nats_width, rect.height()), right, row.nats
            )

    def _bar_colour(self, row: _Drawn) -> QColor:
        theme = self._theme
        if not self._signed:
            return theme.ramp[2]
        return theme.negative if row.start < self._columns.track_width / 2 else theme.positive


def _points(change: float) -> str:
    """A change of a share in percentage points: "+21 pt", "−0.3 pt", "·" for none."""
    points = 100 * change
    if abs(points) < 0.05:
        return "·"
    return _typeset(f"{points:+.0f} pt" if abs(points) >= 0.95 else f"{points:+.1f} pt")


def _typeset(number: str) -> str:
    return number.replace("-", "−")
