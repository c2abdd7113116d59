"""The small expression of a neuron, and what the user tries in it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSpinBox, QToolButton
from pytestqt.qtbot import QtBot

from tests.desktop import explanations as some
from weightdeck.run.explanation import Explanation, Operand, Rule, Term
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck.run.subjects import TapCell
from weightdeck_desktop.panels.expression import ExpressionPanel
from weightdeck_desktop.panels.expression_list import ExpressionList
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.text_line import TextLine
from weightdeck_desktop.widgets.value_editor import Bubble

MODEL = ModelSpec(3, 3, 48, 11, 27)
Key = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def panel(qtbot: QtBot) -> ExpressionPanel:
    panel = ExpressionPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.resize(360, 650)
    panel.show()
    qtbot.waitExposed(panel)
    panel.set_model(MODEL)
    panel.set_tokens(("start", "c", "h", "r", "i"))
    return panel


@pytest.fixture
def rows(panel: ExpressionPanel) -> ExpressionList:
    """The list with the keyboard's focus, the largest product, norm 31, first."""
    panel.show_expression(some.pre(), some.post(), 1240)
    found = panel.findChild(ExpressionList, "expression_list")
    assert isinstance(found, ExpressionList)
    found.setFocus()
    return found


@pytest.fixture
def edits(panel: ExpressionPanel) -> list[tuple[object, float, object]]:
    heard: list[tuple[object, float, object]] = []
    panel.weight_edit_requested.connect(lambda *arguments: heard.append(arguments))
    return heard


def said(panel: ExpressionPanel, name: str) -> str:
    line = panel.findChild(TextLine, f"expression_{name}")
    assert isinstance(line, TextLine)
    return line.text


def enter(rows: ExpressionList, text: str) -> None:
    QTest.keyClick(rows, Key.Key_Return)
    assert rows.editor.isVisible()
    QTest.keyClicks(rows.editor, text)
    QTest.keyClick(rows.editor, Key.Key_Return)


def written(rows: ExpressionList, row: int) -> str:
    return str(rows.model().index(row, 0).data())


def test_the_expression_is_written_out(panel: ExpressionPanel, rows: ExpressionList) -> None:
    assert rows.labels[:5] == ["norm 31", "norm 7", "norm 12", "norm 40", "norm 3"]
    assert len(rows.labels) == 49
    assert written(rows, 0) == "norm 31 +1.924 × weight +0.3110 = +0.5984"
    assert said(panel, "sum") == f"sum {some.pre().value:.4g}"
    assert said(panel, "result") == f"gelu {some.post().value:.4g}"
    assert panel.aside == "step 1,240"
    table = panel.table()
    assert table is not None
    assert math.fsum(float(row[2]) for row in table[1:50]) == pytest.approx(some.pre().value, rel=1e-7)


def test_if_an_input_were_otherwise(
    panel: ExpressionPanel, rows: ExpressionList, edits: list[tuple[object, float, object]]
) -> None:
    enter(rows, "0.5")
    x = some.pre().value - 1.924 * 0.311 + 0.5 * 0.311
    y = 0.5 * x * (1.0 + math.erf(x / math.sqrt(2.0)))
    assert said(panel, "sum") == f"sum {some.pre().value:.4g} → {x:.4g}"
    assert said(panel, "result") == f"gelu {some.post().value:.4g} → {y:.4g}"
    table = panel.table()
    assert table is not None
    assert [float(table[-2][3]), float(table[-1][3])] == pytest.approx([x, y], rel=1e-8)
    assert written(rows, 0) == "norm 31 +0.5000 × weight +0.3110 = +0.1555"
    assert rows.labels[0] == "norm 31"  # an "if" moves no row
    assert edits == []
    assert rows.hasFocus()


def test_the_tanh_form(panel: ExpressionPanel, rows: ExpressionList) -> None:
    panel.show_expression(some.pre(), replace(some.post(), rule=Rule.GELU_TANH), 1240)
    enter(rows, "0.5")
    x = some.pre().value - 1.424 * 0.311
    y = 0.5 * x * (1.0 + math.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)))
    assert said(panel, "result").endswith(f"→ {y:.4g}")


