"""The loss in a strip: nothing that a column shows is lost, whatever the length of the run."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtGui import QColor

from weightdeck_desktop.widgets.timeline_line import LossLine, line_image


def line_of(losses: np.ndarray, first: int = 0) -> LossLine:
    line = LossLine()
    line.set_series(np.arange(first, first + len(losses), dtype=float), losses)
    return line


def test_each_column_has_the_least_and_the_greatest_of_its_losses() -> None:
    losses = np.random.default_rng(3).normal(size=1000)
    low, high = line_of(losses).columns(1000, 100)
    columns = losses.reshape(100, 10)
    np.testing.assert_array_equal(low, columns.min(axis=1))
    np.testing.assert_array_equal(high, columns.max(axis=1))


def test_a_spike_in_a_long_run_is_not_lost() -> None:
    losses = np.full(300_000, 2.0)
    losses[123_456] = 9.0
    low, high = line_of(losses).columns(300_000, 500)
    assert np.flatnonzero(high == 9.0).tolist() in ([205], [205, 206])
    assert low.min() == 2.0


def test_few_steps_are_joined_by_straight_lines() -> None:
    low, high = line_of(np.array([4.0, 2.0])).columns(2, 100)
    np.testing.assert_array_equal(low, high)
    assert low[0] == 4.0
    assert low[25] == pytest.approx(3.0)
    assert low[50] == 2.0
    assert np.isnan(low[51:]).all()  # nothing is known of what comes after the last loss


def test_what_is_not_finite_is_a_gap() -> None:
    losses = np.ones(1000)
    losses[400:500] = np.nan
    losses[700:710] = np.inf
    low, _ = line_of(losses).columns(1000, 100)
    assert np.flatnonzero(np.isnan(low)).tolist() == [*range(40, 50), 70]


def test_a_series_that_grows_is_continued_and_another_one_replaces_it() -> None:
    steps, losses = np.arange(100.0), np.linspace(4.0, 2.0, 100)
    line = LossLine()
    assert not line.set_series(steps[:40], losses[:40])
    assert not line.set_series(steps, losses)
    assert line.at(99) == 2.0
    branch = losses.copy()
    branch[60:] += 0.5
    assert line.set_series(steps, branch)
    assert line.at(99) == 2.5
    assert line.set_series(steps[:10], losses[:10])  # shorter: an earlier branch
    assert math.isnan(line.at(50))


def test_a_series_that_ends_in_a_gap_is_continued() -> None:
    line = LossLine()
    line.set_series(np.arange(2.0), np.array([1.0, np.inf]))
    assert not line.set_series(np.arange(3.0), np.array([1.0, np.inf, 3.0]))
    assert line.at(2) == 3.0


def test_the_loss_of_a_step_is_found_though_steps_are_missing() -> None:
    line = LossLine()
    line.set_series(np.array([0.0, 5.0, 90_000_000.0]), np.array([3.0, 2.0, 1.0]))
    assert [line.at(0), line.at(5), line.at(90_000_000)] == [3.0, 2.0, 1.0]
    assert math.isnan(line.at(4))
    assert math.isnan(LossLine().at(0))


def test_the_picture_is_high_at_the_left_of_a_loss_that_falls() -> None:
    low, high = line_of(np.linspace(4.0, 2.0, 200)).columns(200, 200)
    image = line_image(low, high, 20, QColor("white"), 1.0)
    assert (image.width(), image.height()) == (200, 20)
    inked = [[y for y in range(20) if image.pixelColor(x, y).alpha() > 100] for x in (5, 100, 194)]
    assert max(inked[0]) < min(inked[1]) <= max(inked[1]) < min(inked[2])


@pytest.mark.parametrize("losses", [[], [math.nan], [2.0], [2.0] * 50, [1.0, 1e30], [-math.inf, math.nan]])
def test_any_losses_make_a_picture(losses: list[float]) -> None:
    low, high = line_of(np.array(losses)).columns(max(1, len(losses)), 40)
    assert line_image(low, high, 12, QColor("white"), 1.5).width() == 40


def test_neighbouring_columns_touch() -> None:
    """A step from 0 to 1 between two columns is a line without a hole."""
    losses = np.repeat([0.0, 1.0], 500)
    image = line_image(*line_of(losses).columns(1000, 100), 30, QColor("white"), 1.0)
    inked = {y for y in range(30) for x in (49, 50) if image.pixelColor(x, y).alpha() > 60}
    assert set(range(2, 28)) <= inked
