"""What a settings file keeps of the desk comes back as it was; what is damaged in it is left out."""

from __future__ import annotations

import base64
import json
import math
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.desktop.fakes import ATTENTION, ENTRY, HEAD_S, ROW, direction, small_spec
from weightdeck.run.frame import KnobReading
from weightdeck.run.layout import layout
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.controller.knob_memory import recalled, remembered
from weightdeck_desktop.controller.pins import Origin, Pin, pin
from weightdeck_desktop.panels.knobs import MOST_WEIGHT_KNOBS
from weightdeck_desktop.settings import Settings

LAYOUT = layout(small_spec().model)
ALONG = direction(ROW)
(GOOD,) = remembered([pin(HEAD_S, LAYOUT, Origin.USER)])
(WITH_DIRECTION,) = remembered([pin(ROW, LAYOUT, Origin.USER, along=ALONG)])


def packed(values: list[float]) -> str:
    return base64.b64encode(np.asarray(values, "<f4").tobytes()).decode()


def changed(**of_along: Any) -> dict[str, Any]:
    """The remembered knob along a direction with something else in that."""
    entry = deepcopy(WITH_DIRECTION)
    entry["along"] |= of_along
    return entry


def test_a_desk_survives_a_settings_file(settings: Settings) -> None:
    desk = [
        pin(ENTRY, LAYOUT, Origin.DESK),
        pin(ATTENTION, LAYOUT, Origin.USER),
        pin(ParameterSlice(ATTENTION.tensor, ((0, 16), (8, 16))), LAYOUT, Origin.USER),
        pin(ROW, LAYOUT, Origin.USER, along=ALONG),
    ]
    settings.set_knobs("names", remembered(desk))
    again = recalled(settings.knobs("names"), LAYOUT)
    assert again == desk
    assert again[3].along == ALONG


def test_a_memory_holds_what_was_pinned_and_nothing_that_was_read() -> None:
    each = pin(ENTRY, LAYOUT, Origin.DESK)
    fresh = remembered([each])
    each.reference, each.default = 0.5, 0.25
    assert remembered([each]) == fresh


def test_with_its_run_a_group_keeps_what_counts_as_one() -> None:
    each = pin(ATTENTION, LAYOUT, Origin.USER)
    each.read(KnobReading(ATTENTION, 0.5, None, 0.5), 3)
    assert (each.value, each.default) == (1.0, 1.0)
    (again,) = recalled(remembered([each], with_references=True), LAYOUT) or ()
    again.read(KnobReading(ATTENTION, 1.25, None, 0.5), 9)
    assert (again.value, again.initial, again.default) == (2.5, 1.0, 1.0)
    (entry,) = remembered([each], with_references=True)
    for wrong in (0.0, -1.0, 1e30, "x", None, [1.0], math.nan):
        assert recalled([entry | {"reference": wrong}], LAYOUT) is None


def test_no_more_come_back_than_the_desk_holds() -> None:
    assert len(recalled([GOOD] * 40, LAYOUT)) == MOST_WEIGHT_KNOBS


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        7,
        "lm_head.weight[5, 31]",
        [],
        ["target", "default"],
        {},
        {"target": str(HEAD_S)},
        {"default": True},
        {"target": None, "default": True},
        {"target": 5, "default": True},
        {"target": ["lm_head.weight"], "default": True},
        {"target": "", "default": True},
        {"target": "lm_head.weight[", "default": True},
        {"target": "lm_head.weight[one]", "default": True},
        {"target": "lm_head.weight[0:0]", "default": True},
        {"target": "lm_head.weight[0:1:2]", "default": True},
        {"target": "lm_head.weight[-1]", "default": True},
        {"target": "lm_head.weight[999]", "default": True},
        {"target": f"lm_head.weight[{'9' * 5000}]", "default": True},
        {"target": "lm_head.weight[0, 0, 0]", "default": True},
        {"target": "transformer.h.7.attn.c_proj.weight", "default": True},
        WITH_DIRECTION | {"along": None},
        WITH_DIRECTION | {"along": []},
        WITH_DIRECTION | {"along": "own"},
        WITH_DIRECTION | {"along": {}},
        WITH_DIRECTION | {"target": "transformer.wte.weight[9:11]"},  # another shape
        changed(kind="sideways"),
        changed(kind=None),
        changed(kind=["own"]),
        changed(shape=None),
        changed(shape=16),
        changed(shape="16"),
        changed(shape=[8]),
        changed(shape=[-1]),
        changed(shape=[16, 0]),
        changed(shape=[[16]]),
        changed(shape=[math.inf]),
        changed(shape=[math.nan]),
        changed(shape=[10**30]),
        changed(values=None),
        changed(values=3),
        changed(values=["QUJD"]),
        changed(values="%%%"),
        changed(values="한국"),
        changed(values=WITH_DIRECTION["along"]["values"][:-8]),
        changed(values="QUJD"),  # three bytes are no number
        changed(values=packed([0.0] * 16)),  # points nowhere
        changed(values=packed([1.0] * 16)),  # not of length 1
        changed(values=packed([math.nan, *[0.25] * 15])),
        changed(values=packed([math.inf, *[0.25] * 15])),
        changed(length=None),
        changed(length="long"),
        changed(length=[2.0]),
        changed(length=math.nan),
        changed(length=math.inf),
        changed(length=-1.0),
        changed(length=10**400),
    ],
    ids=lambda damaged: json.dumps(damaged)[:60],
)
def test_a_damaged_entry_is_left_out_and_the_others_come_back(damaged: Any) -> None:
    assert recalled([GOOD, damaged, WITH_DIRECTION], LAYOUT) == recalled([GOOD, WITH_DIRECTION], LAYOUT)
    assert len(recalled([GOOD, WITH_DIRECTION], LAYOUT)) == 2


@pytest.mark.parametrize("key", ["kind", "shape", "values", "length", "prompt"])
def test_a_direction_that_lacks_something_is_left_out(key: str) -> None:
    entry = deepcopy(WITH_DIRECTION)
    del entry["along"][key]
    assert recalled([entry], LAYOUT) is None
    assert recalled([GOOD, entry], LAYOUT) == recalled([GOOD], LAYOUT)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(
    kept=st.lists(
        JSON
        | st.fixed_dictionaries({"target": JSON | st.just(str(ROW)), "default": JSON, "along": JSON})
        | st.fixed_dictionaries(
            {key: JSON | st.just(value) for key, value in WITH_DIRECTION["along"].items()}
        ).map(lambda along: WITH_DIRECTION | {"along": along}),
        max_size=4,
    )
)
def test_nothing_that_a_file_can_hold_raises(kept: list[Any]) -> None:
    for each in recalled(json.loads(json.dumps(kept)), LAYOUT) or ():
        assert isinstance(each, Pin)
        each.target.info(LAYOUT)
