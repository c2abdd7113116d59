"""The bench that suggests a number of compute threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from weightdeck.bench.threads import measure


@pytest.fixture(autouse=True)
def _threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_the_presets_own_number_is_the_measure_and_a_suggestion_is_one_of_those_measured() -> None:
    result = measure("names", range(1, 3), alternations=3, steps=4)
    ratios = result["ratios"]
    assert isinstance(ratios, dict)
    assert ratios[str(result["threads"])] == 1.0
    assert set(ratios) == {"1", "2"}
    assert str(result["suggested"]) in ratios
    if result["suggested"] != result["threads"]:
        assert ratios[str(result["suggested"])] >= 1.1
