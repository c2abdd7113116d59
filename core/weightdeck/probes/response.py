"""What turning one knob would do to the first prompt's prediction: response curve and reach."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from weightdeck.model.transformer import Rows
from weightdeck.probes.predictions import divergence, frozen, next_token_probs
from weightdeck.run.frame import Floats, Prompt, Reach, Response
from weightdeck.run.scales import PinnedKnob, knob_scale
from weightdeck.training.trainer import Trainer

CURVE_POINTS = 65
REACH_POINTS = 17


@torch.no_grad()
def response(
    trainer: Trainer, knob: PinnedKnob, prompt: Prompt, points: int = CURVE_POINTS
) -> Response | None:
    """Next-token probabilities at `points` even positions over the knob's range, computed together.

    None when the prompt has no token, or when a group has no reference yet or nothing to scale.
    """
    parameters = trainer.parameters
    target = knob.target
    if not prompt.ids:
        return None
    scale = knob_scale(knob, parameters.layout)
    values = np.array([scale.to_value(p) for p in np.linspace(0.0, 1.0, points)], dtype=np.float32)
    parts = _turned(trainer, knob, torch.from_numpy(values))
    if parts is None:
        return None
    weights = parameters.weights
    variants = parameters.tensor(target.tensor).expand(points, *weights[target.tensor].shape).clone()
    variants[(slice(None), *target.numpy_index())] = parts
    rows = Rows.of_prompt(prompt.ids)
    now = trainer.now

    def last_probs(variant: Tensor) -> Tensor:
        return replace(now, weights={**weights, target.tensor: variant}).logits(rows)[-1].softmax(0)

    probs = frozen(torch.func.vmap(last_probs)(variants))
    values.setflags(write=False)
    return Response(knob, values, probs)


def _turned(trainer: Trainer, knob: PinnedKnob, values_P: Tensor) -> Tensor | None:
    """The slice at every value of its knob, (P, ...); None for a group without a reference or with nothing to scale."""
    part = trainer.parameters.part(knob.target)
    each = values_P.view(-1, *[1] * part.ndim)
    if part.numel() == 1:
        return each
    if knob.along is not None:
        direction = torch.tensor(knob.along.values.array())
        return part + (each - (part * direction).sum()) * direction
    base = torch.from_numpy(trainer.edits.scale_base(knob.target))
    size = base.square().mean().sqrt().item()
    if not knob.reference or size == 0.0:
        return None
    return each * (knob.reference / size) * base


def reach(trainer: Trainer, knob: PinnedKnob, prompt: Prompt) -> Reach | None:
    """The largest KL(now || turned) over the knob's range at `REACH_POINTS` positions; None as for `response`."""
    curve = response(trainer, knob, prompt, REACH_POINTS)
    if curve is None:
        return None
    now = next_token_probs(trainer.now, prompt.ids)
    return Reach(knob, trainer.step, largest_divergence(now, curve.probs))


def largest_divergence(now: Floats, probs: Floats) -> float:
    """The largest KL(now || row) over the rows of `probs`, nats."""
    return max(divergence(now, row) for row in probs)
