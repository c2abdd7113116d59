"""What a run is made of: the model's shape, the training settings and the data, as frozen plain data.

Names are nanoGPT's. Every value is checked when the object is built; a ``ValueError`` carries a sentence for the user.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

Schedule = Literal["cosine", "constant"]
Activation = Literal["gelu", "gelu_tanh"]
ACTIVATIONS: tuple[Activation, ...] = ("gelu", "gelu_tanh")
SCHEDULES: tuple[Schedule, ...] = ("cosine", "constant")
MOST_PARAMETERS = 200_000_000  # GPT-2's smallest has 124 million; a run takes about 50 bytes for each
MOST_BLOCKS = 256
LONGEST_CONTEXT = 2048  # tokens


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """The shape of a GPT-2-style decoder."""

    n_layer: int
    n_head: int
    n_embd: int  # residual stream width, "features" on screen
    block_size: int  # longest context, tokens
    vocab_size: int
    tied: bool = False  # the output head is the token embedding itself
    activation: Activation = "gelu"  # exact as in nanoGPT, or GPT-2's tanh approximation (slower on a CPU)

    def __post_init__(self) -> None:
        for name in ("n_layer", "n_head", "n_embd", "block_size", "vocab_size"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise ValueError(f"{name} must be a whole number of at least 1; it is {value!r}.")
        if self.activation not in ACTIVATIONS:
            raise ValueError(
                f"activation must be one of {', '.join(ACTIVATIONS)}; it is {self.activation!r}."
            )
        if self.n_embd % self.n_head:
            raise ValueError(
                f"n_embd ({self.n_embd}) must be a multiple of n_head ({self.n_head}): "
                "every head gets an equal share of the features."
            )
        if self.n_layer > MOST_BLOCKS or self.block_size > LONGEST_CONTEXT:
            raise ValueError(
                f"A model has at most {MOST_BLOCKS} blocks and a context of {LONGEST_CONTEXT:,} tokens; this one has "
                f"{self.n_layer:,} and {self.block_size:,}."
            )
        if self.num_parameters > MOST_PARAMETERS:
            raise ValueError(
                f"A model has at most {MOST_PARAMETERS:,} parameters; this one would have {self.num_parameters:,}."
            )

    @property
    def num_parameters(self) -> int:
        """Numbers in all tensors of the model (``weightdeck.run.layout``)."""
        C = self.n_embd
        embeddings = (self.vocab_size * (1 if self.tied else 2) + self.block_size) * C
        return embeddings + self.n_layer * (12 * C * C + 13 * C) + 2 * C

    @property
    def head_size(self) -> int:
        return self.n_embd // self.n_head


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """The permitted range of one training setting and how a person meets it."""

    name: str
    label: str  # plain words, short enough for a knob
    help: str  # one sentence: what turning it does
    minimum: float
    maximum: float
    integer: bool = False

    def check(self, value: float) -> float:
        """Return `value` as the hyperparameter's own type; ``ValueError`` with a sentence when it does not fit."""
        if type(value) not in (int, float) or not math.isfinite(value):
            raise ValueError(f"{self.name} must be a finite number; it is {value!r}.")
        if not self.minimum <= value <= self.maximum:
            raise ValueError(
                f"{self.name} must lie between {self.minimum:g} and {self.maximum:g}; it is {value:g}."
            )
        if not self.integer:
            return float(value)
        if value != int(value):
            raise ValueError(f"{self.name} must be a whole number; it is {value:g}.")
        return int(value)


