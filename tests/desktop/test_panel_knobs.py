"""The desk of knobs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QMenu,
    QScrollArea,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from tests.desktop.knob_views import ALONG, GROUP, SINGLE, Heard, heard_from
from tests.desktop.knobs_bench import INITIAL, VIEWS, knobs_panel, training_knob, weight_knob
from weightdeck.run.spec import HYPERPARAMETERS
from weightdeck_desktop.panels.knobs import TRAINING_KNOBS, KnobsPanel
from weightdeck_desktop.panels.slice_acts import SliceAct
from weightdeck_desktop.panels.training_knob import GesturePhase
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.knob import Knob


@pytest.fixture
def panel(qtbot: QtBot) -> KnobsPanel:
    return knobs_panel(qtbot)


@pytest.fixture
def heard(panel: KnobsPanel) -> Heard:
    return heard_from(
        panel,
        "training_turned",
        "weight_grabbed",
        "weight_turned",
        "weight_released",
        "weight_typed",
        "selected",
        "repin_requested",
        "remove_requested",
        "browse_requested",
        "add_requested",
        "suggest_requested",
        "slice_act",
    )


def choose(qtbot: QtBot, knob: Knob, words: str) -> None:
    """Open the knob's menu and choose the action whose text begins with `words`."""
    knob.menu_requested.emit(QPoint(0, 0))
    menu = knob.findChild(QMenu)
    assert menu is not None
    action = next(action for action in menu.actions() if action.text().startswith(words))
    menu.close()
    action.trigger()


def type_in(qtbot: QtBot, knob: Knob, text: str) -> None:
    knob.open_editor(text)
    line = knob.findChild(QLineEdit)
    assert line is not None
    qtbot.keyClick(line, Qt.Key.Key_Return)


def test_what_it_is_told_is_never_said_back(panel: KnobsPanel, heard: Heard) -> None:
    panel.show_training(INITIAL.with_value("dropout", 0.2), INITIAL)
    panel.show_weights(tuple(reversed(VIEWS)))
    panel.show_weights([ALONG] * 9)
    panel.show_weights([])
    panel.show_weights(VIEWS)
    panel.show_can_paste(48)
    panel.show_can_paste(None)
    panel.show_pending(0)
    panel.show_pending(0, False)
    panel.show_selected(2)
    panel.set_enabled_engine(False)
    panel.set_enabled_engine(True)
    panel.set_theme(light_theme(1.5))
    panel.clear()
    assert heard == []


def test_every_control_has_a_name_a_tooltip_and_an_object_name(panel: KnobsPanel) -> None:
    controls = [*panel.findChildren(Knob), *panel.findChildren(QToolButton)]
    assert len(controls) == len(TRAINING_KNOBS) + len(VIEWS) + 2
    assert len({control.objectName() for control in controls}) == len(controls)
    for control in controls:
        assert control.accessibleName()
        assert control.toolTip()


def test_the_technical_name_and_the_range_are_in_the_tooltip(panel: KnobsPanel) -> None:
    assert "lm_head.weight[19, 31]" in weight_knob(panel, 0).toolTip()
    assert "−4 … +4" in weight_knob(panel, 0).toolTip()
    assert "×8" in weight_knob(panel, 3).toolTip()
    assert "learning_rate" in training_knob(panel, "learning_rate").toolTip()


def test_weight_knobs_speak_with_their_index(panel: KnobsPanel, heard: Heard, qtbot: QtBot) -> None:
    knob = weight_knob(panel, 4)
    knob.setFocus(Qt.FocusReason.TabFocusReason)
    with qtbot.waitSignal(panel.weight_released):
        qtbot.keyClick(knob, Qt.Key.Key_End)
    assert heard == [
        ("selected", (4,)),
        ("weight_grabbed", (4,)),
        ("weight_turned", (4, 8.0)),
        ("weight_released", (4,)),
    ]


def test_a_drag_of_a_training_knob_is_one_gesture(panel: KnobsPanel, heard: Heard, qtbot: QtBot) -> None:
    with qtbot.waitSignal(training_knob(panel, "dropout").released):
        qtbot.keyClick(training_knob(panel, "dropout"), Qt.Key.Key_End)
    assert heard == [
        ("training_turned", ("dropout", 0.0, GesturePhase.BEGIN)),
        ("training_turned", ("dropout", 0.5, GesturePhase.MOVE)),
        ("training_turned", ("dropout", 0.5, GesturePhase.END)),
    ]


