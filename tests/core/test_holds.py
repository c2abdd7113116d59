"""Held slices stay to the bit while the rest trains by the same formula, and nothing held costs nothing."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from weightdeck.run.commands import Command, EditSlice, HoldSlices, Redo, SetHyperparameter, SetStrip, Undo
from weightdeck.run.layout import EMBEDDING, FINAL_NORM, POSITIONS, layout
from weightdeck.run.presets import load_preset
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec, RunSpec
from weightdeck.run.strips import Strip, StripSetting
from weightdeck.training.replay import replay
from weightdeck.training.trainer import CLIP_EPSILON, NotFiniteError, Trainer

ATTENTION = "transformer.h.0.attn.c_attn.weight"
ONE = ParameterSlice(EMBEDDING, (2, 5))
ROW = ParameterSlice(EMBEDDING, (1,))
COLUMN = ParameterSlice(ATTENTION, ((0, 6), 2))
RANGE = ParameterSlice(ATTENTION, ((4, 9),))  # overlaps the column
BIAS = ParameterSlice("transformer.h.0.mlp.c_fc.bias")
MATRIX = ParameterSlice("transformer.h.0.attn.c_proj.weight")
BOTH = pytest.mark.parametrize("name", ["names_spec", "sort_spec"])


def block(model: ModelSpec, number: int) -> tuple[ParameterSlice, ...]:
    return tuple(ParameterSlice(info.name) for info in layout(model).tensors if info.block == number)


def trained(trainer: Trainer, steps: int) -> Trainer:
    for _ in range(steps):
        trainer.train_step()
    return trainer


def states(trainer: Trainer, target: ParameterSlice) -> list[NDArray[np.float32]]:
    """The slice's parameters and both moments."""
    info = target.info(trainer.parameters.layout)
    rows = (trainer.parameters.flat, trainer.optimizer.first_moment, trainer.optimizer.second_moment)
    parts = (row[info.offset : info.offset + info.size].view(info.shape) for row in rows)
    return [part[target.numpy_index()].numpy().copy() for part in parts]


def decaying(spec: RunSpec) -> RunSpec:
    return replace(spec, hyperparameters=replace(spec.hyperparameters, weight_decay=0.5))


@BOTH
def test_held_slices_stay_to_the_bit_over_500_steps(name: str, request: pytest.FixtureRequest) -> None:
    spec: RunSpec = decaying(request.getfixturevalue(name))
    trainer = trained(Trainer(spec), 10)
    held = (ONE, ROW, COLUMN, RANGE, BIAS, MATRIX)
    if spec.model.n_layer > 1:
        held += block(spec.model, 1)
    before = [states(trainer, target) for target in held]
    free = [ParameterSlice(ATTENTION, ((9, 12),)), ParameterSlice(EMBEDDING, (2, (6, 12)))]
    learned = [states(trainer, target)[0] for target in free]
    trainer.apply(HoldSlices(held))
    trained(trainer, 500)
    for target, expected in zip(held, before, strict=True):
        for row, was in zip(states(trainer, target), expected, strict=True):
            np.testing.assert_array_equal(row, was, err_msg=str(target))
    for target, was in zip(free, learned, strict=True):
        assert (states(trainer, target)[0] != was).all(), "its neighbours train"


def test_a_held_block_of_a_preset_stays_to_the_bit() -> None:
    spec = load_preset("names")
    trainer = trained(Trainer(spec), 5)
    held = block(spec.model, 1)
    before = [states(trainer, target) for target in held]
    trainer.apply(HoldSlices(held))
    trained(trainer, 150)
    for target, expected in zip(held, before, strict=True):
        for row, was in zip(states(trainer, target), expected, strict=True):
            np.testing.assert_array_equal(row, was, err_msg=str(target))


