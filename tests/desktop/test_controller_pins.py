"""Which six parameters are on the desk: what the user pins stays, what shows nothing is aimed anew."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tests.desktop.desk_bench import DeskBench
from tests.desktop.fakes import (
    ATTENTION,
    ENTRY,
    HEAD_N,
    HEAD_S,
    OTHER,
    ROW,
    SIX,
    SIX_OF_SORT,
    direction,
    reading,
    run_info,
    small_spec,
)
from weightdeck.run.commands import EditSlice
from weightdeck.run.frame import Phase
from weightdeck.run.journal import JournalEntry
from weightdeck.run.layout import HEAD, POSITIONS
from weightdeck.run.queries import Answer, SuggestKnobs
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.controller.pins import Origin, pin
from weightdeck_desktop.panels.knobs import MOST_WEIGHT_KNOBS

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
    bench.desk.begin(replace(run_info(2), suggested_knobs=SIX[::-1]), "chri", None)
    assert bench.targets == (HEAD_S, OTHER, *SIX[2:])
    assert all(view.value is None for view in bench.views()), "the values are those of another run"


def test_a_new_run_brings_its_own_knobs_when_none_was_chosen(bench: DeskBench) -> None:
    bench.desk.begin(replace(run_info(2), suggested_knobs=SIX[::-1]), "chri", None)
    assert bench.targets == SIX[::-1]


def test_another_model_brings_its_own_knobs(bench: DeskBench) -> None:
    bench.desk._repin(0, OTHER, bench.desk._info)
    bench.desk.begin(run_info(2, small_spec("sort")), "ABC", None)
    assert bench.targets == SIX_OF_SORT


def test_what_is_remembered_is_there_at_the_first_run_only(bench: DeskBench) -> None:
    info = run_info()
    remembered = [pin(HEAD_N, info.layout, Origin.DESK), pin(OTHER, info.layout, Origin.USER)]
    bench = DeskBench(remembered)
    assert bench.targets == (HEAD_N, OTHER)
    bench.desk.remove(0)
    bench.desk.begin(run_info(2), "chri", remembered)
    assert bench.targets == (OTHER,), "the desk of this model is as it was left"


def test_where_only_the_desk_chose_the_run_brings_its_own_six() -> None:
    bench = DeskBench([pin(target, run_info().layout, Origin.DESK) for target in SIX[::-1]])
    assert bench.targets == SIX


def test_what_the_user_took_off_stays_off() -> None:
    bench = DeskBench([pin(HEAD_N, run_info().layout, Origin.DESK)])
    assert bench.targets == (HEAD_N,)
    bench.desk.remove(0)
    bench.desk.begin(run_info(2), "chri", None)
    assert bench.targets == ()
    assert DeskBench([]).targets == ()


def test_a_new_run_keeps_directions_and_reads_anew_what_counts_as_one(bench: DeskBench) -> None:
    along = direction(ROW)
    bench.desk.add(ROW, along)
    bench.read_only(reading(ATTENTION, 0.5), reading(ROW, 1.5, along))
    bench.desk.begin(run_info(2), "chri", None)
    assert bench.desk.pinned[-1] == PinnedKnob(ROW, None, along)
    assert bench.desk.pinned[4] == PinnedKnob(ATTENTION)
    bench.read_only(reading(ATTENTION, 0.25))
    assert bench.desk.pinned[4] == PinnedKnob(ATTENTION, 0.25)


def test_the_runs_own_six_are_for_its_own_prompt(bench: DeskBench) -> None:
    bench.desk.begin(run_info(2), "anna", None)
    assert bench.session.queries == [SuggestKnobs("anna")]
    bench.desk.add(OTHER)
    bench.desk.begin(run_info(3), "anna", None)
    assert len(bench.session.queries) == 1, "the user's own stay"


# Putting knobs on the desk and taking them off


def test_a_new_knob_is_in_the_hand(bench: DeskBench) -> None:
    bench.heard.clear()
    bench.desk.add(OTHER)
    assert bench.targets == (*SIX, OTHER)
    assert bench.desk.in_hand == PinnedKnob(OTHER)
    assert bench.heard == ["changed"]
    assert bench.desk.pins[-1].origin is not Origin.DESK


def test_a_knob_that_is_there_is_only_taken_into_the_hand(bench: DeskBench) -> None:
    bench.desk.add(ENTRY)
    assert bench.targets == SIX
    assert bench.desk.in_hand == PinnedKnob(ENTRY)


def test_the_same_slice_along_a_direction_is_another_knob(bench: DeskBench) -> None:
    own, read = direction(ROW), replace(direction(ROW), kind="own")
    for along in (own, read, own):
        bench.desk.add(ROW, along)
    assert bench.targets == (*SIX, ROW, ROW)
    assert bench.desk.in_hand == PinnedKnob(ROW, None, own)


def test_the_desk_holds_no_more_than_it_says(bench: DeskBench) -> None:
    for column in range(MOST_WEIGHT_KNOBS - len(SIX)):
        assert bench.desk.add(ParameterSlice(POSITIONS, divmod(column, 16)))
    assert len(bench.targets) == MOST_WEIGHT_KNOBS
    in_hand = bench.desk.in_hand
    assert not bench.desk.add(ParameterSlice(POSITIONS, (5, 5)))
    assert len(bench.targets) == MOST_WEIGHT_KNOBS
    assert bench.desk.in_hand == in_hand
    (problem,) = bench.problems
    assert str(MOST_WEIGHT_KNOBS) in problem
    assert bench.desk.add(HEAD_S), "one that is there can still be taken into the hand"
    assert bench.desk.in_hand == PinnedKnob(HEAD_S)


@pytest.mark.parametrize(
    ("selected", "removed", "in_hand"),
    [(0, 0, HEAD_N), (3, 3, ATTENTION), (3, 0, ROW), (3, 5, ROW), (5, 5, ATTENTION)],
)
def test_a_knob_taken_off_leaves_the_hand_on_its_own(
    bench: DeskBench, selected: int, removed: int, in_hand: ParameterSlice
) -> None:
    bench.panels.knobs.selected.emit(selected)
    bench.panels.knobs.remove_requested.emit(removed)
    assert bench.targets == SIX[:removed] + SIX[removed + 1 :]
    assert bench.desk.in_hand is not None
    assert bench.desk.in_hand.target == in_hand
    assert bench.session.commands == [], "its weight stays as it is"


def test_the_knob_in_hand_can_be_taken_off(bench: DeskBench) -> None:
    bench.panels.knobs.selected.emit(2)
    bench.panels.in_hand.remove_requested.emit()
    assert bench.targets == SIX[:2] + SIX[3:]


def test_an_empty_desk_is_shown_and_nothing_breaks(bench: DeskBench) -> None:
    for _ in SIX:
        bench.panels.knobs.remove_requested.emit(0)
    assert bench.targets == ()
    assert bench.desk.in_hand is None
    assert not bench.desk.shows_response
    assert bench.views() == []
    bench.panels.knobs.show_selected.assert_called_with(None)
    bench.panels.in_hand.clear.reset_mock()
    bench.desk.show_in_hand(None, of_last=True)
    bench.panels.in_hand.clear.assert_called_once_with()
    bench.desk.show_response()
    bench.desk.show_pending(True)
    bench.desk.toggle_hold()
    bench.panels.in_hand.weight_typed.emit(0.5)
    bench.read()
    assert bench.session.commands == []
    bench.desk.add(OTHER)
    assert bench.desk.in_hand == PinnedKnob(OTHER)


def test_six_that_matter_take_the_place_of_all(bench: DeskBench) -> None:
    new = tuple(ParameterSlice(HEAD, (place, 9)) for place in range(6))
    bench.panels.knobs.selected.emit(4)
    bench.desk.pin_six(new)
    assert bench.targets == new
    assert bench.desk.in_hand == PinnedKnob(new[0])
    assert not any(each.origin is Origin.DESK for each in bench.desk.pins), "the user chose them"


# Suggestions


def test_all_six_are_found_anew_when_the_user_asks(bench: DeskBench) -> None:
    bench.desk._repin(1, OTHER, bench.desk._info)
    bench.panels.knobs.suggest_requested.emit()
    assert bench.session.queries == [SuggestKnobs("chri")]
    number = bench.session.newest_number
    bench.desk.answer(Answer(number + 1, SuggestKnobs("chri"), 0, (OTHER,) * 6))
    assert bench.targets[0] == HEAD_S, "not the answer that was waited for"
    bench.desk.answer(Answer(number, SuggestKnobs("chri"), 0, SIX[::-1]))
    assert bench.targets == (*SIX[::-1], OTHER), "what the user chose stays, behind them"


def test_an_answer_that_the_last_run_still_owes_is_dropped(bench: DeskBench) -> None:
    bench.panels.knobs.suggest_requested.emit()
    number = bench.session.newest_number
    bench.begin(run_info(2))
    bench.desk.answer(Answer(number, SuggestKnobs("chri"), 0, (OTHER,) * 6))
    assert bench.targets == SIX


def test_a_prompt_that_the_model_does_not_know_gives_a_sentence(bench: DeskBench) -> None:
    bench.panels.in_hand.suggest_requested.emit()
    bench.answer(0, ())
    assert len(bench.problems) == 1
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


def test_all_six_quiet_ones_are_aimed_anew_beside_the_users_own(bench: DeskBench) -> None:
    bench.desk.add(OTHER)
    bench.read_only(reading(OTHER, 0.1))
    bench.measure(3000, *[QUIET] * 6, LOUD)
    bench.rest(3000)
    bench.answer(3000, SIX[::-1])
    assert bench.targets == (*SIX[::-1], OTHER)


def test_what_the_user_pins_meanwhile_is_not_overruled(bench: DeskBench) -> None:
    new = tuple(ParameterSlice(HEAD, (place, 9)) for place in range(6))
    bench.measure(3000, LOUD, LOUD, LOUD, LOUD, LOUD, QUIET)
    bench.rest(3000)
    bench.desk._repin(5, OTHER, bench.desk._info)
    bench.answer(3000, new)
    assert bench.targets == (*SIX[:5], OTHER)
    bench.desk.suggest_all()
    bench.desk.pin_six(SIX[::-1])
    bench.answer(3000, new)
    assert bench.targets == (*SIX[::-1], OTHER)


def test_what_the_user_takes_off_meanwhile_stays_off(bench: DeskBench) -> None:
    new = tuple(ParameterSlice(HEAD, (place, 9)) for place in range(6))
    bench.measure(3000, LOUD, LOUD, LOUD, LOUD, LOUD, QUIET)
    bench.rest(3000)
    bench.desk.remove(0)
    bench.answer(3000, new)
    assert bench.targets == (*SIX[1:5], new[4])


def test_asked_for_a_desk_of_any_size_six_come(bench: DeskBench) -> None:
    for _ in range(4):
        bench.desk.remove(0)
    bench.desk.suggest_all()
    bench.answer(0, SIX[::-1])
    assert bench.targets == SIX[::-1]
    bench.desk.add(OTHER)
    bench.desk.suggest_all()
    bench.answer(0, SIX)
    assert bench.targets == (*SIX, OTHER)


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
