"""The legend of heat maps: their colours and what stands at the ends."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme


class ColourScale(QWidget):
    """A strip of colour from the lowest to the highest value, with a short word at both ends; of fixed size."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._ends = ("", "")
        self._signed = True
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def set_ends(self, low: str, high: str, *, signed: bool) -> None:
        """What the outermost colours stand for; empty words show nothing."""
        if ((low, high), signed) != (self._ends, self._signed):
            self._ends, self._signed = (low, high), signed
            self.setAccessibleDescription(" … ".join(self._ends) if high else "")
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(64) + sum(map(self._end_width, self._ends)), self._metrics().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        low, high = self._ends
        if not high:
            return
        theme = self._theme
        table = theme.diverging_table() if self._signed else theme.ramp_table()
        painter = QPainter(self)
        painter.setFont(theme.font(Type.MONO_SMALL))
        painter.setPen(theme.pen(theme.secondary))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, low)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, high)
        pixels = np.ascontiguousarray(table)
        image = QImage(pixels.data, 256, 1, QImage.Format.Format_RGBA8888)
        height = theme.px(8)
        strip = QRectF(self._end_width(low), (self.height() - height) // 2, theme.px(64), height)
        painter.drawImage(strip, image)
        painter.setPen(theme.pen(theme.line, alpha=0.6))
        painter.drawRect(strip.adjusted(0, 0, -1, -1))

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._theme.font(Type.MONO_SMALL))

    def _end_width(self, words: str) -> int:
        return self._metrics().horizontalAdvance(words) + self._theme.px(5)
