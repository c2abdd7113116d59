"""All neurons of a block as colours, with their scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from weightdeck_desktop.panels.inspector_stage import magnitude
from weightdeck_desktop.panels.neurons_readings import ACTIVE, BY_NUMBER, BY_VALUE, order_of, values_of
from weightdeck_desktop.panels.neurons_scene import Scene
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.colour_scale import ColourScale
from weightdeck_desktop.widgets.neuron_grid import NeuronGrid
from weightdeck_desktop.widgets.snapped_limit import SnappedLimit
from weightdeck_desktop.widgets.text_line import TextLine


class NeuronMap(QWidget):
    """Sorts once and keeps the order while the numbers move: what is under the pointer stays there."""

    chosen = Signal(int)  # neuron
    opened = Signal(int)
    menu_requested = Signal(int, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Scene | None = None
        self._sorted_F: NDArray[np.intp] | None = None  # None: to be sorted
        self._sorted_by = (-1, -1)  # order and number that it was sorted by
        self._limit = SnappedLimit(1e-6)
        self._grid = NeuronGrid("neurons_grid")
        self._grid.setAccessibleName(
            self.tr("Neurons of this block: arrow keys choose one, Enter explains its number on the prompt")
        )
        self._grid.set_tip(lambda neuron: "" if self._scene is None else self._scene.cell_words(neuron))
        self._scale = ColourScale()
        self._scale.setToolTip(
            self.tr("Where the colours end; on the prompt the largest 5 % may lie beyond and look alike.")
        )
        self._legend = TextLine()
        self._legend.setObjectName("neurons_legend")
        legend = QHBoxLayout()
        legend.setSpacing(10)
        legend.addWidget(self._scale)
        legend.addWidget(self._legend, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._grid, 1)
        column.addLayout(legend)
        self._grid.chosen.connect(self.chosen)
        self._grid.opened.connect(self.opened)
        self._grid.menu_requested.connect(self.menu_requested)

    def set_theme(self, theme: Theme) -> None:
        for part in (self._grid, self._scale, self._legend):
            part.set_theme(theme)

    def sort_again(self) -> None:
        """With what is shown next: it is of something else, or the user wants it."""
        self._sorted_F = None

    def forget_scale(self) -> None:
        """Fit the next values freely."""
        self._limit.reset()

    def show_scene(self, scene: Scene, measure: int, order: int, message: str) -> None:
        """Colour the neurons by a number; or say `message`, why there is none."""
        self._scene = scene
        values_F = values_of(measure, scene.post_F, scene.study)
        signed = measure != ACTIVE
        self._grid.set_message(message)
        self._grid.set_cells(
            values_F,
            self._limit.fit(magnitude(values_F)) if values_F is not None and signed else 1.0,
            signed=signed,
            order_N=self._order(scene, measure, order),
            crossed_N=scene.dead_F,
            marked_N=scene.held_F,
        )
        self._grid.set_choice(scene.neuron)
        if values_F is None:
            self._scale.set_ends("", "", signed=True)
            self._legend.set_text("")
            return
        end = f"{self._limit.value:g}"
        finite = values_F[np.isfinite(values_F)]
        if finite.size and float(np.abs(finite).max()) > self._limit.value:
            end += "+"  # what lies there looks alike
        self._scale.set_ends(*((f"−{end}", f"+{end}") if signed else ("0 %", "100 %")), signed=signed)
        self._legend.set_text(scene.legend(measure))
        self._grid.describe(scene.cell_words(scene.neuron))

    def _order(self, scene: Scene, measure: int, order: int) -> NDArray[np.intp]:
        by_value = order == BY_VALUE
        sorted_by = (order, measure if by_value else -1)
        if order == BY_NUMBER:
            self._sorted_F = None
        elif self._sorted_F is None or len(self._sorted_F) != scene.count or sorted_by != self._sorted_by:
            values_F = values_of(measure, scene.post_F, scene.study)
            self._sorted_F, self._sorted_by = order_of(order, values_F, scene.study), sorted_by
        return np.arange(scene.count) if self._sorted_F is None else self._sorted_F
