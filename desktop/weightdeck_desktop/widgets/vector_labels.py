"""Places for the names of points: none covers another or a point, and one that had a place keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

Floats = NDArray[np.float64]

# Where a label stands about its point, in halves of its size: right, left, above, below, and the corners.
_SIDES = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (-1, -1), (1, 1), (-1, 1))


def place_labels(
    points_V2: Floats,
    sizes: Mapping[int, tuple[float, float]],
    order: Sequence[int],
    room: QRectF,
    *,
    apart: float,
    before: Mapping[int, int],
    must: int,
) -> dict[int, tuple[int, QRectF]]:
    """The side and the place, px, of every label that has one, in `order` of importance.

    `sizes`: width and height of the labels. `apart`: px from a point to its label. `before`: sides of the last time,
    which are tried first. The first `must` of the order get a place whatever it covers.
    """
    placed: dict[int, tuple[int, QRectF]] = {}
    taken = np.empty((len(order), 4))
    for rank, place in enumerate(order):
        candidates = _candidates(points_V2[place], sizes[place], apart, before.get(place, 0))
        free = (
            candidate
            for candidate in candidates
            if room.contains(candidate[1]) and _is_free(candidate[1], place, points_V2, taken[: len(placed)])
        )
        chosen = next(free, None)
        if chosen is None and rank < must:
            inside = (candidate for candidate in candidates if room.contains(candidate[1]))
            chosen = next(inside, candidates[0])
        if chosen is not None:
            rect = chosen[1]
            taken[len(placed)] = (rect.left(), rect.right(), rect.top(), rect.bottom())
            placed[place] = chosen
    return placed


def _candidates(
    at_2: Floats, size: tuple[float, float], apart: float, first: int
) -> list[tuple[int, QRectF]]:
    x, y = at_2.tolist()
    width, height = size
    sides = [first, *(side for side in range(len(_SIDES)) if side != first)]
    rects = []
    for side in sides:
        right, down = _SIDES[side]
        reach = apart if not (right and down) else 0.7 * apart
        middle = x + right * (reach + width / 2), y + down * (reach + height / 2)
        rects.append((side, QRectF(middle[0] - width / 2, middle[1] - height / 2, width, height)))
    return rects


def _is_free(rect: QRectF, own: int, points_V2: Floats, taken_N4: Floats) -> bool:
    left, right, top, bottom = rect.left(), rect.right(), rect.top(), rect.bottom()
    covers = (taken_N4[:, 0] < right) & (left < taken_N4[:, 1])
    if bool((covers & (taken_N4[:, 2] < bottom) & (top < taken_N4[:, 3])).any()):
        return False
    x, y = points_V2[:, 0], points_V2[:, 1]
    holds = (left - 1 < x) & (x < right + 1) & (top < y) & (y < bottom)
    holds[own] = False
    return not bool(holds.any())
