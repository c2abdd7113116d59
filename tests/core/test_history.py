"""A history of any length: metrics whole, records thinned evenly, smoothing by its formula."""

from __future__ import annotations

import math

import numpy as np
import pytest

from weightdeck.run.frame import METRICS, LayerStatistics, Record
from weightdeck.run.history import MOST_RECORDS, History, Smoother

NOTHING = np.zeros(0, dtype=np.float32)
NO_COUNTS = np.zeros((0, 0), dtype=np.int32)


def record(step: int) -> Record:
    layers = LayerStatistics((), NOTHING, NOTHING, NO_COUNTS, NOTHING, NOTHING)
    return Record(step, 3.0 - step / 1e6, NO_COUNTS, NO_COUNTS, layers)


def test_metrics_come_back_as_they_went_in() -> None:
    history = History()
    rows = np.random.default_rng(1).normal(size=(5000, len(METRICS)))
    for first, last in ((0, 1), (1, 1), (1, 900), (900, 4000), (4000, 5000)):
        history.add_metrics(rows[first:last])
    assert len(history) == 5000
    for column, name in enumerate(METRICS):
        np.testing.assert_array_equal(history.metric(name), rows[:, column])


@pytest.mark.parametrize("count", [0, 1, MOST_RECORDS, MOST_RECORDS + 1, 3000])
def test_records_are_thinned_evenly_and_losses_are_not(count: int) -> None:
    history = History()
    for number in range(count):
        history.add_record(record(50 * number))
    steps = [kept.step for kept in history.records]
    assert len(steps) <= MOST_RECORDS
    assert len(steps) >= min(count, MOST_RECORDS // 2)
    if count:
        assert steps[0] == 0
        assert len(set(np.diff(steps))) <= 1
        assert steps[-1] > 50 * (count - 1) * (1 - 2 / MOST_RECORDS) - 1
    validation_steps, losses = history.validation()
    np.testing.assert_array_equal(validation_steps, 50.0 * np.arange(count))
    np.testing.assert_allclose(losses, 3.0 - 50.0 * np.arange(count) / 1e6)


@pytest.mark.parametrize("smoothing", [0.0, 0.6, 0.97])
def test_smoothing_is_a_weighted_mean_of_the_past(smoothing: float) -> None:
    values = np.random.default_rng(2).normal(size=40)
    smoother = Smoother(smoothing)
    for end, value in enumerate(values.tolist(), start=1):
        weights = smoothing ** np.arange(end)[::-1]
        expected = (weights * values[:end]).sum() / weights.sum()
        assert smoother.add(value) == pytest.approx(expected)


def test_what_is_not_finite_is_passed_over() -> None:
    smoother = Smoother(0.5)
    assert math.isnan(smoother.value)
    assert math.isnan(smoother.add(math.nan))
    assert smoother.add(2.0) == 2.0
    assert smoother.add(math.inf) == 2.0
