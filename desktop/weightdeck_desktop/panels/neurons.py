"""The neurons panel: how strongly the neurons of a block fire, on the prompt and over the validation data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from weightdeck.run.inside import Floats, NeuronStudy, Taps
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Mix
from weightdeck.run.subjects import InPrompt, Subject, TapCell
from weightdeck_desktop.panels.inspector_menu import CellMenus
from weightdeck_desktop.panels.inspector_stage import stage_of
from weightdeck_desktop.panels.neurons_controls import NeuronsControls
from weightdeck_desktop.panels.neurons_detail import NeuronDetail
from weightdeck_desktop.panels.neurons_map import NeuronMap
from weightdeck_desktop.panels.neurons_readings import (
    BY_VALUE,
    ON_PROMPT,
    aside_words,
    firing_words,
    neurons_table,
    post_tap,
    pre_tap,
    shown_prompt,
    strongest_texts,
    study_words,
)
from weightdeck_desktop.panels.neurons_scene import Scene
from weightdeck_desktop.panels.neurons_studies import Studies
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.slice_menu import Describe
from weightdeck_desktop.panels.tap_source import ShownTaps
from weightdeck_desktop.panels.token_words import given_tokens
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.text_line import TextLine

_BESIDE_FROM = 560  # px at 100 %: wide enough for the neuron in hand beside the grid
_STACKED_FROM = 280  # px at 100 %: high enough for its contexts below its bars


class NeuronsPanel(Panel):
    """Told of the prompt with `show_taps`, of the validation data with `show_study`, which it keeps for each block."""

    study_requested = Signal(
        int
    )  # block whose neurons over the data are wanted, by a hand or by what is seen
    interest_changed = Signal()  # `wanted_taps` are others
    cell_chosen = Signal(object)  # Subject
    neuron_chosen = Signal(str, int, int)  # tap, token, feature: write its expression out
    clamp_requested = Signal(object, object)  # Neuron; a number, "mean", or None to let it go
    slice_act = Signal(object, object)  # ParameterSlice, SliceAct

    key = "neurons"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Neurons")
        self._model: ModelSpec | None = None
        self._vocabulary: tuple[str, ...] = ()
        self._taps: Taps | None = None
        self._step: int | None = None
        self._shown: ShownTaps | None = None
        self._problem = ""  # of the prompt
        self._studies = Studies(self._is_seen, self)
        self._block = 0
        self._neuron = 0
        self._token: int | None = None  # None: the last
        self._prompt = ""
        self._chosen: Subject | None = None
        self._controls = NeuronsControls()
        self._map = NeuronMap()
        self._help = TextLine()
        self._detail = NeuronDetail()
        self._menus = CellMenus(self)
        self._scene = self._read()
        self._sides = self._build()
        self._connect()
        self._show()

    # What it is told

    def set_model(self, spec: ModelSpec) -> None:
        """How many blocks and neurons there are; what was chosen stays if the model has it."""
        if self._model is None or (spec.n_layer, spec.n_embd) != (self._model.n_layer, self._model.n_embd):
            self._studies.forget()
        self._model = spec
        self._menus.set_model(spec)
        self._block, self._neuron = min(self._block, spec.n_layer - 1), min(self._neuron, 4 * spec.n_embd - 1)
        self._controls.set_blocks(spec.n_layer)
        self._controls.set_block(self._block)
        self._begin()

    def set_vocabulary(self, vocabulary: tuple[str, ...]) -> None:
        """What the tokens of the data are called."""
        self._vocabulary = vocabulary
        self._show_detail()

    def show_taps(self, taps: Taps, step: int) -> None:
        """The newest readings, of which the first prompt's plain one is shown, and the step of their weights."""
        self._taps, self._step = taps, step
        self._show()

    def show_study(self, study: NeuronStudy) -> None:
        """A block over the validation data; of a model of another size it is dropped."""
        if (
            self._model is None
            or study.block >= self._model.n_layer
            or len(study.active) != self._scene.count
        ):
            return
        self._studies.take(study)
        if study.block == self._block:
            self._map.sort_again()
            self._show()

    def show_studying(self, studying: bool) -> None:
        """Whether a study is being made."""
        if studying:
            self._studies.problem = ""
        if studying != self._studies.is_running:
            self._studies.is_running = studying
            self._show()

    def show_problem(self, sentence: str) -> None:
        """Why the data could not be studied."""
        self._studies.is_running, self._studies.problem = False, sentence
        self._show()

    def show_mix(self, mix: Mix) -> None:
        """The strips and clamps as they stand: held neurons say so."""
        if mix != self._menus.mix:
            self._menus.mix = mix
            self._show()

    def set_slice_states(self, describe: Describe) -> None:
        """Where the menu asks what can be done with weights."""
        self._menus.describe = describe

    def set_chosen(self, subject: Subject | None) -> None:
        """Mark the number that is explained, where it is one of the neuron in hand; None for none."""
        if subject != self._chosen:
            self._chosen = subject
            self._show_detail()

    def clear(self) -> None:
        self._taps, self._step, self._chosen, self._token = None, None, None, None
        self._studies.forget()
        self._begin()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self._controls, self._map, self._help, self._detail):
            part.set_theme(theme)
        self._menus.set_theme(theme)
        self._arrange()

    # What it says when asked

    @property
    def wanted_taps(self) -> frozenset[str]:
        """What it needs of the next readings."""
        return frozenset() if self._model is None else frozenset({post_tap(self._block)})

    @property
    def block(self) -> int:
        """Whose neurons are shown."""
        return self._block

    @property
    def neuron(self) -> int:
        """The one in hand."""
        return self._neuron

    @property
    def wants_study(self) -> bool:
        """Whether it is seen with nothing of the data to show or under way: whoever begins a run asks for it then."""
        return (
            self._model is not None
            and self._is_seen()
            and not (self._studies.is_running or self._studies.problem or self._studies.of(self._block))
        )

    def table(self) -> list[list[str]] | None:
        scene = self._scene
        if scene.study is None and scene.post_TF is None:
            return None
        return neurons_table(scene.block, scene.tokens, self._step or 0, scene.post_TF, scene.study)

    def state(self) -> dict[str, Any]:
        """What a restart should bring back, as JSON can hold it."""
        return {
            "block": self._block,
            "neuron": self._neuron,
            "measure": self._controls.measure,
            "order": self._controls.order,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` gave, perhaps of another model; read `wanted_taps` afterwards, nothing is emitted."""
        block, neuron = state.get("block"), state.get("neuron")
        if isinstance(block, int) and block >= 0:
            self._block = block if self._model is None else min(block, self._model.n_layer - 1)
            self._controls.set_block(self._block)
        if isinstance(neuron, int) and neuron >= 0:
            self._neuron = neuron if self._model is None else min(neuron, 4 * self._model.n_embd - 1)
        self._controls.set_measure(state.get("measure"))
        self._controls.set_order(state.get("order"))
        self._begin()

    # Parts

    def _build(self) -> QBoxLayout:
        self._help.setObjectName("neurons_help_words")
        self._help.set_lines(3)
        self._help.set_text(firing_words())
        self._help.hide()
        sides = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        for side in (self._map, self._detail):
            sides.addWidget(side, 1)
        self.body.setSpacing(6)
        for part in (self._controls, self._help):
            self.body.addWidget(part)
        self.body.addLayout(sides, 1)
        return sides

    def _connect(self) -> None:
        controls, neurons, detail, menus = self._controls, self._map, self._detail, self._menus
        self._studies.needed.connect(self.study_requested)
        controls.block_chosen.connect(self._on_block_chosen)
        controls.measure_chosen.connect(self._on_measure_chosen)
        controls.order_chosen.connect(self._begin)
        controls.token_chosen.connect(self._on_token_chosen)
        controls.study_pressed.connect(lambda: self.study_requested.emit(self._block))
        controls.help_pressed.connect(lambda: self._help.setVisible(self._help.isHidden()))
        neurons.chosen.connect(self._on_neuron_chosen)
        neurons.opened.connect(lambda _neuron: self._explain(self._scene.token))
        neurons.menu_requested.connect(self._on_menu_requested)
        detail.token_chosen.connect(self._on_token_chosen)
        detail.token_opened.connect(self._explain)
        detail.explain_pressed.connect(lambda: self._explain(self._scene.token))
        detail.write_pressed.connect(
            lambda: self.neuron_chosen.emit(pre_tap(self._block), self._scene.token, self._neuron)
        )
        detail.menu_pressed.connect(lambda at: self._on_menu_requested(self._neuron, at))
        menus.explain_requested.connect(lambda place: self._explain(place[0]))
        menus.clamp_requested.connect(self.clamp_requested)
        menus.slice_act.connect(self.slice_act)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A tab that comes to the front is not shown but moved into sight: that it is painted tells of it."""
        super().paintEvent(event)
        self._studies.look_at(None if self._model is None else self._block, self._step)

    def _is_seen(self) -> bool:
        return self.isVisible() and not self.visibleRegion().isEmpty()

    def _arrange(self) -> None:
        theme, way = self._theme, QBoxLayout.Direction
        is_wide = theme is not None and self.width() >= theme.px(_BESIDE_FROM)
        is_high = theme is not None and self.height() >= theme.px(_STACKED_FROM)
        self._sides.setDirection(way.LeftToRight if is_wide else way.TopToBottom)
        self._sides.setSpacing(16 if is_wide else 6)
        self._detail.set_stacked(is_wide and is_high)

    # From readings to pictures

    def _begin(self) -> None:
        """Something else is shown: it is sorted and scaled anew."""
        self._map.sort_again()
        self._map.forget_scale()
        self._detail.forget_scale()
        self._show()

    def _show(self) -> None:
        self._shown, self._problem = None, ""
        if self._taps is not None and self._model is not None:
            try:
                self._shown = shown_prompt(self._taps)
            except ValueError as problem:
                self._problem = str(problem)
        if self._shown is None:
            self.set_aside("")
        else:
            self.set_aside(aside_words(self._shown, self._taps), self._step)
            assert isinstance(self._shown.where, InPrompt)
            if self._shown.where.text != self._prompt:
                self._prompt, self._token = self._shown.where.text, None
                self._map.sort_again()
        self._scene = self._read()
        scene, study = self._scene, self._scene.study
        self._controls.set_tokens(scene.tokens, scene.token)
        self._controls.show_study_act(
            None if study is None else study.step, self._step, is_running=self._studies.is_running
        )
        measure = self._controls.measure
        message = self._message(of_data=measure != ON_PROMPT)
        self._map.show_scene(scene, measure, self._controls.order, message)
        self._show_detail()
        self._studies.look_at(None if self._model is None else self._block, self._step)

    def _read(self) -> Scene:
        count = 0 if self._model is None else 4 * self._model.n_embd
        tokens: tuple[str, ...] = ()
        post_TF: Floats | None = None
        if self._shown is not None:
            tokens = given_tokens(self._shown.tokens)
            post_TF = self._shown.values.get(post_tap(self._block))
            if post_TF is not None and post_TF.shape[-1] != count:  # of the model before
                post_TF = None
        last = max(0, len(tokens) - 1)
        token = last if self._token is None else min(self._token, last)
        study = self._studies.of(self._block)
        return Scene(
            *(self._block, self._neuron, count, token, tokens),
            *(post_TF, study, self._menus.mix, self._step),
        )

    def _message(self, *, of_data: bool) -> str:
        """Why there are no numbers of the prompt, or of the data."""
        if self._model is None:
            return self.tr("No model yet: the engine is loading.")
        if not of_data:
            return self._problem or self.tr("Waiting for this block's neurons …")
        if self._studies.is_running:
            return self.tr("Studying the validation data …")
        return self._studies.problem or self.tr("Not studied over the validation data yet.")

    def _show_detail(self) -> None:
        scene, study, why_not = self._scene, self._scene.study, self._message(of_data=True)
        facts = why_not
        if study is not None and not self._studies.problem:
            facts = study_words(study, scene.neuron, self._step)
        self._detail.show_words(scene.title() if scene.count else "", facts)
        self._detail.show_firing(
            None if scene.post_TF is None else scene.post_TF[:, scene.neuron],
            scene.tokens,
            choice=scene.token,
            explained=self._explained(),
            words=scene.firing_words(),
            message=self._message(of_data=False),
        )
        if study is None:
            self._detail.show_texts((), None, why_not)
        else:
            rows, why_not = strongest_texts(study, scene.neuron, self._vocabulary)
            self._detail.show_texts(rows, study.step, why_not)

    def _explained(self) -> int | None:
        """The token whose number of the neuron in hand is explained."""
        subject, shown = self._chosen, self._shown
        if not isinstance(subject, TapCell) or shown is None or subject.where != shown.where:
            return None
        is_here = subject.tap == post_tap(self._block) and subject.index[-1] == self._neuron
        return subject.index[0] if is_here else None

    # What the user does

    def _on_block_chosen(self, block: int) -> None:
        if block == self._block:
            return
        self._block, self._studies.problem = block, ""
        self._begin()
        self.interest_changed.emit()
        if self._studies.of(block) is None:
            self.study_requested.emit(block)

    def _on_measure_chosen(self) -> None:
        self._map.forget_scale()
        self._show()

    def _on_token_chosen(self, token: int) -> None:
        self._token = token
        if self._controls.order == BY_VALUE and self._controls.measure == ON_PROMPT:
            self._map.sort_again()
        self._show()

    def _on_neuron_chosen(self, neuron: int) -> None:
        self._neuron = neuron
        self._detail.forget_scale()
        self._show()

    def _explain(self, token: int) -> None:
        if self._shown is not None and self._scene.post_TF is not None:
            self.cell_chosen.emit(self._shown.subject(post_tap(self._block), (token, self._neuron)))

    def _on_menu_requested(self, neuron: int, at: QPoint) -> None:
        if neuron != self._neuron:  # what the menu acts on is what the panel shows
            self._on_neuron_chosen(neuron)
        if self._shown is not None and self._scene.post_TF is not None:
            stage = stage_of(self._shown, post_tap(self._block), 0)
            self._menus.popup(stage, (self._scene.token, neuron), at)
