"""What the model saw of a text: one chip a token, what was cut off struck through before them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme


class TokenStrip(QWidget):
    """One line of fixed height. Chips grow narrower before any is left out; the newest tokens always show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._cut = ""
        self._tokens: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def set_tokens(self, cut: str, tokens: Sequence[str]) -> None:
        """`cut`: the characters before the first token that the model did not see."""
        if (cut, tuple(tokens)) == (self._cut, self._tokens):
            return
        self._cut, self._tokens = cut, tuple(tokens)
        self.setAccessibleDescription(self._in_words())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(0, self._theme.px(22))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self._tokens:
            QToolTip.showText(event.globalPos(), self._in_words(), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._tokens and not self._cut:
            return
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        widths = [QFontMetrics(self._font(token)).horizontalAdvance(token) for token in self._tokens]
        gap, padding = self._spacing(sum(widths))
        x = self._paint_cut(painter, sum(widths) + len(widths) * (gap + 2 * padding))
        first = 0
        while (
            first < len(widths) - 1
            and x + sum(widths[first:]) + (len(widths) - first) * (gap + 2 * padding) > self.width()
        ):
            first += 1  # even the narrowest chips are too wide: the oldest go
        for token, width in zip(self._tokens[first:], widths[first:], strict=True):
            chip = QRectF(x, 1, width + 2 * padding, self.height() - 2)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.brush(theme.raised))
            painter.drawRoundedRect(chip, 3, 3)
            painter.setFont(self._font(token))
            painter.setPen(theme.pen(theme.secondary if len(token) > 1 else theme.text))
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, token)
            x += chip.width() + gap

    def _font(self, token: str) -> QFont:
        return self._theme.font(Type.SMALL if len(token) > 1 else Type.MONO_BODY)

    def _spacing(self, letters_width: int) -> tuple[float, float]:
        """Gap between and padding within chips, so that they and a little of the cut text fit."""
        theme = self._theme
        room = self.width() - letters_width - (theme.px(32) if self._cut else 0)
        each = room / max(1, len(self._tokens))
        gap = min(theme.px(3), max(1.0, each / 3))
        return gap, min(theme.px(5), max(0.0, (each - gap) / 2))

    def _paint_cut(self, painter: QPainter, tokens_width: float) -> float:
        """Paint the end of the cut text, struck; where the tokens begin, px."""
        if not self._cut:
            return 0.0
        theme = self._theme
        font = QFont(theme.font(Type.MONO_BODY))
        font.setStrikeOut(True)
        metrics = QFontMetrics(font)
        gap = theme.px(4)
        room = max(self.width() - tokens_width - gap, metrics.horizontalAdvance("…"))
        text = metrics.elidedText(self._cut[-200:], Qt.TextElideMode.ElideLeft, int(room))
        painter.setFont(font)
        painter.setPen(theme.pen(theme.secondary))
        painter.drawText(QRectF(0, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        return metrics.horizontalAdvance(text) + gap

    def _in_words(self) -> str:
        seen = self.tr("The model saw: {tokens}").format(tokens=" ".join(self._tokens))
        if not self._cut:
            return seen
        shown = self._cut if len(self._cut) <= 60 else f"{self._cut[:60]}…"
        return f"{seen}\n" + self.tr("Cut off before it: {cut}").format(cut=shown)
