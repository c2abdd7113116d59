"""The activations panel: the layers of one prompt or the difference of two, now and over steps."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton
from pytestqt.qtbot import QtBot

from weightdeck.run.bins import ACTIVATION_BINS
from weightdeck.run.frame import ActivationMap, Activations, LayerStatistics, Prompt, Record
from weightdeck.run.history import History
from weightdeck_desktop.panels.activations import ActivationsPanel
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.heatmap import Cell, Heatmap

BLOCKS, HEADS, FEATURES = 2, 3, 6


def prompt(text: str, problem: str = "") -> Prompt:
    tokens = () if problem else ("·", *text)
    return Prompt(text, tuple(range(len(tokens))), tokens, 0, problem)


def maps(of: Prompt, tap: str, size: float) -> tuple[ActivationMap, ...]:
    count = len(of.tokens)
    if not count:
        return ()
    embed = ActivationMap("blocks.0.resid_pre", np.full((count, FEATURES), size, dtype=np.float32))
    shape = (HEADS, count, count) if tap == "pattern" else (count, FEATURES)
    values = np.full(shape, size, dtype=np.float32)
    return (embed, *(ActivationMap(f"blocks.{block}.{tap}", values) for block in range(BLOCKS)))


def statistics(spread: float = 1.0) -> LayerStatistics:
    points = ("blocks.0.resid_pre", *(f"blocks.{block}.resid_post" for block in range(BLOCKS)))
    counts = np.full((len(points), ACTIVATION_BINS.count), 3, dtype=np.int32)
    return LayerStatistics(
        points,
        np.zeros(len(points), dtype=np.float32),
        np.full(len(points), spread, dtype=np.float32),
        counts,
        np.array([0.25, 0.5], dtype=np.float32),
        np.full((BLOCKS, HEADS), 0.7, dtype=np.float32),
    )


def activations(*texts: str, tap: str = "resid_post", sizes: tuple[float, ...] = (1.0, 0.25)) -> Activations:
    prompts = tuple(prompt(text) for text in texts)
    shown = tuple(maps(of, tap, size) for of, size in zip(prompts, sizes, strict=False))
    return Activations(tap, prompts, shown, statistics(), 50)


@pytest.fixture
def panel(qtbot: QtBot) -> ActivationsPanel:
    widget = ActivationsPanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.set_layers(BLOCKS)
    widget.resize(300, 330)
    widget.show()
    return widget


def heatmaps(panel: ActivationsPanel) -> list[Heatmap]:
    return panel._maps._maps


def names(panel: ActivationsPanel) -> list[str]:
    return [button.text() for button in panel._maps._names]


def click(panel: ActivationsPanel, name: str) -> None:
    button = panel.findChild(QPushButton, name)
    assert isinstance(button, QPushButton)
    button.click()


def test_rows_are_there_before_their_values(panel: ActivationsPanel) -> None:
    assert names(panel) == ["embed", "block 0", "block 1"]
    assert [heatmap.values for heatmap in heatmaps(panel)] == [None, None, None]
    panel.grab()


def test_every_layer_is_shown_with_its_facts(panel: ActivationsPanel) -> None:
    panel.show_activations(activations("cat"), 1240)
    assert [heatmap.values.shape for heatmap in heatmaps(panel)] == [(1, 4, FEATURES)] * 3
    assert [facts.accessibleName() for facts in panel._maps._facts] == [
        "±1 · σ 0.00",
        "±1 · σ 0.00, dead 6/24, entropy 0.70",
        "±1 · σ 0.00, dead 12/24, entropy 0.70",
    ]
    assert panel.aside == "“cat” · step 1,240"


def limits(panel: ActivationsPanel) -> list[str]:
    return [facts.accessibleName().partition(" ")[0] for facts in panel._maps._facts]


def of_layers(*sizes: float) -> Activations:
    """Activations of "cat" with a size for every layer, the embedding first."""
    shown = prompt("cat")
    layers = zip(("blocks.0.resid_pre", "blocks.0.resid_post", "blocks.1.resid_post"), sizes, strict=True)
    values = tuple(ActivationMap(tap, np.full((4, FEATURES), size, dtype=np.float32)) for tap, size in layers)
    return Activations("resid_post", (shown,), (values,), statistics(), 50)


def test_every_layer_has_its_own_scale_which_moves_in_steps(panel: ActivationsPanel) -> None:
    panel.show_activations(of_layers(0.03, 1.6, -8.0), 1)
    assert limits(panel) == ["±0.05", "±2", "±10"]
    panel.show_activations(of_layers(0.04, 1.3, -7.0), 2)
    assert limits(panel) == ["±0.05", "±2", "±10"]
    panel.show_activations(of_layers(0.06, 2.1, -11.0), 3)
    assert limits(panel) == ["±0.1", "±5", "±20"]
    assert panel._scale.accessibleDescription() == "− … +"


def test_a_small_layer_beside_a_large_one_is_not_dark(panel: ActivationsPanel) -> None:
    panel.show_activations(of_layers(0.049, 10.0, 10.0), 1)
    first = heatmaps(panel)[0]
    middle = first.cell_rect(Cell(0, 1, 2)).center().toPoint()
    shown = first.grab().toImage().pixelColor(middle)
    assert shown.lightnessF() > 0.6


def test_while_the_engine_loads_the_maps_say_so(panel: ActivationsPanel) -> None:
    panel.set_loading(True)
    assert [heatmap._message for heatmap in heatmaps(panel)] == ["", "loading engine", ""]
    panel.grab()
    panel.set_loading(False)
    assert not any(heatmap._message for heatmap in heatmaps(panel))


def test_patterns_show_heads_and_no_embedding(panel: ActivationsPanel) -> None:
    panel.show_activations(activations("cat", tap="pattern"), 1)
    assert names(panel) == ["block 0", "block 1"]
    assert heatmaps(panel)[0].values.shape == (HEADS, 4, 4)
    assert panel._scale.accessibleDescription() == "0 … 1"
    panel._maps.pointed.emit(1, Cell(2, 3, 0))
    assert panel._readout.text == "head 1.2 · t looks at start · 1.000"


def test_pointing_reads_the_value_out(panel: ActivationsPanel) -> None:
    panel.show_activations(activations("cat", sizes=(-0.5,)), 1)
    heatmap = heatmaps(panel)[1]
    QTest.mouseMove(heatmap, heatmap.cell_rect(Cell(0, 1, 4)).center().toPoint())
    assert panel._readout.text == "c · feature 4 · −0.500"
    panel.show_activations(activations("cat", sizes=(0.25,)), 2)
    assert panel._readout.text == "c · feature 4 · +0.250"
    panel.show_activations(activations("c"), 3)
    assert panel._readout.text == "letters × 6 features"


def test_two_prompts_and_their_difference(panel: ActivationsPanel) -> None:
    panel.show_activations(activations("cat", "car"), 1)
    assert heatmaps(panel)[2].values[0, 0, 0] == 1.0
    click(panel, "activation_prompt_1")
    assert heatmaps(panel)[2].values[0, 0, 0] == 0.25
    click(panel, "activation_prompt_2")
    assert heatmaps(panel)[2].values[0, 0, 0] == 0.75
    assert panel._maps._tokens == ("start", "c", "a", "t/r")


def test_a_difference_of_unequal_lengths_gets_a_sentence(panel: ActivationsPanel) -> None:
    panel.show_activations(activations("cat", "ca"), 1)
    click(panel, "activation_prompt_2")
    assert [heatmap.values for heatmap in heatmaps(panel)] == [None, None, None]
    assert panel._readout.text == "A − B needs equal lengths: A has 4, B 3."


def test_a_prompt_without_tokens_says_why(panel: ActivationsPanel) -> None:
    empty = prompt("??", problem="There is nothing to predict from.")
    panel.show_activations(Activations("resid_post", (empty,), ((),), statistics()), 1)
    assert panel._readout.text == "There is nothing to predict from."
    assert heatmaps(panel)[0].values is None


def test_values_that_are_no_numbers_are_shown_as_such(panel: ActivationsPanel) -> None:
    panel.show_activations(activations("cat", sizes=(float("nan"),)), 1)
    panel.grab()
    assert np.isnan(heatmaps(panel)[0].values).all()


def test_being_told_is_not_asking(panel: ActivationsPanel) -> None:
    asked: list[str] = []
    panel.tap_chosen.connect(asked.append)
    panel.restore({"tap": "mlp.post", "view": 1, "layer": 2})
    panel.show_activations(activations("cat", tap="mlp.post"), 1)
    panel.clear()
    assert asked == []
    assert panel.tap == "mlp.post"


def test_choosing_a_tap_asks_for_it(panel: ActivationsPanel) -> None:
    panel.show_activations(activations("cat"), 1)
    chooser = panel.findChild(QComboBox, "activation_tap")
    assert chooser is not None
    asked: list[str] = []
    panel.tap_chosen.connect(asked.append)
    QTest.keyClick(chooser, Qt.Key.Key_Down)
    QTest.keyClick(chooser, Qt.Key.Key_Down)
    assert asked == ["attn_out", "mlp.post"]
    assert panel._readout.text == "…"


def test_a_click_makes_a_layer_the_large_one(panel: ActivationsPanel) -> None:
    panel.show_activations(activations("cat"), 1)
    click(panel, "activation_layer_2")
    assert panel.state()["layer"] == 2
    QApplication.processEvents()
    heights = [heatmap.height() for heatmap in heatmaps(panel)]
    assert heights[2] > 2 * heights[0]


def test_a_smaller_model_after_a_larger_one(panel: ActivationsPanel) -> None:
    click(panel, "activation_layer_2")
    panel.clear()
    panel.set_layers(1)
    assert names(panel) == ["embed", "block 0"]
    panel.grab()


def test_statistics_over_steps(panel: ActivationsPanel) -> None:
    history = History()
    panel.show_history(history)
    bins = np.zeros((1, 256), dtype=np.int32)
    for step in (0, 50, 100):
        history.add_record(Record(step, 3.0, bins, bins, statistics(spread=0.01 * step)))
    panel.show_history(history)
    click(panel, "activation_view_1")
    panel.grab()
    spread = panel._history._std
    assert [line.name for line in spread._lines] == ["embed", "block 0", "block 1"]
    assert spread._lines[2].y.tolist() == pytest.approx([0.0, 0.5, 1.0])
    assert [line.name for line in panel._history._dead._lines] == ["block 0", "block 1"]
    assert panel._history._dead._lines[1].y.tolist() == pytest.approx([50.0] * 3)
    panel.clear()
    assert spread._lines == ()


def test_the_table_names_every_value(panel: ActivationsPanel) -> None:
    assert panel.table() is None
    panel.show_activations(activations("cat", tap="pattern"), 1)
    table = panel.table()
    assert table is not None
    assert len(table) == 1 + 4 * FEATURES + BLOCKS * HEADS * 4 * 4
    assert table[-1] == ["cat", "blocks.1.pattern", "2", "3", "3", "1"]


def test_state_survives_a_settings_file(panel: ActivationsPanel, qtbot: QtBot) -> None:
    panel.restore({"tap": "pattern", "view": 1, "layer": 2})
    other = ActivationsPanel()
    qtbot.addWidget(other)
    other.restore(json.loads(json.dumps(panel.state())))
    assert other.state() == {"tap": "pattern", "view": 1, "layer": 2}
