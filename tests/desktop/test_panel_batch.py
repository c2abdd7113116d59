"""The batch panel: every cell has its loss, is called what came, and says when it was measured."""

from __future__ import annotations

import json
import math
from typing import TypeVar

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from weightdeck.run.inside import BatchReading
from weightdeck.run.subjects import BatchLoss, InPrompt, TapCell, TokenLoss
from weightdeck_desktop.panels.batch import BatchPanel
from weightdeck_desktop.panels.batch_menu import BatchMenu
from weightdeck_desktop.panels.batch_rows import BEST, DRAWN, WORST, BatchRows
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.batch_map import BatchMap, Place
from weightdeck_desktop.widgets.text_line import TextLine

VOCABULARY = ("·", "a", "b", "c", "d")
Key = Qt.Key
Part = TypeVar("Part", bound=QWidget)


def names() -> BatchReading:
    """Names: "ab", "dcb" and "a", every token of which counts."""
    return BatchReading(
        step=299,
        ids=np.array([[0, 1, 2, 0], [0, 4, 3, 2], [0, 1, 0, 0]]),
        targets=np.array([[1, 2, 0, -1], [4, 3, 2, 0], [1, 0, -1, -1]]),
        losses=np.array(
            [[1.0, 2.0, 3.0, np.nan], [4.0, 0.5, 5.0, 0.5], [0.25, 0.75, np.nan, np.nan]], np.float32
        ),
        lengths=np.array([3, 4, 2]),
        loss=1.8888,
    )


def sorting() -> BatchReading:
    """The first two positions are given; in the second sequence nothing counts."""
    return BatchReading(
        step=0,
        ids=np.array([[1, 2, 3, 1], [2, 2, 2, 2]]),
        targets=np.array([[-1, -1, 1, 2], [-1, -1, -1, -1]]),
        losses=np.array([[np.nan, np.nan, 0.5, 1.5], [np.nan] * 4], np.float32),
        lengths=np.array([4, 4]),
        loss=1.0,
    )


def large(rows: int = 64, columns: int = 64) -> BatchReading:
    numbers = np.random.default_rng(2)
    return BatchReading(
        step=7,
        ids=numbers.integers(0, 5, (rows, columns)),
        targets=numbers.integers(0, 5, (rows, columns)),
        losses=numbers.uniform(0.0, 4.0, (rows, columns)).astype(np.float32),
        lengths=np.full(rows, columns),
        loss=2.0,
    )


@pytest.fixture
def panel(qtbot: QtBot) -> BatchPanel:
    widget = BatchPanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.set_vocabulary(VOCABULARY)
    widget.resize(640, 330)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def part(panel: BatchPanel, kind: type[Part], name: str) -> Part:
    found = panel.findChild(kind, name)
    assert isinstance(found, kind)
    return found


def board(panel: BatchPanel) -> BatchMap:
    return part(panel, BatchMap, "batch_map")


def said(panel: BatchPanel, name: str) -> str:
    return part(panel, TextLine, f"batch_{name}").text


def at(panel: BatchPanel, row: int, column: int | None) -> QPoint:
    return board(panel).place_rect(Place(row, column)).center().toPoint()


def heard(panel: BatchPanel) -> list[object]:
    """Everything that the panel asks for from now on."""
    asked: list[object] = []
    panel.cell_chosen.connect(asked.append)
    panel.row_chosen.connect(asked.append)
    return asked


def test_being_told_is_not_asking(panel: BatchPanel) -> None:
    asked = heard(panel)
    panel.show_batch(names(), 300)
    panel.set_chosen(TokenLoss(1, 2))
    panel.set_row(1)
    panel.restore({"order": "worst"})
    panel.clear()
    assert asked == []


def test_pointing_tells_what_came_its_loss_and_when(panel: BatchPanel) -> None:
    reading = names()
    panel.show_batch(reading, 300)
    QTest.mouseMove(board(panel).viewport(), at(panel, 1, 2))
    when = " · batch at step 299, before its update"
    told = "sequence 1, token 2: after “dc” came “b” · 5.00 nats · probability 0.007"
    assert said(panel, "readout") == told + when
    for row, length in enumerate(reading.lengths.tolist()):
        for column in range(length):
            QTest.mouseMove(board(panel).viewport(), at(panel, row, column))
            loss = float(reading.losses[row, column])
            assert f"{loss:.2f} nats · probability {math.exp(-loss):.3f}" in said(panel, "readout")
    QTest.mouseMove(board(panel).viewport(), at(panel, 0, 2))
    assert "after “ab” came the end" in said(panel, "readout")
    QTest.mouseMove(board(panel).viewport(), at(panel, 0, 0))
    assert "after the start came “a”" in said(panel, "readout")
    assert panel.aside == "3 sequences · batch at step 299"


