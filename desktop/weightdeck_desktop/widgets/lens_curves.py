"""Shares over steps, a curve for each layer in the layers' colours, with names at their ends.

Letters: S steps, P curves.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.axes import snapped_end, tick_label, ticks
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.outlines import paint_focus
from weightdeck_desktop.widgets.placing import Placing
from weightdeck_desktop.widgets.plain_tip import plain_tip
from weightdeck_desktop.widgets.walking import walked

_LEAST_TOP = 0.01  # where the scale ends at least


class LensCurves(QWidget):
    """The pointer or Left, Right, Home and End move a line from step to step. The last curve is drawn wider."""

    pointed = Signal(
        object
    )  # place of the step under the pointer or the cursor; None when the pointer has left

    def __init__(self, name: str, tip: Callable[[int], str], parent: QWidget | None = None) -> None:
        """`tip` gives the numbers of a step when they are wanted."""
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._tip = tip
        self._steps: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._shares: NDArray[np.float32] = np.empty((0, 0), dtype=np.float32)  # (S, P)
        self._names: tuple[str, ...] = ()
        self._message = ""
        self._pointed: int | None = None
        self._cursor = 0
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def show_curves(
        self, steps: NDArray[np.int64], shares: NDArray[np.float32], names: tuple[str, ...]
    ) -> None:
        """`steps` (S,) ascend; `shares` (S, P) from 0 to 1, NaN is a gap. No steps show the message."""
        self._steps, self._shares, self._names = steps, shares, names
        self._pointed, self._cursor = None, max(0, len(steps) - 1)
        self.update()

    def set_message(self, message: str) -> None:
        """Why there are no curves; shown as long as there are none."""
        if message != self._message:
            self._message = message
            self.update()

    @property
    def limit(self) -> float:
        """Where the scale ends."""
        finite = self._shares[np.isfinite(self._shares)]
        return min(1.0, snapped_end(float(finite.max(initial=0.0)), _LEAST_TOP))

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(240), self._theme.px(130))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._theme.px(70))

    # What the user does

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self._step_at(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        place = walked(Qt.Key(event.key()), self._cursor, len(self._steps) - 1)
        if place is not None and len(self._steps):
            self._cursor = place
            self._point_at(place)
        else:
            event.ignore()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self._step_at(event.pos().x())
            QToolTip.showText(event.globalPos(), "" if place is None else plain_tip(self._tip(place)), self)
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if len(self._steps) and event.reason() != Qt.FocusReason.MouseFocusReason:
            self._point_at(self._cursor)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._point_at(None)

    def _point_at(self, place: int | None) -> None:
        if place != self._pointed:
            self._pointed = place
            self.update()
            self.pointed.emit(place)

    def _step_at(self, x: float) -> int | None:
        if not len(self._steps):
            return None
        return int(np.argmin(np.abs(self._places(self._plot()) - x)))

    # Geometry, in px

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._theme.font(Type.SMALL))

    def _plot(self) -> QRectF:
        theme, metrics = self._theme, self._metrics()
        right = max((metrics.horizontalAdvance(name) for name in self._names), default=0) + theme.px(22)
        left = QFontMetrics(theme.font(Type.MONO_SMALL)).horizontalAdvance("0.005") + theme.px(6)
        line = metrics.height()
        return QRectF(left, line / 2 + 2, self.width() - left - right, self.height() - 1.5 * line - 6)

    def _places(self, plot: QRectF) -> NDArray[np.float64]:
        """(S,) where the steps lie; a single one lies at the right."""
        first, last = int(self._steps[0]), int(self._steps[-1])
        if last == first:
            return np.full(len(self._steps), plot.right())
        places: NDArray[np.float64] = plot.left() + (self._steps - first) / (last - first) * plot.width()
        return places

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.panel)
        if not len(self._steps):
            paint_no_data(painter, QRectF(self.rect()), theme, self._message)
        else:
            plot = self._plot()
            x = self._places(plot)
            self._paint_axes(painter, plot)
            if self._pointed is not None:
                at = round(float(x[self._pointed])) + 0.5
                painter.setPen(theme.pen(theme.secondary))
                painter.drawLine(QPointF(at, plot.top()), QPointF(at, plot.bottom()))
            self._paint_curves(painter, plot, x)
        if self.hasFocus():
            paint_focus(painter, self.rect(), theme)

    def _paint_axes(self, painter: QPainter, plot: QRectF) -> None:
        theme, limit, line = self._theme, self.limit, self._metrics().height()
        painter.setFont(theme.font(Type.MONO_SMALL))
        step, values = ticks(0.0, limit, max(2, int(plot.height() / theme.px(30))))
        for value in values:
            y = round(plot.bottom() - value / limit * plot.height()) + 0.5
            painter.setPen(theme.pen(theme.line, alpha=0.4))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(theme.pen(theme.secondary))
            room = QRectF(0, y - line / 2, plot.left() - theme.px(4), line)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(room, flags, tick_label(value, step))
        below = QRectF(plot.left(), plot.bottom() + 3, plot.width(), line + 2)
        first, last = int(self._steps[0]), int(self._steps[-1])
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, self.tr("step {0:,}").format(last))
        if last > first:
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft, f"{first:,}")

    def _paint_curves(self, painter: QPainter, plot: QRectF, x: NDArray[np.float64]) -> None:
        theme, metrics, curves = self._theme, self._metrics(), len(self._names)
        limit = self.limit
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(Type.SMALL))
        placing = Placing(0.0, float(self.height()))
        for curve in reversed(range(curves)):  # names are placed from the last: it matters most
            colour = theme.layer_colour(curve, curves)
            y = plot.bottom() - self._shares[:, curve].astype(np.float64) / limit * plot.height()
            width = 2.5 if curve == curves - 1 else 1.5
            painter.setPen(theme.pen(colour, width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            known = np.flatnonzero(np.isfinite(y))
            for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
                painter.drawPolyline(QPolygonF([QPointF(float(x[at]), float(y[at])) for at in run]))
            if not len(known) or known[-1] != len(y) - 1:
                continue
            end = QPointF(float(x[-1]), float(y[-1]))
            words, left = self._names[curve], end.x() + theme.px(18)
            place = placing.place(left, end.y(), metrics.horizontalAdvance(words), metrics.height())
            if place is not None:
                painter.setPen(theme.pen(colour))
                painter.drawLine(end, QPointF(left - theme.px(3), place.y() + metrics.height() / 2))
                painter.setPen(theme.pen(theme.text if curve == curves - 1 else theme.secondary))
                painter.drawText(QPointF(place.x(), place.y() + metrics.ascent()), words)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(end, 2.5, 2.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
