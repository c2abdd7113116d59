"""Numbers that are shown and are not what the reference says: which they are, and how that is said. No widgets."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from weightdeck.run.audit import Mismatch
from weightdeck.run.frame import Prediction
from weightdeck.run.inside import Floats
from weightdeck.run.subjects import InPrompt
from weightdeck_desktop.panels.explain_words import plain_figure
from weightdeck_desktop.panels.tap_source import ShownTaps


def wrong_numbers(mismatches: Sequence[Mismatch], shown: ShownTaps, tap: str) -> dict[tuple[int, ...], float]:
    """By their index, what the reference says of the wrong numbers of a tap that `shown` has.

    Only of a prompt's own pass: nothing else is checked.
    """
    if not isinstance(shown.where, InPrompt) or shown.is_patched:
        return {}
    values, text = shown.values[tap], shown.where.text
    return {
        each.index: each.expected
        for each in mismatches
        if (each.prompt, each.tap, each.step) == (text, tap, shown.step)
        and _is_seen(each, each.index, values)
    }


def wrong_probabilities(mismatches: Sequence[Mismatch], prediction: Prediction, step: int) -> dict[int, str]:
    """By their token, what is said of the wrong numbers among the probabilities of a step."""
    address = (prediction.prompt.text, "probs", step)
    last = len(prediction.prompt.ids) - 1
    return {
        each.index[1]: reference_words(each.expected)
        for each in mismatches
        if (each.prompt, each.tap, each.step) == address
        and each.index[0] == last
        and _is_seen(each, each.index[1:], prediction.probs)
    }


def reference_words(expected: float) -> str:
    """What is said of a wrong number."""
    return _tr("! the reference says {0}").format(plain_figure(expected))


def _is_seen(mismatch: Mismatch, index: tuple[int, ...], values: Floats) -> bool:
    """Whether it is the very number that was found wrong: at the same step a hand may have made another of it."""
    if len(index) != values.ndim or any(a >= b for a, b in zip(index, values.shape, strict=True)):
        return False
    value = float(values[index])
    return value == mismatch.shown or (math.isnan(value) and math.isnan(mismatch.shown))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Mismatches", text)
