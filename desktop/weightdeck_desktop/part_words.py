"""Words for the three parts of a training step, and for what is known of the one in hand."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from weightdeck.run.half_step import HalfStep, Stage
from weightdeck.run.words import number

translate = QCoreApplication.translate


def part_title(stage: Stage) -> str:
    """The part that comes after `stage`."""
    match stage:
        case Stage.NOTHING:
            return translate("Parts", "Forward")
        case Stage.FORWARD:
            return translate("Parts", "Backward")
        case Stage.BACKWARD:
            return translate("Parts", "Update")


def longest_part_title() -> str:
    return max((part_title(stage) for stage in Stage), key=len)


def part_tip(half: HalfStep) -> str:
    """What the next part does, and the numbers of those that were made."""
    known = known_words(half)
    return f"{_next_words(half.stage)}\n{known}" if known else _next_words(half.stage)


def known_words(half: HalfStep) -> str:
    """The numbers of the step in hand, in a sentence; "" while it has not been begun."""
    words = []
    if half.loss is not None:
        words.append(translate("Parts", "loss of its batch {0} nats per letter").format(f"{half.loss:.4g}"))
    if half.gradient_norm is not None:
        words.append(translate("Parts", "gradient norm {0}").format(f"{half.gradient_norm:.4g}"))
    if half.clip is not None:
        words.append(translate("Parts", "cut to ×{0} by clip").format(f"{half.clip:.3g}"))
    if half.learning_rate is not None:
        words.append(translate("Parts", "rate {0}").format(number(half.learning_rate)))
    return translate("Parts", "The step in hand: {0}.").format(", ".join(words)) if words else ""


def step_tip(stage: Stage) -> str:
    """What a whole step does when one is at `stage`."""
    if stage is Stage.NOTHING:
        return translate("Parts", "Make one training step and pause (.)")
    return translate("Parts", "Make what is left of this step and pause (.)")


def _next_words(stage: Stage) -> str:
    match stage:
        case Stage.NOTHING:
            return translate(
                "Parts",
                "The first of a step's three parts: send the batch through the model, which gives its loss, and pause "
                "(forward pass; ,)",
            )
        case Stage.FORWARD:
            return translate(
                "Parts",
                "The second of three parts: find out how each parameter changes the loss, and pause (backward pass, "
                "gradients; ,)",
            )
        case Stage.BACKWARD:
            return translate(
                "Parts",
                "The last of three parts: change the parameters by their gradients, and pause (update; ,)",
            )
