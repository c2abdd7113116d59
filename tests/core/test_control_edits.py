"""What a hand does to settings, strips and holds beside the weights, and the commands that are refused."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
import torch

from tests.core.edit_desk import (
    BLOCK,
    GAIN,
    HEAD_0,
    HEAD_1,
    MLP_0,
    NEURON,
    ONE,
    ROW,
    WHOLE,
    Desk,
    edit,
    repeat,
)
from weightdeck.run.commands import (
    AddNoise,
    Command,
    EditOp,
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
from weightdeck.run.layout import EMBEDDING, HEAD
from weightdeck.run.slices import Direction, ParameterSlice, SliceValues
from weightdeck.run.spec import Hyperparameters
from weightdeck.run.strips import Mix, Neuron, Strip, StripSetting


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_without_last_of_a_strip_is_the_present_weights_with_the_strips_as_they_were(desk: Desk) -> None:
    desk.do(SetStrip(HEAD_0, StripSetting(gain=0.5)))
    before = desk.stack.controls
    desk.do(*(SetStrip(HEAD_0, StripSetting(gain=gain), gesture=1) for gain in (0.6, 1.7)))
    desk.train()
    found, controls = desk.without_last()
    assert torch.equal(found, desk.parameters.tensor(EMBEDDING))
    assert controls == before


@pytest.mark.parametrize("command", [SetHyperparameter("dropout", 0.1), HoldSlices((ROW,))], ids=str)
def test_without_last_passes_over_what_no_prediction_depends_on(desk: Desk, command: Command) -> None:
    desk.do(command)
    assert desk.stack.without_last() is None
    desk.do(Undo())
    before = desk.parameters.tensor(EMBEDDING).clone()
    desk.do(edit(ROW, "add", 0.5), command)
    found, _ = desk.without_last()
    assert torch.allclose(found, before, atol=1e-7)


def test_settings_are_undone_and_redone(desk: Desk) -> None:
    desk.do(SetHyperparameter("learning_rate", 0.5), SetHyperparameter("batch_size", 64))
    desk.train()
    desk.do(Undo())
    assert (
        desk.stack.controls.hyperparameters.batch_size,
        desk.stack.controls.hyperparameters.learning_rate,
    ) == (32, 0.5)
    desk.do(Undo())
    assert desk.stack.controls.hyperparameters == Hyperparameters()
    desk.do(Redo(), Redo())
    assert (
        desk.stack.controls.hyperparameters.batch_size,
        desk.stack.controls.hyperparameters.learning_rate,
    ) == (64, 0.5)


def test_turning_a_setting_is_one_entry(desk: Desk) -> None:
    desk.do(*(SetHyperparameter("dropout", value, gesture=4) for value in (0.1, 0.2, 0.3)))
    desk.do(Undo())
    assert desk.stack.controls.hyperparameters.dropout == 0.0
    assert desk.stack.undoable is None
    desk.do(Redo())
    assert desk.stack.controls.hyperparameters.dropout == 0.3


def test_strips_clamps_and_holds_are_undone_and_redone(desk: Desk) -> None:
    commands: tuple[Command, ...] = (
        SetStrip(HEAD_0, StripSetting(gain=0.4)),
        SetStrip(HEAD_0, StripSetting(gain=0.4, muted=True)),
        SetStrip(MLP_0, StripSetting(solo=True)),
        SetClamp(NEURON, 0.5),
        SetMuteTo("mean"),
        SetScope("prediction"),
        HoldSlices((ROW, BLOCK)),
        HoldSlices((ROW,), held=False),
        ResetStrips(),
    )
    passed = [desk.stack.controls]
    for command in commands:
        desk.do(command)
        passed.append(desk.stack.controls)
    assert passed[-2].mix.of(HEAD_0) == StripSetting(gain=0.4, muted=True)
    assert passed[-2].mix.clamps == ((NEURON, 0.5),)
    assert passed[-1].mix == Mix(mute_to="mean", scope="prediction"), "the switches stay where they are"
    assert passed[-1].held == (BLOCK,)
    for expected in reversed(passed[:-1]):
        desk.train()
        desk.do(Undo())
        assert desk.stack.controls == expected
    for expected in passed[1:]:
        desk.do(Redo())
        assert desk.stack.controls == expected


def test_a_fader_or_a_clamp_that_is_drawn_is_one_entry(desk: Desk) -> None:
    desk.do(*(SetStrip(HEAD_0, StripSetting(gain), gesture=1) for gain in (0.9, 0.3, 1.0)))
    assert desk.stack.controls.mix.is_neutral
    desk.do(*(SetClamp(NEURON, value, gesture=2) for value in (0.1, 0.2)))
    desk.do(SetStrip(HEAD_1, StripSetting(0.5), gesture=2))
    desk.do(Undo())
    assert desk.stack.controls.mix.clamps == ((NEURON, 0.2),)
    desk.do(Undo())
    assert desk.stack.undoable == SetStrip(HEAD_0, StripSetting(1.0), gesture=1)
    desk.do(Undo())
    assert desk.stack.undoable is None
    desk.do(Redo(3))
    assert desk.stack.controls.mix.of(HEAD_1).gain == 0.5


def test_several_entries_are_taken_back_at_once(desk: Desk) -> None:
    before = desk.sha
    desk.do(edit(ONE, "set", 1.0), edit(ROW, "add", 1.0))
    middle = desk.sha
    desk.do(SetHyperparameter("dropout", 0.1), Undo(2))
    assert desk.stack.undoable == edit(ONE, "set", 1.0)
    desk.do(Redo())
    assert desk.sha == middle
    desk.do(Undo(99))
    assert desk.sha == before
    desk.do(Redo(99))
    assert (desk.sha, desk.stack.controls.hyperparameters.dropout) == (middle, 0.1)


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
        EditSlice(ROW, "add", 1.0, along=Direction("own", SliceValues.of(np.ones(8)), 1.0)),
        EditSlice(ROW, "add", 1.0, along=Direction("own", SliceValues.of(np.eye(7)[0]), 1.0)),
        EditSlice(ROW, "scale", 1.0, along=Direction("own", SliceValues.of(np.eye(8)[0]), 1.0)),
        Reinitialise(ROW, draw=-1),
        AddNoise(ROW, 0.0),
        AddNoise(ROW, math.inf),
        AddNoise(ROW, 1e6),
        Paste(ROW, SliceValues.of(np.zeros(7))),
        Paste(ROW, SliceValues.of(np.full(8, np.nan))),
        HoldSlices(()),
        HoldSlices((ParameterSlice(EMBEDDING, (4,)),)),
        HoldSlices((ROW,), held=False),
        SetStrip(Strip(1, 0), StripSetting()),
        SetStrip(Strip(0, 2), StripSetting()),
        SetStrip(HEAD_0, StripSetting(gain=2.1)),
        SetStrip(HEAD_0, StripSetting(gain=math.nan)),
        SetClamp(Neuron("blocks.0.mlp.post", 32), 0.0),
        SetClamp(Neuron("blocks.0.attn.z", 0), 0.0),
        SetClamp(NEURON, math.nan),
        SetClamp(NEURON, "median"),  # type: ignore[arg-type]
        SetScope("training"),  # type: ignore[arg-type]
        SetMuteTo("one"),  # type: ignore[arg-type]
        Undo(0),
        Redo(0),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_with_a_sentence_and_changes_nothing(
    desk: Desk, command: Command
) -> None:
    desk.do(edit(GAIN, "scale", 10.0))
    before, controls, undoable = desk.sha, desk.stack.controls, desk.stack.undoable
    with pytest.raises(ValueError, match=r"\.$"):
        desk.do(command)
    assert (desk.sha, desk.stack.controls, desk.stack.undoable) == (before, controls, undoable)


def random_command(rng: random.Random, number: int) -> Command:
    kind = rng.random()
    gesture = number // 3 if rng.random() < 0.5 else None
    if kind < 0.15:
        name, low, high = rng.choice(
            [("learning_rate", 0.0, 0.1), ("dropout", 0.0, 0.5), ("beta2", 0.5, 0.99)]
        )
        return SetHyperparameter(name, rng.uniform(low, high))
    if kind < 0.3:
        setting = StripSetting(rng.uniform(0.0, 2.0), rng.random() < 0.3, rng.random() < 0.1)
        return rng.choice([SetStrip(rng.choice([HEAD_0, HEAD_1, MLP_0]), setting, gesture), ResetStrips()])
    target = rng.choice([ONE, ROW, BLOCK, GAIN, WHOLE, ParameterSlice(EMBEDDING), ParameterSlice(HEAD, (2,))])
    if kind < 0.4:
        return rng.choice([Reinitialise(target, number), AddNoise(target, 0.1), HoldSlices((target,))])
    op: EditOp = rng.choice(["set", "add", "scale"])
    value = 0.0 if rng.random() < 0.1 else rng.uniform(-2.0, 2.0)
    return EditSlice(target, op, value, gesture)


@pytest.mark.parametrize("seed", range(5))
def test_two_hundred_commands_undone_and_redone(desk: Desk, seed: int) -> None:
    rng = random.Random(seed)
    before = (desk.sha, desk.stack.controls)
    for number in range(200):
        desk.do(random_command(rng, number))
    after = (desk.sha, desk.stack.controls)
    for _ in range(2):
        undone = repeat(desk, Undo(), lambda: desk.stack.undoable)
        assert (desk.sha, desk.stack.controls) == before
        assert repeat(desk, Redo(), lambda: desk.stack.redoable) == undone
        assert (desk.sha, desk.stack.controls) == after
