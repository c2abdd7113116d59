"""What the history shows is what the engine does: the way to every line leads there."""

from __future__ import annotations

import random

import pytest

from tests.core.edit_desk import BLOCK, GAIN, HEAD_0, HEAD_1, ONE, ROW, Desk
from weightdeck.run.commands import Command, EditSlice, HoldSlices, Redo, SetHyperparameter, SetStrip, Undo
from weightdeck.run.journal import JournalEntry
from weightdeck.run.strips import StripSetting
from weightdeck_desktop.controller.edit_log import EditLog
from weightdeck_desktop.panels.edit_lines import Standing, moves_between


def some_command(rng: random.Random) -> Command:
    """Drags of few gestures on few things, so that they often go on; undos and redos of one or several."""
    gesture = rng.choice((None, 1, 2))
    value = rng.choice((0.25, 0.5, 0.75))
    return rng.choice(
        (
            EditSlice(rng.choice((ONE, ROW)), "set", value, gesture),
            EditSlice(BLOCK, "scale", value, gesture),
            SetStrip(rng.choice((HEAD_0, HEAD_1)), StripSetting(value), gesture),
            SetHyperparameter("dropout", value, gesture),
            HoldSlices((rng.choice((ONE, GAIN)),)),
            Undo(rng.choice((1, 1, 2, 5))),
            Undo(),
            Redo(rng.choice((1, 1, 2, 5))),
            Redo(),
        )
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_log_undoes_what_the_engine_undoes(seed: int) -> None:
    """After any history the way that a line shows leads, in the engine, to just after it."""
    rng = random.Random(seed)
    desk, log = Desk(), EditLog()
    newest: dict[int, Command] = {}  # the command of every line, by its place
    for number in range(120):
        command = some_command(rng)
        desk.do(command)
        before = len(log.lines)
        log.add(JournalEntry(number, desk.step, command), str(number))
        if not isinstance(command, Undo | Redo):
            in_force = [place for place, line in enumerate(log.lines) if line.standing is Standing.IN_FORCE]
            assert len(log.lines) - before in (0, 1)
            newest[in_force[-1]] = command
        _, *moves = moves_between(log.lines)
        here = [newest[place] for place, move in enumerate(moves) if move == 0]
        after = [newest[place] for place, move in enumerate(moves) if move == -1]
        assert here == ([] if desk.stack.undoable is None else [desk.stack.undoable])
        assert after == ([] if desk.stack.redoable is None else [desk.stack.redoable])
    place, move = rng.choice([(place, move) for place, move in enumerate(moves) if move])
    desk.do(Undo(move) if move > 0 else Redo(-move))
    assert desk.stack.undoable == newest[place]
