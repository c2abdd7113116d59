"""What is known of a head, in one line, in many, and as rows of a file. No widgets."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication

from weightdeck.run.heads import PATTERNS, HeadScores, labels
from weightdeck.run.inside import Floats
from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.panels.attention_readings import HeadReading
from weightdeck_desktop.panels.attention_words import (
    head_entropy,
    label_words,
    pattern_words,
    prompt_scores,
    score_lines,
    unsure_words,
)


def facts(reading: HeadReading, measured: HeadScores | None, step: int) -> str:
    """One line: which head, what it was named after, on which text that was measured at which `step`, and how much of
    it there is here.
    """
    parts = [_tr("head {0}.{1}").format(reading.block, reading.head)]
    here = _here(reading)
    if measured is not None:
        named = labels(measured)[reading.block][reading.head]
        for label in named:
            place = PATTERNS.index(label.pattern)
            words = _tr(
                "{0} {1:.2f} (even attention {2:.2f}) over {3:,} positions of the validation data, step {4:,}"
            )
            words = words.format(
                *(pattern_words(label.pattern), label.score, float(measured.even[place])),
                *(int(measured.positions[place]), step),
            )
            if here is not None and not math.isnan(here[place]):
                words += _tr("; here {0:.2f}").format(here[place])
            parts.append(words)
        if not named:
            parts.append(_tr("no pattern measured"))
    if reading.pattern is not None and reading.is_share:
        unsure = unsure_words(head_entropy(reading.pattern))
        parts += [_tr("here {0}").format(unsure)] if unsure else []
    return " · ".join(parts)


def details(
    head: tuple[int, int], reading: HeadReading | None, measured: HeadScores | None, step: int
) -> str:
    """Everything, a line for each: names, scores over the data and on this prompt, entropy of both."""
    block, place = head
    lines = [_tr("head {0}.{1}").format(block, place)]
    here = None if reading is None else _here(reading)
    if measured is not None:
        named = label_words(labels(measured)[block][place]) or _tr("no pattern measured")
        lines.append(_tr("{0} · over the validation data, step {1:,}").format(named, step))
    lines.append(score_lines(measured, block, place, here))
    if measured is not None and not math.isnan(measured.entropy[block, place]):
        over_data = unsure_words(float(measured.entropy[block, place]))
        lines.append(_tr("over the data {0}").format(over_data))
    if here is not None and reading is not None and reading.pattern is not None:
        unsure = unsure_words(head_entropy(reading.pattern))
        lines += [_tr("on this prompt {0}").format(unsure)] if unsure else []
    return "\n".join(lines)


def heads_table(
    measured: HeadScores | None, patterns: dict[int, Floats], model: ModelSpec
) -> list[list[str]]:
    """A row for every head under a row of headings; what is not known is empty."""
    heading = ["block", "head", "entropy on this prompt (nats)", "entropy over the data (nats)"]
    rows = [[*heading, *(f"{pattern} score" for pattern in PATTERNS)]]
    if measured is not None:
        rows.append(["", "even attention", "", "", *map(_number, measured.even.tolist())])
    for block in range(model.n_layer):
        for head in range(model.n_head):
            here = head_entropy(patterns[block][head]) if block in patterns else math.nan
            row = [str(block), str(head), _number(here)]
            if measured is not None:
                row += [_number(float(measured.entropy[block, head]))]
                row += map(_number, measured.scores[block, head].tolist())
            rows.append(row + [""] * (len(rows[0]) - len(row)))
    return rows


def _here(reading: HeadReading) -> Floats | None:
    """(P,) attention to the places of every pattern in what is shown; None where there is no attention."""
    if reading.pattern is None or not reading.is_share:
        return None
    return prompt_scores(reading.pattern, reading.ids)


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def _tr(text: str) -> str:
    return QCoreApplication.translate("Attention", text)
