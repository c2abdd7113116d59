"""The desk: what the hand does becomes commands, and what comes back moves the pointers."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QObject

from tests.desktop.fakes import (
    ATTENTION,
    ENTRY,
    HEAD_N,
    HEAD_S,
    NORM,
    OTHER,
    ROW,
    SIX,
    SIX_OF_SORT,
    FakeSession,
    fake_panels,
    frame_of_knobs,
    reading,
    run_info,
    small_spec,
)
from weightdeck.run.commands import EditSlice, SetHyperparameter
from weightdeck.run.frame import Phase, Reach, RunInfo, Status
from weightdeck.run.journal import JournalEntry
from weightdeck.run.queries import Answer, SuggestKnobs
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.controller.edit_log import EditLog
from weightdeck_desktop.controller.knobs import KnobDesk
from weightdeck_desktop.panels.knobs import GesturePhase
from weightdeck_desktop.panels.weight_knob import KnobView

RMS = {HEAD_S: 0.3, HEAD_N: -0.2, ENTRY: 0.05, ROW: 0.02, ATTENTION: 0.5, NORM: 1.0}
LOUD, QUIET = 0.4, 0.01  # reaches, nats


class Bench:
    """A desk between fakes, its run begun and its knobs read once."""

    def __init__(self) -> None:
        self.session = FakeSession()
        self.panels = fake_panels()
        self.log = EditLog()
        self.problems: list[str] = []
        self.heard: list[str] = []
        self._parent = QObject()
        self.desk = KnobDesk(self.session, self.panels, self.log, self.problems.append, self._parent)
        self.desk.changed.connect(lambda: self.heard.append("changed"))
        self.desk.touched.connect(lambda: self.heard.append("touched"))
        self.begin(run_info())

    def begin(self, info: RunInfo) -> None:
        self.desk.begin(info, "chri")
        self.read()

    def read(self, last_command: int | None = None, **values: Any) -> None:
        """A frame with every knob where it began."""
        number = self.session.newest_number if last_command is None else last_command
        readings = [reading(target, value) for target, value in RMS.items()]
        self.desk.read(frame_of_knobs(*readings, last_command=number, **values))

    def measure(self, step: int, *nats: float) -> None:
        """A frame with the reach of every knob."""
        reaches = [
            Reach(knob.target, step, each) for knob, each in zip(self.desk.pinned, nats, strict=True)
        ]
        self.read(step=step, reaches=reaches)

    def rest(self, step: int, phase: Phase = Phase.PAUSED) -> None:
        self.desk.aim_quiet_knobs(Status(phase, step=step))

    def grab(self, index: int) -> None:
        self.panels.knobs.weight_grabbed.emit(index)

    def turn(self, index: int, value: float) -> None:
        self.panels.knobs.weight_turned.emit(index, value)

    def release(self, index: int) -> None:
        self.panels.knobs.weight_released.emit(index)

    def views(self) -> list[KnobView]:
        """What the desk would show now."""
        self.panels.knobs.show_weights.reset_mock()
        self.desk.show_knobs(Status(Phase.PAUSED, hyperparameters=small_spec().hyperparameters))
        ((views,), _) = self.panels.knobs.show_weights.call_args
        return views

    @property
    def targets(self) -> tuple[ParameterSlice, ...]:
        return tuple(knob.target for knob in self.desk.pinned)


@pytest.fixture
def bench() -> Bench:
    return Bench()


# The hand


def test_a_drag_holds_training_sends_its_moves_as_one_gesture_and_lets_go(bench: Bench) -> None:
    bench.grab(0)
    assert bench.session.calls == [("hold", True)]
    assert bench.desk.is_turning
    for value in (0.4, 0.5, 0.6):
        bench.turn(0, value)
    assert bench.session.calls == [("hold", True)]
    bench.release(0)
    assert bench.session.calls == [("hold", True), ("hold", False)]
    assert not bench.desk.is_turning
    assert [(c.target, c.op, c.value) for c in bench.session.commands] == [
        (HEAD_S, "set", 0.4),
        (HEAD_S, "set", 0.5),
        (HEAD_S, "set", 0.6),
    ]
    gestures = {command.gesture for command in bench.session.commands}
    assert len(gestures) == 1
    assert None not in gestures
    assert bench.heard.count("touched") == 3


def test_every_drag_is_a_gesture_of_its_own(bench: Bench) -> None:
    for index in (0, 0, 1):
        bench.grab(index)
        bench.turn(index, 0.5)
        bench.release(index)
    assert len({command.gesture for command in bench.session.commands}) == 3


def test_training_goes_on_under_the_hand_of_who_prefers_it(bench: Bench) -> None:
    bench.desk.hold_while_turning = False
    bench.grab(0)
    bench.turn(0, 0.5)
    assert bench.session.calls == []


def test_what_is_typed_is_an_edit_by_itself(bench: Bench) -> None:
    bench.panels.knobs.weight_typed.emit(2, 0.25)
    bench.panels.response.value_chosen.emit(0.5)
    assert bench.session.commands == [EditSlice(ENTRY, "set", 0.25), EditSlice(ENTRY, "set", 0.5)]
    assert bench.session.calls == []


def test_the_large_knob_turns_what_is_selected(bench: Bench) -> None:
    bench.panels.knobs.selected.emit(1)
    in_hand = bench.panels.in_hand
    in_hand.weight_grabbed.emit()
    in_hand.weight_turned.emit(0.7)
    in_hand.weight_released.emit()
    in_hand.weight_typed.emit(0.8)
    moved, typed = bench.session.commands
    assert (moved.target, moved.value) == (HEAD_N, 0.7)
    assert moved.gesture is not None
    assert typed == EditSlice(HEAD_N, "set", 0.8)
    assert bench.session.calls == [("hold", True), ("hold", False)]


def test_a_training_knob_sets_its_setting(bench: Bench) -> None:
    turned = bench.panels.knobs.training_turned
    for value, phase in ((0.1, "BEGIN"), (0.2, "MOVE"), (0.3, "MOVE"), (0.3, "END"), (0.4, "ONCE")):
        turned.emit("dropout", value, GesturePhase[phase])
    first, second, typed = bench.session.commands
    assert first == SetHyperparameter("dropout", 0.2, first.gesture)
    assert second == SetHyperparameter("dropout", 0.3, first.gesture)
    assert first.gesture is not None
    assert typed == SetHyperparameter("dropout", 0.4)
    assert bench.session.calls == [], "training waits for weights only"


def test_gestures_of_training_and_weight_knobs_never_meet(bench: Bench) -> None:
    bench.panels.knobs.training_turned.emit("dropout", 0.1, GesturePhase.BEGIN)
    bench.panels.knobs.training_turned.emit("dropout", 0.2, GesturePhase.MOVE)
    bench.grab(0)
    bench.turn(0, 0.5)
    assert bench.session.commands[0].gesture != bench.session.commands[1].gesture


def test_a_refused_edit_gives_its_sentence_and_changes_nothing(bench: Bench) -> None:
    bench.session.refusal = "That is too large."
    views = bench.views()
    bench.heard.clear()
    bench.panels.knobs.weight_typed.emit(0, 1e9)
    bench.panels.knobs.training_turned.emit("dropout", 5.0, GesturePhase.ONCE)
    assert bench.problems == ["That is too large."] * 2
    assert bench.desk.last_submitted == 0
    assert bench.heard == []
    assert bench.views() == views


# Groups


def factor_of(command: object) -> float:
    assert isinstance(command, EditSlice)
    assert command.op == "scale"
    return command.value


def test_a_group_counts_from_how_it_was_when_it_was_pinned(bench: Bench) -> None:
    assert [knob.reference for knob in bench.desk.pinned] == [None, None, None, 0.02, 0.5, 1.0]
    assert [view.value for view in bench.views()] == [0.3, -0.2, 0.05, 1.0, 1.0, 1.0]
    bench.desk.read(frame_of_knobs(reading(ROW, 0.03)))
    assert bench.views()[3].value == pytest.approx(1.5)
    bench.panels.knobs.weight_typed.emit(3, 3.0)
    assert factor_of(bench.session.commands[-1]) == pytest.approx(3.0 * 0.02 / 0.03)


def test_all_moves_of_a_drag_count_from_its_beginning(bench: Bench) -> None:
    bench.grab(3)
    bench.turn(3, 2.0)
    bench.desk.read(frame_of_knobs(reading(ROW, 0.04), last_command=bench.session.newest_number))
    bench.turn(3, 0.0)
    bench.desk.read(frame_of_knobs(reading(ROW, 0.0, 0.04), last_command=bench.session.newest_number))
    bench.turn(3, 4.0)
    assert [factor_of(command) for command in bench.session.commands] == pytest.approx([2.0, 0.0, 4.0])
    bench.desk.read(frame_of_knobs(reading(ROW, 0.08), last_command=bench.session.newest_number))
    bench.release(3)
    bench.grab(3)
    bench.turn(3, 2.0)
    assert factor_of(bench.session.commands[-1]) == pytest.approx(0.5), "the next counts from where this one ended"


def test_a_group_at_zero_is_brought_back_from_what_it_was(bench: Bench) -> None:
    bench.desk.read(frame_of_knobs(reading(ATTENTION, 0.0, 0.25)))
    assert bench.views()[4].value == 0.0
    bench.panels.knobs.weight_typed.emit(4, 1.0)
    assert factor_of(bench.session.commands[-1]) == pytest.approx(0.5 / 0.25)


def test_a_group_of_nothing_but_zeros_cannot_be_scaled_and_says_so(bench: Bench) -> None:
    bench.desk.read(frame_of_knobs(reading(ATTENTION, 0.0, 0.0)))
    bench.panels.knobs.weight_typed.emit(4, 1.0)
    assert bench.session.commands == []
    assert len(bench.problems) == 1
    assert "zero" in bench.problems[0]


# What comes back


def test_a_frame_from_before_the_edit_does_not_move_the_pointer_back(bench: Bench) -> None:
    bench.panels.knobs.weight_typed.emit(0, 0.9)
    number = bench.session.newest_number
    bench.desk.read(frame_of_knobs(reading(HEAD_S, 0.9), last_command=number))
    bench.panels.knobs.weight_typed.emit(0, 1.5)
    bench.desk.read(frame_of_knobs(reading(HEAD_S, 0.8), last_command=number))
    assert bench.views()[0].value == 0.9
    bench.desk.read(frame_of_knobs(reading(HEAD_S, 1.5), last_command=bench.session.newest_number))
    assert bench.views()[0].value == 1.5


def test_a_reading_moves_its_own_knob_and_keeps_its_default(bench: Bench) -> None:
    bench.desk.read(frame_of_knobs(reading(HEAD_N, 0.7)))
    first, second = bench.views()[:2]
    assert (first.value, first.default) == (0.3, 0.3)
    assert (second.value, second.default) == (0.7, -0.2)
    assert second.spread == (-0.1, 0.1)
    assert bench.views()[3].spread is None


def test_an_edit_in_force_marks_its_knob(bench: Bench) -> None:
    bench.log.add(JournalEntry(1, 40, EditSlice(ROW, "scale", 2.0)), "words")
    assert [view.edited for view in bench.views()] == [False, False, False, True, False, False]
    bench.panels.knobs.selected.emit(3)
    bench.desk.show_in_hand()
    view, initial, step = bench.panels.in_hand.show_knob.call_args.args
    assert view.edited
    assert initial == pytest.approx(0.02 / 0.02)
    assert step == 40


def test_only_the_turned_knob_is_shown_as_pending(bench: Bench) -> None:
    def pending() -> list[int]:
        bench.panels.knobs.show_pending.reset_mock()
        bench.desk.show_pending(True)
        return [call.args[0] for call in bench.panels.knobs.show_pending.call_args_list if call.args[1]]

    bench.panels.knobs.weight_typed.emit(2, 0.5)
    assert pending() == [2]
    bench.panels.knobs.selected.emit(4)
    assert pending() == [2]
    bench.panels.in_hand.show_pending.assert_called_with(False)
    bench.panels.knobs.training_turned.emit("dropout", 0.2, GesturePhase.ONCE)
    assert pending() == []
    bench.desk.show_pending(False)
    assert bench.panels.knobs.show_pending.call_args_list[-1].args == (5, False)


def test_the_selected_knob_is_the_one_in_hand(bench: Bench) -> None:
    assert bench.desk.in_hand == PinnedKnob(HEAD_S)
    bench.heard.clear()
    bench.panels.knobs.selected.emit(5)
    assert bench.desk.in_hand == PinnedKnob(NORM, 1.0)
    assert bench.heard == ["changed"]
    bench.panels.response.clear.assert_called()


# What is pinned


def test_the_user_can_pin_another_parameter(bench: Bench) -> None:
    bench.heard.clear()
    bench.desk._repin(1, OTHER, bench.desk._info)
    assert bench.targets == (HEAD_S, OTHER, *SIX[2:])
    assert bench.desk.in_hand == PinnedKnob(OTHER)
    assert bench.views()[1].value is None
    assert bench.heard == ["changed"]


def test_a_pin_that_was_chosen_for_another_run_is_dropped(bench: Bench) -> None:
    old = bench.desk._info
    bench.begin(run_info(2))
    bench.desk._repin(1, OTHER, old)
    assert bench.targets == SIX


def test_a_new_run_keeps_what_the_user_pinned(bench: Bench) -> None:
    bench.desk._repin(1, OTHER, bench.desk._info)
    bench.desk.begin(replace(run_info(2), suggested_knobs=SIX[::-1]), "chri")
    assert bench.targets == (HEAD_S, OTHER, *SIX[2:])
    assert all(view.value is None for view in bench.views()), "the values are those of another run"


def test_a_new_run_brings_its_own_knobs_when_none_was_chosen(bench: Bench) -> None:
    bench.desk.begin(replace(run_info(2), suggested_knobs=SIX[::-1]), "chri")
    assert bench.targets == SIX[::-1]


def test_another_model_brings_its_own_knobs(bench: Bench) -> None:
    bench.desk._repin(0, OTHER, bench.desk._info)
    bench.desk.begin(run_info(2, small_spec("sort")), "ABC")
    assert bench.targets == SIX_OF_SORT


def test_edits_of_the_last_run_are_not_waited_for_in_the_next(bench: Bench) -> None:
    bench.panels.knobs.weight_typed.emit(0, 0.9)
    bench.desk.begin(run_info(2), "chri")
    bench.desk.read(frame_of_knobs(reading(HEAD_S, 0.11), last_command=0))
    assert bench.views()[0].value == 0.11


def test_all_six_are_found_anew_when_the_user_asks(bench: Bench) -> None:
    bench.desk._repin(1, OTHER, bench.desk._info)
    bench.panels.knobs.suggest_requested.emit()
    assert bench.session.queries == [SuggestKnobs("chri")]
    number = bench.session.newest_number
    bench.desk.answer(Answer(number + 1, SuggestKnobs("chri"), 0, (OTHER,) * 6))
    assert bench.targets[0] == HEAD_S, "not the answer that was waited for"
    bench.desk.answer(Answer(number, SuggestKnobs("chri"), 0, SIX[::-1]))
    assert bench.targets == SIX[::-1]


def test_an_answer_that_the_last_run_still_owes_is_dropped(bench: Bench) -> None:
    bench.panels.knobs.suggest_requested.emit()
    number = bench.session.newest_number
    bench.begin(run_info(2))
    bench.desk.answer(Answer(number, SuggestKnobs("chri"), 0, (OTHER,) * 6))
    assert bench.targets == SIX


def test_a_question_without_an_answer_gives_the_sentence(bench: Bench) -> None:
    bench.panels.knobs.suggest_requested.emit()
    bench.desk.answer(Answer(bench.session.newest_number, SuggestKnobs("chri"), 0, problem="No letters."))
    assert bench.problems == ["No letters."]
    assert bench.targets == SIX


# Knobs on which nothing depends


def test_at_rest_quiet_knobs_of_the_desk_are_aimed_anew(bench: Bench) -> None:
    bench.measure(3000, QUIET, LOUD, QUIET, LOUD, LOUD, LOUD)
    bench.rest(3000, Phase.FINISHED)
    assert bench.session.queries == [SuggestKnobs("chri")]
    new = tuple(ParameterSlice("lm_head.weight", (place, 9)) for place in range(6))
    bench.desk.answer(Answer(bench.session.newest_number, SuggestKnobs("chri"), 3000, new))
    assert bench.targets == (new[0], HEAD_N, new[2], *SIX[3:])
    bench.rest(3000, Phase.FINISHED)
    assert len(bench.session.queries) == 1, "once at one step"


def test_knobs_that_somebody_chose_or_turned_stay(bench: Bench) -> None:
    bench.desk._repin(0, OTHER, bench.desk._info)
    bench.log.add(JournalEntry(1, 2, EditSlice(HEAD_N, "set", 1.0)), "words")
    bench.measure(3000, QUIET, QUIET, LOUD, LOUD, LOUD, LOUD)
    bench.rest(3000)
    assert bench.session.queries == []


def test_the_users_own_knob_need_not_be_measured(bench: Bench) -> None:
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
    bench: Bench, measured: int, now: int, phase: Phase
) -> None:
    bench.measure(measured, *[QUIET] * 6)
    bench.rest(now, phase)
    assert bench.session.queries == []


def test_another_prompt_is_measured_before_anything_is_aimed(bench: Bench) -> None:
    bench.measure(50, *[LOUD] * 6)
    bench.rest(50)
    bench.desk.set_prompt("anna")
    bench.rest(50)
    assert bench.session.queries == []
    bench.measure(50, *[QUIET] * 6)
    bench.rest(50)
    assert bench.session.queries == [SuggestKnobs("anna")]


def test_a_new_run_aims_again_though_the_last_still_owes_an_answer(bench: Bench) -> None:
    bench.measure(50, *[QUIET] * 6)
    bench.rest(50)
    bench.begin(run_info(2))
    bench.measure(50, *[QUIET] * 6)
    bench.rest(50)
    assert len(bench.session.queries) == 2
