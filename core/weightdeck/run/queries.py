"""Questions about a moment of the run. They change nothing; answers carry their query's number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.slices import Direction, ParameterSlice


@dataclass(frozen=True, slots=True)
class ReadSlice:
    """The values of a slice now: answered by an array of the slice's shape."""

    target: ParameterSlice


@dataclass(frozen=True, slots=True)
class SuggestKnobs:
    """Six slices whose turning shows for this prompt: answered by a tuple of slices."""

    prompt: str


@dataclass(frozen=True, slots=True)
class FindDirection:
    """A direction to move a slice along, at this moment: answered by a `Direction`.

    "own" is the slice's own values; "read" the activation that it reads at the last token of `prompt`.
    """

    target: ParameterSlice
    kind: Literal["own", "read"]
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class StateHashes:
    """The run's identity at this moment: answered by `Hashes`."""


@dataclass(frozen=True, slots=True)
class Hashes:
    """Hexadecimal SHA-256 of every parameter, and of the parameters with both moments and the step."""

    weights_sha256: str
    state_sha256: str


Query = ReadSlice | SuggestKnobs | FindDirection | StateHashes


@dataclass(frozen=True, slots=True)
class Answer:
    """`value` is None when `problem` is a sentence that says why there is no answer."""

    number: int
    query: Query
    step: int
    value: NDArray[np.float32] | tuple[ParameterSlice, ...] | Direction | Hashes | None = None
    problem: str = ""
