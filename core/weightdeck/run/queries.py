"""Questions about a moment of the run. They change nothing; answers carry their query's number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.slices import ParameterSlice


@dataclass(frozen=True, slots=True)
class ReadSlice:
    """The values of a slice now: answered by an array of the slice's shape."""

    target: ParameterSlice


@dataclass(frozen=True, slots=True)
class SuggestKnobs:
    """Six slices whose turning shows for this prompt: answered by a tuple of slices."""

    prompt: str


Query = ReadSlice | SuggestKnobs


@dataclass(frozen=True, slots=True)
class Answer:
    """`value` is None when `problem` is a sentence that says why there is no answer."""

    number: int
    query: Query
    step: int
    value: NDArray[np.float32] | tuple[ParameterSlice, ...] | None = None
    problem: str = ""
