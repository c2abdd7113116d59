"""The panels of Inside in the low, wide dock in which they open: what matters is in sight, under one scroll bar."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.neuron_panels import bars, grid, neurons_panel, part, study
from tests.desktop.tap_readings import MODEL, reading, taps
from weightdeck.run.inside import BatchReading, Embeddings, VectorMap
from weightdeck.run.presets import load_preset
from weightdeck_desktop.panels.batch import BatchPanel
from weightdeck_desktop.panels.cost import CostPanel
from weightdeck_desktop.panels.embeddings import EmbeddingsPanel
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.attention_lines import AttentionLines
from weightdeck_desktop.widgets.batch_map import BatchMap
from weightdeck_desktop.widgets.neuron_texts import NeuronTexts
from weightdeck_desktop.widgets.part_map import PartMap, Sides
from weightdeck_desktop.widgets.vector_plane import VectorPlane

SIZE = (970, 198)  # px of a panel in the dock below, in a window of 1440 x 900
LETTERS = ("start", *"charlottes", "end")


def shown(qtbot: QtBot, panel: Panel) -> None:
    panel.set_theme(dark_theme())
    panel.resize(*SIZE)
    panel.show()
    qtbot.waitExposed(panel)
    fits(panel)


def fits(panel: Panel) -> None:
    """It asks for no more room than there is: the dock need not scroll."""
    for _ in range(4):  # what it asked for in another form is past
        QApplication.processEvents()
        panel.resize(*SIZE)
    assert (panel.width(), panel.height()) == SIZE


def test_neurons_have_their_scale_their_bars_and_several_contexts(qtbot: QtBot) -> None:
    panel = neurons_panel(qtbot)
    panel.resize(*SIZE)
    panel.show_taps(taps(reading()), 40)
    panel.show_study(study())
    fits(panel)
    inside = panel.rect()
    for name in ("neurons_grid", "neurons_legend", "neurons_firing", "neurons_contexts"):
        seen = part(panel, QWidget, name)
        assert inside.contains(seen.mapTo(panel, seen.rect().bottomRight())), name
    assert bars(panel).height() >= 60
    assert grid(panel).height() >= 80
    assert part(panel, NeuronTexts, "neurons_contexts").height() >= 3 * 19


@pytest.mark.parametrize("page", range(3))
def test_costs_have_one_scroll_bar_at_most(qtbot: QtBot, page: int) -> None:
    panel = CostPanel()
    qtbot.addWidget(panel)
    panel.show_run(load_preset("names"))
    shown(qtbot, panel)
    button = panel.findChild(QPushButton, f"cost_page_{page}")
    assert isinstance(button, QPushButton)
    button.click()
    fits(panel)
    bars = [bar for bar in panel.findChildren(QScrollBar) if bar.isVisible() and bar.maximum() > 0]
    assert len(bars) <= 1
    panel.grab()


def test_the_table_of_costs_scrolls_after_the_cursor(qtbot: QtBot) -> None:
    panel = CostPanel()
    qtbot.addWidget(panel)
    panel.show_run(load_preset("names"))
    shown(qtbot, panel)
    rows = panel.findChild(QWidget, "cost_parts")
    assert isinstance(rows, QWidget)
    around = panel._sizes.viewport()
    last = QPoint(0, rows.height() - 4)
    assert not around.rect().contains(rows.mapTo(around, last))
    rows.setFocus()
    QTest.keyClick(rows, Qt.Key.Key_End)
    assert around.rect().contains(rows.mapTo(around, last))


def test_most_of_the_letters_are_named_in_a_low_plane(qtbot: QtBot) -> None:
    numbers = np.random.default_rng(5)
    count = 27
    points = numbers.normal(size=(count, 2)).astype(np.float32)
    near = np.tile(np.arange(5), (count, 1))
    each = VectorMap(points, (0.19, 0.15), near, np.zeros((count, 5), np.float32), np.ones(count, np.float32))
    panel = EmbeddingsPanel()
    qtbot.addWidget(panel)
    panel.set_model(MODEL)
    panel.set_vocabulary(("·", *"abcdefghijklmnopqrstuvwxyz"))
    panel.show_embeddings(Embeddings(each, each), 3)
    shown(qtbot, panel)
    plane = panel.findChild(VectorPlane)
    assert isinstance(plane, VectorPlane)
    assert plane.height() >= SIZE[1] - 20  # the whole height is the plane's
    assert len(plane.labelled) >= 24
    tall = plane._px[:, 1].max() - plane._px[:, 1].min()
    assert tall >= 0.85 * plane._area.height() or np.ptp(plane._px[:, 0]) >= 0.85 * plane._area.width()
    assert max(map(len, plane.toolTip().split("\n"))) <= 90


def matrix(qtbot: QtBot, size: tuple[int, int]) -> PartMap:
    part_map = PartMap("map")
    qtbot.addWidget(part_map)
    part_map.set_theme(dark_theme())
    part_map.resize(*size)
    count = len(LETTERS)
    sides = Sides("token that looks", LETTERS, "", LETTERS)
    part_map.set_matrix(np.zeros((count, count), np.float32), 1.0, signed=False, sides=sides)
    part_map.show()
    qtbot.waitExposed(part_map)
    return part_map


def test_every_row_is_named_while_letters_have_room(qtbot: QtBot) -> None:
    for height in (400, 240, 150, 130):  # from 30 px a row down to 9
        whole = matrix(qtbot, (420, height))
        drawn = whole._map
        names = [name for _, name in drawn._ticks[0]]
        assert names == list(LETTERS), height
        middles = [rect.center().y() for rect, _ in drawn._ticks[0]]
        assert np.diff(middles).min() >= drawn._row_font.pixelSize() - 0.01


@pytest.mark.parametrize("width", [700, 420, 260, 180])
def test_no_column_is_named_over_another(qtbot: QtBot, width: int) -> None:
    whole = matrix(qtbot, (width, 300))
    drawn = whole._map
    area = drawn._group_rect(0)
    pitch = area.width() / len(LETTERS)
    end = 0.0
    for rect, name in drawn._ticks[1]:
        place = LETTERS.index(name) if LETTERS.count(name) == 1 else None
        assert rect.left() >= end
        end = rect.right()
        if len(name) > 1 and place is not None:
            assert rect.right() <= area.left() + (place + 1) * pitch + 4.5
            assert place == 0 or rect.left() >= area.left() + place * pitch - 4.5


def test_lines_name_every_token_that_has_room(qtbot: QtBot) -> None:
    lines = AttentionLines()
    qtbot.addWidget(lines)
    lines.set_theme(dark_theme())
    lines.resize(520, 120)
    count = len(LETTERS)
    lines.set_weights(np.tril(np.full((count, count), 0.2, np.float32)), LETTERS, 1.0, signed=False)
    assert lines.named == (True,) * count


def test_small_losses_of_a_batch_can_be_told_apart(qtbot: QtBot) -> None:
    losses = np.array([[0.0012], [0.0035]], np.float32)
    ids, lengths = np.array([[1], [2]]), np.array([1, 1])
    panel = BatchPanel()
    qtbot.addWidget(panel)
    panel.set_vocabulary(("·", "a", "b"))
    panel.show_batch(BatchReading(7, ids, ids, losses, lengths, 0.0023), 8)
    shown(qtbot, panel)
    drawn = panel.findChild(BatchMap)
    assert isinstance(drawn, BatchMap)
    assert [drawn.mean_words(row) for row in (0, 1)] == ["0.001", "0.004"]


def test_of_two_prompts_neurons_say_which_one(qtbot: QtBot) -> None:
    panel = neurons_panel(qtbot)
    panel.show_taps(taps(reading()), 40)
    assert panel.aside == "“abca” · step 40"
    panel.show_taps(taps(reading(), reading("abcd", 2)), 40)
    assert panel.aside == "prompt A “abca” · step 40"
