"""Questions about a moment of the run. They change nothing; answers carry their query's number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.document import Place
from weightdeck.run.explanation import Explanation
from weightdeck.run.inside import NeuronStudy, OverSteps, SameAgain
from weightdeck.run.slices import Direction, ParameterSlice
from weightdeck.run.subjects import Subject


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


@dataclass(frozen=True, slots=True)
class SaveFile:
    """Write the whole document to `path`, and when `go_on_there` save to it from now on: answered by the path."""

    path: str
    go_on_there: bool


@dataclass(frozen=True, slots=True)
class CompareMoments:
    """Two moments of the document side by side: answered by a `MomentComparison`."""

    a: Place
    b: Place
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MomentComparison:
    """What differs from `a` to `b`. V vocabulary."""

    a: Place
    b: Place
    losses: tuple[
        NDArray[np.float64], NDArray[np.float64]
    ]  # of each branch: (rows, 2) step and training loss, nats
    validation: tuple[
        NDArray[np.float64], NDArray[np.float64]
    ]  # (rows, 2) step and recorded validation loss, nats
    probs: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]  # of each prompt: (V,) in a, (V,) in b
    prompts: tuple[tuple[str, tuple[str, ...]], ...]  # the prompts' texts and tokens, as the model saw them
    divergences: tuple[float, ...]  # KL(a || b) of each prompt, nats
    tensors: tuple[tuple[str, float, float], ...]  # name, root mean square of a and of b - a
    settings: tuple[tuple[str, str, str], ...]  # what differs of spec and training settings: name, in a, in b
    journal: tuple[tuple[str, ...], tuple[str, ...]]  # commands in words that only a has, only b has


@dataclass(frozen=True, slots=True)
class Explain:
    """Where a number comes from: answered by an `Explanation`."""

    subject: Subject


@dataclass(frozen=True, slots=True)
class ExplainTogether:
    """Where several numbers of one moment come from: answered by a tuple of `Explanation`, in order."""

    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class StudyNeurons:
    """Every neuron of a block over the validation data: answered by a `NeuronStudy`."""

    block: int


@dataclass(frozen=True, slots=True)
class RunAgain:
    """The same prompt twice, and once without the token at position `dropped`: answered by a `SameAgain`."""

    prompt: str
    dropped: int | None = None


@dataclass(frozen=True, slots=True)
class ReadOverSteps:
    """One tap of a prompt, and its lens for one token after one position, at the keyframes of the branch that is shown,
    at most `most` of them, evenly chosen: answered by `OverSteps`.
    """

    prompt: str
    tap: str
    position: int
    token: int
    most: int = 40


OfMoment = (  # answered at once
    ReadSlice | SuggestKnobs | FindDirection | StateHashes | Explain | ExplainTogether | RunAgain
)
InSlices = CompareMoments | StudyNeurons | ReadOverSteps  # takes many rounds of the trainer thread's loop
Query = OfMoment | InSlices | SaveFile


AnswerValue = (
    NDArray[np.float32]
    | tuple[ParameterSlice, ...]
    | Direction
    | Hashes
    | MomentComparison
    | Explanation
    | tuple[Explanation, ...]
    | NeuronStudy
    | SameAgain
    | OverSteps
    | str
    | None
)


@dataclass(frozen=True, slots=True)
class Answer:
    """`value` is None when `problem` is a sentence that says why there is no answer."""

    number: int
    query: Query
    step: int
    value: AnswerValue = None
    problem: str = ""
