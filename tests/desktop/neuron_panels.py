"""What the tests of the neurons panel share: a study, the panel, and a hand on it."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from PySide6.QtWidgets import QComboBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.tap_readings import MODEL, VOCABULARY
from weightdeck.run.inside import Context, NeuronStudy
from weightdeck_desktop.panels.neurons import NeuronsPanel
from weightdeck_desktop.panels.slice_acts import SliceState
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.neuron_bars import NeuronBars
from weightdeck_desktop.widgets.neuron_grid import NeuronGrid

POST = "blocks.1.mlp.post"
F = 4 * MODEL.n_embd
DEAD = (2, 5, 40)
SIGNALS = (
    *("study_requested", "interest_changed", "cell_chosen", "neuron_chosen"),
    *("clamp_requested", "slice_act"),
)

Part = TypeVar("Part", bound=QWidget)
Said = list[tuple[str, tuple[Any, ...]]]


def study(block: int = 1, step: int = 40, seed: int = 7) -> NeuronStudy:
    """Every neuron with a share and a largest value of its own, three of them dead."""
    numbers = np.random.default_rng(seed)
    active = numbers.uniform(0.01, 0.9, F).astype(np.float32)
    largest = numbers.uniform(0.1, 3.0, F).astype(np.float32)
    active[list(DEAD)], largest[list(DEAD)] = 0.0, -0.01
    contexts = tuple((Context(3, (0, 1, 2, 3), 2, neuron + 0.5),) for neuron in range(F))
    mean = (largest / 4).astype(np.float32)
    return NeuronStudy(block, step, 1500, active, mean, largest, contexts)


def part(panel: NeuronsPanel, kind: type[Part], name: str) -> Part:
    found = panel.findChild(kind, name)
    assert isinstance(found, kind)
    return found


def grid(panel: NeuronsPanel) -> NeuronGrid:
    return part(panel, NeuronGrid, "neurons_grid")


def bars(panel: NeuronsPanel) -> NeuronBars:
    return part(panel, NeuronBars, "neurons_firing")


def words(panel: NeuronsPanel, name: str) -> str:
    return part(panel, QWidget, f"neurons_{name}").accessibleName()


def press(panel: NeuronsPanel, name: str) -> None:
    part(panel, QToolButton, f"neurons_{name}").click()


def choose(panel: NeuronsPanel, name: str, place: int) -> None:
    box = part(panel, QComboBox, f"neurons_{name}")
    box.setCurrentIndex(place)
    box.activated.emit(place)


def measure(panel: NeuronsPanel, place: int) -> None:
    part(panel, QWidget, f"neurons_measure_{place}").click()  # type: ignore[attr-defined]


def heard(panel: NeuronsPanel) -> Said:
    """Everything that the panel says from now on."""
    said: Said = []
    for name in SIGNALS:
        getattr(panel, name).connect(lambda *values, name=name: said.append((name, values)))
    return said


def neurons_panel(qtbot: QtBot) -> NeuronsPanel:
    """With a model, shown at block 1 in a low dock's size; no taps and no study yet."""
    widget = NeuronsPanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.restore({"block": 1})
    widget.set_model(MODEL)
    widget.set_vocabulary(VOCABULARY)
    widget.set_slice_states(lambda target: SliceState(str(target), is_single=False, reads=False))
    widget.resize(420, 330)
    widget.show()
    qtbot.waitExposed(widget)
    return widget