def test_whole_numbers_stay_whole(panel: KnobsPanel, heard: Heard, qtbot: QtBot) -> None:
    knob = training_knob(panel, "batch_size")
    with qtbot.waitSignal(knob.released):
        qtbot.keyClick(knob, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert knob.number == 33.0
    type_in(qtbot, knob, "32.5")
    assert knob.number == 33.0


@pytest.mark.parametrize("name", TRAINING_KNOBS)
def test_typed_settings_are_checked_against_their_own_range(
    panel: KnobsPanel, heard: Heard, qtbot: QtBot, name: str
) -> None:
    knob = training_knob(panel, name)
    beyond = HYPERPARAMETERS[name].maximum * 2
    type_in(qtbot, knob, f"{beyond:g}")
    assert heard == []
    type_in(qtbot, knob, f"{HYPERPARAMETERS[name].maximum:g}")
    assert heard == [("training_turned", (name, HYPERPARAMETERS[name].maximum, GesturePhase.ONCE))]


def test_dropout_takes_percent(panel: KnobsPanel, heard: Heard, qtbot: QtBot) -> None:
    type_in(qtbot, training_knob(panel, "dropout"), "10 %")
    assert heard == [("training_turned", ("dropout", pytest.approx(0.1), GesturePhase.ONCE))]


def test_the_menu_of_a_weight_knob(panel: KnobsPanel, heard: Heard, qtbot: QtBot) -> None:
    knob = weight_knob(panel, 0)
    for words in ("Back to +0.100", "Zero", "Hold", "Show in", "Pin another", "Find six", "Take off"):
        choose(qtbot, knob, words)
    assert heard == [
        ("weight_typed", (0, 0.1)),
        ("slice_act", (SINGLE.target, SliceAct.ZERO)),
        ("slice_act", (SINGLE.target, SliceAct.HOLD)),
        ("browse_requested", (0,)),
        ("repin_requested", (0,)),
        ("suggest_requested", ()),
        ("remove_requested", (0,)),
    ]
    choose(qtbot, knob, "Type a value")
    line = knob.findChild(QLineEdit)
    assert line is not None
    assert line.isVisible()


def test_the_menu_opens_by_key(panel: KnobsPanel, qtbot: QtBot) -> None:
    knob = weight_knob(panel, 3)
    knob.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(knob, Qt.Key.Key_Menu)
    menu = knob.findChild(QMenu)
    assert menu is not None
    assert menu.isVisible()
    assert {action.objectName() for action in menu.actions()} >= {"slice_act_noise", "slice_act_knob_own"}
    menu.close()


def test_only_slices_of_the_copied_size_can_be_pasted_into(panel: KnobsPanel, qtbot: QtBot) -> None:
    panel.show_can_paste(48)
    panel.show_weights((*VIEWS, ALONG))
    for index, can in ((0, False), (3, True), (6, True)):
        knob = weight_knob(panel, index)
        qtbot.keyClick(knob, Qt.Key.Key_Menu)
        menu = knob.findChild(QMenu)
        assert menu is not None
        paste = next(action for action in menu.actions() if action.objectName() == "slice_act_paste")
        assert paste.isEnabled() is can
        menu.close()


def test_held_and_directed_knobs_say_so(panel: KnobsPanel) -> None:
    panel.show_weights((replace(GROUP, held=1.0), replace(GROUP, held=0.25), ALONG))
    whole, part, along = (weight_knob(panel, index) for index in range(3))
    assert "Held" in whole.toolTip()
    assert "25.0% of it is held" in part.toolTip()
    assert "along itself" in along.accessibleDescription()
    assert "−12.3 … +12.3" in along.toolTip()
    assert "length along that direction" in along.toolTip()


def test_a_double_click_returns_to_the_default(panel: KnobsPanel, heard: Heard, qtbot: QtBot) -> None:
    knob = weight_knob(panel, 1)
    qtbot.mouseDClick(knob, Qt.MouseButton.LeftButton, pos=QPoint(knob.width() // 2, 30))
    assert ("weight_typed", (1, 0.1)) in heard
    assert knob.number == 0.1


def test_a_setting_returns_to_where_the_run_began(panel: KnobsPanel, heard: Heard, qtbot: QtBot) -> None:
    panel.show_training(INITIAL.with_value("learning_rate", 1e-2), INITIAL)
    choose(qtbot, training_knob(panel, "learning_rate"), "Back to 3e-3")
    assert heard == [("training_turned", ("learning_rate", 3e-3, GesturePhase.ONCE))]


def test_without_an_engine_nothing_turns(panel: KnobsPanel, heard: Heard, qtbot: QtBot) -> None:
    panel.clear()
    panel.set_enabled_engine(False)
    for knob in panel.findChildren(Knob):
        qtbot.keyClick(knob, Qt.Key.Key_End)
        qtbot.mouseClick(knob, Qt.MouseButton.LeftButton, pos=QPoint(30, 30))
        assert knob.number is None
    assert heard == []


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("width", [220, 320, 640])
def test_nothing_is_cut_or_overlaps_at_any_size(qtbot: QtBot, scale: float, width: int) -> None:
    panel = KnobsPanel()
    panel.set_theme(dark_theme(scale))
    panel.show_training(INITIAL, INITIAL)
    panel.show_weights(VIEWS)
    scroll = QScrollArea()
    qtbot.addWidget(scroll)
    scroll.setWidgetResizable(True)
    scroll.setWidget(panel)
    scroll.resize(width, 560)
    scroll.show()
    for _ in range(3):
        QApplication.processEvents()
    knobs = panel.findChildren(Knob)
    places = [knob.geometry().translated(knob.parentWidget().pos()) for knob in knobs]
    for place, knob in zip(places, knobs, strict=True):
        assert place.width() >= knob.minimumWidth()
        assert place.height() == knob.minimumHeight()
        assert panel.rect().contains(place)
        assert sum(place.intersects(other) for other in places) == 1


def test_it_fits_the_smallest_window_without_scrolling(panel: KnobsPanel) -> None:
    assert panel.minimumSizeHint().height() <= 560
    assert panel.minimumSizeHint().width() <= 320


def test_the_table_lists_what_is_known(panel: KnobsPanel) -> None:
    table = panel.table()
    assert table is not None
    assert table[1] == ["learning_rate", "rate", "0.003"]
    assert table[-1] == ["transformer.ln_f.weight", "final norm", "0.5"]
    panel.show_weights([ALONG])
    table = panel.table()
    assert table is not None
    assert table[-1] == ["transformer.wte.weight[9] along itself", "embed row i", "3.4"]
    panel.clear()
    assert panel.table() is None
