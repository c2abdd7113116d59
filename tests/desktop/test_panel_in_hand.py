"""The knob in hand and its facts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QMenu, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.knob_views import ALONG, GROUP, SINGLE, Heard, heard_from
from weightdeck.run.frame import DataCost
from weightdeck_desktop.panels.in_hand import InHandPanel
from weightdeck_desktop.panels.knob_trace import KnobTrace
from weightdeck_desktop.panels.slice_acts import SliceAct
from weightdeck_desktop.panels.weight_knob import WeightKnob
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.text_line import TextLine
from weightdeck_desktop.widgets.trace_chart import TraceChart


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
    return heard_from(
        panel,
        "weight_grabbed",
        "weight_turned",
        "weight_released",
        "weight_typed",
        "repin_requested",
        "remove_requested",
        "browse_requested",
        "suggest_requested",
        "slice_act",
        "before_pressed",
        "before_released",
    )


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


FACTS = ("range", "reach", "cost", "gradient", "initial", "spread", "since")
BUTTONS = ("hold", "default", "zero", "reinitialise", "before", "acts")


def test_an_empty_hand_offers_nothing(panel: InHandPanel, heard: Heard, qtbot: QtBot) -> None:
    panel.show_trace(KnobTrace())
    panel.show_cost(DataCost(0.3, 0.02, 500, 0), of_last=True)
    for name in BUTTONS:
        assert not button(panel, name).isEnabled()
    assert {fact(panel, name) for name in FACTS} == {"–"}
    assert panel.table() is None
    qtbot.keyClick(knob(panel), Qt.Key.Key_Up)
    qtbot.keyClick(knob(panel), Qt.Key.Key_Delete)
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


def test_a_group_along_a_direction_and_its_facts(panel: InHandPanel) -> None:
    panel.show_knob(ALONG, initial=-0.2)
    assert fact(panel, "range") == "−12.3 … +12.3"
    assert fact(panel, "initial") == "−0.200"
    assert knob(panel).accessibleDescription().startswith("+3.400")
    assert "along itself" in knob(panel).toolTip()


def test_what_is_not_known_yet_is_not_made_up(panel: InHandPanel) -> None:
    panel.show_knob(replace(SINGLE, value=None, default=None, spread=None, reach=None, gradient=None))
    assert fact(panel, "reach") == "…"
    assert fact(panel, "initial") == "…"
    assert fact(panel, "gradient") == "no step yet"
    assert not button(panel, "zero").isEnabled()
    assert not button(panel, "hold").isEnabled()
    assert button(panel, "acts").isEnabled()


def test_what_the_turn_costs_on_the_data(panel: InHandPanel) -> None:
    panel.show_knob(SINGLE)
    panel.show_cost(DataCost(0.31, 0.02, 500, 0), of_last=True)
    assert fact(panel, "cost") == "+0.310 ± 0.020"
    table = panel.table()
    assert table is not None
    assert ["this turn costs, nats", "+0.310 ± 0.020"] in table
    panel.show_cost(None, of_last=False)
    table = panel.table()
    assert table is not None
    assert ["since the baseline, nats", "–"] in table


def test_what_training_did_about_the_turn(panel: InHandPanel) -> None:
    panel.resize(460, 360)
    panel.show_knob(replace(SINGLE, edited=False))
    panel.show_trace(None)
    assert fact(panel, "since") == "not turned by hand yet"
    panel.show_knob(SINGLE)  # undone and done again: nobody has followed it
    panel.show_trace(None)
    assert fact(panel, "since") == "not followed since"
    trace = KnobTrace()
    trace.edited(1236, 0.1, 0.4)
    panel.show_trace(trace)
    assert fact(panel, "since") == "no step yet"
    trace.read(1276, 0.382)
    panel.show_trace(trace)
    assert fact(panel, "since") == "pulled back 6 %"
    table = panel.table()
    assert table is not None
    assert ["training since · 40 steps", "pulled back 6 %"] in table
    chart = panel.findChild(TraceChart, "in_hand_trace")
    assert isinstance(chart, TraceChart)
    assert "+0.382" in chart.accessibleDescription()
    panel.show_knob(None)
    assert chart.accessibleDescription() == ""


def test_the_buttons_ask(panel: InHandPanel, heard: Heard, qtbot: QtBot) -> None:
    panel.show_knob(SINGLE)
    for name in ("default", "hold", "zero", "reinitialise"):
        qtbot.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)
    assert heard == [
        ("weight_typed", (0.1,)),
        ("slice_act", (SINGLE.target, SliceAct.HOLD)),
        ("slice_act", (SINGLE.target, SliceAct.ZERO)),
        ("slice_act", (SINGLE.target, SliceAct.REINITIALISE)),
    ]


def test_what_is_held_can_be_let_go(panel: InHandPanel, heard: Heard, qtbot: QtBot) -> None:
    panel.show_knob(SINGLE)
    free = button(panel, "hold").geometry()
    panel.show_knob(replace(SINGLE, held=0.2))
    assert button(panel, "hold").text() == "Hold"  # the rest of it
    panel.show_knob(replace(SINGLE, held=1.0))
    assert button(panel, "hold").text() == "Let go"
    assert button(panel, "hold").geometry() == free
    qtbot.mouseClick(button(panel, "hold"), Qt.MouseButton.LeftButton)
    assert heard == [("slice_act", (SINGLE.target, SliceAct.LET_GO))]
    assert "held" in knob(panel).accessibleDescription()
    assert "held" in knob(panel).toolTip().lower()
    qtbot.keyClick(knob(panel), Qt.Key.Key_End)
    assert heard[-1][0] == "weight_turned"
    knob(panel).take_hand_off()


def test_nothing_moves_whatever_is_said(panel: InHandPanel) -> None:
    panel.show_knob(SINGLE)
    QApplication.processEvents()
    children = [child for child in panel.findChildren(QWidget) if child.isVisible()]
    places = [child.geometry() for child in children]
    trace = KnobTrace()
    trace.edited(1236, 0.1, 0.4)
    trace.read(123_456, 0.382)
    panel.show_trace(trace)
    panel.show_cost(DataCost(-12.3456, 0.0123, 500, 0), of_last=False)
    panel.show_knob(replace(ALONG, held=1.0, edited=True), initial=-1e-7, edited_step=123_456)
    panel.show_pending(True)
    QApplication.processEvents()
    assert [child.geometry() for child in children] == places
    panel.clear()
    QApplication.processEvents()
    assert [child.geometry() for child in children] == places


# Before


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_before_lasts_as_long_as_the_key(panel: InHandPanel, heard: Heard, qtbot: QtBot, key: Qt.Key) -> None:
    panel.show_knob(SINGLE)
    before = button(panel, "before")
    before.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyPress(before, key)
    repeated = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, "", True)
    QApplication.sendEvent(before, repeated)
    assert heard == [("before_pressed", ())]
    qtbot.keyRelease(before, key)
    assert heard == [("before_pressed", ()), ("before_released", ())]


def test_before_lasts_as_long_as_the_mouse_button(panel: InHandPanel, heard: Heard, qtbot: QtBot) -> None:
    panel.show_knob(SINGLE)
    qtbot.mousePress(button(panel, "before"), Qt.MouseButton.LeftButton)
    assert heard == [("before_pressed", ())]
    qtbot.mouseRelease(button(panel, "before"), Qt.MouseButton.LeftButton)
    assert heard == [("before_pressed", ()), ("before_released", ())]


@pytest.mark.parametrize("leave", ["hide", "disable", "focus"])
def test_before_ends_when_the_button_is_taken_away(
    panel: InHandPanel, heard: Heard, qtbot: QtBot, leave: str
) -> None:
    panel.show_knob(SINGLE)
    before = button(panel, "before")
    before.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyPress(before, Qt.Key.Key_Space)
    if leave == "hide":
        panel.hide()
    elif leave == "disable":
        panel.set_enabled_engine(False)
    else:
        button(panel, "acts").setFocus(Qt.FocusReason.TabFocusReason)
    assert heard[-1] == ("before_released", ())
    assert len(heard) == 2


# More


def open_more(panel: InHandPanel, qtbot: QtBot) -> QMenu:
    more = button(panel, "acts")
    more.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(more, Qt.Key.Key_Space)
    menu = panel.findChild(QMenu)
    assert isinstance(menu, QMenu)
    return menu


def test_more_has_everything_else(panel: InHandPanel, heard: Heard, qtbot: QtBot) -> None:
    panel.show_knob(ALONG)
    menu = open_more(panel, qtbot)
    acts = {action.objectName().removeprefix("slice_act_"): action for action in menu.actions()}
    assert set(acts) >= {act.value for act in SliceAct} - {"let_go", "explain"}  # it is no single number
    assert not acts["paste"].isEnabled()
    menu.close()
    acts["noise"].trigger()
    for words in ("Show in Browse", "Pin another", "Find six", "Take off"):
        next(action for action in menu.actions() if action.text().startswith(words)).trigger()
    assert heard == [
        ("slice_act", (ALONG.target, SliceAct.NOISE)),
        ("browse_requested", ()),
        ("repin_requested", ()),
        ("suggest_requested", ()),
        ("remove_requested", ()),
    ]


@pytest.mark.parametrize(("copied", "can"), [(48, True), (47, False), (None, False)])
def test_as_many_numbers_can_be_pasted_as_the_slice_holds(
    panel: InHandPanel, qtbot: QtBot, copied: int | None, can: bool
) -> None:
    panel.show_knob(GROUP)
    panel.show_can_paste(copied)
    menu = open_more(panel, qtbot)
    paste = next(action for action in menu.actions() if action.objectName() == "slice_act_paste")
    assert paste.isEnabled() is can
    menu.close()


def test_the_same_knob_again_is_not_offered(panel: InHandPanel, qtbot: QtBot) -> None:
    panel.show_knob(GROUP)
    menu = open_more(panel, qtbot)
    names = {action.objectName() for action in menu.actions()}
    assert "slice_act_knob" not in names
    assert "slice_act_knob_own" in names
    menu.close()


# The knob


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
    panel.show_cost(DataCost(0.3, 0.02, 500, 0), of_last=True)
    panel.show_trace(None)
    panel.show_can_paste(48)
    panel.show_knob(None)
    panel.clear()
    assert heard == []


def test_every_control_has_a_name_and_a_tooltip(panel: InHandPanel) -> None:
    panel.show_knob(SINGLE)
    controls = [knob(panel), *panel.findChildren(QToolButton), *panel.findChildren(TraceChart)]
    assert len(controls) == 1 + len(BUTTONS) + 1
    for control in controls:
        assert control.accessibleName()
        assert control.toolTip()
        assert control.objectName()
