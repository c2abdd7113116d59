"""Grids and rows of words on colours: every word can be read, and what fits is seen from the top."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from weightdeck_desktop.theme import Theme, dark_theme, light_theme
from weightdeck_desktop.widgets.contribution_bars import ContributionBars, PartBar
from weightdeck_desktop.widgets.lens_grid import GridCells, LensGrid
from weightdeck_desktop.widgets.lens_inks import contrast, ramp_inks
from weightdeck_desktop.widgets.plain_tip import plain_tip


@pytest.mark.parametrize("theme", [dark_theme(), light_theme()], ids=["dark", "light"])
def test_every_word_can_be_read_on_its_colour(theme: Theme) -> None:
    for ground, ink in ramp_inks(theme):
        assert contrast(ground, ink) >= 4.5


def grid_of(qtbot: QtBot, rows: int, height: int, *, themed: bool = True) -> LensGrid:
    grid = LensGrid("grid", str)
    qtbot.addWidget(grid)
    if themed:
        grid.set_theme(dark_theme())
    grid.resize(400, height)
    names = tuple(f"row {row}" for row in range(rows))
    words = tuple(("a", "b") for _ in range(rows))
    grid.show_cells(GridCells(names, ("x", "y"), words, np.full((rows, 2), 0.5, np.float32), words))
    grid.show()
    qtbot.waitExposed(grid)
    return grid


def test_a_grid_that_nearly_fits_is_seen_from_the_top(qtbot: QtBot) -> None:
    whole = grid_of(qtbot, 7, 300)
    assert whole._part.rows == range(7)
    six = whole._part.area.top() + 6 * whole._metrics().height() + 2
    nearly = grid_of(qtbot, 7, six)
    assert nearly._part.rows == range(6)
    QTest.keyClick(nearly, Qt.Key.Key_Left)  # the cursor is in sight once it is moved
    assert nearly._part.rows == range(1, 7)
    few = grid_of(qtbot, 7, six // 2)
    assert 6 in few._part.rows  # of a part the prediction is seen


def test_a_label_is_whole_where_there_is_room(qtbot: QtBot) -> None:
    bars = ContributionBars("bars")
    qtbot.addWidget(bars)
    bars.set_theme(dark_theme())
    bars.resize(260, 200)
    bars.show_bars([PartBar("embed", "position embedding", 1.0, "+1.000", "")], 1.0)
    bars.show()
    qtbot.waitExposed(bars)
    rows = bars.rows
    assert rows.label_width(rows.row_rect(0)) == rows._widths[0]
    assert rows.label_width(rows.row_rect(0).adjusted(0, 0, -100, 0)) < rows._widths[0]


def test_long_tips_have_lines() -> None:
    assert plain_tip("short") == "short"
    long = "some words " * 40 + "\n" + "next"
    lines = plain_tip(long).split("\n")
    assert max(map(len, lines)) <= 90
    assert " ".join(lines) == long.replace(" \n", " ")
    assert plain_tip("a <b>c</b>").count("&lt;") == 2


def test_it_can_be_painted_before_it_is_told_a_theme(qtbot: QtBot) -> None:
    bare, told = grid_of(qtbot, 7, 300, themed=False), grid_of(qtbot, 7, 300)
    assert bare.grab().toImage() == told.grab().toImage()
