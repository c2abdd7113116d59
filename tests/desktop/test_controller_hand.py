"""The hand: one gesture at a time, every command numbered, and a refusal said in words."""

from __future__ import annotations

import pytest

from tests.desktop.desk_bench import HandBench
from weightdeck.run.commands import Redo, Undo


@pytest.fixture
def bench() -> HandBench:
    return HandBench()


def test_training_waits_from_the_grip_to_the_release(bench: HandBench) -> None:
    assert bench.hand.gesture is None
    bench.hand.grab()
    assert bench.hand.gesture is not None
    assert bench.session.calls == [("hold", True)]
    bench.hand.release()
    assert bench.hand.gesture is None
    assert bench.session.calls == [("hold", True), ("hold", False)]


def test_training_goes_on_under_the_hand_of_who_prefers_it(bench: HandBench) -> None:
    bench.hand.waits = False
    bench.hand.grab()
    assert bench.hand.gesture is not None, "it is one drag all the same"
    assert bench.session.calls == []


def test_who_changes_the_preference_in_the_middle_of_a_drag_is_let_go(bench: HandBench) -> None:
    bench.hand.grab()
    bench.hand.waits = False
    bench.hand.release()
    assert bench.session.calls[-1] == ("hold", False)


def test_no_two_gestures_have_one_number(bench: HandBench) -> None:
    numbers = []
    for _ in range(3):
        bench.hand.grab()
        numbers.append(bench.hand.gesture)
        numbers.append(bench.hand.new_gesture())
        bench.hand.release()
    bench.hand.begin()
    bench.hand.grab()
    numbers.append(bench.hand.gesture)
    assert len(set(numbers)) == 7


def test_a_command_goes_to_the_session_and_its_number_is_known(bench: HandBench) -> None:
    assert bench.hand.last_submitted == 0
    assert bench.hand.submit(Undo())
    first = bench.hand.last_submitted
    assert bench.hand.submit(Redo())
    assert bench.session.commands == [Undo(), Redo()]
    assert bench.session.newest_number == bench.hand.last_submitted > first > 0
    assert bench.heard == ["touched", "touched"]
    assert bench.problems == []


def test_what_is_refused_is_said_and_counts_for_nothing(bench: HandBench) -> None:
    bench.hand.submit(Undo())
    number = bench.hand.last_submitted
    bench.session.refusal = "That is too large."
    assert not bench.hand.submit(Redo())
    assert bench.problems == ["That is too large."]
    assert bench.hand.last_submitted == number
    assert bench.heard == ["touched"]


def test_a_new_run_knows_of_no_earlier_command(bench: HandBench) -> None:
    bench.hand.grab()
    bench.hand.submit(Undo())
    bench.hand.begin()
    assert bench.hand.gesture is None
    assert bench.hand.last_submitted == 0


def test_what_cannot_be_done_is_said(bench: HandBench) -> None:
    bench.hand.say("The desk is full.")
    assert bench.problems == ["The desk is full."]
