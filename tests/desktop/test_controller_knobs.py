"""The desk: what the hand does becomes commands, and what comes back moves the pointers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.desktop.desk_bench import DeskBench
from tests.desktop.fakes import (
    ATTENTION,
    ENTRY,
    HEAD_N,
    HEAD_S,
    NORM,
    OTHER,
    ROW,
    direction,
    frame_of_knobs,
    reading,
    run_info,
)
from weightdeck.run.commands import EditSlice, HoldSlices, SetHyperparameter
from weightdeck.run.frame import Frame, Response
from weightdeck.run.journal import JournalEntry
from weightdeck.run.layout import EMBEDDING, HEAD
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.panels.training_knob import GesturePhase
from weightdeck_desktop.panels.weight_knob import KnobKind


@pytest.fixture
def bench() -> DeskBench:
    return DeskBench()


# The hand


def test_a_drag_holds_training_sends_its_moves_as_one_gesture_and_lets_go(bench: DeskBench) -> None:
    bench.grab(0)
    assert bench.session.calls == [("hold", True)]
    assert bench.hand.gesture is not None
    for value in (0.4, 0.5, 0.6):
        bench.turn(0, value)
    assert bench.session.calls == [("hold", True)]
    bench.release(0)
    assert bench.session.calls == [("hold", True), ("hold", False)]
    assert bench.hand.gesture is None
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


def test_what_is_typed_is_an_edit_by_itself(bench: DeskBench) -> None:
    bench.type(2, 0.25)
    bench.panels.response.value_chosen.emit(0.5)
    assert bench.session.commands == [EditSlice(ENTRY, "set", 0.25), EditSlice(ENTRY, "set", 0.5)]
    assert bench.session.calls == []


def test_the_large_knob_turns_what_it_shows(bench: DeskBench) -> None:
    """For a moment after another was selected it still shows the one before: with that one's value and scale."""
    bench.panels.knobs.selected.emit(1)
    in_hand = bench.panels.in_hand
    in_hand.weight_typed.emit(0.3)
    assert bench.session.commands == [EditSlice(HEAD_S, "set", 0.3)]
    bench.session.commands.clear()
    bench.panels.knobs.selected.emit(1)
    bench.desk.show_in_hand(None, of_last=True)
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
    bench.type(0, 1e9)
    bench.panels.knobs.training_turned.emit("dropout", 5.0, GesturePhase.ONCE)
    assert bench.problems == ["That is too large."] * 2
    assert bench.hand.last_submitted == 0
    assert bench.heard == []
    assert bench.views() == views


# Groups


def test_a_group_counts_from_how_it_was_when_it_was_pinned(bench: DeskBench) -> None:
    assert [knob.reference for knob in bench.desk.pinned] == [None, None, None, 0.02, 0.5, 1.0]
    assert [view.value for view in bench.views()] == [0.3, -0.2, 0.05, 1.0, 1.0, 1.0]
    bench.desk.read(frame_of_knobs(reading(ROW, 0.03)))
    assert bench.views()[3].value == pytest.approx(1.5)
    bench.type(3, 3.0)
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
    bench.desk.begin(run_info(), "chri", [])
    bench.desk.read(frame_of_knobs(reading(ATTENTION, 0.0)))
    bench.type(4, 1.0)
    assert bench.session.commands == []
    assert len(bench.problems) == 1
    assert "zero" in bench.problems[0]


# What comes back


def test_a_frame_from_before_the_edit_does_not_move_the_pointer_back(bench: DeskBench) -> None:
    bench.type(0, 0.9)
    number = bench.session.newest_number
    bench.desk.read(frame_of_knobs(reading(HEAD_S, 0.9), last_command=number))
    bench.type(0, 1.5)
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


def test_an_edit_in_force_marks_its_knob(bench: DeskBench) -> None:
    bench.log.add(JournalEntry(1, 40, EditSlice(ROW, "scale", 2.0)), "words")
    assert [view.edited for view in bench.views()] == [False, False, False, True, False, False]
    bench.panels.knobs.selected.emit(3)
    bench.desk.show_in_hand(None, of_last=True)
    view, initial, step = bench.panels.in_hand.show_knob.call_args.args
    assert view.edited
    assert initial == pytest.approx(0.02 / 0.02)
    assert step == 40


def test_only_the_turned_knob_is_shown_as_pending(bench: DeskBench) -> None:
    def pending() -> list[int]:
        bench.panels.knobs.show_pending.reset_mock()
        bench.desk.show_pending(True)
        return [call.args[0] for call in bench.panels.knobs.show_pending.call_args_list if call.args[1]]

    bench.type(2, 0.5)
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


# What training did since


def story(bench: DeskBench, index: int) -> tuple[float, float] | None:
    """From where to where the hand turned a knob, as far as the desk still tells of it."""
    trace = bench.desk.pins[index].trace
    return None if trace is None else (trace.before, trace.after)


def test_the_story_of_a_drag_begins_where_the_drag_began(bench: DeskBench) -> None:
    bench.grab(0)
    for value in (0.4, 0.5, 0.6):
        bench.turn(0, value)
        bench.read_only(reading(HEAD_S, value), step=20)
    bench.release(0)
    assert story(bench, 0) == (0.3, 0.6)
    bench.read_only(reading(HEAD_S, 0.55), step=25)
    trace = bench.desk.pins[0].trace
    assert trace is not None
    steps, values = trace.points
    assert steps.tolist() == [20, 25]
    assert values.tolist() == [0.6, 0.55]


def test_a_refused_turn_begins_no_story(bench: DeskBench) -> None:
    bench.session.refusal = "That is too large."
    bench.type(0, 1e9)
    bench.read()
    assert story(bench, 0) is None


