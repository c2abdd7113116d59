"""Before and after in the prediction panel: the baseline, what is said of it, marks, and "before" while it is kept."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from weightdeck.run.frame import Baseline, DataCost, Prediction, Prompt
from weightdeck.run.layout import EMBEDDING, HEAD, Layout, layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck.run.subjects import InPrompt, TapCell
from weightdeck_desktop.panels.comparison_words import cost_words, moved_words
from weightdeck_desktop.panels.predictions import PredictionsPanel
from weightdeck_desktop.panels.slice_acts import SliceAct, SliceState
from weightdeck_desktop.panels.slice_menu import SliceMenu
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.bars import Bars
from weightdeck_desktop.widgets.choice_box import ChoiceBox
from weightdeck_desktop.widgets.text_line import TextLine

VOCABULARY = ("·", *"abcd")
NOW = (0.10, 0.50, 0.20, 0.15, 0.05)
OLD = (0.10, 0.29, 0.25, 0.30, 0.06)
OLDER = (0.60, 0.10, 0.10, 0.10, 0.10)
PROMPT = Prompt("ab", (0, 1, 2), ("·", "a", "b"), 0, "")


def prediction(
    now: tuple[float, ...] = NOW, before: tuple[float, ...] | None = OLD, text: str = "ab"
) -> Prediction:
    prompt = Prompt(text, PROMPT.ids, PROMPT.tokens, 0, "")
    old = None if before is None else np.array(before, dtype=np.float32)
    return Prediction(prompt, np.array(now, dtype=np.float32), old, None if old is None else 0.213)


def model(*, tied: bool = False) -> Layout:
    return layout(ModelSpec(1, 2, 16, 8, len(VOCABULARY), tied=tied))


@pytest.fixture
def panel(qtbot: QtBot) -> PredictionsPanel:
    widget = PredictionsPanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.set_vocabulary(VOCABULARY)
    widget.set_prompts("ab")
    widget.set_layout(model())
    widget.set_slice_states(lambda target: SliceState(str(target), is_single=False, reads=True))
    widget.resize(310, 640)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def asked(panel: PredictionsPanel) -> list[object]:
    said: list[object] = []
    panel.baseline_chosen.connect(said.append)
    panel.mark_requested.connect(lambda: said.append("mark"))
    panel.before_pressed.connect(lambda: said.append("pressed"))
    panel.before_released.connect(lambda: said.append("released"))
    panel.slice_act.connect(lambda target, act: said.append((target, act)))
    panel.matter_requested.connect(said.append)
    return said


def said(panel: PredictionsPanel, name: str) -> str:
    line = panel.findChild(TextLine, f"prediction_{name}")
    assert line is not None
    return line.text


def button(panel: PredictionsPanel, name: str) -> QPushButton:
    found = panel.findChild(QPushButton, f"prediction_{name}")
    assert found is not None
    return found


def chooser(panel: PredictionsPanel) -> ChoiceBox:
    found = panel.findChild(ChoiceBox, "prediction_baseline")
    assert found is not None
    return found


def bars(panel: PredictionsPanel) -> Bars:
    found = panel.findChild(Bars, "prediction_bars")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("baseline", "words"),
    [
        ("last", "dashed: without your last change · 0.21 nats"),
        ("play", "dashed: as at step 12,840, last play · 0.21 nats"),
        ("mark", "dashed: as at step 12,840, marked · 0.21 nats"),
    ],
)
def test_the_dashed_outlines_are_named(panel: PredictionsPanel, baseline: str, words: str) -> None:
    panel.restore({"baseline": baseline})
    panel.show_predictions((prediction(),), 12_900, 12_840)
    assert said(panel, "dashed") == words
    assert said(panel, "moved") == "moved most: a +21 pt, c −15 pt, b −5 pt"
    table = panel.table()
    assert table is not None
    assert table[0][2].endswith(words.removeprefix("dashed: ").removesuffix(" · 0.21 nats"))


@pytest.mark.parametrize(
    ("baseline", "words"),
    [
        ("last", "you have changed nothing yet"),
        ("play", "training has not been started yet"),
        ("mark", "no moment is marked yet: Ctrl+M"),
    ],
)
def test_without_a_baseline_it_says_why(panel: PredictionsPanel, baseline: str, words: str) -> None:
    panel.restore({"baseline": baseline})
    panel.show_predictions((prediction(before=None),), 5, None)
    assert said(panel, "dashed") == words
    assert said(panel, "moved") == "here: the letters that moved most"
    assert said(panel, "cost") == "here: what the change costs on the data"
    panel.show_before(True)
    assert said(panel, "before_words") == f"no before: {words}"
    assert bars(panel).shown[0] == ("a", "0.500", "")


def test_only_moves_of_half_a_point_are_named() -> None:
    small = prediction((0.504, 0.2, 0.1, 0.1, 0.096), (0.5, 0.2, 0.1, 0.1, 0.1))
    assert moved_words(small, VOCABULARY) == "no letter moved by half a point"
    one = prediction((0.507, 0.2, 0.1, 0.1, 0.093), (0.5, 0.2, 0.1, 0.1, 0.1))
    assert moved_words(one, VOCABULARY) == "moved most: · +0.7 pt, d −0.7 pt"


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (DataCost(0.031, 0.004, 256, 0), "on the data +0.031 ± 0.004 nats a letter"),
        (DataCost(-0.031, 0.004, 256, 0), "on the data −0.031 ± 0.004 nats a letter"),
        (DataCost(0.001, 0.002, 256, 0), "on the data +0.001 ± 0.002: may be chance"),
        (DataCost(0.008, 0.004, 256, 0), "on the data +0.008 ± 0.004: may be chance"),
        (DataCost(0.0, 0.0, 256, 0), "on the data no difference"),
        (DataCost(0.00042, 0.00011, 256, 0), "on the data +0.0004 ± 0.0001 nats a letter"),
        (DataCost(1.31, 0.02, 256, 0), "on the data +1.310 ± 0.020 nats a letter"),
        (DataCost(-0.000012, 0.0000031, 256, 0), "on the data −1.2e-5 ± 3e-6 nats a letter"),
        (DataCost(0.0, 2e-8, 256, 0), "on the data +0.0000 ± 2e-8: may be chance"),
    ],
)
def test_the_cost_says_no_more_than_the_sample_can(cost: DataCost, words: str) -> None:
    assert cost_words(cost, compares=True) == words


def test_the_cost_is_shown_with_its_sample(panel: PredictionsPanel) -> None:
    panel.show_cost(DataCost(0.031, 0.004, 256, 0))
    line = panel.findChild(TextLine, "prediction_cost")
    assert line is not None
    assert line.text.startswith("on the data +0.031")
    assert "256 held-out items" in line.toolTip()
    panel.show_cost(None)
    assert (line.text, line.toolTip()) == ("", "")


def test_a_baseline_is_chosen_by_key_and_awaited(panel: PredictionsPanel, asked: list[object]) -> None:
    panel.show_predictions((prediction(),), 900)
    panel.show_cost(DataCost(0.031, 0.004, 256, 0))
    QTest.keyClick(chooser(panel), Qt.Key.Key_Down)
    assert asked == [Baseline.PLAY]
    assert panel.baseline is Baseline.PLAY
    assert (said(panel, "dashed"), said(panel, "moved"), said(panel, "cost")) == ("…", "…", "…")
    panel.show_before(True)
    assert said(panel, "before_words") == "…"
    panel.show_before(False)
    panel.show_predictions((prediction(),), 900, 840)
    assert said(panel, "dashed") == "dashed: as at step 840, last play · 0.21 nats"
    QTest.keyClick(chooser(panel), Qt.Key.Key_Down)
    QTest.keyClick(chooser(panel), Qt.Key.Key_Down)
    assert asked == [Baseline.PLAY, Baseline.MARK]


def test_the_baseline_survives_a_settings_file(
    panel: PredictionsPanel, asked: list[object], qtbot: QtBot
) -> None:
    QTest.keyClick(chooser(panel), Qt.Key.Key_End)
    asked.clear()
    other = PredictionsPanel()
    qtbot.addWidget(other)
    other.restore(json.loads(json.dumps(panel.state())))
    assert other.baseline is Baseline.MARK
    other.restore({"baseline": "nonsense"})
    assert other.baseline is Baseline.MARK
    panel.restore({"baseline": "last"})
    assert chooser(panel).currentText() == "without your last change"
    assert asked == []


def test_marking_asks_by_mouse_and_by_key(panel: PredictionsPanel, asked: list[object]) -> None:
    QTest.mouseClick(button(panel, "mark"), Qt.MouseButton.LeftButton)
    QTest.keyClick(button(panel, "mark"), Qt.Key.Key_Space)
    assert asked == ["mark", "mark"]
    assert "Ctrl+M" in button(panel, "mark").toolTip()


def test_before_is_kept_by_the_mouse(panel: PredictionsPanel, asked: list[object]) -> None:
    QTest.mousePress(button(panel, "before"), Qt.MouseButton.LeftButton)
    assert asked == ["pressed"]
    QTest.mouseRelease(button(panel, "before"), Qt.MouseButton.LeftButton)
    assert asked == ["pressed", "released"]


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_before_is_kept_by_a_key_that_repeats(
    panel: PredictionsPanel, asked: list[object], key: Qt.Key
) -> None:
    before = button(panel, "before")

    def send(kind: QEvent.Type, *, repeats: bool) -> None:
        QApplication.sendEvent(before, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, "", repeats))

    send(QEvent.Type.KeyPress, repeats=False)
    for _ in range(3):
        send(QEvent.Type.KeyRelease, repeats=True)
        send(QEvent.Type.KeyPress, repeats=True)
    assert asked == ["pressed"]
    assert before.isDown()
    send(QEvent.Type.KeyRelease, repeats=False)
    assert asked == ["pressed", "released"]
    assert not before.isDown()


@pytest.mark.parametrize("way", ["hide", "disable", "leave"])
def test_before_is_let_go_when_the_button_is_lost(
    panel: PredictionsPanel, asked: list[object], qtbot: QtBot, way: str
) -> None:
    before = button(panel, "before")
    before.setFocus()
    QTest.keyPress(before, Qt.Key.Key_Space)
    if way == "hide":
        panel.hide()
    elif way == "disable":
        before.setEnabled(False)
    else:
        button(panel, "mark").setFocus()
    assert asked == ["pressed", "released"]
    QTest.keyRelease(before, Qt.Key.Key_Space)
    assert asked == ["pressed", "released"]


def test_before_shows_the_baseline_until_it_ends(panel: PredictionsPanel) -> None:
    panel.restore({"baseline": "play"})
    panel.show_predictions((prediction(),), 900, 840)
    limit = bars(panel).limit
    place = bars(panel).geometry()
    panel.show_before(True)
    assert [row[:2] for row in bars(panel).shown][:3] == [("a", "0.290"), ("b", "0.250"), ("c", "0.300")]
    assert all(change == "" for _, _, change in bars(panel).shown)
    assert all(row.ghost is None for row in bars(panel)._drawn)
    assert bars(panel).limit == limit, "bars that are compared have one scale"
    line = panel.findChild(TextLine, "prediction_before_words")
    assert line is not None
    assert line.isVisible()
    assert line.text == "BEFORE: as at step 840, last play"
    assert panel.aside == "BEFORE"
    panel.show_predictions((prediction(OLDER, NOW),), 901, 840)
    assert dict(row[:2] for row in bars(panel).shown)["a"] == "0.500"
    panel.show_before(False)
    QApplication.processEvents()
    assert bars(panel).shown[0] == ("end", "0.600", "+50 pt")
    assert bars(panel).geometry() == place
    assert not line.isVisible()
    assert panel.aside == "step 901"


def test_before_works_on_the_difference_of_two_prompts(panel: PredictionsPanel) -> None:
    panel.set_prompts("ab", "ac")
    panel.restore({"shown": 2})
    panel.show_predictions((prediction(), prediction(OLDER, OLD, "ac")), 900, None)
    assert dict(row[:2] for row in bars(panel).shown)["a"] == "+0.400"
    assert said(panel, "dashed") == ""
    assert said(panel, "moved") == "bars: the probability after A minus that after B"
    panel.show_before(True)
    assert dict(row[:2] for row in bars(panel).shown)["a"] == "+0.000"
    assert said(panel, "before_words").startswith("BEFORE")
    panel.show_before(False)
    assert dict(row[:2] for row in bars(panel).shown)["a"] == "+0.400"


@pytest.mark.parametrize(("width", "scale"), [(310, 1.0), (394, 1.0), (420, 1.5)])
def test_everything_fits_the_column(panel: PredictionsPanel, width: int, scale: float) -> None:
    panel.set_theme(light_theme(scale))
    panel.resize(width, 700)
    panel.restore({"baseline": "play"})
    panel.show_predictions((prediction(),), 12_900, 12_840)
    panel.show_cost(DataCost(0.001, 0.002, 256, 0))
    QApplication.processEvents()
    controls = (chooser(panel), button(panel, "mark"), button(panel, "before"))
    middles = [control.geometry().center().y() for control in controls]
    assert max(middles) - min(middles) <= 2, "they stand in one line"
    assert controls[-1].geometry().right() < panel.width() - 24
    for name in ("dashed", "moved", "cost"):
        line = panel.findChild(TextLine, f"prediction_{name}")
        assert line is not None
        assert line.natural_width(line.text) <= line.width(), line.text


def test_what_is_said_moves_nothing(panel: PredictionsPanel) -> None:
    panel.show_predictions((prediction(before=None),), 1)
    QApplication.processEvents()
    place = bars(panel).geometry()
    panel.show_predictions((prediction(),), 2)
    panel.show_cost(DataCost(0.001, 0.002, 256, 0))
    panel.show_before(True)
    QApplication.processEvents()
    assert bars(panel).geometry() == place


def open_row_menu(panel: PredictionsPanel, row: int) -> SliceMenu:
    place = bars(panel)._row_rect(row).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, bars(panel).mapToGlobal(place))
    QApplication.sendEvent(bars(panel), event)
    menu = panel.findChild(SliceMenu)
    assert menu is not None
    return menu


def test_a_row_leads_to_the_weights_of_its_token(panel: PredictionsPanel, asked: list[object]) -> None:
    panel.show_predictions((prediction(),), 5)
    assert bars(panel).shown[2][0] == "c"
    menu = open_row_menu(panel, 2)
    submenus = {action.text(): action.menu() for action in menu.actions() if action.menu() is not None}
    assert list(submenus) == ["Output head, row c", "Embedding, row c"]
    for submenu in submenus.values():
        assert isinstance(submenu, QMenu)
        zero = next(action for action in submenu.actions() if action.text() == "Zero")
        zero.trigger()
    next(action for action in menu.actions() if action.text() == "What matters for c").trigger()
    menu.close()
    assert asked == [
        (ParameterSlice(HEAD, (3,)), SliceAct.ZERO),
        (ParameterSlice(EMBEDDING, (3,)), SliceAct.ZERO),
        3,
    ]


def test_a_probability_is_explained(panel: PredictionsPanel) -> None:
    panel.set_layout(model())
    shown = prediction()
    panel.show_predictions((shown,), 5)
    asked: list[object] = []
    panel.cell_chosen.connect(asked.append)
    menu = open_row_menu(panel, 2)
    next(action for action in menu.actions() if action.text() == "Where this number comes from").trigger()
    menu.close()
    assert asked == [TapCell(InPrompt(shown.prompt.text), "probs", (len(shown.prompt.ids) - 1, 3))]


def test_a_tied_head_is_offered_once(panel: PredictionsPanel) -> None:
    panel.set_layout(model(tied=True))
    panel.show_predictions((prediction(),), 5)
    menu = open_row_menu(panel, 0)
    assert [action.text() for action in menu.actions() if action.menu()] == ["Output head, row a"]
    menu.close()


def test_the_keyboard_opens_the_menu_of_its_row(panel: PredictionsPanel, qtbot: QtBot) -> None:
    panel.show_predictions((prediction(),), 5)
    bars(panel).setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(bars(panel), Qt.Key.Key_Down)
    for way in ("menu key", "enter"):
        if way == "menu key":
            event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
            QApplication.sendEvent(bars(panel), event)
        else:
            QTest.keyClick(bars(panel), Qt.Key.Key_Return)
        menu = panel.findChild(SliceMenu)
        assert menu is not None
        assert "What matters for b" in [action.text() for action in menu.actions()]
        menu.close()
        qtbot.waitUntil(lambda: panel.findChild(SliceMenu) is None)


def test_its_controls_say_what_they_are(panel: PredictionsPanel) -> None:
    for control in (chooser(panel), button(panel, "mark"), button(panel, "before"), bars(panel)):
        assert control.accessibleName(), control.objectName()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control.objectName()
    for control in (chooser(panel), button(panel, "mark"), button(panel, "before")):
        assert control.toolTip(), control.objectName()
