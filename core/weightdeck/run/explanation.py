"""Where a number comes from: one line of arithmetic with its real operands, each of which may be explained in turn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from weightdeck.run.subjects import Subject

GELU_SCALE = math.sqrt(2.0 / math.pi)
GELU_CUBIC = 0.044715


class Rule(Enum):
    """How the terms make the value. The i-th term's product is t_i."""

    SUM = "sum"  # t_0 + t_1 + ...
    GELU = "gelu"  # t_0 times the normal distribution's share below t_0 (Hendrycks and Gimpel 2016)
    GELU_TANH = "gelu_tanh"  # the tanh form of GPT-2
    SOFTMAX = "softmax"  # exp t_0 over the sum of all exp t_i: the value's own score comes first
    LOG_LOSS = "log_loss"  # log of the sum of all exp t_i, minus t_0: the true token's logit comes first
    MEAN = "mean"  # the sum over the number of terms
    GIVEN = "given"  # t_0 itself: a parameter, or what a clamp or the mask says


@dataclass(frozen=True, slots=True)
class Operand:
    """One factor of a term."""

    label: str  # short: "norm 31", "weight", "1 / sqrt(16)"
    value: float
    subject: Subject | None = None  # what explains it in turn; None for a constant


@dataclass(frozen=True, slots=True)
class Term:
    """The product of its operands, one to four."""

    operands: tuple[Operand, ...]

    @property
    def value(self) -> float:
        return math.prod(operand.value for operand in self.operands)


@dataclass(frozen=True, slots=True)
class Fact:
    """A named number on the way, in the order in which it is made: mean, spread, clip factor, Adam's moments."""

    label: str  # plain words
    symbol: str  # as in the formula
    value: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a number is what it is. `value` is the number as it is displayed, float32; the terms are read from the same
    computation, and put together in float64 they make it (`recombined`) up to rounding.
    """

    subject: Subject
    step: int  # of the weights that it was computed with
    title: str  # plain words: "neuron 71 of block 1 at “i” (token 3)"
    value: float
    rule: Rule
    symbols: str  # the formula: "b + sum of x × w"
    numbers: str  # the same with its real numbers: "-0.0312 + 1.0286 = 0.9974"
    terms: tuple[Term, ...]  # in the order of the formula
    facts: tuple[Fact, ...] = ()
    note: str = ""  # a sentence: masked, clamped, an approximation ...
    related: tuple[tuple[str, Subject], ...] = ()  # more to ask, in words: "why it changed in step 1,240"

    @property
    def largest(self) -> tuple[int, ...]:
        """Places of the terms, those that matter most first: the largest products, of a softmax the largest shares."""
        is_softmax = self.rule in (Rule.SOFTMAX, Rule.LOG_LOSS)
        sizes = [term.value if is_softmax else abs(term.value) for term in self.terms]
        return tuple(sorted(range(len(sizes)), key=lambda place: -sizes[place]))


def recombined(explanation: Explanation) -> float:
    """The value once more from the terms, in float64."""
    return _RULES[explanation.rule]([term.value for term in explanation.terms])


def size(explanation: Explanation) -> float:
    """The sum of the terms' absolute values: what rounding errors are measured against."""
    return sum(abs(term.value) for term in explanation.terms if math.isfinite(term.value))


def _softmax(terms: Sequence[float]) -> float:
    highest = max(terms)
    return math.exp(terms[0] - highest) / sum(math.exp(term - highest) for term in terms)


def _log_loss(terms: Sequence[float]) -> float:
    highest = max(terms)
    return math.log(sum(math.exp(term - highest) for term in terms)) + highest - terms[0]


def _gelu(terms: Sequence[float]) -> float:
    (x,) = terms
    return 0.5 * x * (1.0 + math.erf(x / math.sqrt(2.0)))


def _gelu_tanh(terms: Sequence[float]) -> float:
    (x,) = terms
    return 0.5 * x * (1.0 + math.tanh(GELU_SCALE * (x + GELU_CUBIC * x**3)))


_RULES: dict[Rule, Callable[[Sequence[float]], float]] = {
    Rule.SUM: math.fsum,
    Rule.GELU: _gelu,
    Rule.GELU_TANH: _gelu_tanh,
    Rule.SOFTMAX: _softmax,
    Rule.LOG_LOSS: _log_loss,
    Rule.MEAN: lambda terms: math.fsum(terms) / len(terms),
    Rule.GIVEN: lambda terms: terms[0],
}
