"""Tab groups: every name that is shown can be read, every other can be reached, and to look is no rearranging."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from weightdeck_desktop.docks import Dock
from weightdeck_desktop.settings import Settings
from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.title_bar import TitleBar
from weightdeck_desktop.window import Window

GROUP = ("lens", "contributions", "neurons", "embeddings", "batch", "memory", "cost")
LOW = ("transformer", *GROUP)


def settle() -> None:
    for _ in range(3):
        QCoreApplication.processEvents()


def dock(window: Window, key: str) -> Dock:
    return window._host.docks[key]


def show_inside(window: Window, width: int, height: int, theme: Theme) -> None:
    window.set_theme(theme)
    window.show_workspace("inside")
    window.resize(width, height)
    settle()


def check(bar: TitleBar, theme: Theme) -> list[str]:
    """That no name is cut off or covered; the keys of those that are shown."""
    shown = {
        key: place for (key, _), place in zip(bar._tabs, bar._places, strict=True) if not place.isEmpty()
    }
    titles = dict(bar._tabs)
    assert bar._key in shown
    metrics = QFontMetrics(theme.font(Type.TITLE))
    left = 0
    for key, place in shown.items():
        assert place.left() > left
        left = place.right()
        assert len(shown) == 1 or place.width() > metrics.horizontalAdvance(titles[key])
    if len(shown) < len(titles):
        assert bar._others.isVisible()
        assert bar._others.x() > left
        left = bar._others.geometry().right()
        assert bar._others.text() == f"+{len(titles) - len(shown)} »"
        assert all(titles[key] in bar._others.toolTip() for key in titles if key not in shown)
        assert bar._others.width() >= bar._others.sizeHint().width()
    else:
        assert bar._others.isHidden()
    assert left < bar._buttons[0].x(), "the buttons lie over nothing"
    return list(shown)


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("size", [(1280, 720), (1440, 900), (1920, 1080)])
def test_whichever_is_in_front_its_name_is_whole(window: Window, size: tuple[int, int], scale: float) -> None:
    theme = dark_theme(scale)
    show_inside(window, *size, theme)
    for key in (*LOW, "explain", "expression", "inspector", "attention"):
        window.show_panel(key)
        settle()
        assert key in window.visible_panels()
        check(dock(window, key)._bar, theme)


def test_where_there_is_room_all_are_named(window: Window) -> None:
    theme = dark_theme()
    show_inside(window, 1920, 1080, theme)
    assert check(dock(window, "lens")._bar, theme) == list(GROUP)


def test_what_has_no_name_is_in_a_menu_that_the_keyboard_opens(window: Window, qtbot: QtBot) -> None:
    theme = dark_theme(1.5)
    show_inside(window, 1280, 720, theme)
    bar = dock(window, "transformer")._bar
    missing = [key for key in LOW if key not in check(bar, theme)]
    assert missing[-1] == "cost"
    others = bar._others
    assert others.focusPolicy() == Qt.FocusPolicy.TabFocus
    qtbot.keyClick(others, Qt.Key.Key_Space)
    menu = bar.findChild(QMenu, "transformer_other_tabs_menu")
    assert menu is not None
    assert [action.text() for action in menu.actions()] == [key.capitalize() for key in missing]
    qtbot.keyClick(menu, Qt.Key.Key_Up)  # from the first to the last
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    settle()
    assert "cost" in window.visible_panels()
    assert "transformer" not in window.visible_panels()
    after = dock(window, "cost")._bar
    assert check(after, theme)[-1] == "cost"
    assert window.focusWidget() is after, "the arrow keys go on from there"


def test_a_click_on_a_tab_leaves_the_layout_to_the_window(
    window: Window, settings: Settings, qtbot: QtBot
) -> None:
    theme = dark_theme()
    show_inside(window, 1280, 720, theme)
    bar = dock(window, "transformer")._bar
    number = [key for key, _ in bar._tabs].index("lens")
    # As the screen sends them: what nobody wants goes on to the parents.
    where = bar.mapTo(window, bar._places[number].center())
    assert window.windowHandle() is not None
    qtbot.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, pos=where)
    settle()
    assert "lens" in window.visible_panels()
    window.save_state()
    assert settings.layout("inside").isEmpty(), "nobody has rearranged anything"
    window.resize(1920, 1080)
    settle()
    assert window.visible_panels() == {"transformer", "lens", "explain", "inspector"}


def test_a_press_in_a_gap_that_moves_nothing_is_no_rearranging(window: Window, qtbot: QtBot) -> None:
    show_inside(window, 1920, 1080, dark_theme())
    host = window._host
    gap = QPoint(dock(window, "explain").x() - 6, host.height() // 2)
    assert host.childAt(gap) is None
    qtbot.mouseClick(host, Qt.MouseButton.LeftButton, pos=gap)
    settle()
    assert host.own_layouts() == {}


def test_what_was_in_front_is_in_front_again(window: Window, qtbot: QtBot) -> None:
    show_inside(window, 1920, 1080, dark_theme())
    first = {"transformer", "lens", "explain", "inspector"}
    assert window.visible_panels() == first
    bar = dock(window, "lens")._bar
    number = [key for key, _ in bar._tabs].index("embeddings")
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar._places[number].center())
    window.show_panel("attention")
    settle()
    raised = {"transformer", "embeddings", "explain", "attention"}
    assert window.visible_panels() == raised
    window.show_workspace("watch")
    settle()
    window.show_workspace("inside")
    settle()
    assert window.visible_panels() == raised
    window.resize(1280, 720)  # all that is low in one group: the one that was looked for is in front
    settle()
    assert {"embeddings", "attention"} <= window.visible_panels()
    assert "transformer" not in window.visible_panels()
    window.resize(1920, 1080)
    settle()
    assert window.visible_panels() == raised
    window.show_panel("lens")
    window.show_workspace("turn")
    window.show_workspace("inside")
    settle()
    assert window.visible_panels() == (raised | {"lens"}) - {"embeddings"}
    window.save_state()
    assert window._host.own_layouts() == {}
    window.registry["reset_layout"].trigger()
    settle()
    assert window.visible_panels() == first
    window.show_workspace("watch")
    window.show_workspace("inside")
    settle()
    assert window.visible_panels() == first
