"""Slices that stay bit-identical while the rest trains."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from weightdeck.run.layout import Layout
from weightdeck.run.slices import ParameterSlice


class Holds:
    """Keeps the held elements of a run's state (parameters and both moments) out of its steps.

    With nothing held it does nothing at all. Owned by the trainer thread.
    """

    def __init__(self, state: Tensor, layout: Layout) -> None:
        """`state` is (3, length): the parameters and both moments, as of ``Layout``."""
        self._state = state
        self._layout = layout
        self._held: tuple[ParameterSlice, ...] = ()
        self._mask = torch.zeros(layout.length, dtype=torch.bool)  # of the flat buffer
        self._indices: Tensor | None = None  # the places of the mask; None for none

    def hold(self, held: tuple[ParameterSlice, ...]) -> None:
        """Hold these slices from now on, and no others."""
        if held == self._held:
            return
        self._held = held
        self._mask.zero_()
        for target in held:
            self._part(target.tensor)[target.numpy_index()] = True
        self._indices = self._mask.nonzero()[:, 0] if held else None

    def free(self, gradient: Tensor) -> Tensor:
        """The gradient with zeros where elements are held."""
        if self._indices is None:
            return gradient
        return gradient.index_fill(0, self._indices, 0.0)

    def restore(self, before: Tensor) -> None:
        """Give the held elements the numbers that they have in `before`, a state like ours."""
        if self._indices is not None:
            self._state.index_copy_(1, self._indices, before.index_select(1, self._indices))

    def mask(self, name: str) -> NDArray[np.bool_] | None:
        """Which elements of a tensor are held, a read-only copy in its shape; None for none of them."""
        mask: NDArray[np.bool_] = self._part(name).numpy().copy()
        mask.setflags(write=False)
        return mask if mask.any() else None

    def share(self, target: ParameterSlice) -> float:
        """Which share of a slice is held, 0 to 1."""
        return self._part(target.tensor)[target.numpy_index()].double().mean().item()

    def _part(self, name: str) -> Tensor:
        info = self._layout.by_name[name]
        return self._mask[info.offset : info.offset + info.size].view(info.shape)
