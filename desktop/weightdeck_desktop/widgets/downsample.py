"""A matrix in fewer pixels than it has numbers, without losing a large one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def numbers_behind(offset: float, length: float, count: int) -> tuple[int, int]:
    """Which of `count` numbers share the pixel at `offset` of a side `length` px long."""
    pixel, pixels = int(offset), max(1, int(length))
    first = min(pixel * count // pixels, count - 1)
    return first, min(count, max(first + 1, (pixel + 1) * count // pixels))


def largest_fitted(sizes: Floats, height: int, width: int) -> Floats:
    """The matrix in `height` by `width` pixels: of numbers that share a pixel the largest."""
    for axis, pixels in enumerate((height, width)):
        count = sizes.shape[axis]
        starts = np.arange(pixels) * count // pixels
        sizes = np.maximum.reduceat(sizes, starts, axis) if pixels < count else sizes.take(starts, axis)
    return sizes
