"""What was done by hand in this run, worked out from its journal: lines for the history, and what is edited now."""

from __future__ import annotations

from dataclasses import replace

from weightdeck.run.commands import (
    Command,
    HoldSlices,
    Redo,
    ResetStrips,
    SetClamp,
    SetMuteTo,
    SetScope,
    SetStrip,
    SliceCommand,
    Undo,
    continues,
)
from weightdeck.run.journal import JournalEntry
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.panels.edit_lines import EditKind, EditLine, Standing


class EditLog:
    """Follows the journal of one run as the engine's undo does. A drag is one line; what was undone stays, marked.

    Lines in force, and lines that can be done again, are each in the order in which they happened: undo takes the
    newest first, redo gives the oldest back first, and a new change cuts off everything that was undone.
    """

    def __init__(self) -> None:
        self._lines: list[EditLine] = []
        self._commands: list[Command] = []  # the newest of each line
        self._done: list[int] = []  # places in `_lines`, ascending: undo takes from the end
        self._undone: list[int] = []  # descending: redo takes from the end

    def clear(self) -> None:
        """A new run begins."""
        self._lines.clear()
        self._commands.clear()
        self._done.clear()
        self._undone.clear()

    def add(self, entry: JournalEntry, words: str) -> None:
        """Take the next entry of the journal; `words` say what its command does."""
        match entry.command:
            case Undo(count):
                self._move(self._done, self._undone, count, Standing.UNDONE)
            case Redo(count):
                self._move(self._undone, self._done, count, Standing.IN_FORCE)
            case command:
                self._change(command, EditLine(entry.step, words, _kind(command)))

    @property
    def lines(self) -> list[EditLine]:
        """Oldest first, as they happened."""
        return list(self._lines)

    @property
    def edited_targets(self) -> dict[ParameterSlice, int]:
        """Slices that an edit in force has moved, with the step of the newest."""
        targets: dict[ParameterSlice, int] = {}
        for place in self._done:
            command = self._commands[place]
            if isinstance(command, SliceCommand):
                targets[command.target] = self._lines[place].step
        return targets

    def _change(self, command: Command, line: EditLine) -> None:
        for place in self._undone:
            self._lines[place] = replace(self._lines[place], standing=Standing.CUT_OFF)
        self._undone.clear()
        if self._done and continues(command, self._commands[self._done[-1]]):
            self._lines[self._done[-1]] = line
            self._commands[self._done[-1]] = command
        else:
            self._done.append(len(self._lines))
            self._lines.append(line)
            self._commands.append(command)

    def _move(self, source: list[int], onto: list[int], count: int, standing: Standing) -> None:
        """Move the newest `count` entries of one stack onto the other; fewer where there are fewer."""
        for _ in range(min(count, len(source))):
            place = source.pop()
            self._lines[place] = replace(self._lines[place], standing=standing)
            onto.append(place)


def _kind(command: Command) -> EditKind:
    match command:
        case HoldSlices() | SetClamp():
            return EditKind.HOLD
        case SetStrip(setting=setting) if setting.muted:
            return EditKind.MUTE
        case SetStrip() | SetScope() | SetMuteTo() | ResetStrips():
            return EditKind.STRIP
        case _ if isinstance(command, SliceCommand):
            return EditKind.WEIGHT
    return EditKind.SETTING
