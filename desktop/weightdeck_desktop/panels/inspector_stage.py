"""One stage of the model as numbers: the matrix that is shown and what can be said of it. No widgets.

Letters: T tokens, F features, or T again where a tap is square.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.audit import Mismatch
from weightdeck.run.inside import Floats
from weightdeck_desktop.panels.inspector_words import is_square
from weightdeck_desktop.panels.mismatches import wrong_numbers
from weightdeck_desktop.panels.tap_source import ShownTaps
from weightdeck_desktop.panels.token_words import given_tokens
from weightdeck_desktop.widgets.axes import snapped_range

WITHIN = 0.95  # share of the values that the colours' range holds
SAMPLED = 200_000  # values at most behind a histogram or a colour scale: more would stop the window
BINS = 32


class Summary(NamedTuple):
    """Of the finite values."""

    mean: float
    std: float
    low: float
    high: float
    above: float  # share above zero, 0 to 1
    numbers: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts between `edges`, of every `every`-th value."""

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    every: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A tap of one reading, of one head where it has heads."""

    tap: str
    head: int | None
    values: Floats  # (T, F)
    tokens: tuple[str, ...]  # as a person meets them
    ids: tuple[int, ...]
    signed: bool
    wrong: Mapping[tuple[int, int], float] = field(default_factory=dict)  # cells: what the reference says
    explainable: bool = True  # whether its numbers are those of a single pass

    def index(self, row: int, column: int) -> tuple[int, ...]:
        """A cell's address within the tap."""
        return (row, column) if self.head is None else (self.head, row, column)

    def is_masked(self, row: int, column: int) -> bool:
        """Whether a token would look at a later one there."""
        return is_square(self.tap) and column > row


def stage_of(shown: ShownTaps, tap: str, head: int, mismatches: Sequence[Mismatch] = ()) -> Stage:
    """The matrix of a tap that `shown` has; of the last head where there are not so many."""
    values = shown.values[tap]
    by_head = values.ndim == 3
    head = min(head, len(values) - 1)
    wrong = wrong_numbers(mismatches, shown, tap).items()
    return Stage(
        tap,
        head if by_head else None,
        values[head] if by_head else values,
        given_tokens(shown.tokens),
        shown.ids,
        shown.is_signed(tap),
        {(index[-2], index[-1]): expected for index, expected in wrong if not by_head or index[0] == head},
        shown.subject(tap, ()) is not None,
    )


def summary(values: Floats) -> Summary | None:
    """Statistics over the finite values; None where there is none. Spread is the population's."""
    finite = values[np.isfinite(values)].astype(np.float64)
    if not finite.size:
        return None
    return Summary(
        float(finite.mean()),
        float(finite.std()),
        float(finite.min()),
        float(finite.max()),
        float(np.count_nonzero(finite > 0.0) / finite.size),
        finite.size,
    )


def lengths(values_TF: Floats) -> NDArray[np.float64]:
    """(T,) Euclidean length of every token's finite values."""
    known_TF = np.where(np.isfinite(values_TF), values_TF, 0.0).astype(np.float64)
    result: NDArray[np.float64] = np.sqrt(np.einsum("tf,tf->t", known_TF, known_TF))
    return result


def histogram(values: Floats) -> Histogram | None:
    """Counts in even bins over all that is finite; None where nothing is."""
    sample, every = _sample(values)
    if not sample.size:
        return None
    low, high = snapped_range(float(sample.min()), float(sample.max()))
    counts, edges = np.histogram(sample.astype(np.float64), BINS, (low, high))
    return Histogram(edges, counts.astype(np.int64), every)


def magnitude(values: Floats) -> float:
    """How large the values are, but for the largest few; 0 where all are 0, NaN where none is finite."""
    sample, _ = _sample(values)
    size = float(np.quantile(np.abs(sample), WITHIN)) if sample.size else float("nan")
    return size or float(np.abs(values, where=np.isfinite(values), out=np.zeros_like(values)).max())


def _sample(values: Floats) -> tuple[Floats, int]:
    every = -(-values.size // SAMPLED)
    chosen = values.reshape(-1)[::every]
    return chosen[np.isfinite(chosen)], every
