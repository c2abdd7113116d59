"""What attention heads are measured to look at: the patterns, their scores, and the names that a head has earned.

Letters: L blocks, H heads, P patterns, B sequences, T tokens; K and Q are T as key and as query.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

PREVIOUS = "previous token"
FIRST = "first token"
SAME = "same token"
INDUCTION = "induction"
PATTERNS = (PREVIOUS, FIRST, SAME, INDUCTION)

LEAST_SCORE = 0.4  # of a head that is named after a pattern
LEAST_GAIN = 0.2  # of that score over what even attention gets


@dataclass(frozen=True, slots=True, eq=False)
class HeadScores:
    """How much every head attends to the places that a pattern names; P in the order of ``PATTERNS``.

    From position q the patterns look at:

    - previous token: q - 1;
    - first token: 0, for q > 0;
    - same token: every earlier position that holds the same token;
    - induction: every position after one of those, q itself included (Olsson et al. 2022, "In-context Learning and
      Induction Heads").

    A position is measured for a pattern that has places there and shares none of them: at position 1 the previous
    token is the first one, so that it counts for neither, and where the first token comes again it counts for
    induction but neither for the first nor for the same token. What a head does beside is thus not taken for it.
    """

    scores: (
        Floats  # (L, H, P) attention to the places, 0 to 1, mean over positions; NaN where none was measured
    )
    even: Floats  # (P,) what attention spread evenly over 0 to q scores at the same positions; NaN likewise
    positions: NDArray[np.int64]  # (P,) how many were measured
    entropy: (
        Floats  # (L, H) of the attention, nats, mean over positions after the first; NaN if there is none
    )


class HeadLabel(NamedTuple):
    """A name that a head has earned."""

    pattern: str  # one of PATTERNS
    score: float


def labels(scores: HeadScores) -> tuple[tuple[tuple[HeadLabel, ...], ...], ...]:
    """For each block and head the patterns that were measured of it, the strongest first; mostly one or none.

    A pattern is named when its score is at least `LEAST_SCORE`, and by `LEAST_GAIN` above that of even attention. A
    head may have two names: what it looks for, and where it rests when that is not there.
    """
    return tuple(
        tuple(_named(scores_P, scores.even) for scores_P in scores_HP) for scores_HP in scores.scores
    )


def _named(scores_P: Floats, even_P: Floats) -> tuple[HeadLabel, ...]:
    earned_P = (scores_P >= LEAST_SCORE) & (scores_P - even_P >= LEAST_GAIN)  # never where it is NaN
    found = [HeadLabel(PATTERNS[place], float(scores_P[place])) for place in np.flatnonzero(earned_P)]
    return tuple(sorted(found, key=lambda label: -label.score))


def prompt_heads(patterns_LHQK: Floats, ids: tuple[int, ...]) -> HeadScores:
    """Scores of one prompt's attention: ``attn.pattern`` of every block; of one block alone, with L = 1."""
    ids_BT = np.array([ids], dtype=np.int64)
    return score_heads(patterns_LHQK[:, None], ids_BT, np.ones(ids_BT.shape, dtype=bool))


def score_heads(patterns_LBHQK: Floats, ids_BT: NDArray[np.int64], real_BT: NDArray[np.bool_]) -> HeadScores:
    """Scores of the attention of several sequences, of which only the positions in `real_BT` count."""
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
