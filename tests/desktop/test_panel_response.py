"""The response curve of the knob in hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QGraphicsSimpleTextItem
from pytestqt.qtbot import QtBot

from weightdeck.run.scales import GAIN_SCALE, WEIGHT_SCALE, AsinhScale, Scale
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.panels.response import ResponsePanel
from weightdeck_desktop.panels.weight_knob import KnobKind, KnobView
from weightdeck_desktop.theme import Type, dark_theme, light_theme
from weightdeck_desktop.widgets.response_plot import MOST_CURVES, ResponsePlot

LABELS = tuple("abcdefgh")
NORM = "transformer.ln_f.weight"
GROUP = KnobView(ParameterSlice(NORM), "final norm", NORM, GAIN_SCALE, KnobKind.GAIN)
SINGLE = KnobView(ParameterSlice(NORM, (3,)), "final norm [3]", f"{NORM}[3]", WEIGHT_SCALE, KnobKind.SINGLE)
ALONG = KnobView(ParameterSlice(NORM), "final norm", NORM, AsinhScale(12.0, 0.15), KnobKind.ALONG)


def measured(scale: Scale) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A sweep of eight tokens: `h` rises from last to first, all others fall together."""
    position = np.linspace(0.0, 1.0, 33)
    values = np.array([scale.to_value(place) for place in position.tolist()], dtype=np.float32)
    logits = np.stack([*(np.full(33, -0.1 * token) for token in range(7)), 8.0 * position - 4.0], axis=1)
    shares = np.exp(logits)
    return values, (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def panel(qtbot: QtBot) -> ResponsePanel:
    panel = ResponsePanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.resize(460, 360)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def plot(panel: ResponsePanel) -> ResponsePlot:
    """The plot, with a group's response in it."""
    values, probs = measured(GAIN_SCALE)
    panel.show_response(values, probs, LABELS, GROUP)
    panel.show_place(0.5, 1.0)
    found = panel.findChild(ResponsePlot)
    assert isinstance(found, ResponsePlot)
    return found


def at(plot: ResponsePlot, position: float) -> QPoint:
    """The pixel of a position on the turn."""
    area = plot.area
    return QPointF(area.left() + position * area.width(), area.center().y()).toPoint()


def texts(plot: ResponsePlot) -> list[QGraphicsSimpleTextItem]:
    items = plot.scene().items()
    return [item for item in items if isinstance(item, QGraphicsSimpleTextItem) and item.isVisible()]


def test_the_strongest_tokens_are_drawn_and_named(plot: ResponsePlot) -> None:
    assert plot.names == ("h", "a", "b", "c", "d")
    assert len(plot.names) == MOST_CURVES
    assert {item.text() for item in texts(plot)} >= {"h", "a", "b", "c", "d", "×0.50", "×1.00"}


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_no_words_overlap_or_leave_the_plot(plot: ResponsePlot, panel: ResponsePanel, scale: float) -> None:
    panel.set_theme(light_theme(scale))
    QApplication.processEvents()
    places = [item.sceneBoundingRect() for item in texts(plot)]
    for place in places:
        assert plot.sceneRect().adjusted(-1, -1, 1, 1).contains(place)
        assert (
            sum(place.adjusted(1, 1, -1, -1).intersects(other.adjusted(1, 1, -1, -1)) for other in places)
            == 1
        )


@pytest.mark.parametrize(
    ("view", "position", "value"),
    [(GROUP, 1.0, 8.0), (GROUP, 0.0, 0.0), (SINGLE, 0.0, -4.0), (ALONG, 1.0, 12.0)],
)
def test_a_click_goes_there(
    plot: ResponsePlot, qtbot: QtBot, view: KnobView, position: float, value: float
) -> None:
    panel = plot.parentWidget()
    assert isinstance(panel, ResponsePanel)
    panel.show_response(*measured(view.scale), LABELS, view)
    with qtbot.waitSignal(panel.value_chosen) as chosen:
        qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at(plot, position))
    assert chosen.args == [pytest.approx(value, rel=1e-3)]


def test_a_click_beside_the_curves_chooses_nothing(
    panel: ResponsePanel, plot: ResponsePlot, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(panel.value_chosen):
        qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(2, 60))
        qtbot.mouseClick(plot.viewport(), Qt.MouseButton.RightButton, pos=at(plot, 0.5))


def test_the_crosshair_says_what_is_below_it(plot: ResponsePlot) -> None:
    place = QPointF(at(plot, 0.5))
    move = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        place,
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(plot.viewport(), move)
    lines = plot.readout.split("\n")
    assert lines[0].startswith("×")
    assert [line.split()[0] for line in lines[1:]] == list(plot.names)
    shares = measured(GAIN_SCALE)[1][16]
    assert float(lines[2].split()[1]) == pytest.approx(shares[0], abs=0.01)
    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
    assert plot.readout == ""


