"""Bars: what is written, what is summed, which scale, and that only what changed is painted."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QPaintEvent, QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.bars import Bar, Bars
from weightdeck_desktop.widgets.snapped_limit import FINE, SnappedLimit, step_up

LETTERS = "abcdefghij"


@pytest.fixture
def bars(qtbot: QtBot) -> Bars:
    widget = Bars()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.set_label_room(LETTERS)
    widget.resize(300, 400)
    widget.show()
    return widget


class Damage(QObject):
    """Collects what a widget was asked to paint."""

    def __init__(self, widget: Bars) -> None:
        super().__init__(widget)
        self.region = QRegion()
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.region = self.region.united(event.region())
        return False


def test_a_tiny_share_is_not_written_as_nothing(bars: Bars) -> None:
    bars.set_rows([Bar("a", 0.99978), Bar("b", 2.2e-4), Bar("c", 0.0)])
    assert [value for _, value, _ in bars.shown] == ["1.000", "2e-4", "0.000"]
    bars.set_rows([Bar("a", 0.3), Bar("b", -2.2e-4)], signed=True)
    assert [value for _, value, _ in bars.shown] == ["+0.300", "−2e-4"]


def test_shares_ghosts_and_changes_are_written_out(bars: Bars) -> None:
    bars.set_rows([Bar("a", 0.44, ghost=0.23, nats=0.65), Bar("b", 0.13, ghost=0.17), Bar("c", 0.05)])
    assert bars.shown == (("a", "0.440", "+21 pt"), ("b", "0.130", "−4 pt"), ("c", "0.050", ""))


def test_a_change_below_half_a_point_is_text_only(bars: Bars) -> None:
    bars.set_rows([Bar("a", 0.44, ghost=0.4434), Bar("b", 0.2, ghost=0.2001), Bar("c", 0.2, ghost=0.193)])
    assert [change for _, _, change in bars.shown] == ["−0.3 pt", "·", "+0.7 pt"]
    assert [row.ghost is None for row in bars._drawn] == [True, True, False]


def test_rows_that_do_not_fit_are_summed(bars: Bars) -> None:
    rows = [Bar(letter, 0.1, ghost=0.11) for letter in LETTERS]
    bars.set_rows(rows)
    assert len(bars.shown) == 10
    bars.resize(300, 150)
    QApplication.processEvents()
    fitting = len(bars.shown)
    assert 2 <= fitting < 10
    hidden = 10 - (fitting - 1)
    assert bars.shown[-1] == (f"{hidden} others", f"{0.1 * hidden:.3f}", f"−{hidden} pt")


def test_the_sum_of_the_rest_does_not_set_the_scale(bars: Bars) -> None:
    bars.resize(300, 150)
    bars.set_rows([Bar(letter, 0.1) for letter in LETTERS])
    assert bars.limit == pytest.approx(0.1)


def test_signed_bars_grow_from_the_middle(bars: Bars) -> None:
    bars.set_rows([Bar("a", 0.2), Bar("b", -0.2)], signed=True)
    up, down = bars._drawn
    middle = bars._columns.track_width / 2
    assert (up.start, down.start + down.length) == (middle, middle)
    assert up.length == down.length > 0
    assert bars.shown == (("a", "+0.200", "+20 pt"), ("b", "−0.200", "−20 pt"))


def test_a_value_that_is_no_number_gets_no_bar(bars: Bars) -> None:
    bars.set_rows([Bar("a", math.nan), Bar("b", 0.5)])
    assert bars.shown[0] == ("a", "none", "")
    assert bars._drawn[0].length == 0
    assert bars.limit == pytest.approx(0.5)
    bars.grab()


def test_only_the_changed_row_is_repainted(bars: Bars, qtbot: QtBot) -> None:
    qtbot.waitExposed(bars)
    bars.set_rows([Bar("a", 0.4), Bar("b", 0.3), Bar("c", 0.2)])
    bars.repaint()
    damage = Damage(bars)
    bars.set_rows([Bar("a", 0.4), Bar("b", 0.3), Bar("c", 0.2)])
    QApplication.processEvents()
    assert damage.region.isEmpty()
    bars.set_rows([Bar("a", 0.4), Bar("b", 0.31), Bar("c", 0.2)])
    QApplication.processEvents()
    assert damage.region.boundingRect() == bars._row_rect(1)


def test_pending_keeps_the_old_values_and_marks_them(bars: Bars) -> None:
    bars.set_rows([Bar("a", 0.4)])
    before = bars.grab().toImage()
    bars.set_pending(True)
    assert bars.shown == (("a", "0.400", ""),)
    marked = bars.grab().toImage()
    assert marked != before
    left = bars._columns.value + bars._columns.value_width
    assert marked.copy(0, 0, left, bars.height()) == before.copy(0, 0, left, bars.height())
    bars.set_pending(False)
    assert bars.grab().toImage() == before


def test_a_message_stands_in_cross_hatch(bars: Bars) -> None:
    bars.set_rows([Bar("a", 0.4)])
    bars.set_message("loading engine")
    assert bars.shown == ()
    assert bars.accessibleDescription() == "loading engine"
    image = bars.grab().toImage()
    colours = {image.pixelColor(x, 3).name() for x in range(40)}
    assert dark_theme().panel.name() in colours
    assert len(colours) > 1


def test_the_bar_is_drawn_in_the_ramp_colour_to_its_length(bars: Bars) -> None:
    bars.set_rows([Bar("a", 0.25), Bar("b", 0.5)])
    image = bars.grab().toImage()
    track, width = bars._columns.track, bars._columns.track_width
    middle = bars._row_rect(0).center().y()
    assert image.pixelColor(track + round(0.4 * width), middle) == QColor(dark_theme().ramp[2])
    assert image.pixelColor(track + round(0.6 * width), middle) == QColor(dark_theme().raised)


def test_the_picture_is_described_in_words(bars: Bars) -> None:
    bars.clearFocus()
    bars.set_rows([Bar("a", 0.4), Bar("b", 0.3)])
    assert bars.accessibleDescription() == "a 0.40; b 0.30"


def test_with_the_focus_one_row_is_described(bars: Bars, qtbot: QtBot) -> None:
    bars.set_message("loading engine")
    bars.setFocus()
    qtbot.waitUntil(bars.hasFocus)
    bars.set_ghost_name("without your last change")
    bars.set_rows([Bar("a", 0.4), Bar("b", 0.3, ghost=0.2)])
    assert bars.accessibleDescription() == "a: probability 0.4000"
    QTest.keyClick(bars, Qt.Key.Key_Down)
    words = "b: probability 0.3000\nwithout your last change 0.2000\nchange +10.00 percentage points"
    assert bars.accessibleDescription() == words
    bars.set_rows([Bar("a", 0.4), Bar("b", 0.31, ghost=0.2)])
    assert bars.accessibleDescription() == words, "who listens does not hear every change"
    bars.clearFocus()
    assert bars.accessibleDescription() == "a 0.40; b 0.31"


class Menus:
    """Which rows' menus were asked for."""

    def __init__(self, bars: Bars) -> None:
        self.rows: list[int] = []
        self.places: list[QPoint] = []
        bars.row_menu_requested.connect(self._take)
        self._bars = bars

    def _take(self, row: int, place: QPoint) -> None:
        self.rows.append(row)
        self.places.append(self._bars.mapFromGlobal(place))

    def by_mouse(self, place: QPoint) -> None:
        """Ask with a right click."""
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, self._bars.mapToGlobal(place))
        QApplication.sendEvent(self._bars, event)

    def by_key(self) -> None:
        """Ask with the menu key."""
        middle = self._bars.rect().center()
        event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, middle, self._bars.mapToGlobal(middle))
        QApplication.sendEvent(self._bars, event)


