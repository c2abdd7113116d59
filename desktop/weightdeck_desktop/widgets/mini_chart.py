"""A small line chart without interaction but for a tooltip: cheap enough to have many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.no_data import paint_no_data


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One curve, a dot where it is a single point; `x` ascending, both finite and of one length."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    colour: QColor
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Axes:
    """Ranges and what is written at them: (place, label)."""

    x: tuple[float, float]
    y: tuple[float, float]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]


class MiniChart(QWidget):
    """Title with its unit, lines, and labels at the ends of both axes."""

    def __init__(self, title: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._title = title
        self._tip = tip
        self._lines: tuple[Line, ...] = ()
        self._axes = Axes((0.0, 1.0), (0.0, 1.0), (), ())
        self.setAccessibleName(title)
        self.setAccessibleDescription(tip)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def set_lines(self, lines: Sequence[Line], axes: Axes) -> None:
        """Show these; what lies beyond the axes is not drawn. No lines: no data."""
        self._lines, self._axes = tuple(lines), axes
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(80), self._theme.px(66))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._words_at(event.pos().x()), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.panel)
        painter.setFont(theme.font(Type.SMALL))
        painter.setPen(theme.pen(theme.secondary))
        metrics = QFontMetrics(theme.font(Type.SMALL))
        title = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, title)
        plot = self._plot()
        if not self._lines:
            paint_no_data(painter, plot, theme)
            return
        self._paint_axes(painter, plot)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = plot.adjusted(0, -1, 1, 1)
        self._paint_dots(painter, plot, inside)
        painter.setClipRect(inside)
        for line in self._lines:
            style = Qt.PenStyle.DashLine if line.dashed else Qt.PenStyle.SolidLine
            painter.setPen(theme.pen(line.colour, 1, style))
            painter.drawPolyline(self._polygon(line, plot))

    def _paint_dots(self, painter: QPainter, plot: QRectF, inside: QRectF) -> None:
        """Lines of a single point; whole also where they stand at an edge."""
        radius = self._theme.px(3)
        painter.setPen(Qt.PenStyle.NoPen)
        for line in self._lines:
            if len(line.x) == 1:
                point = self._polygon(line, plot).first()
                if inside.contains(point):
                    painter.setBrush(line.colour)
                    painter.drawEllipse(point, radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._theme.font(Type.MONO_SMALL))

    def _plot(self) -> QRectF:
        line = self._metrics().height()
        labels = [label for _, label in self._axes.y_ticks] or ["0"]
        left = max(self._metrics().horizontalAdvance(label) for label in labels) + self._theme.px(4)
        right = self._theme.px(4)
        return QRectF(left, line + 4, self.width() - left - right, self.height() - 2 * line - 6)

    def _paint_axes(self, painter: QPainter, plot: QRectF) -> None:
        theme = self._theme
        line = self._metrics().height()
        painter.setFont(theme.font(Type.MONO_SMALL))
        for value, label in self._axes.y_ticks:
            y = self._place(value, self._axes.y, plot.bottom(), plot.top())
            painter.setPen(theme.pen(theme.line, alpha=0.4))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(theme.pen(theme.secondary))
            room = QRectF(0, y - line / 2, plot.left() - theme.px(4), line)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, label)
        for value, label in self._axes.x_ticks:
            x = self._place(value, self._axes.x, plot.left(), plot.right())
            width = self._metrics().horizontalAdvance(label)
            at = min(max(x - width / 2, plot.left() - 2), self.width() - width)
            painter.drawText(QRect(round(at), round(plot.bottom()) + 2, width + 2, line), 0, label)

    def _polygon(self, line: Line, plot: QRectF) -> QPolygonF:
        x = self._places(line.x, self._axes.x, plot.left(), plot.right())
        y = self._places(line.y, self._axes.y, plot.bottom(), plot.top())
        return QPolygonF([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])

    @staticmethod
    def _place(value: float, ends: tuple[float, float], at_low: float, at_high: float) -> float:
        return at_low + (value - ends[0]) / (ends[1] - ends[0]) * (at_high - at_low)

    @staticmethod
    def _places(
        values: NDArray[np.float64], ends: tuple[float, float], at_low: float, at_high: float
    ) -> NDArray[np.float64]:
        places: NDArray[np.float64] = at_low + (values - ends[0]) / (ends[1] - ends[0]) * (at_high - at_low)
        return places

    def _words_at(self, x: int) -> str:
        """The tip, and the lines' values at the step under the pointer."""
        plot = self._plot()
        place = self._axes.x[0] + (x - plot.left()) / plot.width() * (self._axes.x[1] - self._axes.x[0])
        words = [f"{self._title}\n{self._tip}"]
        for line in self._lines:
            if len(line.x):
                nearest = int(np.argmin(np.abs(line.x - place)))
                words.append(f"{line.name}: {line.y[nearest]:.3g}")
        return "\n".join(words)
