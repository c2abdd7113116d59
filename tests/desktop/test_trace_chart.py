"""The small chart of what became of a value."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QHelpEvent, QImage
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.trace_chart import Course, TraceChart

STEPS = np.arange(100, 200)


def course(values: np.ndarray | None = None, before: float = 1.0, by_hand: float = 0.4) -> Course:
    way = np.linspace(by_hand, 0.8, len(STEPS)) if values is None else values
    return Course(before, by_hand, STEPS[: len(way)], way)


def write(value: float) -> str:
    return f"×{value:.2f}"


@pytest.fixture
def chart(qtbot: QtBot) -> TraceChart:
    chart = TraceChart("since your turn", "what it is")
    qtbot.addWidget(chart)
    chart.set_theme(dark_theme())
    chart.setPalette(dark_theme().palette())
    chart.setAutoFillBackground(True)
    chart.resize(290, 60)
    chart.show()
    qtbot.waitExposed(chart)
    return chart


def picture(chart: TraceChart) -> QImage:
    return chart.grab().toImage()


def height_of_line(chart: TraceChart) -> list[int]:
    """The lowest pixel of the brightest colour in the plot's right half, column by column."""
    image = picture(chart)
    text = dark_theme().text
    rows = []
    for x in range(image.width() - 60, image.width() - 20):
        bright = [
            y for y in range(image.height()) if image.pixelColor(x, y).lightness() > text.lightness() - 40
        ]
        rows.append(max(bright, default=-1))
    return rows


def test_without_a_course_it_is_empty(chart: TraceChart) -> None:
    empty = picture(chart)
    chart.show_course(course(), write)
    drawn = picture(chart)
    assert drawn != empty
    assert "×0.80" in chart.accessibleDescription()
    chart.show_course(None)
    assert picture(chart) == empty
    assert chart.accessibleDescription() == ""


def test_the_line_goes_where_the_value_goes(chart: TraceChart) -> None:
    chart.show_course(course(np.full(100, 0.42)), write)
    stayed = height_of_line(chart)
    chart.show_course(course(np.full(100, 0.98)), write)
    went_back = height_of_line(chart)
    assert min(stayed) > max(went_back) >= 0


def test_the_same_again_paints_nothing(chart: TraceChart) -> None:
    chart.show_course(course(), write)
    QApplication.processEvents()
    painted: list[object] = []
    chart.paintEvent = painted.append  # type: ignore[method-assign]
    chart.show_course(course(), write)
    QApplication.processEvents()
    assert painted == []
    chart.show_course(course(before=0.9), write)
    QApplication.processEvents()
    assert len(painted) == 1


@pytest.mark.parametrize(
    "values",
    [
        np.array([0.4]),
        np.array([0.4, np.nan, 0.5, np.inf]),
        np.array([np.nan, np.nan]),
        np.full(5, 0.4),
    ],
)
@pytest.mark.parametrize(("before", "by_hand"), [(0.4, 0.4), (0.0, 1e-9), (-1e6, 1e6)])
def test_odd_numbers_do_not_break_it(
    chart: TraceChart, values: np.ndarray, before: float, by_hand: float
) -> None:
    chart.show_course(course(values, before, by_hand), write)
    assert not picture(chart).isNull()
    chart.resize(30, 60)
    assert not picture(chart).isNull()


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_where_there_is_too_little_room_it_shows_nothing(
    chart: TraceChart, scale: float, qtbot: QtBot
) -> None:
    theme = light_theme(scale)
    chart.set_theme(theme)
    chart.resize(290, theme.px(39))
    empty = picture(chart)
    chart.show_course(course(), write)
    assert picture(chart) == empty
    chart.resize(290, theme.px(41))
    chart.show_course(None)
    empty = picture(chart)
    chart.show_course(course(), write)
    assert picture(chart) != empty


def test_the_tooltip_tells_the_numbers(chart: TraceChart) -> None:
    chart.show_course(course(), write)
    place = QPoint(100, 30)
    QApplication.sendEvent(chart, QHelpEvent(QHelpEvent.Type.ToolTip, place, chart.mapToGlobal(place)))
    words = QToolTip.text()
    QToolTip.hideText()
    assert "what it is" in words
    assert "by hand ×0.40" in words
    assert "before ×1.00" in words
    assert "step 199: ×0.80" in words
