"""What the tests of browsing share: a small model, its numbers, and a hand on the panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu
from pytestqt.qtbot import QtBot

from tests.desktop.fakes import VOCABULARY
from weightdeck.run.frame import Prompt, Sensitivity, TensorValues
from weightdeck.run.layout import layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.panels.browse import BrowsePanel
from weightdeck_desktop.panels.slice_acts import SliceAct
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.value_map import ValueMap

MODEL = ModelSpec(2, 2, 16, 8, 27)  # blocks, heads, n_embd, context, vocabulary: a head is 8 wide
LAYOUT = layout(MODEL)
QKV = "transformer.h.1.attn.c_attn.weight"
QKV_BIAS = "transformer.h.1.attn.c_attn.bias"
OUTPUT = "transformer.h.0.attn.c_proj.weight"
MLP_OUT = "transformer.h.0.mlp.c_proj.weight"


class Heard:
    """What a panel has emitted."""

    def __init__(self, panel: BrowsePanel) -> None:
        self.acts: list[tuple[ParameterSlice, SliceAct]] = []
        self.interests: list[tuple[str, bool, int | None]] = []
        self.pinned: list[tuple[ParameterSlice, ...]] = []
        panel.slice_act.connect(lambda target, act: self.acts.append((target, act)))
        panel.interest_changed.connect(
            lambda: self.interests.append((panel.tensor, panel.wants_sensitivity, panel.token))
        )
        panel.pin_six_requested.connect(self.pinned.append)


def shown_panel(qtbot: QtBot) -> BrowsePanel:
    """A panel of the small model, its engine ready, as large as its dock is at 1440x900."""
    widget = BrowsePanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.set_layout(LAYOUT, VOCABULARY)
    widget.set_enabled_engine(True)
    widget.resize(370, 470)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def values_of(name: str, held: Sequence[ParameterSlice] = (), seed: int = 0) -> TensorValues:
    shape = LAYOUT.by_name[name].shape
    values = np.random.default_rng(seed).normal(0.0, 0.1, shape).astype(np.float32)
    mask = np.zeros(shape, dtype=np.bool_)
    for target in held:
        mask[target.numpy_index()] = True
    return TensorValues(name, values, mask if held else None)


def sensitivity() -> Sensitivity:
    generator = np.random.default_rng(3)
    nats = tuple(generator.normal(0.0, 0.01, info.shape).astype(np.float32) for info in LAYOUT.tensors)
    return Sensitivity(Prompt("chri", (3, 8), ("c", "h"), 0, ""), 19, -1.0, nats, (0.02,) * len(nats))


def bring_up(panel: BrowsePanel, target: ParameterSlice, held: Sequence[ParameterSlice] = ()) -> ValueMap:
    """Show a slice and its tensor's values, and put the keyboard into the map."""
    panel.show_target(target)
    panel.show_tensor(values_of(target.tensor, held), 1240)
    QApplication.processEvents()
    found = the_map(panel)
    found.setFocus()
    return found


def the_map(panel: BrowsePanel) -> ValueMap:
    return part(panel, ValueMap, "browse_map")


def part(panel: BrowsePanel, kind: type[Any], name: str) -> Any:
    found = panel.findChild(kind, name)
    assert found is not None, name
    return found


def press(panel: BrowsePanel, name: str) -> None:
    QTest.keyClick(part(panel, QAbstractButton, name), Qt.Key.Key_Space)


def menu_of(panel: BrowsePanel) -> QMenu:
    QApplication.processEvents()
    return part(panel, QMenu, "browse_menu")


def chosen(panel: BrowsePanel) -> ParameterSlice | None:
    return panel._selected


def words(panel: BrowsePanel) -> str:
    return panel._bar.words


def press_mode(panel: BrowsePanel, place: int) -> None:
    press(panel, f"browse_mode_{place}")
