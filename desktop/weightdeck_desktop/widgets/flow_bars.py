"""Lines of named bars as items of a flow."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem, QGraphicsSimpleTextItem

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.flow_parts import FlowBar

_GAP = 5.0


class BarLines:
    """As many lines as fit into a rectangle: a name, a bar, its words at the right."""

    def __init__(self, rect: QRectF, theme: Theme) -> None:
        self._theme = theme
        self._rect = rect
        self._font: QFont = theme.font(Type.MONO_SMALL)
        line = QFontMetricsF(self._font).height()
        self._lines: list[tuple[QGraphicsSimpleTextItem, QGraphicsRectItem, QGraphicsSimpleTextItem]] = []
        count = max(1, int(rect.height() / line))
        self._pitch = rect.height() / count
        for place in range(count):
            name, bar, words = QGraphicsSimpleTextItem(), QGraphicsRectItem(), QGraphicsSimpleTextItem()
            bar.setPen(QPen(Qt.PenStyle.NoPen))
            top = rect.top() + place * self._pitch + (self._pitch - line) / 2
            for text, ink in ((name, theme.text), (words, theme.secondary)):
                text.setFont(self._font)
                text.setBrush(ink)
                text.setPos(QPointF(rect.left() + 2.0, top))
            self._lines.append((name, bar, words))

    @property
    def items(self) -> list[QGraphicsItem]:
        return [item for line in self._lines for item in line]

    @property
    def shown(self) -> list[tuple[str, str]]:
        """Names and words of the lines that show something."""
        return [(name.text(), words.text()) for name, _, words in self._lines if name.text()]

    def show_bars(self, bars: Sequence[FlowBar]) -> None:
        """The first of them that have room."""
        metrics, theme, rect = QFontMetricsF(self._font), self._theme, self._rect
        seen = bars[: len(self._lines)]
        names = max((metrics.horizontalAdvance(bar.name) for bar in seen), default=0.0)
        wide = max((metrics.horizontalAdvance(bar.words) for bar in seen), default=0.0)
        left = rect.left() + 2.0 + min(names, rect.width() * 0.4) + _GAP
        room = max(0.0, rect.right() - wide - _GAP - left)
        for place, (name, bar, words) in enumerate(self._lines):
            if place >= len(seen):
                name.setText("")
                words.setText("")
                bar.setRect(QRectF())
                continue
            shown = seen[place]
            name.setText(
                metrics.elidedText(shown.name, Qt.TextElideMode.ElideRight, rect.width() * 0.4 + 1.0)
            )
            words.setText(shown.words)
            words.setBrush(theme.error if shown.is_wrong else theme.secondary)
            words.setX(rect.right() - metrics.horizontalAdvance(shown.words))
            height = self._pitch * 0.55
            top = rect.top() + place * self._pitch + (self._pitch - height) / 2
            bar.setRect(QRectF(left, top, room * min(1.0, abs(shown.share)), height))
            colour = theme.ramp[2]
            if shown.signed:
                colour = theme.negative if shown.share < 0.0 else theme.positive
            bar.setBrush(colour)
