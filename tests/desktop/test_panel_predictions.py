"""The prediction panel: what it shows of predictions, what it asks for, and that being told is not asking."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QDoubleSpinBox, QLineEdit, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from weightdeck.run.frame import DataCost, Prediction, Prompt, Sample, Sampling
from weightdeck_desktop.panels.prediction_rows import StableOrder
from weightdeck_desktop.panels.predictions import PredictionsPanel
from weightdeck_desktop.panels.prompt_edit import LONGEST_PROMPT
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.text_line import TextLine

VOCABULARY = ("·", *"abcdefgh")


def prompt(text: str, cut: int = 0, problem: str = "") -> Prompt:
    known = [letter for letter in text if letter in VOCABULARY]
    tokens = ("·", *known[cut:])
    return Prompt(text, tuple(VOCABULARY.index(token) for token in tokens), tokens, cut, problem)


def prediction(text: str, likely: str, before: str | None = None, **prompt_parts: object) -> Prediction:
    def probs(letter: str) -> np.ndarray:
        shares = np.full(len(VOCABULARY), 0.05, dtype=np.float32)
        shares[VOCABULARY.index(letter)] = 0.6
        return shares

    parts = prompt(text, **prompt_parts)  # type: ignore[arg-type]
    old = None if before is None else probs(before)
    return Prediction(parts, probs(likely), old, None if old is None else 0.21)


@pytest.fixture
def panel(qtbot: QtBot) -> PredictionsPanel:
    widget = PredictionsPanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.set_vocabulary(VOCABULARY)
    widget.set_prompts("abc")
    widget.resize(430, 750)
    widget.show()
    return widget


@pytest.fixture
def asked(panel: PredictionsPanel) -> list[tuple[object, ...]]:
    """Everything that the panel asks for, in order."""
    said: list[tuple[object, ...]] = []
    panel.prompts_edited.connect(lambda a, b: said.append(("prompts", a, b)))
    panel.sampling_changed.connect(lambda sampling: said.append(("sampling", sampling)))
    panel.baseline_chosen.connect(lambda baseline: said.append(("baseline", baseline)))
    panel.mark_requested.connect(lambda: said.append(("mark",)))
    panel.before_pressed.connect(lambda: said.append(("before", True)))
    panel.before_released.connect(lambda: said.append(("before", False)))
    return said


def line(panel: PredictionsPanel, name: str = "a") -> QLineEdit:
    found = panel.findChild(QLineEdit, f"prompt_{name}")
    assert isinstance(found, QLineEdit)
    return found


def click(panel: PredictionsPanel, name: str) -> None:
    button = panel.findChild(QPushButton, name)
    assert isinstance(button, QPushButton)
    button.click()


def test_every_token_has_its_bar_the_likeliest_first(panel: PredictionsPanel) -> None:
    panel.show_predictions((prediction("abc", "d", before="e"),), 1240)
    shown = panel._bars.shown
    assert shown[0] == ("d", "0.600", "+55 pt")
    assert {row[0] for row in shown} == {"end", *"abcdefgh"}
    said = panel.findChild(TextLine, "prediction_dashed")
    assert said is not None
    assert said.text == "dashed: without your last change · 0.21 nats"
    assert panel.aside == "step 1,240"


def test_being_told_is_not_asking(panel: PredictionsPanel, asked: list[tuple[object, ...]]) -> None:
    panel.set_loading(True)
    panel.set_loading(False)
    panel.set_prompts("ab", "abc")
    panel.show_predictions((prediction("ab", "c"), prediction("abc", "d")), 7)
    panel.show_cost(DataCost(0.1, 0.01, 256, 0))
    panel.show_before(True)
    panel.show_before(False)
    panel.show_samples((Sample("abca", 3, "new"),), 7)
    panel.set_sampling(Sampling(temperature=0.3, top_k=2, from_prompt=True))
    panel.set_pending(True)
    panel.restore(panel.state())
    panel.clear()
    assert asked == []
    assert panel.sampling == Sampling(temperature=0.3, top_k=2, from_prompt=True)


def test_typing_asks_once_a_letter(panel: PredictionsPanel, asked: list[tuple[object, ...]]) -> None:
    QTest.keyClicks(line(panel), "de")
    assert asked == [("prompts", "abcd", None), ("prompts", "abcde", None)]


def test_comparing_starts_with_a_copy_and_ends_with_one(
    panel: PredictionsPanel, asked: list[tuple[object, ...]]
) -> None:
    click(panel, "prompt_compare")
    QTest.keyClicks(line(panel, "b"), "h")
    click(panel, "prompt_remove_b")
    assert asked == [("prompts", "abc", "abc"), ("prompts", "abc", "abch"), ("prompts", "abc", None)]
    assert panel.prompts == ("abc", None)


def test_the_switch_shows_a_b_and_their_difference(panel: PredictionsPanel) -> None:
    panel.set_prompts("abc", "abd")
    panel.show_predictions((prediction("abc", "d"), prediction("abd", "e")), 5)
    assert panel._bars.shown[0][:2] == ("d", "0.600")
    click(panel, "prediction_shown_1")
    assert panel._bars.shown[0][:2] == ("e", "0.600")
    click(panel, "prediction_shown_2")
    assert set(panel._bars.shown[:2]) == {("d", "+0.550", "+55 pt"), ("e", "−0.550", "−55 pt")}


def test_a_prompt_without_known_letters_has_no_bars(panel: PredictionsPanel) -> None:
    panel.set_prompts("??", "abd")
    panel.show_predictions((prediction("abd", "e"),), 5)
    assert panel._bars.shown == ()
    click(panel, "prediction_shown_1")
    assert panel._bars.shown[0][0] == "e"


def test_what_the_model_saw_and_did_not_see_is_shown(panel: PredictionsPanel) -> None:
    panel.show_predictions((prediction("ab?cde", "f", cut=2, problem="Left out: ?."),), 5)
    assert panel._a._strip.accessibleDescription() == "The model saw: start c d e\nCut off before it: ab"
    assert panel._remark.text == "Left out: ?. The model sees the last 3 letters."


def test_a_remark_moves_nothing(panel: PredictionsPanel) -> None:
    panel.show_predictions((prediction("abc", "d"),), 5)
    QApplication.processEvents()
    before = panel._bars.geometry()
    panel.show_predictions((prediction("ab?cde", "f", cut=2, problem="Left out: ?."),), 6)
    QApplication.processEvents()
    assert panel._bars.geometry() == before


def test_a_long_paste_is_cut_with_a_sentence(
    panel: PredictionsPanel, asked: list[tuple[object, ...]]
) -> None:
    field = line(panel)
    field.selectAll()
    QApplication.clipboard().setText("a" * 300_000)
    field.paste()
    assert asked == [("prompts", "a" * LONGEST_PROMPT, None)]
    assert panel._remark.text.startswith("Only the first 10,000 characters are kept.")


def test_while_the_engine_loads_prompts_can_be_typed(
    panel: PredictionsPanel, asked: list[tuple[object, ...]]
) -> None:
    panel.set_loading(True)
    assert panel._bars.shown == ()
    assert panel._bars.accessibleDescription() == "loading engine"
    QTest.keyClicks(line(panel), "d")
    assert asked == [("prompts", "abcd", None)]


def test_controls_of_sampling_ask(panel: PredictionsPanel, asked: list[tuple[object, ...]]) -> None:
    temperature = panel.findChild(QDoubleSpinBox, "sampling_temperature")
    top_k = panel.findChild(QSpinBox, "sampling_top_k")
    follow = panel.findChild(QCheckBox, "sampling_from_prompt")
    assert temperature is not None
    assert top_k is not None
    assert follow is not None
    QTest.keyClick(temperature, Qt.Key.Key_Up)
    QTest.keyClick(top_k, Qt.Key.Key_Up)
    QTest.keyClick(follow, Qt.Key.Key_Space)
    assert asked == [
        ("sampling", Sampling(temperature=0.9)),
        ("sampling", Sampling(temperature=0.9, top_k=1)),
        ("sampling", Sampling(temperature=0.9, top_k=1, from_prompt=True)),
    ]
    assert top_k.maximum() == len(VOCABULARY)


def test_controls_say_what_they_are(panel: PredictionsPanel) -> None:
    controls = [
        *panel.findChildren(QLineEdit),
        *panel.findChildren(QPushButton),
        *panel.findChildren(QCheckBox),
    ]
    controls = [control for control in controls if control.objectName() != "qt_spinbox_lineedit"]
    assert len(controls) >= 7
    for control in controls:
        assert control.objectName(), control
        assert control.accessibleName(), control.objectName()
        assert control.toolTip(), control.objectName()


def test_rows_keep_their_places_until_one_is_clearly_ahead() -> None:
    order = StableOrder()
    assert order.order(np.array([0.5, 0.3, 0.2], dtype=np.float32)).tolist() == [0, 1, 2]
    assert order.order(np.array([0.4, 0.29, 0.31], dtype=np.float32)).tolist() == [0, 1, 2]
    assert order.order(np.array([0.3, 0.25, 0.45], dtype=np.float32)).tolist() == [2, 0, 1]
    assert order.order(np.array([0.6, 0.4], dtype=np.float32)).tolist() == [0, 1]


def test_the_table_holds_every_token_in_full(panel: PredictionsPanel) -> None:
    assert panel.table() is None
    panel.show_predictions((prediction("abc", "d", before="e"),), 5)
    table = panel.table()
    assert table is not None
    assert len(table) == 1 + len(VOCABULARY)
    assert all(len(row) == 3 for row in table)
    assert float(table[5][1]) == pytest.approx(0.6)
    assert float(table[6][2]) == pytest.approx(0.6)


def test_state_survives_a_settings_file(panel: PredictionsPanel, qtbot: QtBot) -> None:
    panel.set_prompts("abc", "abd")
    panel.set_sampling(Sampling(temperature=1.2, top_k=3, from_prompt=True))
    click(panel, "prediction_shown_2")
    other = PredictionsPanel()
    qtbot.addWidget(other)
    other.set_prompts(*panel.prompts)
    other.restore(json.loads(json.dumps(panel.state())))
    assert other.sampling == panel.sampling
    assert other.state() == panel.state()


def test_return_leaves_the_prompt(panel: PredictionsPanel) -> None:
    edit = panel.findChild(QLineEdit, "prompt_a")
    edit.setFocus()
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert not edit.hasFocus()
    assert edit.text() == "abc"


def test_a_double_click_on_the_temperature_takes_the_whole_number(
    panel: PredictionsPanel, asked: list[tuple[object, ...]]
) -> None:
    temperature = panel.findChild(QDoubleSpinBox, "sampling_temperature")
    QTest.mouseDClick(temperature.lineEdit(), Qt.MouseButton.LeftButton)
    QTest.keyClicks(temperature.lineEdit(), "1.2")
    QTest.keyClick(temperature.lineEdit(), Qt.Key.Key_Return)
    assert asked[-1] == ("sampling", Sampling(temperature=1.2))
