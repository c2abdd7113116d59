"""The loss of a whole run in a strip: the least and the greatest value of every pixel column, made into a picture."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from weightdeck_desktop.widgets.decimate import MinMaxSeries

Floats = NDArray[np.float64]

_MOST = 4096  # groups of values that are looked at for one picture: more than a strip has columns
_CALM = 99.0  # percent of the columns that lie within the strip: one spike must not flatten all the rest


class LossLine:
    """A growing series of losses by step. What is told again costs nothing; only new values are looked at."""

    def __init__(self) -> None:
        self._steps = MinMaxSeries()
        self._losses = MinMaxSeries()

    def set_series(self, steps: Floats, losses: Floats) -> bool:
        """Take all values of the run, `steps` ascending, a gap where a loss is not finite.

        True where this is another series than the one that was known, not its continuation.
        """
        known = len(self._steps)
        is_other = not self._continues(steps, losses)
        if is_other:
            self._steps, self._losses, known = MinMaxSeries(), MinMaxSeries(), 0
        self._steps.append(np.asarray(steps[known:], dtype=np.float64))
        self._losses.append(np.asarray(losses[known:], dtype=np.float64))
        return is_other

    def at(self, step: int) -> float:
        """The loss at a step; NaN where there is none."""
        place = bisect_left(range(len(self._steps)), float(step), key=self._steps.at)
        is_known = place < len(self._steps) and self._steps.at(place) == step
        return self._losses.at(place) if is_known else float("nan")

    def columns(self, newest: int, width: int) -> tuple[Floats, Floats]:
        """Least and greatest loss in each of `width` columns between step 0 and `newest`; NaN is a gap."""
        low, high = np.full(width, np.nan), np.full(width, np.nan)
        places, values = self._losses.window(0, len(self._losses), _MOST)
        if len(places) == 0:
            return low, high
        at = np.clip(self._steps.values()[places] * width / max(1, newest), 0, width - 1).astype(np.int64)
        starts = np.flatnonzero(np.diff(at, prepend=-1))
        filled = at[starts]
        low[filled], high[filled] = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
        return _bridged(low, filled), _bridged(high, filled)

    def _continues(self, steps: Floats, losses: Floats) -> bool:
        """Whether what is known is the beginning of this series: a branch has another value where it goes on."""
        last = len(self._steps) - 1
        return last < 0 or (
            len(steps) > last
            and float(steps[0]) == self._steps.at(0)
            and float(steps[last]) == self._steps.at(last)
            and np.array_equal(
                np.nan_to_num(losses[last : last + 1], posinf=np.nan, neginf=np.nan, nan=np.nan),
                [self._losses.at(last)],
                equal_nan=True,
            )
        )


def line_image(low: Floats, high: Floats, height: int, colour: QColor, thickness: float) -> QImage:
    """The line between `low` and `high` in each column, `height` px high, on nothing; low values lie at the bottom."""
    width = len(low)
    finite = np.isfinite(low)
    pixels = np.zeros((height, width), dtype=np.uint32)
    if finite.any():
        bottom, top = float(low[finite].min()), float(np.percentile(high[finite], _CALM))
        room = height - 1.0 - thickness
        scale = room / (top - bottom) if top > bottom else 0.0
        flat = 0.0 if scale else room / 2
        upper = room - flat - np.clip((high - bottom) * scale, 0.0, room)
        lower = room - flat - np.clip((low - bottom) * scale, 0.0, room)
        upper, lower = _joined(upper, lower)
        rows = np.arange(height)[:, None]
        covered = np.minimum(rows + 1.0, lower + thickness + 0.5) - np.maximum(rows, upper + 0.5)
        alpha = np.nan_to_num(np.clip(covered, 0.0, 1.0)) * colour.alphaF()
        for channel, shift in ((colour.red(), 16), (colour.green(), 8), (colour.blue(), 0), (255, 24)):
            pixels |= np.round(alpha * channel).astype(np.uint32) << shift
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    return image.copy()  # the array's memory goes


def _bridged(values: Floats, filled: NDArray[np.int64]) -> Floats:
    """Values between columns that no step falls into; a filled column without a finite value stays a gap."""
    finite = filled[np.isfinite(values[filled])]
    if len(finite) == 0:
        return values
    every = np.arange(len(values))
    bridged: Floats = np.interp(every, finite, values[finite], left=np.nan, right=np.nan)
    bridged[np.setdiff1d(filled, finite)] = np.nan
    return bridged


def _joined(upper: Floats, lower: Floats) -> tuple[Floats, Floats]:
    """Columns that do not touch their neighbour grow half the way to it."""
    upper, lower = upper.copy(), lower.copy()
    falls = np.fmax(upper[1:] - lower[:-1], 0.0) / 2  # the right one lies below the left one
    rises = np.fmax(upper[:-1] - lower[1:], 0.0) / 2
    grown_lower, grown_upper = lower.copy(), upper.copy()
    grown_lower[:-1] = np.fmax(grown_lower[:-1], lower[:-1] + falls)
    grown_upper[1:] = np.fmin(grown_upper[1:], upper[1:] - falls)
    grown_upper[:-1] = np.fmin(grown_upper[:-1], upper[:-1] - rises)
    grown_lower[1:] = np.fmax(grown_lower[1:], lower[1:] + rises)
    return grown_upper, grown_lower
