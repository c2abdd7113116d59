"""What the user does comes out as a signal, and what is told changes only what is seen."""

from __future__ import annotations

import gc
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QRect, Qt, SignalInstance
from PySide6.QtGui import QAction, QGuiApplication, QImage, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLabel, QMenu
from pytestqt.qtbot import QtBot

from weightdeck.run.frame import Pace, Phase, Status
from weightdeck.run.presets import load_preset
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.controller.appearance import Appearance
from weightdeck_desktop.export import csv_bytes, png_bytes, svg_bytes, write_file
from weightdeck_desktop.hints import Hints
from weightdeck_desktop.pace_slider import notch_of, pace_at
from weightdeck_desktop.preferences import PreferencesDialog
from weightdeck_desktop.settings import Preferences, Settings
from weightdeck_desktop.status_line import resident_megabytes
from weightdeck_desktop.window import Window


class Heard(QObject):
    """Counts what signals said."""

    def __init__(self, **signals: SignalInstance) -> None:
        super().__init__()
        self.said: list[tuple[object, ...]] = []
        for name, signal in signals.items():
            signal.connect(lambda *values, name=name: self.said.append((name, *values)))


class Paints(QObject):
    """Notes what is painted of the widgets that it watches."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[QRect] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.places.append(event.rect())
        return False


def run_signals(window: Window) -> Heard:
    return Heard(
        play=window.play_requested,
        pause=window.pause_requested,
        step=window.step_requested,
        reset=window.reset_requested,
        pace=window.pace_changed,
        undo=window.undo_requested,
        redo=window.redo_requested,
        preset=window.preset_requested,
        close=window.close_requested,
    )


def tell(window: Window, phase: Phase, **fields: object) -> None:
    window.show_status(Status(phase, 1, 12, **fields), 2.5, 2.6)  # type: ignore[arg-type]
    QCoreApplication.processEvents()


def button(window: Window, name: str) -> BarButton:
    found = window._bar.findChild(BarButton, name)
    assert found is not None
    return found


def test_telling_asks_for_nothing(window: Window) -> None:
    heard = run_signals(window)
    for phase in Phase:
        for pace in (Pace(), Pace(0.5), Pace(3.0), Pace(1e9), Pace(opening=True)):
            tell(
                window, phase, pace=pace, steps_per_s=float("nan"), seconds_left=float("inf"), undo_title="x"
            )
    window.show_status(Status(Phase.PAUSED), float("nan"), None)
    window.show_run(load_preset("sort"))
    window.show_workspace("turn")
    window.show_theme_choice("dark")
    assert heard.said == []


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


def test_actions_ask_for_what_they_say(window: Window) -> None:
    heard = run_signals(window)
    tell(window, Phase.PAUSED, pace=Pace(4.0), undo_title="set rate to 1e-3", redo_title="")
    for key in (
        "step",
        "reset",
        "new_seed",
        "full_speed",
        "slower",
        "faster",
        "preset.sort",
        "undo",
        "redo",
        "quit",
    ):
        window.registry[key].trigger()
    assert heard.said == [
        ("step",),
        ("reset", False),
        ("reset", True),
        ("pace", Pace()),
        ("pace", Pace(2.0)),
        ("pace", Pace(8.0)),
        ("preset", "sort"),
        ("undo",),
        ("close",),
    ]
    assert window.registry["undo"].text() == "Undo: set rate to 1e-3"
    assert not window.registry["redo"].isEnabled()


def test_the_opening_offers_full_speed_in_one_click(window: Window, qtbot: QtBot) -> None:
    heard = run_signals(window)
    tell(window, Phase.TRAINING, pace=Pace(opening=True), steps_per_s=2.0)
    assert window._bar._pace_label.text() == "opening"
    assert window._bar._slider.value() == notch_of(2.0)
    qtbot.mouseClick(button(window, "full_speed"), Qt.MouseButton.LeftButton)
    assert heard.said == [("pace", Pace())]


def test_the_slider_covers_slow_motion_to_full(window: Window, qtbot: QtBot) -> None:
    assert pace_at(0) == Pace(0.5)
    assert pace_at(10) == Pace()
    assert [notch_of(pace_at(notch).steps_per_s) for notch in range(11)] == list(range(11))
    tell(window, Phase.PAUSED)
    heard = run_signals(window)
    slider = window._bar._slider
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(1, slider.height() // 2))
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert heard.said == [("pace", Pace(0.5)), ("pace", Pace(1.0))]


def test_the_handle_stays_in_the_users_hand(window: Window, qtbot: QtBot) -> None:
    tell(window, Phase.TRAINING)
    slider = window._bar._slider
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(1, slider.height() // 2))
    tell(window, Phase.TRAINING, pace=Pace(64.0))
    assert slider.value() == 0
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton)
    tell(window, Phase.TRAINING, pace=Pace(64.0))
    assert slider.value() == notch_of(64.0)


def test_closing_asks_and_closes_when_told(window: Window) -> None:
    heard = run_signals(window)
    window.close()
    assert heard.said == [("close",)]
    assert window.isVisible()
    window.close_now()
    assert not window.isVisible()


def test_a_notice_offers_what_can_be_done(window: Window, qtbot: QtBot) -> None:
    retry = QAction("Try a smaller rate", window)
    heard = Heard(retry=retry.triggered)
    window.show_notice("Step 3 was not finite.", [retry], is_error=True)
    assert window._notice.text == "Step 3 was not finite."
    offered = next(
        each for each in window._notice.findChildren(BarButton) if each.text() == "Try a smaller rate"
    )
    qtbot.mouseClick(offered, Qt.MouseButton.LeftButton)
    assert len(heard.said) == 1
    assert window._notice.text == ""
    window.show_notice("x" * 1_000_000)
    assert len(window._notice.text) < 1000
    window.show_notice("")
    assert window._notice.text == ""


def test_hints_come_one_at_a_time_and_never_again(settings: Settings) -> None:
    hints = Hints(settings)
    shown: list[str] = []
    hints.changed.connect(shown.append)
    hints.start()
    hints.did("knob")  # done before its hint came: it never comes
    hints.dismiss()
    hints.did("prompt")
    hints.dismiss()
    hints.dismiss()
    assert len(shown) == 4
    assert shown[-1] == ""
    assert len(set(shown)) == 4
    again = Hints(settings)
    again.changed.connect(shown.append)
    again.start()
    assert len(shown) == 4


def test_hints_can_be_switched_off(settings: Settings) -> None:
    settings.preferences = Preferences(hints=False)
    hints = Hints(settings)
    hints.start()
    assert hints.text == ""


def test_pictures_and_numbers_of_a_panel(window: Window, tmp_path: Path) -> None:
    panel = window._host.docks["predictions"].panel
    picture = QImage.fromData(png_bytes(panel))
    assert picture.size() == panel.size() * panel.devicePixelRatio()
    drawing = QSvgRenderer(svg_bytes(panel))
    assert drawing.isValid()
    assert drawing.viewBox() == panel.rect()
    table = panel.table()
    assert table is not None
    assert csv_bytes(table) == b'token,probability\r\n"s, t",0.44\r\n'
    window._exporter.copy_picture(panel)
    assert QGuiApplication.clipboard().image().size() == picture.size()


def test_a_file_that_cannot_be_written_gives_a_sentence(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = window._host.docks["predictions"].panel
    chosen = tmp_path / "numbers"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(chosen), ""))
    window._exporter.save_csv(panel)
    assert (tmp_path / "numbers.csv").read_bytes() == b'token,probability\r\n"s, t",0.44\r\n'
    chosen = tmp_path / "missing" / "numbers.csv"
    window._exporter.save_csv(panel)
    assert "numbers.csv could not be written" in window._notice.text
    kept = tmp_path / "kept.png"
    kept.write_bytes(b"old")
    (tmp_path / "kept.png.part").mkdir()
    with pytest.raises(ValueError, match="could not be written"):
        write_file(kept, b"new")
    assert kept.read_bytes() == b"old"


def test_the_sheet_shows_every_key(window: Window) -> None:
    window.registry["shortcuts"].trigger()
    sheet = QApplication.activeModalWidget() or window.findChild(QDialog, "shortcuts_sheet")
    assert sheet is not None
    texts = {label.text() for label in sheet.findChildren(QLabel)}
    for _, action in window.registry:
        if not action.shortcut().isEmpty():
            assert action.text() in texts
    sheet.close()


def test_no_key_means_two_things(window: Window) -> None:
    keys = [shortcut.toString() for _, action in window.registry for shortcut in action.shortcuts()]
    assert len(keys) == len(set(keys))


def test_preferences_are_kept_and_told(window: Window, settings: Settings, qtbot: QtBot) -> None:
    heard = Heard(preferences=window.preferences_changed)
    window.registry["preferences"].trigger()
    dialog = window.findChild(PreferencesDialog, "preferences")
    assert dialog is not None
    assert heard.said == []
    dialog._opening.click()
    wanted = Preferences(opening_pace=False)
    assert heard.said == [("preferences", wanted)]
    assert settings.preferences == wanted
    dialog.close()


def test_appearance_turns_choices_into_one_theme(window: Window, settings: Settings) -> None:
    appearance = Appearance(window, settings)
    window.registry["theme.light"].trigger()
    assert window._theme is not None
    assert window._theme.name == "light"
    button(window, "theme").click()
    assert window._theme.name == "dark"
    assert settings.preferences.theme == "dark"
    for _ in range(15):
        window.registry["larger_text"].trigger()
    assert window._theme.scale == settings.preferences.text_scale == 2.0
    window.registry["normal_text"].trigger()
    window.registry["smaller_text"].trigger()
    assert window._theme.scale == 1.0
    window.registry["present"].trigger()
    assert window.isFullScreen()
    assert window._theme.scale > 1.0
    assert settings.preferences.text_scale == 1.0
    window.registry["present"].trigger()
    assert not window.isFullScreen()
    assert window._theme.scale == 1.0
    appearance.deleteLater()


def test_the_run_is_named(window: Window) -> None:
    window.show_run(replace(load_preset("sort"), seed=7, threads=2))
    assert window._line._facts.startswith("sort · seed 7 · 2 threads")
    assert window.registry["preset.sort"].isChecked()
    assert not window.registry["preset.names"].isChecked()


def test_the_menu_holds_every_action_and_outlives_its_making(window: Window) -> None:
    menu = QMenu(window)
    window.registry.fill_menu(menu)
    gc.collect()
    submenus = [child for child in menu.children() if isinstance(child, QMenu)]
    shown = [action for submenu in submenus for action in submenu.actions() if not action.isSeparator()]
    assert len(shown) == len(list(window.registry))
    menu.deleteLater()


def test_memory_is_a_real_number() -> None:
    megabytes = resident_megabytes()
    assert megabytes is None or 10 < megabytes < 1_000_000


def test_repainting_loses_no_reference_to_none(window: Window) -> None:
    """PySide6 6.12.0 on Python 3.11 lost one at every void call and aborted (PYSIDE-3474)."""
    window.repaint()
    before = sys.getrefcount(None)
    for step in range(200):
        window.show_status(Status(Phase.TRAINING, 1, step, steps_per_s=float(step)), step / 7, step / 9)
        window.repaint()
    assert sys.getrefcount(None) >= before - 20


def test_a_number_repaints_its_own_place_only(window: Window) -> None:
    tell(window, Phase.TRAINING, steps_per_s=74.0)
    readouts = window._bar._readouts
    places = {readout.key: readout.place for readout in readouts._readouts}
    paints = Paints()
    readouts.installEventFilter(paints)
    for _ in range(2):
        window.show_status(Status(Phase.TRAINING, 1, 13, steps_per_s=74.0), 2.5, 2.6)
        QCoreApplication.processEvents()
    assert paints.places == [places["step"]]
    assert {readout.key: readout.place for readout in readouts._readouts} == places


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


def test_at_the_opening_pace_nothing_is_said_of_the_time_left(window: Window) -> None:
    window.show_status(Status(Phase.TRAINING, 1, 5, Pace(), 1.0, 1e3, 2400.0), 3.2, 3.3)
    assert window._bar._readouts.accessibleDescription().endswith("left 40 min")
    window.show_status(Status(Phase.TRAINING, 1, 5, Pace(opening=True), 1.0, 1e3, 2400.0), 3.2, 3.3)
    assert window._bar._readouts.accessibleDescription().endswith("left –")
