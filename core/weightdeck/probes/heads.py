"""Which patterns the attention of every head follows.

Letters: L blocks, H heads, P patterns, B sequences, T tokens; K and Q are T as key and as query.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from weightdeck.data.batches import Batch
from weightdeck.model.moment import Moment
from weightdeck.model.transformer import Rows
from weightdeck.run.heads import Floats, HeadScores


@torch.no_grad()
def measure_heads(moment: Moment, sample: Batch) -> HeadScores:
    """Scores over every real position of a batch, for example of ``validation_sample``."""
    ids_BT, targets_BT = sample
    B, T = ids_BT.shape
    rows = Rows.of_batch(torch.from_numpy(ids_BT), torch.from_numpy(targets_BT))
    patterns: list[Floats] = []

    def keep(name: str, value: Tensor) -> Tensor:
        if name.endswith("attn.pattern"):
            patterns.append(value.reshape(B, moment.model.n_head, T, T).numpy())
        return value

    moment.logits(rows.without_targets(), keep)
    real_BT = np.ones((B, T), dtype=bool)
    if rows.cells_N is not None:
        real_BT.fill(False)
        real_BT.flat[rows.cells_N.numpy()] = True
    return _scores(np.stack(patterns), ids_BT, real_BT)


def prompt_heads(patterns_LHQK: Floats, ids: tuple[int, ...]) -> HeadScores:
    """Scores of one prompt's attention: ``attn.pattern`` of every block; of one block alone, with L = 1."""
    ids_BT = np.array([ids], dtype=np.int64)
    return _scores(patterns_LHQK[:, None], ids_BT, np.ones(ids_BT.shape, dtype=bool))


def _scores(patterns_LBHQK: Floats, ids_BT: NDArray[np.int64], real_BT: NDArray[np.bool_]) -> HeadScores:
    T = ids_BT.shape[1]
    choices_Q = np.arange(1, T + 1)
    places_PBQK = _places(ids_BT) & real_BT[:, :, None]
    positions_P = places_PBQK.any(-1).sum((1, 2))
    positions_P.setflags(write=False)
    attended_LHP = np.einsum("lbhqk,pbqk->lhp", patterns_LBHQK, places_PBQK.astype(np.float64), optimize=True)
    even_P = (places_PBQK.sum(-1) / choices_Q).sum((1, 2))
    logs_LBHQK = np.log(np.where(patterns_LBHQK > 0.0, patterns_LBHQK, 1.0))
    choosing_BQ = real_BT & (choices_Q > 1)
    entropy_LH = -np.einsum("lbhqk,lbhqk,bq->lh", patterns_LBHQK, logs_LBHQK, choosing_BQ.astype(np.float64))
    with np.errstate(invalid="ignore"):  # nothing measured is 0 / 0, NaN
        return HeadScores(
            scores=_frozen(attended_LHP / positions_P),
            even=_frozen(even_P / positions_P),
            positions=positions_P,
            entropy=_frozen(entropy_LH / choosing_BQ.sum()),
        )


def _places(ids_BT: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(P, B, Q, K) where each pattern looks, but for positions at which it cannot be told from another."""
    keys_K = np.arange(ids_BT.shape[1])
    queries_Q1 = keys_K[:, None]
    same_BQK = (ids_BT[:, :, None] == ids_BT[:, None, :]) & (keys_K < queries_Q1)
    after_BQK = np.zeros_like(same_BQK)
    after_BQK[:, :, 1:] = same_BQK[:, :, :-1]
    previous_BQK = np.broadcast_to(keys_K == queries_Q1 - 1, same_BQK.shape)
    first_BQK = np.broadcast_to((keys_K == 0) & (queries_Q1 > 0), same_BQK.shape)
    places_PBQK = np.stack((previous_BQK, first_BQK, same_BQK, after_BQK))  # in the order of PATTERNS
    shared_PBQK = places_PBQK & (places_PBQK.sum(0) > 1)
    clear_PBQK: NDArray[np.bool_] = places_PBQK & ~shared_PBQK.any(-1, keepdims=True)
    return clear_PBQK


def _frozen(values: NDArray[np.float64]) -> Floats:
    copied = values.astype(np.float32)
    copied.setflags(write=False)
    return copied
