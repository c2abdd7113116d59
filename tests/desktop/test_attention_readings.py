"""One head's matrices: what is masked has no number, whatever the stage."""

from __future__ import annotations

import numpy as np
import pytest

from tests.desktop.tap_readings import reading, taps
from weightdeck.run.subjects import InBatch
from weightdeck_desktop.panels.attention_readings import SCORES, SOFTMAX, head_reading
from weightdeck_desktop.panels.tap_source import TapSource, shown_taps

PATTERN_1 = "blocks.1.attn.pattern"
MASKED = np.triu(np.ones((5, 5)), 1) == 1


@pytest.mark.parametrize("source", [TapSource.A, TapSource.DIFFERENCE, TapSource.GRADIENT])
def test_masked_cells_have_no_number_at_any_stage(source: TapSource) -> None:
    all_taps = taps(reading(), reading("abcd", 2), reading("abca", 3, InBatch(0)))
    one = head_reading(shown_taps(all_taps, source), 1, 2)
    scores, pattern = one.matrix(SCORES), one.matrix(SOFTMAX)
    assert scores is not None
    assert pattern is not None
    assert (np.isinf(scores) == MASKED).all()
    assert (np.isnan(pattern) == MASKED).all()
    assert one.cell_words(SOFTMAX, 1, 3).endswith("masked: it comes later and gets nothing")


def test_what_the_mask_should_have_taken_is_shown() -> None:
    wrong = reading()
    wrong.values[PATTERN_1][2, 0, 3] = 0.25
    pattern = head_reading(shown_taps(taps(wrong), TapSource.A), 1, 2).matrix(SOFTMAX)
    assert pattern is not None
    assert pattern[0, 3] == 0.25
