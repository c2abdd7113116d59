"""The history's lines: what each says, and how many undos or redos lead to the moment just after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

Index = QModelIndex | QPersistentModelIndex


class EditKind(Enum):
    """What was changed; each has its own sign."""

    WEIGHT = "weight"  # numbers of the model
    HOLD = "hold"  # a slice or an activation was held or let go
    MUTE = "mute"
    STRIP = "strip"  # anything else of the strips
    SETTING = "setting"  # a training setting


class Standing(Enum):
    """What has become of a change."""

    IN_FORCE = "in force"
    UNDONE = "undone"  # redo gives it back
    CUT_OFF = "cut off"  # undone, and a newer change took its place: nothing leads there


@dataclass(frozen=True, slots=True)
class EditLine:
    """One thing the user did, in words. A whole drag is one line."""

    step: int
    words: str  # "scale block 0 attention to ×0.40"
    kind: EditKind
    standing: Standing = Standing.IN_FORCE


class EditLines(QAbstractListModel):
    """The lines, newest first, and after the oldest the run's beginning; only what differs is announced."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.lines: list[EditLine] = []
        self._moves: list[int | None] = [0]  # as in `moves_between`

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        return 0 if parent.isValid() or not self.lines else len(self._moves)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self.line(index)
        if role == Qt.ItemDataRole.DisplayRole:
            if line is None:
                return self.tr("as the run began")
            if line.standing is Standing.IN_FORCE:
                return line.words
            return self.tr("undone: {words}").format(words=line.words)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            what = str(self.data(index))
            if line is not None:
                what = self.tr("{what}, step {step:,}").format(what=what, step=line.step)
            return f"{what}\n{self._way(index)}"
        return None

    def line(self, index: Index) -> EditLine | None:
        """The line of a row; None for the run's beginning."""
        return self.lines[-1 - index.row()] if index.row() < len(self.lines) else None

    def moves(self, index: Index) -> int | None:
        """How many undos, or when negative redos, lead to just after a row; 0 is now, None that nothing does."""
        return self._moves[-1 - index.row()]

    def show(self, lines: Sequence[EditLine]) -> None:
        """Show these, oldest first as they happened."""
        new = list(lines)
        moves = moves_between(new)
        if len(new) < len(self.lines):
            self.beginResetModel()
            self.lines, self._moves = new, moves
            self.endResetModel()
            return
        changed = [place for place, line in enumerate(self.lines) if line != new[place]]
        here_before, here = self._moves.index(0), moves.index(0)
        if here != here_before:  # the mark of where the run stands moves
            changed.extend(place - 1 for place in (here_before, here) if place <= len(self.lines))
        grown = len(new) - len(self.lines) + (1 if new and not self.lines else 0)
        if grown:
            self.beginInsertRows(QModelIndex(), 0, grown - 1)
        self.lines, self._moves = new, moves
        if grown:
            self.endInsertRows()
        if changed:
            last = len(new) - 1
            self.dataChanged.emit(self.index(last - max(changed)), self.index(last - min(changed)))

    def _way(self, index: Index) -> str:
        moves = self.moves(index)
        if moves is None:
            return self.tr("A newer change took its place: it cannot be done again.")
        if moves == 0:
            return self.tr("The model stands here.")
        if moves == 1:
            return self.tr("Click or Enter: undo 1 change")
        if moves == -1:
            return self.tr("Click or Enter: redo 1 change")
        words = (
            self.tr("Click or Enter: undo {count:,} changes")
            if moves > 0
            else self.tr("Click or Enter: redo {count:,} changes")
        )
        return words.format(count=abs(moves))


def moves_between(lines: Sequence[EditLine]) -> list[int | None]:
    """For the run's beginning and then each line, oldest first: how many undos lead to just after it, as a negative
    number how many redos; None where neither does.
    """
    undos = sum(line.standing is Standing.IN_FORCE for line in lines)
    moves: list[int | None] = [undos]
    redos = 0
    for line in lines:
        if line.standing is Standing.IN_FORCE:
            undos -= 1
            moves.append(undos)
        elif line.standing is Standing.UNDONE:
            redos += 1
            moves.append(-redos)
        else:
            moves.append(None)
    return moves
