"""A button that works while it is kept down: by mouse and key, and never stuck."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from weightdeck_desktop.widgets.kept_press import KeptPress


@pytest.fixture
def button(qtbot: QtBot) -> QPushButton:
    button = QPushButton("Before")
    qtbot.addWidget(button)
    button.show()
    button.setFocus()
    return button


@pytest.fixture
def heard(button: QPushButton) -> list[bool]:
    heard: list[bool] = []
    KeptPress(button).kept.connect(heard.append)
    return heard


def test_the_mouse_keeps_it(button: QPushButton, heard: list[bool]) -> None:
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    assert heard == [True]
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert heard == [True, False]


def test_to_let_go_outside_of_the_button_lets_it_go(button: QPushButton, heard: list[bool]) -> None:
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton, pos=QPoint(-50, -50))
    assert heard == [True, False]


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_a_key_keeps_it_and_its_repeats_say_nothing(
    button: QPushButton, heard: list[bool], key: Qt.Key
) -> None:
    QTest.keyPress(button, key)
    for kind in (QEvent.Type.KeyRelease, QEvent.Type.KeyPress):
        repeat = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, "", True)
        QApplication.sendEvent(button, repeat)
    assert heard == [True]
    assert button.isDown()
    QTest.keyRelease(button, key)
    assert heard == [True, False]
    assert not button.isDown()


def test_to_disappear_to_be_disabled_or_to_lose_the_focus_lets_it_go(
    button: QPushButton, heard: list[bool]
) -> None:
    def lose_focus() -> None:
        QApplication.sendEvent(button, QFocusEvent(QEvent.Type.FocusOut))

    for end in (button.hide, lambda: button.setEnabled(False), lose_focus):
        button.show()
        button.setEnabled(True)
        button.setFocus()
        QTest.keyPress(button, Qt.Key.Key_Space)
        assert heard[-1] is True
        end()
        assert heard[-1] is False
    assert heard == [True, False] * 3


def test_other_keys_are_the_buttons_own(button: QPushButton, heard: list[bool]) -> None:
    QTest.keyClick(button, Qt.Key.Key_A)
    assert heard == []
