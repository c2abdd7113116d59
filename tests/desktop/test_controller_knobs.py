"""The desk: what the hand does becomes commands, and what comes back moves the pointers."""

from __future__ import annotations

import pytest

from tests.desktop.fakes import (
    ATTENTION,
    ENTRY,
    HEAD_N,
    HEAD_S,
    NORM,
    ROW,
    DeskBench,
    frame_of_knobs,
    reading,
    run_info,
)
from weightdeck.run.commands import EditSlice, SetHyperparameter
from weightdeck.run.journal import JournalEntry
from weightdeck.run.scales import PinnedKnob
from weightdeck_desktop.panels.knobs import GesturePhase


@pytest.fixture
def bench() -> DeskBench:
    return DeskBench()


# The hand


def test_a_drag_holds_training_sends_its_moves_as_one_gesture_and_lets_go(bench: DeskBench) -> None:
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


def test_every_drag_is_a_gesture_of_its_own(bench: DeskBench) -> None:
    for index in (0, 0, 1):
        bench.grab(index)
        bench.turn(index, 0.5)
        bench.release(index)
    assert len({command.gesture for command in bench.session.commands}) == 3


def test_training_goes_on_under_the_hand_of_who_prefers_it(bench: DeskBench) -> None:
    bench.desk.hold_while_turning = False
    bench.grab(0)
    bench.turn(0, 0.5)
    assert bench.session.calls == []


def test_what_is_typed_is_an_edit_by_itself(bench: DeskBench) -> None:
    bench.panels.knobs.weight_typed.emit(2, 0.25)
    bench.panels.response.value_chosen.emit(0.5)
    assert bench.session.commands == [EditSlice(ENTRY, "set", 0.25), EditSlice(ENTRY, "set", 0.5)]
    assert bench.session.calls == []


def test_the_large_knob_turns_what_is_selected(bench: DeskBench) -> None:
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


def test_a_training_knob_sets_its_setting(bench: DeskBench) -> None:
    turned = bench.panels.knobs.training_turned
    for value, phase in ((0.1, "BEGIN"), (0.2, "MOVE"), (0.3, "MOVE"), (0.3, "END"), (0.4, "ONCE")):
        turned.emit("dropout", value, GesturePhase[phase])
    first, second, typed = bench.session.commands
    assert first == SetHyperparameter("dropout", 0.2, first.gesture)
    assert second == SetHyperparameter("dropout", 0.3, first.gesture)
    assert first.gesture is not None
    assert typed == SetHyperparameter("dropout", 0.4)
    assert bench.session.calls == [], "training waits for weights only"


def test_gestures_of_training_and_weight_knobs_never_meet(bench: DeskBench) -> None:
    bench.panels.knobs.training_turned.emit("dropout", 0.1, GesturePhase.BEGIN)
    bench.panels.knobs.training_turned.emit("dropout", 0.2, GesturePhase.MOVE)
    bench.grab(0)
    bench.turn(0, 0.5)
    assert bench.session.commands[0].gesture != bench.session.commands[1].gesture


def test_a_refused_edit_gives_its_sentence_and_changes_nothing(bench: DeskBench) -> None:
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


def test_a_group_counts_from_how_it_was_when_it_was_pinned(bench: DeskBench) -> None:
    assert [knob.reference for knob in bench.desk.pinned] == [None, None, None, 0.02, 0.5, 1.0]
    assert [view.value for view in bench.views()] == [0.3, -0.2, 0.05, 1.0, 1.0, 1.0]
    bench.desk.read(frame_of_knobs(reading(ROW, 0.03)))
    assert bench.views()[3].value == pytest.approx(1.5)
    bench.panels.knobs.weight_typed.emit(3, 3.0)
    assert bench.session.commands == [EditSlice(ROW, "scale", 3.0, None, 0.02)]


def test_every_move_of_a_drag_says_where_the_pointer_is(bench: DeskBench) -> None:
    bench.grab(3)
    for gain in (2.0, 0.0, 4.0):
        bench.turn(3, gain)
        bench.desk.read(frame_of_knobs(reading(ROW, 0.02 * gain), last_command=bench.session.newest_number))
    moves = [command for command in bench.session.commands if isinstance(command, EditSlice)]
    assert [(move.op, move.value, move.reference) for move in moves] == [
        ("scale", 2.0, 0.02),
        ("scale", 0.0, 0.02),
        ("scale", 4.0, 0.02),
    ]
    assert len({move.gesture for move in moves}) == 1


def test_a_group_that_was_pinned_at_zero_cannot_be_scaled_and_says_so(bench: DeskBench) -> None:
    bench.desk.begin(run_info(), "chri")
    bench.desk.read(frame_of_knobs(reading(ATTENTION, 0.0)))
    bench.panels.knobs.weight_typed.emit(4, 1.0)
    assert bench.session.commands == []
    assert len(bench.problems) == 1
    assert "zero" in bench.problems[0]


# What comes back


def test_a_frame_from_before_the_edit_does_not_move_the_pointer_back(bench: DeskBench) -> None:
    bench.panels.knobs.weight_typed.emit(0, 0.9)
    number = bench.session.newest_number
    bench.desk.read(frame_of_knobs(reading(HEAD_S, 0.9), last_command=number))
    bench.panels.knobs.weight_typed.emit(0, 1.5)
    bench.desk.read(frame_of_knobs(reading(HEAD_S, 0.8), last_command=number))
    assert bench.views()[0].value == 0.9
    bench.desk.read(frame_of_knobs(reading(HEAD_S, 1.5), last_command=bench.session.newest_number))
    assert bench.views()[0].value == 1.5


def test_a_reading_moves_its_own_knob_and_keeps_its_default(bench: DeskBench) -> None:
    bench.desk.read(frame_of_knobs(reading(HEAD_N, 0.7)))
    first, second = bench.views()[:2]
    assert (first.value, first.default) == (0.3, 0.3)
    assert (second.value, second.default) == (0.7, -0.2)
    assert second.spread == (-0.1, 0.1)
    assert bench.views()[3].spread is None


def test_an_edit_in_force_marks_its_knob(bench: DeskBench) -> None:
    bench.log.add(JournalEntry(1, 40, EditSlice(ROW, "scale", 2.0)), "words")
    assert [view.edited for view in bench.views()] == [False, False, False, True, False, False]
    bench.panels.knobs.selected.emit(3)
    bench.desk.show_in_hand()
    view, initial, step = bench.panels.in_hand.show_knob.call_args.args
    assert view.edited
    assert initial == pytest.approx(0.02 / 0.02)
    assert step == 40


def test_only_the_turned_knob_is_shown_as_pending(bench: DeskBench) -> None:
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


def test_the_selected_knob_is_the_one_in_hand(bench: DeskBench) -> None:
    assert bench.desk.in_hand == PinnedKnob(HEAD_S)
    bench.heard.clear()
    bench.panels.knobs.selected.emit(5)
    assert bench.desk.in_hand == PinnedKnob(NORM, 1.0)
    assert bench.heard == ["changed"]
    bench.panels.response.clear.assert_called()
