"""Histograms of all parameter tensors, or of their gradients, in one pass over the flat buffer."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from weightdeck.run.bins import GRADIENT_BINS, WEIGHT_BINS, AsinhBins
from weightdeck.run.frame import Counts, Floats, Histograms
from weightdeck.run.layout import Layout
from weightdeck.training.trainer import Trainer


class TensorHistograms:
    """Counts values by tensor and bin. Holds index buffers for one layout; owned by one thread."""

    def __init__(self, layout: Layout) -> None:
        self._tensors = len(layout.tensors)
        owner = np.full(layout.length, self._tensors)  # padding: a tensor too many
        for index, info in enumerate(layout.tensors):
            owner[info.offset : info.offset + info.size] = index
        self._owner = owner
        self._spans = [(info.offset, info.offset + info.size) for info in layout.tensors]

    def count(self, flat: Tensor, bins: AsinhBins) -> Counts:
        """(N, bins) how many values of each tensor of `flat` lie in each bin. All values must be finite."""
        index = bin_index(flat, bins) + self._owner * bins.count
        counts = np.bincount(index, minlength=(self._tensors + 1) * bins.count)
        result = counts.reshape(-1, bins.count)[: self._tensors].astype(np.int32)
        result.setflags(write=False)
        return result

    @torch.no_grad()
    def std(self, flat: Tensor) -> Floats:
        """(N,) standard deviation of each tensor's values."""
        result = np.array([flat[a:b].std(correction=0).item() for a, b in self._spans], dtype=np.float32)
        result.setflags(write=False)
        return result

    def now(self, trainer: Trainer) -> Histograms:
        """Of the parameters, and of the newest step's gradient before clipping once there is one."""
        flat, gradient = trainer.parameters.flat, trainer.parameters.gradient
        has_gradient = trainer.gradient_step is not None
        return Histograms(
            weights=self.count(flat, WEIGHT_BINS),
            gradients=self.count(gradient, GRADIENT_BINS) if has_gradient else None,
            weight_std=self.std(flat),
            gradient_std=self.std(gradient) if has_gradient else None,
        )


def bin_index(values: Tensor, bins: AsinhBins) -> NDArray[np.int64]:
    """The bin of every value, of the same shape; values beyond the limit fall in the outermost bins."""
    half = math.asinh(bins.limit / bins.linear)
    # NumPy's arcsinh of float32 runs forty times as fast as torch's on a CPU.
    place = np.arcsinh(values.detach().numpy() * np.float32(1.0 / bins.linear))
    place += np.float32(half)
    place *= np.float32(bins.count / (2.0 * half))
    return np.clip(place, 0, bins.count - 1).astype(np.int64)
