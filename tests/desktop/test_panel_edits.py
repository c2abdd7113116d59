"""The history of what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListView, QToolButton
from pytestqt.qtbot import QtBot

from weightdeck_desktop.panels.edit_lines import EditKind, EditLine, EditLines, Standing, moves_between
from weightdeck_desktop.panels.edits import EditsPanel
from weightdeck_desktop.theme import dark_theme, light_theme

LINES = (
    EditLine(498, "scale embed row q by ×0.00", EditKind.WEIGHT, Standing.CUT_OFF),
    EditLine(940, "set rate to 3e-3", EditKind.SETTING),
    EditLine(1190, "mute head 0.1", EditKind.MUTE),
    EditLine(1236, "scale block 0 attention by ×0.40", EditKind.WEIGHT),
    EditLine(1300, "hold head", EditKind.HOLD, Standing.UNDONE),
    EditLine(1310, "fader of head 0.2 to 0.50", EditKind.STRIP, Standing.UNDONE),
)
MOVES = [None, 2, 1, 0, -1, -2]  # of these lines


def many(count: int) -> list[EditLine]:
    return [EditLine(step, f"edit {step}", EditKind.WEIGHT) for step in range(count)]


@pytest.fixture
def panel(qtbot: QtBot) -> EditsPanel:
    panel = EditsPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.resize(360, 400)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def view(panel: EditsPanel) -> QListView:
    view = panel.findChild(QListView, "edits_list")
    assert isinstance(view, QListView)
    return view


@pytest.fixture
def model(panel: EditsPanel, view: QListView) -> EditLines:
    panel.show_entries(LINES)
    QApplication.processEvents()
    model = view.model()
    assert isinstance(model, EditLines)
    return model


@pytest.fixture
def gone(panel: EditsPanel) -> list[int]:
    """Where the panel asked to go."""
    asked: list[int] = []
    panel.go_to_requested.connect(asked.append)
    return asked


def words(model: EditLines) -> list[str]:
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def button(panel: EditsPanel, name: str) -> QToolButton:
    found = panel.findChild(QToolButton, f"edits_{name}")
    assert isinstance(found, QToolButton)
    return found


def middle(view: QListView, row: int) -> QPoint:
    return view.visualRect(view.model().index(row, 0)).center()


def click(view: QListView, row: int) -> None:
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle(view, row))


def test_the_newest_comes_first_and_undone_ones_say_so(model: EditLines) -> None:
    assert words(model) == [
        "undone: fader of head 0.2 to 0.50",
        "undone: hold head",
        "scale block 0 attention by ×0.40",
        "mute head 0.1",
        "set rate to 3e-3",
        "undone: scale embed row q by ×0.00",
        "as the run began",
    ]


def test_every_line_says_where_it_leads(model: EditLines) -> None:
    tips = [model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole) for row in range(model.rowCount())]
    lost = "A newer change took its place: it cannot be done again."
    assert tips == [
        "undone: fader of head 0.2 to 0.50, step 1,310\nClick or Enter: redo 2 changes",
        "undone: hold head, step 1,300\nClick or Enter: redo 1 change",
        "scale block 0 attention by ×0.40, step 1,236\nThe model stands here.",
        "mute head 0.1, step 1,190\nClick or Enter: undo 1 change",
        "set rate to 3e-3, step 940\nClick or Enter: undo 2 changes",
        f"undone: scale embed row q by ×0.00, step 498\n{lost}",
        "as the run began\nClick or Enter: undo 3 changes",
    ]
    heard = [model.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(model.rowCount())]
    assert heard == tips


def test_the_way_to_every_line_is_counted() -> None:
    assert moves_between(LINES) == [3, *MOVES]
    assert moves_between(()) == [0]
    undone = [replace(line, standing=Standing.UNDONE) for line in LINES[1:4]]
    assert moves_between(undone) == [0, -1, -2, -3]


def test_a_click_goes_back_or_forward(model: EditLines, view: QListView, gone: list[int]) -> None:
    for row in range(model.rowCount()):
        click(view, row)
    assert gone == [-2, -1, 1, 2, 3], "neither to where the model stands nor to what was cut off"


def test_enter_goes_there_too(model: EditLines, view: QListView, gone: list[int]) -> None:
    view.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(view, Qt.Key.Key_Home)
    for _ in range(model.rowCount()):
        QTest.keyClick(view, Qt.Key.Key_Return)
        QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_End)
    QTest.keyClick(view, Qt.Key.Key_Enter)
    assert gone == [-2, -1, 1, 2, 3, 3]


def test_a_double_click_goes_once(model: EditLines, view: QListView, gone: list[int]) -> None:
    click(view, 4)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle(view, 4))
    assert gone == [2]


def test_only_a_left_click_on_one_line_counts(model: EditLines, view: QListView, gone: list[int]) -> None:
    QTest.mouseClick(view.viewport(), Qt.MouseButton.RightButton, pos=middle(view, 4))
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=middle(view, 4))
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=middle(view, 3))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(9, view.viewport().height() - 3))
    assert gone == []


def test_letters_are_left_to_the_window(model: EditLines, view: QListView, panel: EditsPanel) -> None:
    view.setFocus(Qt.FocusReason.TabFocusReason)
    view.setCurrentIndex(model.index(3, 0))
    for key in (Qt.Key.Key_U, Qt.Key.Key_B, Qt.Key.Key_Space):
        QTest.keyClick(view, key)
    assert view.currentIndex().row() == 3


def test_the_pointer_tells_lines_that_lead_somewhere(model: EditLines, view: QListView) -> None:
    shapes = []
    for row in range(model.rowCount()):
        QTest.mouseMove(view.viewport(), middle(view, row))
        QApplication.processEvents()
        shapes.append(view.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor)
    assert shapes == [True, True, False, True, True, False, True]


def test_a_bar_stands_where_the_model_is_now(panel: EditsPanel, model: EditLines, view: QListView) -> None:
    def barred() -> list[int]:
        image = view.viewport().grab().toImage()
        colours = [image.pixelColor(1, middle(view, row).y()) for row in range(model.rowCount())]
        return [row for row, colour in enumerate(colours) if colour == dark_theme().hand_outline]

    assert barred() == [2]
    panel.show_entries([*LINES[:4], replace(LINES[4], standing=Standing.IN_FORCE), LINES[5]])
    assert barred() == [1]
    panel.show_entries([replace(line, standing=Standing.UNDONE) for line in LINES])
    assert barred() == [6]


def test_every_kind_has_a_sign_of_its_own(panel: EditsPanel, view: QListView) -> None:
    panel.show_entries([EditLine(5, "the same words", kind) for kind in EditKind])
    QApplication.processEvents()
    image = view.viewport().grab().toImage()
    signs = []
    for row in range(1, len(EditKind)):  # not the newest: a bar stands before it
        rect = view.visualRect(view.model().index(row, 0))
        sign = image.copy(rect.left(), rect.top(), 22, 25)
        assert all(sign != other for other in signs), row
        signs.append(sign)
    assert len(signs) == 4


def test_only_what_is_new_is_announced(panel: EditsPanel, model: EditLines, qtbot: QtBot) -> None:
    lines = LINES[:4]
    panel.clear()
    panel.show_entries(lines)
    newer = EditLine(1300, "set head [s, 31] to +0.412", EditKind.WEIGHT)
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.rowsInserted) as inserted:
        panel.show_entries((*lines, newer))
    assert inserted.args is not None
    assert inserted.args[1:] == [0, 0]
    undone = replace(newer, standing=Standing.UNDONE)
    with qtbot.assertNotEmitted(model.rowsInserted), qtbot.waitSignal(model.dataChanged) as changed:
        panel.show_entries((*lines, undone))
    assert changed.args is not None
    assert (changed.args[0].row(), changed.args[1].row()) == (0, 1), "it, and where the model stands now"
    assert words(model)[0] == "undone: set head [s, 31] to +0.412"
    with qtbot.assertNotEmitted(model.dataChanged), qtbot.assertNotEmitted(model.rowsInserted):
        panel.show_entries((*lines, undone))


def test_a_shorter_history_replaces_it(panel: EditsPanel, model: EditLines) -> None:
    panel.show_entries(LINES[:1])
    assert len(words(model)) == 2
    panel.clear()
    assert words(model) == []
    assert panel.table() is None


def test_undo_and_redo_ask_and_say_what(panel: EditsPanel, qtbot: QtBot, gone: list[int]) -> None:
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
    assert gone == []


def top(view: QListView) -> str:
    return str(view.indexAt(QPoint(5, 5)).data())


def test_who_has_scrolled_goes_on_reading_the_same_lines(panel: EditsPanel, view: QListView) -> None:
    panel.show_entries(many(1000))
    QApplication.processEvents()
    assert top(view) == "edit 999"
    panel.show_entries(many(1001))
    QApplication.processEvents()
    assert top(view) == "edit 1000", "at the top the newest is in sight"
    view.verticalScrollBar().setValue(500)
    read = top(view)
    for count in (1002, 1005):
        panel.show_entries(many(count))
        QApplication.processEvents()
        assert top(view) == read


def test_in_a_thousand_lines_the_way_is_right(panel: EditsPanel, view: QListView, gone: list[int]) -> None:
    panel.show_entries(many(1000))
    QApplication.processEvents()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(view, Qt.Key.Key_Home)
    QTest.keyClick(view, Qt.Key.Key_End)
    QTest.keyClick(view, Qt.Key.Key_Return)
    QTest.keyClick(view, Qt.Key.Key_Up)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert gone == [1000, 999]


def painted_rows(view: QListView) -> Sequence[int]:
    painted: list[int] = []
    delegate = view.itemDelegate()
    paint = delegate.paint

    def noting_paint(painter, option, index):  # type: ignore[no-untyped-def]
        painted.append(index.row())
        paint(painter, option, index)

    delegate.paint = noting_paint  # type: ignore[method-assign]
    view.grab()
    return painted


def test_a_long_history_paints_only_what_is_in_sight(panel: EditsPanel, view: QListView) -> None:
    panel.show_entries(many(20_000))
    assert 0 < len(painted_rows(view)) < 20


@pytest.mark.parametrize("width", [200, 360, 480])
def test_it_paints_in_both_themes_and_widths(panel: EditsPanel, model: EditLines, width: int) -> None:
    panel.resize(width, 300)
    dark = panel.grab().toImage()
    panel.set_theme(light_theme())
    assert panel.grab().toImage() != dark


def test_the_table_keeps_the_order_of_events(panel: EditsPanel, model: EditLines) -> None:
    table = panel.table()
    assert table is not None
    assert table[1] == ["498", "scale embed row q by ×0.00", "weight", "cut off"]
    assert table[-1] == ["1310", "fader of head 0.2 to 0.50", "strip", "undone"]
