"""What a hand does to a run, and how it is taken back: exactly, or without what training learned meanwhile."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from weightdeck.model.parameters import Parameters
from weightdeck.run.commands import Command, EditOp, EditSlice, Redo, SetHyperparameter, Undo
from weightdeck.run.layout import EMBEDDING, HEAD
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import Hyperparameters, ModelSpec
from weightdeck.training.edits import EditStack

ONE = ParameterSlice(HEAD, (2, 5))
ROW = ParameterSlice(EMBEDDING, (1,))
BLOCK = ParameterSlice("transformer.h.0.attn.c_attn.weight", ((0, 8),))
GAIN = ParameterSlice("transformer.ln_f.weight")
WHOLE = ParameterSlice("transformer.h.0.mlp.c_fc.weight")


class Desk:
    """An edit stack with a hand and a pretended training beside it."""

    def __init__(self) -> None:
        self.parameters = Parameters(ModelSpec(1, 2, 8, 5, 4))
        self.parameters.initialise(3)
        self.stack = EditStack(self.parameters, Hyperparameters())
        self.step = 0
        self._rng = torch.Generator().manual_seed(5)

    def do(self, *commands: Command) -> None:
        for command in commands:
            self.stack.apply(command, self.step)

    def train(self) -> None:
        """Everything moves a little, as in a step."""
        for name in self.parameters.weights:
            tensor = self.parameters.tensor(name)
            tensor.add_(torch.empty(tensor.shape).normal_(0.0, 0.01, generator=self._rng))
        self.step += 1

    def values(self, target: ParameterSlice) -> NDArray[np.float32]:
        copied: NDArray[np.float32] = self.parameters.part(target).numpy().copy()
        return copied

    @property
    def sha(self) -> str:
        return self.parameters.sha256()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def edit(target: ParameterSlice, op: EditOp, value: float, gesture: int | None = None) -> EditSlice:
    return EditSlice(target, op, value, gesture)


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
    assert desk.stack.without_last() == {}
    desk.do(edit(ROW, "add", 0.5))
    (found,) = desk.stack.without_last().values()
    np.testing.assert_array_equal(found[1].numpy(), before)
    desk.train()
    learned = desk.parameters.tensor(EMBEDDING).clone()
    (found,) = desk.stack.without_last().values()
    np.testing.assert_allclose(found[1].numpy(), learned[1].numpy() - 0.5, atol=1e-7)
    assert torch.equal(found[2:], learned[2:])
    assert torch.equal(desk.parameters.tensor(EMBEDDING), learned), "looking changes nothing"
    desk.do(SetHyperparameter("dropout", 0.1))
    assert desk.stack.without_last() == {}


def test_settings_are_undone_and_redone(desk: Desk) -> None:
    desk.do(SetHyperparameter("learning_rate", 0.5), SetHyperparameter("batch_size", 64))
    desk.train()
    desk.do(Undo())
    assert (desk.stack.hyperparameters.batch_size, desk.stack.hyperparameters.learning_rate) == (32, 0.5)
    desk.do(Undo())
    assert desk.stack.hyperparameters == Hyperparameters()
    desk.do(Redo(), Redo())
    assert (desk.stack.hyperparameters.batch_size, desk.stack.hyperparameters.learning_rate) == (64, 0.5)


def test_turning_a_setting_is_one_entry(desk: Desk) -> None:
    desk.do(*(SetHyperparameter("dropout", value, gesture=4) for value in (0.1, 0.2, 0.3)))
    desk.do(Undo())
    assert desk.stack.hyperparameters.dropout == 0.0
    assert desk.stack.undoable is None
    desk.do(Redo())
    assert desk.stack.hyperparameters.dropout == 0.3


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


@pytest.mark.parametrize(
    "command",
    [
        edit(GAIN, "scale", 1e6),  # applied twice: the second would leave the range
        edit(ParameterSlice(HEAD, (4, 0)), "set", 1.0),
        edit(ParameterSlice("nonsense"), "set", 1.0),
        edit(ONE, "set", math.nan),
        edit(ONE, "add", math.inf),
        edit(ONE, "set", 1e7),
        EditSlice(ONE, "square", 1.0),  # type: ignore[arg-type]  # what a script may do
        SetHyperparameter("momentum", 0.9),
        SetHyperparameter("dropout", 1.5),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_with_a_sentence_and_changes_nothing(
    desk: Desk, command: Command
) -> None:
    desk.do(edit(GAIN, "scale", 10.0))
    before, settings, undoable = desk.sha, desk.stack.hyperparameters, desk.stack.undoable
    with pytest.raises(ValueError, match=r"\.$"):
        desk.do(command)
    assert (desk.sha, desk.stack.hyperparameters, desk.stack.undoable) == (before, settings, undoable)


def random_command(rng: random.Random, number: int) -> Command:
    if rng.random() < 0.2:
        name, low, high = rng.choice(
            [("learning_rate", 0.0, 0.1), ("dropout", 0.0, 0.5), ("beta2", 0.5, 0.99)]
        )
        return SetHyperparameter(name, rng.uniform(low, high))
    target = rng.choice([ONE, ROW, BLOCK, GAIN, WHOLE, ParameterSlice(EMBEDDING), ParameterSlice(HEAD, (2,))])
    op: EditOp = rng.choice(["set", "add", "scale"])
    value = 0.0 if rng.random() < 0.1 else rng.uniform(-2.0, 2.0)
    gesture = number // 3 if rng.random() < 0.5 else None
    return EditSlice(target, op, value, gesture)


def repeat(desk: Desk, command: Command, while_: Callable[[], Command | None]) -> int:
    count = 0
    while while_() is not None:
        desk.do(command)
        count += 1
    return count


@pytest.mark.parametrize("seed", range(5))
def test_two_hundred_edits_undone_and_redone(desk: Desk, seed: int) -> None:
    rng = random.Random(seed)
    before, settings = desk.sha, desk.stack.hyperparameters
    for number in range(200):
        desk.do(random_command(rng, number))
    after, changed = desk.sha, desk.stack.hyperparameters
    for _ in range(2):
        undone = repeat(desk, Undo(), lambda: desk.stack.undoable)
        assert (desk.sha, desk.stack.hyperparameters) == (before, settings)
        assert repeat(desk, Redo(), lambda: desk.stack.redoable) == undone
        assert (desk.sha, desk.stack.hyperparameters) == (after, changed)


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
