"""What is said of a prediction beside its baseline: which one, how far apart, what moved, what it costs. No widgets."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QCoreApplication

from weightdeck.run.frame import Baseline, DataCost, Prediction
from weightdeck_desktop.widgets.bars import GHOST_FROM, points_text
from weightdeck_desktop.widgets.plain_number import plain_number

MOST_NAMED = 3  # tokens that moved
SURE_ERRORS = 2.0  # a difference within so many standard errors of zero may be none
_MOST_DECIMALS = 5  # of a cost: what needs more is written as 2e-6


def baseline_words(baseline: Baseline, step: int | None) -> str:
    """ "without your last change", "as at step 840, last play"; `step` is the baseline's."""
    if baseline is Baseline.LAST or step is None:
        return _tr("without your last change")
    if baseline is Baseline.PLAY:
        return _tr("as at step {step:,}, last play").format(step=step)
    return _tr("as at step {step:,}, marked").format(step=step)


def lacking_words(baseline: Baseline) -> str:
    """Why there is nothing to compare with."""
    return {
        Baseline.LAST: _tr("you have changed nothing yet"),
        Baseline.PLAY: _tr("training has not been started yet"),
        Baseline.MARK: _tr("no moment is marked yet: Ctrl+M"),
    }[baseline]


def dashed_words(prediction: Prediction, baseline: Baseline, step: int | None) -> str:
    """What the dashed outlines are, and how far the present prediction is from them."""
    if prediction.before is None or prediction.divergence is None:
        return lacking_words(baseline)
    words = _tr("dashed: {what} · {nats} nats")
    nats = plain_number(abs(prediction.divergence), 2)  # rounding may leave it just below 0
    return words.format(what=baseline_words(baseline, step), nats=nats)


def moved_words(prediction: Prediction, names: Sequence[str]) -> str:
    """The tokens whose probability moved most, the largest first; without a baseline, what will stand here."""
    if prediction.before is None:
        return _tr("here: the letters that moved most")
    changes = prediction.probs.astype(np.float64) - prediction.before
    largest = np.argsort(-np.abs(changes), kind="stable")[:MOST_NAMED].tolist()
    moved = [
        f"{names[token]} {points_text(changes[token])}"
        for token in largest
        if abs(changes[token]) >= GHOST_FROM
    ]
    if not moved:
        return _tr("no letter moved by half a point")
    return _tr("moved most: {moved}").format(moved=", ".join(moved))


def cost_figures(cost: DataCost) -> str:
    """A cost in nats with as many decimals as its error needs to be seen, at least 3: "+0.031 ± 0.004"; "0" if exactly
    nothing is different.
    """
    if cost.nats == cost.error == 0.0:
        return "0"
    decimals = max(3, -math.floor(math.log10(cost.error))) if cost.error > 0.0 else 3
    if decimals <= _MOST_DECIMALS:
        return f"{cost.nats:+.{decimals}f} ± {cost.error:.{decimals}f}".replace("-", "−")
    return f"{plain_number(cost.nats, 4, '+')} ± {plain_number(cost.error, 3)}"


def cost_words(cost: DataCost | None, *, compares: bool) -> str:
    """What the way from the baseline to now costs on held-out data, as far as the sample can tell.

    What will stand here while there is no baseline to compare with.
    """
    if not compares:
        return _tr("here: what the change costs on the data")
    if cost is None:
        return _tr("on the data …")
    figures = cost_figures(cost)
    if cost.nats == cost.error == 0.0:
        return _tr("on the data no difference")
    if abs(cost.nats) <= SURE_ERRORS * cost.error:
        return _tr("on the data {figures}: may be chance").format(figures=figures)
    return _tr("on the data {figures} nats a letter").format(figures=figures)


def cost_tip(cost: DataCost) -> str:
    """How the cost was measured."""
    words = _tr(
        "Loss now minus loss before, over the same {items:,} held-out items, with its standard error; "
        "above 0 now is worse (nats per token). Within two errors of 0 the sample can show no difference. "
        "Measured at step {step:,}."
    )
    return words.format(items=cost.items, step=cost.step)


def _tr(text: str) -> str:
    return QCoreApplication.translate("comparison", text)
