"""From a tensor's picture to what can be done with it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.weights_bench import model_of, ridge_of, thumbnails_of, weights_panel
from weightdeck.run.layout import EMBEDDING, HEAD, Layout
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.panels.slice_acts import SliceAct, SliceState
from weightdeck_desktop.panels.slice_menu import SliceMenu
from weightdeck_desktop.panels.weights import WeightsPanel
from weightdeck_desktop.theme import dark_theme


@pytest.fixture
def model() -> Layout:
    return model_of(3)


@pytest.fixture
def panel(qtbot: QtBot, model: Layout) -> WeightsPanel:
    return weights_panel(qtbot, model)


def _ask_for_menu(on: QWidget, place: QPoint, *, by_key: bool = False) -> None:
    reason = QContextMenuEvent.Reason.Keyboard if by_key else QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(on, QContextMenuEvent(reason, place, on.mapToGlobal(place)))


def _choose(panel: WeightsPanel, words: str, qtbot: QtBot) -> None:
    """Choose an entry of the menu that is open, and wait until the menu is gone."""
    menu = panel.findChild(SliceMenu)
    assert menu is not None
    action = next(action for action in menu.actions() if action.text() == words)
    assert action.toolTip() != words
    menu.close()
    action.trigger()
    qtbot.waitUntil(lambda: panel.findChild(SliceMenu) is None)


@pytest.fixture
def asked(panel: WeightsPanel) -> list[object]:
    said: list[object] = []
    panel.set_slice_states(lambda target: SliceState(str(target), is_single=False, reads=True))
    panel.slice_act.connect(lambda target, act: said.append((target, act)))
    panel.browse_requested.connect(said.append)
    panel.tensor_chosen.connect(said.append)
    return said


def test_a_thumbnail_has_the_menu_of_its_tensor(
    panel: WeightsPanel, model: Layout, asked: list[object], qtbot: QtBot
) -> None:
    thumbnails = thumbnails_of(panel)
    place = thumbnails.cell_rect(model.index_of(HEAD)).center().toPoint()
    _ask_for_menu(thumbnails.viewport(), place)
    _choose(panel, "Hold", qtbot)
    _ask_for_menu(thumbnails.viewport(), place)
    _choose(panel, "Show in Browse", qtbot)
    assert asked == [(ParameterSlice(HEAD), SliceAct.HOLD), ParameterSlice(HEAD)]
    assert panel.state()["tensor"] != HEAD, "it shows what it showed"


def test_beside_the_thumbnails_there_is_no_menu(panel: WeightsPanel, asked: list[object]) -> None:
    thumbnails = thumbnails_of(panel)
    _ask_for_menu(thumbnails.viewport(), QPoint(2, thumbnails.height() - 2))
    assert panel.findChild(SliceMenu) is None


@pytest.mark.parametrize("way", ["menu key", "enter"])
def test_the_keyboard_opens_the_menu_of_the_chosen_thumbnail(
    panel: WeightsPanel, model: Layout, asked: list[object], qtbot: QtBot, way: str
) -> None:
    thumbnails = thumbnails_of(panel)
    QTest.keyClick(thumbnails, Qt.Key.Key_End)
    if way == "enter":
        QTest.keyClick(thumbnails, Qt.Key.Key_Return)
    else:
        _ask_for_menu(thumbnails, QPoint(0, 0), by_key=True)
    _choose(panel, "Add noise", qtbot)
    last = model.tensors[-1].name
    assert asked == [last, (ParameterSlice(last), SliceAct.NOISE)]


@pytest.mark.parametrize("by_key", [False, True])
def test_the_histogram_has_the_menu_of_the_tensor_that_it_shows(
    panel: WeightsPanel, asked: list[object], qtbot: QtBot, by_key: bool
) -> None:
    panel.set_tensor(EMBEDDING)
    on = ridge_of(panel) if by_key else ridge_of(panel).viewport()
    _ask_for_menu(on, QPoint(40, 40), by_key=by_key)
    _choose(panel, "Make a knob: along what it reads", qtbot)
    assert asked == [(ParameterSlice(EMBEDDING), SliceAct.KNOB_READ)]


def test_before_there_is_a_run_there_is_no_menu(qtbot: QtBot) -> None:
    panel = WeightsPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.show()
    _ask_for_menu(ridge_of(panel).viewport(), QPoint(40, 40))
    _ask_for_menu(thumbnails_of(panel), QPoint(0, 0), by_key=True)
    QTest.keyClick(thumbnails_of(panel), Qt.Key.Key_Return)
    assert panel.findChild(SliceMenu) is None
