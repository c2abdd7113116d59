"""What a comparison of two moments says: the rows of its tables and its sentences. No widgets."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from weightdeck.run.document import DocumentStatus, Place
from weightdeck.run.history import Smoother
from weightdeck.run.queries import MomentComparison
from weightdeck.run.spec import HYPERPARAMETERS
from weightdeck.run.words import tensor_title
from weightdeck_desktop.panels.compare_table import TableRow
from weightdeck_desktop.panels.token_words import next_tokens
from weightdeck_desktop.widgets.plain_number import plain_number

SMOOTHING = 0.9
Curve = NDArray[np.float64]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Compare", text)


def place_words(place: Place, document: DocumentStatus) -> str:
    """ "step 1,240", and of which branch where there are several."""
    step = _tr("step {0:,}").format(place.step)
    if len(document.branches) < 2:
        return step
    return _tr("{0} of “{1}”").format(step, document.branches[place.branch].name)


def smoothed_until(curve: Curve, place: Place) -> Curve:
    """(rows, 2) step and smoothed loss of the steps that led to a moment."""
    rows = curve[curve[:, 0] < place.step]
    smoother = Smoother(SMOOTHING)
    return np.column_stack([rows[:, 0], [smoother.add(loss) for loss in rows[:, 1].tolist()]])


def loss_words(a: Curve, b: Curve) -> str:
    """Both smoothed curves in a sentence: where they stand, and how far apart they are at equal steps."""
    if not len(a) or not len(b):
        which, curve = ("B", b) if len(b) else ("A", a)
        if not len(curve):
            return _tr("Both stand at step 0: no loss has been measured.")
        other = "A" if which == "B" else "B"
        return _tr("{0} stands at step 0 and has no curve. {1} ends at {2:.3f} nats.").format(
            other, which, curve[-1, 1]
        )
    ends = _tr("A ends at {0:.3f} nats, B at {1:.3f}.").format(a[-1, 1], b[-1, 1])
    shared = min(len(a), len(b))
    differing = np.flatnonzero(a[:shared, 1] != b[:shared, 1])
    if not len(differing):
        return f"{ends} " + _tr("They are the same for the {0:,} steps that both made.").format(shared)
    step, difference = int(a[shared - 1, 0]), float(b[shared - 1, 1] - a[shared - 1, 1])
    first = int(a[differing[0], 0])
    side = _tr("higher") if difference > 0 else _tr("lower")
    apart = _tr("At step {0:,}, the last that both made, B is {1:.3f} nats {2}.").format(
        step, abs(difference), side
    )
    return f"{ends} {apart} " + _tr("They part at step {0:,}.").format(first)


def prediction_rows(comparison: MomentComparison, vocabulary: Sequence[str]) -> list[TableRow]:
    """Of each prompt every token, the likeliest in either first; the bar is B, its ghost A."""
    names = next_tokens(vocabulary)
    rows: list[TableRow] = []
    if not comparison.prompts:
        return [TableRow((_tr("There is no prompt to compare with."),))]
    for (text, _), (a, b), nats in zip(
        comparison.prompts, comparison.probs, comparison.divergences, strict=True
    ):
        title = _tr("after “{0}”").format(text)
        rows.append(TableRow((title, _tr("p in A"), _tr("p in B"), _tr("change")), is_heading=True))
        tip = _tr(
            "How much worse B predicts what A expects: Kullback-Leibler divergence KL(A || B), {0} nats"
        ).format(plain_number(nats, 4))
        rows.append(TableRow((_tr("difference (KL)"), "", "", f"{plain_number(nats, 3)} nats"), tip=tip))
        for token in np.argsort(-np.maximum(a, b), kind="stable").tolist():
            old, new = float(a[token]), float(b[token])
            points = plain_number(100.0 * (new - old), 1, "+")
            rows.append(
                TableRow(
                    (names[token], plain_number(old, 3), plain_number(new, 3), f"{points} pt"),
                    bar=new,
                    ghost=old,
                    tip=_tr("{0}: probability {1} in A, {2} in B, {3} percentage points").format(
                        names[token], plain_number(old, 4), plain_number(new, 4), points
                    ),
                )
            )
    return rows


def tensor_rows(comparison: MomentComparison) -> list[TableRow]:
    """Every parameter tensor: how large the change is beside what it was, and in numbers."""
    shares = [change / size if size else math.inf for _, size, change in comparison.tensors]
    longest = max((share for share in shares if 0.0 < share < math.inf), default=1.0)
    tip = _tr("Root mean square of B − A, and of A itself; the bar is the first by the second")
    heading = (_tr("tensor"), _tr("B − A (rms)"), _tr("of A"))
    rows = [TableRow(heading, is_heading=True, tip=tip)]
    for (name, size, change), share in zip(comparison.tensors, shares, strict=True):
        was_zero = math.isinf(share) or size == 0.0
        relative = (_tr("was 0") if change else "0 %") if was_zero else _percent(share)
        rows.append(
            TableRow(
                (tensor_title(name), plain_number(change, 4), relative),
                bar=0.0 if was_zero else share / longest,
                tip=_tr("{0}\nB − A: {1} rms · A: {2} rms · {3}").format(
                    name, plain_number(change, 6), plain_number(size, 6), relative
                ),
            )
        )
    return rows


def setting_rows(comparison: MomentComparison) -> list[TableRow]:
    """What was set otherwise."""
    if not comparison.settings:
        return [TableRow((_tr("No setting differs."),))]
    rows = [TableRow((_tr("setting"), _tr("in A"), _tr("in B")), is_heading=True)]
    for name, in_a, in_b in comparison.settings:
        known = HYPERPARAMETERS.get(name)
        words = name if known is None else known.label
        tip = _tr("{0}: {1} in A, {2} in B").format(name, in_a, in_b)
        if name == "seed":
            tip += "\n" + _tr("Another seed draws other first weights and divides the data anew.")
        rows.append(TableRow((words, in_a, in_b), tip=tip))
    return rows


def journal_rows(comparison: MomentComparison) -> list[TableRow]:
    """What was done only on the way to A, and only on the way to B."""
    rows: list[TableRow] = []
    for title, commands in zip((_tr("only in A"), _tr("only in B")), comparison.journal, strict=True):
        rows.append(TableRow((f"{title} · {len(commands)}",), is_heading=True))
        rows += [TableRow((words,)) for words in commands or (_tr("nothing"),)]
    return rows


def csv_rows(comparison: MomentComparison, vocabulary: Sequence[str]) -> list[list[str]]:
    """All of it, one kind below the other."""
    a, b = comparison.a, comparison.b
    rows = [["kind", "name", f"a_branch_{a.branch}_step_{a.step}", f"b_branch_{b.branch}_step_{b.step}"]]
    names = next_tokens(vocabulary)
    for (text, _), (old, new), nats in zip(
        comparison.prompts, comparison.probs, comparison.divergences, strict=True
    ):
        rows.append(["kl_nats", text, "", repr(nats)])
        pairs = zip(names, old.tolist(), new.tolist(), strict=True)
        rows += [["probability", f"{text} > {name}", repr(p), repr(q)] for name, p, q in pairs]
    rows += [["rms_of_a_and_of_b_minus_a", name, repr(size), repr(d)] for name, size, d in comparison.tensors]
    rows += [["setting", *setting] for setting in comparison.settings]
    rows += [["only_in_a", words, "1", ""] for words in comparison.journal[0]]
    rows += [["only_in_b", words, "", "1"] for words in comparison.journal[1]]
    for kind, curves in (
        ("train_loss_nats", comparison.losses),
        ("validation_loss_nats", comparison.validation),
    ):
        of_a, of_b = (dict(curve.tolist()) for curve in curves)
        for step in sorted(of_a | of_b):
            cells = ["" if step not in curve else repr(curve[step]) for curve in (of_a, of_b)]
            rows.append([kind, f"{step:.0f}", *cells])
    return rows


def _percent(share: float) -> str:
    return f"{100 * share:,.0f} %" if share >= 0.1 or share == 0.0 else f"{100 * share:.2g} %"
