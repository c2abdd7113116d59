"""What is typed into a knob, and its menu by key and mouse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.desktop.hand_bench import NO_KEY, SHIFT, Heard, said_by
from tests.desktop.knob_bench import editor, mouse, ten_knob, type_in
from weightdeck_desktop.widgets.knob import Knob


@pytest.fixture
def knob(qtbot: QtBot) -> Iterator[Knob]:
    yield from ten_knob(qtbot)


@pytest.fixture
def heard(knob: Knob) -> Heard:
    return said_by(knob, "taken_in_hand")


def test_a_typed_value_is_taken(knob: Knob, heard: Heard, qtbot: QtBot) -> None:
    type_in(qtbot, knob, "x0.5")
    assert heard == [("typed", 2.5)]
    assert knob.number == 2.5
    assert knob.hasFocus()


def test_nonsense_keeps_the_value_and_the_line(knob: Knob, heard: Heard, qtbot: QtBot) -> None:
    type_in(qtbot, knob, "nan")
    assert knob.number == 5.0
    assert editor(knob).isVisible()
    assert heard == []


def test_a_digit_opens_the_line_and_is_its_beginning(knob: Knob, qtbot: QtBot, heard: Heard) -> None:
    qtbot.keyClick(knob, "7")
    assert editor(knob).text() == "7"
    qtbot.keyClicks(editor(knob), ".5")
    qtbot.keyClick(editor(knob), Qt.Key.Key_Return)
    assert heard == [("typed", 7.5)]


def test_a_click_on_the_value_opens_the_line(knob: Knob, heard: Heard, qtbot: QtBot) -> None:
    mouse(knob, QEvent.Type.MouseButtonPress, 0, 42)
    assert editor(knob).isVisible()
    assert editor(knob).text() == "5.00"
    assert heard == []


def test_escape_while_typing_changes_nothing(knob: Knob, heard: Heard, qtbot: QtBot) -> None:
    qtbot.keyClick(knob, "7")
    qtbot.keyClick(editor(knob), Qt.Key.Key_Escape)
    assert not editor(knob).isVisible()
    assert knob.hasFocus()
    assert knob.number == 5.0
    assert heard == []


def test_a_line_closes_when_the_hand_is_taken_off(knob: Knob, heard: Heard, qtbot: QtBot) -> None:
    qtbot.keyClick(knob, "7")
    knob.take_hand_off()
    assert not editor(knob).isVisible()
    assert heard == []


# Menu


@pytest.mark.parametrize("keys", [(Qt.Key.Key_Menu, NO_KEY), (Qt.Key.Key_F10, SHIFT)])
def test_the_menu_opens_by_key_once(
    knob: Knob, qtbot: QtBot, keys: tuple[Qt.Key, Qt.KeyboardModifier]
) -> None:
    asked: list[QPoint] = []
    knob.menu_requested.connect(asked.append)
    qtbot.keyClick(knob, *keys)
    # Some platforms send this after the key, others do not.
    by_key = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(1, 1), QPoint(1, 1))
    QApplication.sendEvent(knob, by_key)
    assert len(asked) == 1
    assert knob.rect().contains(knob.mapFromGlobal(asked[0]))


def test_the_menu_opens_where_the_mouse_asks(knob: Knob, heard: Heard, qtbot: QtBot) -> None:
    qtbot.keyClick(knob, Qt.Key.Key_Up)
    with qtbot.waitSignal(knob.menu_requested) as asked:
        by_mouse = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(9, 9), QPoint(30, 40))
        QApplication.sendEvent(knob, by_mouse)
    assert asked.args == [QPoint(30, 40)]
    assert heard[-1] == ("released", None)
