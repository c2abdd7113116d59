"""Pace decides when a step is due, by a clock that the caller gives."""

from __future__ import annotations

import pytest

from weightdeck.run.frame import Pace
from weightdeck.session.pacer import Pacer


def steps_until(pacer: Pacer, start_s: float, end_s: float, step_s: float = 0.001) -> list[float]:
    """When steps of `step_s` end, made as soon as they are due."""
    now_s = start_s
    ends = []
    while True:
        now_s += pacer.wait_s(now_s) + step_s
        if now_s > end_s:
            return ends
        pacer.stepped(now_s, 1.0 / step_s)
        ends.append(now_s)


def test_full_speed_never_waits() -> None:
    pacer = Pacer()
    assert len(steps_until(pacer, 100.0, 101.0)) == pytest.approx(1000, abs=2)


@pytest.mark.parametrize("steps_per_s", [1.0, 4.0, 50.0])
def test_slow_motion_keeps_its_pace(steps_per_s: float) -> None:
    pacer = Pacer()
    pacer.set_pace(Pace(steps_per_s=steps_per_s))
    assert len(steps_until(pacer, 100.0, 110.0)) == pytest.approx(10 * steps_per_s, abs=2)


def test_a_step_that_took_too_long_is_not_made_up_for_by_a_burst() -> None:
    pacer = Pacer()
    pacer.set_pace(Pace(steps_per_s=10.0))
    pacer.stepped(100.0, None)
    pacer.stepped(160.0, None)
    assert len(steps_until(pacer, 160.0, 161.0)) in (9, 10)


def test_the_opening_begins_with_one_step_a_second_and_doubles_every_eight() -> None:
    pacer = Pacer()
    pacer.set_pace(Pace(opening=True))
    ends = steps_until(pacer, 50.0, 50.0 + 33.0)
    assert ends[:2] == pytest.approx([50.001, 51.0], abs=0.1)
    for begin, expected in ((0.0, 1.5), (8.0, 3.0), (16.0, 6.0), (24.0, 12.0)):
        made = sum(50.0 + begin < end <= 50.0 + begin + 8.0 for end in ends)
        assert made / 8.0 == pytest.approx(expected, rel=0.25)


def test_the_opening_ends_by_itself_at_full_speed() -> None:
    pacer = Pacer()
    pacer.set_pace(Pace(opening=True))
    steps_until(pacer, 0.0, 60.0, step_s=0.02)
    assert pacer.pace == Pace()


def test_a_pause_does_not_count_for_the_opening() -> None:
    pacer = Pacer()
    pacer.set_pace(Pace(opening=True))
    before = steps_until(pacer, 0.0, 10.0)
    pacer.interrupted()
    after = steps_until(pacer, 500.0, 502.0)
    rate = (len(before) - sum(end < 8.0 for end in before)) / 2.0
    assert len(after) / 2.0 == pytest.approx(rate, abs=1.1)


def test_setting_the_same_pace_again_does_not_begin_it_again() -> None:
    pacer = Pacer()
    pacer.set_pace(Pace(opening=True))
    steps_until(pacer, 0.0, 20.0)
    wait_s = pacer.wait_s(20.0)
    pacer.set_pace(Pace(opening=True))
    assert pacer.wait_s(20.0) == wait_s
