"""The inspector's page over steps, and the explained number in its table."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from tests.desktop.inspecting import POST, SCORES, click, inspector, over, words
from tests.desktop.tap_readings import reading, taps
from weightdeck.run.subjects import InPrompt, TapCell
from weightdeck_desktop.panels.inspector import OVER_STEPS, TABLE, InspectorPanel
from weightdeck_desktop.panels.tap_source import TapSource
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.mini_chart import Axes, Line, MiniChart


@pytest.fixture
def panel(qtbot: QtBot) -> InspectorPanel:
    return inspector(qtbot)


def test_keyframes_that_come_before_their_prompt_is_shown_are_kept(panel: InspectorPanel) -> None:
    """While training rests nothing asks for them a second time."""
    panel.show_taps(taps(reading()), 40)
    click(panel, f"inspector_view_{OVER_STEPS}")
    panel.show_over_steps(over(POST, "abc"))
    assert list(panel._history.moments) == [40]
    panel.show_taps(taps(reading("abc")), 40)
    assert list(panel._history.moments) == [0, 10, 20, 40]
    assert words(panel, "inspector_history_words") == "keyframes: 3 · seen live: 1"


def test_keyframes_of_a_are_still_there_after_a_look_at_b(panel: InspectorPanel) -> None:
    panel.show_taps(taps(reading(), reading("abcd", 2)), 40)
    click(panel, f"inspector_view_{OVER_STEPS}")
    panel.show_over_steps(over(POST))
    panel.set_source(TapSource.B)
    assert list(panel._history.moments) == [40]
    panel.set_source(TapSource.A)
    assert list(panel._history.moments) == [0, 10, 20, 40]


def test_a_problem_goes_with_its_stage(panel: InspectorPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    click(panel, f"inspector_view_{OVER_STEPS}")
    panel.show_problem("The file is gone.")
    panel.show_taps(taps(reading()), 41)
    assert words(panel, "inspector_history_words") == "The file is gone."
    panel.set_tap(SCORES)
    assert words(panel, "inspector_history_words") == "seen live: 1 · no keyframes read yet"


def test_a_single_moment_is_a_point_at_its_step(panel: InspectorPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    click(panel, f"inspector_view_{OVER_STEPS}")
    for place in range(4):
        chart = panel.findChild(MiniChart, f"inspector_history_{place}")
        assert chart is not None
        assert [line.x.tolist() for line in chart._lines] == [[40.0]]


@pytest.mark.parametrize("place", [0.0, 5.0, 10.0])
def test_a_point_is_drawn_as_a_dot(qtbot: QtBot, place: float) -> None:
    chart, theme = MiniChart("mean", ""), dark_theme()
    qtbot.addWidget(chart)
    chart.set_theme(theme)
    chart.resize(120, 80)
    line = Line("value", np.array([place]), np.array([0.5]), theme.text)
    chart.set_lines((line,), Axes((0.0, 10.0), (0.0, 1.0), (), ()))
    image: QImage = chart.grab().toImage()
    at: QPointF = chart._polygon(line, chart._plot()).first()
    row = [image.pixelColor(x, round(at.y())) == theme.text for x in range(image.width())]
    assert 4 <= sum(row) <= 7
    assert abs(sum(x for x, is_inked in enumerate(row) if is_inked) / sum(row) - at.x()) <= 1.0


def test_the_explained_number_is_marked_in_the_table(panel: InspectorPanel) -> None:
    theme = dark_theme()
    panel.show_taps(taps(reading()), 40)
    click(panel, f"inspector_view_{TABLE}")
    table = panel.findChild(QTableView, "inspector_table")
    assert table is not None

    def is_marked(row: int, column: int) -> bool:
        index = table.model().index(row, column)
        image, rect = table.viewport().grab().toImage(), table.visualRect(index)
        said = table.model().data(index, Qt.ItemDataRole.AccessibleTextRole)
        inked = any(
            image.pixelColor(rect.center().x(), rect.top() + below) == theme.hand for below in range(4)
        )
        assert said.endswith(", explained") == inked
        return inked

    assert not is_marked(1, 2)
    panel.set_chosen(TapCell(InPrompt("abca"), POST, (1, 2)))
    assert is_marked(1, 2)
    assert not is_marked(0, 0)
    panel.set_chosen(TapCell(InPrompt("other"), POST, (1, 2)))
    assert not is_marked(1, 2)
