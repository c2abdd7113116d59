"""Batches of a corpus: contiguous int64 arrays (ids_BT, targets_BT), T the length of the longest item."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from weightdeck.data.corpus import Corpus
from weightdeck.data.randomness import draw_indices
from weightdeck.data.split import Split

Batch = tuple[NDArray[np.int64], NDArray[np.int64]]


def batch(corpus: Corpus, seed: int, step: int, batch_size: int) -> Batch:
    """The training batch of step `step`: drawn with replacement, the same whenever it is asked for."""
    return _rows(corpus.train, draw_indices(seed, "batch", step, batch_size, len(corpus.train)))


def validation_sample(corpus: Corpus, size: int) -> Batch:
    """A fixed sample of the validation split, evenly spread; all of it when it has at most `size` items."""
    count = len(corpus.validation)
    chosen = np.arange(count) if count <= size else np.arange(size) * count // size
    return _rows(corpus.validation, chosen)


def validation_batches(corpus: Corpus, batch_size: int) -> Iterator[Batch]:
    """The whole validation split in order; the last batch may be smaller.

    Batches differ in how many targets count: weigh their mean losses by that.
    """
    count = len(corpus.validation)
    for first in range(0, count, batch_size):
        yield _rows(corpus.validation, np.arange(first, min(first + batch_size, count)))


def _rows(split: Split, rows_B: NDArray[np.int64]) -> Batch:
    longest = int(split.lengths_N[rows_B].max())
    return split.inputs_NT[:, :longest][rows_B], split.targets_NT[:, :longest][rows_B]
