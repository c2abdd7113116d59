"""The maps of the embeddings against NumPy's singular value decomposition and a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from weightdeck.probes.embeddings import MOST_VECTORS, EmbeddingProbe
from weightdeck.run.inside import VectorMap
from weightdeck.run.layout import EMBEDDING, POSITIONS
from weightdeck.run.spec import RunSpec
from weightdeck.training.trainer import Trainer


def random(vectors: int, features: int, seed: int = 3) -> torch.Tensor:
    """Vectors that vary more in some directions than in others."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(vectors, features, generator=generator) * torch.linspace(2.0, 0.1, features) + 0.5


def map_of(vectors_VC: torch.Tensor, probe: EmbeddingProbe | None = None) -> VectorMap:
    return (probe or EmbeddingProbe()).read({EMBEDDING: vectors_VC, POSITIONS: random(4, 3)}).tokens


@pytest.mark.parametrize("size", [(27, 48), (40, 6), (3, 2), (5, 2)])
def test_the_points_are_the_first_two_principal_components(size: tuple[int, int]) -> None:
    vectors_VC = random(*size)
    found = map_of(vectors_VC)
    x_VC = vectors_VC.double().numpy()
    u_VK, s_K, _ = np.linalg.svd(x_VC - x_VC.mean(0), full_matrices=False)
    for axis in range(2):
        expected_V = u_VK[:, axis] * s_K[axis]
        sign = np.sign(expected_V @ found.points[:, axis])
        np.testing.assert_allclose(found.points[:, axis], sign * expected_V, rtol=1e-4, atol=1e-5)
        assert found.explained[axis] == pytest.approx(s_K[axis] ** 2 / (s_K**2).sum(), rel=1e-9)
    np.testing.assert_allclose(found.norms, np.sqrt((x_VC**2).sum(1)), rtol=1e-6)


def test_neighbours_are_those_with_the_largest_cosines() -> None:
    vectors_VC = random(12, 7)
    found = map_of(vectors_VC)
    assert found.neighbours.shape == found.cosines.shape == (12, 5)
    x_VC = vectors_VC.double().numpy()
    for token, x_C in enumerate(x_VC):
        others = [
            (float(x_C @ y_C / np.sqrt((x_C @ x_C) * (y_C @ y_C))), other)
            for other, y_C in enumerate(x_VC)
            if other != token
        ]
        best = sorted(others, reverse=True)[:5]
        assert found.neighbours[token].tolist() == [other for _, other in best]
        np.testing.assert_allclose(found.cosines[token], [cosine for cosine, _ in best], rtol=1e-5)


def test_the_run_s_own_embeddings(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    found = EmbeddingProbe().read(trainer.parameters.weights)
    for name, vector_map in ((EMBEDDING, found.tokens), (POSITIONS, found.positions)):
        vectors_VC = trainer.parameters.tensor(name)
        assert len(vector_map.points) == len(vectors_VC)
        np.testing.assert_allclose(vector_map.norms, vectors_VC.norm(dim=1).numpy(), rtol=1e-5)
    kept = found.tokens.points.copy()
    with torch.no_grad():
        trainer.parameters.tensor(EMBEDDING).zero_()
    np.testing.assert_array_equal(found.tokens.points, kept)
    for array in (found.tokens.points, found.tokens.neighbours, found.tokens.cosines, found.tokens.norms):
        assert not array.flags.writeable


def test_the_first_picture_is_the_same_each_time() -> None:
    vectors_VC = random(27, 16)
    np.testing.assert_array_equal(map_of(vectors_VC).points, map_of(vectors_VC).points)


def test_small_changes_never_mirror_the_picture() -> None:
    """Of readings along a path on which the largest number of an axis changes its sign, each is near the one before; a
    fresh probe would mirror some.
    """
    probe = EmbeddingProbe()
    start_VC = random(20, 6)
    mirrored = 0
    before = map_of(start_VC, probe).points
    for turn in np.linspace(0.0, 2.0 * np.pi, 60)[1:]:
        rotation = torch.eye(6)
        rotation[0, 0] = rotation[1, 1] = np.cos(turn)
        rotation[0, 1], rotation[1, 0] = -np.sin(turn), np.sin(turn)
        turned_VC = start_VC @ rotation
        now = map_of(turned_VC, probe).points
        np.testing.assert_allclose(now, before, atol=1e-4)  # the same shape seen along its own axes
        mirrored += not np.allclose(map_of(turned_VC).points, before, atol=1e-4)
        before = now
    assert mirrored > 0


@pytest.mark.parametrize("features", [1, 2, 8])
@pytest.mark.parametrize("vectors", [1, 2, 3])
@pytest.mark.parametrize("fill", ["random", "zeros", "same"])
def test_the_smallest_vocabularies_are_safe(vectors: int, features: int, fill: str) -> None:
    made = random(vectors, features)
    vectors_VC = {"random": made, "zeros": made * 0.0, "same": made[:1].repeat(vectors, 1)}[fill]
    found = map_of(vectors_VC)
    assert found.points.shape == (vectors, 2)
    assert found.neighbours.shape == found.cosines.shape == (vectors, vectors - 1)
    for array in (found.points, found.cosines, found.norms, found.explained):
        assert np.isfinite(array).all()
    if fill == "random" and vectors > 1:  # up to three vectors lie in a plane, which two axes span
        assert sum(found.explained) == pytest.approx(1.0)
    else:
        assert found.explained == (0.0, 0.0)
        assert not found.points.any()
    assert set(found.neighbours.flat) <= set(range(vectors))
    assert all(token not in row for token, row in enumerate(found.neighbours.tolist()))


def test_a_vector_of_zeros_is_like_nothing() -> None:
    vectors_VC = random(6, 4)
    vectors_VC[2] = 0.0
    found = map_of(vectors_VC)
    assert not found.cosines[2].any()
    assert found.norms[2] == 0.0


def test_of_a_large_vocabulary_the_first_tokens_are_shown() -> None:
    vectors_VC = random(MOST_VECTORS + 7, 2)
    assert len(map_of(vectors_VC).points) == MOST_VECTORS
