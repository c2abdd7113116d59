"""Where numbers come from: asks for what the user points at, and again when the model has moved."""

from __future__ import annotations

import time
from enum import Enum
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from weightdeck.run.commands import EditSlice
from weightdeck.run.explanation import Explanation
from weightdeck.run.frame import Frame, RunInfo, Status
from weightdeck.run.queries import Answer, Explain, ExplainTogether
from weightdeck.run.session import Session
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.subjects import InPrompt, Subject, TapCell
from weightdeck_desktop.controller.hand import Hand
from weightdeck_desktop.controller.questions import Questions
from weightdeck_desktop.panels.explain import ExplainPanel
from weightdeck_desktop.panels.expression import ExpressionPanel
from weightdeck_desktop.window import Window

FOLLOW_S = 0.4  # between two times of asking again while the model moves
NEURON = (
    ".mlp.pre",
    ".mlp.post",
)  # what the taps of a neuron end in: its sum, and what the nonlinearity makes of it


class _Purpose(Enum):
    POINTED = "pointed"  # the user has just pointed at it
    FOLLOWED = "followed"  # what is shown, again
    EXPRESSION = "expression"


class _Moment(NamedTuple):
    """What an explanation may differ by."""

    run: int
    step: int
    command: int
    is_past: bool
    stage: int


