"""The plot: what is drawn of a line, how the axes move, and that no mouse and no data break it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.curve import CurveStyle, Level
from weightdeck_desktop.widgets.plot import Plot


def _shown(qtbot: QtBot, width: int = 400, height: int = 200) -> Plot:
    plot = Plot("steps", "nats per letter")
    qtbot.addWidget(plot)
    plot.add_curve("a", CurveStyle(lambda theme: theme.text, label="first"))
    plot.add_curve("b", CurveStyle(lambda theme: theme.ramp[2], label="second"))
    plot.set_theme(dark_theme())
    plot.resize(width, height)
    plot.set_extent((0.0, 100.0), (0.0, 1.0))
    plot.show()
    return plot


def _wheel(plot: Plot, notches: int, at: QPointF | None = None) -> None:
    at = at or QPointF(plot.rect().center())
    event = QWheelEvent(
        at,
        plot.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(plot.viewport(), event)


def _mouse(
    plot: Plot, kind: QMouseEvent.Type, at: QPointF, button: Qt.MouseButton, held: Qt.MouseButton
) -> None:
    event = QMouseEvent(kind, at, plot.mapToGlobal(at), button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(plot.viewport(), event)


def _move(plot: Plot, at: QPointF) -> None:
    _mouse(plot, QMouseEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton)


def _view(plot: Plot) -> tuple[float, float, float, float]:
    return plot.x_axis.low, plot.x_axis.high, plot.y_axis.low, plot.y_axis.high


def test_a_long_line_is_at_most_two_points_a_pixel_column_and_keeps_its_extremes(qtbot: QtBot) -> None:
    plot = _shown(qtbot)
    y = np.random.default_rng(0).random(100_000)
    y[12_345], y[54_321] = -3.0, 7.0
    plot.set_extent((0.0, 100.0), (-4.0, 8.0))
    plot.set_curve("a", np.linspace(0.0, 100.0, len(y)), y)
    x_px, y_px = plot.drawn("a")
    assert np.bincount(np.floor(x_px).astype(int)).max() <= 2
    spans = y_px.max() - y_px.min()
    plot.set_curve("a", np.array([0.0, 1.0]), np.array([-3.0, 7.0]))
    assert spans == pytest.approx(np.ptp(plot.drawn("a")[1]))


@pytest.mark.parametrize(
    "y", [[], [math.nan], [math.nan] * 3, [math.inf, 0.5, -math.inf], [1e308, -1e308, 0.0]]
)
def test_empty_and_impossible_values_draw_gaps(qtbot: QtBot, y: list[float]) -> None:
    plot = _shown(qtbot)
    plot.set_curve("a", np.arange(len(y), dtype=float), np.array(y))
    assert not plot.grab().isNull()
    assert np.isfinite(plot.drawn("a")[1]).sum() == sum(math.isfinite(value) for value in y)


def test_unchanged_points_are_not_drawn_again(qtbot: QtBot) -> None:
    plot = _shown(qtbot)
    x, y = np.arange(100.0), np.linspace(0.0, 1.0, 100)
    plot.set_curve("a", x, y)
    item = plot._curves["a"].item
    first = item.xData
    plot.set_curve("a", x, y)
    assert item.xData is first
    plot.set_curve("a", x, y[::-1])
    assert item.xData is not first


def test_three_thousand_wheel_notches_either_way_leave_a_usable_view(qtbot: QtBot) -> None:
    plot = _shown(qtbot)
    plot.set_curve("a", np.arange(101.0), np.linspace(0.0, 1.0, 101))
    for notches in (-1, 1):
        for _ in range(3000):
            _wheel(plot, notches)
        low, high, bottom, top = _view(plot)
        assert all(map(math.isfinite, (low, high, bottom, top)))
        assert 1e-3 < high - low <= 300.0 + 1e-9
        assert low < 100.0
        assert high > 0.0
        assert not plot.grab().isNull()


def test_the_wheel_over_an_axis_zooms_only_that_axis(qtbot: QtBot) -> None:
    plot = _shown(qtbot)
    _wheel(plot, 3, QPointF(3.0, 100.0))
    assert _view(plot)[:2] == (0.0, 100.0)
    assert _view(plot)[2:] != (0.0, 1.0)
    plot.fit()
    _wheel(plot, 3, QPointF(200.0, 195.0))
    assert _view(plot)[:2] != (0.0, 100.0)
    assert _view(plot)[2:] == (0.0, 1.0)


def test_a_zoomed_view_stays_while_the_data_grow_and_fits_again_when_asked(qtbot: QtBot) -> None:
    plot = _shown(qtbot)
    _wheel(plot, 4)
    zoomed = _view(plot)
    plot.set_extent((0.0, 200.0), (0.0, 2.0))
    assert _view(plot) == zoomed
    qtbot.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton)
    assert _view(plot) == (0.0, 200.0, 0.0, 2.0)
    _wheel(plot, 4)
    plot.activateWindow()
    plot.setFocus()
    qtbot.waitUntil(plot.hasFocus)
    qtbot.keyClick(plot, Qt.Key.Key_A)
    assert _view(plot) == (0.0, 200.0, 0.0, 2.0)


def test_dragging_moves_the_view(qtbot: QtBot) -> None:
    plot = _shown(qtbot)
    middle = QPointF(plot.rect().center())
    aside = middle + QPointF(-50.0, 0.0)
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    _mouse(plot, QMouseEvent.Type.MouseButtonPress, middle, left, left)
    _mouse(plot, QMouseEvent.Type.MouseMove, aside, none, left)
    _mouse(plot, QMouseEvent.Type.MouseButtonRelease, aside, left, none)
    low, high, *vertical = _view(plot)
    assert low > 5.0
    assert high - low == pytest.approx(100.0)
    assert vertical == pytest.approx([0.0, 1.0])


def test_the_keyboard_does_what_the_mouse_does(qtbot: QtBot) -> None:
    plot = _shown(qtbot)
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    assert plot.x_axis.high - plot.x_axis.low == pytest.approx(80.0)
    before = plot.x_axis.low
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot.x_axis.low > before


def test_logarithmic_axes_leave_out_what_has_no_logarithm(qtbot: QtBot) -> None:
    plot = _shown(qtbot)
    plot.set_extent((0.0, 1000.0), (0.001, 10.0))
    plot.set_log(x=True, y=True)
    assert (plot.x_axis.low, plot.x_axis.high) == pytest.approx((1.0, 1000.0))
    plot.set_curve("a", np.array([0.0, 1.0, 10.0, 100.0, 1000.0]), np.array([5.0, 1.0, 0.0, 1.0, 2.0]))
    x_px, y_px = plot.drawn("a")
    assert len(x_px) == 4
    assert np.isnan(y_px[1])
    assert np.diff(x_px) == pytest.approx(np.full(3, x_px[1] - x_px[0]))


def test_a_source_is_asked_for_every_decade_of_a_logarithmic_axis(qtbot: QtBot) -> None:
    plot = _shown(qtbot)
    steps = np.arange(100_000.0)

    def source(low: float, high: float, columns: int) -> tuple[np.ndarray, np.ndarray]:
        seen = steps[(steps >= low) & (steps < high)]
        thinned = seen[:: max(1, len(seen) // columns)]
        return thinned, np.full(len(thinned), 0.5)

    plot.set_extent((0.0, 100_000.0), (0.0, 1.0))
    plot.set_log(x=True, y=False)
    plot.set_source("a", source)
    plot.refresh()
    x_px, _ = plot.drawn("a")
    assert np.all(np.diff(x_px) >= 0.0)
    assert len(np.unique(np.floor(x_px))) > 100


def test_labels_at_the_curves_ends_and_at_levels_never_overlap(qtbot: QtBot) -> None:
    plot = _shown(qtbot)
    plot.set_levels((Level(0.50, "one level", "tip"), Level(0.51, "another"), Level(0.49, "a third")))
    x = np.array([0.0, 100.0])
    plot.set_curve("a", x, np.array([0.5, 0.5]))
    plot.set_curve("b", x, np.array([0.5, 0.5]))
    labels = [item for item in plot._labels() if item.isVisible()]
    rects = [item.sceneBoundingRect().adjusted(1, 1, -1, -1) for item in labels]
    assert len(rects) == 5
    assert not any(a.intersects(b) for place, a in enumerate(rects) for b in rects[:place])
    assert all(plot.sceneRect().contains(rect) for rect in rects)


def test_the_shade_of_the_past_does_not_cover_the_names_of_curves(qtbot: QtBot) -> None:
    plot = _shown(qtbot)
    plot.set_curve("a", np.array([0.0, 95.0]), np.array([0.5, 0.5]))
    label = next(item for item in plot._labels() if item.text() == "first")
    place = plot.mapFromScene(label.sceneBoundingRect()).boundingRect()

    def brightest() -> int:
        image = plot.viewport().grab(place).toImage()
        return max(image.pixelColor(x, y).red() for x in range(image.width()) for y in range(image.height()))

    now = brightest()
    assert now > 200
    plot.set_past(10.0)
    assert brightest() == now


def test_hovering_tells_the_value_and_leaving_tells_none(qtbot: QtBot) -> None:
    plot = _shown(qtbot)
    seen: list[float | None] = []
    plot.hovered.connect(seen.append)
    _move(plot, QPointF(plot.area.center()))
    assert seen == [pytest.approx(50.0, abs=1.0)]
    _move(plot, QPointF(1.0, 1.0))
    assert seen[-1] is None


def test_the_crosshair_stays_at_its_value_when_the_axis_grows(qtbot: QtBot) -> None:
    plot = _shown(qtbot)
    plot.show_readout(50.0, "step 50")
    before = plot._crosshair._line.boundingRect().center().x()
    plot.set_extent((0.0, 200.0), (0.0, 1.0))
    assert plot._crosshair.text == "step 50"
    assert plot._crosshair._line.boundingRect().center().x() < before


def test_the_menu_is_ours_and_programmatic_changes_are_silent(qtbot: QtBot) -> None:
    plot = _shown(qtbot)
    texts = [action.text() for action in plot.actions()]
    assert texts == ["Show everything", "Logarithmic horizontal axis", "Logarithmic vertical axis"]
    with qtbot.assertNotEmitted(plot.log_changed):
        plot.set_log(x=False, y=True)
    assert plot.actions()[2].isChecked()
    with qtbot.waitSignal(plot.log_changed):
        plot.actions()[2].trigger()
    assert not plot.y_axis.log


def test_it_can_be_too_small_to_show_anything(qtbot: QtBot) -> None:
    plot = _shown(qtbot, 45, 30)
    plot.set_curve("a", np.arange(10.0), np.arange(10.0))
    _move(plot, QPointF(5.0, 5.0))
    _wheel(plot, 1)
    assert not plot.grab().isNull()


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_tick_labels_have_room_at_every_text_size(qtbot: QtBot, scale: float) -> None:
    plot = _shown(qtbot, 600, 300)
    plot.set_theme(light_theme(scale))
    plot.set_extent((0.0, 1_000_000.0), (2.0, 3.4))
    widest = max(plot.text_width(label) for _, label in plot.y_axis.labels(plot.area.height()))
    assert plot.area.left() >= widest
    assert plot.area.bottom() + plot.theme.px(22) <= plot.height()
