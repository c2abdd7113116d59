"""The desk of knobs with six of them on it, and how to find each."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from tests.desktop.knob_views import GROUP, SINGLE
from weightdeck.run.spec import Hyperparameters
from weightdeck_desktop.panels.knobs import KnobsPanel
from weightdeck_desktop.panels.weight_knob import WeightKnob
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.knob import Knob

INITIAL = Hyperparameters(learning_rate=3e-3, batch_size=32, weight_decay=0.1, grad_clip=1.0, dropout=0.0)
VIEWS = (SINGLE, SINGLE, SINGLE, GROUP, GROUP, GROUP)


def knobs_panel(qtbot: QtBot) -> KnobsPanel:
    """A panel that shows `INITIAL` and `VIEWS`."""
    panel = KnobsPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.resize(320, 560)
    panel.show_training(INITIAL, INITIAL)
    panel.show_weights(VIEWS)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def weight_knob(panel: KnobsPanel, index: int) -> WeightKnob:
    knob = panel.findChild(WeightKnob, f"weight_knob_{index}")
    assert isinstance(knob, WeightKnob)
    return knob


def training_knob(panel: KnobsPanel, name: str) -> Knob:
    knob = panel.findChild(Knob, f"training_knob_{name}")
    assert isinstance(knob, Knob)
    return knob
