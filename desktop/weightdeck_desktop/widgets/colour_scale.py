"""The legend of a heat map: its colours and the values at their ends."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme


class ColourScale(QWidget):
    """A strip of colour from the lowest to the highest value, labelled at both ends; of fixed size."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._limit = 0.0
        self._signed = True
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def set_range(self, limit: float, *, signed: bool) -> None:
        """From -`limit`, or from 0 when unsigned, to `limit`; a limit of 0 shows nothing."""
        if (limit, signed) != (self._limit, self._signed):
            self._limit, self._signed = limit, signed
            self.setAccessibleDescription(" … ".join(self._ends()))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(64) + 2 * self._end_width(), self._metrics().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._limit:
            return
        theme = self._theme
        table = theme.diverging_table() if self._signed else theme.ramp_table()
        painter = QPainter(self)
        painter.setFont(theme.font(Type.MONO_SMALL))
        painter.setPen(theme.pen(theme.secondary))
        low, high = self._ends()
        ends = self._end_width() - theme.px(5)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(0, 0, ends, self.height()), Qt.AlignmentFlag.AlignRight | middle, low)
        painter.drawText(QRect(self.width() - ends, 0, ends, self.height()), middle, high)
        pixels = np.ascontiguousarray(table)
        image = QImage(pixels.data, 256, 1, QImage.Format.Format_RGBA8888)
        height = theme.px(8)
        strip = QRectF(self._end_width(), (self.height() - height) // 2, theme.px(64), height)
        painter.drawImage(strip, image)
        painter.setPen(theme.pen(theme.line, alpha=0.6))
        painter.drawRect(strip.adjusted(0, 0, -1, -1))

    def _ends(self) -> tuple[str, str]:
        return (f"−{self._limit:g}" if self._signed else "0"), f"{self._limit:g}"

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._theme.font(Type.MONO_SMALL))

    def _end_width(self) -> int:
        return self._metrics().horizontalAdvance("−0.05") + self._theme.px(5)
