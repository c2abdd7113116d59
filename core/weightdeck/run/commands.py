"""The only things that change a model beside training itself: frozen commands, journalled with their step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from weightdeck.run.layout import Layout
from weightdeck.run.slices import Direction, ParameterSlice, SliceValues
from weightdeck.run.spec import HYPERPARAMETERS
from weightdeck.run.strips import (
    LARGEST_CLAMP,
    MUTES,
    SCOPES,
    ClampTo,
    MuteTo,
    Neuron,
    Scope,
    Strip,
    StripSetting,
)

EditOp = Literal["set", "add", "scale"]
MOST_NOISE = 100.0
LARGEST_VALUE = 1e6  # beyond this a float32 model can only overflow


@dataclass(frozen=True, slots=True)
class SetHyperparameter:
    """Change one training setting from the next step on. Commands of one `gesture` are one undo entry."""

    name: str
    value: float
    gesture: int | None = None


@dataclass(frozen=True, slots=True)
class EditSlice:
    """Change a slice of the parameters.

    ``set`` writes `value` everywhere, ``add`` adds it, ``scale`` multiplies by it; with a `reference` it scales so that
    the slice's root mean square becomes `value` times `reference`, whatever it was. `along` a direction, ``add`` moves
    the slice by `value` in that direction, and ``set`` moves it until its inner product with the direction is `value`.
    Within one `gesture` (a drag) all count from the slice as it was when the gesture began, so a drag may pass through
    zero and come back. A slice that was scaled to exactly zero, and is zero still, is scaled from the values that it
    had before.
    """

    target: ParameterSlice
    op: EditOp
    value: float
    gesture: int | None = None
    reference: float | None = None
    along: Direction | None = None


@dataclass(frozen=True, slots=True)
class Reinitialise:
    """Draw a slice anew from the distribution that its tensor began with. Draw 0 gives the run's own start again."""

    target: ParameterSlice
    draw: int = 0


@dataclass(frozen=True, slots=True)
class AddNoise:
    """Add normal noise to a slice. Its standard deviation is `spreads` times that of the tensor's numbers, or times
    0.02 where theirs is smaller. The same `draw` at the same step is the same noise.
    """

    target: ParameterSlice
    spreads: float
    draw: int = 0


@dataclass(frozen=True, slots=True)
class Paste:
    """Write copied numbers into a slice that holds as many, row by row."""

    target: ParameterSlice
    values: SliceValues


@dataclass(frozen=True, slots=True)
class HoldSlices:
    """Hold slices, bit-identical while the rest trains, or let go those that are held. The hand may still turn them."""

    targets: tuple[ParameterSlice, ...]
    held: bool = True


@dataclass(frozen=True, slots=True)
class SetStrip:
    """Set the controls of one channel strip. Commands of one `gesture` are one undo entry."""

    strip: Strip
    setting: StripSetting
    gesture: int | None = None


@dataclass(frozen=True, slots=True)
class SetClamp:
    """Hold one activation at a value or at its mean over the validation data, at every token; None lets it go."""

    neuron: Neuron
    to: ClampTo | None
    gesture: int | None = None


@dataclass(frozen=True, slots=True)
class SetScope:
    """Say whether strips and clamps act in training and prediction alike, or in prediction only."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class SetMuteTo:
    """Say what a muted strip writes: nothing, or its mean over the validation data."""

    mute_to: MuteTo


@dataclass(frozen=True, slots=True)
class ResetStrips:
    """Open every strip and let every clamp go."""


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back the newest `count` entries that are not taken back yet."""

    count: int = 1


@dataclass(frozen=True, slots=True)
class Redo:
    """Apply again what the newest `count` undos took back."""

    count: int = 1


SliceCommand = EditSlice | Reinitialise | AddNoise | Paste
ControlCommand = SetHyperparameter | HoldSlices | SetStrip | SetClamp | SetScope | SetMuteTo | ResetStrips
Command = SliceCommand | ControlCommand | Undo | Redo

# What the moves of one drag may differ in.
_TURNED: dict[type[Any], str] = {
    SetHyperparameter: "value",
    EditSlice: "value",
    SetStrip: "setting",
    SetClamp: "to",
}


def continues(command: Command, last: Command) -> bool:
    """Whether `command` is the next move of the drag that `last` belongs to: same gesture, same thing in the hand."""
    turned = _TURNED.get(type(last))
    if turned is None or type(command) is not type(last) or getattr(last, "gesture", None) is None:
        return False
    moved: Command = replace(last, **{turned: getattr(command, turned)})
    return moved == command


def check_command(command: Command, layout: Layout) -> None:
    """Raise ``ValueError`` with a sentence for the user when `command` cannot apply to this model."""
    check = _CHECKS[type(command)]
    check(command, layout)


