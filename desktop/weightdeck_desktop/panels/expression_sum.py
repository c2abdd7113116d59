"""A small expression and what would become of it: the sum of products, its nonlinearity, and the user's "if"."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.explanation import Explanation, Operand, Rule, Term
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.subjects import WeightCell
from weightdeck_desktop.panels.explain_words import together

Cell = tuple[int, int]  # of a term, and of an operand in it


@dataclass(frozen=True, slots=True)
class Factor:
    """One number of a term that is shown on its own: what it is now, and what it would be."""

    cell: Cell
    operand: Operand
    value: float  # as it would be

    @property
    def weight(self) -> ParameterSlice | None:
        """The parameter that it is; None for an activation or a constant."""
        subject = self.operand.subject
        return ParameterSlice(subject.tensor, subject.index) if isinstance(subject, WeightCell) else None

    @property
    def is_changed(self) -> bool:
        return self.value != self.operand.value


@dataclass(frozen=True, slots=True)
class Expression:
    """`pre` is a sum of products, `post` what the nonlinearity makes of it. `ifs` are inputs as they would be."""

    pre: Explanation
    post: Explanation | None = None
    ifs: Mapping[Cell, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.pre.rule is Rule.SUM

    @property
    def is_changed(self) -> bool:
        return bool(self.ifs)

    def with_if(self, cell: Cell, value: float) -> Expression:
        """The same where one input is `value`; at its real value it is no longer an "if"."""
        term, operand = cell
        ifs = {other: kept for other, kept in self.ifs.items() if other != cell}
        if value != self.pre.terms[term].operands[operand].value:
            ifs[cell] = value
        return replace(self, ifs=ifs)

    def factors(self, place: int) -> tuple[Factor | None, Factor | None]:
        """The input and the weight of a term; a term of one number has only that one of the two that it is."""
        operands = self.pre.terms[place].operands
        made = [
            Factor((place, which), operand, self.ifs.get((place, which), operand.value))
            for which, operand in enumerate(operands)
        ]
        weight = next((factor for factor in made if factor.weight is not None), None)
        others = [factor for factor in made if factor is not weight]
        if weight is None and len(others) > 1:
            return others[0], others[1]
        return (others[0] if others else None), weight

    def term(self, place: int) -> Term:
        """A term as it would be."""
        operands = self.pre.terms[place].operands
        return Term(
            tuple(
                replace(operand, value=self.ifs.get((place, which), operand.value))
                for which, operand in enumerate(operands)
            )
        )

    def sum(self) -> float:
        """As it would be, in float64."""
        terms = tuple(self.term(place) for place in range(len(self.pre.terms)))
        return together(replace(self.pre, terms=terms))

    def result(self) -> float:
        """What the nonlinearity would make of the sum, in float64; the sum itself where there is none."""
        return self.sum() if self.post is None else apply_rule(self.post.rule, self.sum())


def apply_rule(rule: Rule, x: float) -> float:
    """A rule of one term, of `x`."""
    return together(replace(_ONE_TERM, rule=rule, terms=(Term((Operand("x", x),)),)))


@lru_cache(maxsize=32)
def curve(rule: Rule, reach: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A rule from −reach to reach."""
    x = np.linspace(-reach, reach, 121)
    return x, np.array([apply_rule(rule, each) for each in x.tolist()])


def is_finite(expression: Expression) -> bool:
    """Whether there is a curve to stand on."""
    return math.isfinite(expression.sum()) and math.isfinite(expression.pre.value)


_ONE_TERM = Explanation(WeightCell("", ()), 0, "", 0.0, Rule.GELU, "", "", ())
