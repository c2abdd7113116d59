"""The attention panel: matrices, lines and names of heads are those of the data, by mouse and by keyboard alone."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.tap_readings import MODEL, reading, taps
from weightdeck.run.heads import PATTERNS, HeadScores, prompt_heads
from weightdeck.run.inside import TapReading, Taps
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Mix, Strip, StripSetting
from weightdeck.run.subjects import InBatch, InPrompt, TapCell, TapGradient
from weightdeck_desktop.panels.attention import AttentionPanel
from weightdeck_desktop.panels.attention_controls import HEADS, LINES, MATRIX
from weightdeck_desktop.panels.attention_heads import Heads
from weightdeck_desktop.panels.attention_menu import HeadMenu
from weightdeck_desktop.panels.attention_readings import MASK, SCORES, SOFTMAX
from weightdeck_desktop.panels.attention_words import entropies, head_entropy, unsure_words
from weightdeck_desktop.panels.inspector_words import value_words
from weightdeck_desktop.panels.tap_source import TapSource
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.attention_lines import FAINTEST, MOST_TOKENS, AttentionLines, End
from weightdeck_desktop.widgets.heatmap import Heatmap
from weightdeck_desktop.widgets.part_map import PartMap
from weightdeck_desktop.widgets.plain_number import plain_number

PATTERN_1 = "blocks.1.attn.pattern"
SCORES_1 = "blocks.1.attn.attn_scores"
TOKENS = ("start", *"abca")

Part = TypeVar("Part", bound=QWidget)


@pytest.fixture
def panel(qtbot: QtBot) -> AttentionPanel:
    widget = AttentionPanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.set_model(MODEL)
    widget.set_head(1, 2)
    widget.resize(360, 330)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def part(panel: AttentionPanel, kind: type[Part], name: str) -> Part:
    found = panel.findChild(kind, name)
    assert isinstance(found, kind)
    return found


def heatmap(panel: AttentionPanel) -> Heatmap:
    return part(panel, Heatmap, "attention_map")


def cell(panel: AttentionPanel, query: int, key: int) -> QPoint:
    parent = heatmap(panel).parentWidget()
    assert isinstance(parent, PartMap)
    return parent.cell_rect((query, key)).center()


def words(panel: AttentionPanel) -> str:
    return part(panel, QWidget, "attention_readout").accessibleName()


def click(panel: AttentionPanel, name: str) -> None:
    part(panel, QPushButton, name).click()


def heard(panel: AttentionPanel) -> list[tuple[str, tuple[object, ...]]]:
    """Everything that the panel says from now on."""
    said: list[tuple[str, tuple[object, ...]]] = []
    for name in ("interest_changed", "cell_chosen", "mute_requested"):
        getattr(panel, name).connect(lambda *values, name=name: said.append((name, values)))
    return said


def measured() -> HeadScores:
    """Head 0.1 looks at the previous token, head 1.2 does induction and rests on the first; no other has a name."""
    scores = np.full((2, 3, len(PATTERNS)), 0.2, dtype=np.float32)
    scores[0, 1, 0] = 0.93
    scores[1, 2, 3], scores[1, 2, 1] = 0.81, 0.55
    scores[:, :, 2] = np.nan
    even = np.array([0.3, 0.25, np.nan, 0.2], dtype=np.float32)
    return HeadScores(scores, even, np.array([50, 60, 0, 20]), np.full((2, 3), 0.7, dtype=np.float32))


def test_being_told_is_not_asking(panel: AttentionPanel) -> None:
    said = heard(panel)
    panel.show_taps(taps(reading(), reading("abcd", 2)), 40)
    panel.set_source(TapSource.DIFFERENCE)
    panel.show_heads(measured(), 40)
    panel.show_mix(Mix().with_strip(Strip(0, 0), StripSetting(muted=True)))
    panel.set_head(0, 1)
    panel.set_chosen(TapCell(InPrompt("abca"), PATTERN_1, (2, 1, 0)))
    panel.restore({"view": LINES, "stage": SCORES, "block": 1, "head": 0})
    panel.clear()
    assert said == []


def test_it_wants_all_patterns_and_the_scores_of_one_block(panel: AttentionPanel) -> None:
    assert panel.wanted_taps == {"blocks.0.attn.pattern", PATTERN_1, SCORES_1}
    said = heard(panel)
    QTest.keyClick(part(panel, QComboBox, "attention_head"), Qt.Key.Key_Up)
    assert (panel.head, said) == ((1, 1), [])
    for _ in range(2):
        QTest.keyClick(part(panel, QComboBox, "attention_head"), Qt.Key.Key_Up)
    assert panel.head == (0, 2)
    assert said == [("interest_changed", ())]
    assert "blocks.0.attn.attn_scores" in panel.wanted_taps


@pytest.mark.parametrize(("stage", "tap"), [(SCORES, SCORES_1), (SOFTMAX, PATTERN_1)])
def test_hovering_reads_the_data(panel: AttentionPanel, stage: int, tap: str) -> None:
    one = reading()
    panel.show_taps(taps(one), 40)
    click(panel, f"attention_stage_{stage}")
    QApplication.processEvents()
    for query in range(5):
        for key in range(5):
            QTest.mouseMove(heatmap(panel), cell(panel, query, key))
            value = float(one.values[tap][2, query, key])
            start = f"{TOKENS[query]} looks at {TOKENS[key]} · "
            if key > query:
                nothing = " and gets nothing" if stage == SOFTMAX else ""
                expected = start + ("" if nothing else "−∞, ") + f"masked: it comes later{nothing}"
            elif stage == SOFTMAX:
                expected = start + plain_number(value, 4)
            else:
                expected = start + value_words(value)
            assert words(panel).startswith(expected)


def test_the_mask_is_where_scores_are_nothing(panel: AttentionPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    click(panel, f"attention_stage_{MASK}")
    assert np.array_equal(heatmap(panel).values[0], np.tril(np.ones((5, 5))))
    QTest.mouseMove(heatmap(panel), cell(panel, 1, 3))
    assert words(panel) == "a looks at c · masked: it comes later"


def test_cells_are_chosen_by_click_and_by_key(panel: AttentionPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    said = heard(panel)
    QTest.mouseClick(heatmap(panel), Qt.MouseButton.LeftButton, pos=cell(panel, 3, 1))
    click(panel, f"attention_stage_{SCORES}")
    QTest.keyClick(heatmap(panel), Qt.Key.Key_Right)
    QTest.keyClick(heatmap(panel), Qt.Key.Key_Return)
    where = InPrompt("abca")
    assert [values for _, values in said] == [
        (TapCell(where, PATTERN_1, (2, 3, 1)),),
        (TapCell(where, SCORES_1, (2, 3, 2)),),
    ]


def test_differences_and_gradients(panel: AttentionPanel) -> None:
    one, other, batch = reading(), reading("abcd", 2), reading("abca", 3, InBatch(4))
    panel.show_taps(taps(one, other, batch), 40)
    said = heard(panel)
    panel.set_source(TapSource.DIFFERENCE)
    difference = one.values[PATTERN_1][2] - other.values[PATTERN_1][2]
    expected = np.where(np.triu(np.ones((5, 5)), 1) == 1, np.nan, difference)
    assert np.array_equal(heatmap(panel).values[0], expected, equal_nan=True)
    QTest.keyClick(heatmap(panel), Qt.Key.Key_Return)
    assert words(panel).startswith("A difference belongs to no single pass")
    panel.set_source(TapSource.GRADIENT)
    QTest.keyClick(heatmap(panel), Qt.Key.Key_Return)
    assert said == [("cell_chosen", (TapGradient(4, PATTERN_1, (2, 0, 0)),))]
    click(panel, f"attention_stage_{MASK}")
    assert np.array_equal(heatmap(panel).values[0], np.tril(np.ones((5, 5))))
    panel.grab()


def test_lines_are_the_pattern(panel: AttentionPanel) -> None:
    one = reading()
    panel.show_taps(taps(one), 40)
    click(panel, "attention_view_2")
    lines = part(panel, AttentionLines, "attention_lines")
    pattern = one.values[PATTERN_1][2]
    drawn = {(query, key): weight for query, key, weight in lines.lines()}
    strong = {(q, k): float(pattern[q, k]) for q, k in np.argwhere(pattern >= FAINTEST).tolist()}
    assert drawn == strong
    weights = [abs(weight) for *_, weight in lines.lines()]
    assert weights == sorted(weights)


def test_one_token_alone_by_pointer_and_by_key(panel: AttentionPanel) -> None:
    one = reading()
    panel.show_taps(taps(one), 40)
    click(panel, "attention_view_2")
    QApplication.processEvents()
    lines = part(panel, AttentionLines, "attention_lines")
    QTest.mouseMove(lines, lines.end_point(End(True, 1)).toPoint())
    assert {key for _, key, _ in lines.lines()} == {1}
    assert words(panel).startswith("a is looked at by: ")
    QTest.mouseMove(lines, lines.rect().center())
    assert lines.shown_end is None
    lines.setFocus()
    QTest.keyClick(lines, Qt.Key.Key_Left)
    QTest.keyClick(lines, Qt.Key.Key_Left)
    assert lines.shown_end == End(False, 3)
    row = one.values[PATTERN_1][2, 3]
    best = int(row.argmax())
    assert words(panel).startswith(f"c looks at: {TOKENS[best]} {plain_number(float(row[best]), 3)}")
    QTest.keyClick(lines, Qt.Key.Key_Escape)
    assert lines.shown_end is None


def test_many_tokens_show_the_lines_of_one(qtbot: QtBot) -> None:
    lines = AttentionLines()
    qtbot.addWidget(lines)
    count = MOST_TOKENS + 1
    weights = np.tril(np.full((count, count), 0.5, dtype=np.float32))
    lines.set_weights(weights, ["a"] * count, 1.0, signed=False)
    assert {query for query, _, _ in lines.lines()} == {count - 1}
    lines.grab()


def test_heads_are_chosen_by_key_and_opened(panel: AttentionPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    panel.show_heads(measured(), 30)
    click(panel, "attention_view_0")
    heads = part(panel, Heads, "attention_heads")
    said = heard(panel)
    QTest.keyClick(heads, Qt.Key.Key_Up)
    QTest.keyClick(heads, Qt.Key.Key_Left)
    assert panel.head == (0, 1)
    assert said == [("interest_changed", ())]
    assert words(panel).startswith("head 0.1 · previous token 0.93 (even attention 0.30) over 50 positions")
    assert " · here as unsure" in words(panel)
    told = heads.accessibleDescription()
    assert "previous token 0.93 · over the validation data, step 30" in told
    assert "same token: never possible in the data" in told
    assert "over the data as unsure as among 2.0 tokens (0.70 nats)" in told
    QTest.mouseClick(heads, Qt.MouseButton.LeftButton, pos=heads.head_rect((1, 0)).center().toPoint())
    assert words(panel).startswith("head 1.0 · no pattern measured · here as unsure")
    QTest.keyClick(heads, Qt.Key.Key_Return)
    assert panel.state() == {"block": 1, "head": 0, "view": MATRIX, "stage": SOFTMAX}


def test_a_head_may_have_two_names(panel: AttentionPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    panel.show_heads(measured(), 40)
    assert words(panel).startswith(
        "head 1.2 · induction 0.81 (even attention 0.20) over 20 positions of the validation data, step 40; here "
    )
    first = float(prompt_heads(reading().values[PATTERN_1][None, 2:], (0, 1, 2, 3, 1)).scores[0, 0, 1])
    told = "first token 0.55 (even attention 0.25) over 60 positions of the validation data, step 40; here {0:.2f}"
    assert told.format(first) in words(panel)


def test_the_entropy_of_a_head_is_the_measured_one() -> None:
    ids = (0, 1, 2, 3, 1, 2, 2, 0)
    drawn = np.exp(np.random.default_rng(3).normal(size=(1, 3, 8, 8)))
    drawn *= np.tril(np.ones((8, 8)))
    pattern = (drawn / drawn.sum(-1, keepdims=True)).astype(np.float32)
    measured_here = prompt_heads(pattern, ids)
    for head in range(3):
        assert head_entropy(pattern[0, head]) == pytest.approx(
            float(measured_here.entropy[0, head]), abs=1e-5
        )


def test_entropy_is_the_number_of_tokens_in_plain_words() -> None:
    even = np.tril(np.ones((4, 4), dtype=np.float32)) / np.arange(1, 5, dtype=np.float32)[:, None]
    assert np.allclose(entropies(even), np.log(np.arange(1, 5)))
    assert unsure_words(math.log(3.0)) == "as unsure as among 3.0 tokens (1.10 nats)"
    assert math.isnan(head_entropy(even[:1, :1]))
    assert unsure_words(math.nan) == ""


def test_a_head_is_muted_from_its_menu(panel: AttentionPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    said = heard(panel)
    heads = part(panel, Heads, "attention_heads")
    heads.menu_requested.emit((0, 1), QPoint(40, 40))
    menu = panel.findChild(HeadMenu)
    assert isinstance(menu, QMenu)
    menu.actions()[0].trigger()
    menu.close()
    panel.show_mix(Mix().with_strip(Strip(1, 2), StripSetting(muted=True)))
    assert words(panel).endswith(" · muted")
    assert said == [("mute_requested", (Strip(0, 1), True))]


def test_the_explained_number_is_outlined_only_where_it_is(panel: AttentionPanel) -> None:
    panel.show_taps(taps(reading(), reading("abcd", 2), reading("abca", 3, InBatch(4))), 40)
    panel.set_chosen(TapCell(InPrompt("abca"), PATTERN_1, (2, 3, 1)))
    parent = heatmap(panel).parentWidget()
    assert isinstance(parent, PartMap)
    assert parent._selected == (3, 1)
    for source in set(TapSource) - {TapSource.A}:
        panel.set_source(source)
        assert parent._selected is None  # the same place of another pass is another number
    panel.set_chosen(TapGradient(4, PATTERN_1, (2, 3, 1)))
    panel.set_source(TapSource.GRADIENT)
    assert parent._selected == (3, 1)
    panel.set_head(1, 1)
    assert parent._selected is None


def test_tables_have_what_is_shown(panel: AttentionPanel) -> None:
    assert panel.table() is None
    one = reading()
    panel.show_taps(taps(one), 40)
    panel.show_heads(measured(), 40)
    table = panel.table()
    assert table is not None
    assert len(table) == 1 + 25
    for row in table[1:]:
        query, key = int(row[2]), int(row[4])
        assert float(row[6]) == pytest.approx(float(one.values[SCORES_1][2, query, key]))
        assert float(row[7]) == (key <= query)
        assert float(row[8]) == pytest.approx(float(one.values[PATTERN_1][2, query, key]))
    click(panel, "attention_view_0")
    summary = panel.table()
    assert summary is not None
    assert len(summary) == 2 + 6
    assert summary[-1][:2] == ["1", "2"]
    assert summary[-1][-1] == "0.81"
    assert summary[-1][-2] == ""


def test_nothing_to_show_says_why(panel: AttentionPanel, qtbot: QtBot) -> None:
    panel.show_taps(Taps((), "There is no batch yet.", 0), 0)
    assert words(panel) == "There is no batch yet."
    panel.show_taps(taps(reading("abc"), reading("abcd")), 1)
    panel.set_source(TapSource.DIFFERENCE)
    assert words(panel).startswith("A has 4 tokens and B has 5")
    panel.set_source(TapSource.A)
    whole = reading()
    some = TapReading(whole.where, whole.ids, whole.tokens, {PATTERN_1: whole.values[PATTERN_1]})
    panel.show_taps(taps(some), 2)  # no scores yet, and one block's patterns only
    for view in (HEADS, MATRIX, LINES):
        for stage in (SCORES, MASK, SOFTMAX):
            panel.restore({"view": view, "stage": stage})
            panel.grab()
    widget = AttentionPanel()
    qtbot.addWidget(widget)
    assert widget.wanted_taps == frozenset()
    widget.set_theme(light_theme())
    widget.restore({"block": 7, "head": 7, "view": "nonsense"})
    widget.set_model(MODEL)
    assert widget.head == (1, 2)
    widget.grab()


def test_one_token_and_a_smaller_model(panel: AttentionPanel) -> None:
    panel.show_taps(taps(reading("")), 40)
    for view in (HEADS, MATRIX, LINES):
        panel.restore({"view": view})
        panel.grab()
    panel.clear()
    panel.set_model(ModelSpec(n_layer=1, n_head=1, n_embd=4, block_size=4, vocab_size=5))
    assert panel.head == (0, 0)
    panel.grab()


def test_values_that_are_no_numbers(panel: AttentionPanel) -> None:
    whole = reading()
    broken = {tap: np.full_like(value, np.nan) for tap, value in whole.values.items()}
    panel.show_taps(taps(TapReading(whole.where, whole.ids, whole.tokens, broken)), 40)
    for view in (HEADS, MATRIX, LINES):
        for stage in (SCORES, MASK, SOFTMAX):
            panel.restore({"view": view, "stage": stage})
            panel.grab()


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("size", [(330, 220), (1000, 330), (600, 600)])
def test_both_themes_at_every_size(panel: AttentionPanel, scale: float, size: tuple[int, int]) -> None:
    panel.resize(*size)
    panel.show_heads(measured(), 40)
    panel.show_mix(Mix().with_strip(Strip(0, 0), StripSetting(muted=True)))
    for make in (dark_theme, light_theme):
        panel.set_theme(make(scale))
        for view in (HEADS, MATRIX, LINES):
            panel.restore({"view": view})
            panel.show_taps(taps(reading()), 40)
            panel.grab()
            assert panel.state()["view"] == view
