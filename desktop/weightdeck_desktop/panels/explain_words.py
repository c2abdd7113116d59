"""How an explanation is told: its numbers as a person reads them, its check, and all of it as plain text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from weightdeck.run.explanation import Explanation, Rule, Term, recombined, size
from weightdeck.run.subjects import InBatch, InPrompt, TapCell, TapGradient, TokenLoss, WeightGradient
from weightdeck_desktop.widgets.plain_number import plain_number

TOLERANCE = 4e-6  # of the sum of the absolute terms: more than float32 rounding makes
WIDEST = "−0.000e-0"  # as a `figure` down to 1e-9; a smaller one takes a sign's room of the gap beside it


def figure(value: float, sign: str = "+") -> str:
    """A number to four significant digits for a column: "+1.924", "−0.004021", "−2.143e-4", "−∞"."""
    if not math.isfinite(value):
        return _unlimited(value)
    size_ = abs(value)
    if size_ == 0.0:
        return "0"
    if 0.001 <= size_ < 10_000.0:
        decimals = max(1, 3 - math.floor(math.log10(size_)))
        return _with_minus(f"{value:{sign}.{decimals}f}", value)
    return _scientific(value, 3, sign)


def short_figure(value: float) -> str:
    """The same without what says nothing: no plus, no zeros at the end."""
    if not math.isfinite(value):
        return _unlimited(value)
    if value == 0.0 or 0.001 <= abs(value) < 10_000.0:
        return _with_minus(f"{value:.4g}", value)
    mantissa, exponent = f"{value:.3e}".split("e")
    return _with_minus(f"{float(mantissa):g}e{int(exponent)}", value)


def plain_figure(value: float) -> str:
    """A number that stands alone, to six digits."""
    if not math.isfinite(value):
        return _unlimited(value)
    if value == 0.0 or 0.001 <= abs(value) < 1e6:
        return _with_minus(f"{value:.6g}", value)
    return _scientific(value, 5, "")


def exact(value: float) -> str:
    """Every digit that a float32 has, to be read by a machine."""
    return f"{value:.9g}"


def tiny(value: float) -> str:
    """How large a difference is, to one digit: "3e-9"."""
    if value == 0.0 or not math.isfinite(value):
        return "0" if value == 0.0 else _unlimited(value)
    return _scientific(abs(value), 0, "")


def together(explanation: Explanation) -> float:
    """`recombined`, and NaN where infinities meet, as they do in a model that has diverged."""
    try:
        return recombined(explanation)
    except (ValueError, OverflowError):
        return math.nan


def adds_up(explanation: Explanation) -> bool:
    """Whether the terms make the value that is shown, up to rounding."""
    value, again = explanation.value, together(explanation)
    if value == again or (math.isnan(value) and math.isnan(again)):
        return True
    return abs(again - value) <= TOLERANCE * max(size(explanation), abs(value))


def check_words(explanation: Explanation) -> str:
    """What the terms make together, beside what is shown."""
    value, again = explanation.value, together(explanation)
    is_same = value == again or (math.isnan(value) and math.isnan(again))
    if is_same and not math.isfinite(value):  # of which there is no difference
        return _tr("together {0}, as shown").format(plain_figure(value))
    difference = 0.0 if is_same else again - value
    return _tr("together {0} · shown {1} · difference {2}").format(
        plain_figure(again), plain_figure(value), tiny(difference)
    )


def is_of_shares(explanation: Explanation) -> bool:
    """Whether the terms are scores, each of which has a share of a sum of exponentials."""
    return explanation.rule in (Rule.SOFTMAX, Rule.LOG_LOSS)


def parts(explanation: Explanation) -> list[float]:
    """What every term does: its product, its part of a mean, or its share of a softmax."""
    values = [term.value for term in explanation.terms]
    if explanation.rule is Rule.MEAN:
        return [value / len(values) for value in values]
    if not is_of_shares(explanation):
        return values
    highest = max(values)
    raised = [math.exp(value - highest) for value in values]
    whole = math.fsum(raised)
    return [each / whole for each in raised]


def by_size(made: Sequence[float]) -> list[int]:
    """Places of `parts`, the largest first, those that are no number before all."""
    return sorted(
        range(len(made)), key=lambda place: -abs(made[place]) if made[place] == made[place] else -math.inf
    )


def total(made: Sequence[float]) -> float:
    """Their sum, NaN where infinities meet."""
    try:
        return math.fsum(made)
    except (ValueError, OverflowError):
        return math.nan


def share_figure(part: float) -> str:
    """A share in per cent: "12.34 %", "0.004 %", "3e-6 %"."""
    return _tr("{0} %").format(plain_number(100.0 * part, 2) if part else "0")


def pass_words(explanation: Explanation) -> str:
    """Whose number it is, and of which step: 'of “chri” · step 468', "sequence 3 of the batch · step 469"."""
    match explanation.subject:
        case TapCell(InPrompt(text), _, _):
            whose = _tr("of “{0}”").format(text) if text else _tr("of the empty prompt")
        case TapCell(InBatch(row), _, _) | TapGradient(row, _, _) | TokenLoss(row, _):
            whose = _tr("sequence {0} of the batch").format(row)
        case WeightGradient():
            whose = _tr("the whole batch")
        case _:
            whose = ""
    step = _tr("step {0:,}").format(explanation.step)
    return f"{whose} · {step}" if whose else step


def heading(explanation: Explanation, shown: int) -> str:
    """What the rows of terms are."""
    count = len(explanation.terms)
    if is_of_shares(explanation):
        words = _tr("largest of {0:,} shares") if shown < count else _tr("{0:,} shares")
    elif count == 1:
        return _tr("made from")
    elif explanation.rule is Rule.MEAN:
        words = _tr("largest of {0:,} parts of the mean") if shown < count else _tr("{0:,} parts of the mean")
    else:
        words = _tr("largest of {0:,} terms") if shown < count else _tr("sum of {0:,} terms")
    return words.format(count)


def term_words(explanation: Explanation, place: int) -> str:
    """The name of a term: its first operand's, or all of more than two. In a softmax and a loss the first term is the
    one that is asked about.
    """
    operands = explanation.terms[place].operands
    label = operands[0].label
    if len(operands) > 2:
        label = " × ".join(operand.label for operand in operands)
    if place == 0 and explanation.rule is Rule.SOFTMAX:
        return _tr("{0} (this)").format(label)
    if place == 0 and explanation.rule is Rule.LOG_LOSS:
        return _tr("{0} (came next)").format(label)
    return label


def term_tip(term: Term) -> str:
    """A term with all its digits."""
    factors = " × ".join(f"{operand.label} {exact(operand.value)}" for operand in term.operands)
    return factors if len(term.operands) == 1 else f"{factors} = {exact(term.value)}"


def as_text(explanation: Explanation) -> str:
    """The whole explanation as lines of plain text, its numbers with every digit."""
    lines = [
        f"{explanation.subject} = {exact(explanation.value)}",
        explanation.title,
        pass_words(explanation),
        explanation.symbols,
        explanation.numbers,
        *(term_tip(term) for term in explanation.terms),
        _tr("together {0}").format(exact(together(explanation))),
        *(f"{fact.label} ({fact.symbol}): {exact(fact.value)}" for fact in explanation.facts),
        explanation.note,
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _scientific(value: float, decimals: int, sign: str) -> str:
    mantissa, exponent = f"{value:{sign}.{decimals}e}".split("e")
    return _with_minus(f"{mantissa}e{int(exponent)}", value)


def _with_minus(text: str, value: float) -> str:
    return text.replace("-", "−", 1) if value < 0.0 else text


def _unlimited(value: float) -> str:
    return "NaN" if math.isnan(value) else "∞" if value > 0.0 else "−∞"


def _tr(text: str) -> str:
    return QCoreApplication.translate("ExplainWords", text)
