"""Measures, and so runs only when it is named: ``pytest tests/bench``. Leave the machine alone meanwhile."""

from __future__ import annotations

import statistics

import pytest

from weightdeck.bench.engine import ALTERNATIONS, STEPS, WARM_UP_STEPS, compare
from weightdeck.run.presets import preset_names


@pytest.mark.parametrize("preset", preset_names())
def test_the_engine_is_no_slower_than_a_plain_pytorch_loop(preset: str) -> None:
    comparison = compare(preset, ALTERNATIONS, STEPS, WARM_UP_STEPS)
    assert statistics.median(comparison.ratios) >= 1.0, comparison.as_result()
