"""What the plots are made of: decimation, nice numbers, label places, ridges and thumbnails."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF, Qt
from pytestqt.qtbot import QtBot

from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.axes import (
    log_ticks,
    nice_step,
    snapped_end,
    snapped_log_range,
    snapped_range,
    tick_label,
)
from weightdeck_desktop.widgets.decimate import MinMaxSeries, decimate, with_dashes
from weightdeck_desktop.widgets.number_axis import NumberAxis
from weightdeck_desktop.widgets.placing import Placing
from weightdeck_desktop.widgets.ridge import Ridge
from weightdeck_desktop.widgets.thumbnails import COLUMNS, Thumbnail, Thumbnails

VALUES = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([math.nan, math.inf, -math.inf]))


@given(st.lists(st.tuples(st.floats(0.0, 20.0), VALUES), max_size=200))
def test_decimation_keeps_every_columns_minimum_and_maximum_exactly(
    points: list[tuple[float, float]],
) -> None:
    x = np.sort(np.array([point[0] for point in points]))
    y = np.array([point[1] for point in points])
    new_x, new_y = decimate(x, y)
    assert np.all(np.diff(new_x) >= 0.0)
    for column in np.unique(np.floor(x)):
        old = y[np.floor(x) == column]
        old = old[np.isfinite(old)]
        new = new_y[np.floor(new_x) == column]
        assert 1 <= len(new) <= 2
        if len(old):
            assert np.nanmin(new) == old.min()
            assert np.nanmax(new) == old.max()
        else:
            assert np.all(np.isnan(new))


def test_decimation_keeps_the_direction_of_a_slope() -> None:
    x = np.linspace(0.0, 3.0, 300, endpoint=False)
    assert np.all(np.diff(decimate(x, x)[1]) > 0.0)
    assert np.all(np.diff(decimate(x, -x)[1]) < 0.0)


def test_a_point_that_stands_alone_becomes_a_dash() -> None:
    gap = math.nan
    x, y = with_dashes(np.arange(6.0), np.array([1.0, gap, 2.0, 3.0, gap, 4.0]))
    np.testing.assert_array_equal(x, [0.0, 1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    np.testing.assert_array_equal(y, [1.0, 1.0, gap, 2.0, 3.0, gap, 4.0, 4.0])
    assert len(with_dashes(np.empty(0), np.empty(0))[0]) == 0


@example([64, 97], 0)  # the second chunk opens a level whose first group lies in the first
@given(st.lists(st.integers(0, 700), min_size=1, max_size=12), st.integers(0, 2**32 - 1))
def test_a_series_fed_in_chunks_holds_minima_and_maxima_of_every_window(chunks: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=sum(chunks))
    values[rng.random(len(values)) < 0.1] = math.nan
    series = MinMaxSeries()
    start = 0
    for chunk in chunks:
        series.append(values[start : start + chunk])
        start += chunk
    assert len(series) == len(values)
    np.testing.assert_array_equal(series.values(), values)
    places, found = series.window(0, len(values), 20)
    assert len(places) == len(found) <= 320
    if np.isfinite(values).any():
        assert np.nanmin(found) == np.nanmin(values) == series.low
        assert np.nanmax(found) == np.nanmax(values) == series.high
    first = len(values) // 3
    places, found = series.window(first, first + 10, 20)
    np.testing.assert_array_equal(found, values[first : first + 10])


def test_nice_numbers() -> None:
    assert [nice_step(span, 5) for span in (1.0, 1.3, 4.9, 30.0)] == pytest.approx([0.2, 0.5, 1.0, 10.0])
    assert [snapped_end(value, 50.0) for value in (0, 50, 51, 101, 1240, 3000, 1e6)] == pytest.approx(
        [50, 50, 60, 150, 1500, 3000, 1e6]
    )
    assert snapped_range(1.93, 3.296) == pytest.approx((1.8, 3.4))
    assert snapped_range(0.003, 0.003)[0] <= 0.003 < snapped_range(0.003, 0.003)[1]
    assert snapped_log_range(0.23, 3.3) == pytest.approx((0.2, 4.0))


@given(st.floats(-1e9, 1e9), st.floats(0.0, 1e9))
def test_a_snapped_range_holds_what_it_was_made_for(low: float, width: float) -> None:
    first, last = snapped_range(low, low + width)
    slack = 1e-6 * (last - first)
    assert first - slack <= low <= low + width <= last + slack
    assert first < last


def test_the_end_of_an_axis_changes_seldom_while_a_run_grows() -> None:
    ends = {snapped_end(float(step), 50.0) for step in range(100_001)}
    assert len(ends) <= 30


def test_tick_labels_read_like_numbers() -> None:
    assert tick_label(1240.0, 200.0) == "1,240"
    assert tick_label(-0.3, 0.1) == "−0.3"
    assert tick_label(0.25, 0.05) == "0.25"
    assert tick_label(2e-5, 1e-5) == "2e-5"
    assert tick_label(1e-17, 0.1) == "0"


@pytest.mark.parametrize("log", [False, True])
def test_axis_ticks_lie_in_view_and_are_not_too_many(log: bool) -> None:
    axis = NumberAxis("bottom", log_floor=1.0)
    axis.set_theme(dark_theme())
    for end in (50.0, 3000.0, 1e6):
        axis.set_extent(0.0, end)
        axis.set_log(log)
        axis.setRange(*axis.extent)
        places = [place for place, _ in axis.labels(6.5 * axis.pitch)]
        values = [axis.to_value(place) for place in places]
        assert 2 <= len(places) <= 8
        assert all(axis.low * 0.999 <= value <= axis.high * 1.001 for value in values)
        assert all(axis.range[0] <= place <= axis.range[1] for place in places)
        assert axis.to_inner(np.array(values)) == pytest.approx(places)


@given(st.floats(1e-3, 1e6), st.floats(1.01, 15.0), st.integers(2, 12))
def test_even_ticks_on_a_short_logarithmic_axis_keep_apart(low: float, times: float, most: int) -> None:
    step, values = log_ticks(low, low * times, most)
    assert step is not None
    gaps = np.diff(np.log10(values)) / math.log10(times)
    assert np.all(gaps >= 0.65 / most - 1e-9)
    assert all(low * (1.0 - 1e-5) <= value <= low * times * (1.0 + 1e-5) for value in values)


@given(st.lists(st.floats(0.0, 200.0), min_size=1, max_size=8))
def test_placed_labels_keep_apart_and_inside(wanted: list[float]) -> None:
    placing = Placing(0.0, 200.0)
    rects = []
    for y in wanted:
        corner = placing.place(10.0, y, 50.0, 14.0)
        assert corner is not None, "eight labels leave room for each other"
        rects.append(QRectF(corner, QRectF(0, 0, 50, 14).size()))
    for place, rect in enumerate(rects):
        assert 0.0 <= rect.top() <= 186.0
        for other in rects[:place]:
            assert rect.top() >= other.bottom() - 1e-6 or other.top() >= rect.bottom() - 1e-6


def test_a_label_that_has_no_room_is_not_placed_over_another() -> None:
    placing = Placing(0.0, 30.0)
    assert placing.place(10.0, 5.0, 50.0, 14.0) is not None
    assert placing.place(10.0, 5.0, 50.0, 14.0) is not None
    assert placing.place(10.0, 5.0, 50.0, 14.0) is None
    assert placing.place(80.0, 5.0, 50.0, 14.0) is not None, "beside them there is room"


def _ridge(qtbot: QtBot) -> Ridge:
    ridge = Ridge(5)
    qtbot.addWidget(ridge)
    ridge.set_theme(dark_theme())
    ridge.resize(280, 200)
    ridge.set_axis(
        8,
        ((0.0, "−1"), (0.5, "0"), (1.0, "1")),
        ("a very, very long title that cannot fit here, whatever the font is", "value"),
    )
    ridge.show()
    return ridge


def test_ridge_rows_keep_their_places_and_unchanged_rows_are_not_drawn_again(qtbot: QtBot) -> None:
    ridge = _ridge(qtbot)
    baselines = [ridge._baseline(row) for row in range(5)]
    heights = np.linspace(0.0, 1.0, 8)
    ridge.set_row(2, heights, "10")
    path = ridge._shapes[2].path()
    ridge.set_row(2, heights.copy(), "20")
    assert ridge._shapes[2].path() == path
    ridge.set_row(2, None, "")
    assert ridge._shapes[2].path() != path
    assert [ridge._baseline(row) for row in range(5)] == baselines


def test_a_ridge_shows_the_longest_title_that_fits(qtbot: QtBot) -> None:
    ridge = _ridge(qtbot)
    assert ridge._title.text() == "value"
    ridge.resize(500, 200)
    assert ridge._title.text().startswith("a very")


def test_a_ridge_says_which_row_and_bin_the_pointer_is_on(qtbot: QtBot) -> None:
    ridge = _ridge(qtbot)
    seen: list[tuple[int, int] | None] = []
    ridge.hovered.connect(seen.append)
    for row in range(5):
        for place in (0, 3, 7):
            x = ridge._area.left() + (place + 0.5) / 8 * ridge._area.width()
            qtbot.mouseMove(ridge.viewport(), QPointF(x, ridge._baseline(row) - 4.0).toPoint())
    assert [found for found in seen if found] == [(row, place) for row in range(5) for place in (0, 3, 7)]


def _thumbnails(qtbot: QtBot) -> Thumbnails:
    thumbnails = Thumbnails()
    qtbot.addWidget(thumbnails)
    thumbnails.set_theme(dark_theme())
    cells = [Thumbnail(row, column, f"{row}.{column}") for row in range(3) for column in range(4)]
    thumbnails.set_cells(cells, ("in · out", "block 0", "block 1"), lambda place: f"tip {place}")
    thumbnails.set_heights(np.ones((12, COLUMNS)))
    thumbnails.resize(260, thumbnails.height())
    thumbnails.show()
    return thumbnails


def test_thumbnails_are_chosen_by_click_and_by_keys(qtbot: QtBot) -> None:
    thumbnails = _thumbnails(qtbot)
    chosen: list[int] = []
    thumbnails.chosen.connect(chosen.append)
    qtbot.mouseClick(
        thumbnails.viewport(), Qt.MouseButton.LeftButton, pos=thumbnails.cell_rect(6).center().toPoint()
    )
    for key in (
        Qt.Key.Key_Right,
        Qt.Key.Key_Up,
        Qt.Key.Key_Up,
        Qt.Key.Key_End,
        Qt.Key.Key_Right,
        Qt.Key.Key_Home,
    ):
        qtbot.keyClick(thumbnails, key)
    assert chosen == [6, 7, 3, 11, 0]
    assert thumbnails.accessibleDescription() == "0.0"


def test_thumbnails_told_to_choose_stay_silent(qtbot: QtBot) -> None:
    thumbnails = _thumbnails(qtbot)
    with qtbot.assertNotEmitted(thumbnails.chosen):
        thumbnails.set_choice(5)
    assert thumbnails.choice == 5


def test_a_thumbnail_under_the_pointer_gives_its_tooltip(qtbot: QtBot) -> None:
    thumbnails = _thumbnails(qtbot)
    qtbot.mouseMove(thumbnails.viewport(), thumbnails.cell_rect(9).center().toPoint())
    assert thumbnails.toolTip() == "tip 9"


def test_many_rows_of_thumbnails_get_flatter_not_taller(qtbot: QtBot) -> None:
    thumbnails = _thumbnails(qtbot)
    cells = [Thumbnail(row, 0, str(row)) for row in range(13)]
    thumbnails.set_cells(cells, [f"block {row}" for row in range(13)], str)
    assert thumbnails.height() <= Thumbnails.MOST_HEIGHT + 8
    rects = [thumbnails.cell_rect(place) for place in range(13)]
    assert all(a.bottom() < b.top() for a, b in zip(rects, rects[1:], strict=False))
