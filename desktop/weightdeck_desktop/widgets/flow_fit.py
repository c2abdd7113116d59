"""Whether more of the flow can be seen at once. Plain geometry, no widgets."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QRectF


class Fit(Enum):
    MORE = auto()  # more of it, or its beginning
    SMALLEST = auto()  # not all of it is seen, but no more can be
    ALL = auto()  # all of it is seen


def fit_of(seen: QRectF, width: float, height: float, *, is_fitted: bool) -> Fit:
    """`seen` of a plan of this size; `is_fitted`: at the zoom that shows most of it."""
    if not is_fitted or seen.left() > 0.0 or seen.top() > 0.0:
        return Fit.MORE
    is_whole = width <= seen.width() + 1.0 and height <= seen.height() + 1.0  # a scene has no whole pixels
    return Fit.ALL if is_whole else Fit.SMALLEST
