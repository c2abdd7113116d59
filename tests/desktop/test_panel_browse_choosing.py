"""Choosing in the values of a tensor, and what can be done with what is chosen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot

from tests.desktop.browsing import (
    LAYOUT,
    MLP_OUT,
    OUTPUT,
    QKV,
    QKV_BIAS,
    Heard,
    bring_up,
    chosen,
    menu_of,
    part,
    press,
    shown_panel,
    the_map,
    values_of,
    words,
)
from weightdeck.run.layout import EMBEDDING, FINAL_NORM, HEAD, POSITIONS
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.panels.browse import BrowsePanel
from weightdeck_desktop.panels.slice_acts import SliceAct
from weightdeck_desktop.widgets.heatmap import Cell


@pytest.fixture
def panel(qtbot: QtBot) -> BrowsePanel:
    return shown_panel(qtbot)


# Choosing in the map


@pytest.mark.parametrize(
    ("key", "index"),
    [
        (Qt.Key.Key_E, (21, 5)),
        (Qt.Key.Key_R, (21,)),
        (Qt.Key.Key_C, ((0, 48), 5)),
        (Qt.Key.Key_H, ((16, 24),)),  # rows 16 to 23 make the key of head 0
        (Qt.Key.Key_T, ()),
    ],
)
def test_keys_widen_an_element_of_a_matrix(panel: BrowsePanel, key: Qt.Key, index: Any) -> None:
    found = bring_up(panel, ParameterSlice(QKV, (21, 5)))
    heard = Heard(panel)
    QTest.keyClick(found, key)
    assert chosen(panel) == ParameterSlice(QKV, index)
    press(panel, "browse_knob")
    assert heard.acts == [(ParameterSlice(QKV, index), SliceAct.KNOB)]
    assert heard.interests == []


@pytest.mark.parametrize(
    ("tensor", "place", "key", "index"),
    [
        (QKV_BIAS, 41, Qt.Key.Key_E, (41,)),
        (QKV_BIAS, 41, Qt.Key.Key_H, ((40, 48),)),  # the value of head 1
        (QKV_BIAS, 41, Qt.Key.Key_T, ()),
        (FINAL_NORM, 7, Qt.Key.Key_T, ()),
        (FINAL_NORM, 7, Qt.Key.Key_E, (7,)),
    ],
)
def test_keys_widen_an_element_of_a_vector(
    panel: BrowsePanel, tensor: str, place: int, key: Qt.Key, index: Any
) -> None:
    found = bring_up(panel, ParameterSlice(tensor, (place,)))
    QTest.keyClick(found, key)
    assert chosen(panel) == ParameterSlice(tensor, index)


def test_a_head_of_the_output_is_its_columns(panel: BrowsePanel) -> None:
    QTest.keyClick(bring_up(panel, ParameterSlice(OUTPUT, (3, 9))), Qt.Key.Key_H)
    assert chosen(panel) == ParameterSlice(OUTPUT, ((0, 16), (8, 16)))
    assert "head 0.1 output" in words(panel)


@pytest.mark.parametrize(
    ("tensor", "keys"),
    [(FINAL_NORM, (Qt.Key.Key_R, Qt.Key.Key_C, Qt.Key.Key_H)), (MLP_OUT, (Qt.Key.Key_H,))],
)
def test_an_extent_that_a_tensor_has_not_changes_nothing(
    panel: BrowsePanel, tensor: str, keys: tuple[Qt.Key, ...]
) -> None:
    target = ParameterSlice(tensor, (2,) if tensor == FINAL_NORM else (2, 3))
    found = bring_up(panel, target)
    for key in keys:
        QTest.keyClick(found, key)
    assert chosen(panel) == target


def test_the_box_widens_too(panel: BrowsePanel) -> None:
    bring_up(panel, ParameterSlice(MLP_OUT, (5, 40)))
    box = part(panel, QComboBox, "browse_extent")
    assert [box.itemText(place) for place in range(box.count())] == ["element", "row", "column", "tensor"]
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert chosen(panel) == ParameterSlice(MLP_OUT, (5,))
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert chosen(panel) == ParameterSlice(MLP_OUT, ((0, 16), 40))


def test_arrows_walk_by_element_and_by_row(panel: BrowsePanel) -> None:
    found = bring_up(panel, ParameterSlice(MLP_OUT, (5, 40)))
    QTest.keyClick(found, Qt.Key.Key_Down)
    QTest.keyClick(found, Qt.Key.Key_Left)
    assert chosen(panel) == ParameterSlice(MLP_OUT, (6, 39))
    QTest.keyClick(found, Qt.Key.Key_R)
    QTest.keyClick(found, Qt.Key.Key_Down)
    assert chosen(panel) == ParameterSlice(MLP_OUT, (7,))
    QTest.keyClick(found, Qt.Key.Key_T)
    QTest.keyClick(found, Qt.Key.Key_Up)
    assert chosen(panel) == ParameterSlice(MLP_OUT, (6, 39))


def test_the_pointer_chooses_element_row_and_column(panel: BrowsePanel) -> None:
    found = bring_up(panel, ParameterSlice(HEAD, (0, 0)))
    cell = found.cell_rect(Cell(0, 19, 5)).center().toPoint()
    left = Qt.MouseButton.LeftButton
    QTest.mouseClick(found, left, pos=cell)
    assert chosen(panel) == ParameterSlice(HEAD, (19, 5))
    QTest.mouseClick(found, left, pos=QPoint(4, cell.y()))
    assert chosen(panel) == ParameterSlice(HEAD, (19,))
    QTest.mouseClick(found, left, pos=QPoint(cell.x(), found.height() - 3))
    assert chosen(panel) == ParameterSlice(HEAD, ((0, 27), 5))
    QTest.mouseClick(found, left, pos=cell)
    assert chosen(panel) == ParameterSlice(HEAD, (19, 5))


def test_a_click_on_the_axis_of_a_vector_chooses_an_element(panel: BrowsePanel) -> None:
    found = bring_up(panel, ParameterSlice(FINAL_NORM))
    at = found.cell_rect(Cell(0, 0, 9)).center().toPoint()
    QTest.mouseClick(found, Qt.MouseButton.LeftButton, pos=QPoint(at.x(), found.height() - 3))
    assert chosen(panel) == ParameterSlice(FINAL_NORM, (9,))


def test_pointing_reads_out_place_and_value(panel: BrowsePanel) -> None:
    found = bring_up(panel, ParameterSlice(HEAD, (0, 0)), held=[ParameterSlice(HEAD, (19,))])
    value = float(values_of(HEAD).values[19, 5])
    QTest.mouseMove(found, found.cell_rect(Cell(0, 19, 5)).center().toPoint())
    shown = f"{value:+.3f}".replace("-", "−")
    assert panel._map._readout.text == f"token s · feature 5 · {shown} · held"


def test_a_tensor_is_chosen_by_key_and_asked_for(panel: BrowsePanel) -> None:
    bring_up(panel, ParameterSlice(EMBEDDING, (4, 2)))
    heard = Heard(panel)
    box = part(panel, QComboBox, "browse_tensor")
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert heard.interests == [(POSITIONS, False, None)]
    assert chosen(panel) == ParameterSlice(POSITIONS, (0, 0))
    assert the_map(panel).values is None
    panel.show_tensor(values_of(EMBEDDING), 1241)  # was on its way
    assert the_map(panel).values is None
    panel.show_tensor(values_of(POSITIONS), 1242)
    assert the_map(panel).values.shape == (1, 8, 16)


@pytest.mark.parametrize("info", LAYOUT.tensors, ids=lambda info: info.name)
def test_every_tensor_can_be_browsed(panel: BrowsePanel, info: Any) -> None:
    found = bring_up(panel, ParameterSlice(info.name))
    for key in (Qt.Key.Key_E, Qt.Key.Key_End, Qt.Key.Key_Down, Qt.Key.Key_R, Qt.Key.Key_C, Qt.Key.Key_H):
        QTest.keyClick(found, key)
        target = chosen(panel)
        assert target is not None
        assert target.tensor == info.name
        assert target.size(LAYOUT) >= 1
    found.grab()


def test_a_part_that_is_no_row_or_head_is_called_so(panel: BrowsePanel) -> None:
    target = ParameterSlice(MLP_OUT, ((2, 5), (10, 30)))
    found = bring_up(panel, target)
    assert part(panel, QComboBox, "browse_extent").currentText() == "part"
    assert found.cursor_cell == Cell(0, 2, 10)
    assert "60 weights" in words(panel)
    QTest.keyClick(found, Qt.Key.Key_E)
    assert chosen(panel) == ParameterSlice(MLP_OUT, (2, 10))


# The bar and the menu


def test_the_bar_says_what_is_chosen(panel: BrowsePanel) -> None:
    row = ParameterSlice(MLP_OUT, (5,))
    bring_up(panel, row, held=[row])
    rms = float(np.sqrt(np.mean(np.square(values_of(MLP_OUT).values[5].astype(np.float64)))))
    assert words(panel) == f"block 0 MLP out row 5 · 64 weights · root mean square {rms:.3g} · held"
    assert panel._bar.toolTip() == str(row)
    panel.show_target(ParameterSlice(MLP_OUT, ((0, 16), 7)))
    assert words(panel).endswith("· 6% held")


def test_hold_and_let_go(panel: BrowsePanel) -> None:
    row = ParameterSlice(MLP_OUT, (5,))
    bring_up(panel, row)
    heard = Heard(panel)
    press(panel, "browse_hold")
    panel.show_tensor(values_of(MLP_OUT, held=[row]), 1241)
    press(panel, "browse_hold")
    assert heard.acts == [(row, SliceAct.HOLD), (row, SliceAct.LET_GO)]


def test_enter_in_the_map_makes_a_knob(panel: BrowsePanel) -> None:
    found = bring_up(panel, ParameterSlice(MLP_OUT, (5, 6)))
    heard = Heard(panel)
    QTest.keyClick(found, Qt.Key.Key_Return)
    assert heard.acts == [(ParameterSlice(MLP_OUT, (5, 6)), SliceAct.KNOB)]


def test_the_menu_offers_every_act(panel: BrowsePanel) -> None:
    row = ParameterSlice(MLP_OUT, (5,))
    bring_up(panel, row)
    heard = Heard(panel)
    press(panel, "browse_acts")
    menu = menu_of(panel)
    offered = {action.objectName().removeprefix("slice_act_"): action for action in menu.actions()}
    acts = "knob knob_own knob_read hold zero reinitialise initial noise copy paste"
    assert set(acts.split()) <= offered.keys()
    assert not offered["paste"].isEnabled()
    offered["zero"].trigger()
    assert heard.acts == [(row, SliceAct.ZERO)]
    menu.close()
    panel.show_can_paste(64)
    press(panel, "browse_acts")
    again = menu_of(panel)
    assert next(a for a in again.actions() if a.objectName() == "slice_act_paste").isEnabled()
    again.close()


def test_the_menu_key_is_about_what_is_chosen_and_a_right_click_about_what_is_below(
    panel: BrowsePanel,
) -> None:
    found = bring_up(panel, ParameterSlice(MLP_OUT, (5,)))

    def menu_at(cell: Cell, reason: QContextMenuEvent.Reason) -> list[str]:
        at = found.cell_rect(cell).center().toPoint()
        QApplication.sendEvent(found, QContextMenuEvent(reason, at, found.mapToGlobal(at)))
        menu = menu_of(panel)
        texts = [action.text() for action in menu.actions()]
        menu.close()
        return texts

    assert menu_at(Cell(0, 0, 0), QContextMenuEvent.Reason.Keyboard)[0] == "block 0 MLP out row 5"
    assert menu_at(Cell(0, 5, 20), QContextMenuEvent.Reason.Mouse)[0] == "block 0 MLP out row 5"
    assert menu_at(Cell(0, 6, 20), QContextMenuEvent.Reason.Mouse)[0] == "block 0 MLP out [6, 20]"
    assert chosen(panel) == ParameterSlice(MLP_OUT, (6, 20))
