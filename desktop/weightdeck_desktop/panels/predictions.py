"""The prediction panel: type a beginning, see a probability for every possible next token, and samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from weightdeck.run.frame import Prediction, Sample, Sampling
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.prediction_rows import StableOrder, difference_rows, probability_rows
from weightdeck_desktop.panels.prompt_line import LONGEST_PROMPT, PromptLine
from weightdeck_desktop.panels.samples import SamplesView
from weightdeck_desktop.panels.token_words import BOUNDARY, cut_letters, next_tokens, seen_tokens
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.bars import Bars
from weightdeck_desktop.widgets.switch import Switch
from weightdeck_desktop.widgets.text_line import TextLine

A, B, DIFFERENCE = 0, 1, 2  # places of the switch


class PredictionsPanel(Panel):
    """One or two prompts, their next-token probabilities and samples."""

    key = "predictions"

    prompts_edited = Signal(str, object)  # prompt A, and prompt B or None when nothing is compared
    sampling_changed = Signal(object)  # Sampling

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Prediction")
        self._vocabulary: tuple[str, ...] = ()
        self._names: tuple[str, ...] = ()
        self._predictions: dict[
            int, Prediction
        ] = {}  # of A and of B; none for a prompt without a known letter
        self._order = StableOrder()
        self._narrow = False  # the header needs two lines
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
        self._heading = TextLine()
        self._comparison = TextLine(alignment=Qt.AlignmentFlag.AlignRight)
        self._comparison.setToolTip(
            self.tr(
                "The dashed outline is the same step without your last change. The number says how far the "
                "two predictions are apart (Kullback-Leibler divergence, nats; 0 means the same)."
            )
        )
        self._bars = Bars()
        self._bars.setObjectName("prediction_bars")
        self._bars.setAccessibleName(self.tr("Probability of the next letter"))
        self._samples = SamplesView()
        self._header = QGridLayout()
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

    def show_predictions(self, predictions: tuple[Prediction, ...], step: int) -> None:
        """Show what follows the prompts, A first; one in which the model knows no letter has none."""
        only_b = self._comparing and len(predictions) == 1 and predictions[0].prompt.text != self._a.text
        self._predictions = dict(zip((B,) if only_b else (A, B), predictions, strict=False))
        self.set_aside(self.tr("step {step:,}").format(step=step))
        self._show_tokens()
        self._show_remark()
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

    def set_loading(self, loading: bool) -> None:
        """While the engine loads prompts can be typed and there are no predictions."""
        if loading:
            self.clear()
        self._bars.set_message(self.tr("loading engine") if loading else "")

    def set_sampling(self, sampling: Sampling) -> None:
        self._samples.set_sampling(sampling)

    def clear(self) -> None:
        self._predictions = {}
        self._order.reset()
        self.set_aside("")
        self._show_tokens()
        self._remark.set_text("")
        self._show_heading()
        self._bars.set_pending(False)
        self._bars.set_message("")
        self._samples.show_samples(())

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self._a, self._b, self._remark, self._switch, self._heading, self._comparison):
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

    def table(self) -> list[list[str]] | None:
        if not self._predictions:
            return None
        rows = [["token"]]
        for place, prediction in self._predictions.items():
            name = "AB"[place]
            rows[0].append(f"probability after {name}: {prediction.prompt.text}")
            if prediction.without_last is not None:
                rows[0].append(f"probability after {name} without the last change")
        for token, label in enumerate(self._names):
            row = [label]
            for prediction in self._predictions.values():
                row.append(f"{prediction.probs[token]:.9g}")
                if prediction.without_last is not None:
                    row.append(f"{prediction.without_last[token]:.9g}")
            rows.append(row)
        return rows

    def state(self) -> dict[str, Any]:
        """What a restart should bring back, as JSON can hold it."""
        return {"shown": self._switch.choice, "sampling": self._samples.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` gave, after the prompts; read `sampling` afterwards, nothing is emitted."""
        if self.prompts[1] is not None and state.get("shown") in (A, B, DIFFERENCE):
            self._switch.set_choice(state["shown"])
        self._samples.restore(state.get("sampling", {}))

    # Parts

    def _build(self) -> None:
        self._a.set_button(
            self.tr("+ compare"),
            self.tr("Compare with a second prompt, B, which starts as a copy."),
            "prompt_compare",
        )
        self._b.set_button(self.tr("remove"), self.tr("Remove the second prompt."), "prompt_remove_b")
        self._header.setContentsMargins(0, 0, 0, 0)
        self._header.setVerticalSpacing(0)
        column = QVBoxLayout()
        column.setSpacing(4)
        for part in (self._a, self._b, self._remark, self._switch):
            column.addWidget(part)
        column.addLayout(self._header)
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
        self._samples.sampling_changed.connect(self.sampling_changed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_lines()

    def _fit_lines(self) -> None:
        """Give the header two lines where one is too narrow, whatever it says now: nothing jumps later."""
        room = self.width() - self.body.contentsMargins().left() - self.body.contentsMargins().right()
        widest = self._heading.natural_width(self.tr("next letter") + self._comparison_words(10.0))
        self._narrow = widest + 8 > room
        for part in (self._heading, self._comparison):
            self._header.removeWidget(part)
        self._header.addWidget(self._heading, 0, 0)
        self._header.addWidget(self._comparison, 1 if self._narrow else 0, 0 if self._narrow else 1)
        self._header.setColumnStretch(0, 1)
        self._header.setColumnStretch(1, 0 if self._narrow else 4)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        self._comparison.set_alignment(left if self._narrow else right)
        one_line = self._comparing or self._remark.natural_width("n" * 55) < room
        self._remark.set_lines(1 if one_line else 2)
        self._show_heading()

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
        self._show_heading()
        if not self._vocabulary:
            return
        shown = self._switch.choice
        needed = (A, B) if shown == DIFFERENCE else (shown,)
        lacking = [place for place in needed if place not in self._predictions]
        if lacking:
            words = self.tr("no prediction after {name} yet: type a letter that the model knows")
            self._bars.set_message(words.format(name="AB"[lacking[0]]))
        elif shown == DIFFERENCE:
            a, b = self._predictions[A], self._predictions[B]
            self._bars.set_rows(difference_rows(a, b, self._names, self._order), signed=True)
        else:
            self._bars.set_rows(probability_rows(self._predictions[shown], self._names, self._order))

    def _show_heading(self) -> None:
        prediction = self._predictions.get(self._switch.choice)
        divergence = None if prediction is None else prediction.divergence
        heading = self.tr("next letter")
        if divergence is None:
            comparison = ""
        elif self._narrow:
            heading += self.tr(" · {nats:.2f} nats").format(nats=divergence)
            comparison = self.tr("dashed: without your last turn")
        else:
            comparison = self._comparison_words(divergence)
        self._heading.set_text(heading)
        self._comparison.set_text(comparison)

    def _comparison_words(self, nats: float) -> str:
        return self.tr("without your last turn: dashed · {nats:.2f} nats").format(nats=nats)

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
