"""The inspector: every page shows the numbers of the tap, by mouse and by keyboard alone."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QTableView,
)
from pytestqt.qtbot import QtBot

from tests.desktop.inspecting import (
    POST,
    SCORES,
    click,
    heard,
    heatmap,
    inspector,
    over,
    part_map,
    turn,
    words,
)
from tests.desktop.tap_readings import MODEL, reading, taps
from weightdeck.run.inside import Patch, TapReading, Taps
from weightdeck.run.strips import Mix, Neuron
from weightdeck.run.subjects import InBatch, InPrompt, TapCell, TapGradient, TokenLoss
from weightdeck_desktop.panels.inspector import HISTOGRAM, MAP, OVER_STEPS, TABLE, InspectorPanel
from weightdeck_desktop.panels.inspector_stage import histogram, lengths, summary
from weightdeck_desktop.panels.inspector_words import tap_groups, value_words
from weightdeck_desktop.panels.tap_source import TapSource
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.colour_scale import ColourScale


@pytest.fixture
def panel(qtbot: QtBot) -> InspectorPanel:
    return inspector(qtbot)


def test_being_told_is_not_asking(panel: InspectorPanel) -> None:
    said = heard(panel)
    one, other = reading(), reading("abcd", 2)
    panel.show_taps(taps(one, other), 40)
    panel.set_source(TapSource.DIFFERENCE)
    panel.set_tap(SCORES)
    panel.restore({"tap": POST, "head": 2, "view": OVER_STEPS})
    panel.show_over_steps(over(POST))
    panel.show_problem("It could not be read.")
    panel.show_mix(Mix().with_clamp(Neuron(POST, 3), 0.5))
    panel.set_chosen(TapCell(InPrompt("abca"), POST, (1, 2)))
    panel.clear()
    assert said == []
    assert panel.wanted_taps == {POST}


def test_hovering_reads_the_data(panel: InspectorPanel) -> None:
    one = reading()
    panel.show_taps(taps(one), 40)
    picked = np.random.default_rng(5)
    for _ in range(60):
        row, column = int(picked.integers(5)), int(picked.integers(48))
        at = part_map(panel).cell_rect((row, column)).center()
        QTest.mouseMove(heatmap(panel), at)
        token = ("start", *"abca")[row]
        value = value_words(float(one.values[POST][row, column]))
        assert words(panel) == f"{token} · feature {column} · {value}"
    assert panel.aside == "“abca” · step 40"


def test_a_masked_score_is_called_so(panel: InspectorPanel) -> None:
    panel.set_tap(SCORES)
    panel.show_taps(taps(reading()), 40)
    QTest.mouseMove(heatmap(panel), part_map(panel).cell_rect((1, 3)).center())
    assert words(panel) == "a looks at c · −∞, masked: it comes later"
    assert np.isnan(heatmap(panel).values[0, 1, 3])


def test_keyboard_walks_and_opens_a_cell(panel: InspectorPanel) -> None:
    one = reading()
    panel.show_taps(taps(one), 40)
    said = heard(panel)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(heatmap(panel), key)
    assert said == [("cell_chosen", (TapCell(InPrompt("abca"), POST, (2, 1)),))]
    assert words(panel) == f"b · feature 1 · {value_words(float(one.values[POST][2, 1]))}"


def test_a_click_tells_the_head_too(panel: InspectorPanel) -> None:
    panel.set_tap(SCORES)
    panel.show_taps(taps(reading()), 40)
    box = panel.findChild(QComboBox, "inspector_head")
    assert box is not None
    QTest.keyClick(box, Qt.Key.Key_Down)
    said = heard(panel)
    at = part_map(panel).cell_rect((3, 1)).center()
    QTest.mouseClick(heatmap(panel), Qt.MouseButton.LeftButton, pos=at)
    assert said == [("cell_chosen", (TapCell(InPrompt("abca"), SCORES, (1, 3, 1)),))]


def test_gradients_and_differences(panel: InspectorPanel) -> None:
    one, other = reading(), reading("abcd", 2)
    batch = reading("abca", 3, InBatch(7))
    panel.show_taps(taps(one, other, batch), 40)
    said = heard(panel)
    panel.set_source(TapSource.GRADIENT)
    assert np.array_equal(heatmap(panel).values[0], -batch.values[POST])
    QTest.keyClick(heatmap(panel), Qt.Key.Key_Return)
    panel.set_source(TapSource.DIFFERENCE)
    assert np.array_equal(heatmap(panel).values[0], one.values[POST] - other.values[POST])
    QTest.keyClick(heatmap(panel), Qt.Key.Key_Return)
    assert said == [("cell_chosen", (TapGradient(7, POST, (0, 0)),))]
    assert words(panel).startswith("A difference belongs to no single pass")


@pytest.mark.parametrize("source", [TapSource.DIFFERENCE, TapSource.PATCHED, TapSource.EFFECT])
def test_nothing_is_invited_that_is_refused(panel: InspectorPanel, source: TapSource) -> None:
    one = reading()
    patched = TapReading(InPrompt("abca"), one.ids, one.tokens, one.values, patches=(Patch(POST),))
    panel.show_taps(taps(one, reading(), patched), 40)
    table = panel.findChild(QTableView, "inspector_table")
    assert table is not None
    assert words(panel) == "5 tokens × 48 features · click a number to have it explained"
    panel.set_source(source)
    assert words(panel) == "5 tokens × 48 features"
    click(panel, "inspector_view_1")
    assert "explained" not in table.toolTip()
    panel.set_source(TapSource.A)
    assert "explained" in table.toolTip()


def test_the_number_that_is_explained_is_outlined_where_it_is_shown(panel: InspectorPanel) -> None:
    one, other = reading(), reading("abcd", 2)
    panel.show_taps(taps(one, other, reading("abca", 3, InBatch(7))), 40)

    def outlined() -> bool:
        return heatmap(panel)._selection is not None

    panel.set_chosen(TapCell(InPrompt("abca"), POST, (1, 2)))
    assert outlined()
    for source in (TapSource.B, TapSource.DIFFERENCE, TapSource.BATCH, TapSource.GRADIENT):
        panel.set_source(source)
        assert not outlined(), source
    panel.set_chosen(TapGradient(7, POST, (1, 2)))
    assert outlined()
    panel.set_source(TapSource.BATCH)
    assert not outlined()
    panel.set_chosen(TapCell(InBatch(7), POST, (1, 2)))
    assert outlined()
    panel.set_source(TapSource.DIFFERENCE)
    QTest.keyClick(heatmap(panel), Qt.Key.Key_Return)
    assert not outlined()  # a refused number is not outlined
    panel.set_source(TapSource.BATCH)
    assert outlined()  # and the other one still is explained
    box = panel.findChild(QComboBox, "inspector_block")
    assert box is not None
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert not outlined()  # of another stage
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert outlined()
    panel.set_chosen(TokenLoss(7, 2))
    assert not outlined()


@pytest.mark.parametrize(
    ("value", "scale", "said"),
    [
        (0.0, "", "all 0 · no unit"),
        (np.nan, "", "no finite number · no unit"),
        (0.5, "−0.5 … +0.5", "no unit"),
    ],
)
def test_a_scale_is_never_made_up(panel: InspectorPanel, value: float, scale: str, said: str) -> None:
    flat = TapReading(InPrompt("x"), (1,), ("a",), {POST: np.full((1, 48), value, dtype=np.float32)})
    panel.show_taps(taps(flat), 40)
    strip = panel.findChild(ColourScale)
    assert strip is not None
    assert strip.accessibleDescription() == scale
    assert words(panel, "inspector_scale_words") == said
    panel.grab()


def test_a_few_numbers_among_zeros_have_their_scale(panel: InspectorPanel) -> None:
    values = np.zeros((5, 48), dtype=np.float32)
    values[2, 3] = -0.02
    one = reading()
    panel.show_taps(taps(TapReading(InPrompt("abca"), one.ids, one.tokens, {POST: values})), 40)
    strip = panel.findChild(ColourScale)
    assert strip is not None
    assert strip.accessibleDescription() == "−0.02 … +0.02"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (-0.000214304, "−2.143e-4"),
        (0.0402149, "+0.04021"),
        (1.92412, "+1.9241"),
        (0.0, "+0.0000"),
        (-np.inf, "−∞"),
    ],
)
def test_small_numbers_have_four_digits_too(value: float, said: str) -> None:
    assert value_words(value) == said


def test_the_table_is_the_map(panel: InspectorPanel) -> None:
    one = reading()
    panel.show_taps(taps(one), 40)
    click(panel, "inspector_view_1")
    view = panel.findChild(QTableView, "inspector_table")
    assert view is not None
    model = view.model()
    shape = (model.rowCount(), model.columnCount())
    assert shape == one.values[POST].shape
    for row in range(shape[0]):
        for column in range(shape[1]):
            assert model.index(row, column).data() == value_words(float(one.values[POST][row, column]))
    spoken = model.index(2, 7).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == f"b, feature 7: {value_words(float(one.values[POST][2, 7]))}"
    assert model.headerData(0, Qt.Orientation.Vertical) == "start"


def test_the_table_by_keyboard(panel: InspectorPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    click(panel, "inspector_view_1")
    view = panel.findChild(QTableView, "inspector_table")
    assert view is not None
    view.setFocus()
    said = heard(panel)
    view.setCurrentIndex(view.model().index(0, 0))
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(view, key)
    assert said == [("cell_chosen", (TapCell(InPrompt("abca"), POST, (1, 1)),))]
    panel.show_taps(taps(reading(seed=9), step=41), 41)
    assert (view.currentIndex().row(), view.currentIndex().column()) == (1, 1)


def test_columns_of_logits_are_tokens(panel: InspectorPanel) -> None:
    panel.set_tap("logits")
    panel.show_taps(taps(reading()), 40)
    QTest.keyClick(heatmap(panel), Qt.Key.Key_Right)
    assert words(panel).startswith("start · next token a · ")


def test_statistics_are_those_of_the_values(panel: InspectorPanel) -> None:
    values = np.array([[3.0, -4.0], [0.0, -np.inf]], dtype=np.float32)
    facts = summary(values)
    assert facts is not None
    assert facts == pytest.approx((-1 / 3, np.std([3.0, -4.0, 0.0]), -4.0, 3.0, 1 / 3, 3))
    assert lengths(values).tolist() == [5.0, 0.0]
    counted = histogram(values)
    assert counted is not None
    assert counted.counts.sum() == 3
    assert counted.every == 1
    assert summary(np.full((2, 2), np.nan, dtype=np.float32)) is None
    one = reading()
    panel.show_taps(taps(one), 40)
    click(panel, "inspector_view_2")
    expected = one.values[POST].astype(np.float64)
    assert f"mean {expected.mean():.4g}".replace("-", "−") in words(panel, "inspector_facts")
    assert f"above zero {(expected > 0).mean():.0%}" in words(panel, "inspector_facts")


def test_another_block_keeps_the_stage(panel: InspectorPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    box = panel.findChild(QComboBox, "inspector_block")
    assert box is not None
    said = heard(panel)
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert said == [("tap_chosen", ("blocks.0.mlp.post",))]
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert panel.tap == "embed"


def test_every_tap_can_be_shown_on_every_page(panel: InspectorPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    everything = [tap for _, group in tap_groups(MODEL) for tap in group]
    assert set(everything) == set(reading().values)
    for page in (MAP, TABLE, HISTOGRAM):
        panel.restore({"view": page})
        for tap in everything:
            panel.set_tap(tap)
            assert panel.table() is not None
            panel.grab()


def test_nothing_to_show_says_why(panel: InspectorPanel) -> None:
    panel.show_taps(Taps((), "There is no batch yet.", 0), 0)
    assert words(panel) == "There is no batch yet."
    panel.grab()
    panel.show_taps(taps(TapReading(InPrompt("?"), (), (), {})), 0)
    assert "no token" in words(panel)
    panel.show_taps(taps(reading("abc"), reading("abcd")), 1)
    panel.set_source(TapSource.DIFFERENCE)
    assert words(panel).startswith("A has 4 tokens and B has 5")
    panel.set_source(TapSource.A)
    only = {"logits": reading().values["logits"]}
    panel.show_taps(taps(TapReading(InPrompt("abca"), reading().ids, reading().tokens, only)), 2)
    assert panel.table() is None
    panel.grab()
    patched = TapReading(
        InPrompt("abca"), reading().ids, reading().tokens, reading().values, patches=(Patch(POST),)
    )
    panel.set_source(TapSource.PATCHED)
    panel.show_taps(taps(reading(), reading(), patched), 3)
    assert panel.aside == "“abca” patched · step 3"
    QTest.keyClick(heatmap(panel), Qt.Key.Key_Return)
    assert words(panel).startswith("Behind a patch")


def test_before_a_model_there_is_nothing_to_want(qtbot: QtBot) -> None:
    widget = InspectorPanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.restore({"tap": POST, "view": "nonsense", "head": -3})
    assert widget.wanted_taps == frozenset()
    widget.grab()
    widget.set_model(MODEL)
    assert widget.tap == POST
    assert not widget.findChildren(QLabel, "error")


def test_a_large_stage_is_seen_in_part(panel: InspectorPanel) -> None:
    rows, columns = 600, 3072
    values = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)
    large = TapReading(InPrompt("x"), (1,) * rows, ("a",) * rows, {POST: values})
    panel.show_taps(taps(large), 40)
    assert part_map(panel).seen is not None
    assert heatmap(panel).values.size < 360 * 330
    QTest.keyClick(heatmap(panel), Qt.Key.Key_End)
    QTest.keyClick(heatmap(panel), Qt.Key.Key_PageDown)
    row, column = part_map(panel).cursor_place
    assert column == columns - 1
    assert row > 0
    assert words(panel) == f"a · feature {column} · {value_words(float(values[row, column]))}"
    assert " of 600, columns " in words(panel, "inspector_scale_words")
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Plus, Qt.Key.Key_Minus):
        QTest.keyClick(heatmap(panel), key)
        panel.grab()
    top, below, left, right = part_map(panel).seen
    assert top <= row < below
    assert left <= column < right
    assert np.array_equal(heatmap(panel).values[0], values[top:below, left:right])
    at = part_map(panel).cell_rect((row, column)).center()
    QTest.mouseMove(heatmap(panel), at)
    assert words(panel) == f"a · feature {column} · {value_words(float(values[row, column]))}"


def test_shares_have_no_sign(panel: InspectorPanel) -> None:
    one = reading()
    panel.set_tap("blocks.0.attn.pattern")
    panel.show_taps(taps(one), 40)
    QTest.keyClick(heatmap(panel), Qt.Key.Key_Down)
    share = float(one.values["blocks.0.attn.pattern"][0, 1, 0])
    assert words(panel) == f"a looks at start · {share:.4f}"


def test_the_wheel_takes_the_cursor_with_it(panel: InspectorPanel) -> None:
    rows, columns = 600, 900
    values = np.random.default_rng(0).normal(size=(rows, columns)).astype(np.float32)
    large = TapReading(InPrompt("x"), (1,) * rows, ("a",) * rows, {POST: values})
    panel.show_taps(taps(large), 40)
    turn(part_map(panel), -240)
    seen = part_map(panel).seen
    assert seen is not None
    assert seen[0] > 0
    assert part_map(panel).cursor_place == (seen[0], 0)
    QTest.keyClick(heatmap(panel), Qt.Key.Key_Down)
    assert part_map(panel).cursor_place == (seen[0] + 1, 0)


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("size", [(330, 220), (1000, 330), (600, 600)])
def test_both_themes_at_every_size(panel: InspectorPanel, scale: float, size: tuple[int, int]) -> None:
    panel.resize(*size)
    for make in (dark_theme, light_theme):
        panel.set_theme(make(scale))
        for page in (MAP, TABLE, HISTOGRAM, OVER_STEPS):
            panel.restore({"view": page})
            panel.show_taps(taps(reading()), 40)
            panel.grab()
            assert panel.state() == {"tap": POST, "head": 0, "view": page}
