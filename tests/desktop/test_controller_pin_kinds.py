"""The three kinds of knob as plain data: their unit, what fixes it, and what training did since an edit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.desktop.fakes import (
    ATTENTION,
    ENTRY,
    HEAD_S,
    NORM,
    ROW,
    VOCABULARY,
    direction,
    reading,
    small_spec,
)
from weightdeck.run.frame import Reach
from weightdeck.run.layout import layout
from weightdeck.run.scales import GAIN_SCALE, WEIGHT_SCALE, PinnedKnob, knob_scale
from weightdeck.run.slices import Direction, ParameterSlice, SliceValues
from weightdeck_desktop.controller.pins import Origin, Pin, pin
from weightdeck_desktop.panels.knob_trace import Answer
from weightdeck_desktop.panels.weight_knob import KnobKind, KnobView

LAYOUT = layout(small_spec().model)


def view(each: Pin) -> KnobView:
    return each.view(LAYOUT, VOCABULARY, edited=False)


def pinned(target: ParameterSlice, along: Direction | None = None) -> Pin:
    return pin(target, LAYOUT, Origin.USER, along=along)


# Units


@pytest.mark.parametrize(
    ("target", "along", "kind"),
    [
        (ENTRY, None, KnobKind.SINGLE),
        (ParameterSlice(NORM.tensor, (3,)), None, KnobKind.SINGLE),
        (ParameterSlice(HEAD_S.tensor, ((5, 6), 3)), None, KnobKind.SINGLE),
        (ROW, None, KnobKind.GAIN),
        (ATTENTION, None, KnobKind.GAIN),
        (ROW, direction(ROW), KnobKind.ALONG),
    ],
)
def test_what_is_pinned_says_which_kind_it_is(
    target: ParameterSlice, along: Direction | None, kind: KnobKind
) -> None:
    each = pinned(target, along)
    assert each.kind is kind
    assert each.value is None
    assert each.initial is None
    assert each.knob == PinnedKnob(target, None, along)
    shown = view(each)
    assert (shown.value, shown.default, shown.reach, shown.held) == (None, None, None, 0.0)
    assert shown.size == target.size(LAYOUT)


def test_a_single_weight_is_its_own_unit() -> None:
    each = pinned(ENTRY)
    each.read(reading(ENTRY, 0.5), 3)
    each.read(replace(reading(ENTRY, 0.7), gradient=-0.01, held=1.0), 4)
    shown = view(each)
    assert (shown.value, shown.default, each.initial) == (0.7, 0.5, 0.02)
    assert (shown.gradient, shown.held, shown.spread) == (-0.01, 1.0, (-0.1, 0.1))
    assert shown.scale == WEIGHT_SCALE
    assert each.knob == PinnedKnob(ENTRY)


def test_a_group_counts_from_its_first_reading() -> None:
    each = pinned(ROW)
    each.read(reading(ROW, 0.5), 3)
    each.read(replace(reading(ROW, 0.75), gradient=0.2), 4)
    shown = view(each)
    assert (shown.value, shown.default) == (1.5, 1.0)
    assert each.initial == pytest.approx(0.04)
    assert shown.gradient == pytest.approx(0.1), "of the gain, not of the root mean square"
    assert shown.scale == GAIN_SCALE
    assert each.knob == PinnedKnob(ROW, 0.5)


def test_a_group_of_zeros_has_no_value_until_it_is_something_else() -> None:
    each = pinned(ROW)
    each.read(replace(reading(ROW, 0.0), gradient=0.2), 3)
    shown = view(each)
    assert (shown.value, shown.default, shown.gradient, each.initial) == (None, None, None, None)
    for value in (0.1, 0.2):
        each.read(reading(ROW, value), 4)
    assert (view(each).value, view(each).default) == (2.0, 1.0)


def test_along_a_direction_the_unit_is_the_inner_product() -> None:
    along = direction(ROW, length=2.0)
    each = pinned(ROW, along)
    each.read(replace(reading(ROW, 1.5, along), gradient=0.2), 3)
    each.read(reading(ROW, -1.0, along), 4)
    shown = view(each)
    assert (shown.value, shown.default, each.initial) == (-1.0, 1.5, 0.02)
    assert shown.scale == knob_scale(PinnedKnob(ROW, None, along), LAYOUT)
    assert shown.scale.to_value(1.0) == pytest.approx(16.0), "eight lengths"
    assert "chri" in shown.along_words


def test_a_reading_fits_its_own_slice_and_direction() -> None:
    along, other = direction(ROW), replace(direction(ROW), prompt="anna")
    assert pinned(ROW).fits(reading(ROW, 1.0))
    assert not pinned(ROW).fits(reading(ROW, 1.0, along))
    assert not pinned(ROW).fits(reading(ATTENTION, 1.0))
    assert pinned(ROW, along).fits(reading(ROW, 1.0, direction(ROW)))
    assert not pinned(ROW, along).fits(reading(ROW, 1.0, other))
    assert not pinned(ROW, along).fits(reading(ROW, 1.0))


def test_a_measured_reach_is_shown() -> None:
    each = pinned(ENTRY)
    each.reach = Reach(each.knob, 7, 0.3)
    assert view(each).reach == 0.3


def test_what_does_not_fit_the_model_is_refused() -> None:
    with pytest.raises(ValueError, match="no parameter"):
        pinned(ParameterSlice("transformer.h.9.ln_1.weight"))
    with pytest.raises(ValueError, match="outside"):
        pinned(ParameterSlice(HEAD_S.tensor, (99,)))
    with pytest.raises(ValueError, match="shape"):
        pinned(ROW, Direction("own", SliceValues.of([1.0]), 1.0))


# The story of an edit


def test_a_story_begins_with_the_reading_after_an_edit() -> None:
    each = pinned(ENTRY)
    each.read(reading(ENTRY, 0.5), 3)
    assert each.trace is None
    each.will_change(0.5)
    assert each.trace is None, "the edit is on its way"
    each.read(reading(ENTRY, 1.5), 4)
    assert each.trace is not None
    assert (each.trace.before, each.trace.after) == (0.5, 1.5)
    assert each.trace.verdict.answer is Answer.NO_STEP
    each.read(reading(ENTRY, 1.25), 10)
    verdict = each.trace.verdict
    assert (verdict.answer, verdict.steps) == (Answer.PULLED_BACK, 6)
    assert verdict.share == pytest.approx(0.25)


def test_the_next_edit_is_a_story_of_its_own() -> None:
    each = pinned(ENTRY)
    for step, value in ((0, 1.0), (8, 2.0)):
        each.will_change(0.5)
        each.read(reading(ENTRY, value), step)
    assert each.trace is not None
    steps, values = each.trace.points
    assert (steps.tolist(), values.tolist()) == ([8], [2.0])


def test_a_story_that_something_else_ended_is_not_told() -> None:
    each = pinned(ENTRY)
    each.will_change(1.5)
    each.read(reading(ENTRY, 0.5), 5)
    each.forget_story()
    each.read(reading(ENTRY, 0.4), 6)
    assert each.trace is None


def test_nobody_knows_where_an_edit_began_before_the_first_reading() -> None:
    each = pinned(ENTRY)
    each.will_change(each.value)
    each.read(reading(ENTRY, 1.5), 4)
    assert each.trace is None
