"""One tap and the lens of one prompt at several moments of a run.

Letters: S moments, P points of the residual stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from weightdeck.model.moment import Moment
from weightdeck.probes.lens import lens_logits, lens_points, taps_of
from weightdeck.probes.passes import SQUARE
from weightdeck.probes.predictions import frozen
from weightdeck.run.frame import Floats, Prompt
from weightdeck.run.inside import OverSteps
from weightdeck.run.layout import tap_shapes
from weightdeck.run.queries import ReadOverSteps


@dataclass(frozen=True, slots=True)
class StepReading:
    """What is read of one moment; owns its memory."""

    step: int
    mean: float  # of the whole tap, as all four; masked cells left out
    std: float
    low: float
    high: float
    points: tuple[str, ...]  # of the lens
    lens: Floats  # (P,) probability of the token


@torch.no_grad()
def read_at(moment: Moment, prompt: Prompt, tap: str, position: int, token: int) -> StepReading:
    """`tap` of a prompt, and how likely the lens finds `token` after the token at `position`; through strips and
    clamps.

    Raises ``ValueError`` with a sentence for a prompt without tokens and for what it or the model does not have.
    """
    model, count = moment.model, len(prompt.ids)
    if not count:
        raise ValueError("The prompt has no token: there is nothing to read over the steps.")
    if tap not in tap_shapes(model, count):
        raise ValueError(f"This model has no activation called {tap!r}.")
    if not 0 <= position < count:
        raise ValueError(f"The prompt has {count} tokens, counted from 0: there is no {position}.")
    if not 0 <= token < model.vocab_size:
        raise ValueError(f"The model knows {model.vocab_size} tokens, counted from 0: there is no {token}.")
    points = lens_points(model)
    taps = taps_of(moment, prompt.ids, {*points, "logits", tap})
    values = taps[tap].double().numpy()
    if tap.endswith(SQUARE):
        values = values[:, np.tri(count, dtype=bool)]
    return StepReading(
        step=moment.step,
        mean=float(values.mean()),
        std=float(values.std()),
        low=float(values.min()),
        high=float(values.max()),
        points=points,
        lens=frozen(lens_logits(moment, taps)[:, position].softmax(-1)[:, token]),
    )


def over_steps(query: ReadOverSteps, readings: Sequence[StepReading]) -> OverSteps:
    """The readings (at least one) put together, in their order."""
    steps = np.array([reading.step for reading in readings], dtype=np.int64)
    steps.setflags(write=False)
    return OverSteps(
        text=query.prompt,
        tap=query.tap,
        position=query.position,
        token=query.token,
        steps=steps,
        mean=_column([reading.mean for reading in readings]),
        std=_column([reading.std for reading in readings]),
        low=_column([reading.low for reading in readings]),
        high=_column([reading.high for reading in readings]),
        points=readings[0].points,
        lens=_column([reading.lens for reading in readings]),
    )


def _column(values: Sequence[float] | Sequence[Floats]) -> NDArray[np.float32]:
    column = np.array(values, dtype=np.float32)
    column.setflags(write=False)
    return column
