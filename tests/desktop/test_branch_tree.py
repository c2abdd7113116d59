"""The tree of branches: its order, its keys, its names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.branch_tree import BranchLine, BranchTree, ordered

MAIN = BranchLine(0, "main", None, 0, 1240, False)
WIDE = BranchLine(1, "wide rate", 0, 600, 1010, False)
DEEP = BranchLine(2, "no head", 1, 900, 1100, True)
AGAIN = BranchLine(3, "again", 0, 0, 300, False)
ALL = (MAIN, WIDE, DEEP, AGAIN)


@pytest.fixture
def tree(qtbot: QtBot) -> Iterator[BranchTree]:
    tree = BranchTree(60)
    qtbot.addWidget(tree)
    tree.set_theme(dark_theme())
    tree.set_branches(ALL)
    tree.resize(tree.natural_size())
    tree.show()
    qtbot.waitExposed(tree)
    tree.setFocus()
    yield tree
    tree.hide()


def heard(tree: BranchTree) -> list[tuple[object, ...]]:
    said: list[tuple[object, ...]] = []
    tree.chosen.connect(lambda number: said.append(("chosen", number)))
    tree.renamed.connect(lambda number, name: said.append(("renamed", number, name)))
    return said


def names(tree: BranchTree) -> list[str]:
    return [tree.item(row).text() for row in range(tree.count())]


def editor(tree: BranchTree) -> QLineEdit:
    found = tree.findChild(QLineEdit, "branch_name")
    assert found is not None
    return found


def test_each_branch_stands_below_its_parent_in_the_order_of_leaving() -> None:
    rows = ordered(ALL)
    assert [row.line.name for row in rows] == ["main", "again", "wide rate", "no head"]
    assert [row.goes_on for row in rows] == [(), (True,), (False,), (False, False)]


def test_a_long_line_of_descent_needs_no_recursion() -> None:
    lines = [BranchLine(n, f"b{n}", n - 1 if n else None, n, n + 1, False) for n in range(3000)]
    assert len(ordered(lines)[-1].goes_on) == 2999


def test_the_one_that_trains_is_current_at_first_and_then_the_users_stays(tree: BranchTree) -> None:
    assert names(tree) == ["main", "again", "wide rate", "no head"]
    assert tree.current_branch == 2
    tree.setCurrentRow(0)
    tree.set_branches((*ALL, BranchLine(4, "fifth", 0, 10, 20, False)))
    assert tree.current_branch == 0
    tree.select_training()
    assert tree.current_branch == 2


def test_enter_and_a_double_click_choose(tree: BranchTree) -> None:
    said = heard(tree)
    QTest.keyClick(tree, Qt.Key.Key_Up)
    QTest.keyClick(tree, Qt.Key.Key_Return)
    place = tree.visualItemRect(tree.item(0)).center()
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert said == [("chosen", 1)]  # one click only selects
    assert tree.current_branch == 0
    QTest.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert said[1:] == [("chosen", 0)]


def test_f2_renames_and_what_is_shown_waits_for_the_caller(tree: BranchTree) -> None:
    said = heard(tree)
    QTest.keyClick(tree, Qt.Key.Key_F2)
    assert editor(tree).text() == "no head"
    editor(tree).selectAll()
    QTest.keyClicks(editor(tree), "  other  ")
    QTest.keyClick(editor(tree), Qt.Key.Key_Return)
    QCoreApplication.processEvents()
    assert said == [("renamed", 2, "other")]
    assert names(tree)[3] == "no head"
    tree.set_branches((MAIN, WIDE, BranchLine(2, "other", 1, 900, 1100, True), AGAIN))
    assert names(tree)[3] == "other"


@pytest.mark.parametrize("typed", ["", "   ", "no head"])
def test_no_name_and_the_same_name_are_not_said(tree: BranchTree, typed: str) -> None:
    said = heard(tree)
    QTest.keyClick(tree, Qt.Key.Key_F2)
    editor(tree).setText(typed)
    QTest.keyClick(editor(tree), Qt.Key.Key_Return)
    QCoreApplication.processEvents()
    assert said == []


def test_esc_leaves_the_name(tree: BranchTree) -> None:
    said = heard(tree)
    QTest.keyClick(tree, Qt.Key.Key_F2)
    QTest.keyClicks(editor(tree), "x" * 100)
    assert len(editor(tree).text()) == 60
    QTest.keyClick(editor(tree), Qt.Key.Key_Escape)
    assert said == []


def test_growth_while_a_name_is_typed_does_not_take_the_line_away(tree: BranchTree) -> None:
    said = heard(tree)
    QTest.keyClick(tree, Qt.Key.Key_F2)
    editor(tree).setText("kept")
    grown = BranchLine(2, "no head", 1, 900, 1180, True)
    tree.set_branches((MAIN, WIDE, grown, AGAIN))
    QTest.keyClick(editor(tree), Qt.Key.Key_Return)
    QCoreApplication.processEvents()
    assert said == [("renamed", 2, "kept")]


def test_what_is_read_aloud_says_which_one_trains(tree: BranchTree) -> None:
    interface = QAccessible.queryAccessibleInterface(tree)
    words = [interface.child(row).text(QAccessible.Text.Name) for row in range(4)]
    assert words[0] == "main, step 1,240"
    assert words[3] == "no head, current · from step 900 · step 1,100"


@pytest.mark.parametrize("theme", [dark_theme(), light_theme(), light_theme(2.0)])
def test_which_one_trains_is_seen(tree: BranchTree, theme: object) -> None:
    tree.set_theme(theme)  # type: ignore[arg-type]
    before = tree.grab().toImage()
    tree.set_branches((BranchLine(0, "main", None, 0, 1240, True), WIDE, DEEP, AGAIN))
    assert tree.grab().toImage() != before


def test_where_a_branch_comes_from_is_said_once(tree: BranchTree) -> None:
    assert tree.aside(BranchLine(1, "from step 600", 0, 600, 1010, False)) == "step 1,010"
    assert tree.aside(BranchLine(1, "wide rate", 0, 600, 1010, False)) == "from step 600 · step 1,010"
