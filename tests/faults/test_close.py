"""The real program, closed at some of the moments of ``close_harness.py``; that script judges many, and their times."""

from __future__ import annotations

import pytest

from tests.faults.close_harness import close_at


@pytest.mark.parametrize(
    "scenario", ["importing", "dragging", "in_a_dialog", "in_a_file_dialog", "minimised", "interrupted"]
)
def test_closing_is_clean(scenario: str) -> None:
    assert close_at(scenario, seed=7).faults == []
