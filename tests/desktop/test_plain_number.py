"""Numbers as a person would write them."""

from __future__ import annotations

import pytest

from weightdeck_desktop.widgets.plain_number import plain_number


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.44, 3, "0.440"),
        (1.0, 3, "1.000"),
        (0.0, 3, "0.000"),
        (0.001, 3, "0.001"),
        (0.0007, 3, "7e-4"),
        (2.3e-5, 3, "2e-5"),
        (2.3e-5, 4, "2.3e-5"),
        (3.9, 2, "3.90"),
        (0.004, 2, "0.004"),
        (0.0004, 2, "4e-4"),
        (-0.25, 2, "−0.25"),
        (-2e-5, 2, "−2e-5"),
        (float("nan"), 2, "nan"),
    ],
)
def test_nothing_that_is_there_looks_like_nothing(value: float, decimals: int, text: str) -> None:
    assert plain_number(value, decimals) == text


def test_a_sign_is_written_where_it_is_asked_for() -> None:
    assert plain_number(0.25, 2, "+") == "+0.25"
    assert plain_number(2e-5, 3, "+") == "+2e-5"
