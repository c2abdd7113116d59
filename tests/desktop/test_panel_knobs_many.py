"""The desk holds as many weight knobs as the user likes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from tests.desktop.knob_views import ALONG, GROUP, SINGLE, Heard, heard_from
from tests.desktop.knobs_bench import VIEWS, knobs_panel, training_knob, weight_knob
from weightdeck_desktop.panels.knobs import MOST_WEIGHT_KNOBS, TRAINING_KNOBS, KnobsPanel
from weightdeck_desktop.panels.weight_knob import WeightKnob
from weightdeck_desktop.widgets.text_line import TextLine


@pytest.fixture
def panel(qtbot: QtBot) -> KnobsPanel:
    return knobs_panel(qtbot)


@pytest.fixture
def heard(panel: KnobsPanel) -> Heard:
    return heard_from(
        panel,
        "add_requested",
        "suggest_requested",
        "remove_requested",
        "weight_grabbed",
        "weight_turned",
        "weight_released",
    )


def shown_knobs(panel: KnobsPanel) -> list[WeightKnob]:
    knobs = [knob for knob in panel.findChildren(WeightKnob) if knob.isVisible()]
    return sorted(knobs, key=lambda knob: int(knob.objectName().rsplit("_", 1)[1]))


@pytest.mark.parametrize("count", [0, 1, 5, 7, MOST_WEIGHT_KNOBS])
def test_there_are_as_many_knobs_as_it_is_told(panel: KnobsPanel, qtbot: QtBot, count: int) -> None:
    panel.show_weights([SINGLE] * count)
    QApplication.processEvents()
    knobs = shown_knobs(panel)
    assert [knob.objectName() for knob in knobs] == [f"weight_knob_{index}" for index in range(count)]
    places = [knob.geometry().translated(knob.parentWidget().pos()) for knob in knobs]
    for place in places:
        assert sum(place.intersects(other) for other in places) == 1
    assert all(knob.isEnabled() and knob.number == 0.4 for knob in knobs)


def test_tab_goes_through_old_and_new_knobs_in_order(panel: KnobsPanel, qtbot: QtBot) -> None:
    for count in (0, 2, 9, 4, 7):
        panel.show_weights([SINGLE] * count)
    training_knob(panel, TRAINING_KNOBS[-1]).setFocus(Qt.FocusReason.TabFocusReason)
    visited = []
    for _ in range(9):
        focused = QApplication.focusWidget()
        assert focused is not None
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
        reached = QApplication.focusWidget()
        assert reached is not None
        visited.append(reached.objectName())
    assert visited == [*(f"weight_knob_{index}" for index in range(7)), "knobs_add", "knobs_suggest"]


def test_an_empty_desk_says_how_to_fill_it(panel: KnobsPanel, heard: Heard, qtbot: QtBot) -> None:
    sentence = panel.findChild(TextLine, "knobs_none")
    assert isinstance(sentence, TextLine)
    assert not sentence.isVisible()
    panel.show_weights([])
    assert sentence.isVisible()
    assert "add one" in sentence.text
    for name in ("knobs_add", "knobs_suggest"):
        found = panel.findChild(QToolButton, name)
        assert isinstance(found, QToolButton)
        found.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.keyClick(found, Qt.Key.Key_Space)
    assert heard == [("add_requested", ()), ("suggest_requested", ())]
    panel.show_weights(VIEWS)
    assert not sentence.isVisible()


def test_a_full_desk_takes_no_more(panel: KnobsPanel, heard: Heard, qtbot: QtBot) -> None:
    add = panel.findChild(QToolButton, "knobs_add")
    assert isinstance(add, QToolButton)
    panel.show_weights([SINGLE] * MOST_WEIGHT_KNOBS)
    qtbot.mouseClick(add, Qt.MouseButton.LeftButton)
    assert heard == []
    assert str(MOST_WEIGHT_KNOBS) in add.toolTip()
    panel.show_weights([SINGLE] * (MOST_WEIGHT_KNOBS - 1))
    qtbot.mouseClick(add, Qt.MouseButton.LeftButton)
    assert heard == [("add_requested", ())]


def test_delete_takes_the_knob_off_and_leaves_the_focus_on_the_desk(
    panel: KnobsPanel, heard: Heard, qtbot: QtBot
) -> None:
    views = [SINGLE, GROUP, ALONG]
    panel.show_weights(views)
    panel.remove_requested.connect(lambda index: (views.pop(index), panel.show_weights(views)))
    knob = weight_knob(panel, 1)
    knob.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(knob, Qt.Key.Key_Delete)
    assert heard[-1] == ("remove_requested", (1,))
    assert [knob.view for knob in shown_knobs(panel)] == [SINGLE, ALONG]
    assert knob.hasFocus()
    qtbot.keyClick(knob, Qt.Key.Key_Delete)
    assert weight_knob(panel, 0).hasFocus()
    qtbot.keyClick(weight_knob(panel, 0), Qt.Key.Key_Delete)
    assert shown_knobs(panel) == []
    focused = QApplication.focusWidget()
    assert focused is not None
    assert focused.objectName() == "knobs_add"


def test_a_turn_does_not_go_on_with_another_slice(panel: KnobsPanel, heard: Heard, qtbot: QtBot) -> None:
    knob = weight_knob(panel, 2)
    qtbot.keyClick(knob, Qt.Key.Key_Up)
    panel.show_weights((SINGLE, SINGLE, ALONG, GROUP))
    assert heard[-1] == ("weight_released", (2,))
    assert knob.number == 3.4
    qtbot.keyClick(knob, Qt.Key.Key_Up)
    assert heard[-2] == ("weight_grabbed", (2,))
    assert heard[-1][1] == (2, pytest.approx(ALONG.scale.to_value(ALONG.scale.to_position(3.4) + 0.01)))
    knob.take_hand_off()


def test_a_turn_goes_on_while_its_own_knob_is_told_news(
    panel: KnobsPanel, heard: Heard, qtbot: QtBot
) -> None:
    knob = weight_knob(panel, 2)
    qtbot.keyClick(knob, Qt.Key.Key_Up)
    turned = knob.number
    panel.show_weights((*VIEWS[:2], replace(SINGLE, value=-1.0, reach=0.2, held=1.0), *VIEWS[3:]))
    assert [name for name, _ in heard] == ["weight_grabbed", "weight_turned"]
    assert knob.number == turned
    knob.take_hand_off()
