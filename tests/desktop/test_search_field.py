"""The search field: what is typed finds slices, and keys alone choose one."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.desktop.fakes import VOCABULARY
from weightdeck.run.layout import EMBEDDING, HEAD, layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.panels.search_field import LONGEST_SEARCH, SearchField
from weightdeck_desktop.theme import dark_theme

LAYOUT = layout(ModelSpec(2, 2, 16, 8, 27))


class Heard:
    """What a field has asked for."""

    def __init__(self, field: SearchField) -> None:
        self.found: list[ParameterSlice] = []
        self.knobs: list[ParameterSlice] = []
        field.found.connect(self.found.append)
        field.knob_requested.connect(self.knobs.append)


@pytest.fixture
def field(qtbot: QtBot) -> SearchField:
    widget = SearchField()
    qtbot.addWidget(widget)
    qtbot.addWidget(widget.results)
    widget.set_theme(dark_theme())
    widget.set_layout(LAYOUT, VOCABULARY)
    widget.results.resize(346, 220)
    widget.results.show()
    widget.show()
    return widget


def titles(field: SearchField) -> list[str]:
    return [row.title for row in field.results.list.rows]


def paste(field: SearchField, text: str) -> None:
    """As the clipboard would: at once, whatever it holds."""
    field.clear()
    field.insert(text)
    field.textEdited.emit(field.text())


def test_plain_words_find_a_slice(field: SearchField) -> None:
    QTest.keyClicks(field, "block 1 head 0 query")
    assert field.results.list.rows[0].target == ParameterSlice(
        "transformer.h.1.attn.c_attn.weight", ((0, 8),)
    )
    assert titles(field)[0] == "head 1.0 query"
    assert field.results.list.current == field.results.list.rows[0].target
    field.results.grab()


def test_enter_shows_what_is_marked_and_empties_the_field(field: SearchField) -> None:
    heard = Heard(field)
    paste(field, "embed")
    second = field.results.list.rows[1].target
    QTest.keyClick(field, Qt.Key.Key_Down)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert heard.found == [second]
    assert heard.knobs == []
    assert field.text() == ""
    assert not field.is_searching
    assert field.results.list.rows == ()


@pytest.mark.parametrize("held", [Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier])
def test_enter_with_a_modifier_makes_a_knob_at_once(field: SearchField, held: Qt.KeyboardModifier) -> None:
    heard = Heard(field)
    paste(field, "lm_head.weight[5, 3]")
    QTest.keyClick(field, Qt.Key.Key_Return, held)
    assert heard.knobs == [ParameterSlice(HEAD, (5, 3))]
    assert heard.found == []


def test_arrows_stay_within_the_list(field: SearchField) -> None:
    paste(field, "block 1")
    rows = field.results.list.rows
    assert len(rows) > 9
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.results.list.current == rows[0].target
    QTest.keyClick(field, Qt.Key.Key_PageDown)
    assert field.results.list.current == rows[8].target
    for _ in range(len(rows)):
        QTest.keyClick(field, Qt.Key.Key_PageDown)
    assert field.results.list.current == rows[-1].target


def test_escape_goes_back(field: SearchField) -> None:
    typed: list[bool] = []
    field.typed.connect(lambda: typed.append(field.is_searching))
    QTest.keyClicks(field, "em")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert typed == [True, True, False]
    assert field.text() == ""


def test_a_click_shows_a_result(field: SearchField) -> None:
    heard = Heard(field)
    paste(field, "embed row s")
    results = field.results.list
    place = results.visualRect(results.model().index(0, 0)).center()
    QTest.mouseClick(results.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert heard.found == [ParameterSlice(EMBEDDING, (19,))]


@pytest.mark.parametrize(
    "text",
    [
        "zzzz",
        "[[[[",
        "lm_head.weight[5, 99999999999999999999]",
        "lm_head.weight[-1]",
        "\N{SNOWMAN}\x00\x07 \u202e ' OR 1=1 -- <b>bold</b> %s {0} \\",
        "block " * 5000,
    ],
)
def test_whatever_is_typed_is_answered(field: SearchField, text: str) -> None:
    heard = Heard(field)
    paste(field, text)
    assert len(field.text()) <= LONGEST_SEARCH
    assert field.is_searching
    if not field.results.list.rows:
        QTest.keyClick(field, Qt.Key.Key_Down)
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert heard.found == heard.knobs == []
        assert "Try “block 1 head 2 query bias”" in field.results.list.accessibleDescription()
    field.results.grab()


def test_nothing_found_says_what_was_typed_shortened(field: SearchField) -> None:
    paste(field, "q" * 150)
    assert field.results.list.rows == ()
    assert field.results.list.accessibleDescription().startswith(f"Nothing here is called “{'q' * 23}…”.")


def test_spaces_alone_search_nothing(field: SearchField) -> None:
    QTest.keyClicks(field, "   ")
    assert not field.is_searching
    assert field.results.list.rows == ()


def test_being_told_is_not_asking(field: SearchField) -> None:
    heard = Heard(field)
    typed: list[None] = []
    field.typed.connect(lambda: typed.append(None))
    field.setText("embed")
    field.set_layout(layout(ModelSpec(1, 1, 8, 4, 3)), "ABC")
    assert field.results.list.rows
    assert typed == heard.found == heard.knobs == []
