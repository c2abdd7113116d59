"""What was done by hand in this run, worked out from its journal: lines for the history, and what is edited now."""

from __future__ import annotations

from dataclasses import dataclass, replace

from weightdeck.run.commands import EditSlice, Redo, SetHyperparameter, Undo
from weightdeck.run.journal import JournalEntry
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.panels.edits import EditLine


@dataclass(frozen=True, slots=True)
class _Done:
    command: EditSlice | SetHyperparameter
    line: EditLine


class EditLog:
    """Follows the journal of one run. A drag is one line; what was undone stays, marked, until it is redone or a new
    edit takes its place in the undo order.
    """

    def __init__(self) -> None:
        self._lines: list[_Done] = []
        self._done: list[int] = []  # places in `_lines`, in the order of undo
        self._undone: list[int] = []

    def clear(self) -> None:
        """A new run begins."""
        self._lines.clear()
        self._done.clear()
        self._undone.clear()

    def add(self, entry: JournalEntry, words: str) -> None:
        """Take the next entry of the journal."""
        match entry.command:
            case Undo():
                if self._done:
                    self._mark(self._done.pop(), self._undone, is_undone=True)
            case Redo():
                if self._undone:
                    self._mark(self._undone.pop(), self._done, is_undone=False)
            case EditSlice() | SetHyperparameter() as command:
                is_weight = isinstance(command, EditSlice)
                new = _Done(command, EditLine(entry.step, words, is_weight))
                self._undone.clear()
                if self._done and _same_gesture(self._lines[self._done[-1]].command, command):
                    self._lines[self._done[-1]] = new
                else:
                    self._done.append(len(self._lines))
                    self._lines.append(new)

    @property
    def lines(self) -> list[EditLine]:
        """Oldest first, as they happened."""
        return [done.line for done in self._lines]

    @property
    def edited_targets(self) -> dict[ParameterSlice, int]:
        """Slices that an edit in force has moved, with the step of the newest."""
        edits = (self._lines[place] for place in self._done)
        return {d.command.target: d.line.step for d in edits if isinstance(d.command, EditSlice)}

    def _mark(self, place: int, onto: list[int], *, is_undone: bool) -> None:
        done = self._lines[place]
        self._lines[place] = replace(done, line=replace(done.line, is_undone=is_undone))
        onto.append(place)


def _same_gesture(last: EditSlice | SetHyperparameter, command: EditSlice | SetHyperparameter) -> bool:
    return command.gesture is not None and replace(last, value=command.value) == command
