"""Texts one below the other, each with one place marked and a number at its right end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.plain_tip import plain_tip

_ROW = 19  # px at 100 %
_LEAST, _USUAL = 2, 6  # rows


@dataclass(frozen=True, slots=True)
class MarkedText:
    """`position` counts within the tokens."""

    tokens: tuple[str, ...]
    position: int
    number: str
    tip: str = ""


class NeuronTexts(QWidget):
    """As many rows as fit; of a text too long the part around the mark. All of them are its accessible description."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._theme: Theme = dark_theme()
        self._rows: tuple[MarkedText, ...] = ()
        self._message = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def rows(self) -> tuple[MarkedText, ...]:
        return self._rows

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def set_rows(self, rows: Sequence[MarkedText], message: str) -> None:
        """Show these; none: `message`, which says why."""
        if (tuple(rows), message) != (self._rows, self._message):
            self._rows, self._message = tuple(rows), message
            self.setAccessibleDescription("; ".join(row.tip for row in rows) if rows else message)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(150), _USUAL * self._theme.px(_ROW))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(100), _LEAST * self._theme.px(_ROW))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = event.pos().y() // self._theme.px(_ROW)
            if row < min(len(self._rows), self.height() // self._theme.px(_ROW)):
                QToolTip.showText(event.globalPos(), plain_tip(self._rows[row].tip), self)
                return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, height = self._theme, self._theme.px(_ROW)
        painter = QPainter(self)
        if not self._rows:
            paint_no_data(painter, QRectF(self.rect()), theme, self._message)
            painter.end()
            return
        numbers = QFontMetrics(theme.font(Type.MONO_SMALL))
        wide = max(numbers.horizontalAdvance(row.number) for row in self._rows)
        for place, row in enumerate(self._rows[: max(1, self.height() // height)]):
            rect = QRectF(0, place * height, self.width(), height)
            painter.setFont(theme.font(Type.MONO_SMALL))
            painter.setPen(theme.pen(theme.text))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(rect, right, row.number)
            self._paint_text(painter, row, rect.adjusted(0, 0, -wide - theme.px(10), 0))
        painter.end()

    def _font(self, token: str) -> QFont:
        return self._theme.font(Type.SMALL if len(token) > 1 else Type.MONO_BODY)

    def _paint_text(self, painter: QPainter, row: MarkedText, room: QRectF) -> None:
        theme = self._theme
        gap = theme.px(4) if any(len(token) > 1 for token in row.tokens) else 0
        widths = [QFontMetricsF(self._font(token)).horizontalAdvance(token) + gap for token in row.tokens]
        dots = QFontMetricsF(theme.font(Type.MONO_BODY)).horizontalAdvance("…")
        first = row.position  # as much of what came before as leaves a third for what came after
        used, most = widths[first], room.width()
        if sum(widths) > most:
            most = max(widths[first], room.width() * 2 / 3 - dots)
        while first and used + widths[first - 1] <= most:
            first -= 1
            used += widths[first]
        x = room.x()
        if first:
            x = self._paint_piece(painter, "…", QRectF(x, room.y(), dots, room.height()))
        for place in range(first, len(row.tokens)):
            is_last = place == len(row.tokens) - 1
            if place > row.position and x + widths[place] + (0 if is_last else dots) > room.right():
                self._paint_piece(painter, "…", QRectF(x, room.y(), dots, room.height()))
                return
            piece = QRectF(x, room.y(), widths[place], room.height())
            x = self._paint_piece(painter, row.tokens[place], piece, is_marked=place == row.position)

    def _paint_piece(self, painter: QPainter, words: str, rect: QRectF, *, is_marked: bool = False) -> float:
        """Where the next piece begins."""
        theme = self._theme
        if is_marked:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(theme.pen(theme.line))
            painter.setBrush(theme.raised)
            painter.drawRoundedRect(rect.adjusted(-0.5, 1.5, 0.5, -1.5), 2, 2)
        painter.setFont(self._font(words))
        painter.setPen(theme.pen(theme.text if is_marked else theme.secondary))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, words)
        return rect.right() + (1.0 if is_marked else 0.0)