def test_before_the_update_is_made_it_says_so(panel: BatchPanel) -> None:
    panel.show_batch(names(), 299)
    assert said(panel, "readout").endswith(" · batch at step 299, whose update is still to come")


def test_the_worst_and_the_best_are_named(panel: BatchPanel) -> None:
    panel.show_batch(names(), 300)
    assert said(panel, "worst") == "worst: dc|b · mean 2.50 nats, 5.00 at “b”"
    assert said(panel, "best") == "best: a| · mean 0.50 nats, 0.75 at the end"


def test_rows_are_sorted_and_stay_themselves(panel: BatchPanel) -> None:
    panel.show_batch(names(), 300)
    asked = heard(panel)
    for name, order in ((1, (1, 0, 2)), (2, (2, 0, 1)), (0, (0, 1, 2))):
        part(panel, QPushButton, f"batch_order_{name}").click()
        assert board(panel).rows_shown == order
    part(panel, QPushButton, "batch_order_1").click()
    QTest.mouseClick(board(panel).viewport(), Qt.MouseButton.LeftButton, pos=at(panel, 0, 1))
    assert asked == [TokenLoss(0, 1)]


def test_means_are_of_what_counts() -> None:
    rows = BatchRows(names(), VOCABULARY)
    assert rows.means.tolist() == [2.0, 2.5, 0.5]
    assert rows.cells().words == (("a", "b", "·"), ("d", "c", "b", "·"), ("a", "·"))
    assert rows.cells().heads == ("0 ·", "1 ·", "2 ·")
    assert np.isnan(BatchRows(sorting(), VOCABULARY).means).tolist() == [False, True]


def test_what_does_not_count_is_told_and_cannot_be_explained(panel: BatchPanel) -> None:
    panel.show_batch(sorting(), 1)
    asked = heard(panel)
    QTest.mouseMove(board(panel).viewport(), at(panel, 0, 1))
    assert "comes “c”, which is given: its loss does not count" in said(panel, "readout")
    QTest.mouseClick(board(panel).viewport(), Qt.MouseButton.LeftButton, pos=at(panel, 0, 1))
    assert asked == []
    QTest.mouseMove(board(panel).viewport(), at(panel, 1, None))
    assert "no loss counts in it" in said(panel, "readout")
    assert BatchRows(sorting(), VOCABULARY).order(BEST) == (0, 1)
    assert BatchRows(sorting(), VOCABULARY).order(WORST) == (0, 1)
    panel.grab()


def test_keys_walk_and_choose(panel: BatchPanel) -> None:
    panel.show_batch(names(), 300)
    asked = heard(panel)
    for key in (Key.Key_Return, Key.Key_Right, Key.Key_Down, Key.Key_End, Key.Key_Return):
        QTest.keyClick(board(panel), key)
    assert asked == [0, TokenLoss(1, 3)]
    QTest.keyClick(board(panel), Key.Key_Down)  # a shorter sequence: its last cell
    assert board(panel).cursor_place == Place(2, 1)
    assert "after “a” came the end · 0.75 nats" in board(panel).accessibleDescription()
    QTest.keyClick(board(panel), Key.Key_Home)
    QTest.keyClick(board(panel), Key.Key_Enter)
    assert asked[-1] == 2
    assert said(panel, "readout").startswith("sequence 2: “a” · mean 0.50 nats over 2 tokens")


def test_a_click_beside_the_cells_looks_inside_the_sequence(panel: BatchPanel) -> None:
    panel.show_batch(names(), 300)
    asked = heard(panel)
    QTest.mouseClick(board(panel).viewport(), Qt.MouseButton.LeftButton, pos=at(panel, 1, None))
    assert asked == [1]


def test_the_mean_of_the_batch_can_be_explained(panel: BatchPanel) -> None:
    panel.show_batch(names(), 300)
    asked = heard(panel)
    mean = part(panel, QToolButton, "batch_mean")
    assert mean.text() == "mean 1.889 nats"
    mean.click()
    assert asked == [BatchLoss()]


