"""What each command that edits a slice makes of its numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from weightdeck.data.randomness import draw_seed
from weightdeck.model.parameters import Parameters, spread
from weightdeck.run.commands import LARGEST_VALUE, AddNoise, EditSlice, Paste, Reinitialise, SliceCommand
from weightdeck.run.slices import ParameterSlice


@dataclass(frozen=True, slots=True)
class Draws:
    """Randomness for edits: the same for the same seed, step and command."""

    parameters: Parameters
    seed: int
    step: int

    def initial(self, target: ParameterSlice, draw: int) -> NDArray[np.float64]:
        """The slice as another start of the run would have it."""
        tensor = self.parameters.drawn(target.tensor, self.seed, draw)
        return tensor[target.numpy_index()].numpy().astype(np.float64)

    def noise(self, command: AddNoise, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Normal numbers as strong as the command says."""
        tensor = self.parameters.tensor(command.target.tensor)
        std = command.spreads * spread(tensor)
        purpose = f"noise/{command.target}/{command.draw}"
        generator = torch.Generator().manual_seed(draw_seed(self.seed, purpose, self.step))
        return std * torch.randn(shape, generator=generator, dtype=torch.float64).numpy()


def values_after(command: SliceCommand, base: NDArray[np.float32], draws: Draws) -> NDArray[np.float32]:
    """What the command makes of `base`. Raises ``ValueError`` with a sentence when a float32 cannot hold it."""
    exact = base.astype(np.float64)
    match command:
        case EditSlice():
            exact = _turned(command, exact)
        case Reinitialise(target, draw):
            exact = draws.initial(target, draw)
        case AddNoise():
            exact = exact + draws.noise(command, base.shape)
        case Paste(values=values):
            exact = values.array().reshape(base.shape).astype(np.float64)
    if np.abs(exact).max() > LARGEST_VALUE:
        raise ValueError(f"That would make a weight larger than {LARGEST_VALUE:g}; nothing was changed.")
    return rounded(exact)


def rounded(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


def _turned(command: EditSlice, base: NDArray[np.float64]) -> NDArray[np.float64]:
    if command.along is not None:
        direction = command.along.values.array().astype(np.float64)
        length = command.value
        if command.op == "set":
            length -= float((base * direction).sum() / np.square(direction).sum())
        return base + length * direction
    match command.op:
        case "set":
            return np.full_like(base, command.value)
        case "add":
            return base + command.value
        case "scale":
            return base * _factor(command, base)


def _factor(command: EditSlice, base: NDArray[np.float64]) -> float:
    if command.reference is None:
        return command.value
    size = math.sqrt(np.square(base).mean())
    if size == 0.0:
        raise ValueError(
            "All weights of this group are zero: there is nothing to scale. Undo brings them back."
        )
    return command.value * command.reference / size
