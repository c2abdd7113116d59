"""What a user does with the panel of channel strips."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.desktop.strip_panels import (
    HEAD,
    MLP,
    Heard,
    column,
    columns,
    levels,
    listen,
    model,
    shown_panel,
)
from weightdeck.run.strips import Mix, Neuron, Strip, StripSetting, all_strips
from weightdeck_desktop.panels.strips import StripsPanel
from weightdeck_desktop.widgets.fader import Fader

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def panel(qtbot: QtBot) -> StripsPanel:
    return shown_panel(qtbot)


@pytest.fixture
def heard(panel: StripsPanel) -> Heard:
    return listen(panel)


def combo(panel: StripsPanel, name: str) -> QComboBox:
    box = panel.findChild(QComboBox, name)
    assert isinstance(box, QComboBox)
    return box


def button(panel: StripsPanel, name: str) -> QToolButton:
    found = panel.findChild(QToolButton, name)
    assert isinstance(found, QToolButton)
    return found


def choose(panel: StripsPanel, strip: Strip, text: str) -> None:
    """Open the strip's menu and choose the action that begins with `text`."""
    fader = column(panel, strip).fader
    fader.menu_requested.emit(QPoint(0, 0))
    menu = column(panel, strip).findChildren(QMenu)[-1]  # those closed before are not deleted yet
    action = next(action for action in menu.actions() if action.text().startswith(text))
    menu.close()
    action.trigger()


