"""Stateless randomness: every draw is a hash of the run's seed, what it is for, and the step.

There is no generator state to save, skip or repeat, and a draw for one purpose never shifts another's. The
draws are defined by published hash functions (BLAKE2b, RFC 7693; SHAKE128, FIPS 202), not by a library's
version.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray


def draw_seed(seed: int, purpose: str, step: int) -> int:
    """A seed of 63 bits for one draw, for example for a ``torch.Generator``."""
    digest = hashlib.blake2b(_message(seed, purpose, step), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def draw_indices(seed: int, purpose: str, step: int, count: int, bound: int) -> NDArray[np.int64]:
    """`count` whole numbers of [0, bound), drawn with replacement; `bound` is below 2**32.

    Each is 32 random bits scaled to the bound (Lemire 2019, "Fast random integer generation in an interval",
    without the rejection), so no number is preferred by more than a share of bound / 2**32.
    """
    stream = hashlib.shake_128(_message(seed, purpose, step)).digest(4 * count)
    bits = np.frombuffer(stream, dtype="<u4").astype(np.uint64)
    return (bits * np.uint64(bound) >> np.uint64(32)).astype(np.int64)


def _message(seed: int, purpose: str, step: int) -> bytes:
    # Unambiguous for any purpose: the seed ends at the first slash, the step begins after the last.
    return f"{seed}/{purpose}/{step}".encode()
