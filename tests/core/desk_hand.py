"""A hand that does every kind of thing to a run, at random, for tests."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from weightdeck.run.commands import (
    AddNoise,
    Command,
    EditSlice,
    HoldSlices,
    Paste,
    Redo,
    Reinitialise,
    ResetStrips,
    SetClamp,
    SetHyperparameter,
    SetMuteTo,
    SetScope,
    SetStrip,
    Undo,
)
from weightdeck.run.journal import Journal
from weightdeck.run.layout import Layout
from weightdeck.run.slices import Direction, Index, ParameterSlice, SliceValues
from weightdeck.run.spec import RunSpec
from weightdeck.run.strips import Neuron, StripSetting, all_strips
from weightdeck.training.keyframe import Keyframe
from weightdeck.training.trainer import StepMetrics, Trainer


class DeskHand:
    """Makes commands that fit a model, of every kind; a drag goes on over several of them. Some would let go of what is
    not held: the run refuses those.
    """

    def __init__(self, layout: Layout, rng: random.Random) -> None:
        self._layout = layout
        self._rng = rng
        self._drag: Callable[[], Command] | None = None
        self._gesture = 0

    def command(self) -> Command:
        if self._drag is not None and self._rng.random() < 0.8:
            return self._drag()
        self._drag = None
        return self._rng.choice(self.makers)()

    @property
    def makers(self) -> tuple[Callable[[], Command], ...]:
        """One for every kind of command, and more for what is done most."""
        rng = self._rng
        return (
            self._turn,
            self._turn,
            self._turn_along,
            self._fade,
            self._set,
            self._clamp,
            self._hold,
            self._let_go,
            lambda: Reinitialise(self._slice(), rng.randrange(3)),
            lambda: AddNoise(self._slice(), rng.uniform(0.1, 1.0), rng.randrange(9)),
            self._paste,
            lambda: SetScope(rng.choice(("everything", "prediction"))),
            lambda: SetMuteTo(rng.choice(("zero", "mean"))),
            ResetStrips,
            lambda: Undo(rng.choice((1, 1, 3))),
            Undo,
            lambda: Redo(rng.choice((1, 1, 2))),
        )

    def _next_gesture(self) -> int:
        self._gesture += 1
        return self._gesture

    def _dragged(self, make: Callable[[], Command]) -> Command:
        self._drag = make
        return make()

    def _turn(self) -> Command:
        rng, target, gesture = self._rng, self._slice(), self._next_gesture()
        op = rng.choice(("set", "add", "scale"))
        return self._dragged(
            lambda: EditSlice(target, op, rng.choice((0.0, -0.0, rng.uniform(-1.5, 1.5))), gesture)
        )

    def _turn_along(self) -> Command:
        rng, target, gesture = self._rng, self._slice(), self._next_gesture()
        values = np.random.default_rng(rng.randrange(1000)).normal(size=target.shape(self._layout))
        direction = Direction(
            "own", SliceValues.of(values / np.linalg.norm(values)), 1.0, rng.choice(("", "chri", "é"))
        )
        op = rng.choice(("set", "add"))
        return self._dragged(lambda: EditSlice(target, op, rng.uniform(-1.0, 1.0), gesture, along=direction))

    def _fade(self) -> Command:
        rng, strip, gesture = (
            self._rng,
            self._rng.choice(all_strips(self._layout.model)),
            self._next_gesture(),
        )
        muted, solo = rng.random() < 0.5, rng.random() < 0.2
        return self._dragged(
            lambda: SetStrip(
                strip, StripSetting(rng.choice((1, rng.uniform(0.0, 2.0))), muted, solo), gesture
            )
        )

    def _set(self) -> Command:
        rng, gesture = self._rng, self._next_gesture()
        name, values = rng.choice(
            (
                ("learning_rate", (1e-3, 3e-3, 0.0)),
                ("dropout", (0.0, 0.2)),
                ("batch_size", (4, 8)),
                ("grad_clip", (0, 0.5)),
                ("beta2", (0.99, 0.95)),
            )
        )
        return self._dragged(lambda: SetHyperparameter(name, rng.choice(values), gesture))

    def _clamp(self) -> Command:
        rng, model = self._rng, self._layout.model
        neuron = Neuron(f"blocks.{rng.randrange(model.n_layer)}.mlp.post", rng.randrange(model.n_embd))
        to = rng.choice((None, "mean", rng.uniform(-1.0, 1.0)))
        return SetClamp(neuron, to, rng.choice((None, self._next_gesture())))  # type: ignore[arg-type]

    def _hold(self) -> Command:
        return HoldSlices((self._slice(), self._slice()))

    def _let_go(self) -> Command:
        return HoldSlices((ParameterSlice(self._slice().tensor),), held=False)

    def _paste(self) -> Command:
        target = self._slice()
        values = np.random.default_rng(self._rng.randrange(1000)).normal(size=target.size(self._layout))
        return Paste(target, SliceValues.of(values))

    def _slice(self) -> ParameterSlice:
        """A number, a range of numbers, rows, columns or a rectangle, or the whole."""
        info = self._rng.choice(self._layout.tensors)
        index: list[Index] = []
        for size in info.shape[: self._rng.randrange(len(info.shape) + 1)]:
            first = self._rng.randrange(size)
            index.append(self._rng.choice([first, (first, self._rng.randrange(first, size) + 1), (0, size)]))
        return ParameterSlice(info.name, tuple(index))


STEPS = 40


@dataclass
class DeskRun:
    """A run with a hand at work: what was done, and how the run was before each act of it and what that gave."""

    spec: RunSpec
    acts: list[Command | None] = field(default_factory=list)  # None is a step
    seen: list[tuple[object, ...]] = field(default_factory=list)
    given: list[StepMetrics | None] = field(default_factory=list)
    keyframes: dict[int, Keyframe] = field(default_factory=dict)  # by how many acts went before

    def go(self, seed: int) -> Journal:
        rng = random.Random(seed)
        trainer = Trainer(self.spec)
        hand = DeskHand(trainer.parameters.layout, rng)
        while trainer.step < STEPS:
            if rng.random() < 0.3:
                trainer.next_part()  # a step in hand is no part of a keyframe
            if rng.random() < 0.25:
                self.keyframes[len(self.acts)] = trainer.keyframe()
            self._act(trainer, hand.command() if rng.random() < 0.6 else None)
        self._act(trainer, Undo(10_000))
        return trainer.journal

    def _act(self, trainer: Trainer, command: Command | None) -> None:
        before = look(trainer)
        try:
            given = act(trainer, command)
        except ValueError:
            return  # the hand let go of what it did not hold
        self.seen.append(before)
        self.acts.append(command)
        self.given.append(given)

    def assert_goes_on(self, trainer: Trainer, position: int, acts: int) -> None:
        """That a trainer restored to this position sees and gives what the run did, for so many acts."""
        for place in range(position, min(position + acts, len(self.acts))):
            assert look(trainer) == self.seen[place], place
            assert act(trainer, self.acts[place]) == self.given[place], place


def act(trainer: Trainer, command: Command | None) -> StepMetrics | None:
    if command is None:
        return trainer.train_step()
    trainer.apply(command)
    return None


def look(trainer: Trainer) -> tuple[object, ...]:
    edits = trainer.edits
    return trainer.state_sha256(), trainer.step, trainer.controls, edits.undoable, edits.redoable


def deepest(keyframes: dict[int, Keyframe]) -> Keyframe:
    """The one with most to undo."""
    return max(keyframes.values(), key=lambda keyframe: len(keyframe.edits.done))
