"""Scales, nice numbers and tick labels: the arithmetic of an axis, without Qt."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_STEPS = (1.0, 2.0, 5.0, 10.0)
_ENDS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_TINY = 1e-9  # so that 0.1 + 0.2 is still 0.3


def nice_step(span: float, most: int) -> float:
    """The smallest of 1, 2, 5 times a power of ten that cuts `span` (> 0) into at most `most` pieces."""
    wanted = span / most
    decade = 10.0 ** math.floor(math.log10(wanted))
    return next(factor * decade for factor in _STEPS if factor * decade >= wanted * (1.0 - _TINY))


def snapped_end(value: float, least: float) -> float:
    """The end of a scale that begins at 0 and holds `value`: grows in few, nice steps from `least`."""
    value = max(value, least)
    decade = 10.0 ** math.floor(math.log10(value))
    return next(factor * decade for factor in _ENDS if factor * decade >= value * (1.0 - _TINY))


def snapped_range(low: float, high: float) -> tuple[float, float]:
    """A range around [low, high] (finite) whose ends move in nice steps only; never empty."""
    span = max(high - low, abs(high) * 1e-3, 1e-12)
    step = nice_step(span, 8)
    first = math.floor(low / step + _TINY) * step
    last = math.ceil(high / step - _TINY) * step
    return first, last if last > first else first + step


def snapped_log_range(low: float, high: float) -> tuple[float, float]:
    """The same for a logarithmic axis; `low` > 0."""
    decade = 10.0 ** math.floor(math.log10(low))
    first = next(factor * decade for factor in reversed(_ENDS) if factor * decade <= low * (1.0 + _TINY))
    last = snapped_end(high, low)
    return first, last if last > first else 2.0 * first


def tick_label(value: float, step: float) -> str:
    """A number as a tick, with the decimals that ticks `step` apart need: "1,240", "0.25", "−0.3", "2e-5"."""
    if abs(value) < step * 1e-6:
        return "0"
    size = abs(value)
    if size >= 1e7 or size < 1e-4:
        mantissa, exponent = f"{size:.1e}".split("e")
        text = f"{float(mantissa):g}e{int(exponent)}"
    else:
        decimals = min(8, max(0, -math.floor(math.log10(step) + _TINY)))
        text = f"{size:,.{decimals}f}"
    return f"−{text}" if value < 0.0 else text


class Axis:
    """What an axis shows and may show. `low` and `high` are the view's ends, in data units.

    On a logarithmic axis an extent that begins at or below 0 begins at `log_floor`, or without one at a
    ten-thousandth of its end. Zooming stays between a ten-thousandth and three times the extent.
    """

    def __init__(self, *, log_floor: float = 0.0) -> None:
        self._log_floor = log_floor
        self._extent = (0.0, 1.0)
        self._log = False
        self._view = (0.0, 1.0)  # in inner units: the value, or its decimal logarithm

    @property
    def log(self) -> bool:
        return self._log

    @property
    def low(self) -> float:
        return self._outer(self._view[0])

    @property
    def high(self) -> float:
        return self._outer(self._view[1])

    def set_extent(self, low: float, high: float) -> bool:
        """What `fit` shows (`low` < `high`, finite); True if it changed."""
        changed = (low, high) != self._extent
        self._extent = (low, high)
        return changed

    def set_log(self, log: bool) -> None:
        """Turn to a linear or logarithmic axis that shows everything."""
        self._log = log
        self.fit()

    def fit(self) -> None:
        """Show the whole extent."""
        self._view = self._full()

    def zoom(self, factor: float, at: float) -> None:
        """Widen the view by `factor` (below 1: narrow it) around the place `at`, 0 (low end) to 1."""
        low, high = self._view
        full = self._full()
        span = (high - low) * factor
        whole = full[1] - full[0]
        span = min(max(span, whole * 1e-4), whole * 3.0)
        centre = low + at * (high - low)
        self._place(centre - at * span, span)

    def pan(self, share: float) -> None:
        """Move the view by a share of its width."""
        low, high = self._view
        self._place(low + share * (high - low), high - low)

    def to_unit(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places of values, 0 at the low and 1 at the high end; NaN where a logarithm has none."""
        low, high = self._view
        if self._log:
            values = np.log10(np.where(values > 0.0, values, np.nan))
        result: NDArray[np.float64] = (values - low) / (high - low)
        return result

    def place(self, value: float) -> float:
        """`to_unit` of one value."""
        return float(self.to_unit(np.array([value]))[0])

    def to_value(self, unit: float) -> float:
        """The value at a place."""
        low, high = self._view
        return self._outer(low + unit * (high - low))

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """At most about `most` values in view with their labels, ascending."""
        decades = self._view[1] - self._view[0]
        if self._log and decades > 1.2:
            factors = (1.0, 2.0, 5.0) if 3.0 * decades <= most else (1.0,)
            stride = max(1, math.ceil(decades / most))
            first = math.floor(self._view[0] / stride) * stride
            powers = range(first, math.ceil(self._view[1]) + 1, stride)
            values = [factor * 10.0**power for power in powers for factor in factors]
            return [(value, tick_label(value, min(value, 1.0))) for value in values if self._shows(value)]
        step = nice_step(self.high - self.low, most)
        first = math.ceil(self.low / step - 1e-6)
        values = [number * step for number in range(first, math.floor(self.high / step + 1e-6) + 1)]
        return [(value, tick_label(value, step)) for value in values]

    def _shows(self, value: float) -> bool:
        return self.low * (1.0 - 1e-6) <= value <= self.high * (1.0 + 1e-6)

    def _full(self) -> tuple[float, float]:
        low, high = self._extent
        if not self._log:
            return low, high
        high = max(high, 1e-12)
        low = low if low > 0.0 else self._log_floor or high * 1e-4
        return math.log10(low), math.log10(high)

    def _outer(self, inner: float) -> float:
        return 10.0**inner if self._log else inner

    def _place(self, low: float, span: float) -> None:
        """Put the view at `low`, so that a part of the extent stays in sight."""
        full = self._full()
        margin = span * 0.9
        low = min(max(low, full[0] - margin), full[1] + margin - span)
        self._view = (low, low + span)
