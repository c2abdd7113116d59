"""What a turn costs on the data, against counting token by token and against a bootstrap."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from weightdeck.data.batches import validation_sample
from weightdeck.model import reference
from weightdeck.model.moment import Moment
from weightdeck.model.reference_strips import Strips
from weightdeck.probes.cost import SAMPLE_ITEMS, CostProbe
from weightdeck.run.commands import EditSlice, SetHyperparameter, SetScope, SetStrip, Undo
from weightdeck.run.layout import HEAD
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.run.strips import Mix, Strip, StripSetting
from weightdeck.training.trainer import Trainer

BOTH = pytest.mark.parametrize("name", ["names_spec", "sort_spec"])
TURN = EditSlice(ParameterSlice("transformer.h.0.mlp.c_proj.weight"), "scale", 4.0)


@pytest.fixture
def trainer(name: str, request: pytest.FixtureRequest) -> Trainer:
    spec: RunSpec = request.getfixturevalue(name)
    trainer = Trainer(spec)
    trainer.apply(SetHyperparameter("learning_rate", 2e-2))
    for _ in range(25):
        trainer.train_step()
    return trainer


def losses_by_item(trainer: Trainer, moment: Moment, mix: Mix) -> list[NDArray[np.float64]]:
    """The loss of every token that counts, an array for each item, one item at a time, by the reference."""
    weights = {name: w.detach().double().numpy() for name, w in moment.weights.items()}
    ids_BT, targets_BT = validation_sample(trainer.corpus, SAMPLE_ITEMS)
    losses = []
    for ids_T, targets_T in zip(ids_BT, targets_BT, strict=True):
        probs_TV = reference.forward(moment.model, weights, ids_T[None], Strips(mix))["probs"][0]
        scored = targets_T >= 0
        losses.append(-np.log(probs_TV[scored, targets_T[scored]]))
    return losses


@BOTH
def test_cost_is_the_mean_difference_over_tokens(trainer: Trainer) -> None:
    before = trainer.snapshot()
    trainer.apply(TURN)
    cost = CostProbe(trainer).measure(trainer.now, before)
    pairs = zip(
        losses_by_item(trainer, trainer.now, Mix()), losses_by_item(trainer, before, Mix()), strict=True
    )
    differences = [now - then for now, then in pairs]
    each = np.concatenate(differences)
    assert cost.nats == pytest.approx(each.mean(), abs=1e-6)
    assert abs(cost.nats) > 1e-3
    assert cost.items == len(differences) == min(SAMPLE_ITEMS, len(trainer.corpus.validation))
    residuals = np.array([(d - each.mean()).sum() for d in differences])
    scatter = np.square(residuals).sum() * len(residuals) / (len(residuals) - 1)
    assert cost.error == pytest.approx(math.sqrt(scatter) / len(each), rel=1e-4)


@BOTH
def test_the_error_is_what_drawing_other_items_would_give(trainer: Trainer) -> None:
    """A bootstrap over items."""
    before = trainer.snapshot()
    trainer.apply(TURN)
    cost = CostProbe(trainer).measure(trainer.now, before)
    pairs = zip(
        losses_by_item(trainer, trainer.now, Mix()), losses_by_item(trainer, before, Mix()), strict=True
    )
    sums = np.array([[(now - then).sum(), len(now)] for now, then in pairs])
    rng = np.random.default_rng(2)
    drawn = sums[rng.integers(0, len(sums), (4000, len(sums)))].sum(axis=1)
    assert cost.error == pytest.approx((drawn[:, 0] / drawn[:, 1]).std(), rel=0.1)


@BOTH
def test_nothing_costs_nothing(trainer: Trainer) -> None:
    probe = CostProbe(trainer)
    for moment in (trainer.now, trainer.snapshot()):
        cost = probe.measure(trainer.now, moment)
        assert (cost.nats, cost.error) == (0.0, 0.0)
    before = trainer.snapshot()
    trainer.apply(TURN)
    there = probe.measure(trainer.now, before)
    back = probe.measure(before, trainer.now)
    assert (back.nats, back.error) == (-there.nats, there.error)
    trainer.apply(Undo())
    assert probe.measure(trainer.now, before).nats == 0.0


@BOTH
def test_the_strips_of_each_moment_count_and_dropout_never_does(trainer: Trainer) -> None:
    trainer.apply(SetHyperparameter("dropout", 0.4))
    probe = CostProbe(trainer)
    before = trainer.snapshot()
    trainer.apply(SetScope("prediction"))
    trainer.apply(SetStrip(Strip(0), StripSetting(muted=True)))
    muted = trainer.controls.mix
    cost = probe.measure(trainer.now, before)
    pairs = (losses_by_item(trainer, before, mix) for mix in (muted, Mix()))
    now, then = (np.concatenate(losses).mean() for losses in pairs)
    assert cost.nats == pytest.approx(now - then, abs=1e-6)
    assert abs(cost.nats) > 1e-3
    assert probe.measure(trainer.trained, before).nats == 0.0
    kept = trainer.snapshot()
    trainer.apply(Undo())
    assert probe.measure(trainer.now, kept).nats == -cost.nats


def test_measuring_the_cost_changes_nothing(names_spec: RunSpec) -> None:
    trainer, quiet = Trainer(names_spec), Trainer(names_spec)
    probe, start = CostProbe(trainer), trainer.snapshot()
    for _ in range(3):
        trainer.train_step()
        quiet.train_step()
        probe.measure(trainer.now, start)
    assert trainer.state_sha256() == quiet.state_sha256()


def test_a_turn_of_the_whole_head_is_dear(names_spec: RunSpec) -> None:
    """The sign: above 0 means that now is worse."""
    trainer = Trainer(names_spec)
    before = trainer.snapshot()
    trainer.apply(EditSlice(ParameterSlice(HEAD), "scale", 100.0))
    cost = CostProbe(trainer).measure(trainer.now, before)
    assert cost.nats > 5 * cost.error > 0.0
