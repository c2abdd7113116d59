"""From points of a plane to pixels: equal scale on both axes, and a frame that moves only when it must."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

Floats = NDArray[np.float64]

_FULL = 0.92  # share of the room that points take when they are fitted
_LEAST = 0.55  # share below which they are fitted again


class VectorFrame:
    """Fits points into a room, and keeps its scale as long as all of them stay inside and do not shrink far: so points
    that move with training move within a frame that stands.
    """

    def __init__(self) -> None:
        self._room = QRectF()
        self._middle = np.zeros(2)
        self._scale = 0.0  # px of a unit; 0 until the first fit

    @property
    def scale(self) -> float:
        """Pixels of a unit, on both axes."""
        return self._scale or 1.0

    def reset(self) -> None:
        """Forget the past: the next points are fitted freely."""
        self._scale = 0.0

    def fit(self, points_V2: Floats, room: QRectF) -> None:
        """Take the room, px, and change the frame if these points (finite, at least one) ask for it."""
        low, high = points_V2.min(0), points_V2.max(0)
        size = np.array([room.width(), room.height()])
        if room == self._room and self._scale and self._still_fits(low, high, size):
            return
        self._room, self._middle = room, (low + high) / 2
        extents = high - low
        largest = float(extents.max())
        if largest > 0.0:
            self._scale = float(_FULL * np.min(size / np.maximum(extents, 1e-6 * largest)))
        else:
            self._scale = 1.0

    def to_px(self, points_V2: Floats) -> Floats:
        """(V, 2) where points lie in the widget; up is more."""
        centre = self._room.center()
        return (points_V2 - self._middle) * (self.scale, -self.scale) + (centre.x(), centre.y())

    def ends(self, axis: int) -> tuple[float, float]:
        """The lowest and the highest value that the room shows along an axis, 0 across and 1 up."""
        reach = (self._room.height() if axis else self._room.width()) / 2 / self.scale
        return float(self._middle[axis]) - reach, float(self._middle[axis]) + reach

    def _still_fits(self, low: Floats, high: Floats, size: Floats) -> bool:
        reach = size / 2 / self._scale
        inside = bool(np.all(low >= self._middle - reach) and np.all(high <= self._middle + reach))
        return inside and float(np.max((high - low) * self._scale / size)) >= _LEAST
