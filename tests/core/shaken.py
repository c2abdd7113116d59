"""Trainers whose every tensor was shaken, so that no bias is 0 and no gain 1, with or without strips and clamps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from weightdeck.model import reference
from weightdeck.model.reference_strips import Strips
from weightdeck.run.commands import Command, SetClamp, SetMuteTo, SetStrip
from weightdeck.run.presets import load_preset
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Neuron, Strip, StripSetting, all_strips
from weightdeck.training.trainer import Trainer

Floats = NDArray[np.float64]

MIXES: dict[str, tuple[Command, ...]] = {
    "open": (),
    "gains": (SetStrip(Strip(0, 1), StripSetting(0.5)), SetStrip(Strip(0), StripSetting(2.0))),
    "muted to means": (
        SetMuteTo("mean"),
        SetStrip(Strip(0, 0), StripSetting(muted=True)),
        SetStrip(Strip(0), StripSetting(muted=True)),
    ),
    "clamps": (
        SetStrip(Strip(0), StripSetting(0.3)),
        SetClamp(Neuron("embed", 1), -0.5),
        SetClamp(Neuron("pos_embed", 7), 0.9),
        SetClamp(Neuron("blocks.0.resid_pre", 2), -2.0),
        SetClamp(Neuron("blocks.0.attn_out", 0), 0.7),
        SetClamp(Neuron("blocks.0.resid_mid", 6), -1.2),
        SetClamp(Neuron("blocks.0.mlp.post", 9), 1.5),
        SetClamp(Neuron("blocks.0.mlp_out", 3), 4.0),
        SetClamp(Neuron("blocks.0.resid_post", 5), 0.4),
        SetClamp(Neuron("ln_final.normalized", 4), 2.5),
    ),
}


def shaken(preset: str, model: ModelSpec, mix: str = "open", seed: int = 0) -> Trainer:
    """A trainer of this shape at step 0 with random parameters, and the commands of a mix applied."""
    trainer = Trainer(replace(load_preset(preset), model=model))
    generator = torch.Generator().manual_seed(seed)
    for info in trainer.parameters.layout.tensors:
        tensor = trainer.parameters.tensor(info.name)
        tensor += 0.2 * torch.randn(info.shape, generator=generator)
    for command in MIXES[mix]:
        trainer.apply(command)
    return trainer


def weights_of(trainer: Trainer) -> dict[str, Floats]:
    """Every parameter in float64."""
    return {name: weight.detach().double().numpy() for name, weight in trainer.parameters.weights.items()}


def strips_of(trainer: Trainer) -> Strips:
    """The trainer's mix for the reference, its means measured by the reference."""
    mix, split = trainer.controls.mix, trainer.corpus.validation
    if mix.mute_to == "zero":
        return Strips(mix)
    model = trainer.spec.model
    weights = weights_of(trainer)
    return Strips(mix, reference.means(model, weights, split.inputs_NT, split.lengths_N, all_strips(model)))


def taps_of(trainer: Trainer, ids: tuple[int, ...]) -> dict[str, Floats]:
    """Every tap of a prompt by the reference, without the batch axis."""
    taps = reference.forward(trainer.spec.model, weights_of(trainer), np.array([ids]), strips_of(trainer))
    return {name: tap[0] for name, tap in taps.items()}
