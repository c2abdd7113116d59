"""The rotary knob under the user's hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.hand_bench import NO_KEY, SHIFT, Heard, said_by, wheel
from tests.desktop.knob_bench import TenScale, drag, editor, mouse, press, release, ten_knob, type_in
from weightdeck_desktop.widgets.knob import Knob
from weightdeck_desktop.widgets.knob_gesture import FULL_TURN_PX


class WholeScale(TenScale):
    def to_value(self, position: float) -> float:
        return float(round(super().to_value(position)))


@pytest.fixture
def knob(qtbot: QtBot) -> Iterator[Knob]:
    yield from ten_knob(qtbot)


@pytest.fixture
def heard(knob: Knob) -> Heard:
    return said_by(knob, "taken_in_hand")


# Dragging


@pytest.mark.parametrize(("x", "y"), [(0.0, -40.0), (40.0, 0.0), (20.0, -20.0)])
def test_dragging_up_or_right_turns_a_share_of_the_range(
    knob: Knob, heard: Heard, x: float, y: float
) -> None:
    press(knob)
    drag(knob, x, y)
    release(knob, x, y)
    assert [name for name, _ in heard] == ["grabbed", "turned", "released"]
    assert knob.number == pytest.approx(5.0 + 10.0 * 40.0 / FULL_TURN_PX)
    assert heard[1][1] == knob.number


def test_shift_pressed_in_mid_drag_turns_finely_without_a_jump(knob: Knob, heard: Heard) -> None:
    press(knob)
    drag(knob, 0, -40)
    at_shift = knob.number
    drag(knob, 0, -40, SHIFT)
    assert knob.number == at_shift
    drag(knob, 0, -60, SHIFT)
    assert knob.number == pytest.approx(at_shift + 0.1 * 10.0 * 20.0 / FULL_TURN_PX)
    drag(knob, 0, -60)
    assert knob.number == pytest.approx(at_shift + 0.1)
    release(knob)


def test_at_the_end_of_the_turn_the_way_back_begins_at_once(knob: Knob) -> None:
    press(knob)
    drag(knob, 0, -1000)
    assert knob.number == 10.0
    drag(knob, 0, -980)
    assert knob.number == pytest.approx(9.0)
    release(knob)


def test_a_click_grabs_and_lets_go_without_turning(knob: Knob, heard: Heard) -> None:
    press(knob)
    release(knob)
    assert [name for name, _ in heard] == ["grabbed", "released"]


def test_the_cursor_is_hidden_while_dragging_only(knob: Knob) -> None:
    before = knob.cursor().shape()
    press(knob)
    assert knob.cursor().shape() == Qt.CursorShape.BlankCursor
    release(knob)
    assert knob.cursor().shape() == before


def test_escape_during_a_drag_returns_to_the_value_at_the_grab(
    knob: Knob, heard: Heard, qtbot: QtBot
) -> None:
    press(knob)
    drag(knob, 0, -40)
    qtbot.keyClick(knob, Qt.Key.Key_Escape)
    assert knob.number == 5.0
    assert heard[-2:] == [("turned", 5.0), ("released", None)]
    drag(knob, 0, -80)
    release(knob)
    assert knob.number == 5.0
    assert heard[-1] == ("released", None)


def test_while_it_is_grabbed_the_pointer_belongs_to_the_hand(knob: Knob) -> None:
    press(knob)
    drag(knob, 0, -40)
    knob.set_value(1.0)
    assert knob.number == pytest.approx(7.0)
    release(knob)
    assert knob.number == pytest.approx(7.0)
    knob.set_value(1.0)
    assert knob.number == 1.0


@pytest.mark.parametrize("leave", ["disable", "hide", "focus", "take"])
def test_a_grab_ends_when_the_knob_is_taken_away(knob: Knob, heard: Heard, leave: str) -> None:
    press(knob)
    drag(knob, 0, -10)
    if leave == "disable":
        knob.setEnabled(False)
    elif leave == "hide":
        knob.hide()
    elif leave == "take":
        knob.take_hand_off()
    else:
        QApplication.sendEvent(
            knob, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.ActiveWindowFocusReason)
        )
    assert heard[-1] == ("released", None)
    assert [name for name, _ in heard].count("released") == 1


def test_a_double_click_asks_for_the_default(knob: Knob, heard: Heard) -> None:
    press(knob)
    release(knob)
    mouse(knob, QEvent.Type.MouseButtonDblClick)
    release(knob)
    assert [name for name, _ in heard] == ["grabbed", "released", "reset_requested"]


def test_an_unknown_value_does_not_turn(knob: Knob, heard: Heard, qtbot: QtBot) -> None:
    knob.set_value(None)
    press(knob)
    drag(knob, 0, -50)
    release(knob)
    mouse(knob, QEvent.Type.MouseButtonDblClick)
    wheel(knob, 1)
    qtbot.keyClick(knob, Qt.Key.Key_Up)
    assert heard == []


def test_what_is_held_against_training_turns_by_hand(knob: Knob, heard: Heard, qtbot: QtBot) -> None:
    knob.set_held(1.0)
    press(knob)
    drag(knob, 0, -40)
    release(knob)
    assert [name for name, _ in heard] == ["grabbed", "turned", "released"]
    type_in(qtbot, knob, "3")
    assert knob.number == 3.0


def test_to_hold_it_in_mid_drag_takes_nothing_from_the_hand(knob: Knob, heard: Heard) -> None:
    press(knob)
    drag(knob, 0, -20)
    knob.set_held(1.0)
    drag(knob, 0, -40)
    assert knob.number == pytest.approx(7.0)
    assert [name for name, _ in heard] == ["grabbed", "turned", "turned"]
    release(knob)


# Wheel and keys


def test_a_notch_is_a_short_grab(knob: Knob, heard: Heard, qtbot: QtBot) -> None:
    with qtbot.waitSignal(knob.released):
        wheel(knob, 1)
        wheel(knob, 1)
        assert [name for name, _ in heard] == ["grabbed", "turned", "turned"]
    assert knob.number == pytest.approx(5.0 + 2 * 10.0 / 50)
    assert [name for name, _ in heard] == ["grabbed", "turned", "turned", "released"]


def test_the_wheel_turns_finely_with_shift(knob: Knob, qtbot: QtBot) -> None:
    with qtbot.waitSignal(knob.released):
        wheel(knob, -1, SHIFT)
    assert knob.number == pytest.approx(5.0 - 10.0 / 500)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ((Qt.Key.Key_Up, NO_KEY), 5.1),
        ((Qt.Key.Key_Right, NO_KEY), 5.1),
        ((Qt.Key.Key_Down, NO_KEY), 4.9),
        ((Qt.Key.Key_Left, SHIFT), 4.99),
        ((Qt.Key.Key_PageUp, NO_KEY), 6.0),
        ((Qt.Key.Key_PageDown, NO_KEY), 4.0),
        ((Qt.Key.Key_Home, NO_KEY), 0.0),
        ((Qt.Key.Key_End, SHIFT), 10.0),
    ],
)
def test_keys_turn(
    knob: Knob, heard: Heard, qtbot: QtBot, keys: tuple[Qt.Key, Qt.KeyboardModifier], expected: float
) -> None:
    with qtbot.waitSignal(knob.released):
        qtbot.keyClick(knob, *keys)
    assert knob.number == pytest.approx(expected)
    assert [name for name, _ in heard] == ["grabbed", "turned", "released"]


def test_escape_takes_a_turn_by_keys_back(knob: Knob, heard: Heard, qtbot: QtBot) -> None:
    qtbot.keyClick(knob, Qt.Key.Key_PageUp)
    qtbot.keyClick(knob, Qt.Key.Key_PageUp)
    qtbot.keyClick(knob, Qt.Key.Key_Escape)
    assert knob.number == 5.0
    assert heard[-1] == ("released", None)


def test_a_press_ends_a_turn_by_wheel(knob: Knob, heard: Heard) -> None:
    wheel(knob, 1)
    press(knob)
    release(knob)
    assert [name for name, _ in heard] == ["grabbed", "turned", "released", "grabbed", "released"]


def test_a_step_is_always_felt_where_values_are_coarse(knob: Knob, qtbot: QtBot) -> None:
    knob.set_scale(WholeScale())
    with qtbot.waitSignal(knob.released):
        qtbot.keyClick(knob, Qt.Key.Key_Up)
    assert knob.number == 6.0
    with qtbot.waitSignal(knob.released):
        wheel(knob, -1)
    assert knob.number == 5.0


def test_a_value_beyond_the_end_is_not_pulled_back_by_turning_on(
    knob: Knob, heard: Heard, qtbot: QtBot
) -> None:
    knob.set_value(25.0)
    with qtbot.waitSignal(knob.released):
        qtbot.keyClick(knob, Qt.Key.Key_Up)
    assert knob.number == 25.0
    assert "turned" not in [name for name, _ in heard]


# Accessibility


def test_assistive_technology_turns_it_as_a_hand_does(knob: Knob, heard: Heard, qtbot: QtBot) -> None:
    with qtbot.waitSignal(knob.released):
        knob.setValue(300)  # what the accessible value interface of a dial calls
    assert knob.number == pytest.approx(3.0)
    assert [name for name, _ in heard] == ["grabbed", "turned", "released"]


def test_the_focus_says_so_only_when_the_user_gave_it(knob: Knob, heard: Heard) -> None:
    knob.clearFocus()
    knob.setFocus(Qt.FocusReason.OtherFocusReason)
    assert ("taken_in_hand", None) not in heard
    knob.clearFocus()
    knob.setFocus(Qt.FocusReason.TabFocusReason)
    assert ("taken_in_hand", None) in heard


def test_a_whole_turn_with_the_keyboard_alone(knob: Knob, heard: Heard, qtbot: QtBot) -> None:
    first = QLineEdit(knob.parentWidget())
    QWidget.setTabOrder(first, knob)
    first.show()
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Tab)
    assert knob.hasFocus()
    with qtbot.waitSignal(knob.released):
        qtbot.keyClick(knob, Qt.Key.Key_PageUp)
        qtbot.keyClick(knob, Qt.Key.Key_Up)
    qtbot.keyClick(knob, "*")
    qtbot.keyClicks(editor(knob), "2")
    qtbot.keyClick(editor(knob), Qt.Key.Key_Return)
    assert knob.number == pytest.approx(12.2)
    assert [name for name, _ in heard] == [
        "taken_in_hand",
        "grabbed",
        "turned",
        "turned",
        "released",
        "typed",
    ]


def test_keys_with_control_are_left_to_shortcuts(knob: Knob, qtbot: QtBot) -> None:
    qtbot.keyClick(knob, "1", Qt.KeyboardModifier.ControlModifier)
    assert knob.findChild(QLineEdit) is None
