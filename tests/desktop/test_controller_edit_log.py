"""The list of edits, worked out from the journal."""

from __future__ import annotations

import pytest

from tests.desktop.fakes import ATTENTION, ENTRY, NORM
from weightdeck.run.commands import (
    AddNoise,
    Command,
    EditSlice,
    HoldSlices,
    Paste,
    Redo,
    Reinitialise,
    ResetStrips,
    SetClamp,
    SetHyperparameter,
    SetMuteTo,
    SetScope,
    SetStrip,
    Undo,
)
from weightdeck.run.journal import JournalEntry
from weightdeck.run.slices import SliceValues
from weightdeck.run.strips import Neuron, Strip, StripSetting
from weightdeck_desktop.controller.edit_log import EditLog
from weightdeck_desktop.panels.edit_lines import EditKind, Standing

HEAD_0, HEAD_1 = Strip(0, 0), Strip(0, 1)
NEURON = Neuron("blocks.0.mlp.post", 31)
IN_FORCE, UNDONE, CUT_OFF = Standing.IN_FORCE, Standing.UNDONE, Standing.CUT_OFF


def log_of(*commands: Command) -> EditLog:
    """A journal of these commands, each at the step of its place and called after it."""
    log = EditLog()
    for step, command in enumerate(commands):
        log.add(JournalEntry(step + 1, step, command), f"act {step}")
    return log


def shown(log: EditLog) -> list[tuple[int, str, Standing]]:
    return [(line.step, line.words, line.standing) for line in log.lines]


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (EditSlice(ENTRY, "set", 1.0), EditKind.WEIGHT),
        (Reinitialise(ATTENTION), EditKind.WEIGHT),
        (AddNoise(ATTENTION, 0.1), EditKind.WEIGHT),
        (Paste(ENTRY, SliceValues.of([1.0])), EditKind.WEIGHT),
        (HoldSlices((ENTRY,)), EditKind.HOLD),
        (SetClamp(NEURON, 0.0), EditKind.HOLD),
        (SetStrip(HEAD_0, StripSetting(muted=True)), EditKind.MUTE),
        (SetStrip(HEAD_0, StripSetting(gain=0.5)), EditKind.STRIP),
        (SetScope("prediction"), EditKind.STRIP),
        (SetMuteTo("mean"), EditKind.STRIP),
        (ResetStrips(), EditKind.STRIP),
        (SetHyperparameter("dropout", 0.1), EditKind.SETTING),
    ],
    ids=repr,
)
def test_every_command_has_a_line_of_its_kind(command: Command, kind: EditKind) -> None:
    (line,) = log_of(command).lines
    assert (line.words, line.kind, line.standing) == ("act 0", kind, IN_FORCE)


@pytest.mark.parametrize(
    ("first", "second", "lines"),
    [
        (EditSlice(ENTRY, "set", 1.0, 7), EditSlice(ENTRY, "set", 2.0, 7), 1),
        (SetHyperparameter("dropout", 0.1, 7), SetHyperparameter("dropout", 0.2, 7), 1),
        (SetStrip(HEAD_0, StripSetting(0.5), 7), SetStrip(HEAD_0, StripSetting(0.4), 7), 1),
        (SetClamp(NEURON, 0.5, 7), SetClamp(NEURON, 0.6, 7), 1),
        (EditSlice(ENTRY, "set", 1.0, 7), EditSlice(ENTRY, "set", 2.0, 8), 2),
        (EditSlice(ENTRY, "set", 1.0), EditSlice(ENTRY, "set", 2.0), 2),
        (EditSlice(ENTRY, "set", 1.0, 7), EditSlice(ATTENTION, "set", 2.0, 7), 2),
        (EditSlice(ENTRY, "set", 1.0, 7), EditSlice(ENTRY, "add", 2.0, 7), 2),
        (SetHyperparameter("dropout", 0.1, 7), SetHyperparameter("grad_clip", 0.2, 7), 2),
        (SetStrip(HEAD_0, StripSetting(0.5), 7), SetStrip(HEAD_1, StripSetting(0.4), 7), 2),
        (HoldSlices((ENTRY,)), HoldSlices((ENTRY,)), 2),
    ],
)
def test_only_the_moves_of_one_gesture_on_one_thing_are_one_line(
    first: Command, second: Command, lines: int
) -> None:
    log = log_of(first, second)
    assert len(log.lines) == lines
    assert log.lines[-1].words == "act 1"


