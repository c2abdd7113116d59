"""A training step in three parts, and what pauses before one: plain data of the transport, never journalled."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum


class Stage(Enum):
    """What has been made of the step in hand."""

    NOTHING = 0
    FORWARD = 1
    BACKWARD = 2


@dataclass(frozen=True, slots=True)
class HalfStep:
    """The step in hand: how far it is, and what is known of it."""

    stage: Stage = Stage.NOTHING
    loss: float | None = None  # of its batch, nats per token; from FORWARD on
    gradient_norm: float | None = None  # before clipping; from BACKWARD on
    clip: float | None = None  # factor that the update will give the gradient: 1 when it is short enough
    learning_rate: float | None = None  # of its update


class Watched(Enum):
    """What a breakpoint looks at."""

    STEP = "step"  # updates that were made
    LOSS = "loss"  # of the step's batch, nats per token
    GRADIENT_NORM = "gradient norm"  # before clipping


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """Pause before the update of the first step at which `watched` is `value` (STEP), or crosses it to above or below.

    Raises ``ValueError`` with a sentence for a value that nothing can reach.
    """

    watched: Watched
    value: float
    above: bool = True  # of no use for STEP
    is_on: bool = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value >= 0.0):
            raise ValueError(f"A breakpoint needs a number from 0 up; {self.value!r} is none.")
        if self.watched is Watched.STEP and self.value != int(self.value):
            raise ValueError(f"Steps are counted in whole numbers; {self.value:g} is none.")

    def is_met(self, step: int, half: HalfStep) -> bool:
        """Whether training is to pause here, before the update of `step`."""
        if not self.is_on:
            return False
        match self.watched:
            case Watched.STEP:
                return half.stage is Stage.NOTHING and step == self.value
            case Watched.LOSS:
                return self._is_crossed(half.loss)
            case Watched.GRADIENT_NORM:
                return self._is_crossed(half.gradient_norm)

    def _is_crossed(self, value: float | None) -> bool:
        """Never while it is not known."""
        if value is None:
            return False
        return value > self.value if self.above else value < self.value