@BOTH
def test_what_is_free_trains_by_the_formula_with_its_own_norm_in_the_clip(
    name: str, request: pytest.FixtureRequest
) -> None:
    """Everything but one matrix is held, and the clip bites: AdamW by hand, in float64."""
    spec: RunSpec = request.getfixturevalue(name)
    trainer = trained(Trainer(spec), 12)
    clip = 1e-3
    free = "transformer.h.0.mlp.c_fc.weight"
    others = [info.name for info in trainer.parameters.layout.tensors if info.name != free]
    trainer.apply(SetHyperparameter("grad_clip", clip))
    trainer.apply(HoldSlices(tuple(ParameterSlice(other) for other in others)))
    weight, first, second = (row.astype(np.float64) for row in states(trainer, ParameterSlice(free)))
    settings, rate = trainer.hyperparameters, trainer.hyperparameters.learning_rate_at(trainer.step)
    metrics = trainer.train_step()
    gradient = trainer.parameters.gradient_of(free).double().numpy()
    norm = math.sqrt(np.square(gradient).sum())
    whole = torch.linalg.vector_norm(trainer.parameters.gradient).item()
    assert metrics[3] == pytest.approx(norm, rel=1e-5)
    assert whole > 1.5 * norm > 1.5 * clip, "the clip bites, and what is held would have made it bite harder"
    gradient = gradient * (clip / (norm + CLIP_EPSILON))
    t = trainer.step
    first = settings.beta1 * first + (1 - settings.beta1) * gradient
    second = settings.beta2 * second + (1 - settings.beta2) * gradient**2
    unbiased = first / (1 - settings.beta1**t), second / (1 - settings.beta2**t)
    weight = weight * (1 - rate * settings.weight_decay) - rate * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-8)
    for found, expected in zip(states(trainer, ParameterSlice(free)), (weight, first, second), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-9)


def test_the_gradient_of_what_is_held_is_still_there_to_be_read(names_spec: RunSpec) -> None:
    trainer, plain = Trainer(names_spec), Trainer(names_spec)
    trainer.apply(HoldSlices((MATRIX,)))
    trainer.train_step()
    plain.train_step()
    assert torch.equal(
        trainer.parameters.gradient_of(MATRIX.tensor), plain.parameters.gradient_of(MATRIX.tensor)
    )


def test_held_weights_may_be_turned_by_hand_and_stay_where_they_were_put(names_spec: RunSpec) -> None:
    trainer = trained(Trainer(decaying(names_spec)), 3)
    trainer.apply(HoldSlices((ROW,)))
    trainer.apply(EditSlice(ROW, "scale", 2.5))
    turned = states(trainer, ROW)
    trained(trainer, 6)
    for found, expected in zip(states(trainer, ROW), turned, strict=True):
        np.testing.assert_array_equal(found, expected)
    trainer.apply(Undo())
    back = states(trainer, ROW)
    np.testing.assert_allclose(back[0], turned[0] / np.float32(2.5), rtol=1e-6)
    trained(trainer, 3)
    np.testing.assert_array_equal(states(trainer, ROW)[0], back[0])


def test_what_is_let_go_trains_again_and_the_rest_stays_held(names_spec: RunSpec) -> None:
    trainer = trained(Trainer(names_spec), 3)
    trainer.apply(HoldSlices((ROW, MATRIX)))
    trainer.apply(HoldSlices((ONE,)))
    trained(trainer, 2)
    trainer.apply(HoldSlices((ROW,), held=False))
    before = {target: states(trainer, target)[0] for target in (ROW, MATRIX, ONE)}
    trained(trainer, 2)
    assert (states(trainer, ROW)[0] != before[ROW]).all()
    for target in (MATRIX, ONE):
        np.testing.assert_array_equal(states(trainer, target)[0], before[target])
    trainer.apply(HoldSlices((ParameterSlice(EMBEDDING), MATRIX), held=False))
    assert trainer.controls.held == (), "letting go of a tensor lets go of what is held in it"
    trained(trainer, 2)
    assert (states(trainer, MATRIX)[0] != before[MATRIX]).all()


