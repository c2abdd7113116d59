"""The neurons panel: colours, bars and words are those of the data, by mouse and by keyboard alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QToolButton
from pytestqt.qtbot import QtBot

from tests.desktop.neuron_panels import (
    DEAD,
    POST,
    F,
    bars,
    choose,
    grid,
    heard,
    measure,
    neurons_panel,
    part,
    study,
    words,
)
from tests.desktop.tap_readings import reading, taps
from weightdeck.run.inside import Context
from weightdeck.run.spec import ModelSpec
from weightdeck.run.subjects import InBatch, InPrompt, TapCell
from weightdeck_desktop.panels.neurons import NeuronsPanel
from weightdeck_desktop.panels.neurons_readings import ACTIVE, BY_ACTIVE, BY_VALUE, LARGEST, ON_PROMPT
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.colour_scale import ColourScale
from weightdeck_desktop.widgets.neuron_texts import NeuronTexts


@pytest.fixture
def panel(qtbot: QtBot) -> NeuronsPanel:
    return neurons_panel(qtbot)


@pytest.mark.parametrize("token", range(5))
def test_the_grid_is_the_tap_at_the_chosen_token(panel: NeuronsPanel, token: int) -> None:
    one = reading()
    panel.show_taps(taps(one, reading("abcd", 2)), 40)
    choose(panel, "token", token)
    expected = one.values[POST]
    assert np.array_equal(grid(panel)._values_N, expected[token])
    assert np.array_equal(bars(panel).values, expected[:, 0])
    value = f"{abs(float(expected[token, 0])):.4f}"
    assert value in words(panel, "firing_words")
    assert value in grid(panel).accessibleDescription()


def test_each_number_over_the_data_colours_the_grid(panel: NeuronsPanel) -> None:
    of_data = study()
    panel.show_study(of_data)
    measure(panel, ACTIVE)
    assert np.array_equal(grid(panel)._values_N, of_data.active)
    measure(panel, LARGEST)
    assert np.array_equal(grid(panel)._values_N, of_data.largest)
    assert not part(panel, QComboBox, "neurons_token").isVisible()
    assert words(panel, "legend") == f"largest firing · 3 dead of {F} (crossed)"
    panel.show_taps(taps(reading()), 1000)  # the prompt is of another step than the study
    assert words(panel, "legend") == f"largest firing at step 40 · 3 dead of {F} (crossed)"
    measure(panel, ACTIVE)
    assert words(panel, "legend") == f"of all tokens at step 40 · 3 dead of {F} (crossed)"
    measure(panel, ON_PROMPT)
    assert words(panel, "legend") == f"firing · 3 dead of {F} (crossed) at step 40"
    assert np.flatnonzero(grid(panel)._crossed_N).tolist() == list(DEAD)


def test_neurons_are_sorted(panel: NeuronsPanel) -> None:
    one, of_data = reading(), study()
    panel.show_taps(taps(one), 40)
    choose(panel, "order", BY_ACTIVE)  # before there is a study: by number
    assert grid(panel).order == tuple(range(F))
    panel.show_study(of_data)
    active = of_data.active[list(grid(panel).order)]
    assert (np.diff(active) <= 0).all()
    assert sorted(grid(panel).order) == list(range(F))
    choose(panel, "order", BY_VALUE)
    values = one.values[POST][4][list(grid(panel).order)]
    assert (np.diff(values) <= 0).all()


def test_the_order_stays_while_numbers_move(panel: NeuronsPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    choose(panel, "order", BY_VALUE)
    before = grid(panel).order
    other = reading(seed=9)
    panel.show_taps(taps(other), 41)
    assert grid(panel).order == before
    choose(panel, "order", BY_VALUE)
    assert grid(panel).order == tuple(np.argsort(-other.values[POST][4], kind="stable").tolist())


def test_colours_are_those_of_the_values(panel: NeuronsPanel) -> None:
    one = reading()
    values = one.values[POST].copy()
    values[4, :3] = (0.0, 1e9, -1e9)
    panel.show_taps(taps(replace(one, values={**one.values, POST: values})), 40)
    panel.restore({"neuron": 20})
    for theme in (dark_theme(), light_theme()):
        panel.set_theme(theme)
        QApplication.processEvents()
        picture = grid(panel).grab().toImage()
        table = theme.diverging_table()
        for neuron, place in ((0, 128), (1, 255), (2, 0)):
            colour = picture.pixelColor(grid(panel).cell_rect(neuron).center().toPoint())
            assert colour.getRgb()[:3] == tuple(table[place][:3].tolist())


def test_the_scale_says_what_lies_beyond_it(panel: NeuronsPanel) -> None:
    one = reading()
    for largest, beyond in ((1.0, ""), (1.5, "+"), (-1.5, "+")):
        values = np.ones_like(one.values[POST])
        values[4, 3] = largest
        panel.show_taps(taps(replace(one, values={**one.values, POST: values})), 40)
        scale = panel.findChild(ColourScale)
        assert scale is not None
        assert scale.accessibleDescription() == f"−1{beyond} … +1{beyond}"
    panel.show_study(study())
    measure(panel, ACTIVE)
    assert scale.accessibleDescription() == "0 % … 100 %"


def test_contexts_are_texts_of_the_data(panel: NeuronsPanel) -> None:
    panel.show_study(study())
    texts = part(panel, NeuronTexts, "neurons_contexts")
    (row,) = texts.rows
    assert (row.tokens, row.position, row.number) == (("a", "b", "c"), 1, "+0.500")
    assert row.tip == "+0.5000 at token 2 “b” of “abc”, item 3 of the validation data"
    assert row.tip in texts.accessibleDescription()
    at_start = replace(study(), strongest=tuple((Context(0, (0, 1), 0, 1.0),) for _ in range(F)))
    panel.show_study(at_start)
    assert texts.rows[0].tokens == ("start", "a")
    panel.set_vocabulary(("A", "B"))  # another corpus: ids without a name are numbers
    panel.show_study(study())
    assert texts.rows[0].tokens == ("A", "B", "2", "3")
    panel.grab()


def test_dead_neurons_say_so(panel: NeuronsPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    panel.restore({"neuron": DEAD[0]})
    panel.show_study(study())
    assert words(panel, "facts").startswith("dead: above 0 at none of 1,500 tokens")
    texts = part(panel, NeuronTexts, "neurons_contexts")
    assert (texts.rows, texts.accessibleDescription()) == ((), "Dead: it is above 0 nowhere in the data.")
    assert "dead" in grid(panel).accessibleDescription()
    panel.grab()


def test_without_data_there_are_sentences(panel: NeuronsPanel, qtbot: QtBot) -> None:
    assert grid(panel).accessibleDescription() == "Waiting for this block's neurons …"
    assert panel.table() is None
    measure(panel, ACTIVE)
    assert grid(panel).accessibleDescription() == "Not studied over the validation data yet."
    measure(panel, ON_PROMPT)
    panel.show_taps(taps(replace(reading(), ids=(), tokens=())), 40)
    assert "has no token" in grid(panel).accessibleDescription()
    panel.show_taps(taps(reading("abca", 3, InBatch(0))), 40)  # only a sequence of the batch
    assert grid(panel).accessibleDescription() == (
        "The transformer shows the batch now: choose a prompt there."
    )
    panel.show_taps(taps(), 40)
    assert grid(panel).accessibleDescription() == "There is nothing to show here yet."
    said = heard(panel)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(grid(panel), key)
        QTest.keyClick(bars(panel), key)
    assert said == []
    assert not part(panel, QToolButton, "neurons_explain").isEnabled()
    bare = NeuronsPanel()
    qtbot.addWidget(bare)
    assert grid(bare).accessibleDescription() == "No model yet: the engine is loading."
    bare.grab()
    panel.grab()


def test_numbers_that_are_none_are_told(panel: NeuronsPanel) -> None:
    one = reading()
    values = one.values[POST].copy()
    values[:, 1], values[4, 2] = np.nan, np.inf
    panel.show_taps(taps(replace(one, values={**one.values, POST: values})), 40)
    choose(panel, "order", BY_VALUE)
    assert grid(panel).order[-1] == 1
    panel.restore({"neuron": 1})
    assert words(panel, "firing_words") == "firing: not a number at “a”"
    panel.grab()
    panel.show_taps(taps(replace(one, values={**one.values, POST: np.full_like(values, np.nan)})), 40)
    panel.grab()


def test_another_model_may_come(panel: NeuronsPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    panel.show_study(study())
    panel.restore({"block": 1, "neuron": F - 1})
    small = ModelSpec(n_layer=1, n_head=1, n_embd=4, block_size=8, vocab_size=5)
    panel.set_model(small)  # the taps are still those of the model before
    assert (panel.block, panel.neuron) == (0, 15)
    assert panel.table() is None
    panel.show_study(study(0))  # late, of the model before
    panel.show_study(study(1))
    assert panel.table() is None
    panel.grab()
    panel.clear()
    panel.set_theme(light_theme(1.5))
    panel.grab()


def test_the_table_has_every_number(panel: NeuronsPanel) -> None:
    one, of_data = reading(), study()
    panel.show_taps(taps(one), 40)
    panel.show_study(of_data)
    table = panel.table()
    assert table is not None
    assert len(table) == F + 1
    assert all(len(row) == len(table[0]) == 2 + 5 + 4 for row in table)
    values = np.array([[float(cell) for cell in row[2:7]] for row in table[1:]])
    assert np.allclose(values, one.values[POST].T, rtol=1e-7)
    assert np.allclose([float(row[7]) for row in table[1:]], of_data.active, rtol=1e-7)
    assert [int(row[1]) for row in table[1:] if row[-1] == "yes"] == list(DEAD)


def test_a_new_prompt_is_read_at_its_last_token(panel: NeuronsPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    choose(panel, "token", 1)
    panel.show_taps(taps(reading(seed=2)), 41)
    box = part(panel, QComboBox, "neurons_token")
    assert box.currentIndex() == 1
    panel.show_taps(taps(reading("abcab")), 42)
    assert (box.currentIndex(), box.count(), box.currentText()) == (5, 6, "at 5 “b”")
    assert panel.aside == "“abcab” · step 42"


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("width", [360, 640, 960])
def test_it_is_drawn_at_any_size(panel: NeuronsPanel, scale: float, width: int) -> None:
    panel.show_taps(taps(reading()), 40)
    panel.show_study(study())
    panel.set_chosen(TapCell(InPrompt("abca"), POST, (3, 0)))
    panel.set_theme(light_theme(scale))
    panel.resize(width, 300)
    grid(panel).setFocus(Qt.FocusReason.TabFocusReason)
    panel.grab()
    panel.resize(40, 30)
    panel.grab()
