"""From a cell of an activation map: features held at a value, heads muted, the weights of a neuron."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from weightdeck.run.frame import ActivationMap, Activations, Prompt
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.strips import ClampTo, Mix, Neuron, Strip, StripSetting
from weightdeck.run.subjects import InPrompt, TapCell
from weightdeck_desktop.panels.activation_menu import ActivationMenu, read_hold
from weightdeck_desktop.panels.activations import ActivationsPanel
from weightdeck_desktop.panels.slice_acts import SliceAct, SliceState
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.heatmap import Cell, Heatmap
from weightdeck_desktop.widgets.value_editor import Bubble

BLOCKS, HEADS, WIDTH = 2, 3, 6


def activations(tap: str, *texts: str) -> Activations:
    """Features count up, so that every cell has a value of its own."""
    prompts = tuple(Prompt(text, (0,) * 4, ("·", *text), 0, "") for text in texts or ("cat",))
    shape = {"pattern": (HEADS, 4, 4), "mlp.post": (4, 4 * WIDTH)}.get(tap, (4, WIDTH))
    values = (np.arange(np.prod(shape), dtype=np.float32) / 100).reshape(shape)
    embed = ActivationMap("blocks.0.resid_pre", np.full((4, WIDTH), 0.5, dtype=np.float32))
    maps = (embed, *(ActivationMap(f"blocks.{block}.{tap}", values) for block in range(BLOCKS)))
    return Activations(tap, prompts, (maps,) * len(prompts), None)


@pytest.fixture
def panel(qtbot: QtBot) -> ActivationsPanel:
    widget = ActivationsPanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.set_layers(BLOCKS)
    widget.set_slice_states(lambda target: SliceState(str(target), is_single=False, reads=False))
    widget.resize(360, 420)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def asked(panel: ActivationsPanel) -> list[tuple[object, ...]]:
    said: list[tuple[object, ...]] = []
    panel.clamp_requested.connect(lambda neuron, to: said.append((neuron, to)))
    panel.mute_requested.connect(lambda head, muted: said.append((head, muted)))
    panel.slice_act.connect(lambda target, act: said.append((target, act)))
    return said


def heatmap(panel: ActivationsPanel, row: int) -> Heatmap:
    return panel._maps._maps[row]


def open_menu(panel: ActivationsPanel, row: int, cell: Cell) -> ActivationMenu:
    on = heatmap(panel, row)
    place = on.cell_rect(cell).center().toPoint()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, on.mapToGlobal(place))
    QApplication.sendEvent(on, event)
    return found_menu(panel)


def found_menu(panel: ActivationsPanel) -> ActivationMenu:
    menu = panel.findChild(ActivationMenu)
    assert menu is not None
    return menu


def entries(menu: QMenu) -> dict[str, bool]:
    """What a menu offers, and whether it can be chosen."""
    return {action.text(): action.isEnabled() for action in menu.actions() if not action.isSeparator()}


def choose(menu: QMenu, words: str) -> None:
    action = next(action for action in menu.actions() if action.text() == words)
    menu.close()
    action.trigger()


@pytest.mark.parametrize(
    ("words", "to"), [("Mute this neuron everywhere", 0.0), ("Hold at its mean", "mean")]
)
def test_a_neuron_is_held_from_its_cell(
    panel: ActivationsPanel, asked: list[tuple[object, ...]], words: str, to: ClampTo
) -> None:
    panel.show_activations(activations("mlp.post"), 5)
    choose(open_menu(panel, 2, Cell(0, 1, 17)), words)
    assert asked == [(Neuron("blocks.1.mlp.post", 17), to)]


@pytest.mark.parametrize(
    ("tap", "row", "cell", "explained"),
    [
        ("mlp.post", 2, Cell(0, 1, 17), TapCell(InPrompt("cat"), "blocks.1.mlp.post", (1, 17))),
        ("pattern", 0, Cell(2, 3, 1), TapCell(InPrompt("cat"), "blocks.0.pattern", (2, 3, 1))),
    ],
)
def test_a_cell_is_explained(
    panel: ActivationsPanel, tap: str, row: int, cell: Cell, explained: TapCell
) -> None:
    asked: list[object] = []
    panel.cell_chosen.connect(asked.append)
    panel.show_activations(activations(tap), 5)
    choose(open_menu(panel, row, cell), "Where this number comes from")
    assert asked == [explained]


def test_a_difference_is_no_number_of_one_pass(panel: ActivationsPanel) -> None:
    panel.show_activations(activations("mlp.post", "cat", "dog"), 5)
    panel._prompt.set_choice(2)
    panel._on_prompt_chosen()
    assert entries(open_menu(panel, 1, Cell(0, 1, 17)))["Where this number comes from"] is False


@pytest.mark.parametrize("tap", ["resid_post", "attn_out", "mlp_out"])
def test_features_of_other_taps_are_held_too(
    panel: ActivationsPanel, asked: list[tuple[object, ...]], tap: str, qtbot: QtBot
) -> None:
    panel.show_activations(activations(tap), 5)
    choose(open_menu(panel, 1, Cell(0, 0, 4)), "Mute this feature everywhere")
    qtbot.waitUntil(lambda: panel.findChild(ActivationMenu) is None)
    choose(open_menu(panel, 0, Cell(0, 0, 3)), "Mute this feature everywhere")
    assert asked == [(Neuron(f"blocks.0.{tap}", 4), 0.0), (Neuron("blocks.0.resid_pre", 3), 0.0)]


def test_only_what_is_held_can_be_let_go(
    panel: ActivationsPanel, asked: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    panel.show_activations(activations("mlp.post"), 5)
    cell, neuron = Cell(0, 1, 17), Neuron("blocks.0.mlp.post", 17)
    menu = open_menu(panel, 1, cell)
    assert entries(menu)["Let go"] is False
    menu.close()
    qtbot.waitUntil(lambda: panel.findChild(ActivationMenu) is None)
    panel.show_mix(Mix().with_clamp(neuron, 0.5))
    menu = open_menu(panel, 1, cell)
    assert entries(menu)["Let go"] is True
    titles = [action.text() for action in menu.actions() if action.isSeparator()]
    assert "block 0 · feature 17 · held at 0.5" in titles
    choose(menu, "Let go")
    assert asked == [(neuron, None)]


def test_a_value_is_typed_over_the_cell(
    panel: ActivationsPanel, asked: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    panel.show_activations(activations("mlp.post"), 5)
    choose(open_menu(panel, 1, Cell(0, 1, 17)), "Hold at a value…")
    line = panel.findChild(QLineEdit, "activation_value")
    assert line is not None
    assert line.isVisible()
    assert line.text() == "0.41"
    QTest.keyClicks(line, "nan")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert asked == []
    bubble = panel.findChild(Bubble)
    assert bubble is not None
    assert "ordinary number" in bubble.text()
    line.clear()
    QTest.keyClicks(line, "*0.5")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert asked == [(Neuron("blocks.0.mlp.post", 17), pytest.approx(0.205))]
    assert not line.isVisible()


def test_esc_types_nothing(panel: ActivationsPanel, asked: list[tuple[object, ...]], qtbot: QtBot) -> None:
    panel.show_activations(activations("mlp.post"), 5)
    choose(open_menu(panel, 1, Cell(0, 0, 0)), "Hold at a value…")
    line = panel.findChild(QLineEdit, "activation_value")
    assert line is not None
    panel.activateWindow()
    qtbot.waitUntil(line.hasFocus)
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert not line.isVisible()
    assert heatmap(panel, 1).hasFocus(), "the keyboard is where it was"
    assert asked == []


@pytest.mark.parametrize("place", [Cell(0, 0, 0), Cell(0, 3, 4 * WIDTH - 1)])
def test_the_line_to_type_in_lies_within_the_panel(panel: ActivationsPanel, place: Cell) -> None:
    panel.show_activations(activations("mlp.post"), 5)
    choose(open_menu(panel, 2, place), "Hold at a value…")
    line = panel.findChild(QLineEdit, "activation_value")
    assert line is not None
    assert panel._maps.rect().contains(line.geometry())


@pytest.mark.parametrize(
    ("text", "words"),
    [("mean", "entry of the menu"), ("1e9", "too large"), ("", "Say what"), ("abc", "not a number")],
)
def test_what_cannot_be_held_at_gets_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_hold(text, 0.5)


def test_a_neuron_leads_to_its_weights(panel: ActivationsPanel, asked: list[tuple[object, ...]]) -> None:
    panel.show_activations(activations("mlp.post"), 5)
    menu = open_menu(panel, 2, Cell(0, 0, 17))
    submenus = [action.menu() for action in menu.actions() if action.menu() is not None]
    assert [submenu.title() for submenu in submenus if isinstance(submenu, QMenu)] == [
        "What it reads: MLP in, row 17",
        "What it writes: MLP out, column 17",
    ]
    for submenu in submenus:
        assert isinstance(submenu, QMenu)
        choose(submenu, "Zero")
    menu.close()
    assert asked == [
        (ParameterSlice("transformer.h.1.mlp.c_fc.weight", (17,)), SliceAct.ZERO),
        (ParameterSlice("transformer.h.1.mlp.c_proj.weight", ((0, WIDTH), 17)), SliceAct.ZERO),
    ]


def test_only_neurons_have_weights_of_their_own(panel: ActivationsPanel) -> None:
    panel.show_activations(activations("resid_post"), 5)
    menu = open_menu(panel, 1, Cell(0, 0, 3))
    assert not [action for action in menu.actions() if action.menu() is not None]
    menu.close()


def test_a_head_is_muted_and_opened_again_from_its_pattern(
    panel: ActivationsPanel, asked: list[tuple[object, ...]], qtbot: QtBot
) -> None:
    panel.show_activations(activations("pattern"), 5)
    choose(open_menu(panel, 0, Cell(1, 2, 0)), "Mute head 0.1")
    qtbot.waitUntil(lambda: panel.findChild(ActivationMenu) is None)
    panel.show_mix(Mix().with_strip(Strip(0, 1), StripSetting(muted=True)))
    choose(open_menu(panel, 0, Cell(1, 2, 0)), "Open head 0.1 again")
    qtbot.waitUntil(lambda: panel.findChild(ActivationMenu) is None)
    choose(open_menu(panel, 1, Cell(2, 0, 0)), "Mute head 1.2")
    assert asked == [(Strip(0, 1), True), (Strip(0, 1), False), (Strip(1, 2), True)]


def test_the_keyboard_opens_the_menu_of_its_cell(
    panel: ActivationsPanel, asked: list[tuple[object, ...]]
) -> None:
    panel.show_activations(activations("mlp.post"), 5)
    on = heatmap(panel, 1)
    on.setFocus(Qt.FocusReason.TabFocusReason)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right):
        QTest.keyClick(on, key)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    QApplication.sendEvent(on, event)
    choose(found_menu(panel), "Hold at its mean")
    assert asked == [(Neuron("blocks.0.mlp.post", 2), "mean")]


def test_what_is_held_or_muted_says_so(panel: ActivationsPanel) -> None:
    panel.show_mix(
        Mix()
        .with_clamp(Neuron("blocks.1.mlp.post", 3), -0.25)
        .with_strip(Strip(1, 2), StripSetting(muted=True))
    )
    panel.show_activations(activations("mlp.post"), 5)
    panel._maps.pointed.emit(2, Cell(0, 0, 3))
    assert panel._readout.text == "start · feature 3 · +0.030 · held at −0.25"
    panel.show_mix(Mix())
    assert panel._readout.text == "start · feature 3 · +0.030"
    panel.show_activations(activations("pattern"), 6)
    panel._maps.pointed.emit(1, Cell(2, 0, 0))
    assert "muted" not in panel._readout.text
    panel.show_mix(Mix().with_strip(Strip(1, 2), StripSetting(muted=True)))
    assert panel._readout.text.endswith(" · muted")


def test_of_a_difference_the_menu_is_that_of_the_feature(
    panel: ActivationsPanel, asked: list[tuple[object, ...]]
) -> None:
    panel.show_activations(activations("mlp.post", "cat", "car"), 5)
    panel._prompt.set_choice(2)
    panel._prompt.chosen.emit(2)
    choose(open_menu(panel, 1, Cell(0, 1, 5)), "Mute this neuron everywhere")
    assert asked == [(Neuron("blocks.0.mlp.post", 5), 0.0)]


def test_without_values_there_is_no_menu(panel: ActivationsPanel) -> None:
    on = heatmap(panel, 1)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(20, 20), on.mapToGlobal(QPoint(20, 20)))
    QApplication.sendEvent(on, event)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    QApplication.sendEvent(on, event)
    assert panel.findChild(ActivationMenu) is None
