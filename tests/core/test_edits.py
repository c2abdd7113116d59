"""What a hand does to the weights, and how it is taken back: exactly, or without what training learned meanwhile."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
import torch

from tests.core.edit_desk import (
    BLOCK,
    GAIN,
    ONE,
    ROW,
    WHOLE,
    Desk,
    edit,
    repeat,
)
from weightdeck.run.commands import (
    AddNoise,
    EditOp,
    EditSlice,
    Paste,
    Redo,
    Reinitialise,
    Undo,
)
from weightdeck.run.layout import EMBEDDING
from weightdeck.run.slices import Direction, ParameterSlice, SliceValues


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_set_add_and_scale_change_the_slice_and_nothing_else(desk: Desk) -> None:
    others = {name: desk.parameters.tensor(name).clone() for name in desk.parameters.weights}
    before = desk.values(BLOCK)
    desk.do(edit(BLOCK, "add", 0.5), edit(BLOCK, "scale", 3.0))
    np.testing.assert_allclose(desk.values(BLOCK), (before + np.float32(0.5)) * 3.0, rtol=1e-6)
    assert torch.equal(desk.parameters.tensor(BLOCK.tensor)[8:], others[BLOCK.tensor][8:])
    desk.do(edit(ONE, "set", -1.5))
    assert desk.values(ONE) == np.float32(-1.5)
    for name in set(others) - {BLOCK.tensor, ONE.tensor}:
        assert torch.equal(desk.parameters.tensor(name), others[name])


@pytest.mark.parametrize("op", ["set", "add", "scale"])
@pytest.mark.parametrize("target", [ONE, ROW, BLOCK, GAIN, WHOLE], ids=str)
def test_undo_without_a_step_between_is_exact_to_the_bit(
    desk: Desk, target: ParameterSlice, op: EditOp
) -> None:
    before = desk.sha
    desk.do(edit(target, op, 7.7e5))  # so large that the old digits do not survive in the sum
    after = desk.sha
    assert after != before
    desk.do(Undo())
    assert desk.sha == before
    desk.do(Redo())
    assert desk.sha == after


@pytest.mark.parametrize("op", ["set", "add", "scale"])
def test_undo_after_steps_subtracts_the_sum_of_what_was_added(desk: Desk, op: EditOp) -> None:
    old = desk.values(ROW)
    desk.do(edit(ROW, op, 0.75))
    added = desk.values(ROW).astype(np.float64) - old
    desk.train()
    desk.train()
    learned = desk.values(ROW)
    desk.do(Undo())
    expected = (learned.astype(np.float64) - added).astype(np.float32)
    np.testing.assert_array_equal(desk.values(ROW), expected)
    desk.do(Redo())
    np.testing.assert_array_equal(desk.values(ROW), learned)  # no step since the undo: exact
    added = learned.astype(np.float64) - expected
    desk.do(Undo())
    desk.train()
    now = desk.values(ROW)
    desk.do(Redo())
    np.testing.assert_array_equal(desk.values(ROW), (now.astype(np.float64) + added).astype(np.float32))


def test_undo_after_a_redo_at_a_later_step_takes_back_what_the_redo_added(desk: Desk) -> None:
    """A large float32 takes only the rounded part of a small addition."""
    desk.do(edit(GAIN, "add", 0.02), Undo())
    desk.step += 1
    desk.parameters.part(GAIN).fill_(400_000.0)
    desk.do(Redo())
    assert (desk.values(GAIN) == 400_000.03125).all()
    desk.step += 1
    desk.parameters.part(GAIN).fill_(1.0)
    desk.do(Undo())
    assert (desk.values(GAIN) == 1.0 - 0.03125).all()


def test_a_gesture_is_one_entry(desk: Desk) -> None:
    before = desk.sha
    desk.do(*(edit(ONE, "set", value, gesture=1) for value in (0.1, 0.2, 0.7)))
    assert desk.stack.undoable == edit(ONE, "set", 0.7, gesture=1)
    after = desk.sha
    desk.do(Undo())
    assert desk.sha == before
    assert desk.stack.undoable is None
    desk.do(Redo())
    assert desk.sha == after


def test_another_gesture_thing_or_operation_is_another_entry(desk: Desk) -> None:
    first = edit(ONE, "add", 0.1, gesture=1)
    for second in (
        edit(ONE, "add", 0.1, gesture=2),
        edit(ROW, "add", 0.1, gesture=1),
        edit(ONE, "scale", 0.1, gesture=1),
        edit(ONE, "add", 0.1),
    ):
        desk.do(first, second)
        assert desk.stack.undoable == second
        desk.do(Undo())
        assert desk.stack.undoable == first
        desk.do(Undo())
        assert desk.stack.undoable is None


def test_within_a_gesture_add_and_scale_count_from_its_beginning(desk: Desk) -> None:
    base = desk.values(ROW)
    desk.do(*(edit(ROW, "scale", value, gesture=1) for value in (0.5, 0.0, -1.0, 2.0)))
    np.testing.assert_array_equal(desk.values(ROW), base * np.float32(2.0))
    desk.do(*(edit(ROW, "add", value, gesture=2) for value in (9.0, -9.0, 0.25)))
    np.testing.assert_allclose(desk.values(ROW), base * 2.0 + 0.25, rtol=1e-6)
    desk.do(Undo(), Undo())
    np.testing.assert_array_equal(desk.values(ROW), base)


def test_a_slice_scaled_to_zero_can_be_scaled_up_again(desk: Desk) -> None:
    base = desk.values(BLOCK)
    desk.do(edit(BLOCK, "scale", 0.0))
    assert not desk.values(BLOCK).any()
    desk.do(edit(BLOCK, "scale", 0.5))
    np.testing.assert_array_equal(desk.values(BLOCK), base * np.float32(0.5))
    desk.do(Undo())
    assert not desk.values(BLOCK).any()
    desk.do(Undo())
    np.testing.assert_array_equal(desk.values(BLOCK), base)


def test_a_scale_with_a_reference_goes_to_a_size_whatever_the_slice_was(desk: Desk) -> None:
    base = desk.values(BLOCK).astype(np.float64)
    size = float(np.sqrt(np.mean(base**2)))
    desk.do(*(EditSlice(BLOCK, "scale", gain, 7, reference=0.03) for gain in (2.0, 0.0, 0.5)))
    np.testing.assert_allclose(desk.values(BLOCK), base * (0.5 * 0.03 / size), rtol=1e-6)
    desk.do(EditSlice(BLOCK, "scale", 4.0, reference=0.03))
    np.testing.assert_allclose(desk.values(BLOCK), base * (4.0 * 0.03 / size), rtol=1e-6)
    desk.do(Undo(), Undo())
    np.testing.assert_array_equal(desk.values(BLOCK), base)


def test_a_group_of_nothing_but_zeros_cannot_be_scaled_to_a_size(desk: Desk) -> None:
    desk.do(edit(BLOCK, "set", 0.0))
    with pytest.raises(ValueError, match="zero"):
        desk.do(EditSlice(BLOCK, "scale", 1.0, reference=0.03))


@pytest.mark.parametrize(
    ("op", "reference"), [("set", 1.0), ("scale", 0.0), ("scale", -1.0), ("scale", np.nan)]
)
def test_a_reference_belongs_to_a_scale_and_is_above_zero(desk: Desk, op: EditOp, reference: float) -> None:
    before = desk.values(BLOCK)
    with pytest.raises(ValueError, match="reference"):
        desk.do(EditSlice(BLOCK, op, 1.0, reference=reference))
    np.testing.assert_array_equal(desk.values(BLOCK), before)


def test_what_a_zeroed_slice_became_meanwhile_counts_more_than_what_it_was(desk: Desk) -> None:
    desk.do(edit(BLOCK, "scale", 0.0))
    desk.train()
    now = desk.values(BLOCK)
    assert now.any()
    desk.do(edit(BLOCK, "scale", 2.0))
    np.testing.assert_array_equal(desk.values(BLOCK), now * np.float32(2.0))


def test_training_during_a_gesture_is_kept_by_its_undo(desk: Desk) -> None:
    start = desk.values(ROW)
    desk.do(edit(ROW, "add", 1.0, gesture=1))
    before_step = desk.values(ROW)
    desk.train()
    learned = desk.values(ROW) - before_step
    desk.do(edit(ROW, "add", 2.0, gesture=1))
    np.testing.assert_allclose(desk.values(ROW), start + 2.0 + learned, rtol=1e-5)
    desk.do(Undo())
    np.testing.assert_allclose(desk.values(ROW), start + learned, atol=2e-7)
    assert desk.stack.undoable is None


def test_without_last_is_the_present_minus_the_newest_edit(desk: Desk) -> None:
    before = desk.values(ROW)
    assert desk.stack.without_last() is None
    desk.do(edit(ROW, "add", 0.5))
    found, controls = desk.without_last()
    np.testing.assert_array_equal(found[1].numpy(), before)
    assert controls == desk.stack.controls
    desk.train()
    learned = desk.parameters.tensor(EMBEDDING).clone()
    found, _ = desk.without_last()
    np.testing.assert_allclose(found[1].numpy(), learned[1].numpy() - 0.5, atol=1e-7)
    assert torch.equal(found[2:], learned[2:])
    assert torch.equal(desk.parameters.tensor(EMBEDDING), learned), "looking changes nothing"


def direction(shape: tuple[int, ...]) -> Direction:
    values = np.random.default_rng(4).normal(size=shape)
    return Direction("own", SliceValues.of(values / np.linalg.norm(values)), 1.0)


@pytest.mark.parametrize("target", [ROW, BLOCK], ids=str)
def test_along_a_direction_add_moves_and_set_goes_to_an_inner_product(
    desk: Desk, target: ParameterSlice
) -> None:
    base = desk.values(target).astype(np.float64)
    along = direction(base.shape)
    unit = along.values.array().astype(np.float64)
    desk.do(EditSlice(target, "add", 0.75, along=along))
    np.testing.assert_allclose(desk.values(target), base + 0.75 * unit, atol=1e-7)
    desk.do(*(EditSlice(target, "set", value, 1, along=along) for value in (3.0, -0.25)))
    now = desk.values(target).astype(np.float64)
    assert (now * unit).sum() == pytest.approx(-0.25, abs=1e-6)
    across = base - (base * unit).sum() * unit
    np.testing.assert_allclose(now - (now * unit).sum() * unit, across, atol=1e-6)
    desk.do(Undo(2))
    np.testing.assert_array_equal(desk.values(target), base)


def test_drawing_anew_repeats_the_start_or_draws_another_like_it(desk: Desk) -> None:
    start = desk.sha
    projection = ParameterSlice("transformer.h.0.attn.c_proj.weight")
    for target in (projection, ROW, BLOCK, GAIN, ParameterSlice("transformer.h.0.attn.c_attn.bias")):
        before = desk.values(target)
        desk.do(edit(target, "add", 0.3), Reinitialise(target, draw=1))
        other = desk.values(target)
        assert np.array_equal(other, before) is (before.ndim == 1 and target != ROW), (
            "only matrices are random"
        )
        desk.do(Reinitialise(target))
        assert desk.sha == start
        desk.do(Reinitialise(target, draw=1))
        np.testing.assert_array_equal(desk.values(target), other)
        desk.do(Reinitialise(target))
    desk.do(Reinitialise(projection, draw=5))
    assert desk.values(projection).std() == pytest.approx(0.02 / math.sqrt(2), rel=0.3)


def test_noise_has_its_strength_and_repeats_at_its_step(desk: Desk) -> None:
    base = desk.values(WHOLE)
    made = []
    for command in (
        AddNoise(WHOLE, 0.5),
        AddNoise(WHOLE, 0.5),
        AddNoise(WHOLE, 0.5, 1),
        AddNoise(WHOLE, 0.25),
    ):
        desk.do(command)
        made.append(desk.values(WHOLE) - base)
        desk.do(Undo())
    assert made[0].std() == pytest.approx(0.5 * max(0.02, base.std()), rel=0.15)
    np.testing.assert_array_equal(made[1], made[0])
    assert abs(np.corrcoef(made[2].ravel(), made[0].ravel())[0, 1]) < 0.25, "another draw"
    np.testing.assert_allclose(made[3], made[0] / 2, atol=1e-6)
    desk.step += 1
    desk.do(AddNoise(WHOLE, 0.5))
    later = desk.values(WHOLE) - base
    assert abs(np.corrcoef(later.ravel(), made[0].ravel())[0, 1]) < 0.25, "another step"


def test_what_was_copied_is_pasted_row_by_row(desk: Desk) -> None:
    row, column = ParameterSlice(EMBEDDING, (2,)), ParameterSlice(WHOLE.tensor, ((8, 16), 3))
    copied = SliceValues.of(desk.values(row))
    desk.do(Paste(column, copied))
    np.testing.assert_array_equal(desk.values(column), desk.values(row))
    square = ParameterSlice(WHOLE.tensor, ((0, 2), (4, 8)))
    desk.do(Paste(square, copied))
    np.testing.assert_array_equal(desk.values(square), desk.values(row).reshape(2, 4))


def test_a_new_edit_forgets_what_was_undone(desk: Desk) -> None:
    desk.do(edit(ONE, "set", 1.0), Undo(), edit(ROW, "add", 1.0))
    after = desk.sha
    assert desk.stack.redoable is None
    desk.do(Redo())
    assert desk.sha == after


def test_undo_and_redo_of_nothing_do_nothing(desk: Desk) -> None:
    before = desk.sha
    desk.do(Undo(), Redo())
    assert desk.sha == before
    assert (desk.stack.undoable, desk.stack.redoable) == (None, None)


def test_undoing_everything_after_training_keeps_what_it_learned(desk: Desk) -> None:
    rng = random.Random(11)
    quiet = Desk()
    for number in range(100):
        target = rng.choice([ONE, ROW, BLOCK, GAIN])
        desk.do(edit(target, "add", rng.uniform(-1.0, 1.0), gesture=number // 4))
        if number % 10 == 9:
            desk.train()
            quiet.train()
    repeat(desk, Undo(), lambda: desk.stack.undoable)
    for name in desk.parameters.weights:
        np.testing.assert_allclose(desk.parameters.tensor(name), quiet.parameters.tensor(name), atol=2e-5)
