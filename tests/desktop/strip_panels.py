"""A panel of channel strips to look at and to act on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from weightdeck.run.frame import StripLevels
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Mix, Strip, all_strips
from weightdeck_desktop.panels.strip_column import StripColumn
from weightdeck_desktop.panels.strips import StripsPanel
from weightdeck_desktop.theme import dark_theme

HEAD, MLP = Strip(0, 1), Strip(0)
Heard = list[tuple[str, tuple[object, ...]]]


def model(n_layer: int = 3, n_head: int = 3) -> ModelSpec:
    return ModelSpec(n_layer=n_layer, n_head=n_head, n_embd=4 * n_head, block_size=16, vocab_size=27)


def levels(n_layer: int = 3, n_head: int = 3, most: float = 0.8, mix: Mix | None = None) -> StripLevels:
    """Every part writes a little more than the one before it, the last `most`."""
    mix = mix or Mix()
    shape = (n_layer, n_head + 1)
    opened = np.linspace(0.1, most, n_layer * (n_head + 1), dtype=np.float32).reshape(shape)
    written = opened.copy()
    for strip in all_strips(model(n_layer, n_head)):
        place = strip.block, n_head if strip.head is None else strip.head
        written[place] *= 0.0 if mix.silences(strip) else mix.of(strip).gain
    return StripLevels(written, opened, np.linspace(0.5, 2.0, n_layer + 1, dtype=np.float32))


def shown_panel(qtbot: QtBot) -> StripsPanel:
    """All strips of a model of three blocks open, with their levels, shown."""
    panel = StripsPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.set_enabled_engine(True)
    panel.set_model(model())
    panel.show_mix(Mix())
    panel.show_levels(levels(), 1240)
    panel.resize(370, 520)
    QCursor.setPos(QPoint(2000, 2000))  # where an earlier test left it a strip would be looked at
    panel.show()
    panel.activateWindow()
    qtbot.waitExposed(panel)
    settle()
    return panel


def listen(panel: StripsPanel) -> Heard:
    """Everything that the panel says from now on."""
    log: Heard = []

    def note(name: str) -> Callable[..., None]:
        return lambda *arguments: log.append((name, arguments))

    for name in (
        "fader_grabbed",
        "fader_turned",
        "fader_released",
        "gain_typed",
        "mute_toggled",
        "solo_toggled",
        "scope_chosen",
        "mute_to_chosen",
        "reset_requested",
        "clamp_requested",
        "strip_menu_act",
    ):
        getattr(panel, name).connect(note(name))
    return log


def settle() -> None:
    for _ in range(3):
        QApplication.processEvents()


def columns(panel: StripsPanel) -> list[StripColumn]:
    """Those of the present model; those of the last may not be deleted yet."""
    return [each for each in panel.findChildren(StripColumn) if not each.isHidden()]


def column(panel: StripsPanel, strip: Strip) -> StripColumn:
    return next(each for each in columns(panel) if each.strip == strip)
