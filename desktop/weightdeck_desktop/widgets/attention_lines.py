"""Weights from every token to every token as lines between two rows of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.outlines import paint_focus

Floats = NDArray[np.float32]

FAINTEST = 0.02  # share of the limit below which a line would not be seen
MOST_TOKENS = 40  # with more only the lines of one token are drawn: all would be a carpet
_WIDEST = 5.0  # px at 100 %


class End(NamedTuple):
    """A token as one that looks, or as one that is looked at."""

    is_key: bool
    token: int


class AttentionLines(QWidget):
    """Tokens that look on one side, the same tokens looked at on the other; a line is as wide as its weight is large.

    In a wide widget the sides are rows, in a narrow one columns. Signed weights have two colours. The pointer, or the
    arrow keys, show one token's lines alone. Lines are painted anew only when they changed.
    """

    pointed = Signal(object)  # End whose lines alone are shown, None for all of them

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._weights: Floats | None = None  # (T, T) query by key
        self._tokens: tuple[str, ...] = ()
        self._limit = 1.0
        self._signed = False
        self._message = ""
        self._pointed: End | None = None
        self._cursor: End | None = None  # of the keyboard; None until a key was pressed
        self._picture: QPixmap | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._repaint()

    def set_weights(
        self, weights: Floats | None, tokens: Sequence[str], limit: float, *, signed: bool
    ) -> None:
        """Show (queries, keys) of these tokens, strongest at `limit`; what is not finite has no line. None: no data."""
        form = (tuple(tokens), limit, signed)
        same = form == (self._tokens, self._limit, self._signed) and (
            weights is self._weights
            or (weights is not None and self._weights is not None and np.array_equal(weights, self._weights))
        )
        if same:
            return
        self._weights, (self._tokens, self._limit, self._signed) = weights, form
        self._pointed, self._cursor = (
            end if weights is not None and end is not None and end.token < len(self._tokens) else None
            for end in (self._pointed, self._cursor)
        )
        self._repaint()

    def set_message(self, message: str) -> None:
        """Why there is no data; shown as long as there is none."""
        if message != self._message:
            self._message = message
            self.update()

    @property
    def shown_end(self) -> End | None:
        """Whose lines alone are shown; None for all tokens' lines."""
        if self._pointed is not None or self._cursor is not None:
            return self._pointed or self._cursor
        return End(is_key=False, token=len(self._tokens) - 1) if len(self._tokens) > MOST_TOKENS else None

    def lines(self) -> list[tuple[int, int, float]]:
        """Query, key and weight of every line that is drawn, faintest first."""
        if self._weights is None:
            return []
        known = np.where(np.isfinite(self._weights), self._weights, 0.0)
        strong = np.abs(known) >= FAINTEST * self._limit
        end = self.shown_end
        if end is not None:
            only = np.zeros_like(strong)
            only[(slice(None), end.token) if end.is_key else (end.token, slice(None))] = True
            strong &= only
        queries, keys = np.nonzero(strong)
        values = known[queries, keys]
        order = np.argsort(np.abs(values), kind="stable")
        return list(zip(queries[order].tolist(), keys[order].tolist(), values[order].tolist(), strict=True))

    def end_point(self, end: End) -> QPointF:
        """Where a token's lines begin, px."""
        count = max(1, len(self._tokens))
        room = self._room()
        share = (end.token + 0.5) / count
        if self._is_wide:
            return QPointF(room.left() + share * room.width(), room.top() if end.is_key else room.bottom())
        return QPointF(room.left() if not end.is_key else room.right(), room.top() + share * room.height())

    @property
    def named(self) -> tuple[bool, ...]:
        """Which tokens have room for their names."""
        metrics = QFontMetricsF(self._theme.font(Type.MONO_SMALL))
        named, end = [], 0.0  # where the name before ends
        for token, name in enumerate(self._tokens):
            at = self.end_point(End(False, token))
            half = metrics.horizontalAdvance(name) / 2 if self._is_wide else 0.42 * metrics.height()
            along = at.x() if self._is_wide else at.y()
            named.append(along - half >= end)
            if named[-1]:
                end = along + half + (1.0 if self._is_wide else 0.0)
        return tuple(named)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._theme.px(110))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(100), self._theme.px(72))

    # What the user does

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self._end_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, count = Qt.Key(event.key()), len(self._tokens)
        on = (Qt.Key.Key_Right, Qt.Key.Key_Left) if self._is_wide else (Qt.Key.Key_Down, Qt.Key.Key_Up)
        across = (Qt.Key.Key_Up, Qt.Key.Key_Down) if self._is_wide else (Qt.Key.Key_Right, Qt.Key.Key_Left)
        if self._weights is None:
            event.ignore()
        elif key == Qt.Key.Key_Escape and self._cursor is not None:
            self._move_cursor(None)
        elif key in (*on, *across, Qt.Key.Key_Home, Qt.Key.Key_End):
            here = self._cursor
            if here is None:
                here = End(is_key=False, token=count - 1)
            elif key in on:
                here = End(here.is_key, min(max(here.token + (1 if key == on[0] else -1), 0), count - 1))
            elif key in across:
                here = End(key == across[0], here.token)
            else:
                here = End(here.is_key, 0 if key == Qt.Key.Key_Home else count - 1)
            self._move_cursor(here)
        else:
            event.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._move_cursor(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._repaint()

    def _move_cursor(self, end: End | None) -> None:
        if end != self._cursor:
            self._cursor = end
            self._pointed = None
            self._repaint()
            self.pointed.emit(self.shown_end)

    def _point(self, end: End | None) -> None:
        if end != self._pointed:
            self._pointed = end
            self._repaint()
            self.pointed.emit(self.shown_end)

    def _end_at(self, at: QPointF) -> End | None:
        """The token whose name is under the pointer, or near whose end it is."""
        if self._weights is None:
            return None
        room, near = self._room(), self._theme.px(14)
        if self._is_wide:
            along, length, depth = at.x() - room.left(), room.width(), at.y()
            to_key, to_query = depth <= room.top() + near, depth >= room.bottom() - near
        else:
            along, length, depth = at.y() - room.top(), room.height(), at.x()
            to_key, to_query = depth >= room.right() - near, depth <= room.left() + near
        token = int(along / max(1.0, length) * len(self._tokens))
        if not (to_key or to_query) or not 0 <= token < len(self._tokens):
            return None
        return End(to_key, token)

    # Geometry and painting

    @property
    def _is_wide(self) -> bool:
        return self.width() > 1.3 * self.height()

    def _room(self) -> QRectF:
        """Between the two sides' names; the sides' titles take a line before them."""
        metrics = QFontMetricsF(self._theme.font(Type.MONO_SMALL))
        line, gap = metrics.height(), self._theme.px(4)
        whole = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        if self._is_wide:
            title = QFontMetricsF(self._theme.font(Type.SMALL)).horizontalAdvance(self._titles()[1]) + 2 * gap
            first = metrics.horizontalAdvance(self._tokens[0]) if self._tokens else 0.0
            apart = (whole.width() - title) / max(1, len(self._tokens))
            title += max(0.0, first - apart) / 2  # a long name reaches beyond its place
            return whole.adjusted(title, line + gap, -gap, -line - gap)
        widest = max((metrics.horizontalAdvance(token) for token in self._tokens), default=0.0)
        return whole.adjusted(widest + 2 * gap, line + gap, -widest - 2 * gap, 0)

    def _titles(self) -> tuple[str, str]:
        """Of the tokens that look and of those that are looked at."""
        return self.tr("looks"), self.tr("looked at")

    def _repaint(self) -> None:
        self._picture = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = self._theme
        if self._weights is None or not self._tokens:
            paint_no_data(painter, QRectF(self.rect()), theme, self._message)
        else:
            if self._picture is None:
                self._picture = self._drawn()
            painter.drawPixmap(0, 0, self._picture)
        if self.hasFocus():
            paint_focus(painter, self.rect(), theme)
        painter.end()

    def _drawn(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self._theme.panel)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for query, key, weight in self.lines():
            self._draw_line(painter, query, key, weight)
        self._draw_names(painter)
        painter.end()
        return picture

    def _draw_line(self, painter: QPainter, query: int, key: int, weight: float) -> None:
        theme = self._theme
        share = min(1.0, abs(weight) / self._limit)
        colour = theme.positive if weight > 0.0 else theme.negative
        if not self._signed:
            red, green, blue, _ = (int(part) for part in theme.ramp_table()[160])
            colour = QColor(red, green, blue)
        pen = theme.pen(colour, max(1.0, round(4.0 * share * theme.px(_WIDEST)) / 4.0))
        painter.setPen(pen)
        painter.setOpacity(0.15 + 0.85 * share)
        start, end = self.end_point(End(False, query)), self.end_point(End(True, key))
        path = QPainterPath(start)
        if self._is_wide:
            middle = (start.y() + end.y()) / 2
            path.cubicTo(QPointF(start.x(), middle), QPointF(end.x(), middle), end)
        else:
            middle = (start.x() + end.x()) / 2
            path.cubicTo(QPointF(middle, start.y()), QPointF(middle, end.y()), end)
        painter.drawPath(path)
        painter.setOpacity(1.0)

    def _draw_names(self, painter: QPainter) -> None:
        theme, shown = self._theme, self.shown_end
        metrics = QFontMetricsF(theme.font(Type.MONO_SMALL))
        line, gap, room = metrics.height(), theme.px(4), self._room()
        painter.setFont(theme.font(Type.MONO_SMALL))
        for is_key in (False, True):
            for token, (name, is_named) in enumerate(zip(self._tokens, self.named, strict=True)):
                is_shown = shown == End(is_key, token)
                if not is_named and not is_shown:
                    continue
                at = self.end_point(End(is_key, token))
                width = metrics.horizontalAdvance(name)
                if self._is_wide:
                    top = at.y() - line - 2 if is_key else at.y() + 2
                    place = QRectF(at.x() - width / 2, top, width + 1, line)
                else:
                    left = at.x() + gap if is_key else at.x() - gap - width
                    place = QRectF(left, at.y() - line / 2, width + 1, line)
                if is_shown:
                    painter.fillRect(place.adjusted(-3, 0, 3, 0), theme.raised)
                painter.setPen(theme.pen(theme.text if is_shown or shown is None else theme.secondary))
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, name)
        self._draw_titles(painter, room)

    def _draw_titles(self, painter: QPainter, room: QRectF) -> None:
        theme = self._theme
        looks, looked_at = self._titles()
        painter.setFont(theme.font(Type.SMALL))
        painter.setPen(theme.pen(theme.secondary))
        line = QFontMetricsF(theme.font(Type.SMALL)).height()
        if self._is_wide:
            painter.drawText(QRectF(2, room.top() - line - 2, room.left(), line), 0, looked_at)
            painter.drawText(QRectF(2, room.bottom() + 2, room.left(), line), 0, looks)
        else:
            painter.drawText(QRectF(2, 0, self.width() / 2, line), 0, looks)
            right = QRectF(self.width() / 2, 0, self.width() / 2 - 2, line)
            painter.drawText(right, Qt.AlignmentFlag.AlignRight, looked_at)
