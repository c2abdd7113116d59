"""Which of the numbers that are shown are wrong, and where their mark has room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QRectF

from tests.desktop.mismatching import C_IS_WRONG, POST, STEP, prediction, wrong
from tests.desktop.tap_readings import reading, taps
from weightdeck.run.audit import Mismatch
from weightdeck.run.inside import Patch, TapReading
from weightdeck.run.subjects import InBatch
from weightdeck_desktop.panels.mismatches import wrong_numbers, wrong_probabilities
from weightdeck_desktop.panels.tap_source import TapSource, shown_taps
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.wrong_mark import wrong_badge, wrong_outline


def test_a_number_is_wrong_while_it_is_the_one_that_was_checked() -> None:
    given = reading()
    found = [wrong(given, POST, 1, 2), wrong(given, POST, 0, 3, expected=9.0)]
    shown = shown_taps(taps(given), TapSource.A)
    assert wrong_numbers(found, shown, POST) == {(1, 2): 0.1234, (0, 3): 9.0}
    assert wrong_numbers(found, shown, "blocks.0.mlp.post") == {}


@pytest.mark.parametrize(
    "other",
    [
        lambda given: taps(given, step=STEP + 1),
        lambda given: taps(reading("abcd")),
        lambda given: taps(reading("abca", 2)),  # another number at the same step: a hand has moved a weight
        lambda given: taps(reading("a")),
    ],
    ids=["step", "prompt", "value", "size"],
)
def test_it_is_not_at_another_moment_or_prompt(other: Callable[[TapReading], Any]) -> None:
    given = reading()
    assert wrong_numbers([wrong(given, POST, 1, 2)], shown_taps(other(given), TapSource.A), POST) == {}


def test_a_shorter_prompt_of_the_same_text_has_no_such_number() -> None:
    given = reading("abca")
    cut = replace(reading("abc"), where=given.where)
    assert wrong_numbers([wrong(given, POST, 4, 2)], shown_taps(taps(cut), TapSource.A), POST) == {}


def test_what_follows_a_patch_a_difference_and_a_batch_are_not_checked() -> None:
    a, b = reading("abca"), reading("abcd", 2)
    found = [wrong(a, POST, 1, 2), wrong(b, POST, 1, 2)]
    patched = replace(b, patches=(Patch(POST),))
    given = taps(a, b, patched)
    assert wrong_numbers(found, shown_taps(given, TapSource.B), POST)
    for source in (TapSource.DIFFERENCE, TapSource.PATCHED, TapSource.EFFECT):
        assert wrong_numbers(found, shown_taps(given, source), POST) == {}
    batch = taps(reading(where=InBatch(0)))
    for source in (TapSource.BATCH, TapSource.GRADIENT):
        assert wrong_numbers(found, shown_taps(batch, source), POST) == {}


def test_no_number_where_there_should_be_one() -> None:
    given = reading()
    given.values[POST][1, 2] = np.nan
    assert wrong_numbers([wrong(given, POST, 1, 2)], shown_taps(taps(given), TapSource.A), POST)


@pytest.mark.parametrize(
    "other",
    [
        replace(C_IS_WRONG, step=STEP - 1),
        replace(C_IS_WRONG, prompt="a"),
        replace(C_IS_WRONG, tap="logits"),
        replace(C_IS_WRONG, index=(1, 3)),  # after a token that is not the last
        replace(C_IS_WRONG, index=(2, 99)),
        replace(C_IS_WRONG, shown=0.7),
    ],
)
def test_only_what_is_shown_is_a_wrong_probability(other: Mismatch) -> None:
    said = {3: "! the reference says 0.51234"}
    assert wrong_probabilities((C_IS_WRONG,), prediction(), STEP) == said
    assert wrong_probabilities((other,), prediction(), STEP) == {}


def test_the_sign_has_room_beside_the_number() -> None:
    ground = QRectF(0, 0, 100, 60)
    for left, top in ((0, 0), (50, 30), (98, 0), (98, 58), (0, 58)):
        outline = wrong_outline(QRectF(left, top, 2, 2))
        badge = wrong_badge(outline, ground, dark_theme())
        assert min(outline.width(), outline.height()) >= 4
        assert not badge.intersects(outline)
        assert ground.contains(badge)