def test_the_keyboard_walks_the_rows_and_asks_for_their_menus(bars: Bars) -> None:
    menus = Menus(bars)
    bars.set_rows([Bar(letter, 0.1) for letter in "abcd"])
    bars.setFocus()
    keys = Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_End, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Home
    for key in keys:
        QTest.keyClick(bars, key)
        QTest.keyClick(bars, Qt.Key.Key_Return)
        menus.by_key()
    assert menus.rows == [0, 0, 1, 1, 3, 3, 3, 3, 2, 2, 0, 0]
    for row, place in zip(menus.rows, menus.places, strict=True):
        assert bars._row_rect(row).contains(place)


def test_a_right_click_asks_for_the_menu_of_its_row(bars: Bars) -> None:
    menus = Menus(bars)
    bars.resize(300, 150)
    bars.set_rows([Bar(letter, 0.1) for letter in LETTERS])
    menus.by_mouse(bars._row_rect(1).center())
    assert (menus.rows, menus.places) == ([1], [bars._row_rect(1).center()])
    folded = len(bars.shown) - 1
    menus.by_mouse(bars._row_rect(folded).center())
    menus.by_mouse(QPoint(5, bars.height() - 2))
    QTest.keyClick(bars, Qt.Key.Key_End)
    QTest.keyClick(bars, Qt.Key.Key_Return)
    assert menus.rows == [1], "the sum of the rest, and the scale, are no rows"


