"""The pages over steps: what is asked for them, and when it is asked again."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tests.desktop.fakes import FakeSession, FakeWindow, fake_panels
from weightdeck.run.frame import Frame, Phase, Status
from weightdeck.run.inside import OverSteps
from weightdeck.run.queries import Answer, ReadOverSteps
from weightdeck_desktop.controller import histories as module
from weightdeck_desktop.controller.histories import ANY_TAP, RENEW_S, Histories


class Bench:
    """Both panels can be seen, neither on its page over steps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.0
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now_s))
        self.session, self.window = FakeSession(), FakeWindow()
        self.window.on_screen = {"inspector", "lens"}
        panels = fake_panels()
        self.inspector, self.lens = panels.inspector, panels.lens
        self.lens.position, self.lens.token = 3, 5
        self.desk = Histories(self.session, self.window, self.inspector, self.lens)  # type: ignore[arg-type]
        self.desk.set_prompt("chri")

    def answer(self, value: OverSteps | None, problem: str = "") -> bool:
        """The session answers its newest question."""
        return self.desk.answer(
            Answer(self.session.newest_number, self.session.queries[-1], 7, value, problem)
        )

    def moves(self, step: int, phase: Phase = Phase.TRAINING) -> None:
        self.desk.read(Frame(1, step, 0))
        self.desk.follow(Status(phase))

    @property
    def asked(self) -> list[tuple[str, str, int, int]]:
        queries = [query for query in self.session.queries if isinstance(query, ReadOverSteps)]
        return [(query.prompt, query.tap, query.position, query.token) for query in queries]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def over_steps(tap: str) -> OverSteps:
    none, steps = np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int64)
    return OverSteps("chri", tap, 3, 5, steps, none, none, none, none, (), none.reshape(0, 0))


def open_inspector(bench: Bench) -> None:
    bench.inspector.is_over_steps, bench.inspector.tap = True, "logits"
    bench.inspector.history_requested.emit("logits")


def test_a_stage_is_asked_for_and_shown(bench: Bench) -> None:
    open_inspector(bench)
    assert bench.asked == [("chri", "logits", 0, 0)]
    found = over_steps("logits")
    assert bench.answer(found)
    bench.inspector.show_over_steps.assert_called_once_with(found)
    bench.lens.show_over_steps.assert_not_called()


def test_another_prompt_is_asked_for_at_once(bench: Bench) -> None:
    open_inspector(bench)
    first = bench.session.newest_number
    bench.desk.set_prompt("anna")
    assert bench.asked[-1] == ("anna", "logits", 0, 0)
    assert ("cancel", first) in bench.session.calls


def test_a_problem_is_of_the_prompt_that_had_it(bench: Bench) -> None:
    open_inspector(bench)
    assert bench.answer(None, "The file is gone.")
    bench.desk.set_prompt("anna")
    assert [call.args for call in bench.inspector.show_problem.call_args_list][-2:] == [
        ("The file is gone.",),
        ("",),
    ]


def test_a_stage_that_was_chosen_elsewhere_is_asked_for_while_it_rests(bench: Bench) -> None:
    bench.moves(50, Phase.PAUSED)
    open_inspector(bench)
    bench.answer(over_steps("logits"))
    bench.inspector.tap = "probs"
    bench.moves(50, Phase.PAUSED)
    bench.moves(50, Phase.PAUSED)
    assert bench.asked == [("chri", "logits", 0, 0), ("chri", "probs", 0, 0)]


def test_the_lens_is_asked_for_by_place_and_token(bench: Bench) -> None:
    bench.lens.is_over_steps = True
    bench.lens.history_requested.emit(3, 5)
    assert bench.asked == [("chri", ANY_TAP, 3, 5)]
    assert bench.answer(None, "No such token.")
    bench.lens.show_problem.assert_called_once_with("No such token.")


def test_what_the_lens_lacks_is_asked_for_once(bench: Bench) -> None:
    """Restored on its page over steps, or with another prompt, it knows what it needs when its prediction has come."""
    bench.lens.is_over_steps, bench.lens.missing_history = True, (2, 4)
    bench.moves(1)
    bench.moves(2)
    assert bench.asked == [("chri", ANY_TAP, 2, 4)]


def test_while_it_trains_newer_steps_are_read_now_and_then(bench: Bench) -> None:
    open_inspector(bench)
    bench.lens.is_over_steps = True
    bench.lens.history_requested.emit(3, 5)
    bench.answer(over_steps(ANY_TAP))
    bench.desk.answer(Answer(1, bench.session.queries[0], 0, over_steps("logits")))
    bench.moves(50)
    assert len(bench.asked) == 2
    bench.now_s += RENEW_S
    bench.moves(60)
    assert bench.asked[2:] == [("chri", "logits", 0, 0), ("chri", ANY_TAP, 3, 5)]


def test_when_it_rests_the_newest_step_is_read_at_once(bench: Bench) -> None:
    open_inspector(bench)
    bench.answer(over_steps("logits"))
    bench.moves(50, Phase.PAUSED)
    assert len(bench.asked) == 2
    bench.answer(over_steps("logits"))
    bench.moves(50, Phase.PAUSED)
    assert len(bench.asked) == 2, "it is up to date"


@pytest.mark.parametrize("hidden", [True, False])
def test_a_page_that_cannot_be_seen_is_not_renewed(bench: Bench, hidden: bool) -> None:
    open_inspector(bench)
    bench.answer(over_steps("logits"))
    if hidden:
        bench.window.on_screen = {"lens"}
    else:
        bench.inspector.is_over_steps = False
    bench.moves(50, Phase.PAUSED)
    assert len(bench.asked) == 1


def test_other_answers_are_not_taken(bench: Bench) -> None:
    assert not bench.desk.answer(Answer(99, ReadOverSteps("chri", "logits", 0, 0), 7))


def test_a_new_run_forgets_what_was_asked(bench: Bench) -> None:
    open_inspector(bench)
    bench.desk.begin()
    assert not bench.answer(over_steps("logits"))
    bench.inspector.show_over_steps.assert_not_called()
