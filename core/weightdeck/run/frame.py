"""What the trainer tells the window: frozen data that owns its memory (arrays are copies and read-only).

Letters: T tokens of a prompt, F features of a tap, V vocabulary, N parameter tensors, B histogram bins, H heads,
L layers (blocks). Losses and divergences are in nats. A step number k means "after k updates".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.audit import AuditReport
from weightdeck.run.document import DocumentStatus, Past
from weightdeck.run.half_step import Breakpoint, HalfStep
from weightdeck.run.heads import HeadScores
from weightdeck.run.inside import BatchReading, Contributions, Embeddings, Lens, Patch, Taps
from weightdeck.run.journal import JournalEntry
from weightdeck.run.layout import Layout
from weightdeck.run.queries import Answer
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.slices import Direction, ParameterSlice
from weightdeck.run.spec import Hyperparameters, RunSpec
from weightdeck.run.strips import Mix

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
    COST = "cost"
    STRIPS = "strips"
    SENSITIVITY = "sensitivity"
    TENSOR = "tensor"
    TAPS = "taps"
    HEADS = "heads"
    LENS = "lens"
    CONTRIBUTIONS = "contributions"
    EMBEDDINGS = "embeddings"
    BATCH = "batch"


class Baseline(Enum):
    """What the present prediction is compared with."""

    LAST = "last"  # the same step without the user's last change
    PLAY = "play"  # the model as it was when training was last started
    MARK = "mark"  # a moment that the user marked


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
    baseline: Baseline = Baseline.LAST
    sensitive_token: int | None = (
        None  # whose log-probability `Sensitivity` is about; None: the likeliest next one
    )
    tensor: str = ""  # the tensor whose values are browsed; "" for none
    taps: frozenset[str] = frozenset()  # which taps `Taps` has
    batch_row: int | None = None  # `Taps` of this sequence of the newest batch, in place of the prompts'
    patches: tuple[Patch, ...] = ()  # of prompt A into prompt B
    position: int | None = None  # the token after which `Contributions` tells; None: the last
    token: int | None = None  # to whose logit; None: the likeliest
    against: int | None = None  # minus this token's; None: the logit alone


@dataclass(frozen=True, slots=True)
class ReferenceLosses:
    """Losses of three models that know nothing, letter counts, and letter pairs; measured on the validation split."""

    uniform: float
    unigram: float
    bigram: float


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What stays the same during a run; comes once, when the run is ready."""

    number: int  # counts the runs of this session: opening, reset, new seed and branches begin a new one
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
    before: Floats | None = None  # (V,) of the frame's baseline; None without one
    divergence: float | None = None  # KL(before || probs), nats


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
    """Where a slice stands. For a single number `value` is it; for a group its root mean square; for a group that is
    moved `along` a direction its inner product with that.
    """

    target: ParameterSlice
    value: float
    spread: tuple[float, float] | None  # the tensor's central 95 %; None for a group
    initial: float  # `value` at step 0
    gradient: float | None = (
        None  # d loss / d `value` of the newest step's batch, nats; None before the first
    )
    held: float = 0.0  # share of the slice that is held
    along: Direction | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """The largest change of the first prompt's prediction over a knob's whole range: KL(now || turned), nats."""

    knob: PinnedKnob
    step: int
    nats: float


@dataclass(frozen=True, slots=True)
class Response:
    """Next-token probabilities of the first prompt over the whole range of the knob in hand."""

    knob: PinnedKnob
    positions: Floats  # (P,) in the knob's unit (weightdeck.run.scales.knob_scale)
    probs: Floats  # (P, V)


@dataclass(frozen=True, slots=True)
class DataCost:
    """What the way from the baseline to now costs on the fixed validation sample: the mean difference of the losses.

    `error` is its standard error over the sample's items.
    """

    nats: float  # per token; above 0: now is worse
    error: float
    items: int
    step: int  # of now


@dataclass(frozen=True, slots=True)
class StripLevels:
    """How much each part writes into the residual stream for the first prompt: root mean square over tokens and
    features; (L, H + 1), the MLP last.
    """

    written: Floats  # with its strip as it stands
    open: Floats  # what it would write with its fader at 1 and unmuted, all others as they stand
    stream: Floats  # (L + 1,) the stream itself, entering each block and after the last


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """By how much the log-probability of a next token would move for a turn of each parameter by one spread.

    Gradient times spread, in nats; the spread is the standard deviation of the parameter's tensor, at least 0.02.
    First order: exact for small turns only. Computed in float64.
    """

    prompt: Prompt
    token: int
    log_prob: float  # nats
    nats: tuple[Floats, ...]  # of every tensor in the layout's order and shape, signed
    spreads: tuple[float, ...]  # of every tensor


@dataclass(frozen=True, slots=True)
class TensorValues:
    """The values of one tensor."""

    name: str
    values: Floats  # (rows, columns) or (features,)
    held: NDArray[np.bool_] | None  # which are held, in the same shape; None for none


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
    cost: DataCost | None = None
    strips: StripLevels | None = None
    sensitivity: Sensitivity | None = None
    tensor: TensorValues | None = None
    taps: Taps | None = None
    heads: HeadScores | None = None
    lens: Lens | None = None
    contributions: Contributions | None = None
    embeddings: Embeddings | None = None
    batch: BatchReading | None = None
    baseline: Baseline = Baseline.LAST  # what predictions and cost are compared with
    baseline_step: int | None = None  # and its step; None where there is none
    is_past: bool = False  # a moment that was sought, not the one that trains


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
    """How fast training may go. Never changes results. `opening` doubles from 1 step/s every 8 s to full speed.
    `by_parts` is slow motion: forward, backward and update each take a third of a step's time.
    """

    steps_per_s: float | None = None  # None: as fast as it can
    opening: bool = False
    by_parts: bool = False


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
    mix: Mix = field(default_factory=Mix)
    held: tuple[ParameterSlice, ...] = ()
    notice: str = ""  # a sentence for the user: what happened and what to try
    undo_title: str = ""  # "" when there is nothing to undo
    redo_title: str = ""
    diverging: bool = False  # the smoothed loss is 0.5 nats above its best
    document: DocumentStatus = field(default_factory=DocumentStatus)
    past: Past | None = None  # what is shown instead of now
    half: HalfStep = field(default_factory=HalfStep)
    breakpoints: tuple[Breakpoint, ...] = ()


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
    refused: str = ""  # a sentence: why what was to be opened was not
    audit: AuditReport | None = None  # the newest; None when nothing has been checked since the last take