def test_undo_and_redo_end_the_stories_of_what_they_move(bench: DeskBench) -> None:
    bench.type(0, 0.9)
    bench.read_only(reading(HEAD_S, 0.9))
    assert story(bench, 0) == (0.3, 0.9)
    bench.desk.taken_back(frozenset({HEAD_N, ATTENTION}))
    bench.read_only(reading(HEAD_S, 0.9))
    assert story(bench, 0) == (0.3, 0.9)
    bench.desk.taken_back(frozenset({ParameterSlice(HEAD)}))
    bench.read_only(reading(HEAD_S, 0.3))
    assert story(bench, 0) is None


def test_an_act_on_a_knobs_own_slice_is_an_edit_of_it(bench: DeskBench) -> None:
    bench.desk.acting_on(ATTENTION)
    bench.read_only(reading(ATTENTION, 0.0))
    assert story(bench, 4) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        (ParameterSlice(EMBEDDING), False),  # the row lies in it
        (ParameterSlice(EMBEDDING, ((8, 10),)), False),
        (ParameterSlice(EMBEDDING, ((0, 27), 5)), False),  # a column crosses the row
        (ENTRY, False),  # lies in the row
        (ParameterSlice(EMBEDDING, (8,)), True),
        (ParameterSlice(EMBEDDING, ((0, 9), 5)), True),
        (ParameterSlice(HEAD, (9,)), True),  # the same place in another tensor
    ],
    ids=str,
)
def test_what_else_changes_a_knobs_slice_ends_its_story(
    bench: DeskBench, changed: ParameterSlice, kept: bool
) -> None:
    bench.type(3, 2.0)
    bench.read_only(reading(ROW, 0.04))
    assert story(bench, 3) == (1.0, 2.0)
    bench.desk.acting_on(changed)
    bench.read_only(reading(ROW, 0.06))
    assert story(bench, 3) == ((1.0, 2.0) if kept else None)


def test_to_turn_one_knob_ends_the_story_of_another_on_the_same_weights(bench: DeskBench) -> None:
    bench.type(3, 2.0)
    bench.read_only(reading(ROW, 0.04))
    bench.type(2, 0.9)
    bench.read_only(reading(ENTRY, 0.9), reading(ROW, 0.2))
    assert story(bench, 2) == (0.05, 0.9)
    assert story(bench, 3) is None


# Along a direction


def test_a_knob_along_a_direction_is_set_by_its_inner_product(bench: DeskBench) -> None:
    along = direction(ROW)
    bench.desk.add(ROW, along)
    bench.read_only(reading(ROW, 0.02), reading(ROW, 1.5, along), step=5)
    group, moved = bench.views()[3], bench.views()[6]
    assert (group.kind, group.value) == (KnobKind.GAIN, 1.0)
    assert (moved.kind, moved.value, moved.default) == (KnobKind.ALONG, 1.5, 1.5)
    bench.grab(6)
    bench.turn(6, -2.0)
    bench.release(6)
    (command,) = bench.session.commands
    assert command == EditSlice(ROW, "set", -2.0, command.gesture, None, along)
    bench.read_only(reading(ROW, 0.5), reading(ROW, -2.0, along), step=5)
    assert story(bench, 6) == (1.5, -2.0)
    assert story(bench, 3) == (1.0, 25.0), "the same weights, in that knob's own unit"


# Holding


@pytest.mark.parametrize(("held", "asked"), [(0.0, True), (0.25, True), (1.0, False)])
def test_the_knob_in_hand_is_held_or_let_go(bench: DeskBench, held: float, asked: bool) -> None:
    bench.panels.knobs.selected.emit(3)
    bench.read_only(replace(reading(ROW, 0.02), held=held))
    bench.desk.toggle_hold()
    assert bench.session.commands == [HoldSlices((ROW,), held=asked)]
    assert bench.views()[3].held == held


def test_what_has_not_been_read_yet_is_held(bench: DeskBench) -> None:
    bench.desk.add(OTHER)
    bench.desk.toggle_hold()
    assert bench.session.commands == [HoldSlices((OTHER,))]


# The response curve


def test_a_curve_is_shown_for_the_knob_in_hand_only(bench: DeskBench) -> None:
    shown = bench.panels.response.show_response
    positions, probs = np.zeros(3, np.float32), np.zeros((3, 27), np.float32)
    bench.desk.read(
        Frame(1, 0, 0, response=Response(PinnedKnob(HEAD_S), positions, probs), knobs=(reading(HEAD_S, 0.3),))
    )
    assert bench.desk.shows_response
    bench.desk.show_response()
    assert shown.call_args.args[:2] == (positions, probs)
    assert shown.call_args.args[3].target == HEAD_S
    bench.panels.response.show_place.assert_called_with(0.3, 0.3)
    shown.reset_mock()
    bench.panels.knobs.selected.emit(1)
    assert not bench.desk.shows_response
    bench.desk.show_response()
    shown.assert_not_called()
    bench.panels.response.show_place.assert_called_with(-0.2, -0.2)


def test_the_curve_of_a_knob_that_stays_in_hand_stays_too(bench: DeskBench) -> None:
    """While the run rests the session does not send it again."""
    positions, probs = np.zeros(3, np.float32), np.zeros((3, 27), np.float32)
    bench.desk.read(Frame(1, 0, 0, response=Response(PinnedKnob(HEAD_S), positions, probs)))
    bench.panels.knobs.remove_requested.emit(1)
    assert bench.desk.in_hand == PinnedKnob(HEAD_S)
    assert bench.desk.shows_response
    bench.panels.knobs.remove_requested.emit(0)
    assert not bench.desk.shows_response
