"""The desk in the window: its keys, the press-and-keep "before", and the way to a panel of another workspace."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.window_bench import Heard
from weightdeck_desktop.settings import Settings
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.window import Window
from weightdeck_desktop.workspaces import all_workspaces

CONTROL = Qt.KeyboardModifier.ControlModifier


def desk_signals(window: Window) -> Heard:
    return Heard(
        find=window.find_knob_requested,
        hold=window.hold_requested,
        mark=window.mark_requested,
        before=window.before_pressed,
        after=window.before_released,
    )


def send_b(widget: QWidget, kind: QEvent.Type, *, repeated: bool = False) -> None:
    """Half of a press of the key B, as the keyboard sends it."""
    event = QKeyEvent(kind, Qt.Key.Key_B, Qt.KeyboardModifier.NoModifier, "b", repeated)
    QApplication.sendEvent(widget, event)


def settle() -> None:
    for _ in range(3):
        QCoreApplication.processEvents()


# Keys


@pytest.mark.parametrize(
    ("key", "modifier", "said"),
    [
        (Qt.Key.Key_H, Qt.KeyboardModifier.NoModifier, "hold"),
        (Qt.Key.Key_M, CONTROL, "mark"),
        (Qt.Key.Key_F, CONTROL, "find"),
    ],
)
def test_a_key_asks_for_what_it_says(
    window: Window, qtbot: QtBot, key: Qt.Key, modifier: Qt.KeyboardModifier, said: str
) -> None:
    heard = desk_signals(window)
    qtbot.keyClick(window, key, modifier)
    assert heard.said == [(said,)]
    window.set_enabled_engine(False)
    qtbot.keyClick(window, key, modifier)
    assert heard.said == [(said,)], "there is no run to act on"


def test_a_key_with_control_works_from_within_a_field(window: Window, qtbot: QtBot) -> None:
    heard = desk_signals(window)
    field = window._host.docks["predictions"].panel.field  # type: ignore[attr-defined]
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_F, CONTROL)
    qtbot.keyClick(field, Qt.Key.Key_M, CONTROL)
    assert heard.said == [("find",), ("mark",)]


def test_the_letters_of_the_desk_can_be_typed(window: Window, qtbot: QtBot) -> None:
    heard = desk_signals(window)
    field = window._host.docks["predictions"].panel.field  # type: ignore[attr-defined]
    field.setFocus()
    qtbot.keyClicks(field, "hb")
    assert field.text() == "hb"
    assert heard.said == []


# Before


def test_before_lasts_as_long_as_its_key_is_kept(window: Window) -> None:
    heard = desk_signals(window)
    send_b(window, QEvent.Type.KeyPress)
    assert heard.said == [("before",)]
    for _ in range(3):  # a keyboard repeats a key that is kept by letting it go and pressing it
        send_b(window, QEvent.Type.KeyRelease, repeated=True)
        send_b(window, QEvent.Type.KeyPress, repeated=True)
    assert heard.said == [("before",)]
    send_b(window, QEvent.Type.KeyRelease)
    assert heard.said == [("before",), ("after",)]
    assert not window.registry["before"].isChecked()


def test_another_key_does_not_end_it(window: Window, qtbot: QtBot) -> None:
    heard = desk_signals(window)
    send_b(window, QEvent.Type.KeyPress)
    qtbot.keyClick(window, Qt.Key.Key_H)
    assert heard.said == [("before",), ("hold",)]
    send_b(window, QEvent.Type.KeyRelease)
    assert heard.said[-1] == ("after",)


def test_a_window_that_is_left_shows_the_present_again(window: Window, qtbot: QtBot) -> None:
    window.activateWindow()
    settle()
    assert window.isActiveWindow()
    heard = desk_signals(window)
    send_b(window, QEvent.Type.KeyPress)
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    settle()
    assert not window.isActiveWindow()
    assert heard.said == [("before",), ("after",)]
    send_b(window, QEvent.Type.KeyRelease)
    assert heard.said == [("before",), ("after",)]


def test_before_works_in_a_floating_panel(window: Window) -> None:
    heard = desk_signals(window)
    dock = window._host.docks["loss"]
    dock.setFloating(True)
    settle()
    send_b(dock.panel, QEvent.Type.KeyPress)
    assert heard.said == [("before",)]
    send_b(dock.panel, QEvent.Type.KeyRelease)
    assert heard.said == [("before",), ("after",)]


def test_before_can_be_switched_from_a_menu(window: Window) -> None:
    heard = desk_signals(window)
    window.registry["before"].trigger()
    window.registry["before"].trigger()
    assert heard.said == [("before",), ("after",)]


def test_without_a_run_there_is_no_before(window: Window) -> None:
    heard = desk_signals(window)
    window.set_enabled_engine(False)
    send_b(window, QEvent.Type.KeyPress)
    send_b(window, QEvent.Type.KeyRelease)
    assert heard.said == []


# The way to a panel


def test_every_panel_is_in_some_workspace(window: Window) -> None:
    assert {key for workspace in all_workspaces() for key in workspace.panels} == set(window._host.docks)


def test_a_panel_of_this_workspace_comes_to_the_front(window: Window) -> None:
    window.show_workspace("turn")
    settle()
    assert "browse" not in window.visible_panels()
    window.show_panel("browse")
    settle()
    assert window.workspace == "turn"
    assert "browse" in window.visible_panels()
    assert "knobs" not in window.visible_panels()
    window.show_panel("predictions")  # which nothing hides
    settle()
    assert "browse" in window.visible_panels()


def test_a_panel_that_this_workspace_lacks_is_shown_in_one_that_has_it(window: Window) -> None:
    assert window.workspace == "watch"
    window.show_panel("browse")
    settle()
    assert window.workspace == "turn"
    assert window.registry["workspace.turn"].isChecked()
    assert "browse" in window.visible_panels()
    window.show_panel("weights")
    settle()
    assert window.workspace == "watch"
    assert "weights" in window.visible_panels()


def test_a_panel_that_the_user_put_here_stays_here(window: Window) -> None:
    window.registry["panel.browse"].trigger()
    settle()
    window.show_panel("browse")
    settle()
    assert window.workspace == "watch"
    assert "browse" in window.visible_panels()


def test_a_panel_that_the_user_closed_is_opened_again(window: Window) -> None:
    window.show_workspace("turn")
    settle()
    window._host.docks["browse"].close()
    window._host.docks["browse"].moved_by_user.emit()
    settle()
    window.show_panel("browse")
    settle()
    assert window.workspace == "turn"
    assert "browse" in window.visible_panels()


def test_its_fields_can_take_the_keyboard_at_once(window: Window) -> None:
    field = window._host.docks["browse"].panel.field  # type: ignore[attr-defined]
    window.activateWindow()
    window.show_panel("browse")
    field.setFocus(Qt.FocusReason.ShortcutFocusReason)
    settle()
    assert field.hasFocus()
    QTest.keyClicks(field, "b")
    assert field.text() == "b"


def test_before_the_window_is_shown_a_panel_can_be_asked_for(
    settings: Settings, qtbot: QtBot, window: Window
) -> None:
    panels = [type(each.panel)(key) for key, each in window._host.docks.items()]
    other = Window(panels, settings)
    qtbot.addWidget(other)
    other.set_theme(dark_theme())
    other.restore_state()
    other.show_panel("browse")
    assert other.workspace == "turn"
    other.close_now()
