"""Prompts typed in a line of controls."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.panels.prompt_pair import PromptPair
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.flow_row import FlowRow


class Bench:
    """The pair in a row, and what it says."""

    def __init__(self, qtbot: QtBot) -> None:
        self.pair = PromptPair("here")
        self.row = FlowRow()
        qtbot.addWidget(self.row)
        for part in self.pair.parts:
            self.row.add(part)
        self.pair.set_theme(dark_theme())
        self.row.resize(600, 40)
        self.row.show()
        qtbot.waitExposed(self.row)
        self.said: list[tuple[str, object]] = []
        self.pair.edited.connect(lambda a, b: self.said.append((a, b)))

    def field(self, name: str) -> QLineEdit:
        found = self.row.findChild(QLineEdit, f"here_prompt_{name}")
        assert isinstance(found, QLineEdit)
        return found

    @property
    def button(self) -> BarButton:
        found = self.row.findChild(BarButton, "here_compare")
        assert isinstance(found, BarButton)
        return found


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    return Bench(qtbot)


def test_what_is_told_is_shown_and_said_by_nobody(bench: Bench) -> None:
    bench.pair.set_prompts("chri")
    assert bench.field("a").text() == "chri"
    assert not bench.field("b").isVisible()
    bench.pair.set_prompts("anna", "maria")
    assert (bench.field("a").text(), bench.field("b").text()) == ("anna", "maria")
    assert bench.field("b").isVisible()
    bench.pair.set_prompts("anna")
    assert not bench.field("b").isVisible()
    assert bench.said == []


def test_what_is_typed_is_said(bench: Bench) -> None:
    QTest.keyClicks(bench.field("a"), "ma")
    assert bench.said == [("m", None), ("ma", None)]


def test_a_second_prompt_begins_as_the_first_and_goes_again(bench: Bench) -> None:
    bench.pair.set_prompts("chri")
    bench.button.click()
    assert bench.said == [("chri", "chri")]
    QTest.keyClicks(bench.field("b"), "s")
    assert bench.said[-1] == ("chri", "chris")
    bench.button.click()
    assert bench.said[-1] == ("chri", None)
    assert not bench.field("b").isVisible()


def test_typing_in_the_middle_is_not_disturbed_by_being_told_the_same(bench: Bench) -> None:
    bench.pair.set_prompts("chri")
    bench.field("a").setCursorPosition(2)
    bench.pair.set_prompts("chri")
    assert bench.field("a").cursorPosition() == 2


def test_enter_is_the_end_of_typing(bench: Bench, qtbot: QtBot) -> None:
    field = bench.field("a")
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert not field.hasFocus()


def letters(bench: Bench) -> list[str]:
    labels = [bench.field(name).findChild(QLabel) for name in ("a", "b")]
    return [label.text() for label in labels if label is not None and label.isVisible()]


def test_of_two_prompts_each_says_which_it_is(bench: Bench) -> None:
    bench.pair.set_prompts("anna")
    assert letters(bench) == []
    bench.pair.set_prompts("anna", "maria")
    assert letters(bench) == ["A", "B"]
    for name in ("a", "b"):
        field = bench.field(name)
        label = field.findChild(QLabel)
        assert label is not None
        assert field.textMargins().left() >= label.geometry().right()
        assert field.toolTip().startswith(f"Prompt {name.upper()}: ")


def test_fields_that_are_of_no_use_are_away(bench: Bench) -> None:
    bench.pair.set_prompts("anna", "maria")
    bench.pair.set_shown(False)
    assert not any(part.isVisible() for part in bench.pair.parts)
    bench.pair.set_prompts("anna", None)
    assert not any(part.isVisible() for part in bench.pair.parts)
    bench.pair.set_shown(True)
    assert [part.isVisible() for part in bench.pair.parts] == [True, False, True]


def test_fields_and_button_stand_beside_one_another(bench: Bench) -> None:
    bench.pair.set_prompts("anna", "maria")
    bench.row.resize(590, 40)
    places = [part.geometry() for part in bench.pair.parts]
    assert all(place.right() < after.left() for place, after in zip(places, places[1:], strict=False))
    assert all(bench.row.rect().contains(place) for place in places)
    for part in bench.pair.parts:
        assert part.toolTip(), part.objectName()
        assert part.accessibleName() or isinstance(part, BarButton)
