"""Workspaces, docks, and room: what is shown where, what is remembered, and that everything fits."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from weightdeck.run.frame import Pace, Phase, Status
from weightdeck.run.presets import load_preset
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.docks import Dock
from weightdeck_desktop.readouts import Readouts
from weightdeck_desktop.settings import Settings
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.window import Window
from weightdeck_desktop.workspaces import all_workspaces, column_widths

WATCH = {"predictions", "loss", "weights", "activations", "knobs", "edits"}
TURN = {"predictions", "in_hand", "response", "knobs", "edits"}
INSIDE = {"transformer", "lens", "explain", "inspector"}


def settle() -> None:
    for _ in range(3):
        QCoreApplication.processEvents()


def dock(window: Window, key: str) -> Dock:
    return window._host.docks[key]


def place(window: Window, widget: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def test_each_workspace_shows_its_panels(window: Window) -> None:
    assert window.workspace == "watch"
    assert window.visible_panels() == WATCH
    window.show_workspace("turn")
    settle()
    assert window.visible_panels() == TURN
    window.show_workspace("inside")
    settle()
    assert window.visible_panels() == INSIDE
    window.show_workspace("watch")
    settle()
    assert window.visible_panels() == WATCH


def test_a_change_of_visibility_is_told(window: Window, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.visibility_changed):
        window.show_workspace("turn")
    window.resize(1280, 720)  # too low for the history below the knobs: it lies behind them
    settle()
    assert window.visible_panels() == TURN - {"edits"}
    with qtbot.waitSignal(window.visibility_changed, check_params_cb=lambda: True):
        dock(window, "edits").raise_()
    settle()
    assert window.visible_panels() == TURN - {"knobs"}


def test_what_is_short_of_room_goes_into_tabs_and_comes_back(window: Window) -> None:
    window.resize(1280, 720)
    settle()
    assert window.visible_panels() == WATCH - {"edits"}
    window.set_theme(dark_theme(1.5))
    settle()
    assert window.visible_panels() == {"predictions", "loss", "knobs"}
    assert [key for key, _ in dock(window, "loss")._bar._tabs] == ["loss", "weights", "activations"]
    window.resize(1440, 900)
    settle()
    assert window.visible_panels() == WATCH - {"edits", "activations"}
    window.set_theme(dark_theme(1.0))
    window.resize(1440, 900)
    settle()
    assert window.visible_panels() == WATCH
    assert [key for key, _ in dock(window, "knobs")._bar._tabs] == ["knobs"]


def test_a_layout_of_the_users_own_is_not_rearranged(window: Window, qtbot: QtBot) -> None:
    close = dock(window, "weights").findChild(BarButton, "weights_close")
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    window.resize(1280, 720)
    settle()
    assert window.visible_panels() == WATCH - {"weights"}


def test_nothing_is_visible_while_minimised(window: Window, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.visibility_changed):
        window.showMinimized()
    assert not window.is_painting_wanted()
    assert window.visible_panels() == set()
    window.showNormal()
    settle()
    assert window.visible_panels() == WATCH


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900), (1920, 1080)])
@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("workspace", ["watch", "turn", "inside"])
def test_everything_fits(window: Window, size: tuple[int, int], scale: float, workspace: str) -> None:
    window.set_theme(light_theme(scale))
    window.show_workspace(workspace)
    window.resize(*size)
    opening = Status(
        Phase.TRAINING, 1, 1240, Pace(opening=True), 74.0, 9e4, 5000.0, undo_title="scale head to ×0.40"
    )
    window.show_status(opening, 2.134, 2.198)
    window.show_run(load_preset())
    settle()
    assert window.size() == QSize(*size)
    bar = window._bar
    parts = [
        part for part in bar.findChildren(QWidget) if part.isVisible() and not part.findChildren(QWidget)
    ]
    assert len(parts) > 6
    for part in parts:
        here = place(window, part)
        assert place(window, bar).contains(here), part.objectName()
        if isinstance(part, BarButton):
            assert part.width() >= part.sizeHint().width(), part.objectName()
        for other in parts:
            assert other is part or not here.intersects(place(window, other)), (
                part.objectName(),
                other.objectName(),
            )
    shown = [readout for readout in window._bar._readouts._readouts if readout.place is not None]
    assert {"loss", "step"} <= {readout.key for readout in shown}
    assert scale > 1.0 or len(shown) == 6
    docks = [each for each in window._host.docks.values() if each.isVisible() and each.x() >= 0]
    for each in docks:
        assert place(window, window._host).contains(place(window, each)), each.objectName()
        for other in docks:
            assert other is each or not place(window, each).intersects(place(window, other))
        assert each.width() > 150
        assert each.height() > 120


def test_proportions_follow_the_plan_at_every_size(window: Window) -> None:
    for size in ((1280, 720), (1920, 1080), (1440, 900)):
        for workspace in all_workspaces():
            window.show_workspace(workspace.key)
            window.resize(*size)
            settle()
            wanted = column_widths(workspace, window._host.width(), 1.0)
            heads = [dock(window, column.rows[0].groups[0][0]) for column in workspace.columns]
            for head, width in zip(heads, wanted, strict=True):
                assert abs(head.width() - width) <= 16  # the gaps are shared
            total = sum(each.width() for each in heads)
            gaps = (len(heads) - 1) * 12
            assert abs(total + gaps - window._host.width()) <= 2


def test_a_users_layout_is_kept_for_its_workspace(window: Window, qtbot: QtBot) -> None:
    close = dock(window, "weights").findChild(BarButton, "weights_close")
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    settle()
    assert window.visible_panels() == WATCH - {"weights"}
    window.show_workspace("turn")
    settle()
    assert window.visible_panels() == TURN
    window.show_workspace("watch")
    settle()
    assert window.visible_panels() == WATCH - {"weights"}
    window.registry["reset_layout"].trigger()
    settle()
    assert window.visible_panels() == WATCH


def test_the_view_menu_brings_a_panel_back_and_adds_one(window: Window) -> None:
    dock(window, "loss").close()
    settle()
    assert "loss" not in window.visible_panels()
    window.registry["panel.loss"].trigger()
    settle()
    assert "loss" in window.visible_panels()
    assert "response" not in window.visible_panels()
    window.registry["panel.response"].trigger()
    dock(window, "response").raise_()
    settle()
    assert "response" in window.visible_panels()


def test_a_layout_that_nobody_touched_follows_the_text_scale(window: Window) -> None:
    before = dock(window, "knobs").width()
    window.set_theme(dark_theme(1.2))
    settle()
    assert dock(window, "knobs").width() > before


def test_layout_workspace_and_size_survive_a_restart(
    window: Window, settings: Settings, qtbot: QtBot
) -> None:
    dock(window, "activations").setFloating(True)
    window.show_workspace("turn")
    window.resize(760, 640)  # no larger than the offscreen screen
    settle()
    window.save_state()
    panels = [type(each.panel)(key) for key, each in window._host.docks.items()]
    again = Window(panels, settings, ("names", "sort"))
    qtbot.addWidget(again)
    again.set_theme(dark_theme())
    again.restore_state()
    again.show()
    settle()
    assert again.size() == QSize(760, 640)
    assert again.workspace == "turn"
    again.show_workspace("watch")
    settle()
    assert dock(again, "activations").isFloating()
    again.close_now()


def test_a_layout_that_is_none_gives_the_default(window: Window, settings: Settings, qtbot: QtBot) -> None:
    settings.set_layout("watch", QByteArray(b"\x00\x01 not a layout"))
    settings.geometry = QByteArray(b"neither")
    settings.workspace = "moon"
    panels = [type(each.panel)(key) for key, each in window._host.docks.items()]
    again = Window(panels, settings)
    qtbot.addWidget(again)
    again.set_theme(dark_theme())
    again.restore_state()
    again.resize(1440, 900)
    again.show()
    settle()
    assert again.visible_panels() == WATCH
    again.close_now()


def test_tabs_are_in_the_title_line_and_the_keyboard_turns_them(window: Window, qtbot: QtBot) -> None:
    window.show_workspace("turn")
    window.resize(1280, 720)
    settle()
    bar = dock(window, "knobs")._bar
    assert [key for key, _ in bar._tabs] == ["knobs", "strips", "browse", "edits"]
    assert bar.focusPolicy() == Qt.FocusPolicy.TabFocus
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar._places[3].center())
    settle()
    assert "edits" in window.visible_panels()
    for key, shown in ((Qt.Key.Key_Left, "browse"), (Qt.Key.Key_Right, "edits"), (Qt.Key.Key_Right, "knobs")):
        qtbot.keyClick(window.focusWidget(), key)
        settle()
        assert shown in window.visible_panels()
    assert dock(window, "predictions")._bar.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_title_buttons_float_and_dock_by_keyboard(window: Window, qtbot: QtBot) -> None:
    button = dock(window, "loss").findChild(BarButton, "loss_float")
    assert button.focusPolicy() == Qt.FocusPolicy.TabFocus
    qtbot.keyClick(button, Qt.Key.Key_Space)
    settle()
    assert dock(window, "loss").isFloating()
    assert "loss" in window.visible_panels()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert not dock(window, "loss").isFloating()


def test_every_control_says_what_it_is(window: Window) -> None:
    own = [*window._bar.findChildren(QAbstractButton), *window._bar.findChildren(QAbstractSlider)]
    own += window._bar.findChildren(Readouts)
    own += [button for each in window._host.docks.values() for button in each._bar.findChildren(BarButton)]
    own += [window._line, *window._notice.findChildren(BarButton), *window._palette.findChildren(QLineEdit)]
    for control in own:
        assert control.objectName(), control
        assert control.accessibleName(), control.objectName()
        needs_tip = not isinstance(control, Readouts) and control is not window._line and control.isEnabled()
        assert control.toolTip() or not needs_tip, control.objectName()
    names = [control.objectName() for control in own]
    assert len(names) == len(set(names))


def test_a_click_that_moves_nothing_leaves_the_layout_to_the_window(window: Window, qtbot: QtBot) -> None:
    qtbot.mouseClick(window._host, Qt.MouseButton.LeftButton, pos=dock(window, "loss").geometry().center())
    window.resize(1280, 720)
    settle()
    assert window.visible_panels() == WATCH - {"edits"}


def test_a_separator_that_was_dragged_makes_the_layout_the_users_own(window: Window) -> None:
    host, knobs = window._host, dock(window, "knobs")
    start = QPointF(knobs.x() - 6, knobs.y() + 100)
    before = knobs.width()
    left = Qt.MouseButton.LeftButton
    for kind, place in (
        (QEvent.Type.MouseButtonPress, start),
        (QEvent.Type.MouseMove, start - QPointF(60, 0)),
        (QEvent.Type.MouseButtonRelease, start - QPointF(60, 0)),
    ):
        event = QMouseEvent(kind, place, host.mapToGlobal(place), left, left, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.sendEvent(host, event)
        settle()
    assert knobs.width() > before
    assert not host._is_default