def test_steps_escape_and_reset(panel: ExpressionPanel, rows: ExpressionList) -> None:
    QTest.keyClick(rows, Key.Key_Up, SHIFT)
    QTest.keyClick(rows, Key.Key_Up, SHIFT)
    assert written(rows, 0).startswith("norm 31 +2.124")
    QTest.keyClick(rows, Key.Key_Escape)
    assert written(rows, 0).startswith("norm 31 +1.924")
    assert "→" not in said(panel, "sum")
    QTest.keyClick(rows, Key.Key_Down, SHIFT)
    button = panel.findChild(QToolButton, "expression_reset")
    assert isinstance(button, QToolButton)
    button.setFocus()
    QTest.keyClick(button, Key.Key_Space)
    assert "→" not in said(panel, "sum")
    assert rows.hasFocus()


def test_a_typed_weight_is_asked_for_once(
    panel: ExpressionPanel, rows: ExpressionList, edits: list[tuple[object, float, object]]
) -> None:
    QTest.keyClick(rows, Key.Key_Down)
    QTest.keyClick(rows, Key.Key_Right)
    enter(rows, "-0.125")
    assert edits == [(ParameterSlice(some.FC, (71, 7)), -0.125, None)]
    assert written(rows, 1) == "norm 7 −0.8700 × weight −0.4020 = +0.3497"  # until the model says so
    assert "→" not in said(panel, "sum")


def test_what_is_only_tried_is_told_whatever_became_of_the_weights(
    panel: ExpressionPanel, rows: ExpressionList, edits: list[tuple[object, float, object]]
) -> None:
    """The sentence is of the inputs: a weight may have been changed in the model meanwhile."""
    enter(rows, "0.5")
    QTest.keyClick(rows, Key.Key_Right)
    enter(rows, "0.25")
    assert len(edits) == 1
    notes = [line.text for line in panel.findChildren(TextLine) if "Esc resets" in line.text]
    assert notes == ["tried here only, not in the model. Esc resets"]


@pytest.mark.parametrize("width", [330, 360, 700])
@pytest.mark.parametrize("column", [Key.Key_Left, Key.Key_Right])
def test_a_number_that_is_typed_over_is_seen_whole(
    panel: ExpressionPanel, rows: ExpressionList, width: int, column: Key
) -> None:
    panel.resize(width, 650)
    value = -0.000226248978
    operands = (Operand("norm 0", value, some.norm(0)), Operand("weight", value, some.weight(0)))
    terms = (Term(operands), *some.pre().terms)
    panel.restore({"order": "index"})
    panel.show_expression(replace(some.pre(), terms=terms), some.post(), 3)
    QApplication.processEvents()
    QTest.keyClick(rows, Key.Key_Home)
    QTest.keyClick(rows, column)
    QTest.keyClick(rows, Key.Key_Return)
    assert rows.editor.text() == "-0.000226248978"
    assert rows.editor.fontMetrics().horizontalAdvance(rows.editor.text()) < rows.editor.width() - 8
    assert rows.viewport().rect().contains(rows.editor.geometry())


def test_a_bias_is_a_weight(
    panel: ExpressionPanel, rows: ExpressionList, edits: list[tuple[object, float, object]]
) -> None:
    panel.restore({"order": "index"})
    assert rows.labels[0] == "bias"
    QTest.keyClick(rows, Key.Key_Home)
    enter(rows, "*2")
    assert edits == [(ParameterSlice(some.FC_BIAS, (71,)), 2 * some.BIAS, None)]


@pytest.mark.parametrize("text", ["abc", "", "1e9", "inf"])
def test_what_is_no_number_is_told_and_kept(
    panel: ExpressionPanel, rows: ExpressionList, edits: list[tuple[object, float, object]], text: str
) -> None:
    enter(rows, "0.5")
    before = said(panel, "sum")
    QTest.keyClick(rows, Key.Key_Return)
    rows.editor.clear()
    QTest.keyClicks(rows.editor, text)
    QTest.keyClick(rows.editor, Key.Key_Return)
    bubble = panel.findChild(Bubble)
    assert bubble is not None
    assert bubble.text().endswith(".") or bubble.text().endswith(").")
    assert rows.editor.text() == text
    assert said(panel, "sum") == before
    QTest.keyClick(rows.editor, Key.Key_Escape)
    assert said(panel, "sum") == before
    assert edits == []


def test_an_if_stays_while_the_numbers_move_on(panel: ExpressionPanel, rows: ExpressionList) -> None:
    enter(rows, "0.5")
    panel.show_expression(some.pre(1241, scale=1.1), some.post(1241, scale=1.1), 1241)
    x = some.pre(scale=1.1).value - (1.924 * 1.1 - 0.5) * 0.311
    assert said(panel, "sum").endswith(f"→ {x:.4g}")
    other = replace(some.pre(), subject=TapCell(some.PROMPT, "blocks.1.mlp.pre", (3, 72)))
    panel.show_expression(other, None, 1241)
    assert "→" not in said(panel, "sum")


