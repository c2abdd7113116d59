"""The inspector: one stage of the model, cell by cell, as a map, a table, a histogram and over steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from weightdeck.run.audit import Mismatch
from weightdeck.run.inside import OverSteps, Taps
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Mix
from weightdeck.run.subjects import Subject, TapCell, TapGradient
from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.panels.inspector_cells import cell_words, columns_of, size_words
from weightdeck_desktop.panels.inspector_chooser import StageChooser
from weightdeck_desktop.panels.inspector_export import save_npz, tap_table
from weightdeck_desktop.panels.inspector_histogram import StageStatistics
from weightdeck_desktop.panels.inspector_history import StageHistory
from weightdeck_desktop.panels.inspector_map import StageMap
from weightdeck_desktop.panels.inspector_menu import CellMenus
from weightdeck_desktop.panels.inspector_stage import SAMPLED, Stage, stage_of, summary
from weightdeck_desktop.panels.inspector_table import StageTable
from weightdeck_desktop.panels.inspector_words import no_subject_words, prompt_of, source_words, unit_words
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.slice_menu import Describe
from weightdeck_desktop.panels.tap_source import ShownTaps, TapSource, shown_taps
from weightdeck_desktop.panels.token_words import next_tokens
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.switch import Switch
from weightdeck_desktop.widgets.text_line import TextLine

MAP, TABLE, HISTOGRAM, OVER_STEPS = range(4)  # places of the view switch


class InspectorPanel(Panel):
    """Told with `show_taps` of which tap and of whose pass; every page shows the same numbers."""

    tap_chosen = Signal(str)
    cell_chosen = Signal(object)  # Subject
    history_requested = Signal(str)  # tap, whose page over steps is being looked at
    clamp_requested = Signal(object, object)  # Neuron; a number, "mean", or None to let it go
    mute_requested = Signal(object, bool)  # Strip of a head; mute it, or open it again
    slice_act = Signal(object, object)  # ParameterSlice, SliceAct
    exported = Signal(str)  # a sentence
    failed = Signal(str)  # a sentence

    key = "inspector"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Inspector")
        self._taps: Taps | None = None
        self._step = 0
        self._source = TapSource.A
        self._shown: ShownTaps | None = None
        self._stage: Stage | None = None
        self._vocabulary: tuple[str, ...] = ()
        self._pointed: tuple[int, int] | None = None
        self._chosen: Subject | None = None  # that is explained
        self._mismatches: tuple[Mismatch, ...] = ()
        self._problem = ""
        self._chooser = StageChooser()
        self._view = Switch(
            [
                (self.tr("map"), self.tr("Every value as a colour: tokens by features.")),
                (self.tr("table"), self.tr("Every value as a number, for keyboard and screen reader.")),
                (
                    self.tr("histogram"),
                    self.tr("Statistics, how the values are spread, length of every token."),
                ),
                (
                    self.tr("over steps"),
                    self.tr("Mean, spread, least and largest at the keyframes and since."),
                ),
            ]
        )
        self._save = BarButton("inspector_npz", Look.LINK)
        self._map = StageMap()
        self._table = StageTable()
        self._statistics = StageStatistics()
        self._history = StageHistory()
        self._pages = QStackedWidget()
        self._readout = TextLine()
        self._menus = CellMenus(self)
        self._build()

    # What it is told

    def set_model(self, spec: ModelSpec) -> None:
        """Which taps there are; keeps the chosen one if the model has it."""
        self._chooser.set_model(spec)
        self._menus.set_model(spec)
        self._show()

    def set_vocabulary(self, vocabulary: tuple[str, ...]) -> None:
        """What the columns of logits and probabilities are called; without it they are numbered."""
        self._vocabulary = next_tokens(vocabulary)
        self._show()

    def set_tap(self, tap: str) -> None:
        """Show another stage. Raises ``ValueError`` with a sentence for one that the model does not have."""
        if tap != self._chooser.tap:
            self._chooser.set_tap(tap)
            self._history.set_problem("")
            self._begin_tap()

    def show_taps(self, taps: Taps, step: int) -> None:
        """The newest readings and the step of their weights."""
        self._taps, self._step = taps, step
        self._show()

    def set_source(self, source: TapSource) -> None:
        """Of which pass, or of which difference."""
        if source is not self._source:
            self._source = source
            self._begin_tap()

    def show_over_steps(self, over: OverSteps) -> None:
        """A tap at the keyframes: kept until its prompt is shown; of a tap that is not shown it is dropped."""
        if over.tap == self.tap:
            self._history.show_over_steps(over, is_seen=prompt_of(self._shown) in (None, over.text))

    def show_problem(self, sentence: str) -> None:
        """Why the keyframes could not be read; "" when nothing is wrong."""
        self._history.set_problem(sentence)

    def show_mix(self, mix: Mix) -> None:
        """The strips and clamps as they stand: held features and muted heads say so."""
        if mix != self._menus.mix:
            self._menus.mix = mix
            self._show_readout()

    def show_mismatches(self, mismatches: Sequence[Mismatch]) -> None:
        """Which numbers are wrong: while one of them is shown it is marked."""
        self._mismatches = tuple(mismatches)
        self._show()

    def set_slice_states(self, describe: Describe) -> None:
        """Where the menu asks what can be done with weights."""
        self._menus.describe = describe

    def set_chosen(self, subject: Subject | None) -> None:
        """Outline the number that is explained, wherever it is among what is shown; None for none."""
        if subject != self._chosen:
            self._chosen = subject
            place = self._show_chosen()
            if place is not None:
                self._table.set_selected(*place)

    def clear(self) -> None:
        self._taps, self._step, self._chosen, self._mismatches = None, 0, None, ()
        self._history.forget()
        self.set_aside("")
        self._begin_tap()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self._chooser, self._view, self._map, self._table, self._statistics, self._history):
            part.set_theme(theme)
        self._readout.set_theme(theme)
        self._menus.set_theme(theme)
        self._save.set_theme(theme, 22)

    # What it says when asked

    @property
    def tap(self) -> str:
        """The stage that is chosen, by its technical name; "" before there is a model."""
        return self._chooser.tap

    @property
    def wanted_taps(self) -> frozenset[str]:
        """What it needs of the next readings."""
        return frozenset({self.tap} - {""})

    @property
    def is_over_steps(self) -> bool:
        """Whether the page over steps is chosen: whoever changes the prompt asks for its keyframes again."""
        return self._view.choice == OVER_STEPS

    def table(self) -> list[list[str]] | None:
        return None if self._shown is None else tap_table(self._shown, self.tap)

    def state(self) -> dict[str, Any]:
        """What a restart should bring back, as JSON can hold it."""
        return {"tap": self.tap, "head": self._chooser.head, "view": self._view.choice}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` gave, perhaps of another model; read `tap` afterwards, nothing is emitted."""
        self._chooser.restore(state.get("tap"), state.get("head"))
        if state.get("view") in (MAP, TABLE, HISTOGRAM, OVER_STEPS):
            self._view.set_choice(state["view"])
            self._show_page(state["view"])
        self._begin_tap()

    # Parts

    def _build(self) -> None:
        self._view.set_names("inspector_view")
        self._save.set_content(
            self.tr("NPZ…"),
            "",
            self.tr(
                "Save this stage for NumPy: all its heads, tokens and ids. CSV and pictures are in the panel's menu."
            ),
        )
        self._save.clicked.connect(self._on_save_clicked)
        controls = FlowRow(gap=8)
        for part in (*self._chooser.boxes, self._view, self._save):
            controls.add(part)
        for page in (self._map, self._table, self._statistics, self._history):
            self._pages.addWidget(page)
        self._readout.setObjectName("inspector_readout")
        self.body.addWidget(controls)
        self.body.addWidget(self._pages, 1)
        self.body.addWidget(self._readout)
        self._show_page(MAP)
        self._view.chosen.connect(self._on_view_chosen)
        self._chooser.chosen.connect(self._on_stage_chosen)
        self._chooser.head_chosen.connect(self._on_head_chosen)
        self._map.pointed.connect(self._on_cell_pointed)
        self._map.chosen.connect(self._on_cell_chosen)
        self._map.menu_requested.connect(self._on_menu_requested)
        self._table.cell_pointed.connect(lambda row, column: self._on_cell_pointed((row, column)))
        self._table.cell_opened.connect(lambda row, column: self._on_cell_chosen((row, column)))
        self._table.cell_menu_requested.connect(
            lambda row, column, at: self._on_menu_requested((row, column), at)
        )
        menus = self._menus
        menus.explain_requested.connect(self._on_cell_chosen)
        menus.clamp_requested.connect(self.clamp_requested)
        menus.mute_requested.connect(self.mute_requested)
        menus.slice_act.connect(self.slice_act)

    def _show_page(self, page: int) -> None:
        """A hidden page must not make the visible one scroll: it wants no room."""
        for place, each in enumerate((self._map, self._table, self._statistics, self._history)):
            policy = QSizePolicy.Policy.Preferred if place == page else QSizePolicy.Policy.Ignored
            each.setSizePolicy(policy, policy)
        self._pages.setCurrentIndex(page)
        self._show_values()

    # From readings to pages

    def _begin_tap(self) -> None:
        """What is shown next has another size: nothing of the old stays."""
        self._pointed = None
        self._map.forget_scale()
        self._show()

    def _show(self) -> None:
        before = self._shown
        self._shown, self._stage, self._problem = None, None, ""
        if self._taps is not None:
            try:
                self._shown = shown_taps(self._taps, self._source)
            except ValueError as problem:
                self._problem = str(problem)
        if self._shown is not None and self.tap not in self._shown.values:
            self._shown = None
        if self._shown is not None:
            if before is None or (before.where, before.ids) != (self._shown.where, self._shown.ids):
                self._map.forget_scale()  # of another text
            self._chooser.set_heads(self._heads())
            self._stage = stage_of(self._shown, self.tap, self._chooser.head, self._mismatches)
            self.set_aside(source_words(self._shown), self._step)
            self._add_moment(self._shown)
        else:
            self.set_aside("")
        if self._stage is None or (
            self._pointed is not None
            and not all(a < b for a, b in zip(self._pointed, self._stage.values.shape, strict=True))
        ):
            self._pointed = None
        self._show_values()
        self._show_chosen()
        self._show_readout()

    def _heads(self) -> int:
        assert self._shown is not None
        values = self._shown.values[self.tap]
        return len(values) if values.ndim == 3 else 0

    def _show_values(self) -> None:
        """Only the visible page has work to do."""
        stage, page = self._stage, self._pages.currentIndex()
        column_word, column_names = columns_of(stage, self._vocabulary)
        if page == MAP:
            unit = "" if self._shown is None else unit_words(self.tap, self._shown.source)
            self._map.show_stage(stage, column_word, column_names, unit=unit, message=self._message())
        elif page == TABLE:
            self._table.show_stage(stage, column_word, column_names, message=self._message())
        elif page == HISTOGRAM:
            self._statistics.show_stage(stage, self._message())
        else:
            self._show_history()
        self._save.setEnabled(stage is not None)

    def _message(self) -> str:
        if self._problem:
            return self._problem
        if not self.tap:
            return self.tr("No model yet: the engine is loading.")
        return self.tr("Waiting for this stage's values …")

    def _show_history(self) -> None:
        text = prompt_of(self._shown)
        if text is not None:
            self._history.show_now(text, self.tap, has_keyframes=self._source is TapSource.A)
        elif self._shown is not None:
            self._history.show_none(self.tr("Steps are followed for a prompt alone: choose A or B."))
        else:
            self._history.show_none(self._message())

    def _add_moment(self, shown: ShownTaps) -> None:
        """The history goes on with what is seen of a prompt; of a large tap only while somebody looks."""
        values, text = shown.values[self.tap], prompt_of(shown)
        if text is not None and (self.is_over_steps or values.size <= SAMPLED):
            facts = summary(values)
            if facts is not None:
                self._history.add_moment(text, self.tap, shown.step, facts)

    def _show_chosen(self) -> tuple[int, int] | None:
        stage, shown, subject, place = self._stage, self._shown, self._chosen, None
        if stage is not None and shown is not None and isinstance(subject, TapCell | TapGradient):
            row, column = subject.index[-2:]
            if shown.subject(self.tap, stage.index(row, column)) == subject:
                place = row, column
        self._map.set_selected(place)
        self._table.set_chosen(place)
        return place

    def _show_readout(self) -> None:
        stage, shown = self._stage, self._shown
        if self._problem:
            self._readout.set_text(self._problem, mark="!")
        elif stage is None or shown is None:
            self._readout.set_text("")
        elif self._pointed is None or self._view.choice not in (MAP, TABLE):
            self._readout.set_text(size_words(stage, has_cells=self._view.choice in (MAP, TABLE)))
        else:
            row, column = self._pointed
            held = self._menus.state_words(stage, column)
            words = cell_words(stage, row, column, self._vocabulary) + held
            self._readout.set_text(words)
            self._map.describe(words)

    # What the user does

    def _on_view_chosen(self, page: int) -> None:
        self._show_page(page)
        self._show_readout()
        if page == OVER_STEPS:
            self._request_history()

    def _on_stage_chosen(self) -> None:
        self._begin_tap()
        self.tap_chosen.emit(self.tap)
        if self.is_over_steps:
            self._request_history()

    def _request_history(self) -> None:
        if self.tap:
            self._history.set_problem("")
            self.history_requested.emit(self.tap)

    def _on_head_chosen(self) -> None:
        self._begin_tap()

    def _on_cell_pointed(self, place: tuple[int, int] | None) -> None:
        self._pointed = place
        self._show_readout()

    def _on_cell_chosen(self, place: tuple[int, int]) -> None:
        if self._stage is None or self._shown is None:
            return
        subject = self._shown.subject(self.tap, self._stage.index(*place))
        if subject is None:
            self._readout.set_text(no_subject_words(self._shown), mark="!")
        else:
            self.cell_chosen.emit(subject)

    def _on_menu_requested(self, place: tuple[int, int], at: QPoint) -> None:
        if self._stage is not None:
            self._menus.popup(self._stage, place, at)

    def _on_save_clicked(self) -> None:
        if self._shown is None:
            return
        try:
            saved = save_npz(self, self._shown, self.tap)
        except ValueError as problem:
            self.failed.emit(str(problem))
        else:
            if saved:
                self.exported.emit(self.tr("Saved {0}.").format(saved))
