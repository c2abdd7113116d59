"""Signed bars, one for each part of a sum, in as many columns as they need."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.upright_scroll import UprightScroll
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.outlines import paint_focus
from weightdeck_desktop.widgets.plain_tip import plain_tip
from weightdeck_desktop.widgets.walking import walked

_COLUMN = 230  # px at 100 %: least width of a column where there are several
_MOST_COLUMNS = 4
_LEAST_BAR = 40  # px at 100 %: what a long label leaves to the bar
_ROW = (19, 26)  # px at 100 %: least and most height of a row


@dataclass(frozen=True, slots=True)
class PartBar:
    """One row. A `value` that is not finite has no bar but a cross-hatch; `is_struck` is a part that writes nothing."""

    key: str
    label: str
    value: float
    figure: str
    tip: str
    is_struck: bool = False


class ContributionBars(UprightScroll):
    """Takes as few columns as show all rows without scrolling; `rows` is what is inside."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """`name`: object name of the rows."""
        super().__init__(f"{name}_scroll", parent)
        self.rows = BarRows(name)
        self.rows.walked.connect(self._reveal)
        self.setWidget(self.rows)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.rows.set_theme(theme)
        self.rows.fit(self.viewport().size())

    def show_bars(self, bars: Sequence[PartBar], limit: float) -> None:
        """Show these in their order; the longest bars stand for `limit` (> 0). None shows the message."""
        self.rows.show_bars(bars, limit)
        self.rows.fit(self.viewport().size())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.rows.fit(self.viewport().size())

    def _reveal(self) -> None:
        rect = self.rows.row_rect(self.rows.cursor_place)
        self.ensureVisible(rect.center().x(), rect.center().y(), 0, rect.height())


class BarRows(QWidget):
    """The rows. Up, Down, Home and End walk, Left and Right go to the next column; a click or Enter chooses."""

    chosen = Signal(int)  # place among the bars given
    menu_requested = Signal(int, QPoint)  # place, and where on the screen
    walked = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self._theme: Theme = dark_theme()
        self._bars: tuple[PartBar, ...] = ()
        self._limit = 1.0
        self._columns = 1
        self._widths = (0, 0)  # px: of labels and figures
        self._message = ""
        self._cursor = 0
        self._hovered: int | None = None
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space still means play and pause
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def bars(self) -> tuple[PartBar, ...]:
        return self._bars

    @property
    def cursor_place(self) -> int:
        """Where the keyboard stands."""
        return self._cursor

    @property
    def columns(self) -> int:
        return self._columns

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._measure()
        self.update()

    def show_bars(self, bars: Sequence[PartBar], limit: float) -> None:
        """As `ContributionBars.show_bars`; the cursor stays on its part."""
        before, old_limit = self._bars, self._limit
        key = before[self._cursor].key if before else ""
        self._bars, self._limit = tuple(bars), limit
        keys = [bar.key for bar in self._bars]
        self._cursor = keys.index(key) if key in keys else 0
        self._hovered = None if self._hovered is None or self._hovered >= len(keys) else self._hovered
        widths = self._widths
        self._measure()
        if len(before) != len(self._bars) or old_limit != limit or widths != self._widths:
            self.update()
        else:
            for place, (old, new) in enumerate(zip(before, self._bars, strict=True)):
                if old != new:
                    self.update(self.row_rect(place))
        self._describe()

    def set_message(self, message: str) -> None:
        """Why there are no bars; shown as long as there are none."""
        if message != self._message:
            self._message = message
            self.update()

    def fit(self, room: QSize) -> None:
        """Find the columns for what is seen at once."""
        least = self._theme.px(_ROW[0])
        fitting = max(1, room.height() // least)
        wanted = math.ceil(len(self._bars) / fitting)
        most = max(1, min(_MOST_COLUMNS, room.width() // self._theme.px(_COLUMN)))
        columns = max(1, min(wanted, most))
        if columns != self._columns:
            self._columns = columns
            self.update()
        self.setMinimumHeight(self._row_count() * least)

    def row_rect(self, place: int) -> QRect:
        """Where a row lies, px."""
        rows = self._row_count()
        height = min(max(self._theme.px(_ROW[0]), self.height() // rows), self._theme.px(_ROW[1]))
        gap = self._theme.px(20) if self._columns > 1 else 0
        width = (self.width() + gap) / self._columns
        column, row = divmod(place, rows)
        return QRect(round(column * width), row * height, round(width) - gap, height)

    def label_width(self, row: QRect) -> int:
        """What a row's label has, px: all that it needs, if that leaves room for a bar."""
        label, figure = self._widths
        room = row.width() - figure - 3 * self._theme.px(8) - self._theme.px(_LEAST_BAR)
        return min(label, max(0, room))

    # What the user does

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._place_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self._walk(place)
            self.chosen.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        place = walked(key, self._cursor, len(self._bars) - 1, across=self._row_count(), down=1)
        if not self._bars:
            event.ignore()
        elif place is not None:
            self._walk(place)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.chosen.emit(self._cursor)
        else:
            event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        place = self._place_at(event.pos()) if by_mouse else self._cursor
        if place is None or not self._bars:
            event.ignore()
            return
        below = self.mapToGlobal(self.row_rect(place).bottomLeft())
        self.menu_requested.emit(place, event.globalPos() if by_mouse else below)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self._place_at(event.pos())
            tip = "" if place is None else plain_tip(self._bars[place].tip)
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.walked.emit()

    def _walk(self, place: int) -> None:
        self.update(self.row_rect(self._cursor))
        self._cursor = place
        self.update(self.row_rect(place))
        self._describe()
        self.walked.emit()

    def _describe(self) -> None:
        """What stands under the cursor, for screen readers."""
        if self._bars:
            bar = self._bars[self._cursor]
            self.setAccessibleDescription(f"{bar.label}, {bar.figure}")

    def _hover(self, place: int | None) -> None:
        if place != self._hovered:
            for touched in (self._hovered, place):
                if touched is not None:
                    self.update(self.row_rect(touched))
            self._hovered = place
            over = Qt.CursorShape.ArrowCursor if place is None else Qt.CursorShape.PointingHandCursor
            self.setCursor(over)

    def _place_at(self, point: QPoint) -> int | None:
        return next((place for place in range(len(self._bars)) if self.row_rect(place).contains(point)), None)

    # Geometry and painting

    def _row_count(self) -> int:
        """Rows of a column."""
        return max(1, math.ceil(len(self._bars) / self._columns))

    def _measure(self) -> None:
        labels = QFontMetrics(self._theme.font(Type.SMALL))
        figures = QFontMetrics(self._theme.font(Type.MONO_SMALL))
        self._widths = (
            max((labels.horizontalAdvance(bar.label) for bar in self._bars), default=0) + 2,
            max((figures.horizontalAdvance(bar.figure) for bar in self._bars), default=0) + 2,
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.panel)
        if not self._bars:
            paint_no_data(painter, QRectF(self.rect()), theme, self._message)
            return
        for place, bar in enumerate(self._bars):
            rect = self.row_rect(place)
            if event.region().intersects(rect):
                self._paint_row(painter, rect, bar, is_hovered=place == self._hovered)
        if self.hasFocus():
            paint_focus(painter, self.row_rect(self._cursor), theme)

    def _paint_row(self, painter: QPainter, rect: QRect, bar: PartBar, *, is_hovered: bool) -> None:
        theme, gap = self._theme, self._theme.px(8)
        if is_hovered:
            painter.fillRect(rect, theme.raised)
        figure_width = self._widths[1]
        label = rect.adjusted(theme.px(2), 0, 0, 0)
        label.setWidth(self.label_width(rect))
        figure = rect.adjusted(rect.width() - figure_width - theme.px(3), 0, -theme.px(3), 0)
        font = theme.font(Type.SMALL)
        if bar.is_struck:
            font = QFont(font)
            font.setStrikeOut(True)
        painter.setFont(font)
        painter.setPen(theme.pen(theme.secondary if bar.is_struck else theme.text))
        words = painter.fontMetrics().elidedText(bar.label, Qt.TextElideMode.ElideRight, label.width())
        painter.drawText(label, Qt.AlignmentFlag.AlignVCenter, words)
        painter.setFont(theme.font(Type.MONO_SMALL))
        painter.setPen(theme.pen(theme.text))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(figure, flags, bar.figure)
        self._paint_bar(
            painter,
            QRectF(label.right() + gap, rect.y(), figure.left() - label.right() - 2 * gap, rect.height()),
            bar,
        )

    def _paint_bar(self, painter: QPainter, room: QRectF, bar: PartBar) -> None:
        """To the left of the middle below 0, to the right above."""
        theme = self._theme
        thick = theme.px(10)
        track = QRectF(room.left(), room.center().y() - thick / 2, room.width(), thick)
        if not math.isfinite(bar.value):
            paint_no_data(painter, track, theme)
            return
        if bar.is_struck:
            painter.fillRect(track, QBrush(theme.faded(theme.line, 0.6), Qt.BrushStyle.BDiagPattern))
        centre = round(room.center().x())
        reach = max(-1.0, min(1.0, bar.value / self._limit)) * (room.width() / 2 - 1)
        drawn = QRectF(centre, track.top(), reach, thick).normalized()
        painter.fillRect(drawn, theme.positive if bar.value > 0.0 else theme.negative)
        painter.setPen(theme.pen(theme.line))
        painter.drawLine(QPointF(centre, room.top() + 2), QPointF(centre, room.bottom() - 2))