def test_a_drag_is_one_gesture_and_the_hand_wins(panel: StripsPanel, heard: Heard, qtbot: QtBot) -> None:
    fader = column(panel, HEAD).fader
    middle = QPoint(fader.width() // 2, fader.height() // 2)
    qtbot.mousePress(fader, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(fader, middle + QPoint(0, 40))
    at = fader.number
    assert at is not None
    assert at < 1.0
    panel.show_mix(Mix().with_strip(HEAD, StripSetting(1.9)))
    panel.show_levels(levels(), 1241)
    assert fader.number == at
    qtbot.mouseRelease(fader, Qt.MouseButton.LeftButton, pos=middle)
    assert heard == [("fader_grabbed", (HEAD,)), ("fader_turned", (HEAD, at)), ("fader_released", (HEAD,))]
    panel.show_mix(Mix().with_strip(HEAD, StripSetting(1.9)))
    assert fader.number == 1.9


def test_a_model_that_goes_while_a_fader_is_held_lets_it_go(
    panel: StripsPanel, heard: Heard, qtbot: QtBot
) -> None:
    fader = column(panel, HEAD).fader
    qtbot.mousePress(fader, Qt.MouseButton.LeftButton)
    panel.set_model(model(2, 2))
    assert heard == [("fader_grabbed", (HEAD,)), ("fader_released", (HEAD,))]


def test_mouse_on_mute_solo_and_the_fader(panel: StripsPanel, heard: Heard, qtbot: QtBot) -> None:
    qtbot.mouseClick(column(panel, HEAD).mute, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(column(panel, MLP).solo, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(column(panel, MLP).solo, Qt.MouseButton.LeftButton)
    qtbot.mouseDClick(column(panel, HEAD).fader, Qt.MouseButton.LeftButton)
    assert heard == [
        ("mute_toggled", (HEAD, True)),
        ("solo_toggled", (MLP, True)),
        ("solo_toggled", (MLP, False)),
        ("gain_typed", (HEAD, 1.0)),
    ]


def test_the_whole_desk_with_the_keyboard_alone(panel: StripsPanel, heard: Heard, qtbot: QtBot) -> None:
    """From the first control on, by Tab, arrows and letters; no mouse, no setFocus after the first."""

    def now() -> QWidget:
        focused = QApplication.focusWidget()
        assert focused is not None
        return focused

    combo(panel, "strips_scope").setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(now(), Qt.Key.Key_Down)
    qtbot.keyClick(now(), Qt.Key.Key_Tab)
    qtbot.keyClick(now(), Qt.Key.Key_Down)
    for _ in range(4):
        if isinstance(now(), Fader):
            break
        qtbot.keyClick(now(), Qt.Key.Key_Tab)
    assert now() is column(panel, Strip(0, 0)).fader
    qtbot.keyClick(now(), Qt.Key.Key_Right)
    assert now() is column(panel, HEAD).fader
    qtbot.keyClick(now(), Qt.Key.Key_M)
    qtbot.keyClick(now(), Qt.Key.Key_S, SHIFT)
    with qtbot.waitSignal(panel.fader_released):
        qtbot.keyClick(now(), Qt.Key.Key_Home)
    qtbot.keyClick(now(), "1")
    qtbot.keyClicks(now(), ".5")
    qtbot.keyClick(now(), Qt.Key.Key_Return)
    qtbot.keyClick(now(), Qt.Key.Key_Tab)
    qtbot.keyClick(now(), Qt.Key.Key_Space)
    qtbot.keyClick(now(), Qt.Key.Key_Tab)
    qtbot.keyClick(now(), Qt.Key.Key_Space)
    assert heard == [
        ("scope_chosen", ("prediction",)),
        ("mute_to_chosen", ("mean",)),
        ("mute_toggled", (HEAD, True)),
        ("solo_toggled", (HEAD, True)),
        ("fader_grabbed", (HEAD,)),
        ("fader_turned", (HEAD, 0.0)),
        ("fader_released", (HEAD,)),
        ("gain_typed", (HEAD, 1.5)),
        ("mute_toggled", (HEAD, False)),
        ("solo_toggled", (HEAD, False)),
    ]


def test_a_right_click_beside_the_fader_opens_the_menu_of_the_strip(panel: StripsPanel) -> None:
    button = column(panel, HEAD).mute
    middle = button.rect().center()
    click = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, middle, button.mapToGlobal(middle))
    QApplication.sendEvent(button, click)
    menu = column(panel, HEAD).findChild(QMenu)
    assert menu is not None
    assert "Solo" in [action.text() for action in menu.actions()]
    menu.close()


def test_left_and_right_go_round(panel: StripsPanel, heard: Heard, qtbot: QtBot) -> None:
    strips = all_strips(model())
    column(panel, strips[0]).fader.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(column(panel, strips[0]).fader, Qt.Key.Key_Left)
    assert column(panel, strips[-1]).fader.hasFocus()
    qtbot.keyClick(column(panel, strips[-1]).fader, Qt.Key.Key_Right)
    assert column(panel, strips[0]).fader.hasFocus()
    assert heard == []


def test_every_control_can_be_reached_by_tab(panel: StripsPanel, qtbot: QtBot) -> None:
    reached: set[str] = set()
    combo(panel, "strips_scope").setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(80):
        focused = QApplication.focusWidget()
        assert focused is not None
        reached.add(focused.objectName())
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    wanted = {"strips_scope", "strips_mute_to", "clamp_name", "clamp_value", "clamp_add"}
    for each in columns(panel):
        wanted |= {each.fader.objectName(), each.mute.objectName(), each.solo.objectName()}
    assert wanted <= reached


def test_letters_with_control_are_left_to_shortcuts(panel: StripsPanel, heard: Heard, qtbot: QtBot) -> None:
    for key in (Qt.Key.Key_M, Qt.Key.Key_S):
        qtbot.keyClick(column(panel, HEAD).fader, key, Qt.KeyboardModifier.ControlModifier)
    assert heard == []


def test_the_menu_of_a_strip(panel: StripsPanel, heard: Heard, qtbot: QtBot) -> None:
    for text in ("Back to", "Mute", "Solo", "Make a knob", "Hold"):
        choose(panel, HEAD, text)
    panel.show_held(frozenset({HEAD}))
    choose(panel, HEAD, "Let its")
    assert heard == [
        ("gain_typed", (HEAD, 1.0)),
        ("mute_toggled", (HEAD, True)),
        ("solo_toggled", (HEAD, True)),
        ("strip_menu_act", (HEAD, "knob")),
        ("strip_menu_act", (HEAD, "hold")),
        ("strip_menu_act", (HEAD, "let_go")),
    ]
    choose(panel, HEAD, "Type a gain")
    line = panel.window().findChild(QLineEdit, "strip_0_1_fader_editor")
    assert isinstance(line, QLineEdit)
    assert line.isVisible()


def test_open_all_is_there_when_something_is_not(panel: StripsPanel, heard: Heard, qtbot: QtBot) -> None:
    assert not button(panel, "strips_reset").isEnabled()
    panel.show_mix(Mix().with_clamp(Neuron("embed", 0), 0.0))
    assert button(panel, "strips_reset").isEnabled()
    qtbot.mouseClick(button(panel, "strips_reset"), Qt.MouseButton.LeftButton)
    assert heard == [("reset_requested", ())]


def test_clamps_are_asked_for_through_the_panel(panel: StripsPanel, heard: Heard, qtbot: QtBot) -> None:
    name, value = panel.findChild(QLineEdit, "clamp_name"), panel.findChild(QLineEdit, "clamp_value")
    assert isinstance(name, QLineEdit)
    assert isinstance(value, QLineEdit)
    name.setText("blocks.0.mlp.post[17]")
    value.setText("0.5")
    qtbot.keyClick(value, Qt.Key.Key_Return)
    assert heard == [("clamp_requested", (Neuron("blocks.0.mlp.post", 17), 0.5))]


def test_without_an_engine_nothing_turns(panel: StripsPanel, heard: Heard, qtbot: QtBot) -> None:
    panel.set_enabled_engine(False)
    for each in columns(panel):
        qtbot.keyClick(each.fader, Qt.Key.Key_End)
        qtbot.mouseClick(each.fader, Qt.MouseButton.LeftButton)
        qtbot.mouseClick(each.mute, Qt.MouseButton.LeftButton)
    assert heard == []