def _check_setting(command: SetHyperparameter, _layout: Layout) -> None:
    if command.name not in HYPERPARAMETERS:
        raise ValueError(
            f"There is no training setting called {command.name!r}; known: {', '.join(HYPERPARAMETERS)}."
        )
    HYPERPARAMETERS[command.name].check(command.value)


def _check_edit(command: EditSlice, layout: Layout) -> None:
    op, value, reference = command.op, command.value, command.reference
    command.target.info(layout)
    if op not in ("set", "add", "scale"):
        raise ValueError(f"A weight can be set, added to or scaled; {op!r} is none of these.")
    if not abs(value) < math.inf:
        raise ValueError(f"A weight must be a finite number; {value!r} is not.")
    if abs(value) > LARGEST_VALUE:
        written = f"{value:g}" if abs(value) < 1e300 else "That"  # a whole number can be beyond every float
        raise ValueError(f"{written} is too large: the model can only hold numbers up to {LARGEST_VALUE:g}.")
    if reference is not None and not (op == "scale" and 0.0 < reference <= LARGEST_VALUE):
        raise ValueError(f"Only a scale has a reference, and it must be above 0; it is {reference!r}.")
    if command.along is not None:
        _check_direction(command, command.along, layout)


def _check_direction(command: EditSlice, along: Direction, layout: Layout) -> None:
    if command.op == "scale":
        raise ValueError("A slice is set or added to along a direction, not scaled.")
    if along.values.shape != command.target.shape(layout):
        raise ValueError(
            f"The direction has the shape {along.values.shape}, not that of {command.target}, "
            f"{command.target.shape(layout)}."
        )
    length = float(np.linalg.norm(along.values.array().astype(np.float64)))
    if not abs(length - 1.0) < 1e-3:
        raise ValueError(f"A direction must have the length 1; this one has {length:g}.")


def _check_reinitialise(command: Reinitialise, layout: Layout) -> None:
    command.target.info(layout)
    _check_draw(command.draw)


def _check_noise(command: AddNoise, layout: Layout) -> None:
    command.target.info(layout)
    _check_draw(command.draw)
    if not (math.isfinite(command.spreads) and 0.0 < command.spreads <= MOST_NOISE):
        raise ValueError(
            f"Noise needs a strength above 0 and up to {MOST_NOISE:g} spreads; it is {command.spreads!r}."
        )


def _check_draw(draw: int) -> None:
    if draw < 0:
        raise ValueError(f"A draw is counted from 0; {draw} is not.")


def _check_paste(command: Paste, layout: Layout) -> None:
    size, found = command.target.size(layout), math.prod(command.values.shape)
    if found != size:
        raise ValueError(f"{found:,} numbers were copied, but {command.target} holds {size:,}.")
    values = command.values.array()
    if not (np.isfinite(values).all() and np.abs(values).max() <= LARGEST_VALUE):
        raise ValueError(f"Only finite numbers up to {LARGEST_VALUE:g} can be pasted.")


def _check_hold(command: HoldSlices, layout: Layout) -> None:
    if not command.targets:
        raise ValueError("There is nothing to hold: name a slice.")
    for target in command.targets:
        target.info(layout)


def _check_strip(command: SetStrip, layout: Layout) -> None:
    command.strip.check(layout.model)
    command.setting.check()


def _check_clamp(command: SetClamp, layout: Layout) -> None:
    command.neuron.check(layout.model)
    to = command.to
    if isinstance(to, str):
        if to != "mean":
            raise ValueError(f"An activation is held at a number or at its mean; {to!r} is neither.")
    elif to is not None and not (math.isfinite(to) and abs(to) <= LARGEST_CLAMP):
        raise ValueError(f"An activation is held at a finite number up to {LARGEST_CLAMP:g}; {to!r} is none.")


def _check_scope(command: SetScope, _layout: Layout) -> None:
    if command.scope not in SCOPES:
        raise ValueError(f"Strips act on {' or '.join(SCOPES)}; {command.scope!r} is neither.")


def _check_mute_to(command: SetMuteTo, _layout: Layout) -> None:
    if command.mute_to not in MUTES:
        raise ValueError(f"A muted strip goes to {' or '.join(MUTES)}; {command.mute_to!r} is neither.")


def _check_count(command: Undo | Redo, _layout: Layout) -> None:
    if command.count < 1:
        raise ValueError(f"At least one entry is taken back or repeated; {command.count} is too few.")


_CHECKS: dict[type[Any], Callable[[Any, Layout], None]] = {
    SetHyperparameter: _check_setting,
    EditSlice: _check_edit,
    Reinitialise: _check_reinitialise,
    AddNoise: _check_noise,
    Paste: _check_paste,
    HoldSlices: _check_hold,
    SetStrip: _check_strip,
    SetClamp: _check_clamp,
    SetScope: _check_scope,
    SetMuteTo: _check_mute_to,
    ResetStrips: lambda _command, _layout: None,
    Undo: _check_count,
    Redo: _check_count,
}