def test_without_rows_nothing_is_asked(bars: Bars) -> None:
    menus = Menus(bars)
    bars.set_message("loading engine")
    for key in (Qt.Key.Key_Down, Qt.Key.Key_End, Qt.Key.Key_Return):
        QTest.keyClick(bars, key)
    menus.by_key()
    menus.by_mouse(QPoint(5, 5))
    assert menus.rows == []
    bars.grab()


def test_the_row_of_the_keyboard_is_framed_while_it_has_the_focus(bars: Bars) -> None:
    bars.set_rows([Bar("a", 0.4), Bar("b", 0.3)])
    bars.setFocus()
    QTest.keyClick(bars, Qt.Key.Key_Down)
    corner = bars._row_rect(1).topLeft()
    assert bars.grab().toImage().pixelColor(corner) == dark_theme().hand_outline
    bars.clearFocus()
    assert bars.grab().toImage().pixelColor(corner) != dark_theme().hand_outline


def test_a_kept_scale_grows_but_does_not_shrink(bars: Bars) -> None:
    bars.set_rows([Bar("a", 0.45)])
    bars.set_rows([Bar("a", 0.05)], keeps_scale=True)
    assert bars.limit == pytest.approx(0.5)
    bars.set_rows([Bar("a", 0.8)], keeps_scale=True)
    assert bars.limit == pytest.approx(1.0)
    bars.set_rows([Bar("a", 0.05)])
    assert bars.limit == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("value", "end"), [(0.03, 0.05), (0.1, 0.1), (0.1 + 0.2, 0.5), (1.0, 1.0), (2.1, 5.0), (7.0, 10.0)]
)
def test_scales_end_at_round_numbers(value: float, end: float) -> None:
    assert step_up(value) == pytest.approx(end)


def test_a_scale_grows_at_once_and_shrinks_reluctantly() -> None:
    limit = SnappedLimit()
    assert limit.fit(0.0) > 0
    assert limit.fit(0.3) == pytest.approx(0.5)
    assert limit.fit(0.51) == pytest.approx(1.0)
    assert limit.fit(0.45) == pytest.approx(1.0)
    assert limit.fit(0.34) == pytest.approx(0.5)
    assert limit.fit(math.nan) == pytest.approx(0.5)
    limit.reset()
    assert limit.fit(0.19) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("value", "end"), [(0.0149, 0.015), (2.256, 2.5), (2.5, 2.5), (3.1, 4.0), (0.1 + 0.2, 0.3), (8.1, 10.0)]
)
def test_fine_scales_leave_little_room(value: float, end: float) -> None:
    assert step_up(value, FINE) == pytest.approx(end)


def test_a_fine_scale_is_as_calm() -> None:
    limit = SnappedLimit(steps=FINE)
    assert limit.fit(2.256) == pytest.approx(2.5)
    assert limit.fit(1.8) == pytest.approx(2.5)
    assert limit.fit(2.6) == pytest.approx(3.0)
    assert limit.fit(1.7) == pytest.approx(2.5)


def test_signed_values_have_room_for_their_sign(bars: Bars) -> None:
    bars.set_rows([Bar("a", 0.44)])
    unsigned = bars._columns.value_width
    bars.set_rows([Bar("a", -0.44)], signed=True)
    assert bars._columns.value_width > unsigned
    bars.set_rows([Bar("a", 0.44)])
    assert bars._columns.value_width == unsigned


def test_room_left_over_is_shared_among_the_rows(bars: Bars) -> None:
    rows = [Bar(letter, 0.1) for letter in LETTERS]
    for height in range(200, 320, 7):
        bars.resize(300, height)
        bars.set_rows(rows)
        left = bars.height() - len(bars.shown) * bars._row_height - bars._axis_height()
        assert 0 <= left < len(bars.shown)


def test_few_rows_want_no_more_height_than_they_can_use(bars: Bars) -> None:
    bars.set_label_room("ABC")
    bars.set_rows([Bar(letter, 0.3) for letter in "ABC"])
    assert bars.maximumHeight() < 200
    bars.resize(300, bars.maximumHeight())
    assert len(bars.shown) == 3