def test_the_keyboard_reaches_every_place(panel: ResponsePanel, plot: ResponsePlot, qtbot: QtBot) -> None:
    panel.show_place(1.0, 1.0)
    for _ in range(3):
        qtbot.keyClick(plot, Qt.Key.Key_Right)
    with qtbot.waitSignal(panel.value_chosen) as chosen:
        qtbot.keyClick(plot, Qt.Key.Key_Return)
    assert chosen.args == [pytest.approx(GAIN_SCALE.to_value(0.53))]


def test_the_same_again_draws_nothing(panel: ResponsePanel, plot: ResponsePlot, qtbot: QtBot) -> None:
    QApplication.processEvents()
    changes = []
    plot.scene().changed.connect(changes.append)
    panel.show_place(0.5, 1.0)
    panel.show_response(*measured(GAIN_SCALE), LABELS, GROUP)
    QApplication.processEvents()
    assert changes == []
    panel.show_place(0.6, 1.0)
    QApplication.processEvents()
    assert len(changes) == 1


def test_numbers_that_are_none_leave_a_gap(panel: ResponsePanel, plot: ResponsePlot) -> None:
    values, probs = measured(GAIN_SCALE)
    probs[5] = np.nan
    probs[-1] = np.nan
    panel.show_response(values, probs, LABELS, GROUP)
    assert not plot.grab().isNull()


def test_without_a_knob_it_says_what_to_do(panel: ResponsePanel, plot: ResponsePlot, qtbot: QtBot) -> None:
    full = plot.grab().toImage()
    panel.clear()
    assert plot.names == ()
    assert texts(plot) == []
    assert plot.grab().toImage() != full
    assert panel.table() is None
    with qtbot.assertNotEmitted(panel.value_chosen):
        qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at(plot, 0.5))


def test_being_told_says_nothing(panel: ResponsePanel, plot: ResponsePlot, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(panel.value_chosen):
        panel.show_response(*measured(WEIGHT_SCALE), LABELS, SINGLE)
        panel.show_place(None, None)
        panel.set_theme(light_theme())
        panel.clear()


def test_the_table_holds_every_token(panel: ResponsePanel, plot: ResponsePlot) -> None:
    table = panel.table()
    assert table is not None
    assert table[0] == ["factor", *(f"P({label})" for label in LABELS)]
    assert len(table) == 34


def test_the_boundary_after_a_text_is_called_end(panel: ResponsePanel) -> None:
    values = np.linspace(-4.0, 4.0, 5)
    panel.show_response(values, np.full((5, 2), 0.5), ("·", "a"), SINGLE)
    table = panel.table()
    assert table is not None
    assert table[0][1:] == ["P(end)", "P(a)"]


def test_a_length_along_a_direction_has_ticks_up_to_its_own_limit(
    panel: ResponsePanel, plot: ResponsePlot
) -> None:
    before = plot.grab().toImage()
    panel.show_response(*measured(ALONG.scale), LABELS, ALONG)
    panel.show_place(3.0, -1.5)
    assert [label for _, label in plot._ticks] == ["−12", "−1.2", "0", "1.2", "12"]
    assert [place for place, _ in plot._ticks] == pytest.approx(
        [ALONG.scale.to_position(v) for v in (-12, -1.2, 0, 1.2, 12)]
    )
    assert {item.text() for item in texts(plot)} >= {"+3.000", "−1.500"}
    assert plot.grab().toImage() != before
    table = panel.table()
    assert table is not None
    assert table[0][0] == "length along the direction"


def test_another_length_of_the_same_slice_has_other_ticks(panel: ResponsePanel, plot: ResponsePlot) -> None:
    panel.show_response(*measured(ALONG.scale), LABELS, ALONG)
    longer = replace(ALONG, scale=AsinhScale(40.0, 0.5))
    panel.show_response(*measured(longer.scale), LABELS, longer)
    assert plot._ticks[-1] == (1.0, "40")


def test_the_words_of_two_marks_never_run_together(panel: ResponsePanel, plot: ResponsePlot) -> None:
    panel.show_response(*measured(WEIGHT_SCALE), LABELS, SINGLE)
    panel.resize(900, 360)
    widths = [plot.text_width(text, Type.MONO_SMALL) for text in ("+0.100", "+0.400")]
    for default in np.linspace(0.11, 0.4, 60).tolist():
        panel.show_place(0.1, default)
        apart = plot._x_of(WEIGHT_SCALE.to_position(default)) - plot._x_of(WEIGHT_SCALE.to_position(0.1))
        assert plot._default_words.isVisible() == (apart > sum(widths) / 2 + 6)
