"""What a number on the screen is: the address by which it is explained, checked and found again.

A tap's index counts as its shape does for one prompt (``weightdeck.run.layout.tap_shapes``): (token, feature),
per-head taps (head, token, feature), scores and patterns (head, query, key).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InPrompt:
    """In the forward pass of a prompt, through strips and clamps: what predictions show."""

    text: str


@dataclass(frozen=True, slots=True)
class InBatch:
    """In the forward and backward pass of the newest step's batch, as training computed them: dropout, and only the
    strips that act in training. `row` counts its sequences from 0.
    """

    row: int


Where = InPrompt | InBatch


@dataclass(frozen=True, slots=True)
class TapCell:
    """One number of an activation."""

    where: Where
    tap: str
    index: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.tap}[{', '.join(map(str, self.index))}]"


@dataclass(frozen=True, slots=True)
class TapGradient:
    """How the batch's loss would move with one number of an activation: d loss / d activation, nats."""

    row: int
    tap: str
    index: tuple[int, ...]

    def __str__(self) -> str:
        return f"d loss / d {self.tap}[{', '.join(map(str, self.index))}]"


@dataclass(frozen=True, slots=True)
class WeightCell:
    """One parameter: what it is now, and why it changed in the last update."""

    tensor: str
    index: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.tensor}[{', '.join(map(str, self.index))}]"


@dataclass(frozen=True, slots=True)
class WeightGradient:
    """d loss / d parameter of the newest batch, before clipping, nats: which tokens push it, and how far."""

    tensor: str
    index: tuple[int, ...]

    def __str__(self) -> str:
        return f"d loss / d {self.tensor}[{', '.join(map(str, self.index))}]"


@dataclass(frozen=True, slots=True)
class TokenLoss:
    """The loss of one token of the newest batch, nats: minus the log-probability of what really came next."""

    row: int
    position: int

    def __str__(self) -> str:
        return f"loss of sequence {self.row}, token {self.position}"


@dataclass(frozen=True, slots=True)
class BatchLoss:
    """The mean loss of the newest batch, nats per token that counts."""

    def __str__(self) -> str:
        return "loss of the batch"


Subject = TapCell | TapGradient | WeightCell | WeightGradient | TokenLoss | BatchLoss
