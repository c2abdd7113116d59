"""The prediction panel: type a beginning, see a probability for every possible next token, and samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from weightdeck.run.audit import Mismatch
from weightdeck.run.frame import Baseline, DataCost, Prediction, Prompt, Sample, Sampling
from weightdeck.run.layout import Layout
from weightdeck.run.words import BOUNDARY
from weightdeck_desktop.panels.comparison_line import ComparisonLine
from weightdeck_desktop.panels.comparison_words import baseline_words
from weightdeck_desktop.panels.mismatches import wrong_probabilities
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.prediction_rows import StableOrder, difference_rows, probability_rows
from weightdeck_desktop.panels.prediction_table import prediction_table
from weightdeck_desktop.panels.prompt_edit import LONGEST_PROMPT
from weightdeck_desktop.panels.prompt_line import PromptLine
from weightdeck_desktop.panels.samples import SamplesView
from weightdeck_desktop.panels.slice_menu import Describe
from weightdeck_desktop.panels.token_menu import TokenMenu
from weightdeck_desktop.panels.token_words import cut_letters, given_tokens, next_tokens, seen_tokens
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.bars import Bars
from weightdeck_desktop.widgets.switch import Switch
from weightdeck_desktop.widgets.text_line import TextLine

A, B, DIFFERENCE = 0, 1, 2  # places of the switch


class PredictionsPanel(Panel):
    """One or two prompts, their next-token probabilities beside those of a baseline, and samples."""

    key = "predictions"

    prompts_edited = Signal(str, object)  # prompt A, and prompt B or None when nothing is compared
    sampling_changed = Signal(object)  # Sampling
    baseline_chosen = Signal(object)  # Baseline
    mark_requested = Signal()
    before_pressed = Signal()  # "before" is wanted until it is released
    before_released = Signal()
    slice_act = Signal(object, object)  # ParameterSlice, SliceAct
    matter_requested = Signal(int)  # a token: what matters for it?
    cell_chosen = Signal(object)  # Subject that is to be explained

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Prediction")
        self._vocabulary: tuple[str, ...] = ()
        self._names: tuple[str, ...] = ()
        self._predictions: dict[
            int, Prediction
        ] = {}  # of A and of B; none for a prompt without a known letter
        self._order = StableOrder()
        self._step = 0  # of the predictions
        self._baseline_step: int | None = None
        self._shows_before = False
        self._mismatches: tuple[Mismatch, ...] = ()
        self._layout: Layout | None = None
        self._describe: Describe | None = None
        self._a = PromptLine("A")
        self._b = PromptLine("B")
        self._remark = TextLine()
        self._remark.setObjectName("prompt_remark")
        self._switch = Switch(
            [
                ("A", self.tr("Show the prediction after prompt A.")),
                ("B", self.tr("Show the prediction after prompt B.")),
                (self.tr("A − B"), self.tr("Show by how much A's probabilities exceed B's.")),
            ]
        )
        self._switch.set_names("prediction_shown")
        self._comparison = ComparisonLine()
        self._bars = Bars()
        self._bars.setObjectName("prediction_bars")
        self._bars.setAccessibleName(self.tr("Probability of the next letter"))
        self._bars.setToolTip(
            self.tr(
                "The arrow keys choose a letter. Enter or a right click: what can be done with its weights"
            )
        )
        self._samples = SamplesView()
        self._build()
        self._connect()
        self._set_comparing(False)

    # What it is told

    def set_prompts(self, a: str, b: str | None = None) -> None:
        """Show these prompts; `b` None shows one only."""
        self._a.set_text(a)
        if b is not None:
            self._b.set_text(b)
        self._set_comparing(b is not None)

    def show_predictions(
        self, predictions: tuple[Prediction, ...], step: int, baseline_step: int | None = None
    ) -> None:
        """Show what follows the prompts, A first; one in which the model knows no letter has none.

        `baseline_step` is the step of the moment that they are compared with.
        """
        only_b = self._comparing and len(predictions) == 1 and predictions[0].prompt.text != self._a.text
        self._predictions = dict(zip((B,) if only_b else (A, B), predictions, strict=False))
        self._step, self._baseline_step = step, baseline_step
        self._show_tokens()
        self._show_remark()
        self._show_bars()

    def show_cost(self, cost: DataCost | None) -> None:
        """Show what the way from the baseline to now costs on the data; None where there is no baseline."""
        self._comparison.show_cost(cost)

    def show_before(self, shown: bool) -> None:
        """While `shown` the bars are the baseline's; what comes meanwhile is kept and seen afterwards."""
        if shown != self._shows_before:
            self._shows_before = shown
            self._comparison.show_before(shown)
            self._show_bars()

    def show_mismatches(self, mismatches: Sequence[Mismatch]) -> None:
        """Which numbers are wrong: while one of them is shown it is marked."""
        self._mismatches = tuple(mismatches)
        self._show_bars()

    def show_samples(self, samples: tuple[Sample, ...], step: int) -> None:
        self._samples.show_samples(samples)
        self._samples.setToolTip(self.tr("Drawn at step {step:,}.").format(step=step))

    def show_exact(self, share: float | None, step: int) -> None:
        """Show the share of held-out questions answered without error; None where nothing is right or wrong."""
        self._samples.show_exact(share, step)

    def set_pending(self, pending: bool) -> None:
        """Whether the numbers are of before the user's last act."""
        self._bars.set_pending(pending)

    def set_vocabulary(self, vocabulary: tuple[str, ...]) -> None:
        """What every token is called; predictions have as many entries."""
        self._vocabulary = vocabulary
        self._names = next_tokens(vocabulary)
        self._bars.set_label_room(self._names)
        self._samples.set_vocabulary_size(len(vocabulary))

    def set_layout(self, layout: Layout) -> None:
        """The model's parameters: tokens have rows there."""
        self._layout = layout

    def set_slice_states(self, describe: Describe) -> None:
        """Where a row's menu asks what can be done with a slice."""
        self._describe = describe

    def set_loading(self, loading: bool) -> None:
        """While the engine loads prompts can be typed and there are no predictions."""
        if loading:
            self.clear()
        self._bars.set_message(self.tr("loading engine") if loading else "")

    def set_sampling(self, sampling: Sampling) -> None:
        self._samples.set_sampling(sampling)

    def clear(self) -> None:
        self._predictions, self._mismatches = {}, ()
        self._baseline_step = None
        self._order.reset()
        self._show_tokens()
        self._remark.set_text("")
        self._show_comparison()
        self._comparison.show_cost(None)
        self._bars.set_pending(False)
        self._bars.set_message("")
        self._samples.show_samples(())

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self._a, self._b, self._remark, self._switch, self._comparison):
            part.set_theme(theme)
        self._bars.set_theme(theme)
        self._samples.set_theme(theme)
        self._fit_lines()

    # What it says when asked

    @property
    def prompts(self) -> tuple[str, str | None]:
        """Prompt A, and prompt B or None."""
        return self._a.text, self._b.text if self._comparing else None

    @property
    def sampling(self) -> Sampling:
        return self._samples.sampling

    @property
    def baseline(self) -> Baseline:
        """With what predictions are compared."""
        return self._comparison.baseline

    def set_locked(self, why: str) -> None:
        """Why no moment can be marked now; "" where it can."""
        self._comparison.set_locked(why)

    def table(self) -> list[list[str]] | None:
        if not self._predictions:
            return None
        what = baseline_words(self.baseline, self._baseline_step)
        return prediction_table(self._predictions, self._names, what)

    def state(self) -> dict[str, Any]:
        """What a restart should bring back, as JSON can hold it."""
        return {
            "shown": self._switch.choice,
            "baseline": self.baseline.value,
            "sampling": self._samples.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` gave, after the prompts; read `sampling` and `baseline` afterwards, nothing is emitted."""
        if self.prompts[1] is not None and state.get("shown") in (A, B, DIFFERENCE):
            self._switch.set_choice(state["shown"])
        if state.get("baseline") in [baseline.value for baseline in Baseline]:
            self._comparison.set_baseline(Baseline(state["baseline"]))
        self._samples.restore(state.get("sampling", {}))

    # Parts

    def _build(self) -> None:
        self._a.set_button(
            self.tr("+ compare"),
            self.tr("Compare with a second prompt, B, which starts as a copy."),
            "prompt_compare",
        )
        self._b.set_button(self.tr("remove"), self.tr("Remove the second prompt."), "prompt_remove_b")
        column = QVBoxLayout()
        column.setSpacing(4)
        for part in (self._a, self._b, self._remark, self._switch, self._comparison):
            column.addWidget(part)
        column.addWidget(self._bars, 1)
        column.addSpacing(4)
        column.addWidget(self._samples)
        self.body.addLayout(column)

    def _connect(self) -> None:
        for line in (self._a, self._b):
            line.edited.connect(self._on_prompt_edited)
        self._a.button_clicked.connect(self._on_compare_clicked)
        self._b.button_clicked.connect(self._on_remove_clicked)
        self._switch.chosen.connect(self._on_shown_chosen)
        self._comparison.baseline_chosen.connect(self.baseline_chosen)
        self._comparison.mark_requested.connect(self.mark_requested)
        self._comparison.before_pressed.connect(self.before_pressed)
        self._comparison.before_released.connect(self.before_released)
        self._bars.row_menu_requested.connect(self._on_row_menu_requested)
        self._samples.sampling_changed.connect(self.sampling_changed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_lines()

    def _fit_lines(self) -> None:
        """Give the remark two lines where one is too narrow, whatever it says now: nothing jumps later."""
        room = self.width() - self.body.contentsMargins().left() - self.body.contentsMargins().right()
        one_line = self._comparing or self._remark.natural_width("n" * 55) < room
        self._remark.set_lines(1 if one_line else 2)

    @property
    def _comparing(self) -> bool:
        return not self._b.isHidden()

    def _set_comparing(self, comparing: bool) -> None:
        self._b.setVisible(comparing)
        self._switch.setVisible(comparing)
        self._a.set_lettered(comparing)
        self._b.set_lettered(comparing)
        self._a.set_button(
            "" if comparing else self.tr("+ compare"),
            self.tr("Compare with a second prompt, B, which starts as a copy."),
            "prompt_compare",
        )
        if not comparing:
            self._switch.set_choice(A)
            self._predictions.pop(B, None)
        self._fit_lines()

    def _show_tokens(self) -> None:
        for place, line in ((A, self._a), (B, self._b)):
            prediction = self._predictions.get(place)
            if prediction is None:
                line.show_tokens("", ())
            else:
                prompt = prediction.prompt
                line.show_tokens(cut_letters(prompt, self._vocabulary), seen_tokens(prompt))

    def _show_bars(self) -> None:
        self._show_comparison()
        if not self._vocabulary:
            return
        shown, before = self._switch.choice, self._shows_before
        needed = (A, B) if shown == DIFFERENCE else (shown,)
        lacking = [place for place in needed if place not in self._predictions]
        if lacking:
            words = self.tr("no prediction after {name} yet: type a letter that the model knows")
            self._bars.set_message(words.format(name="AB"[lacking[0]]))
        elif shown == DIFFERENCE:
            a, b = self._predictions[A], self._predictions[B]
            rows = difference_rows(a, b, self._names, self._order, shows_before=before)
            self._bars.set_rows(rows, signed=True, keeps_scale=before)
        else:
            prediction = self._predictions[shown]
            wrong = {} if before else wrong_probabilities(self._mismatches, prediction, self._step)
            rows = probability_rows(prediction, self._names, self._order, shows_before=before, wrong=wrong)
            self._bars.set_rows(rows, keeps_scale=before)

    def _show_comparison(self) -> None:
        shown = self._switch.choice
        is_difference = shown == DIFFERENCE
        prediction = self._predictions.get(A if is_difference else shown)
        self._comparison.show_prediction(
            prediction, self._baseline_step, self._names, is_difference=is_difference
        )
        self._bars.set_ghost_name(baseline_words(self.baseline, self._baseline_step))
        if prediction is None:
            self.set_aside("")
        elif self._shows_before and prediction.before is not None:
            self.set_aside(self.tr("BEFORE"))
        else:
            self.set_aside("", self._step)

    def _show_remark(self) -> None:
        sentences = []
        if self._a.full or (self._comparing and self._b.full):
            words = self.tr("Only the first {count:,} characters are kept.")
            sentences.append(words.format(count=LONGEST_PROMPT))
        for place, prediction in self._predictions.items():
            prompt = prediction.prompt
            said = [prompt.problem] if prompt.problem else []
            if prompt.cut:
                letters = sum(token != BOUNDARY for token in prompt.tokens)
                said.append(self.tr("The model sees the last {count} letters.").format(count=letters))
            if said:
                sentences.append(("AB"[place] + ": " if self._comparing else "") + " ".join(said))
        if sentences:
            self._remark.set_text(" ".join(sentences), mark="!")
        else:
            self._remark.set_text(
                "" if self._comparing or not self._predictions else self.tr("what the model sees")
            )

    # What the user does

    def _on_prompt_edited(self) -> None:
        self._show_remark()
        self.prompts_edited.emit(*self.prompts)

    def _on_compare_clicked(self) -> None:
        self._b.set_text(self._a.text)
        self._set_comparing(True)
        self._b.take_focus()
        self._on_prompt_edited()

    def _on_remove_clicked(self) -> None:
        self._set_comparing(False)
        self._show_remark()
        self._show_bars()
        self._a.take_focus()
        self._on_prompt_edited()

    def _on_shown_chosen(self) -> None:
        self._order.reset()
        self._show_bars()

    def _on_row_menu_requested(self, row: int, place: QPoint) -> None:
        if self._layout is None or self._describe is None:
            return
        token = self._order.token(row)
        menu = TokenMenu(self, self._describe)
        menu.slice_act.connect(self.slice_act)
        menu.matter_requested.connect(self.matter_requested)
        menu.cell_chosen.connect(self.cell_chosen)
        menu.add_probability(self._explainable(), token)
        menu.add_token(token, self._names[token], given_tokens(self._vocabulary)[token], self._layout)
        menu.popup(place)

    def _explainable(self) -> Prompt | None:
        """The prompt whose probabilities are shown; None for a difference."""
        shown = self._predictions.get(self._switch.choice)
        return None if shown is None else shown.prompt
