"""What the tests of the inspector share: the panel, and a hand on it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.desktop.tap_readings import MODEL, VOCABULARY
from weightdeck.run.inside import OverSteps
from weightdeck_desktop.panels.inspector import InspectorPanel
from weightdeck_desktop.panels.slice_acts import SliceState
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.heatmap import Heatmap
from weightdeck_desktop.widgets.part_map import PartMap

POST = "blocks.1.mlp.post"
SCORES = "blocks.0.attn.attn_scores"
SIGNALS = (
    "tap_chosen",
    "cell_chosen",
    "history_requested",
    "clamp_requested",
    "mute_requested",
    "slice_act",
    "exported",
    "failed",
)


def inspector(qtbot: QtBot) -> InspectorPanel:
    """The panel with a model, shown in the right column's size; no taps yet."""
    widget = InspectorPanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.set_model(MODEL)
    widget.set_vocabulary(VOCABULARY)
    widget.set_slice_states(lambda target: SliceState(str(target), is_single=False, reads=False))
    widget.set_tap(POST)
    widget.resize(360, 330)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def heatmap(panel: InspectorPanel) -> Heatmap:
    found = panel.findChild(Heatmap, "inspector_map")
    assert isinstance(found, Heatmap)
    return found


def part_map(panel: InspectorPanel) -> PartMap:
    parent = heatmap(panel).parentWidget()
    assert isinstance(parent, PartMap)
    return parent


def words(panel: InspectorPanel, name: str = "inspector_readout") -> str:
    found = panel.findChild(QWidget, name)
    assert found is not None
    return found.accessibleName()


def click(panel: InspectorPanel, name: str) -> None:
    button = panel.findChild(QPushButton, name)
    assert isinstance(button, QPushButton)
    button.click()


def heard(panel: InspectorPanel) -> list[tuple[str, tuple[object, ...]]]:
    """Everything that the panel says from now on."""
    said: list[tuple[str, tuple[object, ...]]] = []
    for name in SIGNALS:
        getattr(panel, name).connect(lambda *values, name=name: said.append((name, values)))
    return said


def over(tap: str, text: str = "abca") -> OverSteps:
    steps = np.array([0, 10, 20])
    columns = [np.array([place, place + 1, place + 2], dtype=np.float32) for place in range(4)]
    return OverSteps(text, tap, 0, 0, steps, *columns, (), np.zeros((3, 0), dtype=np.float32))


def turn(widget: QWidget, delta: int) -> None:
    """Turn the wheel over the middle of a widget."""
    at = QPointF(widget.rect().center())
    event = QWheelEvent(
        at,
        QPointF(widget.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
