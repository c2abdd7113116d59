"""All parameters of a model in one flat float32 buffer, with named views; their gradients in a second one.

Owned by the thread that trains: a view read from another thread is torn.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from weightdeck.data.randomness import draw_seed
from weightdeck.run.layout import ALIGNMENT, Layout, TensorInfo, layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec

INITIAL_STD = 0.02  # GPT-2's


class Parameters:
    """The flat buffer `flat` (layout.length,), its gradient `gradient`, and one leaf per tensor in `weights`.

    A leaf's ``.grad`` is a view of `gradient`, so that ``backward`` fills the flat gradient in place and the
    optimizer works on whole buffers. Padding stays zero in both.
    """

    def __init__(self, model: ModelSpec, flat: Tensor | None = None) -> None:
        """`flat` is the buffer to live in, as of `aligned_zeros`; a new one if it is not given."""
        self.layout: Layout = layout(model)
        self.flat = aligned_zeros(self.layout.length) if flat is None else flat
        self.gradient = aligned_zeros(self.layout.length)
        self.weights: Mapping[str, Tensor] = {info.name: self._leaf(info) for info in self.layout.tensors}

    def _leaf(self, info: TensorInfo) -> Tensor:
        leaf = _part(self.flat, info).detach().requires_grad_()
        leaf.grad = _part(self.gradient, info)
        return leaf

    def initialise(self, seed: int) -> None:
        """GPT-2's start: normal(0, 0.02), projections into the residual stream smaller by sqrt(2 n_layer),
        biases 0, gains 1. Each tensor has its own draw, so a change of one shape leaves the others alone.
        """
        for info in self.layout.tensors:
            _part(self.flat, info).copy_(self.drawn(info.name, seed))

    def drawn(self, name: str, seed: int, draw: int = 0) -> Tensor:
        """A new tensor as `initialise` makes it; `draw` 0 is the one that it makes, others are as likely."""
        info = self.layout.by_name[name]
        tensor = torch.empty(info.shape)
        if name.endswith(".bias"):
            return tensor.zero_()
        if len(info.shape) == 1:
            return tensor.fill_(1.0)
        is_residual = name.endswith("c_proj.weight")
        std = INITIAL_STD / math.sqrt(2 * self.layout.model.n_layer) if is_residual else INITIAL_STD
        generator = torch.Generator().manual_seed(draw_seed(seed, f"init/{name}", draw))
        return tensor.normal_(0.0, std, generator=generator)

    def tensor(self, name: str) -> Tensor:
        """One tensor as a view without gradient: writing to it changes the model."""
        return self.weights[name].detach()

    def views(self, flat: Tensor) -> dict[str, Tensor]:
        """Every tensor as a view of a buffer of this layout."""
        return {info.name: _part(flat, info) for info in self.layout.tensors}

    def part(self, target: ParameterSlice) -> Tensor:
        """A slice as a view without gradient (0-dimensional for a single number)."""
        return self.tensor(target.tensor)[target.numpy_index()]

    def gradient_of(self, name: str) -> Tensor:
        """The gradient of one tensor, a view."""
        return _part(self.gradient, self.layout.by_name[name])

    def packed(self, flat: Tensor) -> bytes:
        """A buffer of this layout (parameters, moments) as little-endian float32: every tensor once, in state-dict
        order, without padding.
        """
        parts = (
            _part(flat, info).numpy().astype("<f4", copy=False).tobytes() for info in self.layout.tensors
        )
        return b"".join(parts)

    def unpack(self, packed: NDArray[np.float32], flat: Tensor) -> None:
        """Write what `packed` gave, (num_parameters,), into a buffer of this layout; its padding stays."""
        end = 0
        for info in self.layout.tensors:
            start, end = end, end + info.size
            flat[info.offset : info.offset + info.size].numpy()[:] = packed[start:end]
        assert end == len(packed)

    def sha256(self) -> str:
        """Hash of every parameter (see `packed`)."""
        return hashlib.sha256(self.packed(self.flat)).hexdigest()


def spread(tensor: Tensor) -> float:
    """What counts as one spread of a parameter tensor: its standard deviation, at least the initial 0.02."""
    return max(tensor.double().std(correction=0).item(), INITIAL_STD)


def _part(flat: Tensor, info: TensorInfo) -> Tensor:
    return flat[info.offset : info.offset + info.size].view(info.shape)


def aligned_zeros(length: int) -> Tensor:
    """A flat float32 buffer whose first element lies on a cache line, so that every tensor's does."""
    element_bytes = 4
    room = torch.zeros(length + ALIGNMENT)
    offset = -(room.data_ptr() // element_bytes) % ALIGNMENT
    return room[offset : offset + length]
