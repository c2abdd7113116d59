"""A small chart of what became of a value that the user set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.knob_painting import paint_diamond
from weightdeck_desktop.widgets.placing import Placing

_LEAST, _MOST = 40, 112  # px at 100 %: lower it shows nothing, higher it says no more


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A value's way since the user set it to `by_hand`; it had been `before`. `steps` ascend, and match `values`."""

    before: float
    by_hand: float
    steps: NDArray[np.int64]
    values: NDArray[np.float64]

    def is_drawn_as(self, other: Course | None) -> bool:
        """Whether the two look alike."""
        return (
            other is not None
            and (self.before, self.by_hand) == (other.before, other.by_hand)
            and np.array_equal(self.steps, other.steps)
            and np.array_equal(self.values, other.values, equal_nan=True)
        )


class TraceChart(QWidget):
    """Two levels, before and by hand, and the line of the value over the steps since.

    Takes what room is left, and shows nothing where that is too low: it lets nothing else move or overlap.
    """

    def __init__(self, name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._tip = tip
        self._course: Course | None = None
        self._write: Callable[[float], str] = str
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.setMaximumHeight(theme.px(_MOST))
        self.update()

    def show_course(self, course: Course | None, write: Callable[[float], str] = str) -> None:
        """Draw `course`, its values written by `write`; None draws nothing."""
        self._write = write
        if course is self._course or (course is not None and course.is_drawn_as(self._course)):
            return
        self._course = course
        self.setAccessibleDescription(self._said())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._theme.px(_MOST))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self._is_shown():
            QToolTip.showText(event.globalPos(), f"{self._tip}\n{self._said()}", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        course = self._course
        if course is None or not self._is_shown():
            return
        theme = self._theme
        painter = QPainter(self)
        metrics = QFontMetricsF(theme.font(Type.SMALL))
        names = ((course.before, self._before_words(course)), (course.by_hand, self._hand_words(course)))
        width = max(metrics.horizontalAdvance(words) for _, words in names)
        plot = QRectF(self.rect()).adjusted(width + theme.px(12), theme.px(6), -theme.px(8), 0)
        plot.setBottom(self.height() - metrics.height() - theme.px(4))
        scale = _Scale(course, plot)
        self._paint_levels(painter, course, plot, scale)
        self._paint_names(painter, names, metrics, scale)
        self._paint_steps(painter, course, plot)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_way(painter, course, scale)
        paint_diamond(painter, theme, QPointF(plot.left(), scale.y(course.by_hand)), theme.px(4))
        painter.end()

    # Parts of the picture

    def _paint_levels(self, painter: QPainter, course: Course, plot: QRectF, scale: _Scale) -> None:
        theme = self._theme
        levels = ((course.before, Qt.PenStyle.DashLine), (course.by_hand, Qt.PenStyle.SolidLine))
        for value, style in levels:
            y = round(scale.y(value)) + 0.5
            painter.setPen(theme.pen(theme.line, 1, style))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))

    def _paint_names(
        self, painter: QPainter, names: tuple[tuple[float, str], ...], metrics: QFontMetricsF, scale: _Scale
    ) -> None:
        """Beside their levels, the hand's where it wants to be; none overlaps the other."""
        theme = self._theme
        painter.setFont(theme.font(Type.SMALL))
        placing = Placing(0.0, self.height() - metrics.height())
        for (value, words), colour in zip(reversed(names), (theme.text, theme.secondary), strict=True):
            place = placing.place(
                0.0, scale.y(value), metrics.horizontalAdvance(words), round(metrics.height())
            )
            if place is not None:
                painter.setPen(theme.pen(colour))
                painter.drawText(QPointF(place.x(), place.y() + metrics.ascent()), words)

    def _paint_steps(self, painter: QPainter, course: Course, plot: QRectF) -> None:
        theme = self._theme
        painter.setPen(theme.pen(theme.secondary))
        first, last = int(course.steps[0]), int(course.steps[-1])
        room = QRectF(plot.left() - theme.px(4), plot.bottom(), self.width() - plot.left() + theme.px(4), 0)
        room.setBottom(self.height())
        bottom = Qt.AlignmentFlag.AlignBottom
        painter.drawText(
            room, Qt.AlignmentFlag.AlignLeft | bottom, self.tr("step {step:,}").format(step=first)
        )
        if last > first:
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | bottom, f"{last:,}")

    def _paint_way(self, painter: QPainter, course: Course, scale: _Scale) -> None:
        theme = self._theme
        points = [QPointF(x, y) for x, y in zip(*scale.way(course), strict=True)]
        painter.setPen(theme.pen(theme.text, 1.5))
        painter.drawPolyline(QPolygonF(points))
        if len(points) > 1:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.text)
            painter.drawEllipse(points[-1], 2.5, 2.5)

    # In words

    def _is_shown(self) -> bool:
        return self._course is not None and self.height() >= self._theme.px(_LEAST)

    def _before_words(self, course: Course) -> str:
        return self.tr("before {value}").format(value=self._write(course.before))

    def _hand_words(self, course: Course) -> str:
        return self.tr("by hand {value}").format(value=self._write(course.by_hand))

    def _said(self) -> str:
        course = self._course
        if course is None:
            return ""
        now = self.tr("step {first:,}: {hand}, {before}; step {last:,}: {value}")
        return now.format(
            first=int(course.steps[0]),
            hand=self._hand_words(course),
            before=self._before_words(course),
            last=int(course.steps[-1]),
            value=self._write(float(course.values[-1])),
        )


class _Scale:
    """From steps and values to pixels: every value of the course lies within the plot."""

    def __init__(self, course: Course, plot: QRectF) -> None:
        known = course.values[np.isfinite(course.values)]
        levels = np.concatenate((known, [course.before, course.by_hand]))
        self._low = float(levels.min())
        self._span = float(levels.max()) - self._low or 1.0
        self._first = int(course.steps[0])
        self._steps = int(course.steps[-1]) - self._first or 1
        self._plot = plot

    def y(self, value: float) -> float:
        return self._plot.bottom() - (value - self._low) / self._span * self._plot.height()

    def way(self, course: Course) -> tuple[list[float], list[float]]:
        """Places of the course's finite values."""
        finite = np.isfinite(course.values)
        x = self._plot.left() + (course.steps[finite] - self._first) / self._steps * self._plot.width()
        y = self._plot.bottom() - (course.values[finite] - self._low) / self._span * self._plot.height()
        return x.tolist(), y.tolist()
