"""What the tests of the transformer share: the panel at its dock's size, and a hand on it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.desktop.tap_readings import MODEL, VOCABULARY
from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.panels.transformer import TransformerPanel
from weightdeck_desktop.panels.transformer_flow import ModelFlow
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.flow_hits import stop_rect
from weightdeck_desktop.widgets.flow_parts import FlowCell, Stop, StopKind
from weightdeck_desktop.widgets.text_line import TextLine

SIGNALS = (
    "interest_changed",
    "source_chosen",
    "tap_chosen",
    "head_chosen",
    "cell_chosen",
    "followed",
    "mute_requested",
)
NO_KEYS = Qt.KeyboardModifier.NoModifier


def transformer(
    qtbot: QtBot, model: ModelSpec = MODEL, size: tuple[int, int] = (940, 520)
) -> TransformerPanel:
    """The panel with a model, shown; no taps yet."""
    widget = TransformerPanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.set_model(model)
    widget.set_vocabulary(VOCABULARY)
    widget.resize(*size)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def flow(panel: TransformerPanel) -> ModelFlow:
    found = panel.findChild(ModelFlow, "transformer_view")
    assert isinstance(found, ModelFlow)
    return found


def heard(panel: TransformerPanel) -> list[tuple[str, tuple[object, ...]]]:
    """Everything that the panel says from now on."""
    said: list[tuple[str, tuple[object, ...]]] = []
    for name in SIGNALS:
        getattr(panel, name).connect(lambda *values, name=name: said.append((name, values)))
    return said


def readout(panel: TransformerPanel) -> str:
    found = panel.findChild(TextLine, "transformer_readout")
    assert isinstance(found, TextLine)
    return found.text


def place_of(view: ModelFlow, stop: Stop) -> QPoint:
    """The middle of a stop on the viewport, after it was moved there."""
    rect = stop_rect(view.plan, stop)
    assert rect is not None, f"{stop} is not drawn"
    view.ensureVisible(rect)
    at = rect.center()
    if stop.kind is StopKind.BAND:
        at = rect.topLeft() + QPointF(12.0, 8.0)
    return view.mapFromScene(at)


def click(view: ModelFlow, stop: Stop) -> None:
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, NO_KEYS, place_of(view, stop))


def open_block(view: ModelFlow, block: int) -> None:
    click(view, Stop(StopKind.BAND, f"block {block}"))


def pixel_of(view: ModelFlow, cell: FlowCell) -> QPoint:
    """A pixel in the middle of a number, after it was moved there."""
    rect = view.cell_rect(cell)
    assert rect is not None
    view.ensureVisible(rect)
    return view.mapFromScene(QPointF(int(rect.center().x()), int(rect.center().y())))


def move_to(view: ModelFlow, at: QPoint, buttons: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
    """A move of the pointer, as Qt delivers it."""
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(at),
        QPointF(view.viewport().mapToGlobal(at)),
        Qt.MouseButton.NoButton,
        buttons,
        NO_KEYS,
    )
    QApplication.sendEvent(view.viewport(), event)


def wheel(view: ModelFlow, at: QPoint, delta: int, keys: Qt.KeyboardModifier = NO_KEYS) -> None:
    event = QWheelEvent(
        QPointF(at),
        QPointF(view.viewport().mapToGlobal(at)),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)
