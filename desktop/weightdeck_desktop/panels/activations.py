"""The activations panel: what every layer computes for the prompt, now and over the recorded steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from weightdeck.run.frame import Activations
from weightdeck.run.history import History
from weightdeck.run.strips import ClampTo, Mix, Neuron, Strip
from weightdeck.run.subjects import InPrompt, TapCell
from weightdeck_desktop.panels.activation_history import ActivationHistory
from weightdeck_desktop.panels.activation_menu import ActivationMenu, read_hold
from weightdeck_desktop.panels.activation_rows import (
    DIFFERENCE,
    PATTERN,
    A,
    ShownMaps,
    block_name,
    layer_rows,
    shown_maps,
)
from weightdeck_desktop.panels.clamps import clamp_text
from weightdeck_desktop.panels.layer_maps import LayerMaps, LayerRow
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.slice_menu import Describe
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.choice_box import ChoiceBox
from weightdeck_desktop.widgets.colour_scale import ColourScale
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.heatmap import Cell
from weightdeck_desktop.widgets.snapped_limit import SnappedLimit
from weightdeck_desktop.widgets.switch import Switch
from weightdeck_desktop.widgets.text_line import TextLine

NOW, OVER_STEPS = 0, 1  # places of the view switch


class ActivationsPanel(Panel):
    """Heat maps tokens by features of one tap of every block, and statistics over steps.

    Every layer has a colour scale of its own, written beside it, which moves in steps of 1, 2, 5: layers differ
    so much in size that on a common one most would look empty.
    """

    key = "activations"

    tap_chosen = Signal(str)  # as Interest.activation_tap names it
    clamp_requested = Signal(object, object)  # Neuron; a number, "mean", or None to let it go
    mute_requested = Signal(object, bool)  # Strip of a head; mute it, or open it again
    slice_act = Signal(object, object)  # ParameterSlice, SliceAct
    cell_chosen = Signal(object)  # Subject that is to be explained

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Activations")
        self._activations: Activations | None = None
        self._shown: ShownMaps | None = None
        self._pointed: tuple[int, Cell] | None = None
        self._mix = Mix()
        self._describe: Describe | None = None
        self._asked: Neuron | None = None  # that the typed value is for
        self._blocks = 0
        self._is_loading = False
        self._limits: list[SnappedLimit] = []  # one a layer
        self._tap = ChoiceBox()
        self._view = Switch(
            [
                (self.tr("now"), self.tr("The prompt's activations as heat maps.")),
                (self.tr("over steps"), self.tr("Statistics of every layer over the recorded steps.")),
            ]
        )
        self._prompt = Switch(
            [
                ("A", self.tr("Show the activations of prompt A.")),
                ("B", self.tr("Show the activations of prompt B.")),
                (self.tr("A − B"), self.tr("Show A's activations minus B's, token by token.")),
            ]
        )
        self._maps = LayerMaps()
        self._scale = ColourScale()
        self._scale_words = QLabel()
        self._readout = TextLine()
        self._history = ActivationHistory()
        self._now = QWidget()
        self._pages = QStackedWidget()
        self._build()

    # What it is told

    def show_activations(self, activations: Activations, step: int) -> None:
        """Show the activations of one or two prompts at a step."""
        if self._activations is not None and activations.tap != self._activations.tap:
            self._limits.clear()
        self._activations = activations
        self._prompt.setVisible(len(activations.prompts) > 1)
        if len(activations.prompts) == 1:
            self._prompt.set_choice(A)
        text = activations.prompts[0].text
        short = text if len(text) <= 12 else f"{text[:11]}…"
        self.set_aside(self.tr("“{prompt}”").format(prompt=short), step)
        self._show_maps()

    def show_mix(self, mix: Mix) -> None:
        """The strips and clamps as they stand: held features and muted heads say so."""
        if mix != self._mix:
            self._mix = mix
            self._show_readout()

    def set_slice_states(self, describe: Describe) -> None:
        """Where a neuron's menu asks what can be done with its weights."""
        self._describe = describe

    def show_history(self, history: History, until: int | None = None) -> None:
        """The recorded statistics, up to step `until` if one is given."""
        self._history.show_records(history.records_until(until))

    def set_layers(self, n: int) -> None:
        """How many blocks the model has: their rows are there before their values."""
        self._blocks = n
        self._show_maps()

    def set_loading(self, loading: bool) -> None:
        """Whether the engine is still loading: the maps say so."""
        self._is_loading = loading
        self._show_maps()

    def clear(self) -> None:
        self._activations = None
        self._limits.clear()
        self._history.clear()
        self.set_aside("")
        self._show_maps()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._scale_words.setFont(theme.font(Type.SMALL))
        self._scale_words.setStyleSheet(f"color: {theme.secondary.name()}")
        for part in (self._tap, self._view, self._prompt, self._maps, self._scale, self._readout):
            part.set_theme(theme)
        self._history.set_theme(theme)

    # What it says when asked

    @property
    def tap(self) -> str:
        """The chosen tap, as Interest.activation_tap names it."""
        return str(self._tap.currentData())

    def table(self) -> list[list[str]] | None:
        if self._activations is None:
            return None
        rows = [["prompt", "tap", "head", "token", "feature", "value"]]
        for prompt, maps in zip(self._activations.prompts, self._activations.maps, strict=True):
            for layer in maps:
                by_head = layer.values.ndim == 3
                heads = layer.values if by_head else layer.values[np.newaxis]
                for (head, token, feature), value in np.ndenumerate(heads):
                    name = str(head) if by_head else ""
                    rows.append([prompt.text, layer.tap, name, str(token), str(feature), f"{value:.9g}"])
        return rows

    def state(self) -> dict[str, Any]:
        """What a restart should bring back, as JSON can hold it."""
        return {"tap": self.tap, "view": self._view.choice, "layer": self._maps.choice}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` gave; read `tap` afterwards, nothing is emitted."""
        place = self._tap.findData(state.get("tap"))
        if place >= 0:
            self._tap.setCurrentIndex(place)
        if state.get("view") in (NOW, OVER_STEPS):
            self._view.set_choice(state["view"])
            self._show_page(state["view"])
        layer = state.get("layer")
        if isinstance(layer, int) and layer >= 0:
            self._maps.set_choice(layer)
            self._history.set_point(layer)

    # Parts

    def _build(self) -> None:
        self._fill_taps()
        self._view.set_names("activation_view")
        self._prompt.set_names("activation_prompt")
        self._prompt.hide()
        self._maps.set_choice(1)
        controls = FlowRow()
        for part in (self._tap, self._view, self._prompt):
            controls.add(part)
        self._scale_words.setTextFormat(Qt.TextFormat.PlainText)
        legend = FlowRow(line_gap=0)
        legend.add(self._scale)
        legend.add(self._scale_words)
        column = QVBoxLayout(self._now)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._maps, 1)
        column.addWidget(legend)
        column.addWidget(self._readout)
        self._pages.addWidget(self._now)
        self._pages.addWidget(self._history)
        self._show_page(NOW)
        self.body.addWidget(controls)
        self.body.addWidget(self._pages, 1)
        self._tap.activated.connect(self._on_tap_activated)
        self._view.chosen.connect(self._show_page)
        self._prompt.chosen.connect(self._on_prompt_chosen)
        self._maps.pointed.connect(self._on_cell_pointed)
        self._maps.layer_chosen.connect(self._on_layer_chosen)
        self._maps.cell_menu_requested.connect(self._on_cell_menu_requested)
        self._maps.value_typed.connect(self._on_value_typed)

    def _show_page(self, page: int) -> None:
        """A hidden page must not make the visible one scroll: it wants no room."""
        pages = (self._now, self._history)
        for place in range(len(pages)):
            policy = QSizePolicy.Policy.Preferred if place == page else QSizePolicy.Policy.Ignored
            pages[place].setSizePolicy(policy, policy)
        self._pages.setCurrentIndex(page)

    def _fill_taps(self) -> None:
        self._tap.setObjectName("activation_tap")
        self._tap.setAccessibleName(self.tr("Which activations"))
        self._tap.setToolTip(
            self.tr("Which of a block's results the maps show; the technical name is each entry's tip.")
        )
        taps = (
            ("resid_post", self.tr("residual stream"), "blocks.N.resid_post"),
            ("attn_out", self.tr("attention output"), "blocks.N.attn_out"),
            ("mlp.post", self.tr("MLP neurons"), "blocks.N.mlp.post"),
            ("mlp_out", self.tr("MLP output"), "blocks.N.mlp_out"),
            (PATTERN, self.tr("attention pattern"), "blocks.N.attn.pattern"),
        )
        for place, (tap, words, technical) in enumerate(taps):
            self._tap.addItem(words, tap)
            self._tap.setItemData(place, technical, Qt.ItemDataRole.ToolTipRole)

    # From activations to rows

    def _show_maps(self) -> None:
        shown, problem = None, ""
        if self._activations is not None:
            try:
                shown = shown_maps(self._activations, self._prompt.choice)
            except ValueError as error:
                problem = str(error)
        if self._shown is None or shown is None or shown.shapes != self._shown.shapes:
            self._pointed = None
        self._shown = shown
        if self._activations is None or shown is None:
            if self._blocks:
                words = self.tr("loading engine") if self._is_loading else ""
                rows = [LayerRow(block_name(block), message=words) for block in range(-1, self._blocks)]
                self._maps.show_rows(rows, (), signed=True)
            self._scale.set_ends("", "", signed=True)
            self._scale_words.setText("")
            self._readout.set_text(problem, mark="!" if problem else "")
            return
        rows = layer_rows(shown, self._fit_limits(shown), self._activations)
        self._maps.show_rows(rows, shown.tokens, signed=shown.signed)
        if shown.signed:
            self._scale.set_ends("−", "+", signed=True)
            words = self.tr("each layer up to its own ±")
        else:
            self._scale.set_ends("0", "1", signed=False)
            words = self.tr("share of attention")
        if words != self._scale_words.text():
            self._scale_words.setText(words)
        self._show_readout()

    def _fit_limits(self, shown: ShownMaps) -> list[float]:
        """Where the colours of each map end."""
        if not shown.signed:
            return [1.0] * len(shown.maps)
        if len(self._limits) != len(shown.maps):
            self._limits = [SnappedLimit(smallest=0.001) for _ in shown.maps]
        return [limit.fit(size) for limit, size in zip(self._limits, shown.magnitudes, strict=True)]

    def _show_readout(self) -> None:
        shown = self._shown
        if shown is None or self._activations is None:
            return
        if self._pointed is None:
            pending = self._activations.tap != self.tap  # what is shown is of before the user's choice
            self._readout.set_text("…" if pending else self._axes_words(shown))
            return
        row, cell = self._pointed
        if shown.by_head:
            words = self.tr("head {block}.{head} · {row} looks at {column} · {value:.3f}").format(
                block=shown.first_block + row,
                head=cell.group,
                row=shown.tokens[cell.row],
                column=shown.tokens[cell.column],
                value=shown.maps[row][cell],
            )
            if self._mix.silences(Strip(shown.first_block + row, cell.group)):
                words += self.tr(" · muted")
        else:
            words = self.tr("{token} · feature {feature} · {value:+.3f}").format(
                token=shown.tokens[cell.row],
                feature=cell.column,
                value=shown.maps[row][cell.row, cell.column],
            )
            held = self._held(self._neuron(row, cell))
            if held is not None:
                words += self.tr(" · held at {value}").format(value=clamp_text(held))
        self._readout.set_text(words.replace("-", "−"))

    def _neuron(self, row: int, cell: Cell) -> Neuron:
        """The feature that a cell of a row is of."""
        assert self._activations is not None
        assert self._shown is not None
        prompt = A if self._prompt.choice == DIFFERENCE else self._prompt.choice
        layer = self._activations.maps[prompt][self._shown.first_block + 1 + row]
        return Neuron(layer.tap, cell.column)

    def _subject(self, row: int, cell: Cell) -> TapCell | None:
        """What explains a cell; a difference is no number of a single pass."""
        activations, shown = self._activations, self._shown
        if activations is None or shown is None or self._prompt.choice == DIFFERENCE:
            return None
        where = InPrompt(activations.prompts[self._prompt.choice].text)
        return TapCell(where, self._neuron(row, cell).tap, shown.index(cell))

    def _held(self, neuron: Neuron) -> ClampTo | None:
        return dict(self._mix.clamps).get(neuron)

    def _axes_words(self, shown: ShownMaps) -> str:
        if shown.by_head:
            return self.tr("rows: the letter that looks · columns: at which")
        return self.tr("letters × {features} features").format(features=shown.maps[-1].shape[-1])

    # What the user does

    def _on_tap_activated(self) -> None:
        self._show_readout()
        self.tap_chosen.emit(self.tap)

    def _on_prompt_chosen(self) -> None:
        self._limits.clear()
        self._pointed = None
        self._show_maps()

    def _on_layer_chosen(self, layer: int) -> None:
        self._history.set_point(layer)
        self._show_maps()

    def _on_cell_pointed(self, row: int, cell: Cell | None) -> None:
        self._pointed = None if cell is None else (row, cell)
        self._show_readout()

    def _on_cell_menu_requested(self, row: int, cell: Cell, at: QPoint) -> None:
        shown = self._shown
        if shown is None or self._describe is None:
            return
        block = shown.first_block + row
        menu = ActivationMenu(self, self._describe)
        menu.clamp_requested.connect(self.clamp_requested)
        menu.mute_requested.connect(self.mute_requested)
        menu.slice_act.connect(self.slice_act)
        subject = self._subject(row, cell)
        menu.add_explain(lambda: self.cell_chosen.emit(subject)).setEnabled(subject is not None)
        if shown.by_head:
            head = Strip(block, cell.group)
            menu.add_head(head, muted=self._mix.of(head).muted)
        else:
            neuron = self._neuron(row, cell)
            title = self.tr("{layer} · feature {feature}").format(
                layer=block_name(block), feature=cell.column
            )
            menu.add_neuron(title, neuron, self._held(neuron))
            menu.value_wanted.connect(lambda neuron: self._ask_value(neuron, row, cell))
            if neuron.tap.endswith("mlp.post"):
                width = (
                    shown.maps[row].shape[-1] // 4
                )  # an MLP is four times as wide as the stream (run/layout.py)
                menu.add_neuron_weights(block, cell.column, width)
        menu.popup(at)

    def _ask_value(self, neuron: Neuron, row: int, cell: Cell) -> None:
        assert self._shown is not None
        now = float(self._shown.maps[row][cell.row, cell.column])
        self._asked = neuron
        self._maps.ask_value(row, cell, f"{now:.3g}", lambda text: read_hold(text, now))

    def _on_value_typed(self, value: float) -> None:
        self.clamp_requested.emit(self._asked, value)