def test_the_menu_offers_what_the_place_allows(panel: BatchPanel) -> None:
    panel.show_batch(sorting(), 1)
    asked = heard(panel)
    for place, offered in (
        (Place(0, 2), ["batch_explain", "batch_look"]),
        (Place(0, 0), ["batch_look"]),
        (Place(1, None), ["batch_look"]),
    ):
        board(panel).menu_requested.emit(place, QPoint(5, 5))
        menu = panel.findChildren(BatchMenu)[-1]
        assert isinstance(menu, QMenu)
        assert [action.objectName() for action in menu.actions()] == offered
        menu.actions()[0].trigger()
        menu.close()
    assert asked == [TokenLoss(0, 2), 0, 1]


def test_only_a_loss_of_this_batch_is_outlined(panel: BatchPanel) -> None:
    panel.show_batch(names(), 300)
    panel.set_chosen(TokenLoss(1, 2))
    assert board(panel)._selected == Place(1, 2)
    for other in (
        TokenLoss(0, 3),
        TokenLoss(7, 0),
        BatchLoss(),
        TapCell(InPrompt("a"), "probs", (0, 0)),
        None,
    ):
        panel.set_chosen(other)
        assert board(panel)._selected is None
    panel.set_chosen(TokenLoss(1, 2))
    panel.show_batch(sorting(), 301)
    assert board(panel)._selected is None
    panel.grab()


def test_a_large_batch_scrolls_to_its_cursor(panel: BatchPanel) -> None:
    panel.resize(420, 260)
    panel.show_batch(large(64, 128), 8)
    QApplication.processEvents()
    for key in (*(Key.Key_PageDown,) * 12, Key.Key_End):
        QTest.keyClick(board(panel), key)
    assert board(panel).cursor_place == Place(63, 127)
    view = board(panel).viewport().rect()
    assert view.contains(at(panel, 63, 127))
    panel.grab()
    QTest.keyClick(board(panel), Key.Key_Home)
    QTest.keyClick(board(panel), Key.Key_Right)
    assert view.contains(at(panel, 63, 0))


def test_losses_that_are_no_numbers(panel: BatchPanel) -> None:
    whole = names()
    losses = whole.losses.copy()
    losses[0, 1], losses[1, 0] = np.nan, np.inf
    panel.show_batch(BatchReading(299, whole.ids, whole.targets, losses, whole.lengths, math.nan), 300)
    assert part(panel, QToolButton, "batch_mean").text() == "mean NaN nats"
    assert said(panel, "worst") == "worst: a|b · mean NaN nats, NaN at “b”"
    QTest.mouseMove(board(panel).viewport(), at(panel, 0, 1))
    assert "loss not a number" in said(panel, "readout")
    QTest.mouseMove(board(panel).viewport(), at(panel, 1, 0))
    assert "∞ nats · probability 0.000" in said(panel, "readout")
    panel.grab()


def test_the_table_has_every_token(panel: BatchPanel) -> None:
    assert panel.table() is None
    panel.show_batch(sorting(), 1)
    table = panel.table()
    assert table is not None
    assert len(table) == 1 + 8
    assert table[1] == ["0", "0", "0", "a", "b", "", ""]
    assert table[3][:6] == ["0", "0", "2", "c", "a", "0.5"]
    assert float(table[3][6]) == pytest.approx(math.exp(-0.5))


def test_the_order_comes_back_and_garbage_does_not(panel: BatchPanel) -> None:
    panel.restore(json.loads(json.dumps({"order": "best"})))
    panel.show_batch(names(), 300)
    assert board(panel).rows_shown == (2, 0, 1)
    for garbage in ({}, {"order": 3}, {"order": ["worst"]}):
        panel.restore(garbage)
    assert panel.state() == {"order": "best"}
    assert BatchRows(names(), VOCABULARY).order(DRAWN) == (0, 1, 2)


def test_it_says_why_there_is_nothing_and_takes_other_models(panel: BatchPanel, qtbot: QtBot) -> None:
    assert board(panel)._message == "No batch yet: press Step or Play."
    panel.grab()
    panel.show_batch(large(), 8)
    QTest.keyClick(board(panel), Key.Key_End)
    panel.set_vocabulary(("·", "z"))  # of another model, before its batch: numbers stand for names
    panel.grab()
    panel.show_batch(names(), 300)
    for theme in (light_theme(2.0), dark_theme(1.5)):
        panel.set_theme(theme)
        for width, height in ((960, 400), (360, 230), (40, 30)):
            panel.resize(width, height)
            QApplication.processEvents()
            panel.grab()
    panel.clear()
    assert panel.aside == ""
    assert board(panel).rows_shown == ()
    other = BatchPanel()
    qtbot.addWidget(other)
    other.show_batch(names(), 300)
    other.grab()
