"""From predictions to rows of bars: which token comes first, and what each is compared with. No widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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

    def token(self, row: int) -> int:
        """Which position of the sizes stands in a row."""
        return int(self._order[row])

    def _overtaken(self, listed: Floats) -> bool:
        """Whether a later value exceeds an earlier one by more than the margin."""
        smallest_before = np.minimum.accumulate(listed[:-1])
        return bool((listed[1:] > self.RATIO * smallest_before + self.MARGIN).any())


def probability_rows(
    prediction: Prediction,
    vocabulary: Sequence[str],
    order: StableOrder,
    *,
    shows_before: bool = False,
    wrong: Mapping[int, str] | None = None,
) -> list[Bar]:
    """One row a token with its probability, compared with that of the baseline.

    With `shows_before` the baseline's probabilities alone, in the order of the present ones. `wrong` says of tokens
    what is wrong with their probability.
    """
    said = wrong or {}
    probs, before = prediction.probs, prediction.before
    rows = []
    for token in order.order(probs).tolist():
        prob = float(probs[token])
        if before is None:
            rows.append(Bar(vocabulary[token], prob, wrong=said.get(token, "")))
        elif shows_before:
            rows.append(Bar(vocabulary[token], float(before[token])))
        else:
            old = float(before[token])
            rows.append(Bar(vocabulary[token], prob, old, _log_ratio(prob, old), said.get(token, "")))
    return rows


def difference_rows(
    a: Prediction, b: Prediction, vocabulary: Sequence[str], order: StableOrder, *, shows_before: bool = False
) -> list[Bar]:
    """One row a token with its probability after prompt A minus that after prompt B.

    With `shows_before` those of the baseline, in the order of the present ones.
    """
    places = order.order(np.abs(a.probs - b.probs)).tolist()
    of_a, of_b = a.probs, b.probs
    if shows_before and a.before is not None and b.before is not None:
        of_a, of_b = a.before, b.before
    return [
        Bar(
            vocabulary[token],
            float(of_a[token] - of_b[token]),
            nats=_log_ratio(float(of_a[token]), float(of_b[token])),
        )
        for token in places
    ]


def _log_ratio(prob: float, before: float) -> float:
    return float(np.log(max(prob, TINIEST) / max(before, TINIEST)))
