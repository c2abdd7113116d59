"""The fixed bins: symmetric, and counting what np.histogram counts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from weightdeck.probes.histograms import TensorHistograms, bin_index
from weightdeck.run.bins import ACTIVATION_BINS, GRADIENT_BINS, WEIGHT_BINS, AsinhBins
from weightdeck.run.layout import layout
from weightdeck.run.spec import ModelSpec

ALL = [WEIGHT_BINS, GRADIENT_BINS, ACTIVATION_BINS]


def sample(bins: AsinhBins, count: int = 20_000) -> NDArray[np.float32]:
    """Values of every size, some beyond the limit."""
    rng = np.random.default_rng(3)
    sizes = bins.linear * np.sinh(rng.uniform(0.0, 1.1, count) * np.arcsinh(bins.limit / bins.linear))
    return (rng.choice([-1.0, 1.0], count) * sizes).astype(np.float32)


def histogram(values: NDArray[np.float32], bins: AsinhBins) -> NDArray[np.int64]:
    """As NumPy counts, with what lies beyond in the outermost bins."""
    inside = np.clip(values.astype(np.float64), bins.edges[0], bins.edges[-1])
    counts: NDArray[np.int64] = np.histogram(inside, bins.edges)[0]
    return counts


@pytest.mark.parametrize("bins", ALL, ids=["weights", "gradients", "activations"])
def test_edges_are_symmetric_and_ascend_to_the_limit(bins: AsinhBins) -> None:
    assert bins.edges.shape == (bins.count + 1,)
    assert bins.edges[-1] == pytest.approx(bins.limit)
    np.testing.assert_allclose(bins.edges, -bins.edges[::-1], atol=1e-18)
    assert (np.diff(bins.edges) > 0.0).all()
    assert ((bins.edges[:-1] < bins.centres) & (bins.centres < bins.edges[1:])).all()


@pytest.mark.parametrize("bins", ALL, ids=["weights", "gradients", "activations"])
def test_values_fall_where_numpy_puts_them(bins: AsinhBins) -> None:
    values = sample(bins)
    counts = np.bincount(bin_index(torch.from_numpy(values), bins), minlength=bins.count)
    assert counts.sum() == len(values)
    # A float32 within a rounding error of an edge may fall on either side of it.
    assert np.abs(np.cumsum(counts) - np.cumsum(histogram(values, bins))).max() <= 2


def test_every_tensor_is_counted_by_itself() -> None:
    where = layout(ModelSpec(2, 2, 12, 7, 5))
    flat = torch.zeros(where.length)
    for scale, info in enumerate(where.tensors, start=1):
        values = torch.from_numpy(sample(WEIGHT_BINS, info.size)) * (0.1 * scale)
        flat[info.offset : info.offset + info.size] = values
    probe = TensorHistograms(where)
    counts, std = probe.count(flat, WEIGHT_BINS), probe.std(flat)
    assert counts.shape == (len(where.tensors), WEIGHT_BINS.count)
    assert not counts.flags.writeable
    for row, info in enumerate(where.tensors):
        values_N = flat[info.offset : info.offset + info.size].numpy()
        assert counts[row].sum() == info.size
        difference = np.cumsum(counts[row]) - np.cumsum(histogram(values_N, WEIGHT_BINS))
        assert np.abs(difference).max() <= 1
        assert std[row] == pytest.approx(values_N.std(dtype=np.float64), rel=1e-5)


def test_density_integrates_to_one_and_is_zero_for_nothing() -> None:
    counts = histogram(sample(WEIGHT_BINS), WEIGHT_BINS).astype(np.int32)
    area = (WEIGHT_BINS.density(counts) * np.diff(WEIGHT_BINS.edges)).sum()
    assert area == pytest.approx(1.0)
    assert not WEIGHT_BINS.density(np.zeros((2, 256), dtype=np.int32)).any()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95, 1.0])
def test_quantile_limit_is_the_first_edge_that_holds_the_share(share: float) -> None:
    values = sample(WEIGHT_BINS)
    counts = histogram(values, WEIGHT_BINS).astype(np.int32)
    limit = WEIGHT_BINS.quantile_limit(counts, share)
    edges = WEIGHT_BINS.edges[WEIGHT_BINS.count // 2 :]
    assert limit in edges
    clipped = np.abs(np.clip(values, -WEIGHT_BINS.limit, WEIGHT_BINS.limit))
    assert (clipped <= limit).mean() >= share - 1e-9
    smaller = edges[np.flatnonzero(edges == limit)[0] - 1]
    assert (clipped <= smaller).mean() < share
    assert WEIGHT_BINS.quantile_limit(np.zeros(256, dtype=np.int32), share) == WEIGHT_BINS.limit
