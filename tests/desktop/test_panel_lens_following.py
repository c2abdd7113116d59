"""The lens by what follows: the letter in a cell is the one whose probability stands beside it."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.desktop.lens_runs import STEP, TEXT, seen
from weightdeck.run.subjects import InPrompt, TapCell
from weightdeck_desktop.panels.lens import LensPanel
from weightdeck_desktop.panels.lens_controls import BEST, FOLLOWING
from weightdeck_desktop.panels.lens_words import with_unit
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.lens_grid import LensGrid
from weightdeck_desktop.widgets.plain_number import plain_number


def shown(qtbot: QtBot, colours: int) -> tuple[LensPanel, LensGrid]:
    panel = LensPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.set_vocabulary(seen().vocabulary)
    panel.resize(640, 280)
    panel.show()
    qtbot.waitExposed(panel)
    panel.restore({"colours": colours})
    panel.show_lens(seen().lens, STEP)
    grid = panel.findChild(LensGrid, "lens_grid")
    assert grid is not None
    return panel, grid


def test_every_cell_has_the_letter_that_follows(qtbot: QtBot) -> None:
    _, grid = shown(qtbot, FOLLOWING)
    cells, following = grid.cells, seen().lens.following
    assert cells is not None
    for row, words in enumerate(cells.words):
        assert words == (*TEXT, "")
        figures = [plain_number(float(prob), 2) for prob in following[row, : len(TEXT)]]
        assert list(cells.figures[row][: len(TEXT)]) == figures


def test_the_number_that_is_explained_is_the_one_that_is_shown(qtbot: QtBot) -> None:
    column = 1  # of "c", after which "h" comes
    lens = seen().lens
    own = seen().vocabulary.index(TEXT[column])
    likeliest = int(lens.best[-1, column, 0])
    assert own != likeliest
    for colours, token in ((FOLLOWING, own), (BEST, likeliest)):
        panel, grid = shown(qtbot, colours)
        said: list[object] = []
        panel.cell_chosen.connect(said.append)
        at = grid.cell_rect((len(lens.points) - 1, column)).center().toPoint()
        QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=at)
        assert said == [TapCell(InPrompt(TEXT), "probs", (column, token))]


def test_nats_beside_a_letter_say_that_they_are_no_probability() -> None:
    assert (with_unit(0.25), with_unit(math.nan)) == ("0.25 nats", "not a number")
