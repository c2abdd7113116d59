"""What attention heads were measured to look at. Plain data.

Letters: L blocks, H heads, P patterns.
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
