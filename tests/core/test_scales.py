"""Every knob's scale: monotone, back and forth, clamped at its ends."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightdeck.run.layout import EMBEDDING, layout
from weightdeck.run.scales import (
    GAIN_SCALE,
    WEIGHT_SCALE,
    AsinhScale,
    GainScale,
    LinearScale,
    LogScale,
    PinnedKnob,
    Scale,
    hyperparameter_scale,
    knob_scale,
)
from weightdeck.run.slices import Direction, ParameterSlice, SliceValues
from weightdeck.run.spec import HYPERPARAMETERS, ModelSpec

SCALES = [LinearScale(-2.0, 6.0), LogScale(1e-5, 1.0), AsinhScale(), GainScale()]


@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: type(scale).__name__)
@given(position=st.floats(0.0, 1.0), other=st.floats(0.0, 1.0))
def test_there_and_back(scale: Scale, position: float, other: float) -> None:
    assert scale.to_position(scale.to_value(position)) == pytest.approx(position, abs=1e-6)
    if position + 1e-6 < other:
        assert scale.to_value(position) < scale.to_value(other)


@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: type(scale).__name__)
@given(value=st.floats(allow_nan=False))
def test_any_value_has_a_position_on_the_knob(scale: Scale, value: float) -> None:
    assert 0.0 <= scale.to_position(value) <= 1.0


@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: type(scale).__name__)
def test_beyond_the_ends_it_stays_at_the_ends(scale: Scale) -> None:
    low, high = scale.to_value(0.0), scale.to_value(1.0)
    assert (scale.to_value(-3.0), scale.to_value(7.0)) == (low, high)
    assert scale.to_position(low - 1.0) == 0.0
    assert scale.to_position(high + 1.0) == pytest.approx(1.0)


def test_a_weight_turns_from_minus_4_to_4_through_an_exact_zero() -> None:
    assert WEIGHT_SCALE.to_value(0.5) == 0.0
    assert WEIGHT_SCALE.to_value(0.0) == pytest.approx(-4.0)
    assert WEIGHT_SCALE.to_value(1.0) == pytest.approx(4.0)
    near = [WEIGHT_SCALE.to_value(0.5 + step) for step in (0.01, 0.02)]
    assert near[1] == pytest.approx(2 * near[0], rel=0.01), "linear near zero"


def test_a_gain_turns_from_zero_over_an_eighth_and_one_to_eight() -> None:
    assert GAIN_SCALE.to_value(0.0) == 0.0
    assert GAIN_SCALE.to_value(GAIN_SCALE.foot) == pytest.approx(1 / 8)
    assert GAIN_SCALE.to_value(0.5) == 1.0
    assert GAIN_SCALE.to_value(1.0) == pytest.approx(8.0)
    assert GAIN_SCALE.to_value(0.75) == pytest.approx(math.sqrt(8.0))


def test_a_single_number_turns_on_values_and_a_group_on_gains() -> None:
    where = layout(ModelSpec(1, 1, 4, 4, 4))
    assert knob_scale(PinnedKnob(ParameterSlice(EMBEDDING, (1, 2))), where) is WEIGHT_SCALE
    assert knob_scale(PinnedKnob(ParameterSlice(EMBEDDING, (1,))), where) is GAIN_SCALE


@pytest.mark.parametrize(("length", "limit"), [(0.5, 4.0), (0.0, 0.8)])
def test_along_a_direction_a_knob_goes_to_eight_lengths_of_its_slice(length: float, limit: float) -> None:
    where = layout(ModelSpec(1, 1, 4, 4, 4))
    along = Direction("own", SliceValues.of([0.5, 0.5, 0.5, 0.5]), length)
    scale = knob_scale(PinnedKnob(ParameterSlice(EMBEDDING, (1,)), along=along), where)
    assert scale.to_value(1.0) == pytest.approx(limit)
    assert scale.to_value(0.0) == pytest.approx(-limit)
    assert scale.to_value(0.5) == 0.0


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_a_training_knob_stays_within_its_settings_range(name: str) -> None:
    scale, known = hyperparameter_scale(name), HYPERPARAMETERS[name]
    assert known.minimum <= scale.to_value(0.0) < scale.to_value(1.0) <= known.maximum
