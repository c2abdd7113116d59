"""A small curve with the point where something stands on it, and a hollow one where it would stand."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme

Point = tuple[float, float]


class CurvePoint(QWidget):
    """Axes through zero, labelled with their names and ends. The curve is a cached picture; points lie over it."""

    def __init__(self, x_name: str, y_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._names = (x_name, y_name)
        self._x: NDArray[np.float64] = np.zeros(0)
        self._y: NDArray[np.float64] = np.zeros(0)
        self._now: Point | None = None
        self._would: Point | None = None
        self._ground: QPixmap | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._ground = None
        self.updateGeometry()
        self.update()

    def set_names(self, x_name: str, y_name: str) -> None:
        if (x_name, y_name) != self._names:
            self._names, self._ground = (x_name, y_name), None
            self.update()

    def show_curve(
        self, x: NDArray[np.float64], y: NDArray[np.float64], now: Point, would: Point | None
    ) -> None:
        """`x` ascending, symmetric about 0, both finite; `would` is None where nothing is changed."""
        if x is not self._x or y is not self._y:
            self._x, self._y, self._ground = x, y, None
        elif (now, would) == (self._now, self._would):
            return
        self._now, self._would = now, would
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(151), self._theme.px(88))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(151), 1)  # who has no room for it hides it

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._ground = None

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._x.size:
            return
        if self._ground is None:
            self._ground = self._paint_ground()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._ground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._theme
        r = theme.px(4)
        if self._now is not None and self._is_drawable(self._now):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.text)
            painter.drawEllipse(self._at(self._now), r, r)
        if self._would is not None and self._is_drawable(self._would):
            at = self._at(self._would)
            painter.setPen(theme.pen(theme.hand_outline, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolygon(
                QPolygonF([at + QPointF(x, y) for x, y in ((0, -r - 2), (r + 2, 0), (0, r + 2), (-r - 2, 0))])
            )
        painter.end()

    def _paint_ground(self) -> QPixmap:
        theme = self._theme
        ratio = self.devicePixelRatioF()
        ground = QPixmap(self.size() * ratio)
        ground.setDevicePixelRatio(ratio)
        ground.fill(theme.panel)
        painter = QPainter(ground)
        plot = self._plot()
        font = theme.font(Type.SMALL)
        metrics = QFontMetrics(font)
        painter.setFont(font)
        zero = self._at((0.0, 0.0))
        painter.setPen(theme.pen(theme.line))
        painter.drawLine(QPointF(plot.left(), zero.y()), QPointF(plot.right(), zero.y()))
        painter.drawLine(QPointF(zero.x(), plot.top()), QPointF(zero.x(), plot.bottom()))
        painter.setPen(theme.pen(theme.secondary))
        under = QRectF(0, plot.bottom() + 1, self.width(), metrics.height())
        reach = f"{self._x[-1]:g}"
        painter.drawText(under, Qt.AlignmentFlag.AlignLeft, f"−{reach}")
        painter.drawText(under, Qt.AlignmentFlag.AlignRight, reach)
        painter.drawText(under, Qt.AlignmentFlag.AlignHCenter, self._names[0])
        top = QRectF(0, 0, self.width(), metrics.height())
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft, self._names[1])
        painter.drawText(top, Qt.AlignmentFlag.AlignRight, f"{self._y.max():.3g}")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.pen(theme.text, 1.5))
        points = zip(self._x.tolist(), self._y.tolist(), strict=True)
        painter.drawPolyline(QPolygonF([self._at(point) for point in points]))
        painter.end()
        return ground

    def _plot(self) -> QRectF:
        line = QFontMetrics(self._theme.font(Type.SMALL)).height()
        margin = self._theme.px(6)
        return QRectF(margin, line + margin, self.width() - 2 * margin, self.height() - 2 * line - 2 * margin)

    def _at(self, point: Point) -> QPointF:
        plot = self._plot()
        reach, low, high = float(self._x[-1]), float(self._y.min()), float(self._y.max())
        x = plot.left() + (point[0] + reach) / (2 * reach) * plot.width()
        y = plot.bottom() - (point[1] - low) / ((high - low) or 1.0) * plot.height()
        return QPointF(x, y)

    def _is_drawable(self, point: Point) -> bool:
        return math.isfinite(point[1]) and abs(point[0]) <= float(self._x[-1])
