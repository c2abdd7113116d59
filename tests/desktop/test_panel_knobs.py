"""The desk of knobs."""

from __future__ import annotations

from collections.abc import Callable

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

from weightdeck.run.scales import GAIN_SCALE, WEIGHT_SCALE
from weightdeck.run.spec import HYPERPARAMETERS, Hyperparameters
from weightdeck_desktop.panels.knob_words import gain_text, reach_words, read_gain, read_weight, weight_text
from weightdeck_desktop.panels.knobs import TRAINING_KNOBS, WEIGHT_KNOBS, GesturePhase, KnobsPanel
from weightdeck_desktop.panels.weight_knob import KnobView, WeightKnob
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.knob import Knob

INITIAL = Hyperparameters(learning_rate=3e-3, batch_size=32, weight_decay=0.1, grad_clip=1.0, dropout=0.0)
SINGLE = KnobView(
    "head [s, 31]", "lm_head.weight[19, 31]", WEIGHT_SCALE, False, 0.4, 0.1, (-0.2, 0.2), 3.1, True
)
GROUP = KnobView("final norm", "transformer.ln_f.weight", GAIN_SCALE, True, 1.0, 1.0, None, 0.03)
VIEWS = (SINGLE, SINGLE, SINGLE, GROUP, GROUP, GROUP)

Heard = list[tuple[str, tuple[object, ...]]]


@pytest.fixture
def panel(qtbot: QtBot) -> KnobsPanel:
    panel = KnobsPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.resize(320, 560)
    panel.show_training(INITIAL, INITIAL)
    panel.show_weights(VIEWS)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def heard(panel: KnobsPanel) -> Heard:
    log: Heard = []

    def note(name: str) -> Callable[..., None]:
        return lambda *arguments: log.append((name, arguments))

    for name in (
        "training_turned",
        "weight_grabbed",
        "weight_turned",
        "weight_released",
        "weight_typed",
        "selected",
        "repin_requested",
        "suggest_requested",
    ):
        getattr(panel, name).connect(note(name))
    return log


def weight_knob(panel: KnobsPanel, index: int) -> WeightKnob:
    knob = panel.findChild(WeightKnob, f"weight_knob_{index}")
    assert isinstance(knob, WeightKnob)
    return knob


def training_knob(panel: KnobsPanel, name: str) -> Knob:
    knob = panel.findChild(Knob, f"training_knob_{name}")
    assert isinstance(knob, Knob)
    return knob


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
    assert len(controls) == len(TRAINING_KNOBS) + WEIGHT_KNOBS + 1
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
    choose(qtbot, knob, "Back to")
    choose(qtbot, knob, "Set to zero")
    choose(qtbot, knob, "Pin another")
    choose(qtbot, knob, "Find six")
    assert heard == [
        ("weight_typed", (0, 0.1)),
        ("weight_typed", (0, 0.0)),
        ("repin_requested", (0,)),
        ("suggest_requested", ()),
    ]
    choose(qtbot, knob, "Type a value")
    line = knob.findChild(QLineEdit)
    assert line is not None
    assert line.isVisible()


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
    assert table[-1] == ["transformer.ln_f.weight", "final norm", "1.0"]
    panel.clear()
    assert panel.table() is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.412, "+0.412"),
        (-0.187, "−0.187"),
        (0.0, "0.000"),
        (-2.1e-5, "−2.1e-5"),
        (1234.5, "+1234"),
        (4e-4, "+4.0e-4"),
    ],
)
def test_weights_are_written_with_sign_and_never_as_a_false_zero(value: float, text: str) -> None:
    assert weight_text(value) == text
    assert read_weight(text, None) == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize(("value", "text"), [(0.4, "×0.40"), (0.0, "×0"), (0.004, "×0.004"), (8.0, "×8.00")])
def test_a_gain_typed_as_it_is_shown_is_itself(value: float, text: str) -> None:
    assert gain_text(value) == text
    assert read_gain(text, 0.7) == value


def test_gains_take_percent_and_factors_on_now_but_no_minus() -> None:
    assert read_gain("40 %", 1.0) == 0.4
    assert read_gain("*0.5", 0.8) == 0.4
    with pytest.raises(ValueError, match="below zero"):
        read_gain("-1", 1.0)
    with pytest.raises(ValueError, match="too large"):
        read_gain("1e9", 1.0)
    with pytest.raises(ValueError, match="too large"):
        read_weight("-1e9", 1.0)


def test_reach_in_words() -> None:
    assert reach_words(None) == ""
    assert reach_words(0.049) == "nothing depends on it yet"
    assert reach_words(0.05) == "reach 0.05 nats"
    assert reach_words(3.14) == "reach 3.1 nats"
