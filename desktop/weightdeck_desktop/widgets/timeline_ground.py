"""The picture of a run's whole way, its loss and its marks, and what is painted over it: now, and the past."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPixmap

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.timeline_line import LossLine, line_image
from weightdeck_desktop.widgets.timeline_marks import MarkKind, Marks, paint_marks


class Axis:
    """Where the steps 0 to `newest` lie between two places, px."""

    def __init__(self, newest: int, left: int, right: int) -> None:
        self.newest = newest
        self.left = left
        self.right = max(left + 1, right)

    def x(self, step: float) -> float:
        """Place of a step, px."""
        return self.left + step / max(1, self.newest) * (self.right - self.left)

    def step(self, x: float) -> float:
        """The step at a place, at most the newest, at least 0; not rounded."""
        share = (x - self.left) / (self.right - self.left)
        return min(1.0, max(0.0, share)) * self.newest


def paint_ground(
    size: QSize,
    ratio: float,
    theme: Theme,
    *,
    axis: Axis,
    line: LossLine,
    marks: Marks,
    keyframes: Sequence[int],
) -> QPixmap:
    """A picture of `size` px, drawn for a screen with `ratio` device pixels to one."""
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(theme.panel)
    painter = QPainter(pixmap)
    height = size.height()
    painter.setPen(theme.pen(theme.line, alpha=0.5))
    painter.drawLine(QPointF(0, height - 0.5), QPointF(size.width(), height - 0.5))
    _paint_keyframes(painter, theme, axis, keyframes, height)
    band = QRect(axis.left, theme.px(4), axis.right - axis.left, height - theme.px(9))
    low, high = line.columns(axis.newest, max(1, round(band.width() * ratio)))
    image = line_image(low, high, max(1, round(band.height() * ratio)), theme.secondary, theme.px(1) * ratio)
    painter.drawImage(QRectF(band), image)
    for kind in MarkKind:
        paint_marks(painter, theme, kind, [axis.x(step) for step in marks.of(kind)], height)
    painter.end()
    return pixmap


def _paint_keyframes(
    painter: QPainter, theme: Theme, axis: Axis, keyframes: Sequence[int], height: int
) -> None:
    """Ticks along the lower edge, one for each column at most."""
    painter.setPen(theme.pen(theme.line, alpha=0.8))
    place = 0
    while place < len(keyframes):
        x = int(axis.x(keyframes[place])) + 0.5
        painter.drawLine(QLineF(x, height - theme.px(4), x, height - 1.0))
        place = bisect_left(keyframes, axis.step(x + 1.5), lo=place + 1)


def paint_now(painter: QPainter, theme: Theme, rect: QRect, words: str) -> None:
    """The line at the left edge of `rect` where the run ends, with its words; without words it is not shown."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(theme.pen(theme.text if words else theme.line, theme.px(2)))
    painter.drawLine(QLineF(rect.left(), theme.px(3), rect.left(), rect.height() - theme.px(3)))
    painter.setPen(theme.text)
    painter.drawText(rect.adjusted(theme.px(10), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)


def paint_past(
    painter: QPainter, theme: Theme, axis: Axis, height: int, *, step: int, words: str, is_filled: bool
) -> None:
    """The moment that is sought, its words beside it, and what comes after it hatched."""
    x, head = axis.x(step), theme.px(4)
    after = QRectF(QPointF(x, 0), QPointF(axis.right, height - 1))
    hatch = theme.brush(theme.line, 0.55)
    hatch.setStyle(Qt.BrushStyle.BDiagPattern)
    painter.fillRect(after, theme.faded(theme.panel, 0.45))
    painter.fillRect(after, hatch)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme.pen(theme.hand_outline, theme.px(2)))
    painter.drawLine(QPointF(x, head), QPointF(x, height - 1.0))
    painter.setPen(theme.pen(theme.hand_outline, 1.5 * theme.px(1)))
    painter.setBrush(theme.hand if is_filled else theme.panel)
    painter.drawEllipse(QPointF(x, head + theme.px(1)), head, head)
    metrics = QFontMetrics(theme.font(Type.SMALL))
    width, gap = metrics.horizontalAdvance(words) + 2 * theme.px(4), theme.px(8)
    left = x + gap if x + gap + width < axis.right else x - gap - width
    plate = QRectF(left, (height - metrics.height()) / 2, width, metrics.height())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.brush(theme.panel, 0.9))
    painter.drawRoundedRect(plate, 3, 3)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(theme.text)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)
