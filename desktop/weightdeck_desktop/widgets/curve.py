"""A plot's curves and levels: how they look, and where their points come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QGraphicsSimpleTextItem

from weightdeck_desktop.theme import Theme, Type

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

    def __init__(self, style: CurveStyle, label: QGraphicsSimpleTextItem) -> None:
        self.item = pg.PlotCurveItem(antialias=True)
        if style.width > 1.0:
            # Stroking a wide, noisy path as one shape takes 3 ms, piece by piece 1 ms.
            self.item.setSegmentedLineMode("on")
        self.label = label
        self.source: Source | None = None
        self.points = (np.empty(0), np.empty(0))  # in values, where there is no source
        self.x = np.empty(0)  # px
        self.y = np.empty(0)
        self._style = style

    def set_theme(self, theme: Theme) -> None:
        style = self._style
        pen = theme.pen(style.colour(theme), style.width, alpha=style.alpha)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)  # the ends of pieces would stick out of the line
        self.item.setPen(pen)
        self.label.setFont(theme.font(Type.SMALL))
        self.label.setBrush(style.label_colour(theme))

    def draw(self, x: Floats, y: Floats) -> None:
        """Draw these points, in inner units of the axes, if they are others than before; a NaN in `y` is a gap."""
        old_x, old_y = self.item.getData()
        if old_x is not None and np.array_equal(x, old_x) and np.array_equal(y, old_y, equal_nan=True):
            return
        is_whole = not np.isnan(y).any()
        self.item.setData(x, y, connect="all" if is_whole else "finite", skipFiniteCheck=is_whole)


class CrispLine(pg.InfiniteLine):
    """A line across the plot, horizontal (angle 0) or vertical (90), that is not smeared over two rows of pixels."""

    def paint(self, p: QPainter, *args: object) -> None:
        p.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        super().paint(p, *args)
