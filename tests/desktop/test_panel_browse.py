"""Browsing: one slice is chosen, however it was found; keys alone do everything."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.browsing import (
    LAYOUT,
    MLP_OUT,
    QKV,
    Heard,
    bring_up,
    chosen,
    part,
    press,
    press_mode,
    sensitivity,
    shown_panel,
    the_map,
    values_of,
    words,
)
from tests.desktop.fakes import VOCABULARY
from weightdeck.run.frame import TensorValues
from weightdeck.run.layout import FINAL_NORM, HEAD, layout
from weightdeck.run.ranking import ranked
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.panels.browse import BrowsePanel
from weightdeck_desktop.panels.matters import nats_text
from weightdeck_desktop.panels.slice_acts import SliceAct
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.heatmap import Cell
from weightdeck_desktop.widgets.value_map import ValueMap


@pytest.fixture
def panel(qtbot: QtBot) -> BrowsePanel:
    return shown_panel(qtbot)


# Searching


def test_what_is_found_comes_up_in_the_map(panel: BrowsePanel) -> None:
    heard = Heard(panel)
    panel.open_search()
    field = part(panel, QLineEdit, "browse_search")
    assert field.hasFocus()
    QTest.keyClicks(field, "block 1 head 1 key")
    assert panel._pages.currentWidget() is field.results
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert chosen(panel) == ParameterSlice(QKV, ((24, 32),))
    assert heard.interests[-1] == (QKV, False, None)
    assert the_map(panel).hasFocus()
    panel.show_tensor(values_of(QKV), 1)
    QTest.keyClick(the_map(panel), Qt.Key.Key_R)
    assert chosen(panel) == ParameterSlice(QKV, (24,))


def test_what_is_found_can_be_a_knob_at_once(panel: BrowsePanel) -> None:
    press_mode(panel, 1)
    heard = Heard(panel)
    field = part(panel, QLineEdit, "browse_search")
    QTest.keyClicks(field, "lm_head.weight[5, 3]")
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert heard.acts == [(ParameterSlice(HEAD, (5, 3)), SliceAct.KNOB)]
    assert heard.interests[-1] == (HEAD, False, None)  # shown among the values


def test_while_searching_the_bar_is_about_what_is_marked(panel: BrowsePanel) -> None:
    before = chosen(panel)
    heard = Heard(panel)
    field = part(panel, QLineEdit, "browse_search")
    QTest.keyClicks(field, "block 1 head 1")
    QTest.keyClick(field, Qt.Key.Key_Down)
    marked = field.results.list.current
    assert marked is not None
    assert words(panel).startswith(field.results.list.rows[1].title)
    assert heard.interests[-1][0] == marked.tensor
    panel.show_tensor(values_of(marked.tensor), 1)
    assert "root mean square" in words(panel)
    press(panel, "browse_knob")
    assert heard.acts == [(marked, SliceAct.KNOB)]
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert chosen(panel) == before
    assert heard.interests[-1][0] == panel.tensor == LAYOUT.head_name


def test_leaving_the_search_brings_the_page_back(panel: BrowsePanel) -> None:
    field = part(panel, QLineEdit, "browse_search")
    QTest.keyClicks(field, "nothing of that name")
    panel.grab()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert panel._pages.currentWidget() is panel._map


# What matters


def test_what_matters_is_asked_for_only_while_it_shows(panel: BrowsePanel) -> None:
    heard = Heard(panel)
    assert not panel.wants_sensitivity
    press_mode(panel, 1)
    press_mode(panel, 0)
    assert [wants for _, wants, _ in heard.interests] == [True, False]


def test_from_the_ranking_to_a_knob_by_keys(panel: BrowsePanel) -> None:
    press_mode(panel, 1)
    panel.show_sensitivity(sensitivity(), 1240)
    heard = Heard(panel)
    best, nats = ranked(sensitivity(), LAYOUT)[0]
    listed = part(panel, QWidget, "browse_ranking")
    QTest.keyClick(listed, Qt.Key.Key_Home)
    assert chosen(panel) == best
    assert f"{nats_text(nats)} nats per spread" in words(panel)
    QTest.keyClick(listed, Qt.Key.Key_Return)
    assert heard.acts == [(best, SliceAct.KNOB)]
    press_mode(panel, 0)
    assert panel.tensor == best.tensor
    assert chosen(panel) == best


def test_pin_six_and_token_go_out(panel: BrowsePanel) -> None:
    press_mode(panel, 1)
    panel.show_sensitivity(sensitivity(), 1240)
    heard = Heard(panel)
    press(panel, "browse_pin_six")
    assert len(heard.pinned[0]) == 6
    QTest.keyClick(part(panel, QComboBox, "browse_token"), Qt.Key.Key_Down)
    assert heard.interests == [(HEAD, True, 0)]
    assert panel.token == 0


def test_numbers_of_an_older_step_do_not_stand_beside_newer_ones(panel: BrowsePanel) -> None:
    bring_up(panel, ParameterSlice(HEAD, (3, 3)))
    press_mode(panel, 1)
    value = words(panel).split(" · ")[1]
    panel.show_sensitivity(sensitivity(), 1300)
    assert value not in words(panel).split(" · ")
    panel.show_tensor(values_of(HEAD), 1300)
    assert words(panel).split(" · ")[1] == value


# Looks


def picture(panel: BrowsePanel) -> QImage:
    found = the_map(panel)
    found.clearFocus()
    return found.grab().toImage()


@pytest.mark.parametrize("theme", [dark_theme(), light_theme()], ids=["dark", "light"])
@pytest.mark.parametrize(
    "held", [ParameterSlice(MLP_OUT, (9,)), ParameterSlice(MLP_OUT, (9, 40))], ids=["row", "element"]
)
def test_held_numbers_look_held_without_colour(panel: BrowsePanel, theme: Any, held: ParameterSlice) -> None:
    panel.set_theme(theme)
    bring_up(panel, ParameterSlice(MLP_OUT, (0, 0)))
    free = picture(panel)
    panel.show_tensor(values_of(MLP_OUT, held=[held]), 1240)
    marked = picture(panel)
    found = the_map(panel)
    inside = found.cell_rect(Cell(0, 9, 40)).toAlignedRect()
    changed = {
        (x, y)
        for x in range(free.width())
        for y in range(free.height())
        if free.pixelColor(x, y) != marked.pixelColor(x, y)
    }
    assert any(inside.contains(QPoint(x, y)) for x, y in changed)
    rows = found.cell_rect(Cell(0, 9, 0)).united(found.cell_rect(Cell(0, 9, 63))).adjusted(-1, -1, 1, 1)
    assert all(rows.contains(x, y) for x, y in changed), "only what is held is marked"
    greys = {round(marked.pixelColor(x, y).lightnessF(), 1) for x, y in changed}
    assert greys & {0.0, 0.1, 0.9, 1.0}, "lines that are seen without colour"
    panel.show_tensor(values_of(MLP_OUT), 1240)
    assert picture(panel) == free


def test_the_chosen_slice_is_outlined(panel: BrowsePanel) -> None:
    found = bring_up(panel, ParameterSlice(MLP_OUT, (5,)))
    edge = found.cell_rect(Cell(0, 5, 30)).topLeft().toPoint() - QPoint(0, 1)
    near = [picture(panel).pixelColor(edge.x(), edge.y() + down) for down in (-1, 0, 1)]
    assert dark_theme().hand in near


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("size", [(300, 400), (370, 470), (700, 600)])
def test_it_can_be_shown_at_every_size(panel: BrowsePanel, scale: float, size: tuple[int, int]) -> None:
    panel.set_theme(light_theme(scale))
    panel.resize(*size)
    bring_up(panel, ParameterSlice(QKV, (5,)), held=[ParameterSlice(QKV, (7,))])
    panel.grab()
    press_mode(panel, 1)
    panel.show_sensitivity(sensitivity(), 3)
    panel.grab()
    for name in ("browse_mode_0", "browse_mode_1", "browse_token", "browse_part", "browse_pin_six"):
        control = part(panel, QWidget, name)
        right = control.mapTo(panel, QPoint(control.width(), 0)).x()
        assert right <= max(panel.width(), panel.minimumSizeHint().width())


def test_values_that_are_no_numbers_are_shown_as_such(panel: BrowsePanel) -> None:
    bring_up(panel, ParameterSlice(MLP_OUT, (5,)))
    values = np.full((16, 64), np.nan, dtype=np.float32)
    values[0, 0] = np.inf
    panel.show_tensor(TensorValues(MLP_OUT, values, None), 2)
    panel.grab()
    assert "nan" in words(panel)


# Told


def test_before_the_engine_nothing_can_be_done(qtbot: QtBot) -> None:
    widget = BrowsePanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.resize(370, 470)
    widget.show()
    assert widget.tensor == ""
    assert widget.table() is None
    assert not part(widget, QAbstractButton, "browse_knob").isEnabled()
    assert not part(widget, QLineEdit, "browse_search").isEnabled()
    assert the_map(widget)._message == "loading engine"
    widget.grab()
    widget.set_layout(LAYOUT, VOCABULARY)
    widget.set_enabled_engine(True)
    assert widget.tensor == HEAD
    assert the_map(widget)._message == "waiting for the first numbers"


def test_being_told_is_not_asking(panel: BrowsePanel) -> None:
    heard = Heard(panel)
    panel.restore({"mode": 1, "tensor": MLP_OUT})
    panel.show_sensitivity(sensitivity(), 1)
    panel.show_sensitivity(None, 2)
    panel.show_target(ParameterSlice(QKV, (3,)))
    panel.show_tensor(values_of(QKV), 3)
    panel.show_what_matters(4)
    panel.show_can_paste(16)
    panel.clear()
    panel.set_layout(layout(ModelSpec(1, 1, 8, 11, 3)), ("A", "B", "C"))
    panel.set_enabled_engine(False)
    panel.open_search()
    assert (heard.acts, heard.interests, heard.pinned) == ([], [], [])


def test_show_target_refuses_what_the_model_has_not(panel: BrowsePanel) -> None:
    before = chosen(panel)
    with pytest.raises(ValueError, match="no parameter called"):
        panel.show_target(ParameterSlice("transformer.h.7.mlp.c_fc.bias", (0,)))
    assert chosen(panel) == before


def test_a_new_run_of_the_same_model_keeps_what_is_chosen(panel: BrowsePanel) -> None:
    bring_up(panel, ParameterSlice(MLP_OUT, (5,)))
    panel.clear()
    panel.set_layout(LAYOUT, VOCABULARY)
    assert chosen(panel) == ParameterSlice(MLP_OUT, (5,))
    assert the_map(panel).values is None
    assert panel.aside == ""
    smaller = layout(ModelSpec(1, 1, 8, 11, 3))
    panel.set_layout(smaller, ("A", "B", "C"))
    assert chosen(panel) == ParameterSlice(MLP_OUT, (0, 0))
    panel.set_layout(LAYOUT, VOCABULARY)
    assert panel.tensor == MLP_OUT


def test_a_tensor_that_the_next_model_has_not(panel: BrowsePanel) -> None:
    bring_up(panel, ParameterSlice(QKV, (5,)))
    panel.set_layout(layout(ModelSpec(1, 1, 8, 11, 3)), ("A", "B", "C"))
    assert chosen(panel) == ParameterSlice(HEAD, (0, 0))
    panel.grab()


def test_state_survives_a_settings_file(panel: BrowsePanel, qtbot: QtBot) -> None:
    bring_up(panel, ParameterSlice(MLP_OUT, (5,)))
    press_mode(panel, 1)
    kept = json.loads(json.dumps(panel.state()))
    other = BrowsePanel()
    qtbot.addWidget(other)
    other.restore(kept)
    assert other.state() == kept
    other.set_layout(LAYOUT, VOCABULARY)
    assert (other.tensor, other.wants_sensitivity) == (MLP_OUT, True)
    other.restore({"mode": "no", "tensor": "no such tensor"})
    assert (other.tensor, other.wants_sensitivity) == (HEAD, True)


def test_tables_name_every_number(panel: BrowsePanel) -> None:
    bring_up(panel, ParameterSlice(FINAL_NORM))
    table = panel.table()
    assert table is not None
    assert len(table) == 1 + 16
    assert table[1][0] == f"{FINAL_NORM}[0]"
    press_mode(panel, 1)
    panel.show_sensitivity(sensitivity(), 1)
    table = panel.table()
    assert table is not None
    assert len(table) == 1 + 100
    assert float(table[1][2].replace("−", "-")) == pytest.approx(
        ranked(sensitivity(), LAYOUT)[0][1], abs=1e-3
    )


def test_every_control_says_what_it_is(panel: BrowsePanel) -> None:
    for kind in (QAbstractButton, QComboBox, QLineEdit, ValueMap):
        for control in panel.findChildren(kind):
            if control.objectName().startswith("browse"):
                assert control.accessibleName(), control.objectName()
                assert control.toolTip(), control.objectName()
    assert {"browse_search", "browse_tensor", "browse_extent", "browse_token", "browse_part"} <= {
        control.objectName() for kind in (QComboBox, QLineEdit) for control in panel.findChildren(kind)
    }
