"""The weights panel, and the parts of it that tests touch."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from weightdeck.run.layout import Layout, layout
from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.panels.weights import WeightsPanel
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.ridge import Ridge
from weightdeck_desktop.widgets.thumbnails import Thumbnails


def model_of(blocks: int) -> Layout:
    return layout(ModelSpec(n_layer=blocks, n_head=3, n_embd=48, block_size=16, vocab_size=27, tied=False))


def weights_panel(qtbot: QtBot, model: Layout) -> WeightsPanel:
    """A panel for `model`, shown."""
    panel = WeightsPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.resize(300, 330)
    panel.set_layout(model)
    panel.show()
    return panel


def ridge_of(panel: WeightsPanel) -> Ridge:
    ridge = panel.findChild(Ridge, "weights_ridge")
    assert ridge is not None
    return ridge


def thumbnails_of(panel: WeightsPanel) -> Thumbnails:
    thumbnails = panel.findChild(Thumbnails, "weights_tensors")
    assert thumbnails is not None
    return thumbnails
