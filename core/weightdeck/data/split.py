"""Items as arrays, and which of them are held out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_TARGET = -1  # a target that does not count: padding, or a position where nothing is to be predicted


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Items prepared once for batches; the arrays are read-only. N items, T block_size.

    `targets_NT` holds at each position the token that should come next, `NO_TARGET` where none counts. Beyond
    an item's `lengths_N` positions there is padding: input 0, target `NO_TARGET`.
    """

    items: tuple[str, ...]
    inputs_NT: NDArray[np.int64]
    targets_NT: NDArray[np.int64]
    lengths_N: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.items)


def build_split(
    items: Sequence[str], tokens_of: Callable[[str], Sequence[int]], first_target: int, block_size: int
) -> Split:
    """A split of `items`; `tokens_of` gives an item's tokens, 2 to block_size + 1 of them.

    A model reads all but the last token and predicts all but the first; the first `first_target` of its
    predictions do not count.
    """
    tokens = [tokens_of(item) for item in items]
    inputs_NT = np.zeros((len(items), block_size), dtype=np.int64)
    targets_NT = np.full((len(items), block_size), NO_TARGET, dtype=np.int64)
    lengths_N = np.array([len(sequence) - 1 for sequence in tokens], dtype=np.int64)
    for row, (sequence, length) in enumerate(zip(tokens, lengths_N, strict=True)):
        inputs_NT[row, :length] = sequence[:-1]
        targets_NT[row, first_target:length] = sequence[first_target + 1 :]
    return _frozen(items, inputs_NT, targets_NT, lengths_N)


def build_even_split(
    items: Sequence[str], tokens_NU: NDArray[np.int64], first_targets_N: NDArray[np.int64]
) -> Split:
    """A split of `items` that are all U = block_size + 1 tokens long, `tokens_NU`; of each item's predictions the
    first `first_targets_N` do not count.
    """
    N, T = len(items), tokens_NU.shape[1] - 1
    counts_NT = np.arange(T) >= first_targets_N[:, None]
    targets_NT = np.where(counts_NT, tokens_NU[:, 1:], NO_TARGET)
    return _frozen(items, tokens_NU[:, :-1].copy(), targets_NT, np.full(N, T, dtype=np.int64))


def divide(items: Iterable[str], seed: int, held_out: float) -> tuple[list[str], list[str]]:
    """Training and validation items, in their order; about a share of `held_out` goes to validation.

    An item's side depends on the seed and on itself only: adding or removing others moves none.
    """
    sides: tuple[list[str], list[str]] = ([], [])
    for item in items:
        sides[_unit_hash(f"{seed}/split/{item}") < held_out].append(item)
    return sides


def _unit_hash(text: str) -> float:
    """A number of [0, 1) that looks random and depends on `text` only."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") / 2**64


def _frozen(
    items: Sequence[str],
    inputs_NT: NDArray[np.int64],
    targets_NT: NDArray[np.int64],
    lengths_N: NDArray[np.int64],
) -> Split:
    for array in (inputs_NT, targets_NT, lengths_N):
        array.setflags(write=False)
    return Split(tuple(items), inputs_NT, targets_NT, lengths_N)
