"""What is read of a model's inside: taps, lens, contributions, embeddings, the batch, neurons. Plain data.

Letters: T tokens of a prompt, V vocabulary, C features, P points of the residual stream, K best tokens, B sequences of
the batch, F neurons of a block. All arrays are read-only. Losses and divergences are in nats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.subjects import Where

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Patch:
    """An activation of prompt A put in the place of B's, for B's prediction only. None takes all of that dimension.

    `tap` is any tap but scores, pattern, logits and probs. `head` counts only where the tap has heads.
    """

    tap: str
    token: int | None = None
    head: int | None = None
    feature: int | None = None

    def __str__(self) -> str:
        parts = ["*" if place is None else str(place) for place in (self.head, self.token, self.feature)]
        return f"{self.tap}[{', '.join(parts)}]"


@dataclass(frozen=True, slots=True)
class TapReading:
    """The taps that were asked for, of one forward pass. Shapes as in ``weightdeck.run.layout.tap_shapes``."""

    where: Where
    ids: tuple[int, ...]
    tokens: tuple[str, ...]  # what each id is called
    values: Mapping[str, Floats]
    gradients: Mapping[str, Floats] = field(
        default_factory=dict
    )  # d loss / d tap, of a sequence of the batch; nothing for a prompt
    patches: tuple[Patch, ...] = ()  # what of A was put into it
    targets: tuple[
        int, ...
    ] = ()  # of a sequence of the batch: what came next, -1 where the loss does not count
    problem: str = ""  # of a prompt: a sentence about characters left out, or ""
    cut: int = 0  # of a prompt: how many leading characters the context length cut off


@dataclass(frozen=True, slots=True)
class Taps:
    """One pass for every prompt, then B with the patches if there are some; or one sequence of the batch alone."""

    readings: tuple[TapReading, ...]
    problem: str = ""  # a sentence: why a patch could not be made, or there is no batch yet
    step: int = 0  # of the weights: for the batch of the newest step that is the step before its update


@dataclass(frozen=True, slots=True)
class Lens:
    """What the last layer norm and the head would make of the residual stream at every point (logit lens,
    nostalgebraist 2020). The last point is the model's own prediction.
    """

    text: str
    ids: tuple[int, ...]
    tokens: tuple[str, ...]
    points: tuple[
        str, ...
    ]  # tap names: "blocks.0.resid_pre", "blocks.0.resid_mid", "blocks.0.resid_post" ...
    best: Ints  # (P, T, K) ids, likeliest first
    probs: Floats  # (P, T, K) of those
    divergence: Floats  # (P, T) KL(final || point)
    following: Floats  # (P, T) probability of the prompt's own next token; NaN at the last


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one part adds to a logit."""

    part: str  # tap-like name: "embed", "pos_embed", "head 0.1", "attention bias 0", "mlp 0", "final norm bias" ...
    value: float


@dataclass(frozen=True, slots=True)
class Contributions:
    """Direct contributions to one token's logit: through the last layer norm with the scale that it has here, which
    makes them sum to the logit exactly. `against` subtracts another token's, part by part.
    """

    text: str
    tokens: tuple[str, ...]
    position: int
    token: int
    against: int | None
    logit: float  # of `token`, minus that of `against`
    parts: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class VectorMap:
    """Vectors in two dimensions: their first two principal components (Pearson 1901), centred."""

    points: Floats  # (V, 2)
    explained: tuple[float, float]  # shares of the variance, 0 to 1
    neighbours: Ints  # (V, K) the nearest by cosine, nearest first
    cosines: Floats  # (V, K)
    norms: Floats  # (V,) Euclidean lengths


@dataclass(frozen=True, slots=True)
class Embeddings:
    tokens: VectorMap
    positions: VectorMap


@dataclass(frozen=True, slots=True)
class BatchReading:
    """The sequences of the newest batch with the loss of every token, as the step itself computed them. Without any (B
    is 0) where the batch is not known: before the first step, or at a moment taken up from a keyframe.
    """

    step: int  # the step, counted before its update
    ids: Ints  # (B, T) padded with 0
    targets: Ints  # (B, T) -1 where nothing counts
    losses: Floats  # (B, T) nats; NaN where nothing counts
    lengths: Ints  # (B,) real tokens
    loss: float  # the batch's own: the mean over all that counts


@dataclass(frozen=True, slots=True)
class Context:
    """A place in the data at which a neuron is strong."""

    item: int  # of the validation split
    ids: tuple[int, ...]
    position: int
    value: float


@dataclass(frozen=True, slots=True)
class NeuronStudy:
    """Every neuron of one block's MLP (``mlp.post``) over the whole validation data."""

    block: int
    step: int
    positions: int  # that were looked at
    active: Floats  # (F,) share of positions at which it is above 0
    mean: Floats  # (F,)
    largest: Floats  # (F,)
    strongest: tuple[tuple[Context, ...], ...]  # [neuron], strongest first
    # A neuron is dead when `largest` is not above 0.


@dataclass(frozen=True, slots=True)
class SameAgain:
    """The same input twice, and once without one of its tokens."""

    text: str
    step: int
    tokens: tuple[str, ...]
    numbers: int  # how many were compared: every tap
    differing: (
        int  # of those, how many bits patterns differ between the two passes: 0 in a model without memory
    )
    probs: Floats  # (V,) after the whole prompt
    dropped: int | None = None  # position of the token that was left out
    probs_without: Floats | None = None  # (V,)
    divergence: float | None = None  # KL(whole || without)


@dataclass(frozen=True, slots=True)
class OverSteps:
    """A tap and the lens of one prompt at the keyframes of the branch. S of them."""

    text: str
    tap: str
    position: int
    token: int
    steps: Ints  # (S,)
    mean: Floats  # (S,) of the whole tap; masked cells left out
    std: Floats
    low: Floats
    high: Floats
    points: tuple[str, ...]  # as in Lens
    lens: Floats  # (S, P) probability of `token` after `position` at every point
