"""The controller that asks where numbers come from, between a fake session and fake panels."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.desktop.fakes import FakeSession, FakeWindow, run_info, spec_with_signals
from weightdeck.run.commands import EditSlice
from weightdeck.run.explanation import Explanation, Operand, Rule, Term
from weightdeck.run.frame import Frame, Phase, Status
from weightdeck.run.queries import Answer, Explain, ExplainTogether
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.subjects import InBatch, InPrompt, Subject, TapCell, WeightCell
from weightdeck_desktop.controller import explaining as module
from weightdeck_desktop.controller.explaining import FOLLOW_S, ExplainDesk
from weightdeck_desktop.controller.hand import Hand
from weightdeck_desktop.panels.explain import ExplainPanel
from weightdeck_desktop.panels.expression import ExpressionPanel

PROMPT = InPrompt("chri")
LOGIT = TapCell(PROMPT, "logits", (3, 5))
PRE = TapCell(PROMPT, "blocks.0.mlp.pre", (3, 7))
POST = TapCell(PROMPT, "blocks.0.mlp.post", (3, 7))
WEIGHT = WeightCell("lm_head.weight", (5, 1))


def explanation(subject: Subject, step: int = 0) -> Explanation:
    return Explanation(subject, step, "", 1.0, Rule.SUM, "", "", (Term((Operand("x", 1.0),)),))


class Bench:
    """Both panels can be seen, the time stands until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.0
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now_s))
        self.session = FakeSession()
        self.window = FakeWindow()
        self.window.on_screen = {"explain", "expression"}
        self.explain = spec_with_signals(ExplainPanel)
        self.expression = spec_with_signals(ExpressionPanel)
        self.explain.key, self.expression.key = "explain", "expression"
        self.explain.follows = True
        self.explain.shown_subjects = ()
        self.problems: list[str] = []
        self.chosen: list[object] = []
        hand = Hand(self.session, self.problems.append, self.window)
        self.desk = ExplainDesk(self.session, self.window, self.explain, self.expression, hand)
        self.desk.chosen.connect(self.chosen.append)
        self.desk.begin(run_info())
        self.desk.set_prompt("chri")

    def answer(self, value: object, problem: str = "", number: int | None = None) -> None:
        """The session answers its newest question, or an older one."""
        number = self.session.newest_number if number is None else number
        self.desk.answer(Answer(number, self.session.queries[-1], 7, value, problem))

    def moves(self, step: int) -> None:
        """A frame of another step has come, long after the last."""
        self.now_s += FOLLOW_S
        self.desk.read(Frame(1, step, 0), Status(Phase.TRAINING))
        self.desk.follow()


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def test_what_is_pointed_at_is_asked_for_and_shown(bench: Bench) -> None:
    bench.desk.explain(LOGIT)
    assert bench.session.queries == [Explain(LOGIT)]
    bench.window.mock.show_panel.assert_called_with("explain")
    bench.explain.show_waiting.assert_called_with(LOGIT)
    bench.explain.shown_subjects = (LOGIT,)
    bench.answer(explanation(LOGIT))
    bench.explain.show_explanation.assert_called_once_with(explanation(LOGIT))
    assert bench.chosen == [LOGIT]


def test_the_answer_to_an_older_question_is_dropped(bench: Bench) -> None:
    bench.desk.explain(LOGIT)
    first = bench.session.newest_number
    bench.desk.explain(WEIGHT)
    assert ("cancel", first) in bench.session.calls
    bench.answer(explanation(LOGIT), number=first)
    bench.explain.show_explanation.assert_not_called()
    bench.answer(explanation(WEIGHT))
    bench.explain.show_explanation.assert_called_once_with(explanation(WEIGHT))


def test_what_is_opened_beneath_does_not_replace_another(bench: Bench) -> None:
    bench.explain.explain_requested.emit(LOGIT, True)
    first = bench.session.newest_number
    bench.explain.explain_requested.emit(WEIGHT, True)
    bench.answer(explanation(LOGIT), number=first)
    bench.answer(explanation(WEIGHT))
    assert [call.args[0] for call in bench.explain.show_explanation.call_args_list] == [
        explanation(LOGIT),
        explanation(WEIGHT),
    ]


def test_a_problem_is_shown_as_its_sentence(bench: Bench) -> None:
    bench.desk.explain(LOGIT)
    bench.answer(None, "There is no such number.")
    bench.explain.show_problem.assert_called_once_with("There is no such number.")


