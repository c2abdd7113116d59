"""A number that is not what the reference says is marked where it is drawn, while that number is what is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.inspecting import click, heatmap, inspector, part_map, words
from tests.desktop.mismatching import C_IS_WRONG, POST, STEP, THEMES, is_red, prediction, wrong
from tests.desktop.tap_readings import MODEL, VOCABULARY, reading, taps
from tests.desktop.transforming import flow, move_to, open_block, pixel_of, readout, transformer
from weightdeck_desktop.panels.attention import AttentionPanel
from weightdeck_desktop.panels.attention_controls import MATRIX
from weightdeck_desktop.panels.attention_readings import MASK, SCORES, SOFTMAX
from weightdeck_desktop.panels.inspector import InspectorPanel
from weightdeck_desktop.panels.inspector_table import StageTable
from weightdeck_desktop.panels.predictions import PredictionsPanel
from weightdeck_desktop.panels.transformer_stages import NEXT
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.flow_parts import FlowCell
from weightdeck_desktop.widgets.heatmap import Heatmap
from weightdeck_desktop.widgets.part_map import PartMap

PATTERN = "blocks.1.attn.pattern"
SCORES_1 = "blocks.1.attn.attn_scores"


def silent(panel: Any, names: tuple[str, ...]) -> list[str]:
    """What a panel says from now on."""
    said: list[str] = []
    for name in names:
        getattr(panel, name).connect(lambda *_, name=name: said.append(name))
    return said


# Inspector


@pytest.fixture
def stage(qtbot: QtBot) -> InspectorPanel:
    panel = inspector(qtbot)
    panel.show_taps(taps(reading()), STEP)
    return panel


@THEMES
def test_the_map_outlines_it(stage: InspectorPanel, theme: Any) -> None:
    stage.set_theme(theme)
    around = part_map(stage).cell_rect((1, 5)).adjusted(-12, -12, 12, 12)
    assert not is_red(part_map(stage), around, theme.error)
    stage.show_mismatches((wrong(reading(), POST, 1, 5),))
    assert is_red(part_map(stage), around, theme.error)
    stage.show_taps(taps(reading(), step=STEP + 1), STEP + 1)
    assert not is_red(part_map(stage), around, theme.error)


def test_the_words_give_the_references_value(stage: InspectorPanel) -> None:
    stage.show_mismatches((wrong(reading(), POST, 0, 1),))
    QTest.keyClick(heatmap(stage), Qt.Key.Key_Right)
    assert words(stage).endswith("· ! the reference says 0.1234")
    assert heatmap(stage).accessibleDescription().endswith("! the reference says 0.1234")
    QTest.keyClick(heatmap(stage), Qt.Key.Key_Right)
    assert "reference" not in words(stage)
    QTest.keyClick(heatmap(stage), Qt.Key.Key_Left)
    stage.show_mismatches(())
    assert "reference" not in words(stage)


@THEMES
def test_the_table_says_it_too(stage: InspectorPanel, theme: Any) -> None:
    stage.set_theme(theme)
    click(stage, "inspector_view_1")
    table = stage.findChild(StageTable, "inspector_table")
    assert isinstance(table, StageTable)
    place = table.model().index(0, 1)
    was = place.data()
    stage.show_mismatches((wrong(reading(), POST, 0, 1),))
    assert place.data() == f"!{was}"
    assert place.data(Qt.ItemDataRole.AccessibleTextRole).endswith("! the reference says 0.1234")
    assert place.data(Qt.ItemDataRole.ForegroundRole) == theme.error
    assert is_red(table.viewport(), table.visualRect(place), theme.error)
    beside = table.model().index(2, 2)
    assert not is_red(table.viewport(), table.visualRect(beside), theme.error)
    table.setCurrentIndex(place)
    assert words(stage).endswith("! the reference says 0.1234")
    stage.show_mismatches(())
    assert place.data() == was


def test_a_head_shows_its_own(stage: InspectorPanel) -> None:
    stage.set_tap("blocks.0.attn.z")
    stage.show_mismatches((wrong(reading(), "blocks.0.attn.z", 1, 2, 3),))
    seen = part_map(stage).findChild(Heatmap, "inspector_map")
    assert isinstance(seen, Heatmap)
    assert stage._stage is not None
    assert dict(stage._stage.wrong) == {}
    stage.restore({"tap": "blocks.0.attn.z", "head": 1})
    assert dict(stage._stage.wrong) == {(2, 3): 0.1234}


def test_only_the_part_that_is_seen_is_marked(qtbot: QtBot) -> None:
    part = PartMap("map")
    qtbot.addWidget(part)
    part.set_theme(dark_theme())
    part.resize(160, 100)
    part.show()
    part.set_wrong(frozenset({(0, 0), (299, 299)}))
    part.set_matrix(np.zeros((300, 300), dtype=np.float32), 1.0, signed=True)
    whole = part.rect()
    assert is_red(part, QRect(whole.left(), whole.top(), whole.width(), 40), dark_theme().error)
    for _ in range(3):
        QTest.keyClick(part.findChild(Heatmap, "map"), Qt.Key.Key_PageDown)
    assert not is_red(part, whole, dark_theme().error)
    part.set_matrix(None, 1.0, signed=True)
    assert not is_red(part, whole, dark_theme().error)


# Transformer


@THEMES
def test_the_pictures_outline_it(qtbot: QtBot, theme: Any) -> None:
    panel = transformer(qtbot)
    panel.set_theme(theme)
    panel.show_taps(taps(reading()), STEP)
    view = flow(panel)
    cell = FlowCell(POST, 0, 1, 5)
    move_to(view, pixel_of(view, cell))
    panel.show_mismatches((wrong(reading(), POST, 1, 5), wrong(reading(), "blocks.0.mlp.pre", 0, 0)))
    assert view._items.wrong.cells == (view.cell_rect(cell),), "the other is in a block that is closed"
    assert "! the reference says 0.1234" in readout(panel)
    at = pixel_of(view, cell)
    move_to(view, QPoint(1, 1))
    assert is_red(view.viewport(), QRect(at.x() - 20, at.y() - 20, 40, 40), theme.error)
    open_block(view, 0)
    assert view._items.wrong.cells == (
        view.cell_rect(FlowCell("blocks.0.mlp.pre", 0, 0, 0)),
        view.cell_rect(cell),
    )
    panel.show_taps(taps(reading(), step=STEP + 1), STEP + 1)
    assert view._items.wrong.cells == ()


def test_of_heads_the_right_picture_is_marked(qtbot: QtBot) -> None:
    panel = transformer(qtbot)
    panel.show_taps(taps(reading()), STEP)
    panel.show_mismatches((wrong(reading(), PATTERN, 2, 3, 1),))
    view = flow(panel)
    assert view._items.wrong.cells == (view.cell_rect(FlowCell(PATTERN, 2, 3, 1)),)
    panel.resize(700, 900)
    assert view._items.wrong.cells == (view.cell_rect(FlowCell(PATTERN, 2, 3, 1)),)
    panel.clear()
    panel.show_taps(taps(reading()), STEP)
    assert view._items.wrong.cells == ()


def test_the_next_tokens_say_it(qtbot: QtBot) -> None:
    panel = transformer(qtbot)
    given = reading()
    panel.show_taps(taps(given), STEP)
    best = int(np.argmax(np.abs(given.values["probs"][-1])))
    panel.show_mismatches((wrong(given, "probs", 4, best), wrong(given, "probs", 0, 1)))
    bars = flow(panel)._items.stages[NEXT].bars
    assert bars is not None
    marked = [name for name, number in bars.shown if number.startswith("!")]
    assert len(marked) == 1
    assert marked[0] in ("end", VOCABULARY[best])


# Prediction


@pytest.fixture
def predicting(qtbot: QtBot) -> PredictionsPanel:
    panel = PredictionsPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.set_vocabulary(VOCABULARY)
    panel.set_prompts("ab")
    panel.resize(430, 600)
    panel.show()
    panel.show_predictions((prediction(),), STEP)
    return panel


@THEMES
def test_the_rows_number_is_red_with_its_sign(predicting: PredictionsPanel, theme: Any) -> None:
    predicting.set_theme(theme)
    bars = predicting._bars
    row = QRect(
        bars._columns.value - theme.px(8), 0, bars._columns.value_width + theme.px(8), bars._row_height
    )
    assert not is_red(bars, row, theme.error)
    predicting.show_mismatches((C_IS_WRONG,))
    assert [value for _, value, _ in bars.shown] == ["!0.600", "0.100", "0.100", "0.100", "0.100"]
    assert is_red(bars, row, theme.error)
    assert not is_red(bars, row.translated(0, bars._row_height), theme.error)
    assert "c ! 0.60" in bars.accessibleDescription()
    at = QPoint(5, 5)
    QApplication.sendEvent(bars, QHelpEvent(QEvent.Type.ToolTip, at, bars.mapToGlobal(at)))
    assert "the reference says 0.51234" in QToolTip.text()
    QToolTip.hideText()
    predicting.show_predictions((prediction(share=0.61),), STEP + 1)
    assert bars.shown[0][1] == "0.610"


def test_the_baseline_is_not_what_was_checked(predicting: PredictionsPanel) -> None:
    predicting.show_mismatches((C_IS_WRONG,))
    predicting.show_predictions((prediction(before=True),), STEP)
    assert predicting._bars.shown[0][1] == "!0.600"
    predicting.show_before(True)
    assert not any(value.startswith("!") for _, value, _ in predicting._bars.shown)
    predicting.show_before(False)
    assert predicting._bars.shown[0][1] == "!0.600"


# Attention


@pytest.fixture
def attention(qtbot: QtBot) -> AttentionPanel:
    panel = AttentionPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.set_model(MODEL)
    panel.set_head(1, 2)
    panel.restore({"view": MATRIX, "stage": SOFTMAX})
    panel.resize(360, 330)
    panel.show()
    panel.show_taps(taps(reading()), STEP)
    return panel


def test_the_matrix_of_its_head_outlines_it(attention: AttentionPanel) -> None:
    seen = attention.findChild(Heatmap, "attention_map")
    assert isinstance(seen, Heatmap)
    error = dark_theme().error
    attention.show_mismatches((wrong(reading(), PATTERN, 2, 1, 1),))
    assert is_red(seen, seen.rect(), error)
    QTest.keyClick(seen, Qt.Key.Key_Down)
    QTest.keyClick(seen, Qt.Key.Key_Right)
    said = attention.findChild(QWidget, "attention_readout")
    assert isinstance(said, QWidget)
    assert "· ! the reference says 0.1234 · a as unsure" in said.accessibleName()
    attention.set_head(1, 0)
    assert not is_red(seen, seen.rect(), error)
    attention.set_head(1, 2)
    assert is_red(seen, seen.rect(), error)


def test_the_mask_is_no_number_of_the_scores(attention: AttentionPanel) -> None:
    seen = attention.findChild(Heatmap, "attention_map")
    assert isinstance(seen, Heatmap)
    attention.show_mismatches((wrong(reading(), SCORES_1, 2, 3, 1),))
    for stage, is_marked in ((SCORES, True), (MASK, False), (SOFTMAX, False)):
        attention.restore({"view": MATRIX, "stage": stage})
        assert is_red(seen, seen.rect(), dark_theme().error) is is_marked


# All


def test_being_told_is_not_asking(
    stage: InspectorPanel, predicting: PredictionsPanel, attention: AttentionPanel, qtbot: QtBot
) -> None:
    said = silent(stage, ("tap_chosen", "cell_chosen", "history_requested"))
    said += silent(predicting, ("prompts_edited", "cell_chosen"))
    said += silent(attention, ("interest_changed", "cell_chosen"))
    flowing = transformer(qtbot)
    said += silent(flowing, ("interest_changed", "tap_chosen", "cell_chosen"))
    for panel in (stage, predicting, attention, flowing):
        panel.show_mismatches((C_IS_WRONG, wrong(reading(), POST, 1, 2)))
        panel.set_theme(light_theme())
        panel.clear()
        panel.show_mismatches((C_IS_WRONG,))
    assert said == []


def test_a_new_run_has_none(
    stage: InspectorPanel, predicting: PredictionsPanel, attention: AttentionPanel
) -> None:
    stage.show_mismatches((wrong(reading(), POST, 0, 1),))
    predicting.show_mismatches((C_IS_WRONG,))
    attention.show_mismatches((wrong(reading(), PATTERN, 2, 1, 1),))
    for panel in (stage, predicting, attention):
        panel.clear()
    stage.show_taps(taps(reading()), STEP)
    attention.show_taps(taps(reading()), STEP)
    predicting.show_predictions((prediction(),), STEP)
    assert stage._stage is not None
    assert not stage._stage.wrong
    assert predicting._bars.shown[0][1] == "0.600"
    seen = attention.findChild(Heatmap, "attention_map")
    assert isinstance(seen, Heatmap)
    assert not is_red(seen, seen.rect(), dark_theme().error)
