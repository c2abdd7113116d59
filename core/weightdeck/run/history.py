"""The recorded series of one run, as the window and the headless commands keep them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.frame import METRICS, Record

MOST_RECORDS = 240  # beyond this every second one is dropped: enough for the width of a plot, bounded memory


class History:
    """Per-step metrics (all of them) and records (thinned evenly when there are many). Owned by one thread."""

    def __init__(self) -> None:
        self._rows = np.empty((1024, len(METRICS)))
        self._count = 0
        self._records: list[Record] = []
        self._stride = 1  # keep one record in so many
        self._offered = 0
        self._losses: list[tuple[int, float]] = []

    def __len__(self) -> int:
        return self._count

    def add_metrics(self, rows: NDArray[np.float64]) -> None:
        """Append rows of `METRICS`."""
        needed = self._count + len(rows)
        if needed > len(self._rows):
            grown = np.empty((max(needed, 2 * len(self._rows)), len(METRICS)))
            grown[: self._count] = self._rows[: self._count]
            self._rows = grown
        self._rows[self._count : needed] = rows
        self._count = needed

    def add_record(self, record: Record) -> None:
        """Append a record; its validation loss is kept for good, its histograms for as long as there is room."""
        self._losses.append((record.step, record.validation_loss))
        if self._offered % self._stride == 0:
            self._records.append(record)
        self._offered += 1
        if len(self._records) > MOST_RECORDS:
            self._records = self._records[::2]
            self._stride *= 2

    def metric(self, name: str) -> NDArray[np.float64]:
        """One column of `METRICS`, as a view of what has come so far; do not keep it."""
        return self._rows[: self._count, METRICS.index(name)]

    @property
    def records(self) -> tuple[Record, ...]:
        """The kept records, oldest (step 0) first."""
        return tuple(self._records)

    def validation(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Steps and validation losses."""
        if not self._losses:
            return np.empty(0), np.empty(0)
        table = np.asarray(self._losses, dtype=np.float64)
        return table[:, 0], table[:, 1]


class Smoother:
    """Exponential moving average of a growing series, corrected for its start; each value is looked at once.

    `smoothing` is the weight on the past, 0 (none) to below 1. The correction is that of Adam's moments (Kingma and
    Ba 2015, section 3).
    """

    def __init__(self, smoothing: float) -> None:
        self._smoothing = smoothing
        self._average = 0.0
        self._weight = 0.0
        self._values: list[float] = []

    def extend(self, values: NDArray[np.float64]) -> None:
        """Take the next values of the series and keep their averages for `series`."""
        self._values.extend(self.add(value) for value in values.tolist())

    def series(self) -> NDArray[np.float64]:
        """The averages of every value that came through `extend`."""
        return np.asarray(self._values)

    def add(self, value: float) -> float:
        """Take the next value and return the new average; what is not finite leaves it as it was."""
        if math.isfinite(value):
            self._average = self._smoothing * self._average + (1.0 - self._smoothing) * value
            self._weight = self._smoothing * self._weight + (1.0 - self._smoothing)
        return self.value

    @property
    def value(self) -> float:
        """The average of what has come so far; NaN before the first value."""
        return self._average / self._weight if self._weight > 0.0 else math.nan
