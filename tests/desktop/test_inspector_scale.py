"""Where the inspector's colours end: of every text its own, and it says when numbers lie beyond."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from tests.desktop.inspecting import POST, inspector
from tests.desktop.tap_readings import reading, taps
from weightdeck.run.inside import TapReading
from weightdeck_desktop.panels.inspector import InspectorPanel


@pytest.fixture
def panel(qtbot: QtBot) -> InspectorPanel:
    return inspector(qtbot)


def of_size(text: str, size: float, largest: float | None = None) -> TapReading:
    """Every number of the stage is `size`, but for one that may be larger."""
    found = reading(text)
    values = np.full(found.values[POST].shape, size, dtype=np.float32)
    values[0, 0] = size if largest is None else largest
    return TapReading(found.where, found.ids, found.tokens, {**found.values, POST: values})


def ends(panel: InspectorPanel) -> str:
    return panel._map._scale._ends[1]


def test_it_says_that_larger_numbers_look_alike(panel: InspectorPanel) -> None:
    panel.show_taps(taps(of_size("abca", 1.0)), 40)
    assert ends(panel) == "+1"
    panel.show_taps(taps(of_size("abca", 1.0, largest=3.0)), 41)
    assert ends(panel) == "+1+"


def test_another_text_has_a_scale_of_its_own(panel: InspectorPanel) -> None:
    """That of the same text keeps still while its numbers shrink a little; another's begins anew."""
    panel.show_taps(taps(of_size("abca", 1.0)), 40)
    panel.show_taps(taps(of_size("abca", 0.45)), 41)
    assert ends(panel) == "+1"
    panel.show_taps(taps(of_size("dbca", 0.45)), 41)
    assert ends(panel) == "+0.5"
