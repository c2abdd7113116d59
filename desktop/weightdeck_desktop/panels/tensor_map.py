"""The values of one tensor as a map to choose an element, a row, a column, a head or the whole from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from weightdeck.run.frame import TensorValues
from weightdeck.run.layout import Layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.words import tensor_title
from weightdeck_desktop.panels.knob_words import weight_text
from weightdeck_desktop.panels.selection import (
    Extent,
    corner,
    extent_of,
    extents_of,
    map_extents,
    widened,
)
from weightdeck_desktop.panels.tensor_axes import place_words, tensor_axes
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.choice_box import ChoiceBox
from weightdeck_desktop.widgets.colour_scale import ColourScale
from weightdeck_desktop.widgets.heatmap import Cell
from weightdeck_desktop.widgets.snapped_limit import SnappedLimit
from weightdeck_desktop.widgets.text_line import TextLine
from weightdeck_desktop.widgets.value_map import Axis, ValueMap

_KEYS = {
    Qt.Key.Key_E: Extent.ELEMENT,
    Qt.Key.Key_R: Extent.ROW,
    Qt.Key.Key_C: Extent.COLUMN,
    Qt.Key.Key_H: Extent.HEAD,
    Qt.Key.Key_T: Extent.TENSOR,
}


class TensorMap(QWidget):
    """Told what is chosen and what the values are; says what the user chooses instead.

    `controls` (the tensor, and how much of it) stand above the map in a line that the owner lays out.
    """

    chosen = Signal(object)  # ParameterSlice
    menu_requested = Signal(object)  # global QPoint: what can be done with what is chosen
    knob_requested = Signal()  # Enter: make what is chosen a knob

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout: Layout | None = None
        self._vocabulary: tuple[str, ...] = ()
        self._selected: ParameterSlice | None = None
        self._axes: tuple[Axis, Axis] = (Axis(), Axis())
        self._shown: TensorValues | None = None
        self._limit = SnappedLimit()
        self._pointed: Cell | None = None
        self._tensor, self._extent = ChoiceBox(), ChoiceBox()
        self._map = ValueMap()
        self._scale = ColourScale()
        self._readout = TextLine()
        self._build()

    @property
    def controls(self) -> tuple[ChoiceBox, ChoiceBox]:
        return (self._tensor, self._extent)

    # Told

    def set_theme(self, theme: Theme) -> None:
        for part in (self._tensor, self._extent, self._map, self._scale, self._readout):
            part.set_theme(theme)
        self._map.setMinimumHeight(theme.px(120))

    def set_layout(self, layout: Layout, vocabulary: Sequence[str]) -> None:
        """The tensors to choose from. What was chosen and shown is forgotten."""
        self._layout, self._vocabulary = layout, tuple(vocabulary)
        self._selected = None
        self._tensor.clear()
        for place, info in enumerate(layout.tensors):
            self._tensor.addItem(tensor_title(info.name), info.name)
            shape = " × ".join(map(str, info.shape))
            self._tensor.setItemData(place, f"{info.name} · {shape}", Qt.ItemDataRole.ToolTipRole)
        self._tensor.updateGeometry()
        self.clear()

    def show_chosen(self, target: ParameterSlice) -> None:
        """Outline this slice; another tensor's values are gone until they come."""
        assert self._layout is not None
        if self._selected is None or target.tensor != self._selected.tensor:
            self._limit.reset()
            self._axes = tensor_axes(target.tensor, self._layout, self._vocabulary)
            self._map.set_axes(*self._axes)
            self._tensor.setCurrentIndex(self._layout.index_of(target.tensor))
        self._selected = target
        self._show_extent(target, self._layout)
        self._show_values()
        rows, columns = map_extents(target, self._layout)
        at = self._map.cursor_cell
        if not (rows[0] <= at.row < rows[1] and columns[0] <= at.column < columns[1]):
            self._map.set_cursor(*corner(target, self._layout))
        self._map.set_selection((rows, columns))

    def show_values(self, found: TensorValues) -> None:
        """The newest values; those of a tensor that is not the chosen one's wait until it is."""
        self._shown = found
        self._show_values()

    def show_message(self, message: str) -> None:
        """Why there are no values."""
        self._map.set_message(message)

    def clear(self) -> None:
        """Forget the values."""
        self._shown = None
        self._limit.reset()
        self._show_values()

    def take_focus(self) -> None:
        self._map.setFocus(Qt.FocusReason.OtherFocusReason)

    # Parts

    def _build(self) -> None:
        self._tensor.setObjectName("browse_tensor")
        self._tensor.setAccessibleName(self.tr("Tensor"))
        self._tensor.setToolTip(
            self.tr("Which of the model's tensors is shown; the technical name is each entry's tip")
        )
        self._extent.setObjectName("browse_extent")
        self._extent.setAccessibleName(self.tr("How much is chosen"))
        self._extent.setToolTip(
            self.tr("How much around the element is chosen. Keys in the map: E, R, C, H (a head's share), T")
        )
        self._map.setObjectName("browse_map")
        self._map.setAccessibleName(self.tr("Values of the tensor"))
        self._map.setToolTip(
            self.tr(
                "A click or the arrow keys choose an element, a click on an axis a row or a column. R row, "
                "C column, H head, T tensor, E element; Enter makes a knob. Hatched: held"
            )
        )
        legend = QHBoxLayout()
        legend.setContentsMargins(0, 0, 0, 0)
        legend.setSpacing(8)
        legend.addWidget(self._readout, 1)
        legend.addWidget(self._scale)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._map, 1)
        column.addLayout(legend)
        self._tensor.activated.connect(self._on_tensor_activated)
        self._extent.activated.connect(self._on_extent_activated)
        self._map.pointed.connect(self._on_map_pointed)
        self._map.cell_chosen.connect(self._on_cell_chosen)
        self._map.walked.connect(self._on_map_walked)
        self._map.row_chosen.connect(lambda row: self._choose(row, 0, Extent.ROW))
        self._map.column_chosen.connect(self._on_column_chosen)
        self._map.cell_menu_requested.connect(self._on_menu_requested)

    def _show_extent(self, target: ParameterSlice, layout: Layout) -> None:
        """The extents that the tensor has, and which this slice is; any other slice is a "part"."""
        words = {
            Extent.ELEMENT: self.tr("element"),
            Extent.ROW: self.tr("row"),
            Extent.COLUMN: self.tr("column"),
            Extent.HEAD: self.tr("head"),
            Extent.TENSOR: self.tr("tensor"),
        }
        now = extent_of(target, layout)
        shown = [(words[extent], extent) for extent in extents_of(target.tensor, layout)]
        entries = shown if now is not None else [*shown, (self.tr("part"), None)]
        if [self._extent.itemText(place) for place in range(self._extent.count())] != [
            each[0] for each in entries
        ]:
            self._extent.clear()
            for text, extent in entries:
                self._extent.addItem(text, extent)
            self._extent.updateGeometry()
        self._extent.setCurrentIndex([extent for _, extent in entries].index(now))

    def _show_values(self) -> None:
        found = self._shown
        if found is None or self._selected is None or found.name != self._selected.tensor:
            self._map.set_values(None, 1.0, signed=True)
            self._map.set_marks(None)
            self._scale.set_ends("", "", signed=True)
            self._show_readout()
            return
        values = np.atleast_2d(found.values)
        finite = np.abs(values[np.isfinite(values)])
        limit = self._limit.fit(float(finite.max()) if finite.size else 0.0)
        self._map.set_values(values, limit, signed=True)
        self._map.set_marks(None if found.held is None else np.atleast_2d(found.held))
        self._scale.set_ends(f"−{limit:g}", f"{limit:g}", signed=True)
        self._show_readout()

    def _show_readout(self) -> None:
        cell = self._pointed
        if cell is None or self._map.values is None or self._shown is None:
            words = [axis.word for axis in self._axes if axis.word]
            self._readout.set_text(" × ".join(words))
            return
        rows, columns = self._axes
        places = [place_words(rows, cell.row)] if rows.word else []
        value = weight_text(float(self._map.values[cell]))
        held = self._shown.held
        marks = [self.tr("held")] if held is not None and np.atleast_2d(held)[cell.row, cell.column] else []
        self._readout.set_text(" · ".join([*places, place_words(columns, cell.column), value, *marks]))

    # The user's acts

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that the map leaves over."""
        extent = _KEYS.get(Qt.Key(event.key()))
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if self._selected is None or self._layout is None or not plain or not self._map.hasFocus():
            super().keyPressEvent(event)
        elif extent in extents_of(self._selected.tensor, self._layout):
            at = self._map.cursor_cell
            self._choose(at.row, at.column, extent)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.knob_requested.emit()
        else:
            super().keyPressEvent(event)

    def _choose(self, row: int, column: int, extent: Extent) -> None:
        assert self._layout is not None
        assert self._selected is not None
        target = widened(self._selected.tensor, row, column, extent, self._layout)
        self.show_chosen(target)
        self.chosen.emit(target)

    def _on_tensor_activated(self) -> None:
        name = str(self._tensor.currentData())
        assert self._layout is not None
        if self._selected is not None and name != self._selected.tensor:
            target = widened(name, 0, 0, Extent.ELEMENT, self._layout)
            self.show_chosen(target)
            self.chosen.emit(target)

    def _on_extent_activated(self) -> None:
        extent = self._extent.currentData()
        if extent is not None:
            at = self._map.cursor_cell
            self._choose(at.row, at.column, extent)

    def _on_cell_chosen(self, cell: Cell) -> None:
        self._choose(cell.row, cell.column, Extent.ELEMENT)

    def _on_map_walked(self, cell: Cell) -> None:
        """A row, a column and a head stay one while walking: the next is a key away."""
        extent = self._extent.currentData()
        walks_on = extent in (Extent.ROW, Extent.COLUMN, Extent.HEAD)
        self._choose(cell.row, cell.column, extent if walks_on else Extent.ELEMENT)

    def _on_column_chosen(self, column: int) -> None:
        assert self._layout is not None
        assert self._selected is not None
        is_vector = Extent.COLUMN not in extents_of(self._selected.tensor, self._layout)
        self._choose(0, column, Extent.ELEMENT if is_vector else Extent.COLUMN)

    def _on_map_pointed(self, cell: Cell | None) -> None:
        self._pointed = cell
        self._show_readout()

    def _on_menu_requested(self, cell: Cell, place: QPoint) -> None:
        """Over what is chosen it is about that, anywhere else about the element under the pointer."""
        assert self._selected is not None
        assert self._layout is not None
        rows, columns = map_extents(self._selected, self._layout)
        if not (rows[0] <= cell.row < rows[1] and columns[0] <= cell.column < columns[1]):
            self._choose(cell.row, cell.column, Extent.ELEMENT)
        self.menu_requested.emit(place)
