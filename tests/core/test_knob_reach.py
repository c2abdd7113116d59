"""The six default knobs show something when they are turned, at the first step and after the last, on the real data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from weightdeck.data.batches import validation_sample
from weightdeck.model.transformer import Rows, forward
from weightdeck.probes.knobs import read_knob, suggest_knobs
from weightdeck.probes.predictions import next_token_probs
from weightdeck.probes.response import largest_divergence, response
from weightdeck.run.frame import Prompt
from weightdeck.run.presets import load_preset
from weightdeck.run.scales import PinnedKnob
from weightdeck.training.trainer import Trainer

MOVES_A_BAR = 0.05  # a change of a probability that counts: five percentage points
QUIET_NATS = 0.05  # below this reach the desk aims a knob anew when training rests
STEPS = 3000
SEEDS = (1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3)))


def six_knobs(trainer: Trainer, prompt: Prompt) -> list[PinnedKnob]:
    """What the desk pins at this moment."""
    targets = suggest_knobs(trainer, prompt)
    return [PinnedKnob(target, read_knob(trainer, PinnedKnob(target)).value) for target in targets]


def reach_of(trainer: Trainer, knob: PinnedKnob, prompt: Prompt) -> tuple[float, float]:
    """Over the knob's whole range: the largest change of a bar, and of the prediction in nats."""
    curve = response(trainer, knob, prompt)
    assert curve is not None
    assert 0.0 in np.abs(curve.positions).round(6), "the range holds zero"
    now = next_token_probs(trainer.now, prompt.ids)
    return float(np.abs(curve.probs - now).max()), largest_divergence(now, curve.probs)


@torch.no_grad()
def mean_prediction(trainer: Trainer) -> np.ndarray:
    """(V,) mean predicted distribution over every position of the validation split that counts."""
    ids_BT, targets_BT = validation_sample(trainer.corpus, len(trainer.corpus.validation))
    rows = Rows.of_batch(torch.from_numpy(ids_BT), torch.from_numpy(targets_BT))
    logits_SV = forward(trainer.spec.model, trainer.parameters.weights, rows)
    return logits_SV.double().softmax(-1).mean(0).numpy()


@pytest.mark.parametrize("preset", ["names", "sort"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_fresh_model_predicts_next_to_nothing(preset: str, seed: int) -> None:
    trainer = Trainer(replace(load_preset(preset), seed=seed))
    mean = mean_prediction(trainer)
    from_uniform = float((mean * np.log(mean * len(mean))).sum())
    assert 0.0 <= from_uniform < 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_turning_the_default_knobs_moves_a_bar(seed: int) -> None:
    trainer = Trainer(replace(load_preset(), seed=seed))
    prompt = trainer.corpus.prompt(trainer.spec.prompt)
    knobs = six_knobs(trainer, prompt)
    assert len(knobs) == 6
    at_first = [reach_of(trainer, knob, prompt)[0] for knob in knobs]
    assert sum(moved >= MOVES_A_BAR for moved in at_first) >= 2, at_first

    for _ in range(STEPS):
        trainer.train_step()
    aimed = six_knobs(trainer, prompt)
    for place, knob in enumerate(knobs):
        if reach_of(trainer, knob, prompt)[1] < QUIET_NATS:
            knobs[place] = aimed[place]
    at_last = [reach_of(trainer, knob, prompt)[0] for knob in knobs]
    assert min(at_last) >= MOVES_A_BAR, at_last
