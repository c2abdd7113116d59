"""From predictions to rows of bars: which token comes first, and what each is compared with. No widgets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.frame import Floats, Prediction
from weightdeck_desktop.widgets.bars import Bar

TINIEST = 1e-9  # a probability that float32 has rounded to 0 still has a logarithm


class StableOrder:
    """Largest first, but rows change places only when one has clearly overtaken another: no flicker."""

    RATIO = 1.15
    MARGIN = 0.003

    def __init__(self) -> None:
        self._order: NDArray[np.intp] = np.empty(0, dtype=np.intp)

    def reset(self) -> None:
        self._order = np.empty(0, dtype=np.intp)

    def order(self, sizes: Floats) -> NDArray[np.intp]:
        """Positions of `sizes` (not negative) in the order of display."""
        if len(self._order) != len(sizes) or self._overtaken(sizes[self._order]):
            self._order = np.argsort(-sizes, kind="stable")
        return self._order

    def _overtaken(self, listed: Floats) -> bool:
        """Whether a later value exceeds an earlier one by more than the margin."""
        smallest_before = np.minimum.accumulate(listed[:-1])
        return bool((listed[1:] > self.RATIO * smallest_before + self.MARGIN).any())


def probability_rows(prediction: Prediction, vocabulary: Sequence[str], order: StableOrder) -> list[Bar]:
    """One row a token with its probability, compared with the same step without the user's last change."""
    before = prediction.without_last
    rows = []
    for token in order.order(prediction.probs).tolist():
        prob = float(prediction.probs[token])
        if before is None:
            rows.append(Bar(vocabulary[token], prob))
        else:
            rows.append(
                Bar(vocabulary[token], prob, float(before[token]), _log_ratio(prob, float(before[token])))
            )
    return rows


def difference_rows(a: Prediction, b: Prediction, vocabulary: Sequence[str], order: StableOrder) -> list[Bar]:
    """One row a token with its probability after prompt A minus that after prompt B."""
    difference = a.probs - b.probs
    return [
        Bar(
            vocabulary[token],
            float(difference[token]),
            nats=_log_ratio(float(a.probs[token]), float(b.probs[token])),
        )
        for token in order.order(np.abs(difference)).tolist()
    ]


def _log_ratio(prob: float, before: float) -> float:
    return float(np.log(max(prob, TINIEST) / max(before, TINIEST)))
