"""The loss panel: real numbers at the crosshair, any length of run, and settings that survive."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QSlider
from pytestqt.qtbot import QtBot

from weightdeck.run.bins import ACTIVATION_BINS
from weightdeck.run.frame import LayerStatistics, Record, ReferenceLosses
from weightdeck.run.history import History, Smoother
from weightdeck_desktop.panels.loss import LossPanel
from weightdeck_desktop.panels.loss_curve import MOST_AT_ONCE
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.plot import Plot

REFERENCES = ReferenceLosses(uniform=3.296, unigram=2.83, bigram=2.38)
NO_LAYERS = LayerStatistics(
    (),
    np.empty(0, np.float32),
    np.empty(0, np.float32),
    np.empty((0, ACTIVATION_BINS.count), np.int32),
    np.empty(0, np.float32),
    np.empty((0, 0), np.float32),
)


def _rows(first: int, last: int) -> NDArray[np.float64]:
    steps = np.arange(first, last, dtype=np.float64)
    noise = np.random.default_rng(first).normal(0.0, 0.05, len(steps))
    loss = 2.0 + 1.3 * np.exp(-steps / 200.0) + noise
    return np.stack((steps, loss, np.full(len(steps), 3e-3), 0.5 + noise**2, 1e-3 + noise**2), axis=1)


def _record(step: int, loss: float) -> Record:
    return Record(step, loss, np.zeros((0, 256), np.int32), np.zeros((0, 256), np.int32), NO_LAYERS)


def _history(steps: int, every: int = 25) -> History:
    history = History()
    history.add_metrics(_rows(0, steps))
    for step in range(0, steps + 1, every):
        history.add_record(_record(step, 2.1 + 1.2 * math.exp(-step / 200.0)))
    return history


@pytest.fixture
def panel(qtbot: QtBot) -> LossPanel:
    panel = LossPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.resize(740, 300)
    panel.show()
    return panel


def _plot(panel: LossPanel) -> Plot:
    plot = panel.findChild(Plot, "loss_plot")
    assert plot is not None
    return plot


def test_before_the_first_step_axes_levels_and_a_hint_are_there(panel: LossPanel) -> None:
    panel.show_references(REFERENCES)
    panel.show_history(History())
    plot = _plot(panel)
    assert (plot.x_axis.low, plot.x_axis.high) == (0.0, 50.0)
    assert plot.y_axis.low < REFERENCES.bigram < REFERENCES.uniform < plot.y_axis.high
    assert plot._hint.text()
    assert [item.text() for item in plot._labels() if item.isVisible()] == [
        "uniform guess",
        "letter counts",
        "letter pairs",
    ]
    assert panel.table() is None
    panel.show_history(_history(3))
    assert not plot._hint.text()


def test_levels_carry_their_technical_names_and_values(panel: LossPanel) -> None:
    panel.show_references(REFERENCES)
    tips = [label.toolTip() for _, _, label in _plot(panel)._levels]
    assert [tip.split(":")[0] for tip in tips] == ["uniform", "unigram", "bigram"]
    assert "2.830 nats" in tips[1]
    assert "as unsure as among 17 letters" in tips[1]


def test_the_crosshair_tells_the_real_numbers_of_its_step(panel: LossPanel) -> None:
    history = _history(1240)
    panel.show_references(REFERENCES)
    panel.show_history(history)
    _plot(panel).hovered.emit(702.3)
    lines = _plot(panel)._crosshair.text.splitlines()
    smoother = Smoother(0.9)
    smoothed = [smoother.add(loss) for loss in history.metric("train_loss").tolist()]
    validation = 2.1 + 1.2 * math.exp(-700 / 200.0)
    assert lines[0] == "step 702"
    assert lines[1].split() == ["train", f"{history.metric('train_loss')[702]:.3f}", "nats"]
    assert lines[2].split() == ["smoothed", f"{smoothed[702]:.3f}", "nats"]
    assert lines[3].split() == ["validation", f"{validation:.3f}", "nats"]
    assert lines[4] == f"as unsure as among {math.exp(smoothed[702]):.1f} letters"
    _plot(panel).hovered.emit(None)
    assert _plot(panel)._crosshair.text == ""


def test_a_run_that_grows_is_drawn_as_if_it_had_come_at_once(panel: LossPanel, qtbot: QtBot) -> None:
    history = History()
    for first in range(0, 1200, 7):
        history.add_metrics(_rows(0, 1200)[first : first + 7])
        panel.show_history(history)
    once = LossPanel()
    qtbot.addWidget(once)
    once.set_theme(dark_theme())
    once.resize(panel.size())
    once.show()
    QCoreApplication.processEvents()  # the row of controls lays itself out when asked
    once.show_history(history)
    for name in ("raw", "smoothed"):
        for grown, whole in zip(_plot(panel).drawn(name), _plot(once).drawn(name), strict=True):
            np.testing.assert_allclose(grown, whole)


@pytest.mark.slow
def test_a_million_steps_are_taken_in_pieces_and_drawn_in_few_points(panel: LossPanel, qtbot: QtBot) -> None:
    history = History()
    for first in range(0, 1_000_000, 100_000):
        history.add_metrics(_rows(first, first + 100_000))
    panel.show_references(REFERENCES)
    panel.show_history(history)
    assert len(panel._curve.raw) == MOST_AT_ONCE  # one refresh looks at so many steps and no more
    qtbot.waitUntil(lambda: len(panel._curve.smoothed) == len(history), timeout=30_000)
    plot = _plot(panel)
    for log in (False, True):
        plot.set_log(x=log, y=False)
        for name in ("raw", "smoothed"):
            x_px, _ = plot.drawn(name)
            assert len(np.unique(np.floor(x_px))) > 200
            assert np.bincount(np.floor(x_px).astype(int)).max() <= 2
    steps, values = plot._curves["raw"].source(0.0, 1e6, 700)
    assert len(steps) == len(values) < 8 * 8 * 700
    for series in (panel._curve.raw, panel._curve.smoothed):
        held = sum(
            low.nbytes + (0 if level == 0 else high.nbytes)
            for level, (low, high) in enumerate(series._levels)
        )
        assert held < 32 * len(history)
    assert plot.x_axis.high == 1_000_000.0


def test_rows_that_are_not_finite_are_gaps(panel: LossPanel) -> None:
    rows = _rows(0, 60)
    rows[10, 1:] = math.nan
    rows[20, 1] = math.inf
    history = History()
    history.add_metrics(rows)
    history.add_record(_record(0, math.nan))
    panel.show_references(REFERENCES)
    panel.show_history(history)
    assert np.isnan(_plot(panel).drawn("raw")[1]).sum() == 2
    assert np.isfinite(_plot(panel).drawn("smoothed")[1]).all()
    assert _plot(panel).y_axis.high < 4.0
    _plot(panel).hovered.emit(10.0)
    assert "–" in _plot(panel)._crosshair.text
    for place in range(4):
        panel._on_quantity_chosen(place)
        assert not panel.grab().isNull()


def test_smoothing_starts_anew_and_its_value_is_said(panel: LossPanel) -> None:
    panel.show_history(_history(300))
    before = _plot(panel).drawn("smoothed")[1]
    slider = panel.findChild(QSlider, "loss_smoothing")
    assert slider is not None
    asides: list[str] = []
    panel.aside_changed.connect(asides.append)
    slider.setValue(0)
    after = _plot(panel).drawn("smoothed")[1]
    assert np.ptp(np.diff(after)) > np.ptp(np.diff(before))
    np.testing.assert_allclose(after, _plot(panel).drawn("raw")[1])
    assert asides == ["nats per letter · smoothing 0"]


def test_other_quantities_take_the_place_of_the_loss(panel: LossPanel, qtbot: QtBot) -> None:
    panel.show_references(REFERENCES)
    panel.show_history(_history(300))
    rate = panel.findChild(type(panel._switch._group.button(1)), "loss_quantity_1")
    qtbot.mouseClick(rate, Qt.MouseButton.LeftButton)
    plot = _plot(panel)
    assert not any(label.isVisible() for label in plot._labels())
    assert len(plot.drawn("validation")[0]) == 0
    assert plot.y_axis.low <= 3e-3 <= plot.y_axis.high <= 1e-2
    plot.hovered.emit(100.0)
    assert plot._crosshair.text.splitlines() == ["step 100", "learning rate 0.003"]


def test_state_survives_and_nonsense_is_left_out(panel: LossPanel, qtbot: QtBot) -> None:
    wanted = {"quantity": "grad_norm", "smoothing": 0.5, "log_x": True, "log_y": True}
    panel.restore(wanted)
    assert panel.state() == wanted
    panel.show_history(_history(100))
    assert panel.state() == wanted
    panel.restore({"quantity": "nonsense", "smoothing": math.nan, "log_x": 0})
    assert panel.state() == {**wanted, "log_x": False, "log_y": False}


def test_a_new_run_begins_with_an_empty_plot(panel: LossPanel) -> None:
    panel.show_references(REFERENCES)
    panel.show_history(_history(500))
    _plot(panel).hovered.emit(100.0)
    panel.clear()
    plot = _plot(panel)
    assert all(len(plot.drawn(name)[0]) == 0 for name in ("raw", "smoothed", "validation"))
    assert plot._crosshair.text == ""
    panel.show_references(REFERENCES)
    panel.show_history(_history(20))
    assert plot.x_axis.high == 50.0


def test_the_table_has_every_step_and_every_validation_loss(panel: LossPanel) -> None:
    history = _history(50)
    panel.show_history(history)
    table = panel.table()
    assert table is not None
    header, *rows = table
    assert header[0] == "step"
    assert len(header) == 7
    assert [row[0] for row in rows] == [
        str(step) for step in range(51)
    ]  # 0 to 49, and the record after step 50
    assert all(len(row) == len(header) for row in rows)
    assert float(rows[7][1]) == history.metric("train_loss")[7]
    assert [row[0] for row in rows if row[6]] == ["0", "25", "50"]


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_nothing_is_cut_at_any_text_size(panel: LossPanel, scale: float) -> None:
    panel.set_theme(light_theme(scale))
    panel.resize(max(590, panel.minimumSizeHint().width()), 400)
    panel.show_references(REFERENCES)
    panel.show_history(_history(1240))
    plot = _plot(panel)
    for label in filter(lambda label: label.isVisible(), plot._labels()):
        assert plot.sceneRect().contains(label.sceneBoundingRect().adjusted(1, 1, -1, -1))
    for child in panel.findChildren(QSlider):
        assert panel.rect().contains(child.rect().translated(child.mapTo(panel, child.rect().topLeft())))


def test_levels_that_are_not_known_yet_are_left_out_and_leave_room(panel: LossPanel) -> None:
    panel.show_references(ReferenceLosses(3.296, math.nan, math.nan))
    plot = _plot(panel)
    assert len(plot._levels) == 1
    before = (plot.y_axis.low, plot.y_axis.high)
    assert before[0] < 2.4
    panel.show_references(REFERENCES)
    assert len(plot._levels) == 3
    assert (plot.y_axis.low, plot.y_axis.high) == before  # nothing jumps when the engine is ready
