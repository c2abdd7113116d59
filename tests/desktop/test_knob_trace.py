"""What training did about a turn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightdeck_desktop.panels.knob_trace import MOST_POINTS, Answer, KnobTrace
from weightdeck_desktop.panels.knob_words import since_words, verdict_words


def story(before: float, after: float, now: float, steps: int = 40) -> KnobTrace:
    """A knob turned at step 1,236 that stands at `now` after `steps` steps."""
    trace = KnobTrace()
    trace.edited(1236, before, after)
    trace.read(1236 + steps, now)
    return trace


@pytest.mark.parametrize(
    ("before", "after", "now", "answer", "words"),
    [
        (1.0, 0.4, 0.436, Answer.PULLED_BACK, "pulled back 6 %"),
        (1.0, 0.4, 1.0, Answer.PULLED_BACK, "pulled back 100 %"),
        (1.0, 0.4, 0.42, Answer.LEFT_ALONE, "left alone"),
        (1.0, 0.4, 0.38, Answer.LEFT_ALONE, "left alone"),
        (1.0, 0.4, 0.328, Answer.RAN_ON, "ran on 12 %"),
        (-0.1, 0.4, 0.46, Answer.RAN_ON, "ran on 12 %"),
        (-0.1, 0.4, 0.37, Answer.PULLED_BACK, "pulled back 6 %"),
        (-0.1, 0.4, -0.2, Answer.PAST_BEFORE, "turned back past where it was"),
        (0.0, 0.001, 0.5, Answer.RAN_ON, "ran on over 1,000 %"),
        (0.4, 0.4, 0.5, Answer.NOTHING_MOVED, "the turn moved nothing"),
    ],
)
def test_the_verdict_is_the_share_of_the_turn_that_was_taken_back(
    before: float, after: float, now: float, answer: Answer, words: str
) -> None:
    verdict = story(before, after, now).verdict
    assert verdict.answer is answer
    assert verdict.steps == 40
    assert verdict_words(verdict, is_held=False) == words


def test_before_any_step_nothing_is_said_of_training() -> None:
    trace = KnobTrace()
    trace.edited(7, 1.0, 0.4)
    assert trace.verdict.answer is Answer.NO_STEP
    trace.read(7, 0.4)
    assert verdict_words(trace.verdict, is_held=False) == "no step yet"
    trace.read(8, 0.5)
    assert verdict_words(trace.verdict, is_held=False) == "pulled back 17 %"


def test_the_steps_since_are_counted_in_words() -> None:
    assert since_words(0) == "training since"
    assert since_words(1) == "training since · 1 step"
    assert since_words(1240) == "training since · 1,240 steps"


def test_what_is_held_is_not_said_to_be_left_alone_of_its_own() -> None:
    assert verdict_words(story(1.0, 0.4, 0.4).verdict, is_held=True) == "held: left alone"


def test_another_turn_is_another_story() -> None:
    trace = story(1.0, 0.4, 0.9)
    trace.edited(1300, 0.9, 2.0)
    assert (trace.before, trace.after) == (0.9, 2.0)
    assert trace.verdict.answer is Answer.NO_STEP
    steps, values = trace.points
    assert (steps.tolist(), values.tolist()) == ([1300], [2.0])


def test_of_one_step_the_newest_reading_counts() -> None:
    trace = story(1.0, 0.4, 0.5)
    trace.read(1276, 0.6)
    steps, values = trace.points
    assert steps.tolist() == [1236, 1276]
    assert values.tolist() == [0.4, 0.6]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=4000))
def test_memory_is_bounded_and_both_ends_are_exact(gaps: list[int]) -> None:
    trace = KnobTrace()
    trace.edited(3, 0.0, 1.0)
    step = 3
    for gap in gaps:
        step += gap
        trace.read(step, step / 10)
    steps, values = trace.points
    assert len(steps) == len(values) <= MOST_POINTS
    assert (steps[0], steps[-1]) == (3, step)
    assert values[-1] == step / 10
    assert (np.diff(steps) > 0).all()
    assert np.array_equal(values[1:], steps[1:] / 10)


def test_a_long_story_stays_evenly_told() -> None:
    trace = KnobTrace()
    trace.edited(0, 0.0, 1.0)
    for step in range(1, 100_001):
        trace.read(step, 1.0)
    steps, _ = trace.points
    assert len(steps) > MOST_POINTS // 4
    assert np.diff(steps).max() <= 4 * np.median(np.diff(steps))
