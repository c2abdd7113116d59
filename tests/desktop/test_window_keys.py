"""Keys: what they do, where they do it, and that a letter which is typed stays a letter."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.window_bench import Heard, button, run_signals, tell
from weightdeck.run.document import DocumentStatus, Past, Place
from weightdeck.run.frame import Phase, Status
from weightdeck_desktop.window import Window


@pytest.mark.parametrize(
    ("phase", "said", "word"),
    [
        (Phase.PAUSED, "play", "Play"),
        (Phase.TRAINING, "pause", "Pause"),
        (Phase.HELD, "pause", "Pause"),
        (Phase.FINISHED, "play", "Continue"),
        (Phase.STOPPED, "play", "Play"),
    ],
)
def test_play_and_space_mean_the_same(
    window: Window, qtbot: QtBot, phase: Phase, said: str, word: str
) -> None:
    heard = run_signals(window)
    tell(window, phase)
    assert button(window, "play").text() == word
    qtbot.mouseClick(button(window, "play"), Qt.MouseButton.LeftButton)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert heard.said == [(said,), (said,)]


def test_in_the_past_no_step_can_be_made_and_the_button_says_why(window: Window, qtbot: QtBot) -> None:
    heard = run_signals(window)
    tell(window, Phase.PAUSED, past=Past(Place(0, 5), 5, is_exact=True))
    step = button(window, "step")
    assert not step.isEnabled()
    assert "back to now" in step.toolTip()
    qtbot.mouseClick(step, Qt.MouseButton.LeftButton)
    assert heard.said == []
    assert "new branch" in button(window, "play").toolTip()
    tell(window, Phase.PAUSED)
    assert step.isEnabled()
    assert step.toolTip() == "Make one training step and pause (.)"
    assert button(window, "play").toolTip() == "Train (Space)"


def test_an_opened_run_that_is_computed_again_says_so(window: Window) -> None:
    def shown() -> tuple[str, str, str]:
        play = button(window, "play")
        return play.text(), play.toolTip(), window._line._phase_now

    tell(window, Phase.LOADING, document=DocumentStatus(heads=(40,)))  # at step 12
    words = "The last 28 steps are computed again; then it can train"
    assert shown() == ("Redoing", words, "redoing")
    tell(window, Phase.LOADING)
    assert shown() == ("Loading", "A run is being opened", "opening a run")
    tell(window, Phase.PAUSED)
    assert shown() == ("Play", "Train (Space)", "paused")
    window.set_enabled_engine(False)
    window.show_status(Status(Phase.LOADING), None, None)
    assert shown() == ("Loading", "The engine is loading", "loading engine")


def test_a_key_names_the_moment_that_is_shown(window: Window, qtbot: QtBot) -> None:
    tell(window, Phase.PAUSED)
    window.timeline.setEnabled(True)
    action = window.registry["bookmark"]
    assert action.shortcut().toString() == "Ctrl+B"
    qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    editor = window.findChild(QWidget, "bookmark_name")
    assert editor is not None
    assert editor.isVisible()
    assert not window.registry["before"].isChecked(), "that is the key without Ctrl"
    window.set_enabled_engine(False)
    assert not action.isEnabled()


@pytest.mark.parametrize("phase", [Phase.LOADING, Phase.FAILED, Phase.CLOSED])
def test_without_an_engine_nothing_runs(window: Window, qtbot: QtBot, phase: Phase) -> None:
    heard = run_signals(window)
    window.set_enabled_engine(False)
    tell(window, phase)
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Period, Qt.Key.Key_F):
        qtbot.keyClick(window, key)
    qtbot.mouseClick(button(window, "play"), Qt.MouseButton.LeftButton)
    assert heard.said == []


def test_a_letter_typed_into_a_field_is_a_letter(window: Window, qtbot: QtBot) -> None:
    heard = run_signals(window)
    tell(window, Phase.PAUSED)
    panel = window._host.docks["predictions"].panel
    field = panel.field  # type: ignore[attr-defined]
    field.setFocus()
    qtbot.keyClicks(field, "a. f?[] ")
    assert field.text() == "a. f?[] "
    assert heard.said == []
    assert QApplication.activeModalWidget() is None


def test_space_presses_the_button_that_has_the_focus(window: Window, qtbot: QtBot) -> None:
    heard = run_signals(window)
    tell(window, Phase.PAUSED)
    pressed = Heard(clicked=window._host.docks["loss"].panel.button.clicked)  # type: ignore[attr-defined]
    inner = window._host.docks["loss"].panel.button  # type: ignore[attr-defined]
    inner.setFocus()
    qtbot.keyClick(inner, Qt.Key.Key_Space)
    assert len(pressed.said) == 1
    assert heard.said == []
    qtbot.keyClick(inner, Qt.Key.Key_Period)
    assert heard.said == [("step",)]


def test_keys_work_in_a_floating_panel(window: Window, qtbot: QtBot) -> None:
    heard = run_signals(window)
    tell(window, Phase.TRAINING)
    dock = window._host.docks["loss"]
    dock.setFloating(True)
    QCoreApplication.processEvents()
    qtbot.keyClick(dock.panel, Qt.Key.Key_Space)
    assert heard.said == [("pause",)]


def test_nothing_has_the_focus_at_first_so_that_space_plays(window: Window, qtbot: QtBot) -> None:
    assert window.focusWidget() is window
    with qtbot.waitSignal(window.play_requested):
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Space)


def test_a_click_beside_a_field_or_escape_leaves_it_so_that_space_plays(window: Window, qtbot: QtBot) -> None:
    panel = window._host.docks["loss"].panel
    for leave in (
        lambda: qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=panel.rect().bottomRight()),
        lambda: qtbot.keyClick(panel.field, Qt.Key.Key_Escape),
    ):
        panel.field.setFocus()
        leave()
        assert not panel.field.hasFocus()
        with qtbot.waitSignal(window.play_requested):
            qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Space)


def test_no_key_means_two_things(window: Window) -> None:
    keys = [shortcut.toString() for _, action in window.registry for shortcut in action.shortcuts()]
    assert len(keys) == len(set(keys))


def test_the_sheet_shows_every_key(window: Window) -> None:
    window.registry["shortcuts"].trigger()
    sheet = QApplication.activeModalWidget() or window.findChild(QDialog, "shortcuts_sheet")
    assert sheet is not None
    texts = {label.text() for label in sheet.findChildren(QLabel)}
    for _, action in window.registry:
        if not action.shortcut().isEmpty():
            assert action.text() in texts
    sheet.close()
