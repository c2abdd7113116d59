"""The rotary knob under the user's hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.knob import FULL_TURN_PX, Knob
from weightdeck_desktop.widgets.typed_value import read_value

NO_KEY = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


class TenScale:
    """Values 0 to 10, evenly."""

    def to_position(self, value: float) -> float:
        return min(1.0, max(0.0, value / 10.0))

    def to_value(self, position: float) -> float:
        return 10.0 * min(1.0, max(0.0, position))


class WholeScale(TenScale):
    def to_value(self, position: float) -> float:
        return float(round(super().to_value(position)))


Heard = list[tuple[str, float | None]]


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    """A window to put a knob in."""
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(300, 300)
    QVBoxLayout(page)
    return page


@pytest.fixture
def knob(page: QWidget, qtbot: QtBot) -> Knob:
    """A knob from 0 to 10 that stands at 5, shown and in focus."""
    knob = Knob("a_knob", 56, 2)
    knob.set_theme(dark_theme())
    knob.set_scale(TenScale())
    knob.set_wording(lambda value: f"{value:.2f}", read_value)
    knob.set_titles("head", "reach 3.1 nats")
    knob.set_default(4.0)
    knob.set_value(5.0)
    layout = page.layout()
    assert layout is not None
    layout.addWidget(knob)
    page.show()
    qtbot.waitExposed(page)
    knob.setFocus(Qt.FocusReason.TabFocusReason)
    return knob


@pytest.fixture
def heard(knob: Knob) -> Heard:
    """Everything that the knob says from now on."""
    log: Heard = []

    def note(name: str) -> Callable[..., None]:
        return lambda *arguments: log.append((name, arguments[0] if arguments else None))

    for name in ("grabbed", "turned", "released", "typed", "reset_requested", "taken_in_hand"):
        getattr(knob, name).connect(note(name))
    return log


def mouse(
    knob: Knob, kind: QEvent.Type, x: float = 0.0, y: float = 0.0, modifiers: Qt.KeyboardModifier = NO_KEY
) -> None:
    """Send a mouse event `x`, `y` px away from the middle of the ring."""
    place = QPointF(knob.width() / 2 + x, 34.0 + y)
    button = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else LEFT
    held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else LEFT
    there = QPointF(knob.mapToGlobal(place.toPoint()))
    QApplication.sendEvent(knob, QMouseEvent(kind, place, there, button, held, modifiers))


def press(knob: Knob) -> None:
    mouse(knob, QEvent.Type.MouseButtonPress)


def drag(knob: Knob, x: float = 0.0, y: float = 0.0, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
    mouse(knob, QEvent.Type.MouseMove, x, y, modifiers)


def release(knob: Knob, x: float = 0.0, y: float = 0.0) -> None:
    mouse(knob, QEvent.Type.MouseButtonRelease, x, y)


def wheel(knob: Knob, notches: float, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
    place = QPointF(knob.width() / 2, 34.0)
    turned = QPoint(0, round(120 * notches))
    there = QPointF(knob.mapToGlobal(place.toPoint()))
    button, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    QApplication.sendEvent(knob, QWheelEvent(place, there, QPoint(), turned, button, modifiers, phase, False))


def editor(knob: Knob) -> QLineEdit:
    found = knob.findChild(QLineEdit)
    assert found is not None
    return found


def type_in(qtbot: QtBot, knob: Knob, text: str) -> None:
    """Open the line with Enter, write `text`, press Enter."""
    qtbot.keyClick(knob, Qt.Key.Key_Return)
    line = editor(knob)
    line.setText(text)
    qtbot.keyClick(line, Qt.Key.Key_Return)


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


@pytest.mark.parametrize("leave", ["disable", "hide", "focus", "hold"])
def test_a_grab_ends_when_the_knob_is_taken_away(knob: Knob, heard: Heard, leave: str) -> None:
    press(knob)
    drag(knob, 0, -10)
    if leave == "disable":
        knob.setEnabled(False)
    elif leave == "hide":
        knob.hide()
    elif leave == "hold":
        knob.set_held(True)
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


@pytest.mark.parametrize("state", ["held", "unknown"])
def test_a_held_or_unknown_knob_does_not_turn(knob: Knob, heard: Heard, qtbot: QtBot, state: str) -> None:
    if state == "held":
        knob.set_held(True)
    else:
        knob.set_value(None)
    press(knob)
    drag(knob, 0, -50)
    release(knob)
    mouse(knob, QEvent.Type.MouseButtonDblClick)
    wheel(knob, 1)
    qtbot.keyClick(knob, Qt.Key.Key_Up)
    assert heard == []


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


# Typing


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


# Accessibility


def test_assistive_technology_turns_it_as_a_hand_does(knob: Knob, heard: Heard, qtbot: QtBot) -> None:
    with qtbot.waitSignal(knob.released):
        knob.setValue(300)  # what the accessible value interface of a dial calls
    assert knob.number == pytest.approx(3.0)
    assert [name for name, _ in heard] == ["grabbed", "turned", "released"]


def test_the_focus_says_so_only_when_the_user_gave_it(knob: Knob, page: QWidget, heard: Heard) -> None:
    knob.clearFocus()
    knob.setFocus(Qt.FocusReason.OtherFocusReason)
    assert ("taken_in_hand", None) not in heard
    knob.clearFocus()
    knob.setFocus(Qt.FocusReason.TabFocusReason)
    assert ("taken_in_hand", None) in heard


def test_a_whole_turn_with_the_keyboard_alone(knob: Knob, page: QWidget, heard: Heard, qtbot: QtBot) -> None:
    first = QLineEdit(page)
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