def test_numbers_that_move_on_leave_what_is_typed(panel: ExpressionPanel, rows: ExpressionList) -> None:
    QTest.keyClick(rows, Key.Key_Return)
    QTest.keyClicks(rows.editor, "0.2")
    panel.show_expression(some.pre(1241, scale=0.2), some.post(1241, scale=0.2), 1241)
    QApplication.processEvents()
    assert rows.editor.text() == "0.2"
    QTest.keyClicks(rows.editor, "5")
    QTest.keyClick(rows.editor, Key.Key_Return)
    place = rows.labels.index("norm 31")
    assert written(rows, place).startswith("norm 31 +0.2500")


def test_weights_rest_in_the_past_and_inputs_do_not(
    panel: ExpressionPanel, rows: ExpressionList, edits: list[tuple[object, float, object]]
) -> None:
    panel.set_locked("The past cannot be changed.")
    QTest.keyClick(rows, Key.Key_Right)
    QTest.keyClick(rows, Key.Key_Return)
    assert not rows.editor.isVisible()
    QTest.keyClick(rows, Key.Key_Left)
    enter(rows, "0.5")
    assert "→" in said(panel, "sum")
    assert edits == []


def test_a_neuron_is_chosen_by_numbers(panel: ExpressionPanel, rows: ExpressionList) -> None:
    chosen: list[tuple[str, int, int]] = []
    panel.neuron_chosen.connect(lambda *arguments: chosen.append(arguments))
    box = panel.findChild(QSpinBox, "expression_neuron")
    assert isinstance(box, QSpinBox)
    assert box.value() == 71  # of what is shown
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "150")
    assert chosen == []
    QTest.keyClick(box, Key.Key_Return)
    assert chosen == [("blocks.1.mlp.pre", 3, 150)]


def test_being_told_asks_for_nothing(
    panel: ExpressionPanel, edits: list[tuple[object, float, object]]
) -> None:
    chosen: list[object] = []
    panel.neuron_chosen.connect(lambda *arguments: chosen.append(arguments))
    panel.show_expression(some.pre(), some.post(), 1240)
    panel.set_model(ModelSpec(1, 1, 4, 3, 5))
    panel.set_tokens(("a",))
    panel.show_expression(some.softmax(), None, 1240)
    assert panel.table() is None
    panel.clear()
    assert (edits, chosen) == ([], [])


def test_other_sums_are_served(panel: ExpressionPanel, edits: list[tuple[object, float, object]]) -> None:
    terms = tuple(
        Term((Operand("q", q, some.norm(0)), Operand("k", k, some.norm(1)), Operand("1 / √16", 0.25)))
        for q, k in ((1.0, 2.0), (3.0, -1.0))
    )
    score: Explanation = replace(some.pre(), subject=some.norm(0), terms=terms, value=-0.25)
    panel.show_expression(score, None, 3)
    found = panel.findChild(ExpressionList, "expression_list")
    assert isinstance(found, ExpressionList)
    found.setFocus()
    QTest.keyClick(found, Key.Key_Right)
    enter(found, "4")
    assert said(panel, "sum") == "sum −0.25 → 3.5"  # (1 x 2 + 3 x 4) / 4: the larger term comes first
    assert edits == []


def test_a_model_that_has_diverged_is_shown(panel: ExpressionPanel) -> None:
    broken = replace(some.pre(), value=math.nan, terms=(Term((Operand("a", math.nan),)),))
    panel.show_expression(broken, replace(some.post(), value=math.nan), 5)
    panel.grab()
    assert said(panel, "sum") == "sum NaN"


@pytest.mark.parametrize(("width", "height"), [(330, 300), (360, 650), (700, 300)])
@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_it_fits(panel: ExpressionPanel, rows: ExpressionList, width: int, height: int, scale: float) -> None:
    panel.set_theme(light_theme(scale))
    panel.resize(width, height)
    QApplication.processEvents()
    QApplication.processEvents()
    assert (panel.width(), panel.height()) == (width, height)
    assert rows.viewport().height() >= rows.visualRect(rows.model().index(0, 0)).height()
    parts = rows._painter.columns(rows.visualRect(rows.model().index(0, 0)))
    assert not any(a.intersects(b) for place, a in enumerate(parts) for b in parts[:place])
    assert parts[0].width() > 40
