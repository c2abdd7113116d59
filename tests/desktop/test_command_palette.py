from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from pytestqt.qtbot import QtBot

from weightdeck_desktop.command_palette import CommandPalette, rank
from weightdeck_desktop.settings import Settings
from weightdeck_desktop.window import Window


def best(typed: str, *texts: str) -> str:
    return max(
        (text for text in texts if rank(typed, text) is not None), key=lambda text: rank(typed, text) or 0
    )


def test_letters_must_come_in_order() -> None:
    assert rank("pls", "Play or pause") is not None
    assert rank("zz", "Play or pause") is None
    assert rank("yalp", "Play") is None
    assert rank("", "anything") == 0
    assert rank("PLAY", "play") == rank("play", "Play")
    assert rank("p p", "Play or pause") == rank("pp", "Play or pause")


def test_starts_of_words_and_neighbours_win() -> None:
    assert best("rl", "View: Reset layout", "Run: Full speed later") == "View: Reset layout"
    assert best("undo", "Edit: Undo", "Run: under no condition") == "Edit: Undo"
    assert best("dark", "View: Theme: dark", "Edit: draw a rake") == "View: Theme: dark"


def opened(window: Window) -> CommandPalette:
    window.registry["palette"].trigger()
    QCoreApplication.processEvents()
    palette = window._palette
    assert palette.isVisible()
    return palette


def entries(palette: CommandPalette) -> list[str]:
    return [palette._list.item(row).text() for row in range(palette._list.count())]


def test_it_lists_every_action_and_runs_the_chosen_one(window: Window, qtbot: QtBot) -> None:
    palette = opened(window)
    visible = [key for key, action in window.registry if action.isVisible()]
    assert len(entries(palette)) == len(visible) - 1  # all but itself
    qtbot.keyClicks(palette._field, "turn")
    assert entries(palette)[0] == "View: Turn"
    qtbot.keyClick(palette._field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert window.workspace == "turn"


def test_arrows_choose_and_escape_leaves(window: Window, qtbot: QtBot) -> None:
    palette = opened(window)
    qtbot.keyClicks(palette._field, "workspace")
    palette._field.clear()
    palette._show_matches("")
    for key, row in ((Qt.Key.Key_Down, 1), (Qt.Key.Key_Down, 2), (Qt.Key.Key_Up, 1), (Qt.Key.Key_PageUp, 0)):
        qtbot.keyClick(palette._field, key)
        assert palette._list.currentRow() == row
    qtbot.keyClick(palette._field, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_what_cannot_be_done_now_is_last_and_does_nothing(window: Window, qtbot: QtBot) -> None:
    palette = opened(window)
    assert (
        window.registry["redo"].text() in entries(palette)[-1]
        or window.registry["undo"].text() in entries(palette)[-1]
    )
    qtbot.keyClicks(palette._field, "redo")
    qtbot.keyClick(palette._field, Qt.Key.Key_Return)
    assert palette.isVisible()
    qtbot.keyClicks(palette._field, "no such thing")
    qtbot.keyClick(palette._field, Qt.Key.Key_Return)
    assert palette.isVisible()
    palette.close()


def test_recent_actions_come_first(window: Window, settings: Settings, qtbot: QtBot) -> None:
    palette = opened(window)
    qtbot.keyClicks(palette._field, "reset layout")
    qtbot.keyClick(palette._field, Qt.Key.Key_Return)
    assert settings.recent("actions") == ("reset_layout",)
    palette = opened(window)
    assert entries(palette)[0] == "View: Reset layout"
    palette.close()
