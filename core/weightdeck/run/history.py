"""The recorded series of one run, as the window and the headless commands keep them."""

from __future__ import annotations

import math
from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.frame import METRICS, Record

MOST_RECORDS = 240  # beyond this every second one is dropped: enough for the width of a plot, bounded memory


class _Rows:
    """Rows of numbers that grow; a view of what there is costs nothing."""

    def __init__(self, columns: int) -> None:
        self._room = np.empty((1024, columns))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, rows: NDArray[np.float64]) -> None:
        needed = self._count + len(rows)
        if needed > len(self._room):
            grown = np.empty((max(needed, 2 * len(self._room)), self._room.shape[1]))
            grown[: self._count] = self.view
            self._room = grown
        self._room[self._count : needed] = rows
        self._count = needed

    @property
    def view(self) -> NDArray[np.float64]:
        """The rows so far; do not keep it."""
        return self._room[: self._count]


class History:
    """Per-step metrics (all of them) and records (thinned evenly when there are many). Owned by one thread."""

    def __init__(self) -> None:
        self._metrics = _Rows(len(METRICS))
        self._losses = _Rows(2)
        self._records: list[Record] = []
        self._newest: Record | None = None
        self._stride = 1  # keep one record in so many
        self._offered = 0

    def __len__(self) -> int:
        return len(self._metrics)

    def add_metrics(self, rows: NDArray[np.float64]) -> None:
        """Append rows of `METRICS`."""
        self._metrics.add(rows)

    def add_record(self, record: Record) -> None:
        """Append a record; its validation loss is kept for good, its histograms for as long as there is room."""
        self._losses.add(np.array([[record.step, record.validation_loss]]))
        self._newest = record
        if self._offered % self._stride == 0:
            self._records.append(record)
        self._offered += 1
        if len(self._records) > MOST_RECORDS:
            self._records = self._records[::2]
            self._stride *= 2

    def metric(self, name: str) -> NDArray[np.float64]:
        """One column of `METRICS`, as a view of what has come so far; do not keep it."""
        return self._metrics.view[:, METRICS.index(name)]

    @property
    def records(self) -> tuple[Record, ...]:
        """The kept records, oldest (step 0) first; the newest of all may not be among them."""
        return tuple(self._records)

    def records_until(self, step: int | None) -> tuple[Record, ...]:
        """The kept records at or before `step`; all of them for None."""
        if step is None:
            return self.records
        return tuple(self._records[: bisect_right(self._records, step, key=lambda record: record.step)])

    @property
    def newest(self) -> Record | None:
        """The newest record."""
        return self._newest

    def validation(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Steps and validation losses, as views; do not keep them."""
        return self._losses.view[:, 0], self._losses.view[:, 1]


class Smoother:
    """Exponential moving average of a growing series, corrected for its start; each value is looked at once.

    `smoothing` is the weight on the past, 0 (none) to below 1. The correction is that of Adam's moments (Kingma and
    Ba 2015, section 3).
    """

    def __init__(self, smoothing: float) -> None:
        self._smoothing = smoothing
        self._average = 0.0
        self._weight = 0.0

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
