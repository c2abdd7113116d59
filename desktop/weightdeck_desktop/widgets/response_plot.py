"""Curves over the turn of a knob, with marks where it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QGraphicsSimpleTextItem, QWidget

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.crosshair import Crosshair
from weightdeck_desktop.widgets.curve import CrispLine
from weightdeck_desktop.widgets.graph import Graph
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.number_axis import NumberAxis
from weightdeck_desktop.widgets.placing import Placing
from weightdeck_desktop.widgets.plain_number import plain_number

MOST_CURVES = 5
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashLine, Qt.PenStyle.DashDotLine)


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at a position on the turn, 0 to 1, with words at its head."""

    position: float
    words: str


class ResponsePlot(Graph):
    """Shares of 1 over positions 0 to 1. The first curve is the strongest; all are named at their right ends.

    A click, or the arrow keys and Enter, choose a position. Nothing is drawn again unless it has changed.
    """

    chosen = Signal(float)  # position, 0 to 1

    def __init__(self, empty_words: str, parent: QWidget | None = None) -> None:
        super().__init__(NumberAxis("bottom"), NumberAxis("left"), parent)
        self._empty_words = empty_words
        self._x: NDArray[np.float64] = np.empty(0)
        self._curves: tuple[tuple[str, NDArray[np.float64]], ...] = ()
        self._ticks: tuple[tuple[float, str], ...] = ()
        self._describe: Callable[[float], str] = str
        self._present: Mark | None = None
        self._default: Mark | None = None
        self._cursor: float | None = None
        self._lines = [pg.PlotCurveItem(connect="finite", antialias=True) for _ in range(MOST_CURVES)]
        self._names = [self.text_item() for _ in range(MOST_CURVES)]
        self._default_line, self._default_words = CrispLine(angle=90), self.text_item(z=3.0)
        self._outline, self._present_line = CrispLine(angle=90), CrispLine(angle=90)
        self._present_words = self.text_item(z=3.0)
        for item in (self._default_line, *self._lines, self._outline, self._present_line):
            self.view_box.addItem(item)
        self._crosshair = Crosshair(self.scene(), z=5.0)
        self.y_axis.setTicks([[(share, f"{share:.2f}") for share in _SHARES]])
        self.view_box.setMouseEnabled(x=False, y=False)
        self.view_box.setRange(xRange=(0.0, 1.0), yRange=(0.0, 1.0), padding=0.0)
        self.setCursor(Qt.CursorShape.CrossCursor)

    # What is shown

    def show_axis(self, ticks: Sequence[tuple[float, str]], describe: Callable[[float], str]) -> None:
        """Label the turn: positions with words; `describe` says what any position is."""
        self._describe = describe
        if tuple(ticks) != self._ticks:
            self._ticks = tuple(ticks)
            self.arrange()

    def show_curves(self, x: NDArray[np.float64], curves: Sequence[tuple[str, NDArray[np.float64]]]) -> None:
        """Replace the curves: names with shares at the ascending positions `x`; at most `MOST_CURVES`."""
        if np.array_equal(x, self._x) and _same(curves, self._curves):
            return
        had_names = self.names
        self._x = x
        self._curves = tuple(curves)
        for line, (_, shares) in zip(self._lines, curves, strict=False):
            line.setData(x, shares)
        if self.names == had_names:
            self._place_names()
            self._place_crosshair()
        else:
            self._show_items()
            self.arrange()  # other names may need another margin

    def show_marks(self, present: Mark | None, default: Mark | None) -> None:
        """Where the knob stands, in the colour of the hand, and where it would by default, dotted."""
        if (present, default) != (self._present, self._default):
            self._present, self._default = present, default
            self._place_marks()

    def clear_curves(self) -> None:
        """Show that there is nothing to see."""
        self._curves = ()
        self._present = self._default = None
        self._cursor = None
        self._show_items()
        self.arrange()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the curves, the strongest first."""
        return tuple(name for name, _ in self._curves)

    @property
    def readout(self) -> str:
        """What the crosshair says, "" while it is hidden."""
        return self._crosshair.text

    def set_theme(self, theme: Theme) -> None:
        for place, (line, name) in enumerate(zip(self._lines, self._names, strict=True)):
            colour = theme.text if place == 0 else theme.secondary
            line.setPen(theme.pen(colour, 2.0 if place == 0 else 1.0, _DASHES[place % len(_DASHES)]))
            name.setFont(theme.font(Type.MONO_BODY))
            name.setBrush(colour)
        self._default_line.setPen(theme.pen(theme.secondary, 1.0, Qt.PenStyle.DotLine))
        self._outline.setPen(theme.pen(theme.hand_outline, 4.0))
        self._present_line.setPen(theme.pen(theme.hand, 2.0))
        for words, colour in ((self._default_words, theme.secondary), (self._present_words, theme.text)):
            words.setFont(theme.font(Type.MONO_SMALL))
            words.setBrush(colour)
        super().set_theme(theme)

    # Drawing

    def arrange(self) -> None:
        theme = self.theme
        left = self.text_width("1.00", Type.MONO_SMALL) + theme.px(10)
        right = max((self.text_width(name, Type.MONO_BODY) for name in self.names), default=0.0)
        self.set_margins(left, theme.px(22), max(theme.px(24), right + theme.px(12)), theme.px(24))
        self._label_ticks()
        self._place_names()
        self._place_marks()
        self._place_crosshair()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        if not self._curves:
            paint_no_data(painter, self.sceneRect(), self.theme, self._empty_words)

    def _show_items(self) -> None:
        """Lines and names of the curves that there are."""
        for place, (line, name) in enumerate(zip(self._lines, self._names, strict=True)):
            line.setVisible(place < len(self._curves))
            name.setVisible(place < len(self._curves))
        self.viewport().update()  # the foreground is no item

    def _label_ticks(self) -> None:
        """Of ticks whose labels would overlap only the first is labelled."""
        taken = -1e9
        labelled = []
        for position, label in self._ticks:
            x, half = self._x_of(position), self.text_width(label, Type.MONO_SMALL) / 2
            fits = x - half >= taken
            labelled.append((position, label if fits else ""))
            if fits:
                taken = x + half + self.theme.px(8)
        self.x_axis.setTicks([labelled])

    def _place_names(self) -> None:
        """Beside the ends of the curves, from below, so that names stand as curves end; none overlaps another."""
        area = self.area
        ends = []
        for (label, shares), name in zip(self._curves, self._names, strict=False):
            name.setText(label)
            ends.append((area.bottom() - float(np.nan_to_num(shares[-1])) * area.height(), name))
        placing = Placing(area.top() - 8, area.bottom() + 8)
        for end, name in sorted(ends, key=lambda pair: -pair[0]):
            size = name.boundingRect()
            corner = placing.place(area.right() + self.theme.px(6), end, size.width(), size.height())
            name.setVisible(corner is not None)
            if corner is not None:
                name.setPos(corner)

    def _place_marks(self) -> None:
        present, default = (self._present, self._default) if self._curves else (None, None)
        self._present_line.setVisible(present is not None)
        self._present_words.setVisible(present is not None)
        self._outline.setVisible(present is not None and not self.theme.dark)
        self._default_line.setVisible(default is not None)
        self._default_words.setVisible(default is not None)
        head, gap = self.area.top() - self.theme.px(18), self.theme.px(6)
        taken = QRectF()
        if present is not None:
            self._present_line.setPos(present.position)
            self._outline.setPos(present.position)
            x = self._x_of(present.position)
            taken = self._place_words(self._present_words, present.words, x, head)
        if default is not None:
            self._default_line.setPos(default.position)
            place = self._place_words(self._default_words, default.words, self._x_of(default.position), head)
            self._default_words.setVisible(not place.adjusted(-gap, 0.0, gap, 0.0).intersects(taken))

    def _place_words(self, item: QGraphicsSimpleTextItem, words: str, x: float, y: float) -> QRectF:
        """Centre `words` over `x` within the plot, and return where they are."""
        item.setText(words)
        size = item.boundingRect()
        left = min(max(x - size.width() / 2, 0.0), self.width() - size.width())
        item.setPos(left, y)
        return QRectF(left, y, size.width(), size.height())

    def _place_crosshair(self) -> None:
        if self._cursor is None or not self._curves:
            self._crosshair.hide()
            return
        lines = [self._describe(self._cursor)]
        width = max(len(name) for name, _ in self._curves)
        for name, shares in self._curves:
            share = float(np.interp(self._cursor, self._x, shares))
            lines.append(f"{name.ljust(width)} {plain_number(share, 3)}")
        self._crosshair.show(self._cursor, "\n".join(lines))
        self._crosshair.place(self.area, self._x_of(self._cursor), self.theme)

    def _x_of(self, position: float) -> float:
        return self.area.left() + position * self.area.width()

    # The user's acts

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self._position_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        position = self._position_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and position is not None and self._curves:
            self.chosen.emit(position)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -0.01, Qt.Key.Key_Right: 0.01}.get(Qt.Key(event.key()))
        if step is not None and self._curves:
            start = (
                self._cursor if self._cursor is not None else self._present.position if self._present else 0.5
            )
            self._point_at(min(1.0, max(0.0, start + step)))
        elif (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._cursor is not None and self._curves
        ):
            self.chosen.emit(self._cursor)
        else:
            super().keyPressEvent(event)

    def _position_at(self, point: QPointF) -> float | None:
        """The position below `point`, None outside the plot; the ends catch a few pixels more."""
        position = (point.x() - self.area.left()) / self.area.width()
        slack = 6 / self.area.width()
        return min(1.0, max(0.0, position)) if -slack <= position <= 1.0 + slack else None

    def _point_at(self, position: float | None) -> None:
        self._cursor = position
        self._place_crosshair()


def _same(
    some: Sequence[tuple[str, NDArray[np.float64]]], others: Sequence[tuple[str, NDArray[np.float64]]]
) -> bool:
    return [name for name, _ in some] == [name for name, _ in others] and all(
        np.array_equal(one, other, equal_nan=True) for (_, one), (_, other) in zip(some, others, strict=True)
    )
