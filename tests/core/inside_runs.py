"""What the tests of a model's inside share: small runs, fresh and trained, and mixes that act on every kind of tap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from weightdeck.run.commands import SetClamp, SetMuteTo, SetStrip
from weightdeck.run.presets import load_preset
from weightdeck.run.spec import ModelSpec, RunSpec
from weightdeck.run.strips import Neuron, Strip, StripSetting
from weightdeck.training.trainer import Trainer

TRAINED = 40  # steps


def names_spec(model: ModelSpec, dropout: float = 0.0) -> RunSpec:
    """Names with batches of 8."""
    spec = load_preset("names")
    settings = replace(
        spec.hyperparameters, batch_size=8, warmup_iters=5, learning_rate=5e-3, dropout=dropout
    )
    return replace(spec, model=model, hyperparameters=settings)


def sort_spec(model: ModelSpec, dropout: float = 0.0) -> RunSpec:
    """Sorting, whose first tokens do not count in the loss."""
    spec = load_preset("sort")
    settings = replace(
        spec.hyperparameters, batch_size=8, warmup_iters=5, learning_rate=5e-3, dropout=dropout
    )
    return replace(spec, model=model, hyperparameters=settings)


def trained(spec: RunSpec, steps: int = TRAINED) -> Trainer:
    trainer = Trainer(spec)
    for _ in range(steps):
        trainer.train_step()
    return trainer


def turn_strips(trainer: Trainer) -> None:
    """Gains, parts muted to their means, and clamps before and after what the strips act on; two blocks at least."""
    trainer.apply(SetStrip(Strip(0, 0), StripSetting(gain=0.4)))
    trainer.apply(SetStrip(Strip(0, 1), StripSetting(muted=True)))
    trainer.apply(SetStrip(Strip(0), StripSetting(gain=1.7)))
    trainer.apply(SetStrip(Strip(1), StripSetting(muted=True)))
    trainer.apply(SetMuteTo("mean"))
    for neuron, value in (
        (Neuron("embed", 2), 0.25),
        (Neuron("blocks.0.attn_out", 1), -0.5),
        (Neuron("blocks.1.ln1.normalized", 0), 0.75),
        (Neuron("blocks.1.mlp.post", 3), 1.5),
        (Neuron("ln_final.normalized", 5), -0.1),
    ):
        trainer.apply(SetClamp(neuron, value))


def some_ids(model: ModelSpec, tokens: int, seed: int = 3) -> tuple[int, ...]:
    return tuple(np.random.default_rng(seed).integers(0, model.vocab_size, tokens).tolist())