HYPERPARAMETERS: dict[str, Hyperparameter] = {
    h.name: h
    for h in (
        Hyperparameter(
            "learning_rate",
            "rate",
            "How far each step moves the parameters: the base rate of the schedule.",
            0.0,
            10.0,
        ),
        Hyperparameter("min_lr", "last rate", "The rate at which the cosine schedule ends.", 0.0, 10.0),
        Hyperparameter(
            "warmup_iters",
            "warm-up",
            "Steps over which the rate climbs from nearly 0.",
            0,
            1_000_000,
            integer=True,
        ),
        Hyperparameter(
            "max_iters",
            "steps",
            "Planned length of the run; training pauses there.",
            1,
            100_000_000,
            integer=True,
        ),
        Hyperparameter("batch_size", "batch", "Examples averaged in each step.", 1, 4096, integer=True),
        Hyperparameter(
            "weight_decay", "decay", "How strongly each step shrinks the weight matrices.", 0.0, 10.0
        ),
        Hyperparameter("beta1", "momentum", "AdamW: memory of the averaged gradient.", 0.0, 0.9999),
        Hyperparameter(
            "beta2", "scale memory", "AdamW: memory of the averaged squared gradient.", 0.0, 0.99999
        ),
        Hyperparameter(
            "grad_clip", "clip", "Longest gradient that a step may use; 0 switches clipping off.", 0.0, 1000.0
        ),
        Hyperparameter(
            "dropout", "dropout", "Share of activations silenced at random in each training step.", 0.0, 0.9
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """Training settings; every one can change while a run trains and takes effect at the next step."""

    learning_rate: float = 1e-3
    min_lr: float = 1e-4
    warmup_iters: int = 100
    max_iters: int = 3000
    batch_size: int = 32
    weight_decay: float = 0.1
    beta1: float = 0.9
    beta2: float = 0.99
    grad_clip: float = 1.0
    dropout: float = 0.0
    lr_schedule: Schedule = "cosine"

    def __post_init__(self) -> None:
        for name, hyperparameter in HYPERPARAMETERS.items():
            object.__setattr__(self, name, hyperparameter.check(getattr(self, name)))
        if self.lr_schedule not in SCHEDULES:
            raise ValueError(
                f"lr_schedule must be one of {', '.join(SCHEDULES)}; it is {self.lr_schedule!r}."
            )

    def with_value(self, name: str, value: float) -> Hyperparameters:
        """A copy with one setting changed. Raises ``ValueError`` for an unknown name or a value out of range."""
        if name not in HYPERPARAMETERS:
            raise ValueError(
                f"There is no training setting called {name!r}; known: {', '.join(HYPERPARAMETERS)}."
            )
        return replace(self, **{name: value})  # type: ignore[arg-type]  # __post_init__ checks and converts

    def learning_rate_at(self, step: int) -> float:
        """Effective rate of step `step`: linear warm-up, then cosine to `min_lr` at `max_iters`, or constant.

        The schedule is nanoGPT's (``get_lr``), with `max_iters` as the end of the decay.
        """
        if step < self.warmup_iters:
            return self.learning_rate * (step + 1) / (self.warmup_iters + 1)
        if self.lr_schedule == "constant":
            return self.learning_rate
        floor = min(self.min_lr, self.learning_rate)
        span = max(1, self.max_iters - self.warmup_iters)
        progress = min(1.0, (step - self.warmup_iters) / span)
        return floor + 0.5 * (1.0 + math.cos(math.pi * progress)) * (self.learning_rate - floor)


@dataclass(frozen=True, slots=True)
class RunSpec:
    """Everything that a run starts from; with the journal it determines every later state."""

    preset: str
    dataset: str  # "names", "sort" or "induction": a corpus that weightdeck.data can build
    model: ModelSpec
    hyperparameters: Hyperparameters
    seed: int
    threads: int  # compute threads of the trainer; part of the numerics id
    prompt: str  # what the prediction panel starts with
    record_interval: int = 50  # steps between two recorded validations and histograms

    def __post_init__(self) -> None:
        if type(self.seed) is not int or not 0 <= self.seed < 2**63:
            raise ValueError(f"seed must be a whole number from 0 to 2^63 - 1; it is {self.seed!r}.")
        if not 1 <= self.threads <= 256:
            raise ValueError(f"threads must lie between 1 and 256; it is {self.threads}.")
        if self.record_interval < 1:
            raise ValueError(f"record_interval must be at least 1 step; it is {self.record_interval}.")

    def with_seed(self, seed: int) -> RunSpec:
        return replace(self, seed=seed)

    def records_at(self, step: int) -> bool:
        """Whether validation and histograms are recorded at `step`: densely at first, then every `record_interval`."""
        if step % self.record_interval == 0:
            return True
        return step < self.record_interval and (step & (step - 1)) == 0  # 1, 2, 4, 8 ...
