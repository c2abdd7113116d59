"""How explanations are told: numbers, whose they are, and what they make together."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tests.desktop import explanations as some
from weightdeck.run.explanation import Operand, Rule, Term
from weightdeck.run.subjects import (
    BatchLoss,
    InBatch,
    InPrompt,
    Subject,
    TapCell,
    TapGradient,
    TokenLoss,
    WeightGradient,
)
from weightdeck_desktop.panels.explain_words import (
    WIDEST,
    as_text,
    check_words,
    figure,
    pass_words,
    plain_figure,
    share_figure,
    short_figure,
    tiny,
)


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (some.PRE, "of “chri” · step 468"),
        (TapCell(InPrompt(""), "embed", (0, 1)), "of the empty prompt · step 468"),
        (TapCell(InBatch(3), "embed", (0, 1)), "sequence 3 of the batch · step 468"),
        (TapGradient(3, "embed", (0, 1)), "sequence 3 of the batch · step 468"),
        (TokenLoss(3, 1), "sequence 3 of the batch · step 468"),
        (WeightGradient(some.FC, (71, 0)), "the whole batch · step 468"),
        (some.weight(0), "step 468"),
        (BatchLoss(), "step 468"),
    ],
)
def test_whose_number_it_is_and_of_which_step(subject: Subject, words: str) -> None:
    assert pass_words(replace(some.pre(468), subject=subject)) == words


def test_a_copy_says_whose_number_it_is() -> None:
    lines = as_text(some.pre(468)).splitlines()
    assert lines[1:3] == [some.pre().title, "of “chri” · step 468"]


def test_of_infinities_there_is_no_difference() -> None:
    masked = replace(
        some.pre(), rule=Rule.GIVEN, value=-math.inf, terms=(Term((Operand("mask", -math.inf),)),)
    )
    assert check_words(masked) == "together −∞, as shown"
    broken = replace(masked, value=math.nan, terms=(Term((Operand("a", math.nan),)),))
    assert check_words(broken) == "together NaN, as shown"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"),
        (1.92412, "+1.924"),
        (-0.00023, "−2.300e-4"),
        (0.004021, "+0.004021"),
        (0.0402149, "+0.04021"),
        (-2.143e-8, "−2.143e-8"),
        (-math.inf, "−∞"),
        (12346.0, "+1.235e4"),
        (99.5, "+99.50"),
    ],
)
def test_figures(value: float, words: str) -> None:
    assert figure(value) == words
    assert len(words) <= len(WIDEST)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1 / 3, "0.333333"),
        (-6.54705e-4, "−6.54705e-4"),
        (1234567.0, "1.23457e6"),
        (0.0, "0"),
        (-math.inf, "−∞"),
    ],
)
def test_plain_figures(value: float, words: str) -> None:
    assert plain_figure(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.5, "0.5"), (-0.25, "−0.25"), (1e-5, "1e-5"), (-2.5e-4, "−2.5e-4"), (math.nan, "NaN"), (1e9, "1e9")],
)
def test_short_figures(value: float, words: str) -> None:
    assert short_figure(value) == words


def test_shares_in_per_cent() -> None:
    made = [share_figure(share) for share in (0.12341, 0.0, 3e-5, 2e-8)]
    assert made == ["12.34 %", "0 %", "0.003 %", "2e-6 %"]


def test_tiny_differences() -> None:
    assert [tiny(value) for value in (0.0, 3e-9, -2.4e-17)] == ["0", "3e-9", "2e-17"]
