"""An edit stack with a hand and a pretended training beside it, for tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from weightdeck.model.parameters import Parameters
from weightdeck.run.commands import Command, EditOp, EditSlice
from weightdeck.run.controls import Controls
from weightdeck.run.layout import EMBEDDING, HEAD
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import Hyperparameters, ModelSpec
from weightdeck.run.strips import Neuron, Strip
from weightdeck.training.edits import EditStack

ONE = ParameterSlice(HEAD, (2, 5))
ROW = ParameterSlice(EMBEDDING, (1,))
BLOCK = ParameterSlice("transformer.h.0.attn.c_attn.weight", ((0, 8),))
GAIN = ParameterSlice("transformer.ln_f.weight")
WHOLE = ParameterSlice("transformer.h.0.mlp.c_fc.weight")
HEAD_0, HEAD_1, MLP_0 = Strip(0, 0), Strip(0, 1), Strip(0)
NEURON = Neuron("blocks.0.mlp.post", 31)


def unmeasured(controls: Controls) -> Controls:
    """Nothing here is muted to its mean."""
    return controls


class Desk:
    """An edit stack with a hand and a pretended training beside it."""

    def __init__(self) -> None:
        self.parameters = Parameters(ModelSpec(1, 2, 8, 5, 4))
        self.parameters.initialise(3)
        self.stack = EditStack(self.parameters, Controls(Hyperparameters()), seed=3, settled=unmeasured)
        self.step = 0
        self._rng = torch.Generator().manual_seed(5)

    def do(self, *commands: Command) -> None:
        for command in commands:
            self.stack.apply(command, self.step)

    def train(self) -> None:
        """Everything moves a little, as in a step."""
        for name in self.parameters.weights:
            tensor = self.parameters.tensor(name)
            tensor.add_(torch.empty(tensor.shape).normal_(0.0, 0.01, generator=self._rng))
        self.step += 1

    def values(self, target: ParameterSlice) -> NDArray[np.float32]:
        copied: NDArray[np.float32] = self.parameters.part(target).numpy().copy()
        return copied

    def without_last(self) -> tuple[Tensor, Controls]:
        """The embedding and the controls without the last entry, which changed nothing else."""
        found = self.stack.without_last()
        assert found is not None
        changed, controls = found
        assert set(changed) <= {EMBEDDING}
        return changed.get(EMBEDDING, self.parameters.tensor(EMBEDDING)), controls

    @property
    def sha(self) -> str:
        return self.parameters.sha256()


def edit(target: ParameterSlice, op: EditOp, value: float, gesture: int | None = None) -> EditSlice:
    return EditSlice(target, op, value, gesture)


def repeat(desk: Desk, command: Command, while_: Callable[[], Command | None]) -> int:
    count = 0
    while while_() is not None:
        desk.do(command)
        count += 1
    return count
