"""What a person does to a run, with unlimited undo: the part of a run that is changed by hand.

Undo never rewinds training. What an entry did to a slice is the float64 sum of what its applied moves added to each
element; if no step ran since, undoing restores the stored old values bit for bit, otherwise it subtracts that sum,
rounded once. Settings, strips and holds go back to what they were.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from weightdeck.model.parameters import Parameters
from weightdeck.run.commands import (
    Command,
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


@dataclass(slots=True)
class SliceEntry:
    """One undo entry that moved a slice (a whole drag, or one typed value)."""

    command: SliceCommand  # the newest of its gesture: what the menu calls it
    base: NDArray[np.float32]  # the slice that the moves of a gesture count from
    added: NDArray[np.float64]  # sum of what every applied move added, or what the last redo did
    # The slice without and with the entry, exact while the step is `moved_at`; `before` is None when training went on
    # during the gesture.
    before: NDArray[np.float32] | None
    after: NDArray[np.float32]
    moved_at: int  # updates that had been made at the last move


@dataclass(slots=True)
class ControlEntry:
    """One undo entry that changed a setting, a strip or a hold."""

    command: Command
    before: Controls
    after: Controls


Entry = SliceEntry | ControlEntry


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

    def _control(self, command: Command) -> None:
        before = self.controls
        after = self.settled(controls_after(command, before, self.parameters.layout))
        self.controls = after
        self._undone.clear()
        last = self._done[-1] if self._done else None
        if isinstance(last, ControlEntry) and continues(command, last.command):
            last.command, last.after = command, after
        else:
            self._done.append(ControlEntry(command, before, after))

    def _edit(self, command: SliceCommand, step: int) -> None:
        part = self.parameters.part(command.target)
        old = _values(part)
        last = self._done[-1] if self._done else None
        is_scale = isinstance(command, EditSlice) and command.op == "scale"
        if isinstance(last, SliceEntry) and continues(command, last.command):
            entry = last
            if entry.moved_at != step:
                # Training went on during the gesture: count from what it made of the slice.
                entry.base = rounded(old.astype(np.float64) - entry.added)
                entry.before = None
        else:
            base = self.scale_base(command.target) if is_scale else old
            entry = SliceEntry(command, base, added=np.zeros(old.shape), before=old, after=old, moved_at=step)
        new = values_after(command, entry.base, Draws(self.parameters, self.seed, step))
        part.copy_(torch.from_numpy(new))
        if is_scale and not new.any() and entry.base.any():
            self._zeroed[command.target] = entry.base
        elif not is_scale:
            self._zeroed.pop(command.target, None)  # what it is now was not scaled to zero
        entry.command = command
        entry.added += new.astype(np.float64) - old
        entry.after = new
        entry.moved_at = step
        self._undone.clear()
        if entry is not last:
            self._done.append(entry)

    def _move(self, entry: Entry, step: int, *, back: bool) -> Entry:
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
            entry.added = new.astype(np.float64) - now
        if entry.moved_at != step:
            entry.before, entry.after = (new, now) if back else (now, new)
            entry.moved_at = step
        return entry


def _changes_predictions(entry: Entry) -> bool:
    return isinstance(entry, SliceEntry) or not entry.before.mix.passes_like(entry.after.mix)


def _values(part: Tensor) -> NDArray[np.float32]:
    """A copy of a view's numbers."""
    copied: NDArray[np.float32] = part.detach().numpy().copy()
    return copied
