"""One number for every token of a text: upright bars from a line at 0, with the tokens below."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.outlines import paint_focus
from weightdeck_desktop.widgets.plain_number import plain_number
from weightdeck_desktop.widgets.plain_tip import plain_tip
from weightdeck_desktop.widgets.snapped_limit import SnappedLimit
from weightdeck_desktop.widgets.walking import walked

Floats = NDArray[np.float32]

_WIDEST = 48  # px at 100 %: from bar to bar


class NeuronBars(QWidget):
    """A click or Enter opens a token's number, the arrow keys walk. The scale moves in steps of 1, 2, 5."""

    chosen = Signal(int)  # token, walked to or clicked
    opened = Signal(int)  # token, clicked or Enter on it

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._theme: Theme = dark_theme()
        self._values: Floats | None = None
        self._tokens: tuple[str, ...] = ()
        self._choice = 0
        self._marked: int | None = None
        self._message = ""
        self._above, self._below = SnappedLimit(1e-3), SnappedLimit(1e-3)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def values(self) -> Floats | None:
        return self._values

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def set_values(
        self, values: Floats | None, tokens: Sequence[str], *, choice: int, marked: int | None = None
    ) -> None:
        """As many values as tokens, the one in hand, and the one that is explained; None or empty: no data."""
        if values is not None and not values.size:
            values = None
        same = (
            (tuple(tokens), choice, marked) == (self._tokens, self._choice, self._marked)
            and values is not None
            and self._values is not None
            and self._above.value > 0.0  # else the scale was forgotten
            and np.array_equal(values, self._values, equal_nan=True)
        )
        if same:
            return
        self._values, self._tokens = values, tuple(tokens)
        self._choice, self._marked = choice, marked
        if values is not None:
            finite = values[np.isfinite(values)]
            high, low = (float(finite.max()), float(finite.min())) if finite.size else (0.0, 0.0)
            self._above.fit(max(high, -0.05 * low))
            self._below.fit(max(-low, 0.0))
        self._describe()
        self.update()

    def set_message(self, message: str) -> None:
        """Why there is no data; shown as long as there is none."""
        if message != self._message:
            self._message = message
            self._describe()
            self.update()

    def forget_scale(self) -> None:
        """Fit the next values freely: they are of something else."""
        self._above.reset()
        self._below.reset()

    def bar_rect(self, token: int) -> QRectF:
        """Where a token's whole column lies, px."""
        pitch = self._pitch()
        return QRectF(self._gutter() + token * pitch, 0.0, pitch, self.height())

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._theme.px(76))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(100), self._theme.px(38))

    # What the user does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        token = self._token_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and token is not None:
            self._choose(token)
            self.opened.emit(token)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._values is None:
            event.ignore()
            return
        key = Qt.Key(event.key())
        token = walked(key, self._choice, len(self._values) - 1)
        if token is not None:
            self._choose(token)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self._choice)
        else:
            event.ignore()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            token = self._token_at(event.pos().x())
            if token is not None:
                rect = self.bar_rect(token).toAlignedRect()
                QToolTip.showText(event.globalPos(), plain_tip(self._in_words(token)), self, rect)
                return True
        return super().event(event)

    def _choose(self, token: int) -> None:
        if token != self._choice:
            self._choice = token
            self._describe()
            self.update()
            self.chosen.emit(token)

    def _token_at(self, x: float) -> int | None:
        if self._values is None:
            return None
        token = math.floor((x - self._gutter()) / self._pitch())
        return token if 0 <= token < len(self._values) else None

    def _in_words(self, token: int) -> str:
        assert self._values is not None
        value = float(self._values[token])
        number = plain_number(value, 4, "+") if math.isfinite(value) else self.tr("not a number")
        return self.tr("token {0} “{1}”: {2}").format(token, self._tokens[token], number)

    def _describe(self) -> None:
        has = self._values is not None and self._choice < len(self._values)
        self.setAccessibleDescription(self._in_words(self._choice) if has else self._message)

    # Geometry, px

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._theme.font(Type.MONO_SMALL))

    def _gutter(self) -> int:
        ends = (f"{self._above.value:g}", f"−{self._below.value:g}")
        return max(map(self._metrics().horizontalAdvance, ends)) + self._theme.px(6)

    def _pitch(self) -> float:
        count = 1 if self._values is None else len(self._values)
        room = max(1.0, self.width() - self._gutter() - 2.0)
        return min(room / count, float(self._theme.px(_WIDEST)))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, values = self._theme, self._values
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.panel)
        if values is None:
            paint_no_data(painter, QRectF(self.rect()), theme, self._message)
        else:
            self._paint_bars(painter, values)
        if self.hasFocus():
            paint_focus(painter, self.rect(), theme)
        painter.end()

    def _paint_bars(self, painter: QPainter, values: Floats) -> None:
        theme, line, pitch = self._theme, self._metrics().height(), self._pitch()
        has_numbers = self._metrics().horizontalAdvance("+0.00") < pitch and self.height() > 4 * line
        top = line + 1 if has_numbers else 3
        tall = max(1.0, self.height() - line - 4 - top)
        unit = tall / (self._above.value + self._below.value)
        zero = top + self._above.value * unit
        self._paint_scale(painter, top, zero, top + tall)
        every = max(1, math.ceil(self._widest_name() / max(1.0, pitch - 2)))
        for token, value in enumerate(values.tolist()):
            column = self.bar_rect(token)
            room = column.adjusted(pitch * 0.15, 0, -pitch * 0.15, 0)
            if not math.isfinite(value):
                hole = QRectF(room.x(), top, room.width(), tall)
                painter.fillRect(hole, QBrush(theme.faded(theme.line, 0.5), Qt.BrushStyle.DiagCrossPattern))
            elif value:
                shown = min(max(value, -self._below.value), self._above.value)
                height = max(1.0, abs(shown) * unit)
                bar = QRectF(room.x(), zero - height if value > 0.0 else zero, room.width(), height)
                painter.fillRect(bar, theme.positive if value > 0.0 else theme.negative)
            if has_numbers and math.isfinite(value):
                painter.setFont(theme.font(Type.MONO_SMALL))
                painter.setPen(theme.pen(theme.secondary))
                above = QRectF(column.x(), 0, pitch, line)
                number = f"{value:+.2f}".replace("-", "−")
                painter.drawText(above, Qt.AlignmentFlag.AlignCenter, number)
            is_free = token % every == 0 and abs(token - self._choice) >= every
            if is_free or token == self._choice:
                self._paint_name(painter, token, column)
            self._paint_marks(painter, token, column)

    def _paint_scale(self, painter: QPainter, top: float, zero: float, bottom: float) -> None:
        theme, line = self._theme, self._metrics().height()
        painter.setFont(theme.font(Type.MONO_SMALL))
        painter.setPen(theme.pen(theme.secondary))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        wide = self._gutter() - theme.px(4)
        for at, words in (
            (zero, "0"),
            (top, f"{self._above.value:g}"),
            (bottom, f"−{self._below.value:g}"),
        ):
            y = max(at - line / 2, 0.0)
            if at == zero or abs(at - zero) >= line - 2:
                painter.drawText(QRectF(0, y, wide, line), right, words)
        painter.setPen(theme.pen(theme.line))
        painter.drawLine(self._gutter(), round(zero), self.width(), round(zero))

    def _font(self, name: str) -> QFont:
        return self._theme.font(Type.SMALL if len(name) > 1 else Type.MONO_SMALL)

    def _widest_name(self) -> int:
        return max(
            (QFontMetrics(self._font(name)).horizontalAdvance(name) for name in self._tokens), default=0
        )

    def _paint_name(self, painter: QPainter, token: int, column: QRectF) -> None:
        theme, name, line = self._theme, self._tokens[token], self._metrics().height()
        font = self._font(name)
        wide = max(column.width(), QFontMetrics(font).horizontalAdvance(name) + 2.0)
        room = QRectF(column.center().x() - wide / 2, self.height() - line - 2, wide, line)
        room.moveRight(min(room.right(), self.width() - 1.0))
        if token == self._choice:
            painter.fillRect(room, theme.panel)
        painter.setFont(font)
        painter.setPen(theme.pen(theme.text if token == self._choice else theme.secondary))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, name)

    def _paint_marks(self, painter: QPainter, token: int, column: QRectF) -> None:
        """A foot in the hand's colour below the token in hand, a frame around the number that is explained."""
        theme = self._theme
        if token == self._choice:
            foot = QRectF(column.x() + 1, self.height() - 3, column.width() - 2, 2)
            painter.fillRect(foot, theme.hand if theme.dark else theme.hand_outline)
        if token == self._marked:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(theme.pen(theme.hand_outline))
            painter.drawRect(column.adjusted(0, 0.5, -1, -4))
