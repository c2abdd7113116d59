"""The only things that change a model beside training itself: frozen commands, journalled with their step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from weightdeck.run.layout import Layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import HYPERPARAMETERS

EditOp = Literal["set", "add", "scale"]
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
    the slice's root mean square becomes `value` times `reference`, whatever it was. Within one `gesture` (a drag) add
    and scale count from the slice as it was when the gesture began, so a drag may pass through zero and come back.
    A slice that was scaled to exactly zero, and is zero still, is scaled from the values that it had before.
    """

    target: ParameterSlice
    op: EditOp
    value: float
    gesture: int | None = None
    reference: float | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back the newest entry that is not taken back yet."""


@dataclass(frozen=True, slots=True)
class Redo:
    """Apply again what the newest undo took back."""


Command = SetHyperparameter | EditSlice | Undo | Redo


def check_command(command: Command, layout: Layout) -> None:
    """Raise ``ValueError`` with a sentence for the user when `command` cannot apply to this model."""
    match command:
        case SetHyperparameter(name, value):
            if name not in HYPERPARAMETERS:
                raise ValueError(
                    f"There is no training setting called {name!r}; known: {', '.join(HYPERPARAMETERS)}."
                )
            HYPERPARAMETERS[name].check(value)
        case EditSlice(target, op, value, reference=reference):
            target.info(layout)
            if op not in ("set", "add", "scale"):
                raise ValueError(f"A weight can be set, added to or scaled; {op!r} is none of these.")
            if not math.isfinite(value):
                raise ValueError(f"A weight must be a finite number; {value!r} is not.")
            if abs(value) > LARGEST_VALUE:
                raise ValueError(
                    f"{value:g} is too large: the model can only hold numbers up to {LARGEST_VALUE:g}."
                )
            if reference is not None and not (op == "scale" and 0.0 < reference <= LARGEST_VALUE):
                raise ValueError(
                    f"Only a scale has a reference, and it must be above 0; it is {reference!r}."
                )
        case Undo() | Redo():
            pass
