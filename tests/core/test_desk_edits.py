"""The desk's promise on both presets: everything is reversible, to the bit while paused, and as said while training."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from weightdeck.run.commands import (
    AddNoise,
    Command,
    EditSlice,
    HoldSlices,
    Paste,
    Redo,
    Reinitialise,
    SliceCommand,
    Undo,
)
from weightdeck.run.layout import EMBEDDING, FINAL_NORM, Layout, TensorInfo
from weightdeck.run.presets import load_preset
from weightdeck.run.slices import Direction, Index, ParameterSlice, SliceValues
from weightdeck.run.spec import RunSpec
from weightdeck.training.replay import replay
from weightdeck.training.trainer import Trainer

EDITS = 1000
PRESETS = pytest.mark.parametrize("preset", ["names", "sort"])


def trained(spec: RunSpec, steps: int) -> Trainer:
    trainer = Trainer(spec)
    for _ in range(steps):
        trainer.train_step()
    return trainer


@dataclass
class Hand:
    """Does one random thing after another, to one tensor after another."""

    trainer: Trainer
    rng: random.Random = field(default_factory=lambda: random.Random(12))
    copied: ParameterSlice = field(default_factory=lambda: ParameterSlice(FINAL_NORM))

    @property
    def layout(self) -> Layout:
        return self.trainer.parameters.layout

    def command(self, number: int) -> Command:
        info = self.layout.tensors[number % len(self.layout.tensors)]
        target = self.slice_of(info)
        kinds: tuple[Callable[[], Command], ...] = (
            lambda: EditSlice(target, "set", self.rng.uniform(-4.0, 4.0)),
            lambda: EditSlice(target, "add", self.rng.uniform(-4.0, 4.0)),
            lambda: EditSlice(target, "scale", self.rng.choice([0.0, -1.0, 0.3, 1.7])),
            lambda: self.to_a_size(target),
            lambda: EditSlice(target, "set", self.rng.uniform(-2.0, 2.0), along=self.direction(target)),
            lambda: EditSlice(target, "add", self.rng.uniform(-2.0, 2.0), along=self.direction(target)),
            lambda: Reinitialise(target, self.rng.randrange(3)),
            lambda: AddNoise(target, self.rng.uniform(0.1, 1.0), number),
            lambda: self.paste(target),
            lambda: HoldSlices((target, self.slice_of(info))),
        )
        return self.rng.choice(kinds)()

    def slice_of(self, info: TensorInfo) -> ParameterSlice:
        """A number, a range of numbers, rows, columns or a rectangle, or the whole."""
        index: list[Index] = []
        for size in info.shape[: self.rng.randrange(len(info.shape) + 1)]:
            first = self.rng.randrange(size)
            index.append(self.rng.choice([first, (first, self.rng.randrange(first, size) + 1), (0, size)]))
        return ParameterSlice(info.name, tuple(index))

    def to_a_size(self, target: ParameterSlice) -> EditSlice:
        if not self.trainer.edits.scale_base(target).any():
            return EditSlice(target, "set", 0.25)
        return EditSlice(target, "scale", self.rng.uniform(0.1, 8.0), reference=0.03)

    def direction(self, target: ParameterSlice) -> Direction:
        values = np.random.default_rng(self.rng.randrange(1000)).normal(size=target.shape(self.layout))
        return Direction("own", SliceValues.of(values / np.linalg.norm(values)), 1.0)

    def paste(self, target: ParameterSlice) -> Paste:
        """The numbers of another slice of the same size: here its own, the other way round."""
        values = self.trainer.parameters.part(target).numpy()
        return Paste(target, SliceValues.of(values.ravel()[::-1] + np.float32(0.5)))


def identity(trainer: Trainer) -> tuple[str, str, object]:
    return trainer.weights_sha256(), trainer.state_sha256(), trainer.controls


@PRESETS
def test_a_thousand_edits_of_every_tensor_are_undone_and_redone_to_the_bit(preset: str) -> None:
    trainer = trained(load_preset(preset), 3)
    hand = Hand(trainer)
    before = identity(trainer)
    on_the_way = {}
    for number in range(EDITS):
        if number % 100 == 0:
            on_the_way[number] = identity(trainer)
        trainer.apply(hand.command(number), number)
    after = identity(trainer)
    assert len({sha for sha, _, _ in on_the_way.values()} | {after[0]}) == EDITS // 100 + 1
    for number in reversed(range(EDITS)):
        trainer.apply(Undo())
        if number % 100 == 0:
            assert identity(trainer) == on_the_way[number]
    assert trainer.edits.undoable is None
    assert identity(trainer) == before
    for _ in range(EDITS):
        trainer.apply(Redo())
    assert trainer.edits.redoable is None
    assert identity(trainer) == after
    trainer.apply(Undo(EDITS))
    assert identity(trainer) == before
    assert identity(replay(trainer.spec, trainer.journal, trainer.step)) == before


KINDS = ("set", "add", "scale", "scale to a size", "set along", "noise", "draw anew", "paste")


def drag(kind: str, values: tuple[float, ...], n_embd: int) -> list[SliceCommand]:
    """The moves of one gesture, or one command of a kind that has no gestures."""
    one, row = ParameterSlice(EMBEDDING, (2, 7)), ParameterSlice(EMBEDDING, (2,))
    matrix = ParameterSlice("transformer.h.1.attn.c_proj.weight")
    numbers = np.random.default_rng(1).normal(size=n_embd)
    along = Direction("own", SliceValues.of(numbers / np.linalg.norm(numbers)), 1.0)
    moves: dict[str, list[SliceCommand]] = {
        "set": [EditSlice(one, "set", value, 5) for value in values],
        "add": [EditSlice(row, "add", value, 5) for value in values],
        "scale": [EditSlice(matrix, "scale", value, 5) for value in values],
        "scale to a size": [EditSlice(matrix, "scale", abs(value), 5, reference=0.02) for value in values],
        "set along": [EditSlice(row, "set", value, 5, along=along) for value in values],
        "noise": [AddNoise(matrix, 0.5)],
        "draw anew": [Reinitialise(matrix, 1)],
        "paste": [Paste(row, SliceValues.of(numbers))],
    }
    return moves[kind]


def flat(trainer: Trainer) -> NDArray[np.float32]:
    copied: NDArray[np.float32] = trainer.parameters.flat.numpy().copy()
    return copied


def make(trainer: Trainer, moves: list[SliceCommand], steps_between: int) -> NDArray[np.float64]:
    """Apply the moves, with training in between; returns the float64 sum of what each of them added."""
    added = np.zeros(trainer.parameters.layout.length)
    for number, move in enumerate(moves):
        if number > 0:
            train(trainer, steps_between)
        before = flat(trainer)
        trainer.apply(move)
        added += flat(trainer).astype(np.float64) - before
    return added


def train(trainer: Trainer, steps: int) -> None:
    for _ in range(steps):
        trainer.train_step()


@pytest.mark.parametrize("steps_between", [0, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_an_undo_while_training_subtracts_what_its_moves_added(
    names_spec: RunSpec, kind: str, steps_between: int
) -> None:
    assert_undo_subtracts_what_was_added(names_spec, kind, steps_between)


@PRESETS
def test_an_undo_while_a_preset_trains_subtracts_what_its_moves_added(preset: str) -> None:
    assert_undo_subtracts_what_was_added(load_preset(preset), "scale", steps_between=3)


def assert_undo_subtracts_what_was_added(spec: RunSpec, kind: str, steps_between: int) -> None:
    trainer = trained(spec, 4)
    added = make(trainer, drag(kind, (0.5, -1.25, 0.0, 0.75), spec.model.n_embd), steps_between)
    assert added.any()
    train(trainer, 50)
    learned = flat(trainer)
    trainer.apply(Undo())
    undone = (learned.astype(np.float64) - added).astype(np.float32)
    np.testing.assert_array_equal(flat(trainer), undone)
    assert trainer.edits.undoable is None, "a drag is one entry"
    trainer.apply(Redo())
    np.testing.assert_array_equal(flat(trainer), learned)
    trainer.apply(Undo())
    np.testing.assert_array_equal(flat(trainer), undone)
    again = replay(spec, trainer.journal, trainer.step)
    assert again.state_sha256() == trainer.state_sha256()


def test_two_undos_while_training_each_subtract_their_own(names_spec: RunSpec) -> None:
    trainer = trained(names_spec, 4)
    row, whole = ParameterSlice(EMBEDDING, (2,)), ParameterSlice(EMBEDDING)
    first = make(trainer, [EditSlice(row, "add", value, 1) for value in (0.3, 0.9)], 2)
    train(trainer, 5)
    second = make(trainer, [EditSlice(whole, "scale", value, 2) for value in (1.5, 0.25)], 0)
    train(trainer, 5)
    now = flat(trainer).astype(np.float64)
    trainer.apply(Undo())
    middle = (now - second).astype(np.float32)
    np.testing.assert_array_equal(flat(trainer), middle)
    train(trainer, 5)
    now = flat(trainer).astype(np.float64)
    trainer.apply(Undo())
    np.testing.assert_array_equal(flat(trainer), (now - first).astype(np.float32))
    assert replay(names_spec, trainer.journal, trainer.step).state_sha256() == trainer.state_sha256()
