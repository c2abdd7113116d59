"""Typing a value: the line, the bubble, and what may be typed."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.typed_value import read_value
from weightdeck_desktop.widgets.value_editor import Bubble, ValueEditor


class Below(QWidget):
    """What the line lies over: counts the keys that get through to it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.keys = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def keyPressEvent(self, event: object) -> None:
        self.keys += 1


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(300, 200)
    return page


@pytest.fixture
def below(page: QWidget, qtbot: QtBot) -> Below:
    below = Below(page)
    below.setGeometry(200, 160, 80, 30)
    page.show()
    qtbot.waitExposed(page)
    return below


@pytest.fixture
def line(below: Below) -> ValueEditor:
    """A line over a value of 5, open."""
    line = ValueEditor(below)
    line.resize(80, 24)
    line.open_with("5", lambda text: read_value(text, 5.0), dark_theme(), selected=True)
    return line


@pytest.mark.parametrize("text", ["−0.0312", "1e-3", "12.5"])
def test_a_double_click_takes_all_of_the_number(line: ValueEditor, qtbot: QtBot, text: str) -> None:
    line.open_with(text, float, dark_theme(), selected=False)
    qtbot.mouseDClick(line, Qt.MouseButton.LeftButton, pos=line.rect().center())
    assert line.selectedText() == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1E3", 1000.0),
        ("+3", 3.0),
        ("-.5", -0.5),
        ("\N{MINUS SIGN}2", -2.0),
        (" 7. ", 7.0),
        ("0.5x", 2.5),
        ("x0.5", 2.5),
        ("\N{MULTIPLICATION SIGN} 2", 10.0),
        ("*-1", -5.0),
    ],
)
def test_enter_takes_what_is_a_value(
    line: ValueEditor, below: Below, qtbot: QtBot, text: str, value: float
) -> None:
    line.setText(text)
    with qtbot.waitSignal(line.accepted) as accepted:
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert accepted.args == [pytest.approx(value)]
    assert not line.isVisible()
    assert below.hasFocus()


@pytest.mark.parametrize(
    "text",
    ["nan", "inf", "-Infinity", "1e999", "*1e308", "abc", "", "1 2", "5%", "*2x", "0x10", "1,5", "--1"],
)
def test_nonsense_gets_a_sentence_inside_the_window(line: ValueEditor, qtbot: QtBot, text: str) -> None:
    line.setText(text)
    with qtbot.assertNotEmitted(line.accepted):
        qtbot.keyClick(line, Qt.Key.Key_Return)
    bubble = line.window().findChild(Bubble)
    assert bubble is not None
    assert bubble.isVisible()
    assert bubble.text().endswith(".")
    assert bubble.height() >= bubble.heightForWidth(bubble.width())
    assert line.window().rect().contains(bubble.geometry())
    assert not bubble.geometry().intersects(line.rect().translated(line.mapTo(line.window(), QPoint(0, 0))))
    assert line.isVisible()


def test_mending_the_text_takes_the_sentence_away(line: ValueEditor, qtbot: QtBot) -> None:
    line.setText("nan")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    bubble = line.window().findChild(Bubble)
    assert bubble is not None
    with qtbot.waitSignal(bubble.destroyed):
        qtbot.keyClick(line, "3")
    with qtbot.waitSignal(line.accepted) as accepted:
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert accepted.args == [3.0]


def test_escape_cancels(line: ValueEditor, below: Below, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(line.accepted):
        qtbot.keyClicks(line, "9")
        qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert not line.isVisible()
    assert below.hasFocus()


def test_leaving_cancels_and_leaves_the_focus_where_it_went(line: ValueEditor, qtbot: QtBot) -> None:
    other = QLineEdit(line.window())
    other.show()
    with qtbot.assertNotEmitted(line.accepted):
        qtbot.keyClicks(line, "9")
        other.setFocus()
    assert not line.isVisible()
    assert other.hasFocus()


def test_no_key_gets_through(line: ValueEditor, below: Below, qtbot: QtBot) -> None:
    keys = (
        Qt.Key.Key_Up,
        Qt.Key.Key_PageDown,
        Qt.Key.Key_Home,
        Qt.Key.Key_F5,
        Qt.Key.Key_Return,
        Qt.Key.Key_Escape,
    )
    for key in keys:
        qtbot.keyClick(line, key)
    assert below.keys == 0


def test_what_is_relative_needs_a_value() -> None:
    with pytest.raises(ValueError, match="no value yet"):
        read_value("*2", None)
    assert read_value("2", None) == 2.0


def test_percent_only_where_it_means_something() -> None:
    assert read_value("12.5%", None, takes_percent=True) == 0.125
    with pytest.raises(ValueError, match="Percent of what"):
        read_value("12.5%", 1.0)


def test_a_gain_is_itself_and_a_star_multiplies() -> None:
    assert read_value("×0.4", 0.5, is_gain=True) == 0.4
    assert read_value("0.4x", 0.5, is_gain=True) == 0.4
    assert read_value("*0.4", 0.5, is_gain=True) == 0.2


def test_the_bubble_goes_with_what_it_is_about(page: QWidget, line: ValueEditor, qtbot: QtBot) -> None:
    line.selectAll()
    qtbot.keyClicks(line, "nan")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    bubble = page.findChild(Bubble)
    assert bubble is not None
    assert bubble.isVisible()
    line.parentWidget().hide()
    assert not bubble.isVisible()


def test_a_long_value_is_seen_from_its_beginning(line: ValueEditor) -> None:
    line.open_with("-0.226248978226248978", float, dark_theme(), selected=True)
    assert line.selectedText() == "-0.226248978226248978"
    assert line.cursorPosition() == 0
