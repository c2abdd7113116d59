"""The panel that tells where a number comes from."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from tests.desktop import explanations as some
from weightdeck.run.audit import Mismatch
from weightdeck.run.explanation import Explanation, Operand, Rule, Term, recombined
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.subjects import (
    TapCell,
    WeightCell,
)
from weightdeck_desktop.panels.explain import ExplainPanel
from weightdeck_desktop.panels.explain_list import ExplainList
from weightdeck_desktop.panels.explain_rows import Key, RowKind
from weightdeck_desktop.panels.explain_words import (
    as_text,
    plain_figure,
)
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.breadcrumbs import Breadcrumbs


@pytest.fixture
def panel(qtbot: QtBot) -> ExplainPanel:
    panel = ExplainPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.resize(360, 650)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def rows(panel: ExplainPanel) -> ExplainList:
    found = panel.findChild(ExplainList, "explain_list")
    assert isinstance(found, ExplainList)
    found.setFocus()
    return found


@pytest.fixture
def asked(panel: ExplainPanel) -> list[tuple[object, bool]]:
    heard: list[tuple[object, bool]] = []
    panel.explain_requested.connect(lambda subject, is_child: heard.append((subject, is_child)))
    return heard


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def walk_to(rows: ExplainList, key: Key) -> None:
    """With the keyboard alone."""
    QTest.keyClick(rows, Qt.Key.Key_Home)
    for _ in range(len(rows.rows)):
        assert rows.row is not None
        if rows.row.key == key:
            return
        QTest.keyClick(rows, Qt.Key.Key_Down)
    pytest.fail(f"no key leads to {key}")


def kinds(rows: ExplainList, kind: RowKind) -> list[str]:
    return [row.label for row in rows.rows if row.kind is kind]


def press(rows: ExplainList, key: Qt.Key) -> None:
    QTest.keyClick(rows, key)
    QApplication.processEvents()


def test_empty_it_says_what_to_do(panel: ExplainPanel, rows: ExplainList) -> None:
    assert not rows.rows
    assert panel.table() is None
    assert "Enter" in rows._message
    assert "in the transformer, double-click it" in rows._message


def test_the_rows_sum_to_what_is_shown(panel: ExplainPanel, rows: ExplainList) -> None:
    panel.show_explanation(some.pre())
    terms = [row for row in rows.rows if row.kind is RowKind.TERM]
    assert [row.label for row in terms] == ["norm 31", "norm 7", "norm 12", "norm 40", "norm 3", "44 others"]
    assert [row.factors for row in terms[:2]] == [("+1.924", "+0.3110"), ("−0.8700", "−0.4020")]
    assert sum(number(row.value) for row in terms) == pytest.approx(recombined(some.pre()), abs=0.0005 * 6)
    assert plain_figure(some.pre().value) in kinds(rows, RowKind.CHECK)[0]
    assert panel.aside == "checked ✓ · step 1,240"
    assert kinds(rows, RowKind.WHOSE) == ["of “chri” · step 1,240"]  # a low dock's title has no room for it


def test_a_product_can_be_checked_by_eye(panel: ExplainPanel, rows: ExplainList) -> None:
    """Small factors have as many digits as large ones."""
    factors = (Operand("norm 0", -0.0051234), Operand("weight", 1.6119))
    term = Term(factors)
    panel.show_explanation(replace(some.pre(), terms=(term, term), value=2 * term.value))
    row = next(row for row in rows.rows if row.kind is RowKind.TERM)
    assert row.factors == ("−0.005123", "+1.612")
    assert row.value == "−0.008258"
    assert number(row.factors[0]) * number(row.factors[1]) == pytest.approx(number(row.value), rel=5e-4)


def test_terms_are_called_so_for_one_may_be_a_single_number(panel: ExplainPanel, rows: ExplainList) -> None:
    panel.show_explanation(some.weight_change())
    assert kinds(rows, RowKind.HEADING)[0] == "sum of 3 terms"
    panel.show_explanation(some.pre())
    assert kinds(rows, RowKind.HEADING)[0] == "largest of 49 terms"


def test_what_does_not_add_up_is_said(panel: ExplainPanel, rows: ExplainList) -> None:
    panel.show_explanation(replace(some.pre(), value=some.pre().value + 1e-3))
    assert panel.aside.startswith("! does not add up")
    check = next(row for row in rows.rows if row.kind is RowKind.CHECK)
    assert check.is_wrong
    assert "difference 1e-3" in check.label


def test_all_terms_can_be_seen(panel: ExplainPanel, rows: ExplainList) -> None:
    panel.show_explanation(some.pre())
    walk_to(rows, ("heading",))
    press(rows, Qt.Key.Key_Return)
    terms = [row for row in rows.rows if row.kind is RowKind.TERM]
    assert len(terms) == 49
    assert sum(number(row.value) for row in terms) == pytest.approx(some.pre().value, abs=0.0005 * 49)
    press(rows, Qt.Key.Key_Return)
    assert len(kinds(rows, RowKind.TERM)) == 6


def test_going_down_and_back_with_the_keyboard(
    panel: ExplainPanel, rows: ExplainList, asked: list[tuple[object, bool]]
) -> None:
    panel.show_explanation(some.post())
    walk_to(rows, (0,))
    press(rows, Qt.Key.Key_Return)
    assert asked == [(some.PRE, False)]
    assert "…" in kinds(rows, RowKind.VALUE)[0]  # the old number stands until the answer comes
    panel.show_explanation(some.pre())
    assert kinds(rows, RowKind.ADDRESS) == ["blocks.1.mlp.pre[3, 71]"]
    crumbs = panel.findChild(Breadcrumbs, "explain_way")
    assert isinstance(crumbs, Breadcrumbs)
    assert crumbs.names == ("blocks.1.mlp.post[3, 71]", "blocks.1.mlp.pre[3, 71]")
    walk_to(rows, (32,))
    press(rows, Qt.Key.Key_Return)
    panel.show_explanation(replace(some.weight_change(), subject=some.norm(31)))
    assert len(crumbs.names) == 3
    press(rows, Qt.Key.Key_Backspace)
    assert asked[-1] == (some.PRE, False)
    assert kinds(rows, RowKind.ADDRESS) == ["blocks.1.mlp.pre[3, 71]"]
    QTest.keyClick(rows, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert kinds(rows, RowKind.ADDRESS) == ["blocks.1.mlp.post[3, 71]"]
    assert not crumbs.isVisible()
    assert rows.hasFocus()


def test_jumping_to_a_level_of_the_way(
    panel: ExplainPanel, rows: ExplainList, asked: list[tuple[object, bool]]
) -> None:
    panel.show_explanation(some.post())
    walk_to(rows, (0,))
    press(rows, Qt.Key.Key_Return)
    panel.show_explanation(some.pre())
    crumbs = panel.findChild(Breadcrumbs, "explain_way")
    assert isinstance(crumbs, Breadcrumbs)
    crumbs.setFocus()
    QTest.keyClick(crumbs, Qt.Key.Key_Left)
    QTest.keyClick(crumbs, Qt.Key.Key_Return)
    assert asked[-1] == (some.POST, False)
    assert kinds(rows, RowKind.ADDRESS) == ["blocks.1.mlp.post[3, 71]"]


def test_expanding_in_place(panel: ExplainPanel, rows: ExplainList, asked: list[tuple[object, bool]]) -> None:
    panel.show_explanation(some.pre())
    walk_to(rows, (32,))
    press(rows, Qt.Key.Key_Right)
    assert kinds(rows, RowKind.OPERAND) == ["norm 31", "weight"]
    assert asked == []  # the operands are known
    walk_to(rows, (32, "operand", 1))
    press(rows, Qt.Key.Key_Right)
    assert asked == [(some.weight(31), True)]
    panel.show_explanation(some.weight_change(step=1239))
    assert kinds(rows, RowKind.ADDRESS) == ["blocks.1.mlp.pre[3, 71]"]  # still the one that is explained
    assert any("step 1,239" in words for words in kinds(rows, RowKind.NOTE))
    assert panel.shown_subjects == (some.PRE, some.weight(31))
    press(rows, Qt.Key.Key_Left)
    assert panel.shown_subjects == (some.PRE,)
    press(rows, Qt.Key.Key_Left)  # from an operand to its term
    assert rows.row is not None
    assert rows.row.key == (32,)
    press(rows, Qt.Key.Key_Left)
    assert kinds(rows, RowKind.OPERAND) == []


def test_a_click_on_a_factor_goes_down_into_it(
    panel: ExplainPanel, rows: ExplainList, asked: list[tuple[object, bool]]
) -> None:
    panel.show_explanation(some.pre())
    QApplication.processEvents()
    place = next(place for place, row in enumerate(rows.rows) if row.key == (32,))
    rect = rows._rect(rows.model().index(place, 0))
    factor = rows._painter.term_places(rows.rows[place], rect).factors[1]
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=factor.center())
    assert asked == [(some.weight(31), False)]
    triangle = QPoint(rect.left() + 5, rect.center().y())
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=triangle)
    assert kinds(rows, RowKind.OPERAND) == ["norm 31", "weight"]


def test_new_numbers_keep_the_cursor_and_what_is_open(panel: ExplainPanel, rows: ExplainList) -> None:
    panel.show_explanation(some.pre())
    walk_to(rows, (8,))
    press(rows, Qt.Key.Key_Right)
    panel.show_explanation(some.pre(step=1241, scale=1.1))
    assert rows.row is not None
    assert rows.row.key == (8,)
    assert kinds(rows, RowKind.OPERAND) == ["norm 7", "weight"]
    assert panel.aside.endswith("step 1,241")


def test_an_answer_nobody_waits_for_begins_a_new_way(panel: ExplainPanel, rows: ExplainList) -> None:
    panel.show_explanation(some.post())
    walk_to(rows, (0,))
    press(rows, Qt.Key.Key_Return)
    panel.show_waiting(some.PROBABILITY)  # clicked elsewhere meanwhile
    panel.show_explanation(some.softmax())
    crumbs = panel.findChild(Breadcrumbs, "explain_way")
    assert isinstance(crumbs, Breadcrumbs)
    assert crumbs.names == ("probs[3, 19]",)


def test_a_softmax_shows_shares(panel: ExplainPanel, rows: ExplainList) -> None:
    explanation = some.softmax(masked=True)
    panel.show_explanation(explanation)
    walk_to(rows, ("others",))
    press(rows, Qt.Key.Key_Return)
    terms = {row.label: row for row in rows.rows if row.kind is RowKind.TERM}
    assert number(terms["logit 0 (this)"].value[:-2]) == pytest.approx(100 * explanation.value, abs=0.005)
    assert terms["logit 26"].factors == ("−∞",)
    assert terms["logit 26"].value == "0 %"
    assert sum(number(row.value[:-2]) for row in terms.values()) == pytest.approx(100.0, abs=0.005 * 27)
    assert kinds(rows, RowKind.NOTE) == ["Scores of later tokens are masked: their share is 0."]


def test_the_one_that_is_asked_about_is_among_the_shares_shown(
    panel: ExplainPanel, rows: ExplainList
) -> None:
    explanation = some.softmax()
    last = explanation.terms[-1:]  # not among the largest
    panel.show_explanation(replace(explanation, terms=last + explanation.terms[:-1]))
    assert kinds(rows, RowKind.TERM)[0] == "logit 26 (this)"


def test_a_related_question_is_asked(
    panel: ExplainPanel, rows: ExplainList, asked: list[tuple[object, bool]]
) -> None:
    panel.show_explanation(some.softmax())
    walk_to(rows, ("ask", 0))
    press(rows, Qt.Key.Key_Return)
    assert asked == [(some.logit(0), False)]


def test_a_mismatch_is_told_in_red_for_its_own_cell_only(panel: ExplainPanel, rows: ExplainList) -> None:
    panel.show_explanation(some.softmax())
    other = Mismatch(1240, "chri", "probs", (3, 18), 0.1, 0.2)
    panel.show_mismatches((other,))
    assert panel.aside.startswith("checked ✓")
    panel.show_mismatches((other, Mismatch(1240, "chri", "probs", (3, 19), 0.2, 0.21)))
    assert panel.aside.startswith("! not what the reference says")
    wrong = [row for row in rows.rows if row.is_wrong]
    assert [row.kind for row in wrong] == [RowKind.VALUE, RowKind.PROBLEM]
    assert "0.21" in wrong[1].label


def test_copied_text_has_every_digit(panel: ExplainPanel) -> None:
    explanation = some.pre()
    panel.show_explanation(explanation)
    button = panel.findChild(QToolButton, "explain_copy")
    assert isinstance(button, QToolButton)
    QTest.keyClick(button, Qt.Key.Key_Space)
    text = QGuiApplication.clipboard().text()
    assert text == as_text(explanation)
    products = [float(made) for made in re.findall(r"× weight .* = (\S+)$", text, re.MULTILINE)]
    bias = float(re.search(r"^bias (\S+)$", text, re.MULTILINE)[1])  # type: ignore[index]
    assert len(products) == 48
    assert math.fsum([*products, bias]) == pytest.approx(explanation.value, rel=1e-7)


def test_a_knob_of_the_weight_that_the_cursor_is_on(panel: ExplainPanel, rows: ExplainList) -> None:
    made: list[object] = []
    panel.knob_requested.connect(made.append)
    button = panel.findChild(QToolButton, "explain_knob")
    assert isinstance(button, QToolButton)
    panel.show_explanation(some.pre())
    assert not button.isEnabled()
    walk_to(rows, (32,))
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert made == [ParameterSlice(some.FC, (71, 31))]


def test_a_knob_of_the_weight_that_a_number_is_a_copy_of(panel: ExplainPanel, rows: ExplainList) -> None:
    made: list[object] = []
    panel.knob_requested.connect(made.append)
    button = panel.findChild(QToolButton, "explain_knob")
    assert isinstance(button, QToolButton)
    row = WeightCell("transformer.wte.weight", (2, 34))
    given = replace(
        some.pre(),
        subject=TapCell(some.PROMPT, "embed", (2, 34)),
        rule=Rule.GIVEN,
        value=0.25,
        terms=(Term((Operand("vector of “h”", 0.25, row),)),),
    )
    panel.show_explanation(given)
    assert button.isEnabled()
    assert button.toolTip() == f"Put {row} into your hand"
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert made == [ParameterSlice("transformer.wte.weight", (2, 34))]
    panel.show_explanation(some.pre())
    assert not button.isEnabled()
    assert "wte" not in button.toolTip()


def test_being_told_asks_for_nothing(panel: ExplainPanel, asked: list[tuple[object, bool]]) -> None:
    followed: list[bool] = []
    panel.follow_changed.connect(followed.append)
    panel.show_explanation(some.pre())
    panel.show_waiting(some.POST)
    panel.show_problem("This number belongs to another model.")
    panel.restore({"follow": False})
    panel.clear()
    assert (asked, followed) == ([], [])
    assert panel.state() == {"follow": False}


def test_a_problem_keeps_what_is_shown(panel: ExplainPanel, rows: ExplainList) -> None:
    panel.show_problem("There is no such number.")
    assert rows._message == "There is no such number."
    panel.show_explanation(some.pre())
    assert not kinds(rows, RowKind.PROBLEM)
    panel.show_problem("It is gone.")
    assert kinds(rows, RowKind.PROBLEM) == ["It is gone."]
    assert kinds(rows, RowKind.ADDRESS) == ["blocks.1.mlp.pre[3, 71]"]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_model_that_has_diverged_is_shown(panel: ExplainPanel, rows: ExplainList, value: float) -> None:
    terms = (Term((Operand("a", value),)), Term((Operand("b", -value),)), *(Term((Operand("c", 1.0),)),) * 8)
    for rule in (Rule.SUM, Rule.MEAN, Rule.SOFTMAX, Rule.LOG_LOSS):
        panel.show_explanation(replace(some.pre(), value=math.nan, rule=rule, terms=terms))
        panel.grab()
    assert "NaN" in kinds(rows, RowKind.VALUE)


@pytest.mark.parametrize(("width", "height"), [(330, 300), (360, 650), (700, 300)])
@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_every_row_has_its_words_in_room(
    panel: ExplainPanel, rows: ExplainList, width: int, height: int, scale: float
) -> None:
    panel.set_theme(light_theme(scale))
    panel.resize(width, height)
    panel.show_explanation(some.weight_change())
    QApplication.processEvents()
    assert panel.height() == height
    for place, row in enumerate(rows.rows):
        index = rows.model().index(place, 0)
        assert rows.visualRect(index).height() == rows._painter.height(row, rows._painter.width)
        if row.kind is RowKind.TERM:
            places = rows._painter.term_places(row, rows._rect(index))
            parts = [places.label, *places.factors, places.bar, places.value]
            assert not any(a.intersects(b) for n, a in enumerate(parts) for b in parts[:n])
            assert places.bar.width() > 10


def test_thousands_of_terms(panel: ExplainPanel, rows: ExplainList) -> None:
    panel.show_explanation(some.pre(features=3071))
    walk_to(rows, ("heading",))
    press(rows, Qt.Key.Key_Return)
    QTest.keyClick(rows, Qt.Key.Key_End)
    assert len(kinds(rows, RowKind.TERM)) == 3072
    assert rows.verticalScrollBar().value() > 0


def test_the_mean_shows_parts_of_it(panel: ExplainPanel, rows: ExplainList) -> None:
    terms = tuple(Term((Operand(f"loss {place}", float(place)),)) for place in range(4))
    mean: Explanation = replace(some.pre(), rule=Rule.MEAN, value=1.5, terms=terms)
    panel.show_explanation(mean)
    assert sum(number(row.value) for row in rows.rows if row.kind is RowKind.TERM) == 1.5
