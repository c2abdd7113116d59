"""The knob in hand and its facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from weightdeck.run.scales import GAIN_SCALE, WEIGHT_SCALE
from weightdeck_desktop.panels.in_hand import InHandPanel
from weightdeck_desktop.panels.weight_knob import KnobView, WeightKnob
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.text_line import TextLine

SINGLE = KnobView(
    "head [s, 31]", "lm_head.weight[19, 31]", WEIGHT_SCALE, False, 0.4, 0.1, (-0.21, 0.2), 3.1, True
)
GROUP = KnobView("final norm", "transformer.ln_f.weight", GAIN_SCALE, True, 0.5, 1.0, None, 0.03)

Heard = list[tuple[str, tuple[object, ...]]]


@pytest.fixture
def panel(qtbot: QtBot) -> InHandPanel:
    panel = InHandPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.resize(460, 300)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def heard(panel: InHandPanel) -> Heard:
    log: Heard = []

    def note(name: str) -> Callable[..., None]:
        return lambda *arguments: log.append((name, arguments))

    for name in ("weight_grabbed", "weight_turned", "weight_released", "weight_typed", "repin_requested"):
        getattr(panel, name).connect(note(name))
    return log


def button(panel: InHandPanel, name: str) -> QToolButton:
    found = panel.findChild(QToolButton, f"in_hand_{name}")
    assert isinstance(found, QToolButton)
    return found


def fact(panel: InHandPanel, name: str) -> str:
    found = panel.findChild(TextLine, f"in_hand_{name}")
    assert isinstance(found, TextLine)
    return found.text


def knob(panel: InHandPanel) -> WeightKnob:
    found = panel.findChild(WeightKnob)
    assert isinstance(found, WeightKnob)
    return found


def test_an_empty_hand_offers_nothing(panel: InHandPanel, heard: Heard, qtbot: QtBot) -> None:
    for name in ("default", "zero", "pin"):
        assert not button(panel, name).isEnabled()
    assert [fact(panel, name) for name in ("range", "reach", "spread", "initial")] == ["–"] * 4
    assert panel.table() is None
    qtbot.keyClick(knob(panel), Qt.Key.Key_Up)
    assert heard == []


def test_a_single_weight_and_its_facts(panel: InHandPanel, heard: Heard) -> None:
    panel.show_knob(SINGLE, initial=0.018, edited_step=1236)
    assert fact(panel, "range") == "−4 … +4"
    assert fact(panel, "reach") == "3.10 nats"
    assert fact(panel, "spread") == "−0.21 … +0.20"
    assert fact(panel, "initial") == "+0.018"
    assert "edited at step 1,236" in knob(panel).accessibleDescription()
    assert heard == []
    table = panel.table()
    assert table is not None
    assert ["parameter", "lm_head.weight[19, 31]"] in table


def test_a_group_and_its_facts(panel: InHandPanel) -> None:
    panel.show_knob(GROUP, initial=0.96)
    assert fact(panel, "range") == "0, ×1/8 … ×8"
    assert fact(panel, "spread") == "none (a group)"
    assert fact(panel, "initial") == "×0.96"
    assert "edited" not in knob(panel).accessibleDescription()


def test_what_is_not_known_yet_is_not_made_up(panel: InHandPanel) -> None:
    panel.show_knob(replace(SINGLE, value=None, default=None, spread=None, reach=None))
    assert fact(panel, "reach") == "…"
    assert fact(panel, "initial") == "…"
    assert not button(panel, "zero").isEnabled()
    assert button(panel, "pin").isEnabled()


def test_the_buttons_ask(panel: InHandPanel, heard: Heard, qtbot: QtBot) -> None:
    panel.show_knob(SINGLE)
    for name in ("default", "zero", "pin"):
        qtbot.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)
    assert heard == [("weight_typed", (0.1,)), ("weight_typed", (0.0,)), ("repin_requested", ())]


def test_the_knob_speaks_without_an_index(panel: InHandPanel, heard: Heard, qtbot: QtBot) -> None:
    panel.show_knob(GROUP)
    with qtbot.waitSignal(panel.weight_released):
        qtbot.keyClick(knob(panel), Qt.Key.Key_Home)
    assert heard == [("weight_grabbed", ()), ("weight_turned", (0.0,)), ("weight_released", ())]


def test_from_a_weight_to_a_group_the_wording_changes(panel: InHandPanel) -> None:
    panel.show_knob(SINGLE)
    assert knob(panel).accessibleDescription().startswith("+0.400")
    panel.show_knob(GROUP)
    assert knob(panel).accessibleDescription().startswith("×0.50")


def test_being_told_says_nothing(panel: InHandPanel, heard: Heard) -> None:
    panel.show_knob(SINGLE)
    panel.show_pending(True)
    panel.set_enabled_engine(False)
    panel.set_enabled_engine(True)
    panel.set_theme(light_theme(1.5))
    panel.show_knob(None)
    panel.clear()
    assert heard == []


def test_every_control_has_a_name_and_a_tooltip(panel: InHandPanel) -> None:
    panel.show_knob(SINGLE)
    for control in (knob(panel), *panel.findChildren(QToolButton)):
        assert control.accessibleName()
        assert control.toolTip()
        assert control.objectName()