class ExplainDesk(QObject):
    """Owns what is asked for the panels Explain and Expression. Lives on the GUI thread."""

    chosen = Signal(object)  # Subject that is explained, or None

    def __init__(
        self, session: Session, window: Window, explain: ExplainPanel, expression: ExpressionPanel, hand: Hand
    ) -> None:
        super().__init__(window)
        self._window = window
        self._explain = explain
        self._expression = expression
        self._hand = hand
        self._questions: Questions[_Purpose | Subject] = Questions(session)  # a subject's is opened beneath
        self._prompt = ""
        self._neuron: tuple[int, int, int] | None = None  # block, token, neuron that is written out
        self._chosen: Subject | None = None
        self._moment: _Moment | None = None  # of the newest frame
        self._explained: _Moment | None = None  # what is shown is of it, or has been asked for anew at it
        self._written: _Moment | None = None  # the same of the expression
        self._followed_s = 0.0
        explain.explain_requested.connect(self._on_view_explain_requested)
        explain.follow_changed.connect(lambda _follows: self.follow())
        expression.neuron_chosen.connect(self._on_view_neuron_chosen)
        expression.weight_edit_requested.connect(self._on_view_weight_entered)

    def begin(self, info: RunInfo) -> None:
        """A new run: nothing that was explained is of it."""
        self._questions.forget()
        self._moment = self._explained = self._written = None
        self._neuron = None
        for panel in (self._explain, self._expression):
            panel.clear()
            panel.set_past(None)
        self._expression.set_enabled_engine(True)
        self._expression.set_model(info.spec.model)
        self._choose(None)

    def set_prompt(self, prompt: str) -> None:
        """Prompt A, of which neurons are written out."""
        if prompt != self._prompt:
            self._prompt = prompt
            self._written = None

    def explain(self, subject: Subject) -> None:
        """Show where a number comes from; a neuron of prompt A is also written out."""
        self._window.hints.did("explain")
        self._window.show_panel(self._explain.key)
        self._explain.show_waiting(subject)
        self._ask(subject, _Purpose.POINTED)
        of_a = InPrompt(self._prompt)
        if isinstance(subject, TapCell) and subject.where == of_a and subject.tap.endswith(NEURON):
            self._take_neuron(subject.tap, *subject.index)

    def write_out(self, tap: str, token: int, feature: int) -> None:
        """Show a neuron's whole expression."""
        self._window.show_panel(self._expression.key)
        self._take_neuron(tap, token, feature)

    def read(self, frame: Frame, status: Status) -> None:
        """Another moment is shown."""
        self._moment = _Moment(
            frame.run, frame.step, frame.last_command, frame.is_past, status.half.stage.value
        )

    def follow(self) -> None:
        """Ask again for what can be seen and is of another moment; what is asked already is waited for. To be called
        now and then, also while nothing comes: a panel may have been brought up, or it was too early the last time.
        """
        now_s = time.monotonic()
        if self._moment is None or now_s - self._followed_s < FOLLOW_S:
            return
        visible = self._window.visible_panels()
        subjects = self._explain.shown_subjects
        is_explained = self._explain.key in visible and self._explain.follows and subjects
        if is_explained and self._explained != self._moment and not self._waits:
            self._followed_s = now_s
            self._explained = self._moment
            self._questions.ask(_Purpose.FOLLOWED, ExplainTogether(subjects))
        is_written_out = self._expression.key in visible and self._neuron is not None
        is_asked = self._questions.waits_for(_Purpose.EXPRESSION)
        if is_written_out and self._written != self._moment and not is_asked:
            self._followed_s = now_s
            self._ask_expression()

    def answer(self, answer: Answer) -> None:
        """Take an answer, if it is one that is waited for here."""
        purpose = self._questions.take(answer)
        if purpose is None:
            return
        past = answer.step if self._moment is not None and self._moment.is_past else None
        (self._expression if purpose is _Purpose.EXPRESSION else self._explain).set_past(past)
        if purpose is _Purpose.EXPRESSION:
            self._take_expression(answer)
        elif isinstance(answer.value, Explanation):
            self._explain.show_explanation(answer.value)
        elif isinstance(answer.value, tuple):
            for each in answer.value:
                if isinstance(each, Explanation):
                    self._explain.show_explanation(each)
        elif purpose is not _Purpose.FOLLOWED or self._explain.follows:
            self._explain.show_problem(answer.problem)
        if purpose is not _Purpose.EXPRESSION:
            shown = self._explain.shown_subjects
            self._choose(shown[0] if shown else None)

    @property
    def _waits(self) -> bool:
        """Whether the panel Explain has asked for something that is not there yet."""
        return bool(self._questions.purposes - {_Purpose.EXPRESSION})

    def _ask(self, subject: Subject, purpose: _Purpose | Subject) -> None:
        self._questions.drop(_Purpose.FOLLOWED)
        self._explained = self._moment
        self._questions.ask(purpose, Explain(subject))

    def _choose(self, subject: Subject | None) -> None:
        if subject != self._chosen:
            self._chosen = subject
            self.chosen.emit(subject)

    # The simple expression

    def _take_neuron(self, tap: str, token: int, feature: int) -> None:
        self._neuron = (int(tap.split(".")[1]), token, feature)
        self._ask_expression()

    def _ask_expression(self) -> None:
        assert self._neuron is not None
        block, token, feature = self._neuron
        self._written = self._moment
        where = InPrompt(self._prompt)
        pre, post = (TapCell(where, f"blocks.{block}{tap}", (token, feature)) for tap in NEURON)
        self._questions.ask(_Purpose.EXPRESSION, ExplainTogether((pre, post)))

    def _take_expression(self, answer: Answer) -> None:
        if not isinstance(answer.value, tuple):
            self._expression.clear()  # the prompt has no such token any more
            return
        pre, post = answer.value
        if isinstance(pre, Explanation) and isinstance(post, Explanation):
            self._expression.show_expression(pre, post, answer.step)

    # The user's acts

    def _on_view_explain_requested(self, subject: Subject, is_beneath: bool) -> None:
        self._ask(subject, subject if is_beneath else _Purpose.POINTED)

    def _on_view_neuron_chosen(self, tap: str, token: int, feature: int) -> None:
        self._take_neuron(tap, token, feature)

    def _on_view_weight_entered(self, weight: ParameterSlice, value: float, gesture: object) -> None:
        number = gesture if isinstance(gesture, int) else None
        self._hand.submit(EditSlice(weight, "set", value, number))
