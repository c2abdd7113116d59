"""What is written of a knob, and how typed text is read."""

from __future__ import annotations

import pytest

from tests.desktop.knob_views import ALONG, GROUP, SINGLE
from weightdeck_desktop.panels.knob_words import (
    gain_text,
    gradient_text,
    reach_words,
    read_gain,
    read_weight,
    weight_text,
)
from weightdeck_desktop.panels.weight_knob import KnobView


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.412, "+0.412"),
        (-0.187, "−0.187"),
        (0.0, "0.000"),
        (-2.1e-5, "−2.1e-5"),
        (1234.5, "+1234"),
        (4e-4, "+4.0e-4"),
        (5.4e-4, "+5.4e-4"),
    ],
)
def test_weights_are_written_with_sign_and_never_as_a_false_zero(value: float, text: str) -> None:
    assert weight_text(value) == text
    assert read_weight(text, None) == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize(("value", "text"), [(0.4, "×0.40"), (0.0, "×0"), (0.004, "×0.004"), (8.0, "×8.00")])
def test_a_gain_typed_as_it_is_shown_is_itself(value: float, text: str) -> None:
    assert gain_text(value) == text
    assert read_gain(text, 0.7) == value


def test_gains_take_percent_and_factors_on_now_but_no_minus() -> None:
    assert read_gain("40 %", 1.0) == 0.4
    assert read_gain("*0.5", 0.8) == 0.4
    with pytest.raises(ValueError, match="below zero"):
        read_gain("-1", 1.0)
    with pytest.raises(ValueError, match="too large"):
        read_gain("1e9", 1.0)
    with pytest.raises(ValueError, match="too large"):
        read_weight("-1e9", 1.0)


def test_reach_in_words() -> None:
    assert reach_words(None) == ""
    assert reach_words(0.049) == "nothing depends on it yet"
    assert reach_words(0.05) == "reach 0.05 nats"
    assert reach_words(3.14) == "reach 3.1 nats"


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (-0.0041, "−0.0041"),
        (0.312, "+0.31"),
        (12.34, "+12"),
        (0.0, "0"),
        (-3.1e-6, "−3.1e-6"),
        (2e5, "+2.0e5"),
    ],
)
def test_a_gradient_has_two_figures(gradient: float, words: str) -> None:
    assert gradient_text(gradient) == words


@pytest.mark.parametrize(
    ("view", "words"), [(SINGLE, "−4 … +4"), (GROUP, "0, ×1/8 … ×8"), (ALONG, "−12.3 … +12.3")]
)
def test_the_range_of_a_turn(view: KnobView, words: str) -> None:
    assert view.range_text == words


@pytest.mark.parametrize("view", [SINGLE, GROUP, ALONG])
def test_what_is_written_can_be_typed(view: KnobView) -> None:
    for value in (0.0, 0.25, 2.0):
        assert view.read(view.write(value), 1.0) == pytest.approx(value)
    for typed in ("nan", "inf", "-1e9", "1e9", "much"):
        with pytest.raises(ValueError, match=r"\.$"):
            view.read(typed, 1.0)
