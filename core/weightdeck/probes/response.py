"""What turning one knob would do to the first prompt's prediction: response curve and reach."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from weightdeck.model.transformer import Rows, forward
from weightdeck.probes.predictions import divergence, frozen, next_token_probs
from weightdeck.run.frame import Floats, Prompt, Reach, Response
from weightdeck.run.scales import PinnedKnob, slice_scale
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
    layout = trainer.parameters.layout
    target = knob.target
    if not prompt.ids:
        return None
    scale = slice_scale(target, layout)
    values = np.array([scale.to_value(p) for p in np.linspace(0.0, 1.0, points)], dtype=np.float32)
    if target.is_single(layout):
        parts = torch.from_numpy(values).view(-1, *[1] * len(target.shape(layout)))
    elif not knob.reference:
        return None
    else:
        base = torch.from_numpy(trainer.edits.scale_base(target))
        size = base.square().mean().sqrt().item()
        if size == 0.0:
            return None
        factors = torch.from_numpy(values * (knob.reference / size))
        parts = factors.view(-1, *[1] * base.ndim) * base
    weights = dict(trainer.parameters.weights)
    variants = weights[target.tensor].detach().expand(points, *weights[target.tensor].shape).clone()
    variants[(slice(None), *target.numpy_index())] = parts
    rows = Rows.of_prompt(prompt.ids)
    model = trainer.spec.model

    def last_probs(variant: Tensor) -> Tensor:
        return forward(model, {**weights, target.tensor: variant}, rows)[-1].softmax(0)

    probs = frozen(torch.func.vmap(last_probs)(variants))
    values.setflags(write=False)
    return Response(target, values, probs)


def reach(trainer: Trainer, knob: PinnedKnob, prompt: Prompt) -> Reach | None:
    """The largest KL(now || turned) over the knob's range at `REACH_POINTS` positions; None as for `response`."""
    curve = response(trainer, knob, prompt, REACH_POINTS)
    if curve is None:
        return None
    now = next_token_probs(trainer.spec.model, trainer.parameters.weights, prompt.ids)
    return Reach(knob.target, trainer.step, largest_divergence(now, curve.probs))


def largest_divergence(now: Floats, probs: Floats) -> float:
    """The largest KL(now || row) over the rows of `probs`, nats."""
    return max(divergence(now, row) for row in probs)
