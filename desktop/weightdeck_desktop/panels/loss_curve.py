"""One metric of a run and its smoothed course, taken from the history bit by bit."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.history import History, Smoother
from weightdeck_desktop.widgets.decimate import MinMaxSeries

MOST_AT_ONCE = 20_000  # steps taken in one go: some 10 ms, so that a long run does not stop the window

Floats = NDArray[np.float64]


class MetricCurve:
    """A column of `METRICS` as long as the history, raw and smoothed; each value is looked at once."""

    def __init__(self, metric: str, smoothing: float) -> None:
        self.metric = metric
        self.raw = MinMaxSeries()
        self.smoothed = MinMaxSeries()
        self._smoother = Smoother(smoothing)

    def smooth(self, smoothing: float) -> None:
        """Begin the smoothed course anew with another weight on the past."""
        self.smoothed = MinMaxSeries()
        self._smoother = Smoother(smoothing)

    def take(self, history: History) -> bool:
        """Take up to `MOST_AT_ONCE` new steps; whether all have been taken."""
        values = history.metric(self.metric)
        self.raw.append(values[len(self.raw) : len(self.raw) + MOST_AT_ONCE])
        done = len(self.smoothed)
        new = values[done : done + MOST_AT_ONCE].tolist()
        self.smoothed.append(np.array([self._smoother.add(value) for value in new], dtype=np.float64))
        return len(self.raw) == len(self.smoothed) == len(history)


def points_of(
    history: History, series: Callable[[], MinMaxSeries]
) -> Callable[[float, float, int], tuple[Floats, Floats]]:
    """A plot's source (see widgets.plot): the steps and values of a series that grows with the history."""

    def points(low: float, high: float, columns: int) -> tuple[Floats, Floats]:
        steps = history.metric("step")
        first, last = bisect_left(steps, low), bisect_left(steps, high)
        places, values = series().window(first, last, 4 * columns)
        return steps[places], values

    return points
