"""What matters: how much every parameter counts for one next token, over the whole model and as a ranked list."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from weightdeck.run.frame import Sensitivity
from weightdeck.run.layout import Layout
from weightdeck.run.ranking import PartChoice, matter_most, part_choices, ranked
from weightdeck.run.slices import ParameterSlice, are_held
from weightdeck.run.words import slice_title
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.panels.model_tiles import model_tiles, tile_tip
from weightdeck_desktop.panels.slice_list import SliceList, SliceRow
from weightdeck_desktop.panels.token_words import next_tokens
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.choice_box import ChoiceBox
from weightdeck_desktop.widgets.colour_scale import ColourScale
from weightdeck_desktop.widgets.snapped_limit import SnappedLimit
from weightdeck_desktop.widgets.text_line import TextLine
from weightdeck_desktop.widgets.tile_map import Spot, TileMap

LISTED = 100
_BESIDE = 560  # px at 100 %: from here on map and list stand side by side
_DECADES = 1000.0  # from the least number with a colour of its own to the largest
_LETTERS = 8  # of a prompt; of a longer one its end


class MattersPage(QWidget):
    """Told a `Sensitivity`; says which parameter the user picks, and which six are to be pinned.

    `controls` (token, part, pin six) stand above in a line that the owner lays out.
    """

    chosen = Signal(object)  # ParameterSlice
    opened = Signal(object)  # ParameterSlice: make it a knob
    menu_requested = Signal(object, object)  # ParameterSlice, global QPoint
    token_chosen = Signal()  # read `token`
    pin_six_requested = Signal(object)  # tuple of ParameterSlice
    hold_requested = Signal(object, bool)  # tuple of ParameterSlice: hold them, or let them go

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout: Layout | None = None
        self._vocabulary: tuple[str, ...] = ()
        self._parts: tuple[PartChoice, ...] = ()
        self._found: Sensitivity | None = None
        self._limit = SnappedLimit(smallest=1e-6)
        self._pointed: Spot | None = None
        self._theme: Theme | None = None
        self._token, self._part = ChoiceBox(), ChoiceBox()
        self._pin = BarButton("browse_pin_six")
        self._hold = BarButton("browse_hold_part")
        self._held: tuple[ParameterSlice, ...] = ()
        self._claim = TextLine()
        self._map = TileMap()
        self._readout, self._scale = TextLine(), ColourScale()
        self._list = SliceList("browse_ranking")
        self._halves = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._build()
        self._show()

    @property
    def controls(self) -> tuple[ChoiceBox, ChoiceBox, BarButton, BarButton]:
        return (self._token, self._part, self._pin, self._hold)

    @property
    def token(self) -> int | None:
        """The next token that it is about; None: the likeliest."""
        token = self._token.currentData()
        return None if token is None else int(token)

    def nats(self, target: ParameterSlice) -> float | None:
        """What a turn of this slice by one spread would do; None where it is not one number or not measured."""
        if self._found is None or self._layout is None or not target.is_single(self._layout):
            return None
        values = self._found.nats[self._layout.index_of(target.tensor)]
        return float(values[target.numpy_index()].sum())

    # Told

    def set_token(self, token: int | None) -> None:
        """Be about this next token; None: the likeliest."""
        self._token.setCurrentIndex(0 if token is None else token + 1)
        self._set_claim(self._token.currentText(), "…")

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for part in (
            self._token, self._part, self._claim, self._map, self._readout, self._scale, self._list
        ):  # fmt: skip
            part.set_theme(theme)
        for button in (self._pin, self._hold):
            button.set_theme(theme, height=24)
        self._arrange()

    def set_layout(self, layout: Layout, vocabulary: Sequence[str]) -> None:
        """The model's tensors, its parts, and the tokens that may come next."""
        if tuple(vocabulary) != self._vocabulary:
            self._vocabulary = tuple(vocabulary)
            self._token.clear()
            self._token.addItem(self.tr("likeliest"), None)
            for token, name in enumerate(next_tokens(vocabulary)):
                self._token.addItem(name, token)
            self._token.updateGeometry()
        if layout != self._layout:
            self._layout = layout
            self._parts = part_choices(layout.model)
            self._part.clear()
            self._part.addItem(self.tr("whole model"))
            for part in self._parts:
                self._part.addItem(part.title)
            self._part.updateGeometry()
            self._show_hold()
            self._map.set_tiles(*model_tiles(layout), lambda place: tile_tip(layout.tensors[place]))
        self.clear()

    def show_sensitivity(self, found: Sensitivity | None) -> None:
        """The newest measurement; None where there is no prompt to measure at."""
        self._map.set_message(self.tr("There is no prompt to measure: type some letters under Prediction"))
        if found is not None and not all(np.isfinite(each).all() for each in found.nats):
            self._map.set_message(self.tr("The model's numbers are not finite: nothing can be measured"))
            found = None
        if found is None or self._found is None or found.token != self._found.token:
            self._limit.reset()
        self._found = found
        self._show()

    def show_held(self, held: tuple[ParameterSlice, ...]) -> None:
        """The slices that are held in the whole model."""
        if held != self._held:
            self._held = held
            self._show_hold()

    def show_waiting(self, message: str) -> None:
        """Why nothing has been measured yet."""
        self._map.set_message(message)

    def show_chosen(self, target: ParameterSlice) -> None:
        """Mark this slice in the list, and if it is one number in the map."""
        self._list.show_current(target)
        self._map.set_choice(self._spot(target))

    def clear(self) -> None:
        """Forget what was measured."""
        self._found = None
        self._limit.reset()
        self._show()

    def table(self) -> list[list[str]] | None:
        if self._found is None:
            return None
        heading = ["parameter", "name", "nats per spread"]
        return [heading, *([str(row.target), row.title, row.number] for row in self._list.rows)]

    # Parts

    def _build(self) -> None:
        self._name(
            self._token,
            "browse_token",
            self.tr("Next token"),
            self.tr("Whose log-probability after the prompt the parameters are ranked for"),
        )
        self._name(
            self._part,
            "browse_part",
            self.tr("Part of the model"),
            self.tr("The list and “Pin six” keep to this part; the map shows all"),
        )
        self._pin.set_content(
            self.tr("Pin six"),
            tip=self.tr("Make knobs of the six that count most, at most one of each tensor"),
        )
        self._name(
            self._map,
            "browse_model_map",
            self.tr("The whole model"),
            self.tr(
                "A click chooses the parameter, arrow keys the strongest of each tensor, Enter makes a knob"
            ),
        )
        self._name(
            self._list,
            "browse_ranking",
            self.tr("Parameters that count most"),
            self.tr("Enter or a double click makes a knob"),
        )
        self._claim.setObjectName("browse_claim")
        self._claim.setToolTip(
            self.tr(
                "To first order: the gradient times the spread, which is the standard deviation of the parameter's "
                "tensor, at least 0.02. In nats; a large turn may do more or less."
            )
        )
        legend = QHBoxLayout()
        legend.setContentsMargins(0, 0, 0, 0)
        legend.setSpacing(8)
        legend.addWidget(self._readout, 1)
        legend.addWidget(self._scale)
        model = QWidget()
        model_column = QVBoxLayout(model)
        model_column.setContentsMargins(0, 0, 0, 0)
        model_column.setSpacing(2)
        model_column.addWidget(self._map, 1)
        model_column.addLayout(legend)
        self._halves.setSpacing(8)
        self._halves.addWidget(model, 1)
        self._halves.addWidget(self._list, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._claim)
        column.addLayout(self._halves, 1)
        self._token.activated.connect(self._on_token_activated)
        self._part.activated.connect(self._show_list)
        self._part.activated.connect(self._show_hold)
        self._hold.clicked.connect(self._on_hold_clicked)
        self._show_hold()
        self._pin.clicked.connect(self._on_pin_clicked)
        self._map.chosen.connect(self._on_spot_chosen)
        self._map.pointed.connect(self._on_spot_pointed)
        self._map.opened.connect(self._on_map_opened)
        self._map.menu_requested.connect(self._on_map_menu_requested)
        self._list.chosen.connect(self._on_row_chosen)
        self._list.opened.connect(self.opened)
        self._list.menu_requested.connect(self._on_list_menu_requested)

    @staticmethod
    def _name(part: QWidget, name: str, accessible: str, tip: str) -> None:
        part.setObjectName(name)
        part.setAccessibleName(accessible)
        part.setToolTip(tip)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Map and list side by side where that leaves both enough."""
        if self._theme is None:
            return
        is_wide = self.width() >= self._theme.px(_BESIDE)
        self._halves.setDirection(
            QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        )
        self._fit_claim()

    def _set_claim(self, token: str, prompt: str) -> None:
        words = self.tr("change of log P({token} | {prompt}) for a turn by one spread")
        self._claim.set_text(words.format(token=token, prompt=prompt))
        self._fit_claim()

    def _fit_claim(self) -> None:
        """As many lines as it needs; that changes with the width and with what the user types, not while training."""
        share = self._claim.natural_width(self._claim.text) / max(1, self.width())
        self._claim.set_lines(1 if share <= 1.0 else min(6, math.ceil(share / 0.9)))

    # From the measurement to the screen

    def _show(self) -> None:
        found = self._found
        self._pin.setEnabled(found is not None)
        if found is None:
            self._map.set_values(None, 1e-3, 1.0)
            self._scale.set_ends("", "", signed=False)
            self._set_claim("…", "…")
        else:
            limit = self._limit.fit(max(float(np.abs(each).max()) for each in found.nats))
            self._map.set_values(found.nats, limit / _DECADES, limit)
            self._scale.set_ends(f"{limit / _DECADES:g}", f"{limit:g}", signed=False)
            text = found.prompt.text
            short = text if len(text) <= _LETTERS else f"…{text[1 - _LETTERS :]}"
            self._set_claim(next_tokens(self._vocabulary)[found.token], short)
        self._show_list()
        self._show_readout()

    def _show_list(self) -> None:
        found = self._found
        if found is None or self._layout is None:
            self._list.show_rows(())
            return
        limit = self._limit.value
        rows = [
            SliceRow(
                target, slice_title(target, self._vocabulary, self._layout), nats_text(nats), nats / limit
            )
            for target, nats in ranked(found, self._layout, self._within(), LISTED)
        ]
        self._list.show_rows(rows)

    def _within(self) -> PartChoice | None:
        """The chosen part; None for the whole model."""
        place = self._part.currentIndex()
        return self._parts[place - 1] if place > 0 else None

    def _show_readout(self) -> None:
        target = None if self._pointed is None else self._target(self._pointed)
        nats = None if target is None else self.nats(target)
        if target is None or nats is None or self._layout is None:
            self._readout.set_text("" if self._found is None else self.tr("nats for a turn by one spread"))
        else:
            self._readout.set_text(
                f"{slice_title(target, self._vocabulary, self._layout)} · {nats_text(nats)}"
            )

    def _target(self, spot: Spot) -> ParameterSlice:
        assert self._layout is not None
        info = self._layout.tensors[spot.place]
        index = (spot.row, spot.column) if len(info.shape) == 2 else (spot.row,)
        return ParameterSlice(info.name, index)

    def _spot(self, target: ParameterSlice) -> Spot | None:
        assert self._layout is not None
        if not target.is_single(self._layout):
            return None
        place = self._layout.index_of(target.tensor)
        firsts = [first for first, _ in target.extents(self._layout)]
        return Spot(place, firsts[0], firsts[1] if len(firsts) == 2 else 0)

    # The user's acts

    def _on_token_activated(self) -> None:
        self.set_token(self.token)
        self.token_chosen.emit()

    def _is_part_held(self, part: PartChoice) -> bool:
        assert self._layout is not None
        return are_held(part.slices, self._layout, self._held)

    def _show_hold(self) -> None:
        part = self._within()
        self._hold.setEnabled(part is not None)
        if part is not None and self._is_part_held(part):
            self._hold.set_content(self.tr("Let go"), tip=self.tr("Let training change this part again"))
        else:
            self._hold.set_content(
                self.tr("Hold part"),
                tip=self.tr("Keep the chosen part as it is, bit for bit, while the rest trains"),
            )

    def _on_hold_clicked(self) -> None:
        part = self._within()
        assert part is not None
        self.hold_requested.emit(part.slices, not self._is_part_held(part))

    def _on_pin_clicked(self) -> None:
        assert self._found is not None
        assert self._layout is not None
        self.pin_six_requested.emit(matter_most(self._found, self._layout, self._within()))

    def _on_spot_chosen(self, spot: Spot) -> None:
        target = self._target(spot)
        self._list.show_current(target)
        self._pointed = spot
        self._show_readout()
        self.chosen.emit(target)

    def _on_spot_pointed(self, spot: Spot | None) -> None:
        self._pointed = spot
        self._show_readout()

    def _on_map_opened(self) -> None:
        if self._map.choice is not None:
            self.opened.emit(self._target(self._map.choice))

    def _on_map_menu_requested(self, place: object) -> None:
        if self._map.choice is not None:
            self.menu_requested.emit(self._target(self._map.choice), place)

    def _on_row_chosen(self, target: ParameterSlice) -> None:
        self._map.set_choice(self._spot(target))
        self.chosen.emit(target)

    def _on_list_menu_requested(self, target: ParameterSlice, place: object) -> None:
        self._on_row_chosen(target)
        self.menu_requested.emit(target, place)


def nats_text(nats: float) -> str:
    """Signed, in the width of a column: "+0.034", "+0.0012", "−1.2e-5"."""
    size = abs(nats)
    if size >= 0.001 or size == 0.0:
        text = f"{size:.3f}" if size >= 0.01 or size == 0.0 else f"{size:.4f}"
    else:
        mantissa, exponent = f"{size:.1e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return f"{'−' if nats < 0.0 else '+'}{text}"
