"""pyqtgraph's axis with our ticks, our fonts and a range that can be told in values."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QGraphicsItem

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.axes import log_ticks, tick_label, ticks

Floats = NDArray[np.float64]


class NumberAxis(pg.AxisItem):
    """An axis at the "left" of a plot, with grid lines, or at its "bottom".

    pyqtgraph's own range is in inner units: the value, or its decimal logarithm on a logarithmic axis. There an
    extent that begins at or below 0 begins at `log_floor`, or without one at a ten-thousandth of its end.
    """

    _overhang = 0.0  # px that labels may reach beyond the axis

    def __init__(self, orientation: str, *, log_floor: float = 0.0) -> None:
        super().__init__(orientation)
        self._log_floor = log_floor
        self._extent = (0.0, 1.0)
        self.pitch = 1.0  # px that a label needs along the axis
        self.enableAutoSIPrefix(False)
        self.setPen(None)  # no line along the axis
        self.setGrid(1.0 if orientation == "left" else False)
        # Measured: an update costs five times as much without. A change of range draws it anew: snap ranges.
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    @property
    def log(self) -> bool:
        return bool(self.logMode)

    @property
    def low(self) -> float:
        """The low end of the view, a value."""
        return self.to_value(self.range[0])

    @property
    def high(self) -> float:
        """The high end of the view, a value."""
        return self.to_value(self.range[1])

    @property
    def extent(self) -> tuple[float, float]:
        """All that there is to see, in inner units."""
        low, high = self._extent
        if not self.logMode:
            return low, high
        high = max(high, 1e-12)
        low = low if low > 0.0 else self._log_floor or high * 1e-4
        return float(np.log10(low)), float(np.log10(high))

    def set_extent(self, low: float, high: float) -> bool:
        """Take all that there is to see (`low` < `high`, finite); whether it changed."""
        changed = (low, high) != self._extent
        self._extent = (low, high)
        return changed

    def set_log(self, log: bool) -> None:
        """Logarithmic or linear from the next range on."""
        # Not pyqtgraph's setLogMode, which lets the view box clamp a range that is still in the old units.
        self.logMode = log
        self.picture = None

    def set_theme(self, theme: Theme) -> None:
        font = theme.font(Type.MONO_SMALL)
        metrics = QFontMetricsF(font)
        is_left = self.orientation == "left"
        self.pitch = theme.px(30) if is_left else metrics.horizontalAdvance("1,000,000") + theme.px(16)
        self.prepareGeometryChange()
        self._overhang = metrics.height() if is_left else self.pitch / 2
        self.setTextPen(theme.pen(theme.secondary))
        self.setTickPen(theme.pen(theme.line))
        self.setStyle(
            tickFont=font,
            tickAlpha=0.3,
            tickLength=0 if is_left else theme.px(4),
            tickTextOffset=theme.px(6 if is_left else 3),
        )

    def to_inner(self, values: Floats) -> Floats:
        """Values in inner units; NaN where a logarithm has none."""
        return np.log10(np.where(values > 0.0, values, np.nan)) if self.logMode else values

    def to_value(self, inner: float) -> float:
        return float(10.0**inner if self.logMode else inner)

    def labels(self, length: float) -> list[tuple[float, str]]:
        """Ticks of an axis `length` px long: places in inner units with what is written there."""
        [(step, places)] = self.tickValues(self.range[0], self.range[1], length)
        return list(zip(places, self.tickStrings(places, 1.0, step), strict=True))

    def tickValues(self, first: float, last: float, size: float) -> list[tuple[float | None, list[float]]]:
        low, high = self.to_value(first), self.to_value(last)
        step, values = (log_ticks if self.logMode else ticks)(low, high, max(2, int(size / self.pitch)))
        # What lies a rounding error beyond an end would not be drawn.
        return [(step, np.clip(self.to_inner(np.array(values)), first, last).tolist())]

    def tickStrings(self, values: list[float], scale: float, spacing: float | None) -> list[str]:
        written = (self.to_value(value) for value in values)
        return [tick_label(value, spacing or min(value, 1.0)) for value in written]

    def boundingRect(self) -> QRectF:
        reach = self._overhang
        return super().boundingRect().adjusted(-reach, -reach, reach, reach)
