"""What a hand does in the neurons panel, by mouse and by keyboard alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.neuron_panels import (
    POST,
    F,
    bars,
    choose,
    grid,
    heard,
    neurons_panel,
    part,
    press,
    study,
    words,
)
from tests.desktop.tap_readings import MODEL, reading, taps
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.strips import Mix, Neuron, Strip, StripSetting
from weightdeck.run.subjects import InPrompt, TapCell
from weightdeck_desktop.panels.activation_menu import ActivationMenu
from weightdeck_desktop.panels.neurons import NeuronsPanel
from weightdeck_desktop.panels.neurons_readings import ACTIVE, BY_ACTIVE, BY_VALUE, LARGEST
from weightdeck_desktop.panels.slice_acts import SliceAct


@pytest.fixture
def panel(qtbot: QtBot) -> NeuronsPanel:
    return neurons_panel(qtbot)


def test_being_told_is_not_asking(panel: NeuronsPanel) -> None:
    said = heard(panel)
    panel.show_taps(taps(reading(), reading("abcd", 2)), 40)
    panel.show_studying(True)
    panel.show_study(study())
    panel.show_problem("The data are gone.")
    panel.show_mix(Mix().with_clamp(Neuron(POST, 3), "mean"))
    panel.set_chosen(TapCell(InPrompt("abca"), POST, (2, 0)))
    panel.set_model(replace(MODEL, n_embd=24))
    panel.restore({"block": 0, "neuron": 7, "measure": ACTIVE, "order": BY_VALUE})
    panel.clear()
    assert said == []


def test_a_neuron_is_taken_by_click_and_by_key(panel: NeuronsPanel) -> None:
    one = reading()
    panel.show_taps(taps(one), 40)
    QApplication.processEvents()
    QTest.mouseClick(grid(panel), Qt.MouseButton.LeftButton, pos=grid(panel).cell_rect(9).center().toPoint())
    assert panel.neuron == 9
    QTest.keyClick(grid(panel), Qt.Key.Key_Right)
    assert panel.neuron == 10
    QTest.keyClick(grid(panel), Qt.Key.Key_End)
    QTest.keyClick(grid(panel), Qt.Key.Key_Right)
    assert panel.neuron == F - 1
    assert words(panel, "neuron") == f"neuron {F - 1}"
    assert np.array_equal(bars(panel).values, one.values[POST][:, -1])
    QTest.keyClick(grid(panel), Qt.Key.Key_Home)
    assert panel.neuron == 0


def test_every_cell_is_where_it_is_drawn(panel: NeuronsPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    choose(panel, "order", BY_VALUE)
    QApplication.processEvents()
    shown = grid(panel)
    assert all(shown._place_at(shown.cell_rect(neuron).center()) == neuron for neuron in range(F))
    assert all(shown.rect().contains(shown.cell_rect(neuron).toAlignedRect()) for neuron in range(F))


def test_numbers_are_explained_and_written_out(panel: NeuronsPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    QApplication.processEvents()
    QTest.keyClick(grid(panel), Qt.Key.Key_Right)
    said = heard(panel)
    QTest.keyClick(grid(panel), Qt.Key.Key_Return)
    at = bars(panel).bar_rect(2).center().toPoint()
    QTest.mouseClick(bars(panel), Qt.MouseButton.LeftButton, pos=at)
    QTest.keyClick(bars(panel), Qt.Key.Key_Left)
    QTest.keyClick(bars(panel), Qt.Key.Key_Return)
    press(panel, "explain")
    press(panel, "write")
    where = InPrompt("abca")
    assert said == [
        ("cell_chosen", (TapCell(where, POST, (4, 1)),)),
        ("cell_chosen", (TapCell(where, POST, (2, 1)),)),
        ("cell_chosen", (TapCell(where, POST, (1, 1)),)),
        ("cell_chosen", (TapCell(where, POST, (1, 1)),)),
        ("neuron_chosen", ("blocks.1.mlp.pre", 1, 1)),
    ]
    assert part(panel, QComboBox, "neurons_token").currentIndex() == 1


def test_the_explained_number_is_marked(panel: NeuronsPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    panel.set_chosen(TapCell(InPrompt("abca"), POST, (3, 0)))
    assert bars(panel)._marked == 3
    for other in (
        TapCell(InPrompt("abc"), POST, (3, 0)),
        TapCell(InPrompt("abca"), "blocks.0.mlp.post", (3, 0)),
        TapCell(InPrompt("abca"), POST, (3, 1)),
        None,
    ):
        panel.set_chosen(other)
        assert bars(panel)._marked is None


def test_another_block_is_asked_for(panel: NeuronsPanel) -> None:
    said = heard(panel)
    assert panel.wanted_taps == {POST}
    choose(panel, "block", 0)
    assert (panel.block, panel.wanted_taps) == (0, {"blocks.0.mlp.post"})
    assert said == [("interest_changed", ()), ("study_requested", (0,))]
    panel.show_study(study(0))
    panel.show_study(study(1))
    said.clear()
    choose(panel, "block", 1)
    choose(panel, "block", 1)
    assert said == [("interest_changed", ())]


def test_the_study_tells_its_step_and_can_be_made_again(panel: NeuronsPanel) -> None:
    button = part(panel, QToolButton, "neurons_study")
    of_data = study()
    assert words(panel, "facts") == "Not studied over the validation data yet."
    panel.show_studying(True)
    assert (button.text(), button.isEnabled()) == ("studying …", False)
    assert words(panel, "facts") == "Studying the validation data …"
    panel.show_study(of_data)
    panel.show_taps(taps(reading()), 40)
    assert not button.isVisible()
    assert words(panel, "contexts_words") == "strongest in the data · step 40"
    assert words(panel, "facts") == (
        f"active at {100 * of_data.active[0]:.0f} % of 1,500 tokens"
        f" · mean {of_data.mean[0]:+.3f} · largest {of_data.largest[0]:+.3f}"
    )
    panel.show_taps(taps(reading()), 41)
    said = heard(panel)
    assert button.isVisible()
    assert button.text() == "Study again"
    button.click()
    assert said == [("study_requested", (1,))]
    panel.show_problem("There are no validation data.")
    assert words(panel, "facts") == "There are no validation data."
    assert button.isEnabled()


def test_held_and_muted_neurons_say_so(panel: NeuronsPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    panel.restore({"neuron": 3})
    mix = Mix().with_clamp(Neuron(POST, 3), 0.5).with_clamp(Neuron("blocks.1.mlp.pre", 4), "mean")
    mix = mix.with_clamp(Neuron("blocks.0.mlp.post", 1), 1.0)
    panel.show_mix(mix.with_strip(Strip(1), StripSetting(muted=True)))
    assert words(panel, "neuron") == "neuron 3 · held at 0.5"
    assert words(panel, "legend") == f"firing · {F} neurons · 2 held (corner) · MLP 1 is muted"
    assert np.flatnonzero(grid(panel)._marked_N).tolist() == [3, 4]
    QTest.keyClick(grid(panel), Qt.Key.Key_Right)
    assert words(panel, "neuron") == "neuron 4 · its sum held at mean"
    panel.show_mix(Mix())
    assert words(panel, "neuron") == "neuron 4"


def test_the_menu_holds_neurons_and_turns_their_weights(panel: NeuronsPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    said = heard(panel)
    grid(panel).menu_requested.emit(6, panel.mapToGlobal(QPoint(60, 60)))
    assert panel.neuron == 6
    menu = panel.findChild(ActivationMenu)
    assert menu is not None
    for action in menu.actions():
        if action.objectName() in ("cell_explain", "neuron_mute", "neuron_mean", "neuron_let_go"):
            action.trigger()
    reads = next(
        action.menu() for action in menu.actions() if action.text() == "What it reads: MLP in, row 6"
    )
    knob = next(action for action in reads.actions() if action.objectName() == "slice_act_knob")  # type: ignore[attr-defined]
    knob.trigger()
    menu.close()
    neuron = Neuron(POST, 6)
    assert said == [
        ("cell_chosen", (TapCell(InPrompt("abca"), POST, (4, 6)),)),
        ("clamp_requested", (neuron, 0.0)),
        ("clamp_requested", (neuron, "mean")),
        ("slice_act", (ParameterSlice("transformer.h.1.mlp.c_fc.weight", (6,)), SliceAct.KNOB)),
    ]


def test_the_menu_opens_by_button_too(panel: NeuronsPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    press(panel, "menu")
    menu = panel.findChild(ActivationMenu)
    assert menu is not None
    menu.close()


def test_what_was_chosen_comes_back(panel: NeuronsPanel, qtbot: QtBot) -> None:
    panel.restore({"block": 0, "neuron": 11, "measure": LARGEST, "order": BY_ACTIVE})
    other = NeuronsPanel()
    qtbot.addWidget(other)
    other.restore(panel.state())
    other.set_model(MODEL)
    assert (
        other.state() == panel.state() == {"block": 0, "neuron": 11, "measure": LARGEST, "order": BY_ACTIVE}
    )
    other.restore({"block": "x", "neuron": -3, "measure": 17, "order": None})
    assert other.state() == panel.state()
    other.restore({"block": 99, "neuron": 99_999})
    assert (other.block, other.neuron) == (1, F - 1)


def test_help_says_how_little_is_shared(panel: NeuronsPanel) -> None:
    help_words = part(panel, QWidget, "neurons_help_words")
    assert not help_words.isVisible()
    press(panel, "help")
    assert help_words.isVisible()
    assert "little more than the name is shared" in help_words.accessibleName()
    press(panel, "help")
    assert not help_words.isVisible()