def test_it_follows_the_model_a_question_at_a_time(bench: Bench) -> None:
    bench.explain.shown_subjects = (LOGIT, WEIGHT)
    bench.moves(1)
    bench.moves(2)
    assert bench.session.queries == [ExplainTogether((LOGIT, WEIGHT))]
    bench.answer((explanation(LOGIT, 1), explanation(WEIGHT, 1)))
    assert bench.explain.show_explanation.call_count == 2
    bench.moves(2)
    assert len(bench.session.queries) == 2
    bench.answer((explanation(LOGIT, 2), explanation(WEIGHT, 2)))
    bench.moves(2)
    assert len(bench.session.queries) == 2, "nothing has moved since"


@pytest.mark.parametrize("why", ["it does not follow", "it cannot be seen", "nothing is explained"])
def test_it_does_not_ask_for_nothing(bench: Bench, why: str) -> None:
    bench.explain.shown_subjects = () if why == "nothing is explained" else (LOGIT,)
    bench.explain.follows = why != "it does not follow"
    if why == "it cannot be seen":
        bench.window.on_screen = set()
    bench.moves(1)
    assert bench.session.queries == []


def test_a_panel_that_is_brought_up_is_brought_up_to_the_moment(bench: Bench) -> None:
    bench.explain.shown_subjects = (LOGIT,)
    bench.expression.neuron_chosen.emit("blocks.0.mlp.pre", 3, 7)
    bench.answer((explanation(PRE), explanation(POST)))
    bench.window.on_screen = set()
    bench.moves(5)
    assert len(bench.session.queries) == 1
    bench.window.on_screen = {"explain", "expression"}
    bench.desk.follow()
    assert bench.session.queries[1:] == [ExplainTogether((LOGIT,)), ExplainTogether((PRE, POST))]


def test_the_last_moment_is_followed_though_it_came_soon_after_the_one_before(bench: Bench) -> None:
    bench.explain.shown_subjects = (LOGIT,)
    bench.moves(1)
    bench.answer((explanation(LOGIT, 1),))
    bench.desk.read(Frame(1, 2, 0), Status(Phase.PAUSED))
    bench.desk.follow()
    assert len(bench.session.queries) == 1, "too early"
    bench.now_s += FOLLOW_S
    bench.desk.follow()
    assert len(bench.session.queries) == 2


def test_what_the_user_points_at_goes_before_what_is_followed(bench: Bench) -> None:
    bench.explain.shown_subjects = (LOGIT,)
    bench.moves(1)
    followed = bench.session.newest_number
    bench.desk.explain(WEIGHT)
    assert ("cancel", followed) in bench.session.calls
    bench.answer((explanation(LOGIT),), number=followed)
    bench.explain.show_explanation.assert_not_called()


def test_a_neuron_that_is_explained_is_written_out_too(bench: Bench) -> None:
    bench.desk.explain(POST)
    assert bench.session.queries == [Explain(POST), ExplainTogether((PRE, POST))]
    bench.answer((explanation(PRE), explanation(POST)))
    bench.expression.show_expression.assert_called_once_with(explanation(PRE), explanation(POST), 7)


@pytest.mark.parametrize("where", [InBatch(2), InPrompt("anna")], ids=["batch", "other prompt"])
def test_a_neuron_of_another_text_is_not_written_out_with_prompt_as_inputs(
    bench: Bench, where: InBatch | InPrompt
) -> None:
    cell = TapCell(where, "blocks.0.mlp.post", (3, 7))
    bench.desk.explain(cell)
    assert bench.session.queries == [Explain(cell)]


def test_an_expression_follows_the_model_and_the_prompt(bench: Bench) -> None:
    bench.expression.neuron_chosen.emit("blocks.0.mlp.pre", 3, 7)
    bench.answer((explanation(PRE), explanation(POST)))
    bench.moves(1)
    assert bench.session.queries[-1] == ExplainTogether((PRE, POST))
    bench.answer((explanation(PRE), explanation(POST)))
    bench.desk.set_prompt("anna")
    bench.moves(1)
    last = bench.session.queries[-1]
    assert isinstance(last, ExplainTogether)
    assert {subject.where for subject in last.subjects if isinstance(subject, TapCell)} == {InPrompt("anna")}
    bench.answer(None, "The prompt has no such token.")
    bench.expression.clear.assert_called()


def test_a_weight_that_is_typed_is_an_edit(bench: Bench) -> None:
    target = ParameterSlice("lm_head.weight", (5, 1))
    bench.expression.weight_edit_requested.emit(target, 0.5, None)
    assert bench.session.commands == [EditSlice(target, "set", 0.5)]


def test_a_new_run_forgets_what_was_asked(bench: Bench) -> None:
    bench.desk.explain(LOGIT)
    asked = bench.session.newest_number
    bench.desk.begin(run_info(2))
    assert ("cancel", asked) in bench.session.calls
    bench.answer(explanation(LOGIT), number=asked)
    bench.explain.show_explanation.assert_not_called()
