"""A hand for a knob or a fader, and an ear."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from weightdeck_desktop.widgets.hand_turned import HandTurned

NO_KEY = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton

Heard = list[tuple[str, float | None]]


def said_by(control: HandTurned, *more: str) -> Heard:
    """A list to which everything that the control says from now on adds itself; `more` are signals of its own."""
    log: Heard = []

    def note(name: str) -> Callable[..., None]:
        return lambda *arguments: log.append((name, arguments[0] if arguments else None))

    for name in ("grabbed", "turned", "released", "typed", "reset_requested", *more):
        getattr(control, name).connect(note(name))
    return log


def send_mouse(
    control: HandTurned, kind: QEvent.Type, place: QPointF, modifiers: Qt.KeyboardModifier
) -> None:
    """Send an event of the left button at a place of the control."""
    button = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else LEFT
    held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else LEFT
    there = QPointF(control.mapToGlobal(place.toPoint()))
    QApplication.sendEvent(control, QMouseEvent(kind, place, there, button, held, modifiers))


def wheel(control: HandTurned, notches: float, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
    place = QPointF(control.rect().center())
    turned = QPoint(0, round(120 * notches))
    there = QPointF(control.mapToGlobal(place.toPoint()))
    button, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    QApplication.sendEvent(
        control, QWheelEvent(place, there, QPoint(), turned, button, modifiers, phase, False)
    )