def test_what_was_undone_stays_and_is_marked_until_it_is_redone() -> None:
    edits: list[Command] = [EditSlice(ENTRY, "set", 1.0), EditSlice(ATTENTION, "scale", 2.0)]
    assert shown(log_of(*edits, Undo())) == [(0, "act 0", IN_FORCE), (1, "act 1", UNDONE)]
    assert shown(log_of(*edits, Undo(), Undo())) == [(0, "act 0", UNDONE), (1, "act 1", UNDONE)]
    assert shown(log_of(*edits, Undo(), Undo(), Redo())) == [(0, "act 0", IN_FORCE), (1, "act 1", UNDONE)]


def test_several_are_undone_and_redone_at_once() -> None:
    edits: list[Command] = [SetHyperparameter("dropout", rate) for rate in (0.1, 0.2, 0.3)]
    assert [line.standing for line in log_of(*edits, Undo(2)).lines] == [IN_FORCE, UNDONE, UNDONE]
    assert [line.standing for line in log_of(*edits, Undo(9)).lines] == [UNDONE] * 3
    assert [line.standing for line in log_of(*edits, Undo(3), Redo(2)).lines] == [IN_FORCE, IN_FORCE, UNDONE]
    assert [line.standing for line in log_of(*edits, Undo(3), Redo(9)).lines] == [IN_FORCE] * 3


def test_a_new_change_cuts_off_what_was_undone_for_good() -> None:
    log = log_of(EditSlice(ENTRY, "set", 1.0), Undo(), EditSlice(ATTENTION, "scale", 2.0), Redo())
    assert shown(log) == [(0, "act 0", CUT_OFF), (2, "act 2", IN_FORCE)]
    log.add(JournalEntry(9, 9, Undo()), "undo")
    assert shown(log) == [(0, "act 0", CUT_OFF), (2, "act 2", UNDONE)]


def test_a_drag_that_goes_on_after_an_undo_is_another_line() -> None:
    move = EditSlice(ENTRY, "set", 1.0, 7)
    assert shown(log_of(move, Undo(), move)) == [(0, "act 0", CUT_OFF), (2, "act 2", IN_FORCE)]


def test_undo_and_redo_with_nothing_to_take_back_change_nothing() -> None:
    assert shown(log_of(Undo(), Redo())) == []


def test_edited_are_the_slices_that_an_edit_in_force_has_moved() -> None:
    log = log_of(
        EditSlice(ENTRY, "set", 1.0),
        HoldSlices((ATTENTION,)),
        AddNoise(ENTRY, 0.1),
        Reinitialise(ATTENTION),
        Paste(NORM, SliceValues.of([1.0] * 16)),
    )
    assert log.edited_targets == {ENTRY: 2, ATTENTION: 3, NORM: 4}
    log.add(JournalEntry(9, 9, Undo(4)), "undo")
    assert log.edited_targets == {ENTRY: 0}
    log.add(JournalEntry(9, 9, Redo()), "redo")
    assert log.edited_targets == {ENTRY: 0}, "to hold a slice does not move it"


def test_a_new_run_has_an_empty_log() -> None:
    log = log_of(EditSlice(ENTRY, "set", 1.0), Undo())
    log.clear()
    log.add(JournalEntry(1, 0, Redo()), "redo")
    assert log.lines == []
    assert log.edited_targets == {}
