"""Long lines in few points: nothing that a pixel column shows is lost."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def decimate(x_px: Floats, y: Floats) -> tuple[Floats, Floats]:
    """At most two points for every pixel column: its least and its greatest y, in the order of the line.

    `x_px` ascends, in pixels. A column without a finite y becomes one NaN: a gap in the line.
    """
    if len(x_px) == 0:
        return x_px, y
    y = np.where(np.isfinite(y), y, np.nan)
    columns = np.floor(x_px)
    starts = np.flatnonzero(np.diff(columns, prepend=columns[0] - 1.0))
    ends = np.append(starts[1:], len(x_px)) - 1
    if (ends - starts).max() <= 1:
        return x_px, y
    low = np.fmin.reduceat(y, starts)
    high = np.fmax.reduceat(y, starts)
    rises = np.abs(y[starts] - low) <= np.abs(high - y[starts])
    out_x = np.stack((x_px[starts], x_px[ends]), axis=1)
    out_y = np.stack((np.where(rises, low, high), np.where(rises, high, low)), axis=1)
    keep = np.ones(out_y.shape, dtype=bool)
    keep[:, 1] = (ends > starts) & (low != high) & ~np.isnan(low)
    return out_x[keep], out_y[keep]


def with_dashes(x_px: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The line with each point that stands alone between gaps made a dash of a pixel: it would be invisible."""
    seen = np.concatenate(([False], ~np.isnan(y), [False]))
    alone = np.flatnonzero(seen[1:-1] & ~seen[:-2] & ~seen[2:])
    return np.insert(x_px, alone + 1, x_px[alone] + 1.0), np.insert(y, alone + 1, y[alone])


class MinMaxSeries:
    """A growing series kept at several resolutions, so that any window of it costs about the same to draw.

    Level k holds the least and the greatest finite value of every 8**k values. Memory: some 11 bytes a value.
    """

    FACTOR = 8

    def __init__(self) -> None:
        self._count = 0
        everything = np.full(1024, np.nan)
        self._levels: list[tuple[Floats, Floats]] = [(everything, everything)]  # (low, high) each, with room
        self.low = math.inf  # least and greatest finite value so far
        self.high = -math.inf

    def __len__(self) -> int:
        return self._count

    def append(self, values: Floats) -> None:
        """Take the next values; what is not finite is a gap."""
        if len(values) == 0:
            return
        first, self._count = self._count, self._count + len(values)
        finite = values[np.isfinite(values)]
        if len(finite):
            self.low = min(self.low, float(finite.min()))
            self.high = max(self.high, float(finite.max()))
        cleaned = np.where(np.isfinite(values), values, np.nan)
        self._store(0, first, cleaned, cleaned)
        level, count = 0, self._count
        while count > self.FACTOR:
            # A level that begins now has to hold what came before it, too.
            first = first // self.FACTOR if level + 1 < len(self._levels) else 0
            low, high = (
                _folded(part[first * self.FACTOR : count], self.FACTOR) for part in self._levels[level]
            )
            level, count = level + 1, -(-count // self.FACTOR)
            self._store(level, first, np.fmin.reduce(low, axis=1), np.fmax.reduce(high, axis=1))

    def window(self, first: int, last: int, most: int) -> tuple[NDArray[np.int64], Floats]:
        """Places and values of the line from `first` to before `last`: every value, or minima and maxima.

        Uses the finest level that needs no more than `most` groups, so up to 2 * `most` points come back.
        """
        last = min(last, self._count)
        level, size = 0, 1
        while -(-(last - first) // size) > most and level + 1 < len(self._levels):
            level, size = level + 1, size * self.FACTOR
        if level == 0:
            return np.arange(first, max(first, last)), self._levels[0][0][first:last]
        groups = np.arange(first // size, -(-last // size))
        low, high = self._levels[level]
        values = np.stack((low[groups], high[groups]), axis=1).reshape(-1)
        return np.repeat(np.maximum(groups * size, first), 2), values

    def at(self, place: int) -> float:
        """One value; NaN for a gap."""
        return float(self._levels[0][0][place])

    def values(self) -> Floats:
        """Every value so far; a view, not to be kept."""
        return self._levels[0][0][: self._count]

    def _store(self, level: int, first: int, low: Floats, high: Floats) -> None:
        needed = first + len(low)
        if level == len(self._levels):
            self._levels.append((np.full(needed, np.nan), np.full(needed, np.nan)))
        lows, highs = self._levels[level]
        if needed > len(lows):
            room = np.full(max(needed, 2 * len(lows)) - len(lows), np.nan)
            lows = np.concatenate((lows, room))
            highs = lows if level == 0 else np.concatenate((highs, room))
            self._levels[level] = (lows, highs)
        lows[first:needed] = low
        highs[first:needed] = high


def _folded(values: Floats, factor: int) -> Floats:
    """Rows of `factor` values, the last filled up with NaN."""
    missing = -len(values) % factor
    return np.concatenate((values, np.full(missing, np.nan))).reshape(-1, factor)
