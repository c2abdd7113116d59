"""The list of edits, worked out from the journal."""

from __future__ import annotations

import pytest

from tests.desktop.fakes import ATTENTION, ENTRY
from weightdeck.run.commands import Command, EditSlice, Redo, SetHyperparameter, Undo
from weightdeck.run.journal import JournalEntry
from weightdeck_desktop.controller.edit_log import EditLog


def log_of(*commands: Command) -> EditLog:
    """A journal of these commands, each at the step of its place and called after it."""
    log = EditLog()
    for step, command in enumerate(commands):
        log.add(JournalEntry(step + 1, step, command), f"act {step}")
    return log


def shown(log: EditLog) -> list[tuple[int, str, bool]]:
    return [(line.step, line.words, line.is_undone) for line in log.lines]


def test_edits_are_in_their_order_and_say_whether_they_turned_a_weight() -> None:
    log = log_of(EditSlice(ENTRY, "set", 1.0), SetHyperparameter("dropout", 0.1))
    assert [(line.words, line.is_weight) for line in log.lines] == [("act 0", True), ("act 1", False)]


@pytest.mark.parametrize(
    ("first", "second", "lines"),
    [
        (EditSlice(ENTRY, "set", 1.0, 7), EditSlice(ENTRY, "set", 2.0, 7), 1),
        (SetHyperparameter("dropout", 0.1, 7), SetHyperparameter("dropout", 0.2, 7), 1),
        (EditSlice(ENTRY, "set", 1.0, 7), EditSlice(ENTRY, "set", 2.0, 8), 2),
        (EditSlice(ENTRY, "set", 1.0), EditSlice(ENTRY, "set", 2.0), 2),
        (EditSlice(ENTRY, "set", 1.0, 7), EditSlice(ATTENTION, "set", 2.0, 7), 2),
        (EditSlice(ENTRY, "set", 1.0, 7), EditSlice(ENTRY, "add", 2.0, 7), 2),
        (SetHyperparameter("dropout", 0.1, 7), SetHyperparameter("grad_clip", 0.2, 7), 2),
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
    assert shown(log_of(*edits, Undo())) == [(0, "act 0", False), (1, "act 1", True)]
    assert shown(log_of(*edits, Undo(), Undo())) == [(0, "act 0", True), (1, "act 1", True)]
    assert shown(log_of(*edits, Undo(), Undo(), Redo())) == [(0, "act 0", False), (1, "act 1", True)]


def test_a_new_edit_after_an_undo_cannot_be_followed_by_a_redo() -> None:
    log = log_of(EditSlice(ENTRY, "set", 1.0), Undo(), EditSlice(ATTENTION, "scale", 2.0), Redo())
    assert shown(log) == [(0, "act 0", True), (2, "act 2", False)]


def test_a_drag_that_goes_on_after_an_undo_is_another_line() -> None:
    move = EditSlice(ENTRY, "set", 1.0, 7)
    assert shown(log_of(move, Undo(), move)) == [(0, "act 0", True), (2, "act 2", False)]


def test_undo_and_redo_with_nothing_to_take_back_change_nothing() -> None:
    assert shown(log_of(Undo(), Redo())) == []


def test_edited_are_the_slices_that_an_edit_in_force_has_moved() -> None:
    log = log_of(
        EditSlice(ENTRY, "set", 1.0), EditSlice(ENTRY, "set", 2.0), EditSlice(ATTENTION, "scale", 2.0)
    )
    assert log.edited_targets == {ENTRY: 1, ATTENTION: 2}
    log.add(JournalEntry(9, 9, Undo()), "undo")
    log.add(JournalEntry(9, 9, Undo()), "undo")
    assert log.edited_targets == {ENTRY: 0}


def test_a_new_run_has_an_empty_log() -> None:
    log = log_of(EditSlice(ENTRY, "set", 1.0), Undo())
    log.clear()
    log.add(JournalEntry(1, 0, Redo()), "redo")
    assert log.lines == []
    assert log.edited_targets == {}
