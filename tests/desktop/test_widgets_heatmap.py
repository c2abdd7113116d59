"""Heat maps: colours are values, cells can be pointed at, and no number is no zero."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.heatmap import Cell, Heatmap


@pytest.fixture
def heatmap(qtbot: QtBot) -> Heatmap:
    widget = Heatmap()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.resize(202, 102)
    widget.show()
    return widget


def colour_at(image: QImage, heatmap: Heatmap, cell: Cell) -> QColor:
    return image.pixelColor(heatmap.cell_rect(cell).center().toPoint())


def table_colour(table: np.ndarray, place: int) -> QColor:
    return QColor(*(int(part) for part in table[place, :3]))


def test_signed_values_run_from_low_through_zero_to_high(heatmap: Heatmap) -> None:
    values = np.array([[-2.0, 0.0, 2.0], [-9.0, 9.0, np.inf]], dtype=np.float32)
    heatmap.set_values(values, 2.0, signed=True)
    image = heatmap.grab().toImage()
    table = dark_theme().diverging_table()
    low, high = table_colour(table, 0), table_colour(table, 255)
    assert colour_at(image, heatmap, Cell(0, 0, 0)) == low
    assert colour_at(image, heatmap, Cell(0, 0, 1)) == table_colour(table, 128)
    assert colour_at(image, heatmap, Cell(0, 0, 2)) == high
    assert [colour_at(image, heatmap, Cell(0, 1, column)) for column in range(3)] == [low, high, high]


def test_unsigned_values_use_the_ramp_of_the_theme(heatmap: Heatmap) -> None:
    heatmap.set_values(np.array([[0.0, 1.0]], dtype=np.float32), 1.0, signed=False)
    heatmap.set_theme(light_theme())
    image = heatmap.grab().toImage()
    table = light_theme().ramp_table()
    assert colour_at(image, heatmap, Cell(0, 0, 0)) == table_colour(table, 0)
    assert colour_at(image, heatmap, Cell(0, 0, 1)) == table_colour(table, 255)


def test_no_number_is_hatched_and_zero_is_plain(heatmap: Heatmap) -> None:
    heatmap.set_values(np.array([[0.0, np.nan]], dtype=np.float32), 1.0, signed=True)
    image = heatmap.grab().toImage()

    def colours(column: int) -> set[str]:
        rect = heatmap.cell_rect(Cell(0, 0, column)).toAlignedRect().adjusted(4, 4, -4, -4)
        return {
            image.pixelColor(x, y).name() for x in range(rect.left(), rect.right()) for y in range(10, 30)
        }

    assert len(colours(0)) == 1
    assert len(colours(1)) > 1


def test_groups_stand_side_by_side(heatmap: Heatmap) -> None:
    heatmap.set_values(np.zeros((3, 4, 4), dtype=np.float32), 1.0, signed=False)
    first, second = heatmap.cell_rect(Cell(0, 0, 3)), heatmap.cell_rect(Cell(1, 0, 0))
    assert second.left() > first.right()
    assert heatmap.cell_rect(Cell(2, 3, 3)).right() <= heatmap.width()


def test_hovering_says_which_cell(heatmap: Heatmap) -> None:
    heatmap.set_values(np.zeros((2, 4), dtype=np.float32), 1.0, signed=True)
    heatmap.set_row_labels(("c", "h"), 40)
    said: list[Cell | None] = []
    heatmap.pointed.connect(said.append)
    QTest.mouseMove(heatmap, heatmap.cell_rect(Cell(0, 1, 2)).center().toPoint())
    QTest.mouseMove(heatmap, heatmap.cell_rect(Cell(0, 1, 3)).center().toPoint())
    QTest.mouseMove(heatmap, QPoint(5, 50))
    assert said == [Cell(0, 1, 2), Cell(0, 1, 3), None]


def test_arrow_keys_walk_through_cells_and_groups(heatmap: Heatmap) -> None:
    heatmap.set_values(np.zeros((2, 3, 3), dtype=np.float32), 1.0, signed=False)
    said: list[Cell] = []
    heatmap.pointed.connect(said.append)
    key = Qt.Key
    for pressed in (
        key.Key_Down,
        key.Key_End,
        key.Key_Right,
        key.Key_Left,
        key.Key_Up,
        key.Key_Up,
        key.Key_Home,
    ):
        QTest.keyClick(heatmap, pressed)
    assert said == [
        Cell(0, 1, 0),
        Cell(0, 1, 2),
        Cell(1, 1, 0),
        Cell(0, 1, 2),
        Cell(0, 0, 2),
        Cell(0, 0, 2),
        Cell(0, 0, 0),
    ]


def test_the_cursor_stays_inside_when_the_shape_shrinks(heatmap: Heatmap) -> None:
    heatmap.set_values(np.zeros((4, 9), dtype=np.float32), 1.0, signed=True)
    QTest.keyClick(heatmap, Qt.Key.Key_End)
    assert heatmap.cursor_cell == Cell(0, 0, 8)
    heatmap.set_values(np.zeros((2, 3), dtype=np.float32), 1.0, signed=True)
    assert heatmap.cursor_cell == Cell(0, 0, 2)


def test_the_same_colours_are_not_painted_again(heatmap: Heatmap) -> None:
    class Painted(QObject):
        count = 0

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            self.count += event.type() == QEvent.Type.Paint
            return False

    values = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)
    heatmap.set_values(values, 1.0, signed=True)
    heatmap.repaint()
    painted = Painted(heatmap)
    heatmap.installEventFilter(painted)
    heatmap.set_values(values + np.float32(1e-5), 1.0, signed=True)
    QApplication.processEvents()
    assert painted.count == 0
    heatmap.set_values(-values, 1.0, signed=True)
    QApplication.processEvents()
    assert painted.count == 1


@pytest.mark.parametrize("nothing", [None, np.empty((0, 5), dtype=np.float32)])
def test_nothing_is_hatched(heatmap: Heatmap, nothing: np.ndarray | None) -> None:
    heatmap.set_values(np.zeros((2, 4), dtype=np.float32), 1.0, signed=True)
    heatmap.set_values(nothing, 1.0, signed=True)
    assert heatmap.values is None
    image = heatmap.grab().toImage()
    assert len({image.pixelColor(x, 20).name() for x in range(20, 60)}) > 1
    QTest.keyClick(heatmap, Qt.Key.Key_Right)
    QTest.mouseMove(heatmap, QPoint(30, 30))
