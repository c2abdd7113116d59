"""From the recorded bins to the bins on screen: what range to show of a tensor, and how finely.

Letters: R rows (moments or tensors), B recorded bins, S bins on screen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.bins import GRADIENT_BINS, WEIGHT_BINS, AsinhBins
from weightdeck_desktop.widgets.axes import nice_step, snapped_end, snapped_range, tick_label

Counts = NDArray[np.int32]
Floats = NDArray[np.float64]

_SHARE_OUTSIDE = 0.005  # of the values, on either side, that may lie beyond what is shown
_FEWEST_RECORDED = 8  # recorded bins in view: a tensor of equal values is a thin spike, not a wall
_MOST_BINS = 64


@dataclass(frozen=True)
class ScreenBins:
    """Bins of even width on screen: `edges` (S + 1,) are values, `ticks` places from 0 to 1 with labels."""

    source: AsinhBins
    edges: Floats
    ticks: tuple[tuple[float, str], ...]

    def shares(self, counts: Counts) -> Floats:
        """Share of all values in each bin, (R, S) for counts (R, B); values beyond the edges are left out."""
        result: Floats = np.diff(
            _below(counts, self.source, np.broadcast_to(self.edges, (len(counts), len(self.edges))))
        )
        return result

    def heights(self, counts: Counts) -> Floats:
        """The same with the highest of each row as 1; all 0 without values."""
        return _to_one(self.shares(counts))


def central_ranges(
    counts: Counts, source: AsinhBins, outside: float = _SHARE_OUTSIDE
) -> tuple[Floats, Floats]:
    """Low and high ends (R,) of the recorded bins that hold the centre of each row of `counts` (R, B).

    A share `outside` of the values may lie beyond either end.
    """
    inside = np.cumsum(counts, axis=1) / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    first = (inside > outside).argmax(axis=1)
    last = (inside >= 1.0 - outside).argmax(axis=1) + 1
    missing = np.maximum(0, _FEWEST_RECORDED - (last - first))
    first = np.maximum(0, first - (missing + 1) // 2)
    last = np.minimum(source.count, last + (missing + 1) // 2)
    return source.edges[first], source.edges[last]


def core_width(counts: Counts, source: AsinhBins) -> float:
    """The x such that the central three quarters of every row of `counts` (R, B) lie within [-x, x]."""
    low, high = central_ranges(counts, source, outside=0.125)
    return float(np.maximum(-low, high).max())


def weight_bins(low: float, high: float, size: int) -> ScreenBins:
    """Even bins for a tensor of `size` values around [low, high], around 0 if that lies within; nice ends."""
    source = WEIGHT_BINS
    if low <= 0.0 <= high:
        high = snapped_end(max(-low, high), 1e-3)
        low = -high
    else:
        low, high = snapped_range(low, high)
    middle = int(np.clip(np.searchsorted(source.edges, (low + high) / 2.0), 1, source.count))
    finest = float(source.edges[middle] - source.edges[middle - 1])
    count = min(_bin_count(size), max(8, int((high - low) / finest) // 2 * 2))
    step = nice_step(high - low, 4)
    marks = [
        number * step for number in range(math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6) + 1)
    ]
    ticks = tuple(((value - low) / (high - low), tick_label(value, step)) for value in marks)
    return ScreenBins(source, np.linspace(low, high, count + 1), ticks)


def gradient_bins(limit: float, core: float, size: int) -> ScreenBins:
    """Bins for [-limit, limit] on an axis even in asinh(x / core): most values are small, a few large."""
    limit = snapped_end(limit, 1e-6)
    core = snapped_end(core, 1e-7)
    half = math.asinh(limit / core)
    edges = core * np.sinh(np.linspace(-half, half, _bin_count(size) + 1))
    inner = 10.0 ** round(math.log10(core * math.sinh(half / 2)))
    marks = [-limit, -inner, 0.0, inner, limit] if inner < limit / 2 else [-limit, 0.0, limit]
    ticks = tuple(
        (0.5 + math.asinh(mark / core) / half / 2, tick_label(mark, abs(mark) or 1.0)) for mark in marks
    )
    return ScreenBins(GRADIENT_BINS, edges, ticks)


def _bin_count(size: int) -> int:
    """About 4 * size**(1/3), even (an edge at the middle): few values in many bins show noise as shape."""
    return min(_MOST_BINS, max(8, round(4.0 * size ** (1.0 / 3.0)) // 2 * 2))


def thumbnail_heights(counts: Counts, source: AsinhBins, columns: int) -> Floats:
    """(R, columns) heights, 0 to 1, over each tensor's own central range, around 0 if that lies within.

    Gradients are stretched near 0 as in the large picture.
    """
    low, high = central_ranges(counts, source)
    around_zero = (low <= 0.0) & (high >= 0.0)
    limit = np.maximum(-low, high)
    low, high = np.where(around_zero, -limit, low), np.where(around_zero, limit, high)
    unit = np.linspace(0.0, 1.0, columns + 1)
    edges = low[:, None] + (high - low)[:, None] * unit
    if source is GRADIENT_BINS:
        core = np.maximum(*np.abs(central_ranges(counts, source, outside=0.125)))[:, None]
        edges = core * np.sinh((2.0 * unit - 1.0) * np.arcsinh(limit[:, None] / core))
    return _to_one(np.diff(_below(counts, source, edges)))


def _to_one(shares: Floats) -> Floats:
    result: Floats = shares / np.maximum(shares.max(axis=1, keepdims=True), 1e-300)
    return result


def _below(counts: Counts, source: AsinhBins, at: Floats) -> Floats:
    """Share (R, K) of each row's values below `at` (R, K); within a recorded bin they count as even."""
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    below = np.pad(np.cumsum(counts, axis=1) / total, ((0, 0), (1, 0)))
    half = math.asinh(source.limit / source.linear)
    position = np.clip((np.arcsinh(at / source.linear) / half + 1.0) * source.count / 2.0, 0.0, source.count)
    whole = np.minimum(position.astype(np.int64), source.count - 1)
    start = np.take_along_axis(below, whole, axis=1)
    end = np.take_along_axis(below, whole + 1, axis=1)
    result: Floats = start + (position - whole) * (end - start)
    return result
