"""The axes of a plane of points: a frame, lines through 0, ticks of one step on both sides, and titles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF, QPainterPath
from PySide6.QtWidgets import QGraphicsPathItem, QGraphicsSimpleTextItem

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.axes import nice_step, tick_label
from weightdeck_desktop.widgets.canvas import Canvas
from weightdeck_desktop.widgets.vector_frame import VectorFrame

_PITCH = 60  # px at 100 % from tick to tick, at least
_WIDEST = "−0.00"
_MOST = 0.55  # of the length across: what the title may take of the line of ticks


class VectorAxes:
    """Items on the scene of a canvas, made once; the canvas tells them of theme, size and frame."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._area = QRectF()
        self._edge, self._zero = QGraphicsPathItem(), QGraphicsPathItem()
        for item in (self._edge, self._zero):
            canvas.scene().addItem(item)
        self._titles = (canvas.text_item(z=1.0), canvas.text_item(z=1.0))
        self._titles[1].setRotation(-90)
        self._words: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self._ticks: list[QGraphicsSimpleTextItem] = []

    def set_theme(self, theme: Theme) -> None:
        self._edge.setPen(theme.pen(theme.line, alpha=0.6))
        self._zero.setPen(theme.pen(theme.line, alpha=0.45))
        for title in self._titles:
            title.setFont(theme.font(Type.SMALL))
            title.setBrush(theme.secondary)
        for tick in self._ticks:
            self._style(tick)

    def set_words(self, across: Sequence[str], up: Sequence[str]) -> None:
        """What the axes are, the longest wording first: the first that has room is shown."""
        if (tuple(across), tuple(up)) != self._words:
            self._words = (tuple(across), tuple(up))
            self._place_titles()

    def room(self) -> QRectF:
        """What is left for points beside the axes, px."""
        theme = self._canvas.theme
        line = QFontMetricsF(theme.font(Type.SMALL)).height()
        left = line + self._canvas.text_width(_WIDEST, Type.MONO_SMALL) + theme.px(6)
        below = max(line, QFontMetricsF(theme.font(Type.MONO_SMALL)).height()) + theme.px(2)
        return QRectF(self._canvas.viewport().rect()).adjusted(round(left), 3, -3, -round(below))

    def hide(self) -> None:
        """There are no points."""
        for item in (self._edge, self._zero, *self._titles, *self._ticks):
            item.setVisible(False)

    def draw(self, frame: VectorFrame) -> None:
        """Show what `frame`, which fits the room, shows."""
        theme, self._area = self._canvas.theme, self.room()
        for item in (self._edge, self._zero, *self._titles):
            item.setVisible(True)
        edge, zero, area = QPainterPath(), QPainterPath(), self._area
        edge.addRect(area)
        x, y = frame.to_px(np.zeros((1, 2)))[0].tolist()
        if area.left() < x < area.right():
            zero.moveTo(x, area.top())
            zero.lineTo(x, area.bottom())
        if area.top() < y < area.bottom():
            zero.moveTo(area.left(), y)
            zero.lineTo(area.right(), y)
        self._edge.setPath(edge)
        self._zero.setPath(zero)
        self._place_titles()
        self._show_ticks(self._ticks_of(frame, nice_step(theme.px(_PITCH) / frame.scale, 1)))

    def _ticks_of(self, frame: VectorFrame, step: float) -> list[tuple[float, float, str]]:
        """Left, top and words of every tick that lies whole beside the area, and before the title across; a square of
        the plane is a square.
        """
        area, gap = self._area, self._canvas.theme.px(4)
        metrics = QFontMetricsF(self._canvas.theme.font(Type.MONO_SMALL))
        end = area.right() - self._canvas.text_width(self._titles[0].text()) - 2 * gap
        found = []
        for axis in (0, 1):
            low, high = frame.ends(axis)
            for number in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1):
                value = number * step
                words = tick_label(value, step)
                width, height = metrics.horizontalAdvance(words), metrics.height()
                at = frame.to_px(np.array([[value, value]]))[0, axis]
                if axis == 0 and area.left() <= at - width / 2 and at + width / 2 <= end:
                    found.append((at - width / 2, area.bottom() + 1, words))
                elif axis == 1 and area.top() <= at - height / 2 and at + height / 2 <= area.bottom():
                    found.append((area.left() - gap - width, at - height / 2, words))
        return found

    def _show_ticks(self, wanted: list[tuple[float, float, str]]) -> None:
        while len(self._ticks) < len(wanted):
            self._ticks.append(self._canvas.text_item(z=1.0))
            self._style(self._ticks[-1])
        for rank, tick in enumerate(self._ticks):
            tick.setVisible(rank < len(wanted))
            if rank < len(wanted):
                x, y, words = wanted[rank]
                tick.setText(words)
                tick.setPos(x, y)

    def _style(self, tick: QGraphicsSimpleTextItem) -> None:
        tick.setFont(self._canvas.theme.font(Type.MONO_SMALL))
        tick.setBrush(self._canvas.theme.secondary)

    def _place_titles(self) -> None:
        canvas, area = self._canvas, self._area
        lengths = (_MOST * area.width(), area.height())
        for title, words, length in zip(self._titles, self._words, lengths, strict=True):
            title.setText(next((each for each in words if canvas.text_width(each) <= length), ""))
        across, up = (canvas.text_width(title.text()) for title in self._titles)
        self._titles[0].setPos(area.right() - across, area.bottom() + 1)
        self._titles[1].setPos(0, area.top() + up)
