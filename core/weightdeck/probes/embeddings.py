"""Token and position vectors in two dimensions: principal components (Pearson 1901), and which vectors are alike.

Letters: V vectors, C features, K neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from weightdeck.probes.predictions import frozen
from weightdeck.run.inside import Embeddings, VectorMap
from weightdeck.run.layout import EMBEDDING, POSITIONS

MOST_VECTORS = 5000  # the neighbours of V vectors take V * V cosines
NEIGHBOURS = 5


class EmbeddingProbe:
    """Reads the embeddings of one run again and again, and keeps the axes of the last reading: an eigenvector's sign
    means nothing, so each axis points to where it pointed before, and the pictures follow one another.
    """

    def __init__(self) -> None:
        self._axes: dict[str, Tensor] = {}  # (C, 2) of the last reading, by tensor

    @torch.no_grad()
    def read(self, weights: Mapping[str, Tensor]) -> Embeddings:
        """Both maps now, in float64; of a vocabulary of more than `MOST_VECTORS` tokens the first so many."""
        return Embeddings(self._map(EMBEDDING, weights), self._map(POSITIONS, weights))

    def _map(self, name: str, weights: Mapping[str, Tensor]) -> VectorMap:
        vectors_VC = weights[name][:MOST_VECTORS].double()
        axes_C2, explained = principal_axes(vectors_VC)
        axes_C2 = axes_C2 * _signs(axes_C2, self._axes.get(name))
        self._axes[name] = axes_C2
        cosines_VK, neighbours_VK = _nearest(vectors_VC)
        neighbours = neighbours_VK.numpy()
        neighbours.setflags(write=False)
        return VectorMap(
            points=frozen((vectors_VC - vectors_VC.mean(0)) @ axes_C2),
            explained=explained,
            neighbours=neighbours,
            cosines=frozen(cosines_VK),
            norms=frozen(vectors_VC.norm(dim=1)),
        )


def principal_axes(vectors_VC: Tensor) -> tuple[Tensor, tuple[float, float]]:
    """(C, 2) the two directions in which the vectors vary most, and the shares of the variance that lie along them.

    Where there is nothing left to vary (one vector, one feature) an axis is arbitrary or 0, and its share 0.
    """
    centred_VC = vectors_VC - vectors_VC.mean(0)
    variances_C, axes_CC = torch.linalg.eigh(centred_VC.t() @ centred_VC / len(vectors_VC))
    variances_C = variances_C.clamp(min=0.0)  # rounding makes zeros negative
    missing = max(0, 2 - len(variances_C))
    axes_C2 = F.pad(axes_CC.flip(1)[:, :2], (0, missing))
    first, second = F.pad(variances_C.flip(0)[:2], (0, missing)).tolist()
    total = variances_C.sum().item()
    return axes_C2, (first / total, second / total) if total > 0.0 else (0.0, 0.0)


def _signs(axes_C2: Tensor, before_C2: Tensor | None) -> Tensor:
    """(2,) 1 or -1: towards the axes before; the first time so that each axis' largest number is positive."""
    if before_C2 is None:
        largest_2 = axes_C2.abs().argmax(0)
        along_2 = axes_C2.gather(0, largest_2[None])[0]
    else:
        along_2 = (axes_C2 * before_C2).sum(0)
    return torch.where(along_2 < 0.0, -1.0, 1.0).to(axes_C2.dtype)


def _nearest(vectors_VC: Tensor) -> tuple[Tensor, Tensor]:
    """(V, K) the cosines of the nearest other vectors, and which they are; a vector of zeros has cosine 0 to all."""
    unit_VC = F.normalize(vectors_VC, dim=1)
    cosines_VV = (unit_VC @ unit_VC.t()).clamp(-1.0, 1.0).fill_diagonal_(-torch.inf)
    cosines_VK, neighbours_VK = cosines_VV.topk(min(NEIGHBOURS, len(vectors_VC) - 1), dim=1)
    return cosines_VK, neighbours_VK
