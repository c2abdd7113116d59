"""Speed over the last second, and the warning when the loss leaves its best."""

from __future__ import annotations

import pytest

from weightdeck.session.meter import SETTLED_STEPS, LossWatch, Speedometer


def test_speed_is_that_of_the_last_second() -> None:
    speed = Speedometer()
    for step in range(101):
        speed.stepped(step / 10.0, 200)
    assert speed.steps_per_s == pytest.approx(10.0)
    assert speed.tokens_per_s == pytest.approx(2000.0)
    for step in range(1, 201):
        speed.stepped(10.0 + step / 100.0, 200)
    assert speed.steps_per_s == pytest.approx(100.0)


def test_slow_steps_have_a_speed_too() -> None:
    speed = Speedometer()
    assert (speed.steps_per_s, speed.tokens_per_s) == (None, None)
    speed.stepped(0.0, 30)
    assert (speed.steps_per_s, speed.tokens_per_s) == (None, None)
    speed.stepped(4.0, 60)
    assert speed.steps_per_s == pytest.approx(0.25)
    assert speed.tokens_per_s == pytest.approx(15.0)


def test_a_pause_is_not_slowness() -> None:
    speed = Speedometer()
    speed.stepped(0.0, 1)
    speed.stepped(0.1, 1)
    speed.interrupted()
    assert speed.steps_per_s is None
    speed.stepped(100.0, 1)
    speed.stepped(100.1, 1)
    assert speed.steps_per_s == pytest.approx(10.0)


def test_a_loss_half_a_nat_above_its_best_warns_and_recovers() -> None:
    watch = LossWatch()
    for _ in range(200):
        watch.stepped(2.0)
    assert not watch.diverging
    for _ in range(200):
        watch.stepped(2.45)
    assert not watch.diverging
    for _ in range(200):
        watch.stepped(2.55)
    assert watch.diverging
    for _ in range(200):
        watch.stepped(2.1)
    assert not watch.diverging


def test_the_first_steps_and_one_bad_batch_do_not_warn() -> None:
    watch = LossWatch()
    watch.stepped(1.0)
    for _ in range(SETTLED_STEPS):
        watch.stepped(3.0)
        assert not watch.diverging
    for _ in range(100):
        watch.stepped(2.0)
    watch.stepped(9.0)
    assert not watch.diverging
