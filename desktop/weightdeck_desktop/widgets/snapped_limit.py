"""The end of a scale, in steps that a person can read and that do not move at every refresh."""

from __future__ import annotations

import math
from collections.abc import Sequence

COARSE = (1.0, 2.0, 5.0)
FINE = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)  # where what is seen should fill its room


def step_up(value: float, steps: Sequence[float] = COARSE) -> float:
    """The smallest of the steps times a power of ten that is at least `value` (> 0, finite)."""
    decade = 10.0 ** math.floor(math.log10(value))
    for factor in steps:
        if factor * decade >= value * (1 - 1e-9):  # 0.1 + 0.2 is still 0.3
            return factor * decade
    return 10.0 * decade


class SnappedLimit:
    """Grows as soon as the data pass it, shrinks only when they would leave room on the smaller scale too."""

    ROOM = 0.7  # how full the smaller scale may be for the limit to go down to it

    def __init__(self, smallest: float = 1e-3, steps: Sequence[float] = COARSE) -> None:
        self._smallest = smallest
        self._steps = tuple(steps)
        self.value = 0.0  # 0 until the first fit

    def fit(self, largest: float) -> float:
        """The limit for data whose largest magnitude is `largest`; what is not finite leaves it as it is."""
        if not math.isfinite(largest):
            return self.value or self._smallest
        if largest > self.value or not self.value:
            self.value = step_up(max(largest, self._smallest), self._steps)
        else:
            self.value = min(self.value, step_up(max(largest / self.ROOM, self._smallest), self._steps))
        return self.value

    def reset(self) -> None:
        """Forget the past: the next data are fitted freely."""
        self.value = 0.0
