"""What the trainer tells the window: frozen data that owns its memory (arrays are copies and read-only).

Letters: T tokens of a prompt, F features of a tap, V vocabulary, N parameter tensors, B histogram bins, H heads,
L layers (blocks). Losses and divergences are in nats. A step number k means "after k updates".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.journal import JournalEntry
from weightdeck.run.layout import Layout
from weightdeck.run.queries import Answer
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import Hyperparameters, RunSpec

Floats = NDArray[np.float32]
Counts = NDArray[np.int32]


class Part(Enum):
    """The parts of a frame that cost something; a panel that is not visible asks for none."""

    PREDICTIONS = "predictions"
    SAMPLES = "samples"
    HISTOGRAMS = "histograms"
    ACTIVATIONS = "activations"
    KNOBS = "knobs"
    RESPONSE = "response"


@dataclass(frozen=True, slots=True)
class Sampling:
    """How samples are drawn. `top_k` 0 means every token."""

    temperature: float = 0.8  # 0 takes the likeliest token
    top_k: int = 0
    count: int = 6
    from_prompt: bool = False  # continue the first prompt instead of starting afresh


@dataclass(frozen=True, slots=True)
class Interest:
    """What the visible panels need of the next frames. The window replaces it whole."""

    parts: frozenset[Part] = frozenset()
    prompts: tuple[str, ...] = ()
    activation_tap: str = "resid_post"  # of every block: resid_post, attn_out, mlp.post, mlp_out or pattern
    knobs: tuple[PinnedKnob, ...] = ()
    in_hand: PinnedKnob | None = None  # the knob whose response curve is shown
    sampling: Sampling = field(default_factory=Sampling)


@dataclass(frozen=True, slots=True)
class ReferenceLosses:
    """Losses of three models that know nothing, letter counts, and letter pairs; measured on the validation split."""

    uniform: float
    unigram: float
    bigram: float


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What stays the same during a run; comes once, when the run is ready."""

    number: int  # counts the runs of this session: reset and new seed begin a new one
    spec: RunSpec
    layout: Layout
    vocabulary: tuple[str, ...]  # what each token is called on screen
    references: ReferenceLosses
    train_items: int
    validation_items: int
    numerics: str
    suggested_knobs: tuple[ParameterSlice, ...]  # the six that the desk starts with


@dataclass(frozen=True, slots=True)
class Record:
    """The small fixed set recorded at fixed steps, whoever watches. Histogram bins: weightdeck.run.bins."""

    step: int
    validation_loss: float  # on the fixed validation sample
    weight_counts: Counts  # (N, B) of every parameter tensor
    gradient_counts: Counts  # (N, B) of its gradient before clipping, of this step's batch
    layers: LayerStatistics
    exact: float | None = (
        None  # share of validation items answered without error; None where nothing is right or wrong
    )


@dataclass(frozen=True, slots=True)
class LayerStatistics:
    """Activations over the fixed validation sample; one row for each point of the residual stream."""

    points: tuple[str, ...]  # tap names: "blocks.0.resid_pre", "blocks.0.resid_post", ...
    mean: Floats  # (points,)
    std: Floats  # (points,)
    counts: Counts  # (points, bins of ACTIVATION_BINS)
    dead: Floats  # (L,) share of MLP neurons that are above zero nowhere in the sample
    entropy: Floats  # (L, H) attention entropy, nats, averaged over positions with more than one choice


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as the model saw it."""

    text: str  # as typed
    ids: tuple[int, ...]
    tokens: tuple[str, ...]  # what each id is called
    cut: int  # how many leading characters the context length cut off
    problem: str  # a sentence about characters left out, or ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The next token after one prompt."""

    prompt: Prompt
    probs: Floats  # (V,)
    without_last: Floats | None  # (V,) the same step without the user's last change; None without one
    divergence: float | None  # KL(without_last || probs), nats


@dataclass(frozen=True, slots=True)
class Sample:
    """One generated text."""

    text: str  # generated part included
    prompt_length: int  # leading characters that were given
    verdict: str  # "in the data", "new"; for sort "right", "wrong"


