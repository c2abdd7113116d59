"""Every kind of knob: where it stands, what its whole turn would do, and the gradient along it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from weightdeck.data.batches import batch
from weightdeck.model import reference
from weightdeck.probes.knobs import read_knob
from weightdeck.probes.response import response
from weightdeck.run.commands import EditSlice, HoldSlices
from weightdeck.run.layout import EMBEDDING
from weightdeck.run.scales import PinnedKnob, knob_scale
from weightdeck.run.slices import Direction, ParameterSlice, SliceValues
from weightdeck.run.spec import RunSpec
from weightdeck.training.trainer import Trainer

ONE = ParameterSlice(EMBEDDING, (9, 2))
ROW = ParameterSlice(EMBEDDING, (9,))
COLUMNS = ParameterSlice("transformer.h.1.attn.c_proj.weight", ((0, 16), (0, 8)))


@pytest.fixture
def trainer(names_spec: RunSpec) -> Trainer:
    settings = replace(names_spec.hyperparameters, learning_rate=1e-2, dropout=0.0)
    trainer = Trainer(replace(names_spec, hyperparameters=settings))
    for _ in range(10):
        trainer.train_step()
    return trainer


def direction(trainer: Trainer, target: ParameterSlice) -> Direction:
    values = np.random.default_rng(1).normal(size=target.shape(trainer.parameters.layout))
    length = float(np.linalg.norm(trainer.parameters.part(target).numpy()))
    return Direction("own", SliceValues.of(values / np.linalg.norm(values)), length)


def weights_of(trainer: Trainer) -> dict[str, NDArray[np.float64]]:
    return {
        name: weight.detach().numpy().astype(np.float64)
        for name, weight in trainer.parameters.weights.items()
    }


@pytest.mark.parametrize("target", [ROW, COLUMNS], ids=str)
def test_turned_along_a_direction_a_slice_has_that_share_of_it_and_keeps_the_rest(
    trainer: Trainer, target: ParameterSlice
) -> None:
    along = direction(trainer, target)
    knob = PinnedKnob(target, along=along)
    unit = along.values.array().astype(np.float64)
    before = trainer.parameters.part(target).numpy().astype(np.float64)
    trainer.apply(EditSlice(target, "set", 0.75, along=along))
    assert read_knob(trainer, knob).value == pytest.approx(0.75, abs=1e-6)
    after = trainer.parameters.part(target).numpy().astype(np.float64)
    across = before - (before * unit).sum() * unit
    np.testing.assert_allclose(after - (after * unit).sum() * unit, across, atol=1e-6)
    trainer.apply(EditSlice(target, "add", -0.5, along=along))
    assert read_knob(trainer, knob).value == pytest.approx(0.25, abs=1e-6)


def test_the_response_along_a_direction_is_what_turning_would_do(trainer: Trainer) -> None:
    prompt = trainer.corpus.prompt("chri")
    knob = PinnedKnob(ROW, along=direction(trainer, ROW))
    found = response(trainer, knob, prompt, points=5)
    assert found is not None
    scale = knob_scale(knob, trainer.parameters.layout)
    np.testing.assert_allclose(
        found.positions, [scale.to_value(p) for p in (0, 0.25, 0.5, 0.75, 1)], rtol=1e-6
    )
    for value, probs in zip(found.positions, found.probs, strict=True):
        trainer.apply(EditSlice(ROW, "set", float(value), along=knob.along))
        taps = reference.forward(trainer.spec.model, weights_of(trainer), np.array([prompt.ids]))
        np.testing.assert_allclose(probs, taps["probs"][0, -1], rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("kind", ["single", "gain", "along"])
def test_the_gradient_of_a_knob_is_the_slope_of_the_loss_along_its_turn(trainer: Trainer, kind: str) -> None:
    """Against the reference's loss on the batch of the step, half a turn to either side."""
    target = ONE if kind == "single" else ROW
    knob = PinnedKnob(target, along=direction(trainer, ROW) if kind == "along" else None)
    spec, step = trainer.spec, trainer.step
    trainer.forward()
    trainer.backward()
    reading = read_knob(trainer, knob)
    ids_BT, targets_BT = batch(trainer.corpus, spec.seed, step, trainer.hyperparameters.batch_size)
    weights = weights_of(trainer)
    part = weights[target.tensor][target.numpy_index()].copy()

    def loss_at(turn: float) -> float:
        match kind:
            case "single":
                turned = part + turn
            case "gain":
                turned = part * (reading.value + turn) / reading.value
            case _:
                assert knob.along is not None
                turned = part + turn * knob.along.values.array()
        changed = {**weights, target.tensor: weights[target.tensor].copy()}
        changed[target.tensor][target.numpy_index()] = turned
        taps = reference.forward(spec.model, changed, ids_BT)
        return reference.loss(taps["logits"], targets_BT)

    slope = (loss_at(1e-4) - loss_at(-1e-4)) / 2e-4
    assert reading.gradient == pytest.approx(slope, rel=1e-2, abs=1e-5)


def test_a_reading_says_which_share_of_its_slice_is_held(trainer: Trainer) -> None:
    assert read_knob(trainer, PinnedKnob(ROW)).held == 0.0
    trainer.apply(HoldSlices((ONE,)))
    assert read_knob(trainer, PinnedKnob(ONE)).held == 1.0
    assert read_knob(trainer, PinnedKnob(ROW)).held == pytest.approx(1 / 16)
    trainer.apply(HoldSlices((ROW,)))
    assert read_knob(trainer, PinnedKnob(ROW)).held == 1.0


def test_before_the_first_step_no_knob_has_a_gradient(names_spec: RunSpec) -> None:
    assert read_knob(Trainer(names_spec), PinnedKnob(ONE)).gradient is None
