"""What the user does comes out as a signal, and what is told changes only what is seen."""

from __future__ import annotations

import gc
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from tests.desktop.window_bench import Heard, button, run_signals, tell
from weightdeck.run.frame import Pace, Phase, Status
from weightdeck.run.presets import load_preset
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.controller.appearance import Appearance
from weightdeck_desktop.export import csv_bytes, png_bytes, svg_bytes, write_file
from weightdeck_desktop.hints import Hints
from weightdeck_desktop.preferences import PreferencesDialog
from weightdeck_desktop.settings import Preferences, Settings
from weightdeck_desktop.status_line import resident_megabytes
from weightdeck_desktop.window import Window


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
    hints.show_workspace("watch")
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
    again.show_workspace("watch")
    again.changed.connect(shown.append)
    again.start()
    assert len(shown) == 4


def test_a_hint_fits_the_workspace_that_is_shown(window: Window, settings: Settings) -> None:
    hints = window.hints
    hints.start()
    assert hints.text.startswith("Space")
    window.show_workspace("inside")
    assert hints.text.startswith("Space"), "it fits everywhere"
    hints.dismiss()
    assert hints.text.startswith("Double-click a number")
    window.show_workspace("watch")
    assert hints.text.startswith("Drag a knob")
    assert window._line._hint == hints.text
    window.show_workspace("inside")
    assert hints.text.startswith("Double-click a number"), "nobody has had the time to follow it"
    inside = []
    while hints.text:
        inside.append(hints.text)
        hints.dismiss()
    assert [text.split()[0] for text in inside] == ["Double-click", "Click", "Ctrl+K"]
    window.show_workspace("turn")
    assert hints.text.startswith("Drag a knob"), "that fits again, and was never read"
    hints.stop()
    window.show_workspace("watch")
    assert hints.text == ""
    settings.preferences = Preferences(hints=False)
    hints.start()
    window.show_workspace("inside")
    assert hints.text == ""


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
    budget = dialog._budget
    budget.setFocus()
    budget.selectAll()
    qtbot.keyClicks(budget, "1500")
    assert len(heard.said) == 1, "a figure that is half typed is no wish"
    qtbot.keyClick(budget, Qt.Key.Key_Down)
    assert heard.said[1:] == [("preferences", settings.preferences)]
    assert settings.preferences == replace(wanted, keyframe_megabytes=1_400)
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
    submenus = menu.findChildren(QMenu)
    shown = {action for submenu in submenus for action in submenu.actions()}
    assert shown.issuperset(action for _, action in window.registry)
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
