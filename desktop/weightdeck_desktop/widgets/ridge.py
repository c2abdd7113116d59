"""Histograms one above the other, the oldest at the top: how a distribution changes (see canvas.py)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.functions import arrayToQPath
from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QGraphicsPathItem, QWidget

from weightdeck_desktop.theme import Type
from weightdeck_desktop.widgets.canvas import Canvas
from weightdeck_desktop.widgets.crosshair import Crosshair
from weightdeck_desktop.widgets.no_data import paint_no_data

Floats = NDArray[np.float64]

_OVERLAP = 1.35  # height of a full row over the distance between rows


class Ridge(Canvas):
    """A fixed number of rows over one axis. Heights are 0 to 1; a row without data is a bare line.

    Rows keep their places whatever they show. The last one is "now" and carries a dashed ghost.
    """

    hovered = Signal(object)  # (row, bin) under the user's pointer, None when it leaves

    def __init__(self, rows: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self._heights: list[Floats | None] = [None] * rows
        self._ghost_heights: Floats | None = None
        self._labels = [""] * rows
        self._bins = 1
        self._ticks: tuple[tuple[float, str], ...] = ()
        self._axis_titles: tuple[str, ...] = ("",)
        self._message = ""
        self._colour = QColor(self.theme.layers[0])
        self._area = QRectF()
        self._ground = self.scene().addPixmap(QPixmap())
        self._shapes = [self._shape(row) for row in range(rows)]
        self._ghost = self._shape(rows)
        self._mark = self._shape(rows + 1)
        self._texts = [self.text_item(z=rows + 2) for _ in range(rows)]
        self._title = self.text_item()
        self._crosshair = Crosshair(self.scene(), z=rows + 3.0)

    def set_axis(self, bins: int, ticks: tuple[tuple[float, str], ...], titles: tuple[str, ...]) -> None:
        """How many even bins, ticks as (place 0 to 1, label), and titles: the first that fits is shown."""
        if (bins, ticks, titles) != (self._bins, self._ticks, self._axis_titles):
            self._bins, self._ticks, self._axis_titles = bins, ticks, titles
            self.rebuild()

    def set_colour(self, colour: QColor) -> None:
        if colour != self._colour:
            self._colour = colour
            self.rebuild()

    def set_message(self, message: str) -> None:
        """Show cross-hatch with these words in place of rows; "" shows rows again."""
        if message != self._message:
            self._message = message
            self.rebuild()

    def set_row(self, row: int, heights: Floats | None, label: str) -> None:
        """What a row shows, one height for each bin, and what stands at its right."""
        if label != self._labels[row]:
            longer = self.text_width(label) > self._label_width()
            self._labels[row] = label
            if longer:
                self.rebuild()
            else:
                self._place_text(row)
        if not _same(heights, self._heights[row]):
            self._heights[row] = heights
            self._draw(row)

    def set_ghost(self, heights: Floats | None) -> None:
        """The dashed outline over the last row."""
        if not _same(heights, self._ghost_heights):
            self._ghost_heights = heights
            self._draw_ghost()

    def show_readout(self, row: int, place: int, text: str) -> None:
        """Mark a bin of a row, with lines of text beside it."""
        area = self._area
        width = area.width() / self._bins
        path = QPainterPath()
        path.addRect(QRectF(area.left() + place * width, self._baseline(row) - 1.5, width, 3.0))
        self._mark.setPath(path)
        self._mark.setVisible(True)
        self._crosshair.show(place, text)
        self._crosshair.place(
            area, area.left() + (place + 0.5) * width, self.theme, at_bottom=row < self._rows // 2
        )

    def hide_readout(self) -> None:
        self._mark.setVisible(False)
        self._crosshair.hide()

    @property
    def readout(self) -> str:
        """What the crosshair says, "" while it is hidden."""
        return self._crosshair.text

    def rebuild(self) -> None:
        theme = self.theme
        size = self.viewport().size()
        step = theme.px(8)
        right = -(-self._label_width() // step) * step + step
        left, bottom = theme.px(8), theme.px(38)
        rows_height = size.height() - bottom
        pitch = rows_height / (self._rows - 1 + _OVERLAP)
        self._area = QRectF(left, 0.0, size.width() - left - right, rows_height)
        if pitch < 2.0 or self._area.width() < 8.0:
            return
        self._paint_ground()
        for row in range(self._rows):
            self._draw(row)
            self._place_text(row)
        self._ghost.setPen(theme.pen(theme.text, 1.0, Qt.PenStyle.DashLine))
        self._draw_ghost()
        self._mark.setPen(Qt.PenStyle.NoPen)
        self._mark.setBrush(theme.text)
        self.hide_readout()
        self._place_title()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at, area = event.position(), self._area
        if not area.contains(at):
            self.hovered.emit(None)
            return
        share = (at.x() - area.left()) / area.width()
        place = min(int(share * self._bins), self._bins - 1)
        above = (area.bottom() - at.y()) / self._pitch()
        self.hovered.emit((max(0, self._rows - 1 - int(above)), place))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit(None)

    def _shape(self, z: int) -> QGraphicsPathItem:
        item = QGraphicsPathItem()
        item.setZValue(float(z))
        self.scene().addItem(item)
        return item

    def _pitch(self) -> float:
        return self._area.height() / (self._rows - 1 + _OVERLAP)

    def _baseline(self, row: int) -> float:
        return self._area.bottom() - (self._rows - 1 - row) * self._pitch()

    def _label_width(self) -> float:
        return max((self.text_width(label) for label in self._labels), default=0.0)

    def _outline(self, heights: Floats, row: int) -> tuple[Floats, Floats]:
        """The line over the bins' middles, down to the baseline at either end."""
        area = self._area
        middles = (np.arange(self._bins) + 0.5) / self._bins
        x = area.left() + np.concatenate(([0.0], middles, [1.0])) * area.width()
        y = self._baseline(row) - np.concatenate(([0.0], heights, [0.0])) * self._pitch() * _OVERLAP
        return x, y

    def _style(self, row: int) -> None:
        theme = self.theme
        age = row / (self._rows - 1)
        self._shapes[row].setBrush(theme.brush(theme.mixed(theme.panel, self._colour, 0.2 + 0.45 * age)))
        width = 1.5 if row == self._rows - 1 else 1.0
        self._shapes[row].setPen(theme.pen(theme.mixed(theme.panel, self._colour, 0.6 + 0.4 * age), width))

    def _draw(self, row: int) -> None:
        heights = self._heights[row]
        self._style(row)
        path = QPainterPath()
        if self._message:
            pass
        elif heights is not None and len(heights) == self._bins:
            path = arrayToQPath(*self._outline(heights, row))
            path.closeSubpath()
        else:
            path.moveTo(self._area.left(), self._baseline(row))
            path.lineTo(self._area.right(), self._baseline(row))
            self._shapes[row].setPen(self.theme.pen(self.theme.line, alpha=0.4))
        self._shapes[row].setPath(path)

    def _draw_ghost(self) -> None:
        heights = self._ghost_heights
        if heights is None or len(heights) != self._bins:
            self._ghost.setPath(QPainterPath())
        else:
            self._ghost.setPath(arrayToQPath(*self._outline(heights, self._rows - 1)))

    def _paint_ground(self) -> None:
        theme, area = self.theme, self._area
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.viewport().size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme.panel)
        painter = QPainter(picture)
        if self._message:
            paint_no_data(painter, area, theme, self._message)
        else:
            self._paint_ticks(painter)
        painter.end()
        self._ground.setPixmap(picture)

    def _paint_ticks(self, painter: QPainter) -> None:
        theme, area = self.theme, self._area
        painter.setFont(theme.font(Type.MONO_SMALL))
        labelled: list[QRectF] = []
        # From the outermost inwards, zero first: where labels would touch, those in between are left out.
        for place, label in sorted(self._ticks, key=lambda tick: (tick[1] != "0", -abs(tick[0] - 0.5))):
            x = round(area.left() + place * area.width())
            painter.setPen(theme.pen(theme.line, alpha=0.3))
            painter.drawLine(x, 0, x, round(area.bottom()) + theme.px(4))
            width = self.text_width(label, Type.MONO_SMALL) + theme.px(6)
            left = min(max(0.0, x - width / 2), self.width() - width)
            box = QRectF(left, area.bottom() + theme.px(4), width, theme.px(16))
            if not any(box.intersects(other) for other in labelled):
                labelled.append(box)
                painter.setPen(theme.pen(theme.secondary))
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), label)

    def _place_text(self, row: int) -> None:
        text = self._texts[row]
        text.setText(self._labels[row])
        text.setFont(self.theme.font(Type.SMALL))
        text.setBrush(self.theme.text if row == self._rows - 1 else self.theme.secondary)
        height = text.boundingRect().height()
        text.setPos(self._area.right() + self.theme.px(8), self._baseline(row) - height * 0.75)
        crowded = self._pitch() < height
        text.setVisible(not self._message and (not crowded or row in (0, self._rows - 1)))

    def _place_title(self) -> None:
        self._title.setFont(self.theme.font(Type.SMALL))
        self._title.setBrush(self.theme.secondary)
        fitting = (title for title in self._axis_titles if self.text_width(title) <= self.width())
        self._title.setText("" if self._message else next(fitting, self._axis_titles[-1]))
        width = self._title.boundingRect().width()
        left = min(max(0.0, self._area.center().x() - width / 2), max(0.0, self.width() - width))
        self._title.setPos(left, self._area.bottom() + self.theme.px(21))


def _same(one: Floats | None, other: Floats | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)
