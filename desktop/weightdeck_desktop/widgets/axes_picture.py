"""Grid, tick labels and titles of a plot as one picture, painted only when a scale changes."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPixmap

from weightdeck_desktop.theme import Theme, Type

Ticks = list[tuple[float, str]]  # places in px and labels, ascending


@dataclass(frozen=True)
class AxesPicture:
    """What to paint in a picture of `size` px, whose lines are drawn in `area`."""

    size: QSize
    area: QRectF
    x_ticks: Ticks
    y_ticks: Ticks
    x_title: str  # at the right end of the horizontal axis
    y_title: str  # above the vertical axis

    def paint(self, theme: Theme, ratio: float) -> QPixmap:
        """The picture, for a screen with `ratio` device pixels to one."""
        picture = QPixmap(self.size * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme.panel)
        painter = QPainter(picture)
        painter.setFont(theme.font(Type.MONO_SMALL))
        self._paint_y_axis(painter, theme)
        taken = self._paint_x_axis(painter, theme)
        self._paint_titles(painter, theme, taken)
        painter.end()
        return picture

    def _paint_y_axis(self, painter: QPainter, theme: Theme) -> None:
        grid, text = theme.pen(theme.line, alpha=0.3), theme.pen(theme.secondary)
        height = theme.px(16)
        for place, label in self.y_ticks:
            y = round(place)
            painter.setPen(grid)
            painter.drawLine(round(self.area.left()), y, round(self.area.right()), y)
            painter.setPen(text)
            box = QRectF(0, y - height / 2, self.area.left() - theme.px(6), height)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), label)

    def _paint_x_axis(self, painter: QPainter, theme: Theme) -> float:
        """Returns where the last label ends."""
        grid, text = theme.pen(theme.line, alpha=0.3), theme.pen(theme.secondary)
        bottom = round(self.area.bottom())
        free_from = 0.0
        for place, label in self.x_ticks:
            x = round(place)
            painter.setPen(grid)
            painter.drawLine(x, bottom, x, bottom + theme.px(4))
            half = QFontMetricsF(painter.font()).horizontalAdvance(label) / 2 + 1
            if x - half >= free_from:
                painter.setPen(text)
                box = QRectF(x - half, bottom + theme.px(6), 2 * half, theme.px(16))
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), label)
                free_from = x + half + theme.px(6)
        return free_from

    def _paint_titles(self, painter: QPainter, theme: Theme, free_from: float) -> None:
        painter.setFont(theme.font(Type.SMALL))
        painter.setPen(theme.pen(theme.secondary))
        height = theme.px(16)
        painter.drawText(
            QRectF(0, 0, self.size.width(), height), int(Qt.AlignmentFlag.AlignLeft), self.y_title
        )
        width = QFontMetricsF(painter.font()).horizontalAdvance(self.x_title) + 1
        x = max(min(self.area.right() + theme.px(8), self.size.width() - width), free_from)
        if x + width <= self.size.width() + 1:
            box = QRectF(x, self.area.bottom() + theme.px(6), width, height)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), self.x_title)
