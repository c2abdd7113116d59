"""The newest batch's losses against the metrics and against the reference."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.core.shaken import weights_of
from weightdeck.data.batches import batch
from weightdeck.model import reference
from weightdeck.probes.batches import batch_reading, no_batch
from weightdeck.run.frame import METRICS
from weightdeck.run.inside import BatchReading
from weightdeck.run.presets import load_preset
from weightdeck.run.spec import RunSpec
from weightdeck.training.trainer import NotFiniteError, Trainer

PRESETS = ("names", "sort", "induction")
EVERY_PRESET = pytest.mark.parametrize("preset", PRESETS)


def small(preset: str, dropout: float = 0.0) -> RunSpec:
    spec = load_preset(preset)
    settings = replace(spec.hyperparameters, batch_size=8, dropout=dropout)
    return replace(spec, model=replace(spec.model, n_layer=2, n_head=2, n_embd=16), hyperparameters=settings)


def read(trainer: Trainer) -> BatchReading:
    assert trainer.newest_batch is not None
    return batch_reading(trainer.newest_batch)


@EVERY_PRESET
def test_every_loss_is_the_references(preset: str) -> None:
    trainer = Trainer(small(preset))
    for _ in range(3):
        trainer.train_step()
    weights = weights_of(trainer)
    weights = {name: value.copy() for name, value in weights.items()}
    loss = trainer.train_step()[METRICS.index("train_loss")]
    found = read(trainer)
    assert found.step == 3
    ids_BT, targets_BT = batch(trainer.corpus, trainer.spec.seed, 3, 8)
    np.testing.assert_array_equal(found.ids, ids_BT)
    np.testing.assert_array_equal(found.targets, targets_BT)
    counts_BT = targets_BT >= 0
    probs_BTV = reference.forward(trainer.spec.model, weights, ids_BT)["probs"]
    likely_BT = np.take_along_axis(probs_BTV, np.maximum(targets_BT, 0)[..., None], -1)[..., 0]
    np.testing.assert_allclose(found.losses[counts_BT], -np.log(likely_BT[counts_BT]), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(np.isnan(found.losses), ~counts_BT)
    lengths_B = [1 + max(np.flatnonzero(row)) for row in counts_BT]
    assert found.lengths.tolist() == lengths_B
    assert found.loss == loss


@EVERY_PRESET
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_the_loss_is_the_steps_own_and_the_mean_of_its_tokens(preset: str, dropout: float) -> None:
    trainer = Trainer(small(preset, dropout))
    for step in range(4):
        loss = trainer.train_step()[METRICS.index("train_loss")]
        found = read(trainer)
        assert (found.step, found.loss) == (step, loss)
        assert np.nanmean(found.losses, dtype=np.float64) == pytest.approx(loss, rel=1e-6)


def test_it_is_there_before_the_update_and_stays_as_it_was(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    loss = trainer.forward()
    half = read(trainer)
    assert (half.step, half.loss) == (0, loss)
    kept = half.losses.copy()
    trainer.train_step()
    np.testing.assert_array_equal(read(trainer).losses, kept)
    trainer.train_step()
    np.testing.assert_array_equal(half.losses, kept)
    for array in (half.ids, half.targets, half.losses, half.lengths):
        assert not array.flags.writeable


def test_a_step_that_was_not_kept_leaves_no_batch(names_spec: RunSpec) -> None:
    """What a hand does next makes other weights than those that gave its losses."""
    trainer = Trainer(names_spec)
    trainer.train_step()
    trainer.parameters.flat[0] = math.nan
    with pytest.raises(NotFiniteError, match="the loss was no longer a finite number"):
        trainer.train_step()
    assert trainer.newest_batch is None


def test_reading_changes_no_training(sort_spec: RunSpec) -> None:
    watched, unwatched = Trainer(sort_spec), Trainer(sort_spec)
    for _ in range(3):
        watched.train_step()
        read(watched)
        unwatched.train_step()
    assert watched.state_sha256() == unwatched.state_sha256()


def test_without_a_batch_there_is_no_sequence() -> None:
    reading = no_batch(7)
    assert reading.step == 7
    assert (reading.ids.shape, reading.targets.shape, reading.losses.shape) == ((0, 0),) * 3
    assert reading.lengths.shape == (0,)
    assert math.isnan(reading.loss)
