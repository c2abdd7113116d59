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
        self._edited: dict[ParameterSlice, int] | None = None  # `edited_targets` as last worked out

    def clear(self) -> None:
        """A new run begins."""
        self._lines.clear()
        self._commands.clear()
        self._done.clear()
        self._undone.clear()
        self._edited = None

    def add(self, entry: JournalEntry, words: str) -> frozenset[ParameterSlice]:
        """Take the next entry of the journal; `words` say what its command does. Returns the slices that it took back
        or did again, none for a new change.
        """
        self._edited = None
        match entry.command:
            case Undo(count):
                return self._move(self._done, self._undone, count, Standing.UNDONE)
            case Redo(count):
                return self._move(self._undone, self._done, count, Standing.IN_FORCE)
            case command:
                self._change(command, EditLine(entry.step, words, _kind(command)))
                return frozenset()

    @property
    def lines(self) -> list[EditLine]:
        """Oldest first, as they happened."""
        return list(self._lines)

    @property
    def edited_targets(self) -> dict[ParameterSlice, int]:
        """Slices that an edit in force has moved, with the step of the newest."""
        if self._edited is None:
            self._edited = {
                target: self._lines[place].step
                for place in self._done
                if (target := _target(self._commands[place])) is not None
            }
        return self._edited

    @property
    def last_turned(self) -> ParameterSlice | None:
        """The slice that the newest change of a prediction moved; None if a strip or clamp made it, or none is."""
        for place in reversed(self._done):
            command = self._commands[place]
            if isinstance(command, SliceCommand | SetStrip | SetClamp | SetMuteTo | ResetStrips):
                return _target(command)
        return None

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

    def _move(
        self, source: list[int], onto: list[int], count: int, standing: Standing
    ) -> frozenset[ParameterSlice]:
        """Move the newest `count` entries of one stack onto the other, fewer where there are fewer; returns the slices
        that they are about.
        """
        moved: set[ParameterSlice] = set()
        for _ in range(min(count, len(source))):
            place = source.pop()
            self._lines[place] = replace(self._lines[place], standing=standing)
            onto.append(place)
            target = _target(self._commands[place])
            if target is not None:
                moved.add(target)
        return frozenset(moved)


def _target(command: Command) -> ParameterSlice | None:
    return command.target if isinstance(command, SliceCommand) else None


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
