"""Edits of parameters and settings with unlimited undo: the part of a run that a person changes by hand.

Undo never rewinds training. What an entry did is the float64 sum of what its applied moves added to each element; if
no step ran since, undoing restores the stored old values bit for bit, otherwise it subtracts that sum, rounded once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from weightdeck.model.parameters import Parameters
from weightdeck.run.commands import (
    LARGEST_VALUE,
    Command,
    EditSlice,
    Redo,
    SetHyperparameter,
    Undo,
    check_command,
)
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import Hyperparameters


@dataclass(slots=True)
class SliceEntry:
    """One undo entry that moved a slice (a whole drag, or one typed value)."""

    command: EditSlice  # the newest of its gesture: what the menu calls it
    base: NDArray[np.float32]  # the slice that add and scale count from
    added: NDArray[np.float64]  # sum of what every applied move added, or what the last redo did
    before: (
        NDArray[np.float32] | None
    )  # the slice without and with the entry, exact while the step is `moved_at`;
    after: NDArray[np.float32]  # `before` is None when training went on during the gesture
    moved_at: int  # updates that had been made at the last move


@dataclass(slots=True)
class SettingEntry:
    """One undo entry that changed a training setting."""

    command: SetHyperparameter
    before: float


Entry = SliceEntry | SettingEntry


@dataclass(slots=True)
class EditStack:
    """Applies commands to the parameters and settings of one run, and takes them back. Owned by the trainer thread."""

    parameters: Parameters
    hyperparameters: Hyperparameters
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
            case SetHyperparameter():
                self._set(command)
            case EditSlice():
                self._edit(command, step)
            case Undo():
                if self._done:
                    self._undone.append(self._move(self._done.pop(), step, back=True))
            case Redo():
                if self._undone:
                    self._done.append(self._move(self._undone.pop(), step, back=False))

    @property
    def undoable(self) -> Command | None:
        """What the next undo takes back."""
        return self._done[-1].command if self._done else None

    @property
    def redoable(self) -> Command | None:
        """What the next redo repeats."""
        return self._undone[-1].command if self._undone else None

    def without_last(self) -> dict[str, Tensor]:
        """The tensor that the newest entry changed as it would be without it, by name; empty if none did."""
        if not self._done or not isinstance(self._done[-1], SliceEntry):
            return {}
        entry = self._done[-1]
        target = entry.command.target
        tensor = self.parameters.tensor(target.tensor).clone()
        part = tensor[target.numpy_index()]
        part.copy_(torch.from_numpy(_rounded(_values(part).astype(np.float64) - entry.added)))
        return {target.tensor: tensor}

    def scale_base(self, target: ParameterSlice) -> NDArray[np.float32]:
        """The values that the next scale of `target` counts from: its own, or those it had before it was zeroed."""
        now = _values(self.parameters.part(target))
        if not now.any():
            return self._zeroed.get(target, now)
        return now

    def _set(self, command: SetHyperparameter) -> None:
        before = getattr(self.hyperparameters, command.name)
        self.hyperparameters = self.hyperparameters.with_value(command.name, command.value)
        self._undone.clear()
        last = self._done[-1] if self._done else None
        if isinstance(last, SettingEntry) and _same_gesture(last.command, command):
            last.command = command
        else:
            self._done.append(SettingEntry(command, before))

    def _edit(self, command: EditSlice, step: int) -> None:
        part = self.parameters.part(command.target)
        old = _values(part)
        last = self._done[-1] if self._done else None
        if isinstance(last, SliceEntry) and _same_gesture(last.command, command):
            entry = last
            if (
                entry.moved_at != step
            ):  # training went on during the gesture: count from what it made of the slice
                entry.base = _rounded(old.astype(np.float64) - entry.added)
                entry.before = None
        else:
            base = self.scale_base(command.target) if command.op == "scale" else old
            entry = SliceEntry(command, base, added=np.zeros(old.shape), before=old, after=old, moved_at=step)
        new = _moved(command, entry.base)
        part.copy_(torch.from_numpy(new))
        if command.op == "scale" and not new.any() and entry.base.any():
            self._zeroed[command.target] = entry.base
        entry.command = command
        entry.added += new.astype(np.float64) - old
        entry.after = new
        entry.moved_at = step
        self._undone.clear()
        if entry is not last:
            self._done.append(entry)

    def _move(self, entry: Entry, step: int, *, back: bool) -> Entry:
        if isinstance(entry, SettingEntry):
            value = entry.before if back else entry.command.value
            self.hyperparameters = self.hyperparameters.with_value(entry.command.name, value)
            return entry
        part = self.parameters.part(entry.command.target)
        now = _values(part)
        stored = entry.before if back else entry.after
        if stored is not None and entry.moved_at == step:
            new = stored
        else:
            sign = -1.0 if back else 1.0
            new = _rounded(now.astype(np.float64) + sign * entry.added)
        part.copy_(torch.from_numpy(new))
        if not back:
            entry.added = new.astype(np.float64) - now
        if entry.moved_at != step:
            entry.before, entry.after = (new, now) if back else (now, new)
            entry.moved_at = step
        return entry


def _same_gesture(last: EditSlice | SetHyperparameter, command: EditSlice | SetHyperparameter) -> bool:
    """Whether both belong to one drag: same gesture, same thing in the hand."""
    return command.gesture is not None and replace(last, value=command.value) == command


def _moved(command: EditSlice, base: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the command makes of `base`. Raises ``ValueError`` when a float32 cannot hold it."""
    exact = base.astype(np.float64)
    match command.op:
        case "set":
            exact = np.full_like(exact, command.value)
        case "add":
            exact = exact + command.value
        case "scale":
            exact = exact * _factor(command, exact)
    if np.abs(exact).max() > LARGEST_VALUE:
        raise ValueError(f"That would make a weight larger than {LARGEST_VALUE:g}; nothing was changed.")
    return _rounded(exact)


def _factor(command: EditSlice, base: NDArray[np.float64]) -> float:
    if command.reference is None:
        return command.value
    size = math.sqrt(np.square(base).mean())
    if size == 0.0:
        raise ValueError(
            "All weights of this group are zero: there is nothing to scale. Undo brings them back."
        )
    return command.value * command.reference / size


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


def _values(part: Tensor) -> NDArray[np.float32]:
    """A copy of a view's numbers."""
    copied: NDArray[np.float32] = part.detach().numpy().copy()
    return copied
