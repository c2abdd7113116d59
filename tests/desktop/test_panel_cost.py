"""The cost panel: what a run takes by part, what another model would, and the sizes typed by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from weightdeck.run import costs
from weightdeck.run.costs import REFERENCES, Shape
from weightdeck.run.presets import load_preset
from weightdeck_desktop.panels.compare_table import CompareTable
from weightdeck_desktop.panels.cost import CostPanel
from weightdeck_desktop.panels.cost_sizes import read_size, stepped, with_size
from weightdeck_desktop.panels.cost_words import short_bytes, short_number, short_time, times_words
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.plot import Plot
from weightdeck_desktop.widgets.text_line import TextLine

NAMES = load_preset("names")
RUN = Shape.of(NAMES.model)
W = TypeVar("W", bound=QWidget)
SMALL = next(reference.shape for reference in REFERENCES if reference.name == "GPT-2 small")


@pytest.fixture
def panel(qtbot: QtBot) -> CostPanel:
    panel = CostPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.resize(900, 600)
    panel.show()
    qtbot.waitExposed(panel)
    panel.show_run(NAMES)
    return panel


def child(panel: CostPanel, kind: type[W], name: str) -> W:
    found = panel.findChild(kind, name)
    assert isinstance(found, kind), name
    return found


def cells(panel: CostPanel, name: str) -> list[tuple[str, ...]]:
    return [row.cells for row in child(panel, CompareTable, f"{name}_scroll").rows]


def field(panel: CostPanel, name: str) -> QLineEdit:
    return child(panel, QLineEdit, f"cost_{name}")


def type_size(panel: CostPanel, name: str, text: str) -> None:
    line = field(panel, name)
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def choose(panel: CostPanel, text: str) -> None:
    """By keyboard, as a person would."""
    box = child(panel, QComboBox, "cost_model")
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    for _ in range(box.findText(text)):
        QTest.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() == text


def numbers(panel: CostPanel) -> dict[str, list[str]]:
    table = panel.table()
    assert table is not None
    return {row[0]: row[2:] for row in table}


def test_the_run_stands_by_part_with_its_totals(panel: CostPanel) -> None:
    rows = cells(panel, "cost_parts")
    assert rows[0][:2] == ("Parameters", "88.3 k")
    assert ("MLP", "56.0 k", "63 %") in rows
    assert ("Operations a token", short_number(costs.flops_per_token(RUN)), "") in rows
    assert not any(cell[0] == "attention scores" and cell[1] == "0" for cell in rows)
    whole = child(panel, CompareTable, "cost_parts_scroll").rows[0].tip
    assert "88,272" in whole
    assert panel.aside == "88,272 parameters"


def test_bars_are_shares_of_their_own_total(panel: CostPanel) -> None:
    rows = child(panel, CompareTable, "cost_parts_scroll").rows
    headings = [place for place, row in enumerate(rows) if row.is_heading]
    assert len(headings) == 3
    for start, end in zip(headings, [*headings[1:], len(rows)], strict=True):
        assert sum(row.bar or 0.0 for row in rows[start + 1 : end]) == pytest.approx(1.0)


def test_a_known_model_stands_beside_the_run(panel: CostPanel) -> None:
    choose(panel, "GPT-3 175B")
    rows = cells(panel, "cost_comparison")
    assert ("parameters", "88.3 k", "175 G", "×1,980,000") in rows
    assert field(panel, "n_layer").text() == "96"
    assert numbers(panel)["n_embd"] == ["48", "12288"]


def test_the_table_holds_every_figure_in_full(panel: CostPanel) -> None:
    table = numbers(panel)
    assert table["figure"] == ["this_run", "GPT-2 small"]
    assert table["parameters"] == ["88272", "124439808"]
    assert table["operations a token"] == [
        str(costs.flops_per_token(RUN)),
        str(costs.flops_per_token(SMALL)),
    ]
    parts = [row for name, row in table.items() if name.startswith("parameters:")]
    assert [sum(int(row[place]) for row in parts) for place in (0, 1)] == [88272, 124439808]


def test_time_is_told_only_when_the_speed_is_known(panel: CostPanel) -> None:
    assert numbers(panel)["a step"] == ["", ""]
    panel.show_speed(80.0)
    here, there = (float(text) for text in numbers(panel)["a step"])
    assert here == pytest.approx(1 / 80.0)
    ratio = costs.step_flops(SMALL, 32) / costs.step_flops(RUN, 32)
    assert there == pytest.approx(ratio / 80.0)
    panel.show_speed(None)
    panel.show_speed(float("nan"))
    panel.show_speed(0.0)
    assert float(numbers(panel)["a step"][0]) == pytest.approx(1 / 80.0), "the last measure stays"
    panel.show_run(replace(NAMES, seed=2))
    assert numbers(panel)["a step"] == ["", ""]


def test_a_steady_speed_changes_nothing_on_the_screen(panel: CostPanel) -> None:
    panel.show_speed(80.0)
    before = cells(panel, "cost_comparison")
    panel.show_speed(81.0)
    assert cells(panel, "cost_comparison") == before
    panel.show_speed(40.0)
    assert cells(panel, "cost_comparison") != before


def test_typed_features_keep_the_size_of_heads(panel: CostPanel) -> None:
    type_size(panel, "n_embd", "1,024")
    assert numbers(panel)["n_embd"][1] == "1024"
    assert numbers(panel)["n_head"][1] == "16"
    assert child(panel, QComboBox, "cost_model").currentText() == "own sizes"
    assert field(panel, "n_embd").text() == "1,024"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("n_head", "7", "768 features cannot be shared evenly among 7 heads."),
        ("n_layer", "0", "blocks must lie between 1 and 1,000; 0 does not."),
        ("block_size", "many", "“many” is not a whole number: type one like 768 or 50,257."),
    ],
)
def test_a_bad_size_is_told_in_place_and_nothing_is_lost(
    panel: CostPanel, name: str, text: str, words: str
) -> None:
    before = numbers(panel)
    type_size(panel, name, text)
    assert child(panel, TextLine, "cost_problem").text == words
    assert field(panel, name).text() == text, "it can be mended"
    assert numbers(panel) == before
    QTest.keyClick(field(panel, name), Qt.Key.Key_Escape)
    assert child(panel, TextLine, "cost_problem").text == ""
    assert field(panel, name).text() == f"{getattr(SMALL, name):,}"


def test_a_bad_size_is_mended_by_typing(panel: CostPanel) -> None:
    type_size(panel, "n_layer", "x")
    type_size(panel, "n_layer", "24")
    assert child(panel, TextLine, "cost_problem").text == ""
    assert numbers(panel)["n_layer"][1] == "24"


def test_arrow_keys_step_sizes(panel: CostPanel) -> None:
    for name, key, expected in (
        ("n_layer", Qt.Key.Key_Up, "13"),
        ("n_embd", Qt.Key.Key_Up, "832"),
        ("n_head", Qt.Key.Key_Up, "16"),
        ("block_size", Qt.Key.Key_Down, "512"),
        ("vocab_size", Qt.Key.Key_Up, "100514"),
    ):
        QTest.keyClick(field(panel, name), key)
        assert numbers(panel)[name][1] == expected


def test_steps_end_where_the_range_does() -> None:
    least = Shape(1, 1, 1, 1, 1)
    for name in ("n_layer", "n_embd", "n_head", "block_size", "vocab_size"):
        assert stepped(least, name, up=False) == least
    assert stepped(replace(SMALL, n_layer=1000), "n_layer", up=True).n_layer == 1000
    assert stepped(replace(SMALL, block_size=9_000_000), "block_size", up=True).block_size == 10_000_000


@pytest.mark.parametrize("features", [1, 7, 97, 100, 99_999, 100_000])
def test_any_number_of_features_can_be_shared(features: int) -> None:
    shape = with_size(SMALL, "n_embd", features)
    assert shape.n_embd == features
    assert features % shape.n_head == 0
    assert shape.n_head <= 1000


@pytest.mark.parametrize("text", ["", " ", "-3", "1.5", "²", "٣", "9" * 30])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number"):
        read_size(text)


def test_the_other_model_survives_a_restart(panel: CostPanel, qtbot: QtBot) -> None:
    type_size(panel, "n_layer", "24")
    child(panel, QPushButton, "cost_page_2").click()
    other = CostPanel()
    qtbot.addWidget(other)
    other.set_theme(light_theme())
    other.restore(panel.state())
    assert other.state() == panel.state()
    assert numbers(other)["n_layer"][1] == "24"


@pytest.mark.parametrize(
    "what_if",
    [
        None,
        {"model": "GPT-9"},
        {"model": "own", "n_layer": 3},
        {"model": "own", "n_layer": 3, "n_embd": 10, "n_head": 3, "block_size": 4, "vocab_size": 5},
        {"model": "own", "n_layer": 10**9, "n_embd": 9, "n_head": 3, "block_size": 4, "vocab_size": 5},
        {"model": "own", "n_layer": 3.0, "n_embd": 9, "n_head": 0, "block_size": 4, "vocab_size": 5},
        {"model": ["own"]},
    ],
)
def test_a_strange_state_changes_nothing(panel: CostPanel, what_if: object) -> None:
    before = numbers(panel)
    panel.restore({"page": "other", "what_if": what_if})
    assert numbers(panel) == before


def test_this_run_follows_the_run(panel: CostPanel) -> None:
    choose(panel, "this run")
    assert numbers(panel)["n_layer"] == ["3", "3"]
    panel.clear()
    panel.show_run(replace(NAMES, model=replace(NAMES.model, n_layer=5)))
    assert numbers(panel)["n_layer"] == ["5", "5"]


def test_without_a_run_the_panel_says_so(panel: CostPanel) -> None:
    panel.clear()
    assert child(panel, QWidget, "cost_no_run").isVisible()
    assert not child(panel, QWidget, "cost_parts").isVisible()
    assert numbers(panel)["parameters"] == ["", "124439808"]
    assert panel.aside == ""


def test_formulas_show_the_real_numbers(panel: CostPanel) -> None:
    child(panel, QPushButton, "cost_page_2").click()
    words = child(panel, QTextEdit, "cost_formulas_page").toPlainText()
    assert "= 88,272" in words
    assert "= 124,439,808" in words
    assert "no speed is measured yet" in words
    assert "Kaplan et al. 2020" in words
    panel.show_speed(80.0)
    words = child(panel, QTextEdit, "cost_formulas_page").toPlainText()
    assert "no speed is measured yet" not in words


def test_every_formula_with_numbers_gives_its_result(panel: CostPanel) -> None:
    """The text is arithmetic: what stands before the first "=" must come to what stands behind it."""
    child(panel, QPushButton, "cost_page_2").click()
    words = child(panel, QTextEdit, "cost_formulas_page").toPlainText()
    checked = 0
    for line in words.splitlines():
        name, _, text = line.partition(": ")
        term, equals, result = text.partition(" = ")
        if name not in ("this run", "GPT-2 small") or not equals:
            continue
        expression = term.replace(",", "").replace("·", "*").replace("²", "**2")
        value = float(eval(expression, {"__builtins__": {}}))  # our own text
        number = result.split(";")[0].split(" ")
        scale = {"kB": 1e3, "MB": 1e6, "GB": 1e9}.get(number[-1], 1.0)
        assert float(number[0].replace(",", "")) * scale == pytest.approx(value, rel=6e-3), line
        checked += 1
    assert checked == 18


def test_the_context_page_tells_where_attention_overtakes(panel: CostPanel) -> None:
    child(panel, QPushButton, "cost_page_1").click()
    assert "6,702" in child(panel, TextLine, "cost_crossing").text
    assert pytest.approx(6702.04, abs=0.01) == 6 * 768 + 50257 / 24
    child(panel, QPushButton, "cost_quantity_1").click()
    assert f"{costs.activation_growth(SMALL).crossing:,.0f}" in child(panel, TextLine, "cost_crossing").text


def test_no_context_is_shorter_than_a_token(panel: CostPanel) -> None:
    child(panel, QPushButton, "cost_page_1").click()
    plot = child(panel, Plot, "cost_plot")
    for model in ("GPT-3 175B", "GPT-2 small"):
        choose(panel, model)
        for _ in range(6):
            QTest.keyClick(plot, Qt.Key.Key_Minus)
        assert plot.x_axis.low >= 1.0
        plot.fit()
        assert (plot.x_axis.low, plot.x_axis.high) == (1.0, pytest.approx(1e6 if "3" in model else 1e5))
        labels = [words for _, words in plot.x_axis.labels(plot.area.width())]
        assert not any("e" in words for words in labels)  # one way to write them


@pytest.mark.parametrize("page", [0, 1, 2])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_every_page_paints_at_its_smallest_with_extreme_sizes(
    panel: CostPanel, page: int, scale: float
) -> None:
    panel.set_theme(light_theme(scale))
    child(panel, QPushButton, f"cost_page_{page}").click()
    for name, text in (("n_embd", "100000"), ("n_layer", "1000"), ("block_size", "10000000")):
        type_size(panel, name, text)
    panel.show_speed(1e-3)
    panel.resize(330, 220)
    assert not panel.grab().isNull()
    type_size(panel, "n_embd", "1")
    type_size(panel, "block_size", "1")
    assert not panel.grab().isNull()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (803, "803"),
        (999.6, "1.00 k"),
        (88_272, "88.3 k"),
        (999_950, "1.00 M"),
        (175e9, "175 G"),
        (5e28, "5.00e+28"),
        (float("inf"), "–"),
    ],
)
def test_numbers_are_short(value: float, words: str) -> None:
    assert short_number(value) == words


def test_bytes_times_and_ratios_are_short() -> None:
    assert (short_bytes(96), short_bytes(353_088), short_bytes(1.99e9)) == ("96 B", "353 kB", "1.99 GB")
    assert short_time(0.0125) == "12.5 ms"
    assert short_time(3 * 31557600.0) == "3.00 years"
    assert short_time(3.2e13 * 31557600.0) == "32.0 T years"
    assert (times_words(0.5), times_words(1409.7)) == ("×0.5", "×1,410")


def test_every_control_has_a_name_and_a_tip(panel: CostPanel) -> None:
    for name in ("n_layer", "n_embd", "n_head", "block_size", "vocab_size", "model", "tied"):
        control = child(panel, QWidget, f"cost_{name}")
        assert control.accessibleName()
        assert control.toolTip()
