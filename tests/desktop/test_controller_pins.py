"""Which six parameters are on the desk: what the user pins stays, what shows nothing is aimed anew."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tests.desktop.fakes import (
    HEAD_N,
    HEAD_S,
    OTHER,
    SIX,
    SIX_OF_SORT,
    DeskBench,
    frame_of_knobs,
    reading,
    run_info,
    small_spec,
)
from weightdeck.run.commands import EditSlice
from weightdeck.run.frame import Phase
from weightdeck.run.journal import JournalEntry
from weightdeck.run.queries import Answer, SuggestKnobs
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.slices import ParameterSlice

LOUD, QUIET = 0.4, 0.01  # reaches, nats


@pytest.fixture
def bench() -> DeskBench:
    return DeskBench()


# What is pinned


def test_the_user_can_pin_another_parameter(bench: DeskBench) -> None:
    bench.heard.clear()
    bench.desk._repin(1, OTHER, bench.desk._info)
    assert bench.targets == (HEAD_S, OTHER, *SIX[2:])
    assert bench.desk.in_hand == PinnedKnob(OTHER)
    assert bench.views()[1].value is None
    assert bench.heard == ["changed"]


def test_a_pin_that_was_chosen_for_another_run_is_dropped(bench: DeskBench) -> None:
    old = bench.desk._info
    bench.begin(run_info(2))
    bench.desk._repin(1, OTHER, old)
    assert bench.targets == SIX


def test_a_new_run_keeps_what_the_user_pinned(bench: DeskBench) -> None:
    bench.desk._repin(1, OTHER, bench.desk._info)
    bench.desk.begin(replace(run_info(2), suggested_knobs=SIX[::-1]), "chri")
    assert bench.targets == (HEAD_S, OTHER, *SIX[2:])
    assert all(view.value is None for view in bench.views()), "the values are those of another run"


def test_a_new_run_brings_its_own_knobs_when_none_was_chosen(bench: DeskBench) -> None:
    bench.desk.begin(replace(run_info(2), suggested_knobs=SIX[::-1]), "chri")
    assert bench.targets == SIX[::-1]


def test_another_model_brings_its_own_knobs(bench: DeskBench) -> None:
    bench.desk._repin(0, OTHER, bench.desk._info)
    bench.desk.begin(run_info(2, small_spec("sort")), "ABC")
    assert bench.targets == SIX_OF_SORT


def test_edits_of_the_last_run_are_not_waited_for_in_the_next(bench: DeskBench) -> None:
    bench.panels.knobs.weight_typed.emit(0, 0.9)
    bench.desk.begin(run_info(2), "chri")
    bench.desk.read(frame_of_knobs(reading(HEAD_S, 0.11), last_command=0))
    assert bench.views()[0].value == 0.11


def test_all_six_are_found_anew_when_the_user_asks(bench: DeskBench) -> None:
    bench.desk._repin(1, OTHER, bench.desk._info)
    bench.panels.knobs.suggest_requested.emit()
    assert bench.session.queries == [SuggestKnobs("chri")]
    number = bench.session.newest_number
    bench.desk.answer(Answer(number + 1, SuggestKnobs("chri"), 0, (OTHER,) * 6))
    assert bench.targets[0] == HEAD_S, "not the answer that was waited for"
    bench.desk.answer(Answer(number, SuggestKnobs("chri"), 0, SIX[::-1]))
    assert bench.targets == SIX[::-1]


def test_an_answer_that_the_last_run_still_owes_is_dropped(bench: DeskBench) -> None:
    bench.panels.knobs.suggest_requested.emit()
    number = bench.session.newest_number
    bench.begin(run_info(2))
    bench.desk.answer(Answer(number, SuggestKnobs("chri"), 0, (OTHER,) * 6))
    assert bench.targets == SIX


def test_a_question_without_an_answer_gives_the_sentence(bench: DeskBench) -> None:
    bench.panels.knobs.suggest_requested.emit()
    bench.desk.answer(Answer(bench.session.newest_number, SuggestKnobs("chri"), 0, problem="No letters."))
    assert bench.problems == ["No letters."]
    assert bench.targets == SIX


# Knobs on which nothing depends


def test_at_rest_quiet_knobs_of_the_desk_are_aimed_anew(bench: DeskBench) -> None:
    bench.measure(3000, QUIET, LOUD, QUIET, LOUD, LOUD, LOUD)
    bench.rest(3000, Phase.FINISHED)
    assert bench.session.queries == [SuggestKnobs("chri")]
    new = tuple(ParameterSlice("lm_head.weight", (place, 9)) for place in range(6))
    bench.desk.answer(Answer(bench.session.newest_number, SuggestKnobs("chri"), 3000, new))
    assert bench.targets == (new[0], HEAD_N, new[2], *SIX[3:])
    bench.rest(3000, Phase.FINISHED)
    assert len(bench.session.queries) == 1, "once at one step"


def test_knobs_that_somebody_chose_or_turned_stay(bench: DeskBench) -> None:
    bench.desk._repin(0, OTHER, bench.desk._info)
    bench.log.add(JournalEntry(1, 2, EditSlice(HEAD_N, "set", 1.0)), "words")
    bench.measure(3000, QUIET, QUIET, LOUD, LOUD, LOUD, LOUD)
    bench.rest(3000)
    assert bench.session.queries == []


def test_the_users_own_knob_need_not_be_measured(bench: DeskBench) -> None:
    bench.desk._repin(0, OTHER, bench.desk._info)
    bench.measure(3000, math.nan, QUIET, LOUD, LOUD, LOUD, LOUD)
    bench.desk._pins[0].reach = None  # a group of zeros never has a reach
    bench.rest(3000)
    assert len(bench.session.queries) == 1


@pytest.mark.parametrize(
    ("measured", "now", "phase"),
    [
        (3000, 3000, Phase.TRAINING),
        (3000, 3000, Phase.HELD),
        (0, 0, Phase.PAUSED),  # at the start the run's own six are fresh
        (2999, 3000, Phase.PAUSED),  # the reaches are of another step
    ],
)
def test_nothing_is_aimed_while_it_would_be_in_the_way(
    bench: DeskBench, measured: int, now: int, phase: Phase
) -> None:
    bench.measure(measured, *[QUIET] * 6)
    bench.rest(now, phase)
    assert bench.session.queries == []


def test_another_prompt_is_measured_before_anything_is_aimed(bench: DeskBench) -> None:
    bench.measure(50, *[LOUD] * 6)
    bench.rest(50)
    bench.desk.set_prompt("anna")
    bench.rest(50)
    assert bench.session.queries == []
    bench.measure(50, *[QUIET] * 6)
    bench.rest(50)
    assert bench.session.queries == [SuggestKnobs("anna")]


def test_a_new_run_aims_again_though_the_last_still_owes_an_answer(bench: DeskBench) -> None:
    bench.measure(50, *[QUIET] * 6)
    bench.rest(50)
    bench.begin(run_info(2))
    bench.measure(50, *[QUIET] * 6)
    bench.rest(50)
    assert len(bench.session.queries) == 2
