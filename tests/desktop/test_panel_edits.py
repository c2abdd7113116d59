"""The history of what was done."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtWidgets import QListView, QToolButton
from pytestqt.qtbot import QtBot

from weightdeck_desktop.panels.edits import EditLine, EditsPanel
from weightdeck_desktop.theme import dark_theme, light_theme

LINES = (
    EditLine(498, "scale embed row q by ×0.00", is_weight=True, is_undone=True),
    EditLine(940, "set rate to 3e-3", is_weight=False),
    EditLine(1236, "scale block 0 attention by ×0.40", is_weight=True),
)


@pytest.fixture
def panel(qtbot: QtBot) -> EditsPanel:
    panel = EditsPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.resize(360, 300)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def model(panel: EditsPanel) -> QAbstractItemModel:
    panel.show_entries(LINES)
    view = panel.findChild(QListView)
    assert isinstance(view, QListView)
    return view.model()


def words(model: QAbstractItemModel) -> list[str]:
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def button(panel: EditsPanel, name: str) -> QToolButton:
    found = panel.findChild(QToolButton, f"edits_{name}")
    assert isinstance(found, QToolButton)
    return found


def test_the_newest_comes_first_and_undone_ones_say_so(model: QAbstractItemModel) -> None:
    assert words(model) == [
        "scale block 0 attention by ×0.40",
        "set rate to 3e-3",
        "undone: scale embed row q by ×0.00",
    ]
    assert model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole).endswith("step 1,236")


def test_only_what_is_new_is_announced(panel: EditsPanel, model: QAbstractItemModel, qtbot: QtBot) -> None:
    newer = EditLine(1300, "set head [s, 31] to +0.412", is_weight=True)
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.rowsInserted) as inserted:
        panel.show_entries((*LINES, newer))
    assert inserted.args is not None
    assert inserted.args[1:] == [0, 0]
    undone = replace(newer, is_undone=True)
    with qtbot.assertNotEmitted(model.rowsInserted), qtbot.waitSignal(model.dataChanged) as changed:
        panel.show_entries((*LINES, undone))
    assert changed.args is not None
    assert (changed.args[0].row(), changed.args[1].row()) == (0, 0)
    assert words(model)[0] == "undone: set head [s, 31] to +0.412"
    with qtbot.assertNotEmitted(model.dataChanged), qtbot.assertNotEmitted(model.rowsInserted):
        panel.show_entries((*LINES, undone))


def test_a_shorter_history_replaces_it(panel: EditsPanel, model: QAbstractItemModel) -> None:
    panel.show_entries(LINES[:1])
    assert len(words(model)) == 1
    panel.clear()
    assert words(model) == []
    assert panel.table() is None


def test_undo_and_redo_ask_and_say_what(panel: EditsPanel, qtbot: QtBot) -> None:
    assert not button(panel, "undo").isEnabled()
    with qtbot.assertNotEmitted(panel.undo_requested), qtbot.assertNotEmitted(panel.redo_requested):
        panel.show_undo("scale block 0 attention by ×0.40", "")
        panel.show_entries(LINES)
        panel.set_theme(light_theme(1.5))
    assert "scale block 0 attention by ×0.40" in button(panel, "undo").toolTip()
    assert not button(panel, "redo").isEnabled()
    with qtbot.waitSignal(panel.undo_requested):
        qtbot.mouseClick(button(panel, "undo"), Qt.MouseButton.LeftButton)
    panel.show_undo("", "scale block 0 attention by ×0.40")
    with qtbot.waitSignal(panel.redo_requested):
        qtbot.mouseClick(button(panel, "redo"), Qt.MouseButton.LeftButton)


def test_a_long_history_paints_only_what_is_in_sight(panel: EditsPanel, model: QAbstractItemModel) -> None:
    panel.show_entries([EditLine(step, f"edit {step}", is_weight=True) for step in range(50_000)])
    view = panel.findChild(QListView)
    assert isinstance(view, QListView)
    painted: list[int] = []
    delegate = view.itemDelegate()
    paint = delegate.paint

    def noting_paint(painter, option, index):  # type: ignore[no-untyped-def]
        painted.append(index.row())
        paint(painter, option, index)

    delegate.paint = noting_paint  # type: ignore[method-assign]
    view.grab()
    assert 0 < len(painted) < 20


@pytest.mark.parametrize("width", [200, 360])
def test_it_paints_in_both_themes_and_widths(
    panel: EditsPanel, model: QAbstractItemModel, width: int
) -> None:
    panel.resize(width, 300)
    dark = panel.grab().toImage()
    panel.set_theme(light_theme())
    assert panel.grab().toImage() != dark


def test_the_table_keeps_the_order_of_events(panel: EditsPanel, model: QAbstractItemModel) -> None:
    table = panel.table()
    assert table is not None
    assert table[1] == ["498", "scale embed row q by ×0.00", "True"]
