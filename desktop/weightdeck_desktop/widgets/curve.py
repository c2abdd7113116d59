"""A plot's curves and levels: how they look, and where their points come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsPathItem, QGraphicsSimpleTextItem

from weightdeck_desktop.theme import Theme

Floats = NDArray[np.float64]
Colour = Callable[[Theme], QColor]

# Points of a line with low <= x < high, x ascending; `columns` pixels will show them, so more than some 20
# points a pixel are wasted.
Source = Callable[[float, float, int], tuple[Floats, Floats]]


@dataclass(frozen=True)
class CurveStyle:
    """How a curve looks. `label` stands at its end, in `label_colour` (text needs more contrast)."""

    colour: Colour
    width: float = 1.0
    alpha: float = 1.0
    label: str = ""
    label_colour: Colour = lambda theme: theme.text


@dataclass(frozen=True)
class Level:
    """A dashed horizontal line with a label at its right end."""

    value: float
    label: str
    tip: str = ""


class Curve:
    """A curve's items, where its points come from, and what was drawn last."""

    def __init__(self, style: CurveStyle, item: QGraphicsPathItem, label: QGraphicsSimpleTextItem) -> None:
        self.style = style
        self.item = item
        self.label = label
        self.source: Source | None = None
        self.points = (np.empty(0), np.empty(0))  # in data units, where there is no source
        self.x = np.empty(0)  # in pixels
        self.y = np.empty(0)
