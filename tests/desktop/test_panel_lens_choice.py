"""Choosing a token: names that can be seen, and lists of any length."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from weightdeck_desktop.panels.lens_words import place_names, prompt_names, token_name, token_names
from weightdeck_desktop.panels.open_choice import OpenChoice
from weightdeck_desktop.theme import dark_theme


def test_tokens_that_leave_nothing_to_see_are_spelt() -> None:
    assert token_names(("·", " ", "\n", "\t", "a")) == ("end", "space", "newline", "tab", "a")
    assert prompt_names(("·", " ", "a")) == ("start", "space", "a")


def test_a_large_vocabulary_is_one_list_of_the_usual_width(qtbot: QtBot) -> None:
    box = OpenChoice("likeliest")
    qtbot.addWidget(box)
    box.set_theme(dark_theme())
    box.set_names([f"token number {number}" for number in range(50_000)])
    assert box.sizeHint().width() <= 160
    box.set_place(40_000)
    assert (box.place, box.currentText()) == (40_000, "token number 40000")
    box.set_names(["a", "b"])
    assert box.place is None


def test_what_is_chosen_is_told_only_of_the_user(qtbot: QtBot) -> None:
    box = OpenChoice("last token")
    qtbot.addWidget(box)
    box.set_theme(dark_theme())
    said: list[int | None] = []
    box.picked.connect(lambda: said.append(box.place))
    box.set_names(place_names(("start", "a", "a")))
    box.set_place(1)
    box.set_place(99)
    assert (said, box.place, box.currentText()) == ([], None, "last token")
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert (said, box.currentText()) == ([0], "0 start")
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert said == [0, None]


def test_a_token_without_a_name_has_its_number() -> None:
    assert (token_name(("a",), 0), token_name(("a",), 7)) == ("a", "7")
