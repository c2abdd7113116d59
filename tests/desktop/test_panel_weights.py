"""The weights panel: honest histograms over steps, and a chooser of tensors."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.desktop.weights_bench import model_of, ridge_of, thumbnails_of, weights_panel
from weightdeck.run.bins import ACTIVATION_BINS, GRADIENT_BINS, WEIGHT_BINS, AsinhBins
from weightdeck.run.frame import Histograms, LayerStatistics, Record
from weightdeck.run.history import History
from weightdeck.run.layout import EMBEDDING, HEAD, Layout
from weightdeck_desktop.panels.weight_bins import (
    central_ranges,
    core_width,
    gradient_bins,
    thumbnail_heights,
    weight_bins,
)
from weightdeck_desktop.panels.weights import WeightsPanel
from weightdeck_desktop.theme import light_theme

NO_LAYERS = LayerStatistics(
    (),
    np.empty(0, np.float32),
    np.empty(0, np.float32),
    np.empty((0, ACTIVATION_BINS.count), np.int32),
    np.empty(0, np.float32),
    np.empty((0, 0), np.float32),
)
ATTENTION = "transformer.h.1.attn.c_attn.weight"


def _counts(values: NDArray[np.float64], bins: AsinhBins) -> NDArray[np.int32]:
    return np.histogram(np.clip(values, -bins.limit, bins.limit), bins.edges)[0].astype(np.int32)


def _weights(model: Layout, step: int) -> NDArray[np.int32]:
    """Normal, wider with every step; gains around 1 and biases 0, as they begin."""
    rng = np.random.default_rng(7)
    rows = []
    for info in model.tensors:
        values = rng.normal(0.0, 0.02 + step * 1e-4, info.size)
        if not info.decay:
            values = (0.0 if info.name.endswith("bias") else 1.0) + (values if step else 0.0 * values)
        rows.append(_counts(values, WEIGHT_BINS))
    return np.stack(rows)


def _gradients(model: Layout, step: int) -> NDArray[np.int32]:
    rng = np.random.default_rng(step)
    return np.stack([_counts(rng.normal(0.0, 1e-3, info.size), GRADIENT_BINS) for info in model.tensors])


def _history(model: Layout, steps: int, every: int) -> History:
    history = History()
    for step in range(0, steps + 1, every):
        history.add_record(Record(step, 2.0, _weights(model, step), _gradients(model, step), NO_LAYERS))
    return history


def _now(model: Layout, step: int) -> Histograms:
    std = np.full(len(model.tensors), 0.042, np.float32)
    return Histograms(
        _weights(model, step), _gradients(model, step) if step else None, std, std if step else None
    )


@pytest.fixture
def model() -> Layout:
    return model_of(3)


@pytest.fixture
def panel(qtbot: QtBot, model: Layout) -> WeightsPanel:
    return weights_panel(qtbot, model)


def test_rows_run_evenly_from_step_0_to_now(panel: WeightsPanel, model: Layout) -> None:
    panel.show_history(_history(model, 900, 10))
    panel.show_now(_now(model, 904), 904)
    steps = [row[0] for row in panel._shown if row is not None]
    assert len(steps) == 10
    assert steps[0] == 0
    assert steps[-1] == 904
    assert np.ptp(np.diff(steps[:-1])) <= 10
    assert ridge_of(panel)._labels[0] == "step 0"
    assert ridge_of(panel)._labels[-1] == "now"


def test_few_records_are_each_shown_once(panel: WeightsPanel, model: Layout) -> None:
    panel.show_history(_history(model, 40, 20))
    panel.show_now(_now(model, 43), 43)
    assert [row[0] for row in panel._shown if row is not None] == [0, 20, 40, 43]
    assert len(panel._shown) == 10


def test_a_history_without_a_new_record_draws_nothing(panel: WeightsPanel, model: Layout) -> None:
    history = _history(model, 100, 10)
    panel.show_history(history)
    shown = panel._shown
    panel.show_history(history)
    assert panel._shown is shown


def test_the_axis_only_widens_while_a_tensor_is_shown(panel: WeightsPanel, model: Layout) -> None:
    ends = []
    for step in (0, 200, 1000, 0):
        panel.show_now(_now(model, step), step)
        assert panel._bins is not None
        ends.append(panel._bins.edges[-1])
    assert ends[0] < ends[2] == ends[3]
    assert ends == sorted(ends)
    panel.set_tensor(EMBEDDING)
    assert panel._bins.edges[-1] < ends[-1]


def test_hovering_tells_range_share_and_step(panel: WeightsPanel, model: Layout) -> None:
    panel.show_history(_history(model, 900, 10))
    panel.show_now(_now(model, 904), 904)
    bins = panel._bins
    assert bins is not None
    place = len(bins.edges) // 2
    ridge_of(panel).hovered.emit((9, place))
    share = bins.shares(_weights(model, 904)[[model.index_of(ATTENTION)]])[0, place]
    lines = ridge_of(panel).readout.splitlines()
    assert lines[0] == "step 904"
    assert lines[1] == f"{bins.edges[place]:.3g} to {bins.edges[place + 1]:.3g}".replace("-", "−")
    assert lines[2] == f"{share:.1%} of 6,912 weights"
    ridge_of(panel).hovered.emit(None)
    assert ridge_of(panel).readout == ""


def test_gradients_say_that_they_are_unclipped_and_stretched(
    panel: WeightsPanel, model: Layout, qtbot: QtBot
) -> None:
    panel.resize(500, 400)
    panel.show_now(_now(model, 0), 0)
    gradients = panel.findChild(QPushButton, "weights_kind_1")
    with qtbot.waitSignal(panel.kind_chosen) as blocker:
        qtbot.mouseClick(gradients, Qt.MouseButton.LeftButton)
    assert blocker.args == ["gradients"]
    assert "first step" in ridge_of(panel)._message
    panel.show_history(_history(model, 100, 10))
    panel.show_now(_now(model, 104), 104)
    assert "before clipping, stretched near 0" in ridge_of(panel)._title.text()
    assert "asinh" in ridge_of(panel).toolTip()
    assert panel.table() is not None


def test_choosing_a_thumbnail_asks_and_being_told_does_not(
    panel: WeightsPanel, model: Layout, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(panel.tensor_chosen):
        panel.set_tensor(EMBEDDING)
    assert thumbnails_of(panel).choice == 0
    asides: list[str] = []
    panel.aside_changed.connect(asides.append)
    head = model.index_of(HEAD)
    with qtbot.waitSignal(panel.tensor_chosen) as blocker:
        place = thumbnails_of(panel).cell_rect(head).center().toPoint()
        qtbot.mouseClick(thumbnails_of(panel).viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert blocker.args == [HEAD]
    assert asides == ["head · over steps"]
    with pytest.raises(ValueError, match="no parameter called"):
        panel.set_tensor("nonsense")


def test_a_tooltip_gives_words_name_shape_and_spread(panel: WeightsPanel, model: Layout) -> None:
    panel.show_now(_now(model, 5), 5)
    tip = panel._tip(model.index_of(ATTENTION))
    for part in ("block 1", ATTENTION, "144 × 48", "6,912 weights", "0.042"):
        assert part in tip


def test_every_tensor_has_its_own_place(panel: WeightsPanel, model: Layout) -> None:
    thumbnails = thumbnails_of(panel)
    rects = [thumbnails.cell_rect(place) for place in range(len(model.tensors))]
    assert not any(a.intersects(b) for place, a in enumerate(rects) for b in rects[:place])
    assert all(thumbnails.sceneRect().contains(rect) for rect in rects)


def test_the_chosen_tensor_and_kind_survive_a_restart_and_another_model(
    panel: WeightsPanel, qtbot: QtBot
) -> None:
    panel.restore({"tensor": "transformer.h.2.mlp.c_fc.weight", "kind": "gradients"})
    again = WeightsPanel()
    qtbot.addWidget(again)
    again.set_theme(light_theme())
    again.restore(panel.state())
    again.set_layout(model_of(3))
    assert again.state() == panel.state()
    again.restore({"tensor": 3, "kind": "nonsense"})
    assert again.state() == panel.state()
    again.set_layout(model_of(1))
    assert again.state()["tensor"] == "transformer.h.0.attn.c_attn.weight"


def test_clear_forgets_the_run_and_keeps_the_choice(panel: WeightsPanel, model: Layout) -> None:
    panel.set_tensor(HEAD)
    panel.show_history(_history(model, 100, 10))
    panel.show_now(_now(model, 100), 100)
    panel.clear()
    assert panel._shown == [None] * 10
    assert panel.table() is None
    assert panel.state()["tensor"] == HEAD
    assert not panel.grab().isNull()


def test_the_table_is_the_recorded_counts(panel: WeightsPanel, model: Layout) -> None:
    panel.show_history(_history(model, 100, 50))
    panel.show_now(_now(model, 110), 110)
    table = panel.table()
    assert table is not None
    assert table[0][2:] == [f"count at step {step}" for step in (0, 50, 100, 110)]
    counts = np.array([[int(cell) for cell in row[2:]] for row in table[1:]])
    np.testing.assert_array_equal(counts[:, 0], _weights(model, 0)[model.index_of(ATTENTION)])
    assert counts[:, 3].sum() == 6912


def test_a_panel_without_layout_or_data_draws(qtbot: QtBot) -> None:
    panel = WeightsPanel()
    qtbot.addWidget(panel)
    panel.set_theme(light_theme(2.0))
    panel.resize(300, 330)
    panel.show_history(History())
    panel.clear()
    assert not panel.grab().isNull()


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_rows_and_labels_fit_the_smallest_window(panel: WeightsPanel, model: Layout, scale: float) -> None:
    panel.set_theme(light_theme(scale))
    panel.resize(300, round(330 * scale))
    panel.show_history(_history(model, 900, 10))
    panel.show_now(_now(model, 904), 904)
    ridge = ridge_of(panel)
    assert ridge._pitch() > 4.0
    for text in [*ridge._texts, ridge._title]:
        if text.isVisible():
            assert ridge.sceneRect().contains(text.sceneBoundingRect().adjusted(1, 1, -1, -1))


def test_screen_bins_hold_the_values_they_were_made_for() -> None:
    values = np.random.default_rng(0).normal(0.0, 0.1, 6912)
    counts = _counts(values, WEIGHT_BINS)[None]
    low, high = central_ranges(counts, WEIGHT_BINS)
    bins = weight_bins(low[0], high[0], len(values))
    exact = np.histogram(values, bins.edges)[0] / len(values)
    np.testing.assert_allclose(bins.shares(counts)[0], exact, atol=0.004)
    assert bins.shares(counts).sum() > 0.985
    assert bins.heights(counts).max() == 1.0


def test_equal_values_are_a_spike_not_a_wall() -> None:
    for value in (0.0, 1.0):
        counts = _counts(np.full(48, value), WEIGHT_BINS)
        low, high = central_ranges(counts[None], WEIGHT_BINS)
        heights = weight_bins(low[0], high[0], 48).heights(counts[None])
        assert (heights > 0.0).mean() <= 0.5
        assert (thumbnail_heights(counts[None], WEIGHT_BINS, 16)[0] > 0.0).mean() <= 0.5


def test_normal_gradients_have_one_hump_on_the_stretched_axis() -> None:
    values = np.random.default_rng(0).normal(0.0, 2e-3, 200_000)
    counts = _counts(values, GRADIENT_BINS)
    low, high = central_ranges(counts[None], GRADIENT_BINS)
    bins = gradient_bins(max(-low[0], high[0]), core_width(counts[None], GRADIENT_BINS), len(values))
    heights = bins.heights(counts[None])[0]
    middle = len(heights) // 2
    assert heights[middle - 3 : middle + 3].min() > 0.85
    assert np.all(np.diff(heights[middle + 4 :]) < 0.02)


def test_no_values_make_no_heights() -> None:
    empty = np.zeros((2, 256), np.int32)
    assert not thumbnail_heights(empty, WEIGHT_BINS, 16).any()
    assert not thumbnail_heights(empty, GRADIENT_BINS, 16).any()
    assert not weight_bins(-0.1, 0.1, 48).heights(empty).any()


def test_while_the_engine_loads_the_plot_says_so_and_thumbnails_are_hatched(
    panel: WeightsPanel, model: Layout
) -> None:
    panel.set_loading(True)
    assert ridge_of(panel)._message == "loading engine"
    empty = thumbnails_of(panel).grab().toImage()
    panel.set_loading(False)
    panel.show_now(_now(model, 0), 0)
    assert ridge_of(panel)._message == ""
    cell = thumbnails_of(panel).cell_rect(0).toRect()
    colours = {empty.pixelColor(x, cell.center().y()).name() for x in range(cell.left(), cell.right())}
    assert len(colours) == 2  # lines on the ground