def test_a_part_of_what_is_held_is_not_let_go_by_itself(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    trainer.apply(HoldSlices((MATRIX,)))
    part = ParameterSlice(MATRIX.tensor, (2,))
    with pytest.raises(ValueError, match=r"let go of that\.$"):
        trainer.apply(HoldSlices((part,), held=False))
    with pytest.raises(ValueError, match=r"Nothing of that is held\.$"):
        trainer.apply(HoldSlices((ROW,), held=False))
    assert trainer.controls.held == (MATRIX,)


def test_holding_is_undone_and_redone(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    trainer.apply(HoldSlices((ROW,)))
    trainer.apply(HoldSlices((ROW, MATRIX)))
    assert trainer.controls.held == (ROW, MATRIX)
    trainer.apply(Undo())
    before = states(trainer, ROW)[0], states(trainer, MATRIX)[0]
    trained(trainer, 2)
    np.testing.assert_array_equal(states(trainer, ROW)[0], before[0])
    assert (states(trainer, MATRIX)[0] != before[1]).any()
    trainer.apply(Redo())
    before = states(trainer, ROW)[0], states(trainer, MATRIX)[0]
    trained(trainer, 2)
    np.testing.assert_array_equal(states(trainer, MATRIX)[0], before[1])


def test_how_much_of_a_slice_is_held_is_shown(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    holds = trainer.holds
    assert holds.share(ROW) == 0.0
    assert holds.mask(EMBEDDING) is None
    trainer.apply(HoldSlices((ONE, COLUMN, RANGE)))
    assert holds.share(ONE) == 1.0
    assert holds.share(ParameterSlice(EMBEDDING, (2,))) == pytest.approx(1 / 16)
    assert holds.share(ParameterSlice(ATTENTION)) == pytest.approx((5 * 16 + 4) / (48 * 16)), (
        "overlaps count once"
    )
    mask = holds.mask(ATTENTION)
    assert mask is not None
    expected = np.zeros((48, 16), dtype=bool)
    expected[0:6, 2] = expected[4:9] = True
    np.testing.assert_array_equal(mask, expected)
    assert holds.mask(POSITIONS) is None
    trainer.apply(HoldSlices((COLUMN, RANGE), held=False))
    assert holds.mask(ATTENTION) is None
    assert mask.any(), "a mask that was handed out stays as it was"


@BOTH
def test_a_run_with_holds_is_replayed_to_the_same_bits(name: str, request: pytest.FixtureRequest) -> None:
    spec: RunSpec = decaying(request.getfixturevalue(name))
    live = Trainer(spec)
    commands: list[Command] = [
        HoldSlices((ROW, COLUMN)),
        EditSlice(ROW, "scale", 1.5),
        HoldSlices(block(spec.model, 0)),
        HoldSlices((ROW,), held=False),
        Undo(),
        Undo(2),
        Redo(),
    ]
    for number, command in enumerate(commands):
        trained(live, 3)
        live.apply(command, number)
    trained(live, 3)
    again = replay(spec, live.journal, live.step)
    assert again.state_sha256() == live.state_sha256()
    assert again.controls == live.controls


@BOTH
def test_with_nothing_held_nothing_differs_by_a_bit(name: str, request: pytest.FixtureRequest) -> None:
    spec: RunSpec = request.getfixturevalue(name)
    plain, touched = Trainer(spec), Trainer(spec)
    hold_and_let_go(touched)
    trained(touched, 30)
    hold_and_let_go(touched)
    assert trained(touched, 10).state_sha256() == trained(plain, 40).state_sha256()


def test_a_preset_is_unaffected_by_machinery_that_stands_neutral() -> None:
    spec = load_preset("names")
    plain, touched = Trainer(spec), Trainer(spec)
    hold_and_let_go(touched)
    touched.apply(SetStrip(Strip(1, 2), StripSetting(muted=True)))
    touched.apply(SetStrip(Strip(1, 2), StripSetting()))
    assert trained(touched, 25).state_sha256() == trained(plain, 25).state_sha256()


def hold_and_let_go(trainer: Trainer) -> None:
    targets = (ROW, MATRIX, ParameterSlice(FINAL_NORM))
    trainer.apply(HoldSlices(targets))
    trainer.apply(HoldSlices(targets, held=False))


def test_a_step_that_is_not_kept_leaves_the_held_and_the_free_as_they_were(names_spec: RunSpec) -> None:
    trainer = trained(Trainer(names_spec), 2)
    trainer.apply(HoldSlices((ROW,)))
    before = trainer.state_sha256()
    trainer.forward()
    trainer.backward()
    trainer.parameters.gradient_of(MATRIX.tensor).fill_(math.inf)
    with pytest.raises(NotFiniteError):
        trainer.update()
    assert trainer.state_sha256() == before
