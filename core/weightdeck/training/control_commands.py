"""What each command that is no edit of a slice makes of the controls."""

from __future__ import annotations

from dataclasses import replace

from weightdeck.run.commands import (
    Command,
    HoldSlices,
    ResetStrips,
    SetClamp,
    SetHyperparameter,
    SetMuteTo,
    SetScope,
    SetStrip,
)
from weightdeck.run.controls import Controls
from weightdeck.run.layout import Layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.strips import Mix


def controls_after(command: Command, now: Controls, layout: Layout) -> Controls:
    """The controls with the command carried out. Raises ``ValueError`` with a sentence when that cannot be."""
    match command:
        case SetHyperparameter(name, value):
            return replace(now, hyperparameters=now.hyperparameters.with_value(name, value))
        case HoldSlices(targets, held):
            return replace(now, held=_held(targets, now.held) if held else _let_go(targets, now.held, layout))
        case _:
            return replace(now, mix=_mixed(command, now.mix))


def _mixed(command: Command, now: Mix) -> Mix:
    match command:
        case SetStrip(strip, setting):
            return now.with_strip(strip, setting)
        case SetClamp(neuron, to):
            return now.with_clamp(neuron, to)
        case SetScope(scope):
            return replace(now, scope=scope)
        case SetMuteTo(mute_to):
            return replace(now, mute_to=mute_to)
        case ResetStrips():
            return replace(now, strips=(), clamps=())
    raise AssertionError(f"{command!r} changes no control")


def _held(
    targets: tuple[ParameterSlice, ...], held: tuple[ParameterSlice, ...]
) -> tuple[ParameterSlice, ...]:
    return (*held, *(target for target in dict.fromkeys(targets) if target not in held))


def _let_go(
    targets: tuple[ParameterSlice, ...], held: tuple[ParameterSlice, ...], layout: Layout
) -> tuple[ParameterSlice, ...]:
    """What is held without `targets` and all that lies in them."""
    left = tuple(each for each in held if not any(target.covers(each, layout) for target in targets))
    for target in targets:
        for each in left:
            if each.covers(target, layout):
                raise ValueError(f"{target} is held as a part of {each}: let go of that.")
    if left == held:
        raise ValueError("Nothing of that is held.")
    return left