@dataclass(frozen=True, slots=True)
class Histograms:
    """Every parameter tensor now, and its gradient of the newest step before clipping (None before the first)."""

    weights: Counts  # (N, B)
    gradients: Counts | None  # (N, B)
    weight_std: Floats  # (N,)
    gradient_std: Floats | None


@dataclass(frozen=True, slots=True)
class ActivationMap:
    """One tap for one prompt, tokens by features; attention patterns as (H, T, T)."""

    tap: str
    values: Floats  # (T, F) or (H, T, T)


@dataclass(frozen=True, slots=True)
class Activations:
    """The prompts' activations: for every prompt the embedding's sum and then the chosen tap of every block."""

    tap: str
    prompts: tuple[Prompt, ...]
    maps: tuple[tuple[ActivationMap, ...], ...]  # [prompt][layer]
    statistics: LayerStatistics | None  # the newest record's
    statistics_step: int = 0  # and its step


@dataclass(frozen=True, slots=True)
class KnobReading:
    """Where a slice stands. For a single number `value` is it; for a group its root mean square."""

    target: ParameterSlice
    value: float
    spread: tuple[float, float]  # the tensor's central 95 %
    initial: float  # `value` at step 0


@dataclass(frozen=True, slots=True)
class Reach:
    """The largest change of the first prompt's prediction over a knob's whole range: KL(now || turned), nats."""

    target: ParameterSlice
    step: int
    nats: float


@dataclass(frozen=True, slots=True)
class Response:
    """Next-token probabilities of the first prompt over the whole range of the knob in hand."""

    target: ParameterSlice
    positions: Floats  # (P,) values for a single number, gains on the pinned reference for a group
    probs: Floats  # (P, V)


@dataclass(frozen=True, slots=True)
class Frame:
    """One moment of the run. A part that nobody asked for, or that has not changed, is None."""

    run: int
    step: int
    last_command: int  # number of the last command that this moment includes
    predictions: tuple[Prediction, ...] | None = None
    samples: tuple[Sample, ...] | None = None
    histograms: Histograms | None = None
    activations: Activations | None = None
    knobs: tuple[KnobReading, ...] | None = None
    reaches: tuple[Reach, ...] = ()  # the newest of every knob that has one
    response: Response | None = None


class Phase(Enum):
    LOADING = "loading"  # the engine is being imported, or a run is being built
    PAUSED = "paused"
    TRAINING = "training"
    HELD = "held"  # playing, but waiting while a weight knob is in the hand
    FINISHED = "finished"  # paused at max_iters
    STOPPED = "stopped"  # paused because a step was not finite
    FAILED = "failed"  # the engine could not start; nothing can be done in this session
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast training may go. Never changes results. `opening` doubles from 1 step/s every 8 s to full speed."""

    steps_per_s: float | None = None  # None: as fast as it can
    opening: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """Where the session stands now."""

    phase: Phase
    run: int = 0
    step: int = 0
    pace: Pace = field(default_factory=Pace)
    steps_per_s: float | None = None
    tokens_per_s: float | None = None
    seconds_left: float | None = None  # to max_iters at the present speed
    hyperparameters: Hyperparameters | None = None
    notice: str = ""  # a sentence for the user: what happened and what to try
    undo_title: str = ""  # "" when there is nothing to undo
    redo_title: str = ""
    diverging: bool = False  # the smoothed loss is 0.5 nats above its best


# Columns of the metric rows: one row a step, measured in that step before its update.
METRICS = ("step", "train_loss", "learning_rate", "grad_norm", "update_ratio")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What happened since the last take. Nothing in it is ever lost but `frame`, of which only the newest counts.

    `run` is set when a new run began: everything else in the delivery is of that run.
    """

    status: Status
    run: RunInfo | None = None
    metrics: NDArray[np.float64] | None = None  # (rows, len(METRICS))
    records: tuple[Record, ...] = ()
    journal: tuple[tuple[JournalEntry, str], ...] = ()  # entries with their words
    frame: Frame | None = None
    answers: tuple[Answer, ...] = ()
