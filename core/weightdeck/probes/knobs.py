"""Where the knobs stand, and which six a desk starts with."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from weightdeck.data.split import NO_TARGET
from weightdeck.model.transformer import Rows
from weightdeck.run.frame import KnobReading, Prompt
from weightdeck.run.layout import EMBEDDING, FINAL_NORM
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.slices import ParameterSlice
from weightdeck.training.trainer import Trainer

CENTRAL_SHARE = 0.95


def read_knob(trainer: Trainer, knob: PinnedKnob) -> KnobReading:
    """Where a knob stands; see `read_knobs`."""
    return read_knobs(trainer, (knob,))[0]


def read_knobs(trainer: Trainer, knobs: Iterable[PinnedKnob]) -> tuple[KnobReading, ...]:
    """Each slice's value, its tensor's spread, its value at step 0, and the newest step's gradient along the knob."""
    spreads: dict[str, tuple[float, float]] = {}  # of every tensor once: it is the dear part
    readings = []
    for knob in knobs:
        parameters, target = trainer.parameters, knob.target
        part = parameters.part(target)
        if part.numel() == 1 and target.tensor not in spreads:
            spreads[target.tensor] = _spread(parameters.tensor(target.tensor))
        gradient = None
        if trainer.gradient_step is not None:
            slopes = parameters.gradient_of(target.tensor)[target.numpy_index()]
            gradient = (slopes * _slope(part, knob)).sum().item()
        info = parameters.layout.by_name[target.tensor]
        initial = trainer.initial[info.offset : info.offset + info.size].view(info.shape)
        reading = KnobReading(
            target=target,
            value=_value(part, knob),
            spread=spreads[target.tensor] if part.numel() == 1 else None,
            initial=_value(initial[target.numpy_index()], knob),
            gradient=gradient,
            held=trainer.holds.share(target),
            along=knob.along,
        )
        readings.append(reading)
    return tuple(readings)


@torch.no_grad()
def suggest_knobs(trainer: Trainer, prompt: Prompt) -> tuple[ParameterSlice, ...]:
    """Six slices whose turning shows for `prompt`; empty when it has no token.

    Two entries of the output head that read the prompt's largest final activation, for the two tokens that follow its
    last one most often in the training data (they stay likely as it learns); one entry and the whole row of the last
    token's embedding; block 0's attention output; the final norm's gain.
    """
    if not prompt.ids:
        return ()
    taps: dict[str, Tensor] = {}

    def keep(name: str, value: Tensor) -> Tensor:
        taps[name] = value
        return value

    trainer.now.logits(Rows.of_prompt(prompt.ids), keep)
    feature = int(taps["ln_final.normalized"][-1].abs().argmax())
    last = prompt.ids[-1]
    train = trainer.corpus.train
    followers = train.targets_NT[(train.inputs_NT == last) & (train.targets_NT != NO_TARGET)]
    counts = np.bincount(followers, minlength=trainer.spec.model.vocab_size)
    first, second = np.argsort(-counts, kind="stable")[:2].tolist()
    embedding = trainer.parameters.tensor(EMBEDDING)[last]
    head = trainer.parameters.layout.head_name
    return (
        ParameterSlice(head, (first, feature)),
        ParameterSlice(head, (second, feature)),
        ParameterSlice(EMBEDDING, (last, int(embedding.abs().argmax()))),
        ParameterSlice(EMBEDDING, (last,)),
        ParameterSlice("transformer.h.0.attn.c_proj.weight"),
        ParameterSlice(FINAL_NORM),
    )


def _spread(tensor: Tensor) -> tuple[float, float]:
    """The ends of the tensor's central 95 %."""
    edge = (1.0 - CENTRAL_SHARE) / 2.0
    low, high = np.quantile(tensor.numpy(), (edge, 1.0 - edge))
    return float(low), float(high)


def _value(part: Tensor, knob: PinnedKnob) -> float:
    """Where the knob stands: a single number itself, of a group the root mean square, or its share of a direction."""
    if part.numel() == 1:
        return part.item()
    if knob.along is not None:
        return (part * torch.tensor(knob.along.values.array())).sum().item()
    return part.square().mean().sqrt().item()


def _slope(part: Tensor, knob: PinnedKnob) -> Tensor:
    """The derivative of the slice's numbers with respect to the knob's value."""
    if part.numel() == 1:
        return torch.ones_like(part)
    if knob.along is not None:
        return torch.tensor(knob.along.values.array())
    size = part.square().mean().sqrt()
    return part / size if size > 0.0 else torch.zeros_like(part)
