"""What a person does to a run, with unlimited undo: the part of a run that is changed by hand.

Undo never rewinds training. What an entry did to a slice is the float64 sum of what its applied moves added to each
element; if no step ran since, undoing restores the stored old values bit for bit, otherwise it subtracts that sum,
rounded once. Settings, strips and holds go back to what they were.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from weightdeck.model.parameters import Parameters
from weightdeck.run.commands import (
    Command,
    ControlCommand,
    EditSlice,
    Redo,
    SliceCommand,
    Undo,
    check_command,
    continues,
)
from weightdeck.run.controls import Controls
from weightdeck.run.slices import ParameterSlice
from weightdeck.training.control_commands import controls_after
from weightdeck.training.slice_commands import Draws, rounded, values_after


@dataclass(frozen=True, slots=True, eq=False)
class SliceEntry:
    """One undo entry that moved a slice (a whole drag, or one typed value).

    Nothing writes to its arrays, so that keyframes can share them: the next move of its drag, or an undo, makes another
    entry. Entries compare by identity.
    """

    command: SliceCommand  # the newest of its gesture: what the menu calls it
    base: NDArray[np.float32]  # the slice that the moves of a gesture count from
    added: NDArray[np.float64]  # sum of what every applied move added, or what the last redo did
    # The slice without and with the entry, exact while the step is `moved_at`; `before` is None when training went on
    # during the gesture.
    before: NDArray[np.float32] | None
    after: NDArray[np.float32]
    moved_at: int  # updates that had been made at the last move


@dataclass(frozen=True, slots=True, eq=False)
class ControlEntry:
    """One undo entry that changed a setting, a strip or a hold."""

    command: ControlCommand  # the newest of its gesture
    before: Controls
    after: Controls


Entry = SliceEntry | ControlEntry


@dataclass(frozen=True, slots=True)
class EditHistory:
    """An edit stack at one moment; the newest entries come last."""

    done: tuple[Entry, ...] = ()
    undone: tuple[Entry, ...] = ()
    zeroed: tuple[tuple[ParameterSlice, NDArray[np.float32]], ...] = ()  # values before a scale to zero


@dataclass(slots=True)
class EditStack:
    """Applies commands to the parameters and controls of one run, and takes them back. Owned by the trainer thread."""

    parameters: Parameters
    controls: Controls
    seed: int
    settled: Callable[[Controls], Controls]  # with the means that their mix needs (``Gating.settled``)
    _done: list[Entry] = field(default_factory=list)
    _undone: list[Entry] = field(default_factory=list)
    _zeroed: dict[ParameterSlice, NDArray[np.float32]] = field(default_factory=dict)

    def apply(self, command: Command, step: int) -> None:
        """Carry out one command at the boundary before step `step`.

        Raises ``ValueError`` with a sentence when it does not fit this model; then nothing has changed. Undo and redo
        with nothing to take back or to repeat do nothing.
        """
        check_command(command, self.parameters.layout)
        match command:
            case Undo(count):
                for _ in range(min(count, len(self._done))):
                    self._undone.append(self._move(self._done.pop(), step, back=True))
            case Redo(count):
                for _ in range(min(count, len(self._undone))):
                    self._done.append(self._move(self._undone.pop(), step, back=False))
            case _ if isinstance(command, SliceCommand):
                self._edit(command, step)
            case _:
                self._control(command)

    def history(self) -> EditHistory:
        """What there is to undo and to redo now."""
        return EditHistory(tuple(self._done), tuple(self._undone), tuple(self._zeroed.items()))

    def restore(self, controls: Controls, history: EditHistory) -> None:
        """Go back to another moment, without the parameters."""
        self.controls = controls
        self._done = list(history.done)
        self._undone = list(history.undone)
        self._zeroed = dict(history.zeroed)

    @property
    def undoable(self) -> Command | None:
        """What the next undo takes back."""
        return self._done[-1].command if self._done else None

    @property
    def redoable(self) -> Command | None:
        """What the next redo repeats."""
        return self._undone[-1].command if self._undone else None

    def without_last(self) -> tuple[dict[str, Tensor], Controls] | None:
        """The model as it would be without the newest entry that changes predictions: the tensor that it changed, by
        name, and the controls. None without such an entry.
        """
        entry = next((entry for entry in reversed(self._done) if _changes_predictions(entry)), None)
        if entry is None:
            return None
        if isinstance(entry, ControlEntry):
            return {}, entry.before
        target = entry.command.target
        tensor = self.parameters.tensor(target.tensor).clone()
        part = tensor[target.numpy_index()]
        part.copy_(torch.from_numpy(rounded(_values(part).astype(np.float64) - entry.added)))
        return {target.tensor: tensor}, self.controls

    def scale_base(self, target: ParameterSlice) -> NDArray[np.float32]:
        """The values that the next scale of `target` counts from: its own, or those it had before it was zeroed."""
        now = _values(self.parameters.part(target))
        if not now.any():
            return self._zeroed.get(target, now)
        return now

    def _control(self, command: ControlCommand) -> None:
        before = self.controls
        after = self.settled(controls_after(command, before, self.parameters.layout))
        self.controls = after
        last = self._done[-1] if self._done else None
        if isinstance(last, ControlEntry) and continues(command, last.command):
            self._done.pop()
            before = last.before
        self._push(ControlEntry(command, before, after))

    def _edit(self, command: SliceCommand, step: int) -> None:
        part = self.parameters.part(command.target)
        old = _values(part)
        last = self._done[-1] if self._done else None
        is_scale = isinstance(command, EditSlice) and command.op == "scale"
        before: NDArray[np.float32] | None = old
        added = np.zeros(old.shape)
        if continued := isinstance(last, SliceEntry) and continues(command, last.command):
            base, before, added = last.base, last.before, last.added
            if last.moved_at != step:
                # Training went on during the gesture: count from what it made of the slice.
                base = rounded(old.astype(np.float64) - added)
                before = None
        else:
            base = self.scale_base(command.target) if is_scale else old
        new = values_after(command, base, Draws(self.parameters, self.seed, step))
        part.copy_(torch.from_numpy(new))
        if is_scale and not new.any() and base.any():
            self._zeroed[command.target] = base
        elif not is_scale:
            self._zeroed.pop(command.target, None)  # what it is now was not scaled to zero
        if continued:
            self._done.pop()
        added = np.asarray(added + _difference(new, old))
        self._push(SliceEntry(command, base, added, before, new, step))

    def _push(self, entry: Entry) -> None:
        self._done.append(entry)
        self._undone.clear()

    def _move(self, entry: Entry, step: int, *, back: bool) -> Entry:
        """Take an entry back or carry it out again; returns the entry as it is then."""
        if isinstance(entry, ControlEntry):
            self.controls = entry.before if back else entry.after
            return entry
        part = self.parameters.part(entry.command.target)
        now = _values(part)
        stored = entry.before if back else entry.after
        if stored is not None and entry.moved_at == step:
            new = stored
        else:
            sign = -1.0 if back else 1.0
            new = rounded(now.astype(np.float64) + sign * entry.added)
        part.copy_(torch.from_numpy(new))
        if not back:
            entry = replace(entry, added=_difference(new, now))
        if entry.moved_at != step:
            before, after = (new, now) if back else (now, new)
            entry = replace(entry, before=before, after=after, moved_at=step)
        return entry


def _difference(new: NDArray[np.float32], old: NDArray[np.float32]) -> NDArray[np.float64]:
    """new - old, exact, in their shape."""
    return np.asarray(new.astype(np.float64) - old)  # NumPy makes a scalar of a single number otherwise


def _changes_predictions(entry: Entry) -> bool:
    return isinstance(entry, SliceEntry) or not entry.before.mix.passes_like(entry.after.mix)


def _values(part: Tensor) -> NDArray[np.float32]:
    """A copy of a view's numbers."""
    copied: NDArray[np.float32] = part.detach().numpy().copy()
    return copied
