"""Horizontal bars with a name, a number, a ghost and a change: one row a thing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.bar_painting import (
    LOOSE_ROW,
    ROW,
    BarColumns,
    BarPainter,
    DrawnBar,
    fit_columns,
)
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.plain_number import plain_number
from weightdeck_desktop.widgets.snapped_limit import SnappedLimit

GHOST_FROM = 0.005  # a change of less than half a point is told in text only
WORDED_ROWS = 5  # rows that the accessible description names
_LEAST_ROWS = 4
_UNLIMITED = 16_777_215  # QWIDGETSIZE_MAX, which PySide6 does not export


@dataclass(frozen=True, slots=True)
class Bar:
    """One row. `value` is a share of 1, or a difference of shares when the bars are signed."""

    label: str
    value: float
    ghost: float | None = None  # the share to compare with
    nats: float | None = None  # log ratio of the two shares that the change compares
    wrong: str = ""  # what is wrong with the number, for the row's tip


class Bars(QWidget):
    """Paints the rows that fit, in the order given; the rest is summed in one row "n others".

    The scale ends at 1, 2 or 5 times a power of ten and is written under the bars. Only rows whose picture
    changed are repainted; names and tracks come from a cached picture. The arrow keys move a cursor over the rows.
    """

    row_menu_requested = Signal(int, QPoint)  # place among the rows given, and where on the screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._rows: tuple[Bar, ...] = ()
        self._signed = False
        self._keeps_scale = False
        self._drawn: tuple[DrawnBar, ...] = ()
        self._limit = SnappedLimit(smallest=0.1)
        self._pending = False
        self._ghost_name = ""
        self._cursor = 0
        self._message = ""
        self._label_room: tuple[str, ...] = ()
        self._background: QPixmap | None = None
        self._painter = BarPainter(self._theme, BarColumns(0, 0, 0, 0, 0, 0, 0, 0), ROW, 0, signed=False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
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

    def set_rows(self, rows: Sequence[Bar], *, signed: bool = False, keeps_scale: bool = False) -> None:
        """Show these rows, the most important first; signed bars grow both ways from the middle.

        With `keeps_scale` the scale shrinks for no row: they are compared with those shown before.
        """
        if signed != self._signed:
            self._signed = signed
            self._limit.reset()
            self._rows = ()
            self._lay_out()  # signs need room
        self._rows = tuple(rows)
        self._keeps_scale = keeps_scale
        self._message = ""
        self._refresh()

    def set_ghost_name(self, name: str) -> None:
        """What the ghosts show, as a row's tip says it: "without your last change"."""
        self._ghost_name = name

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
            columns = self._columns
            left = columns.value + columns.value_width
            self.update(left, 0, columns.change - left, self.height())

    def sizeHint(self) -> QSize:
        rows = min(_LEAST_ROWS, len(self._label_room) or _LEAST_ROWS)
        return QSize(self._theme.px(120), rows * self._theme.px(ROW) + self._axis_height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self._row_at(event.pos())
            if place is not None:
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
            self._background = self._painter.ground(
                self._drawn, self.size(), self.devicePixelRatioF(), self._scale_words()
            )
        painter.drawPixmap(0, 0, self._background)
        region = event.region()
        for place, row in enumerate(self._drawn):
            if region.intersects(self._row_rect(place)):
                self._painter.paint_row(painter, place, row, pending=self._pending)
        if self.hasFocus():
            self._painter.paint_cursor(painter, self._row_in_hand())

    # The keyboard's row, and the menu of a row

    def keyPressEvent(self, event: QKeyEvent) -> None:
        place, last = self._row_in_hand(), len(self._drawn) - 1
        match event.key():
            case Qt.Key.Key_Up:
                self._move_cursor(max(0, place - 1))
            case Qt.Key.Key_Down:
                self._move_cursor(min(last, place + 1))
            case Qt.Key.Key_Home:
                self._move_cursor(0)
            case Qt.Key.Key_End:
                self._move_cursor(last)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._ask_for_menu(place)
            case _:
                super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        place = self._row_at(event.pos()) if by_mouse else self._row_in_hand()
        if place is None:
            event.ignore()
        elif by_mouse:
            self.row_menu_requested.emit(place, event.globalPos())
        else:
            self._ask_for_menu(place)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._move_cursor(self._row_in_hand())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._describe()
        self.update()

    def _row_in_hand(self) -> int:
        return max(0, min(self._cursor, len(self._drawn) - 1))

    def _row_at(self, place: QPoint) -> int | None:
        """The row under a point; None for that of all others, and beside the rows."""
        row = place.y() // self._row_height
        return row if 0 <= row < len(self._drawn) and not self._drawn[row].folded else None

    def _move_cursor(self, place: int) -> None:
        for touched in (self._row_in_hand(), place):
            self.update(self._row_rect(touched))
        self._cursor = max(0, place)
        self._describe()

    def _ask_for_menu(self, place: int) -> None:
        if place < len(self._drawn) and not self._drawn[place].folded:
            below = self._row_rect(place).bottomLeft() + QPoint(self._columns.track, 0)
            self.row_menu_requested.emit(place, self.mapToGlobal(below))

    # Geometry

    def _axis_height(self) -> int:
        return QFontMetrics(self._theme.font(Type.SMALL)).height() + 2

    @property
    def _columns(self) -> BarColumns:
        return self._painter.columns

    @property
    def _row_height(self) -> int:
        return self._painter.row_height

    def _row_rect(self, place: int) -> QRect:
        return self._painter.row_rect(place)

    def _limit_height(self) -> None:
        whole = len(self._label_room) * self._theme.px(LOOSE_ROW) + self._axis_height()
        self.setMaximumHeight(whole if self._label_room else _UNLIMITED)

    def _lay_out(self) -> None:
        """Place the columns anew and fit the rows to the room; what is left over is shared among them."""
        theme = self._theme
        room = self.height() - self._axis_height()
        rows = max(1, min(room // theme.px(ROW), len(self._label_room) or room))
        height = min(theme.px(LOOSE_ROW), max(theme.px(ROW), room // rows))
        columns = fit_columns(theme, self.width(), self._label_room, signed=self._signed)
        self._painter = BarPainter(theme, columns, height, self.width(), self._signed)
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
        largest = max((size for size in sizes if math.isfinite(size)), default=math.nan)
        self._limit.fit(max(self._limit.value, largest) if self._keeps_scale else largest)
        self._drawn = tuple(
            self._as_drawn(row, folded=not all_fit and place == len(folded) - 1)
            for place, row in enumerate(folded)
        )
        if [row.label for row in old] != [row.label for row in self._drawn] or old_limit != self._limit.value:
            self._background = None
            self._describe()
            self.update()
        else:
            for place, (before, after) in enumerate(zip(old, self._drawn, strict=True)):
                if before != after:
                    self.update(self._row_rect(place))
            if not self.hasFocus():  # who listens to one row must not hear every change
                self._describe()

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

    def _as_drawn(self, row: Bar, *, folded: bool) -> DrawnBar:
        if not math.isfinite(row.value):
            return DrawnBar(row.label, folded, 0.0, 0.0, None, self.tr("none"), "", "")
        change = row.value if self._signed else None if row.ghost is None else row.value - row.ghost
        length = self._pixels(row.value)
        start = self._columns.track_width / 2 if self._signed else 0.0
        has_ghost = row.ghost is not None and change is not None and abs(change) >= GHOST_FROM
        return DrawnBar(
            label=row.label,
            folded=folded,
            start=start + min(length, 0.0),
            length=abs(length),
            ghost=self._pixels(row.ghost) if has_ghost and row.ghost is not None else None,
            value=("!" if row.wrong else "") + plain_number(row.value, 3, "+" if self._signed else ""),
            change="" if change is None else points_text(change),
            nats="" if row.nats is None or abs(row.nats) < 0.005 else _typeset(f"{row.nats:+.2f} nats"),
            is_wrong=bool(row.wrong),
        )

    def _pixels(self, value: float) -> float:
        """Length on the track, in half pixels: what changes less is not worth a repaint."""
        whole = self._columns.track_width / 2 if self._signed else self._columns.track_width
        return round(2 * whole * value / self._limit.value) / 2

    def _describe(self) -> None:
        """Say the row on which the keyboard stands, or the first few."""
        if not self._drawn:
            return
        if self.hasFocus() and not self._drawn[self._row_in_hand()].folded:
            words = self._in_words(self._rows[self._row_in_hand()])
        else:
            words = "; ".join(
                f"{row.label} {'! ' if row.wrong else ''}{row.value:.2f}"
                for row in self._folded()[:WORDED_ROWS]
            )
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)

    def _in_words(self, row: Bar) -> str:
        if self._signed:
            parts = [
                self.tr("{label}: A minus B {value}").format(
                    label=row.label, value=plain_number(row.value, 4, "+")
                )
            ]
            if row.nats is not None:
                parts.append(self.tr("log of A over B {nats:+.3f} nats").format(nats=row.nats))
        else:
            parts = [
                self.tr("{label}: probability {value}").format(
                    label=row.label, value=plain_number(row.value, 4)
                )
            ]
            if row.ghost is not None:
                parts.append(f"{self._ghost_name} {plain_number(row.ghost, 4)}")
                change = 100 * (row.value - row.ghost)
                parts.append(self.tr("change {change:+.2f} percentage points").format(change=change))
            if row.nats is not None:
                parts.append(self.tr("change of log-probability {nats:+.3f} nats").format(nats=row.nats))
        if row.wrong:
            parts.insert(1, row.wrong)
        return _typeset("\n".join(parts))

    def _scale_words(self) -> tuple[str, str, str]:
        """What stands under the tracks: at their left end, in the middle and at the right end."""
        high = f"{self._limit.value:g}"
        if self._signed:
            return _typeset(f"-{high}"), self.tr("A − B"), high
        return "0", self.tr("probability"), high


def points_text(change: float) -> str:
    """A change of a share in percentage points: "+21 pt", "−0.3 pt", "·" for none."""
    points = 100 * change
    if abs(points) < 0.05:
        return "·"
    return _typeset(f"{points:+.0f} pt" if abs(points) >= 0.95 else f"{points:+.1f} pt")


def _typeset(number: str) -> str:
    return number.replace("-", "−")
