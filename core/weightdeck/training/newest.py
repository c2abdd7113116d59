"""What is left of the newest step for those who explain it: its batch, and its update. Views, to be read at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from weightdeck.model.gates import Gates
from weightdeck.model.transformer import Drop, Rows
from weightdeck.run.spec import Hyperparameters

MakeDrop = Callable[[], Drop | None]


@dataclass(frozen=True, slots=True)
class NewestBatch:
    """The batch of the step in hand, or of the last one made, and all that its pass was computed with."""

    step: int  # counted before its update
    rows: Rows
    logits_SV: Tensor  # detached
    weights: Mapping[
        str, Tensor
    ]  # before its update; live, or views of what will be overwritten by the next one
    gates: Gates | None
    make_drop: MakeDrop  # the same dropout again, to be made for each pass


@dataclass(frozen=True, slots=True)
class NewestUpdate:
    """The update of the last step made, or the one that is to come while the step in hand has its gradient.

    The three rows of `before` are parameters and both moments, as of ``Layout``.
    """

    step: int  # counted before the update
    is_made: bool
    updates: int  # Adam's t: this update included
    learning_rate: float
    gradient_norm: float  # before clipping, without what is held
    clip: float  # factor
    settings: Hyperparameters
    gradient: Tensor  # (length,) before clipping
    before: Tensor  # (3, length)
    now: Tensor  # (3, length): after the update if that is made, and whatever a hand changed since
