"""Curves over the turn of a knob, with marks where it stands; drawn by Qt's own items (see canvas.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsPathItem, QGraphicsRectItem, QGraphicsSimpleTextItem, QWidget

from weightdeck_desktop.theme import Type
from weightdeck_desktop.widgets.canvas import Canvas, line_path
from weightdeck_desktop.widgets.crosshair import Crosshair
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.placing import Placing

MOST_CURVES = 5
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashLine, Qt.PenStyle.DashDotLine)


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at a position on the turn, 0 to 1, with words at its head."""

    position: float
    words: str


class ResponsePlot(Canvas):
    """Shares of 1 over positions 0 to 1. The first curve is the strongest; all are named at their right ends.

    A click, or the arrow keys and Enter, choose a position. Nothing is drawn again unless it has changed.
    """

    chosen = Signal(float)  # position, 0 to 1

    def __init__(self, empty_words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty_words = empty_words
        self._x: NDArray[np.float64] = np.empty(0)
        self._curves: tuple[tuple[str, NDArray[np.float64]], ...] = ()
        self._ticks: tuple[tuple[float, str], ...] = ()
        self._describe: Callable[[float], str] = str
        self._present: Mark | None = None
        self._default: Mark | None = None
        self._cursor: float | None = None
        self._area = QRectF()
        scene = self.scene()
        self._ground = scene.addPixmap(QPixmap())
        self._lines = [QGraphicsPathItem() for _ in range(MOST_CURVES)]
        self._names = [self.text_item(z=2.0) for _ in range(MOST_CURVES)]
        self._default_line, self._default_words = QGraphicsPathItem(), self.text_item(z=3.0)
        self._outline, self._present_line = QGraphicsRectItem(), QGraphicsRectItem()
        self._present_words = self.text_item(z=3.0)
        for item in (self._default_line, *self._lines, self._outline, self._present_line):
            scene.addItem(item)
        self._crosshair = Crosshair(self, z=5.0)
        self.setCursor(Qt.CursorShape.CrossCursor)

    # What is shown

    def show_axis(self, ticks: Sequence[tuple[float, str]], describe: Callable[[float], str]) -> None:
        """Label the turn: positions with words; `describe` says what any position is."""
        self._describe = describe
        if tuple(ticks) != self._ticks:
            self._ticks = tuple(ticks)
            self.rebuild()

    def show_curves(self, x: NDArray[np.float64], curves: Sequence[tuple[str, NDArray[np.float64]]]) -> None:
        """Replace the curves: names with shares at the ascending positions `x`; at most `MOST_CURVES`."""
        same = np.array_equal(x, self._x) and [name for name, _ in curves] == [
            name for name, _ in self._curves
        ]
        if same and all(
            np.array_equal(new, old) for (_, new), (_, old) in zip(curves, self._curves, strict=True)
        ):
            return
        had_names = self.names
        self._x = x
        self._curves = tuple(curves)
        if self.names == had_names:
            self._place_curves()
            self._place_crosshair()
        else:
            self.rebuild()  # other names may need another margin

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
        self.rebuild()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the curves, the strongest first."""
        return tuple(name for name, _ in self._curves)

    @property
    def readout(self) -> str:
        """What the crosshair says, "" while it is hidden."""
        return self._crosshair.text

    @property
    def area(self) -> QRectF:
        """The rectangle of the curves within the viewport, px."""
        return self._area

    # Drawing

    def rebuild(self) -> None:
        theme = self.theme
        size = self.viewport().size()
        left = self.text_width("1.00", Type.MONO_SMALL) + theme.px(10)
        right = max((self.text_width(name, Type.MONO_BODY) for name, _ in self._curves), default=0.0)
        right = max(theme.px(24), right + theme.px(12))
        area = QRectF(left, theme.px(22), size.width() - left - right, size.height() - theme.px(46))
        self._area = QRectF(area.toRect())
        if self._area.width() < 16 or self._area.height() < 16:
            return
        self._paint_ground()
        for place, (line, name) in enumerate(zip(self._lines, self._names, strict=True)):
            colour = theme.text if place == 0 else theme.secondary
            line.setPen(theme.pen(colour, 2.0 if place == 0 else 1.0, _DASHES[place % len(_DASHES)]))
            name.setFont(theme.font(Type.MONO_BODY))
            name.setBrush(colour)
        self._default_line.setPen(theme.pen(theme.secondary, 1.0, Qt.PenStyle.DotLine))
        self._outline.setPen(QPen(Qt.PenStyle.NoPen))
        self._outline.setBrush(theme.hand_outline)
        self._present_line.setPen(QPen(Qt.PenStyle.NoPen))
        self._present_line.setBrush(theme.hand)
        for words, colour in ((self._default_words, theme.secondary), (self._present_words, theme.text)):
            words.setFont(theme.font(Type.MONO_SMALL))
            words.setBrush(colour)
        self._place_curves()
        self._place_marks()
        self._place_crosshair()

    def _paint_ground(self) -> None:
        """Grid and tick labels as one picture, or that there is nothing to see."""
        theme = self.theme
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.viewport().size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme.panel)
        painter = QPainter(picture)
        if self._curves:
            self._paint_grid(painter)
        else:
            paint_no_data(painter, QRectF(self.viewport().rect()), theme, self._empty_words)
        painter.end()
        self._ground.setPixmap(picture)

    def _paint_grid(self, painter: QPainter) -> None:
        theme, area = self.theme, self._area
        painter.setFont(theme.font(Type.MONO_SMALL))
        grid, text = theme.pen(theme.line, alpha=0.3), theme.pen(theme.secondary)
        height = theme.px(16)
        for share in _SHARES:
            y = round(self._height_of(share))
            painter.setPen(grid)
            painter.drawLine(round(area.left()), y, round(area.right()), y)
            painter.setPen(text)
            place = QRectF(0, y - height / 2, area.left() - theme.px(6), height)
            painter.drawText(
                place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{share:.2f}"
            )
        taken = -1e9
        for position, label in self._ticks:
            x = round(self._x_of(position))
            painter.setPen(grid)
            painter.drawLine(x, round(area.bottom()), x, round(area.bottom()) + theme.px(4))
            half = self.text_width(label, Type.MONO_SMALL) / 2
            if x - half >= taken:
                painter.setPen(text)
                place = QRectF(x - half - 1, area.bottom() + theme.px(6), 2 * half + 2, height)
                painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), label)
                taken = x + half + theme.px(8)

    def _place_curves(self) -> None:
        area = self._area
        ends: list[tuple[float, QGraphicsSimpleTextItem]] = []
        for place, (line, name) in enumerate(zip(self._lines, self._names, strict=True)):
            seen = place < len(self._curves)
            line.setVisible(seen)
            name.setVisible(seen)
            if seen:
                label, shares = self._curves[place]
                y = area.bottom() - shares * area.height()
                line.setPath(line_path(area.left() + self._x * area.width(), y))
                name.setText(label)
                ends.append((float(y[-1]) if np.isfinite(y[-1]) else area.bottom(), name))
        placing = Placing(area.top() - 8, area.bottom() + 8)
        for end, name in sorted(
            ends, key=lambda pair: -pair[0]
        ):  # from below, so that names stand as curves end
            size = name.boundingRect()
            name.setPos(placing.place(area.right() + self.theme.px(6), end, size.width(), size.height()))

    def _place_marks(self) -> None:
        area = self._area
        present, default = (self._present, self._default) if self._curves else (None, None)
        self._present_line.setVisible(present is not None)
        self._present_words.setVisible(present is not None)
        self._outline.setVisible(present is not None and not self.theme.dark)
        self._default_line.setVisible(default is not None)
        self._default_words.setVisible(default is not None)
        head = area.top() - self.theme.px(18)
        taken: QRectF | None = None
        if present is not None:
            x = round(self._x_of(present.position))
            self._present_line.setRect(x - 1, area.top(), 2, area.height())
            self._outline.setRect(x - 2, area.top() - 1, 4, area.height() + 2)
            taken = self._place_words(self._present_words, present.words, x, head)
        if default is not None:
            x = round(self._x_of(default.position))
            points = np.array([x + 0.5, x + 0.5]), np.array([area.top(), area.bottom()])
            self._default_line.setPath(line_path(*points))
            place = self._place_words(self._default_words, default.words, x, head)
            self._default_words.setVisible(taken is None or not place.intersects(taken))

    def _place_words(self, item: QGraphicsSimpleTextItem, words: str, x: float, y: float) -> QRectF:
        """Centre `words` over `x` within the plot, and return where they are."""
        item.setText(words)
        size = item.boundingRect()
        left = min(max(x - size.width() / 2, 0.0), self.viewport().width() - size.width())
        item.setPos(left, y)
        return QRectF(left, y, size.width(), size.height())

    def _place_crosshair(self) -> None:
        if self._cursor is None or not self._curves:
            self._crosshair.hide()
            return
        lines = [self._describe(self._cursor)]
        width = max(len(name) for name, _ in self._curves)
        for name, shares in self._curves:
            lines.append(f"{name.ljust(width)} {np.interp(self._cursor, self._x, shares):.3f}")
        self._crosshair.show(self._cursor, "\n".join(lines))
        self._crosshair.place(self._area, self._x_of(self._cursor), self.theme)

    def _x_of(self, position: float) -> float:
        return self._area.left() + position * self._area.width()

    def _height_of(self, share: float) -> float:
        return self._area.bottom() - share * self._area.height()

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
        position = (point.x() - self._area.left()) / self._area.width()
        slack = 6 / self._area.width()
        return min(1.0, max(0.0, position)) if -slack <= position <= 1.0 + slack else None

    def _point_at(self, position: float | None) -> None:
        self._cursor = position
        self._place_crosshair()
