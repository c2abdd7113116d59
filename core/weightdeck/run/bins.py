"""Fixed histogram bins, so that histograms of different steps and tensors can be compared and drawn as one history.

Bins are even in asinh(x / linear): about linear near zero, logarithmic further out, symmetric. Values beyond the
limit are counted in the outermost bin.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class AsinhBins:
    """`count` bins over [-limit, limit]; `linear` is where the scale turns from linear to logarithmic."""

    limit: float
    linear: float
    count: int

    @cached_property
    def edges(self) -> NDArray[np.float64]:
        """The count + 1 edges, ascending, read-only."""
        half = np.arcsinh(self.limit / self.linear)
        edges = self.linear * np.sinh(np.linspace(-half, half, self.count + 1))
        edges.setflags(write=False)
        return edges

    @cached_property
    def centres(self) -> NDArray[np.float64]:
        """The middle of each bin on the asinh scale, read-only."""
        half = np.arcsinh(self.limit / self.linear)
        positions = np.linspace(-half, half, self.count + 1)
        centres = self.linear * np.sinh((positions[1:] + positions[:-1]) / 2)
        centres.setflags(write=False)
        return centres

    def density(self, counts: NDArray[np.int32]) -> NDArray[np.float64]:
        """Share of the values per unit of x, along the last axis; all zero where there are no values."""
        total = np.maximum(counts.sum(axis=-1, keepdims=True), 1)
        result: NDArray[np.float64] = counts / total / np.diff(self.edges)
        return result

    def quantile_limit(self, counts: NDArray[np.int32], share: float) -> float:
        """The smallest bin edge x such that at least `share` of the values lie within [-x, x] (one histogram)."""
        half = self.count // 2
        folded = counts[half:] + counts[:half][::-1]
        inside = np.cumsum(folded)
        if inside[-1] == 0:
            return self.limit
        return float(self.edges[half + 1 + int(np.searchsorted(inside, share * inside[-1]))])


WEIGHT_BINS = AsinhBins(limit=4.0, linear=0.02, count=256)
GRADIENT_BINS = AsinhBins(limit=10.0, linear=1e-5, count=256)
ACTIVATION_BINS = AsinhBins(limit=100.0, linear=0.02, count=128)
