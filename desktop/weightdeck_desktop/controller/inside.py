"""The panels of the workspace Inside: what they need of a frame, what they ask, and what they have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from weightdeck.run.audit import AuditReport, Mismatch
from weightdeck.run.frame import Frame, Interest, Part, RunInfo, Status
from weightdeck.run.half_step import HalfStep
from weightdeck.run.inside import NeuronStudy, SameAgain, Taps
from weightdeck.run.queries import Answer, RunAgain, StudyNeurons
from weightdeck.run.session import Session
from weightdeck.run.subjects import InPrompt, Subject, TapCell
from weightdeck_desktop.controller.all_panels import AllPanels
from weightdeck_desktop.controller.explaining import ExplainDesk
from weightdeck_desktop.controller.histories import Histories
from weightdeck_desktop.controller.news import News
from weightdeck_desktop.controller.questions import Questions
from weightdeck_desktop.panels.attention import AttentionPanel
from weightdeck_desktop.panels.inspector import InspectorPanel
from weightdeck_desktop.panels.neurons import NeuronsPanel
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.tap_source import OF_B, TapSource
from weightdeck_desktop.panels.token_words import given_tokens
from weightdeck_desktop.panels.transformer import TransformerPanel
from weightdeck_desktop.window import Window


class InsideDesk(QObject):
    """Passes what is chosen in one panel on to the others. Lives on the GUI thread."""

    interest_changed = Signal()  # `with_interest` would give another one

    def __init__(
        self, session: Session, window: Window, panels: AllPanels, explaining: ExplainDesk, news: News
    ) -> None:
        super().__init__(window)
        self._window = window
        self._panels = panels
        self._explaining = explaining
        self._news = news
        self._questions: Questions[str] = Questions(session)  # by the panel's key
        self._histories = Histories(session, window, panels.inspector, panels.lens)
        self._prompts: tuple[str, ...] = ()
        self._tokens: tuple[str, ...] = ()  # of prompt A, as the model sees it
        self._speed: float | None = None  # steps/s
        self._is_past = False  # the moment that is shown
        self._mismatches: tuple[Mismatch, ...] = ()  # the newest
        self._taps: tuple[Taps, int] | None = None  # the newest, and the step of the frame that brought them
        self._all: tuple[Panel, ...] = (
            *(panels.transformer, panels.inspector, panels.attention, panels.neurons, panels.memory),
            *(panels.embeddings, panels.lens, panels.contributions, panels.batch, panels.cost),
        )
        self._connect()

    # Told

    def begin(self, info: RunInfo, prompts: tuple[str, ...]) -> None:
        """A new run."""
        panels = self._panels
        self._questions.forget()
        self._histories.begin()
        self._taps, self._tokens = None, ()
        for panel in self._all:
            panel.clear()
        panels.memory.set_past(None)
        for built in (
            panels.transformer,
            panels.inspector,
            panels.attention,
            panels.neurons,
            panels.embeddings,
        ):
            built.set_model(info.spec.model)
        for named in (
            *(panels.transformer, panels.inspector, panels.neurons, panels.memory, panels.embeddings),
            *(panels.lens, panels.contributions, panels.batch),
        ):
            named.set_vocabulary(info.vocabulary)
        panels.cost.show_run(info.spec)
        self.set_prompts(prompts)
        self._on_view_source_chosen(panels.transformer.source)  # it may be that of the last start
        if panels.neurons.wants_study and panels.neurons.key in self._window.visible_panels():
            self._on_view_study_requested(panels.neurons.block)

    def set_prompts(self, prompts: tuple[str, ...]) -> None:
        """What is typed as A, and B where there is one."""
        if prompts == self._prompts:
            return
        self._prompts = prompts
        if len(prompts) < 2 and self._panels.transformer.source in OF_B:
            self._panels.transformer.set_source(TapSource.A)
            self._on_view_source_chosen(TapSource.A)
        self._explaining.set_prompt(prompts[0])
        self._histories.set_prompt(prompts[0])

    def with_interest(self, interest: Interest, visible: set[str]) -> Interest:
        """The interest with what the visible panels of Inside need beside parts and prompts."""
        panels = self._panels
        readers = (panels.transformer, panels.inspector, panels.attention, panels.neurons)
        wanted = [panel.wanted_taps for panel in readers if panel.key in visible]
        return replace(
            interest,
            taps=frozenset[str]().union(*wanted),
            batch_row=panels.transformer.batch_row if wanted else None,
            patches=panels.transformer.patches if wanted else (),
            position=panels.contributions.position,
            token=panels.contributions.token,
            against=panels.contributions.against,
        )

    def read(self, frame: Frame, status: Status) -> None:
        """Keep what a frame brings for more than one panel."""
        if frame.taps is not None:
            self._taps = (frame.taps, frame.step)
        tokens = _tokens_of(frame)
        if tokens is not None and tokens != self._tokens:
            self._tokens = tokens
            self._panels.expression.set_tokens(given_tokens(tokens))
            self._panels.memory.set_tokens(self._prompts[0], tokens)
        self._speed = status.steps_per_s
        if frame.is_past != self._is_past:
            self._is_past = frame.is_past
            if self._panels.memory.table() is not None:  # of the other one of past and now
                self._on_view_again_requested(self._panels.memory.dropped)
        self._histories.read(frame)
        self._explaining.read(frame, status)

    def follow(self, status: Status) -> None:
        """Ask again for what was asked about another moment than the one that is shown. To be called now and then."""
        self._histories.follow(status)
        self._explaining.follow()

    def show_audit(self, report: AuditReport) -> None:
        """What the check of displayed numbers found."""
        self._mismatches = report.mismatches
        self._window.show_audit(report)
        panels = self._panels
        for marking in (
            *(panels.explain, panels.predictions),
            *(panels.transformer, panels.inspector, panels.attention),
        ):
            marking.show_mismatches(report.mismatches)

    def answer(self, answer: Answer) -> None:
        """Take an answer, if it is one that was asked for here."""
        purpose = self._questions.take(answer)
        if purpose is None:
            if not self._histories.answer(answer):
                self._explaining.answer(answer)
            return
        panels, value = self._panels, answer.value
        if purpose == panels.neurons.key:
            panels.neurons.show_studying(False)
        if isinstance(value, NeuronStudy):
            panels.neurons.show_study(value)
        elif isinstance(value, SameAgain):
            panels.memory.show_again(value)
            panels.memory.set_past(answer.step if self._is_past else None)
        else:
            panel = panels.neurons if purpose == panels.neurons.key else panels.memory
            panel.show_problem(answer.problem)

    # Shown

    def show_half(self, status: Status, *, update_made: bool) -> None:
        """How far the step in hand is: of now, whatever moment is shown."""
        is_now = status.past is None
        half = status.half if is_now else HalfStep()
        self._panels.transformer.show_half(half, update_made and is_now, status.step)

    def shows(self) -> dict[str, Callable[[], None]]:
        """How each panel is shown what is new, by its key."""
        panels = self._panels
        return {
            panels.transformer.key: lambda: self._show_taps(panels.transformer),
            panels.inspector.key: lambda: self._show_taps(panels.inspector),
            panels.attention.key: self._show_attention,
            panels.neurons.key: lambda: self._show_taps(panels.neurons),
            panels.embeddings.key: lambda: self._take(Part.EMBEDDINGS, panels.embeddings.show_embeddings),
            panels.lens.key: lambda: self._take(Part.LENS, panels.lens.show_lens),
            panels.contributions.key: lambda: self._take(
                Part.CONTRIBUTIONS, panels.contributions.show_contributions
            ),
            panels.batch.key: lambda: self._take(Part.BATCH, panels.batch.show_batch),
            panels.cost.key: lambda: panels.cost.show_speed(self._speed),
        }

    def _show_taps(self, panel: TransformerPanel | InspectorPanel | AttentionPanel | NeuronsPanel) -> None:
        if self._taps is not None:
            taps, step = self._taps
            panel.show_taps(taps, taps.step if taps.readings else step)

    def _show_attention(self) -> None:
        self._show_taps(self._panels.attention)
        self._take(Part.HEADS, self._panels.attention.show_heads)

    def _take(self, part: Part, show: Callable[[Any, int], None]) -> None:
        news = self._news.take(part)
        if news is not None:
            found, frame = news
            show(found, frame.step)

    # The user's acts

    def _connect(self) -> None:
        panels = self._panels
        for reader in (panels.transformer, panels.attention, panels.neurons):
            reader.interest_changed.connect(self._on_view_interest_changed)
        for pointing in (
            *(panels.transformer, panels.inspector, panels.attention, panels.neurons),
            *(panels.lens, panels.contributions, panels.batch, panels.predictions, panels.activations),
        ):
            pointing.cell_chosen.connect(self._explaining.explain)
        for leading in (panels.transformer, panels.contributions):
            leading.tap_chosen.connect(self._on_view_stage_chosen)
            leading.head_chosen.connect(self._on_view_head_chosen)
        panels.transformer.source_chosen.connect(self._on_view_source_chosen)
        panels.inspector.tap_chosen.connect(self._on_view_tap_chosen)
        panels.inspector.exported.connect(self._window.show_message)
        panels.inspector.failed.connect(lambda words: self._window.show_notice(words, is_error=True))
        panels.contributions.choice_changed.connect(self.interest_changed)
        panels.batch.row_chosen.connect(self._on_view_row_chosen)
        panels.neurons.study_requested.connect(self._on_view_study_requested)
        panels.neurons.neuron_chosen.connect(self._explaining.write_out)
        panels.memory.again_requested.connect(self._on_view_again_requested)
        self._explaining.chosen.connect(self._on_subject_chosen)
        self._window.mismatch_requested.connect(self._on_view_mismatch_requested)

    def _on_view_interest_changed(self) -> None:
        self._panels.batch.set_row(self._panels.transformer.batch_row)
        self.interest_changed.emit()

    def _on_view_stage_chosen(self, tap: str) -> None:
        self._window.show_panel(self._panels.inspector.key)
        self._panels.inspector.set_tap(tap)
        self._on_view_tap_chosen(tap)

    def _on_view_tap_chosen(self, tap: str) -> None:
        self._panels.transformer.set_tap(tap)
        self.interest_changed.emit()

    def _on_view_head_chosen(self, block: int, head: int) -> None:
        self._window.show_panel(self._panels.attention.key)
        self._panels.attention.set_head(block, head)
        self.interest_changed.emit()

    def _on_view_source_chosen(self, source: TapSource) -> None:
        self._panels.inspector.set_source(source)
        self._panels.attention.set_source(source)
        self._on_view_interest_changed()

    def _on_view_row_chosen(self, row: int) -> None:
        """Look inside a sequence of the batch."""
        self._window.show_panel(self._panels.transformer.key)
        self._panels.transformer.set_batch_row(row)
        self._panels.transformer.set_source(TapSource.BATCH)
        self._on_view_source_chosen(TapSource.BATCH)

    def _on_view_mismatch_requested(self) -> None:
        """The newest number that was wrong, where it comes from."""
        if self._mismatches:
            wrong = self._mismatches[-1]
            self._explaining.explain(TapCell(InPrompt(wrong.prompt), wrong.tap, wrong.index))

    def _on_subject_chosen(self, subject: Subject | None) -> None:
        """Outline the number that is explained, wherever it is seen."""
        panels = self._panels
        for outlining in (
            *(panels.transformer, panels.inspector, panels.attention, panels.neurons, panels.batch),
        ):
            outlining.set_chosen(subject)

    # Questions

    def _on_view_study_requested(self, block: int) -> None:
        self._questions.ask(self._panels.neurons.key, StudyNeurons(block))
        self._panels.neurons.show_studying(True)

    def _on_view_again_requested(self, dropped: int | None) -> None:
        self._questions.ask(self._panels.memory.key, RunAgain(self._prompts[0], dropped))


def _tokens_of(frame: Frame) -> tuple[str, ...] | None:
    """Prompt A's tokens as a frame tells them; None where it does not."""
    readings = () if frame.taps is None else frame.taps.readings
    if readings and isinstance(readings[0].where, InPrompt):
        return readings[0].tokens
    return frame.predictions[0].prompt.tokens if frame.predictions else None
