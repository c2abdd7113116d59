"""The upright fader under the user's hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.fader_bench import drag, editor, mouse, narrow_fader, painter, press, release
from tests.desktop.hand_bench import NO_KEY, SHIFT, Heard, said_by, wheel
from weightdeck_desktop.widgets.fader import Fader
from weightdeck_desktop.widgets.value_editor import Bubble
from weightdeck_desktop.widgets.value_tag import ValueTag


@pytest.fixture
def fader(qtbot: QtBot) -> Iterator[Fader]:
    yield from narrow_fader(qtbot)


@pytest.fixture
def page(fader: Fader) -> QWidget:
    """The window that the fader is in."""
    return fader.window()


@pytest.fixture
def heard(fader: Fader) -> Heard:
    return said_by(fader)


def names(heard: Heard) -> list[str]:
    return [name for name, _ in heard]


# Dragging


def test_the_cap_goes_with_the_pointer(fader: Fader, heard: Heard) -> None:
    press(fader)
    drag(fader, -30)
    release(fader)
    assert names(heard) == ["grabbed", "turned", "released"]
    assert fader.number == pytest.approx(1.0 + 2.0 * 30 / painter(fader).travel, abs=1e-3)
    assert heard[1][1] == fader.number


def test_a_drag_is_relative_and_fine_with_shift(fader: Fader, heard: Heard) -> None:
    press(fader)
    drag(fader, -30)
    at_shift = fader.number
    assert at_shift is not None
    drag(fader, -30, SHIFT)
    assert fader.number == at_shift
    drag(fader, -50, SHIFT)
    assert fader.number == pytest.approx(at_shift + 0.1 * 2.0 * 20 / painter(fader).travel, abs=1e-3)
    release(fader)


def test_at_the_top_the_way_back_begins_at_once(fader: Fader, heard: Heard) -> None:
    press(fader)
    drag(fader, -1000)
    assert fader.number == 2.0
    drag(fader, -980)
    assert fader.number == pytest.approx(2.0 - 2.0 * 20 / painter(fader).travel, abs=1e-3)
    release(fader)


def test_the_value_stands_beside_the_cap_while_it_is_dragged(fader: Fader, page: QWidget) -> None:
    press(fader)
    drag(fader, -30)
    tag = page.findChild(ValueTag)
    assert tag is not None
    assert tag.isVisible()
    assert page.rect().contains(tag.geometry())
    release(fader)
    assert not tag.isVisible()


def test_escape_returns_to_the_value_at_the_grab(fader: Fader, heard: Heard, qtbot: QtBot) -> None:
    press(fader)
    drag(fader, -30)
    qtbot.keyClick(fader, Qt.Key.Key_Escape)
    assert fader.number == 1.0
    assert names(heard) == ["grabbed", "turned", "turned", "released"]
    drag(fader, -60)
    assert fader.number == 1.0


def test_the_hand_wins_over_what_it_is_told(fader: Fader, heard: Heard) -> None:
    press(fader)
    drag(fader, -30)
    at = fader.number
    fader.set_value(0.2)
    assert fader.number == at
    release(fader)
    fader.set_value(0.2)
    assert fader.number == 0.2


def test_keys_and_wheel_do_not_disturb_a_drag(fader: Fader, heard: Heard, qtbot: QtBot) -> None:
    press(fader)
    qtbot.keyClick(fader, Qt.Key.Key_End)
    wheel(fader, 3)
    assert fader.number == 1.0
    release(fader)
    assert names(heard) == ["grabbed", "released"]


def test_hiding_the_fader_takes_the_hand_off(fader: Fader, heard: Heard) -> None:
    press(fader)
    fader.hide()
    assert names(heard) == ["grabbed", "released"]


def test_a_double_click_asks_for_the_default(fader: Fader, heard: Heard) -> None:
    mouse(fader, QEvent.Type.MouseButtonDblClick)
    assert names(heard) == ["reset_requested"]


# Keys and wheel


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ((Qt.Key.Key_Up, NO_KEY), 1.02),
        ((Qt.Key.Key_Down, NO_KEY), 0.98),
        ((Qt.Key.Key_Up, SHIFT), 1.002),
        ((Qt.Key.Key_PageUp, NO_KEY), 1.2),
        ((Qt.Key.Key_PageDown, NO_KEY), 0.8),
        ((Qt.Key.Key_Home, NO_KEY), 0.0),
        ((Qt.Key.Key_End, NO_KEY), 2.0),
    ],
)
def test_keys_turn(
    fader: Fader, heard: Heard, qtbot: QtBot, keys: tuple[Qt.Key, Qt.KeyboardModifier], expected: float
) -> None:
    with qtbot.waitSignal(fader.released):
        qtbot.keyClick(fader, *keys)
    assert fader.number == pytest.approx(expected)
    assert names(heard) == ["grabbed", "turned", "released"]


def test_the_wheel_turns_and_lets_go_by_itself(fader: Fader, heard: Heard, qtbot: QtBot) -> None:
    with qtbot.waitSignal(fader.released):
        wheel(fader, 1)
        wheel(fader, 1)
    assert fader.number == pytest.approx(1.08)
    assert names(heard) == ["grabbed", "turned", "turned", "released"]


def test_sideways_keys_are_left_to_the_desk(fader: Fader, heard: Heard, qtbot: QtBot) -> None:
    qtbot.keyClick(fader, Qt.Key.Key_Left)
    qtbot.keyClick(fader, Qt.Key.Key_Right)
    assert heard == []


@pytest.mark.parametrize("by_key", [True, False])
def test_the_menu_opens_by_key_and_mouse(fader: Fader, qtbot: QtBot, by_key: bool) -> None:
    with qtbot.waitSignal(fader.menu_requested):
        if by_key:
            qtbot.keyClick(fader, Qt.Key.Key_F10, SHIFT)
        else:
            reason = QContextMenuEvent.Reason.Mouse
            QApplication.sendEvent(fader, QContextMenuEvent(reason, QPoint(5, 50), QPoint(5, 50)))


# Typing


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.4", 0.4), ("1e-3", 1e-3), ("0.5x", 0.5), ("*0.5", 0.75), ("25 %", 0.25), ("2", 2)],
)
def test_a_typed_value_is_taken(fader: Fader, heard: Heard, qtbot: QtBot, text: str, expected: float) -> None:
    fader.set_value(1.5)
    qtbot.keyClick(fader, Qt.Key.Key_Return)
    editor(fader).setText(text)
    qtbot.keyClick(editor(fader), Qt.Key.Key_Return)
    assert heard == [("typed", pytest.approx(expected))]
    assert fader.number == pytest.approx(expected)
    assert not editor(fader).isVisible()
    assert fader.hasFocus()


@pytest.mark.parametrize("text", ["nan", "inf", "2.01", "-0.1", "1e400", "loud", ""])
def test_nonsense_gets_a_sentence_and_changes_nothing(
    fader: Fader, page: QWidget, heard: Heard, qtbot: QtBot, text: str
) -> None:
    fader.open_editor()
    editor(fader).setText(text)
    qtbot.keyClick(editor(fader), Qt.Key.Key_Return)
    bubble = page.findChild(Bubble)
    assert bubble is not None
    assert bubble.text().endswith(".") or bubble.text().endswith(").")
    assert fader.number == 1.0
    assert heard == []
    qtbot.keyClick(editor(fader), Qt.Key.Key_Escape)
    assert fader.hasFocus()


def test_a_digit_opens_the_line_with_room_to_type(fader: Fader, page: QWidget, qtbot: QtBot) -> None:
    qtbot.keyClick(fader, "0")
    assert editor(fader).text() == "0"
    assert editor(fader).width() > fader.width()
    assert page.rect().contains(editor(fader).geometry())


def test_the_line_goes_with_its_fader(fader: Fader, page: QWidget, qtbot: QtBot) -> None:
    fader.open_editor()
    fader.hide()
    assert not editor(fader).isVisible()
    line = editor(fader)
    with qtbot.waitSignal(line.destroyed):
        fader.setParent(None)
        fader.deleteLater()


def test_a_line_closes_when_the_hand_is_taken_off(fader: Fader, heard: Heard, qtbot: QtBot) -> None:
    qtbot.keyClick(fader, "0")
    fader.take_hand_off()
    assert not editor(fader).isVisible()
    assert heard == []


def test_without_a_value_nothing_turns(fader: Fader, heard: Heard, qtbot: QtBot) -> None:
    fader.set_value(float("nan"))
    for key in (Qt.Key.Key_End, Qt.Key.Key_1, Qt.Key.Key_Return):
        qtbot.keyClick(fader, key)
    press(fader)
    drag(fader, -30)
    release(fader)
    assert heard == []
    assert fader.window().findChild(QLineEdit) is None


def test_assistive_technology_turns_it_as_a_hand_does(fader: Fader, heard: Heard, qtbot: QtBot) -> None:
    with qtbot.waitSignal(fader.released):
        fader.setValue(50)
    assert fader.number == 0.5
    assert names(heard) == ["grabbed", "turned", "released"]
