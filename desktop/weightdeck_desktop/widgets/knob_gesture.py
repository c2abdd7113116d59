"""How the hand turns a knob: what a key, a notch of the wheel and a way of the mouse are worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

REST_MS = 400  # after so long without a key or a notch the hand has left the knob
FULL_TURN_PX = 200.0
FINE = 0.1  # with Shift
NOTCH = 1 / 50
STEPS: dict[int, float] = {
    Qt.Key.Key_Up: 0.01,
    Qt.Key.Key_Right: 0.01,
    Qt.Key.Key_Down: -0.01,
    Qt.Key.Key_Left: -0.01,
    Qt.Key.Key_PageUp: 0.1,
    Qt.Key.Key_PageDown: -0.1,
    Qt.Key.Key_Home: -math.inf,
    Qt.Key.Key_End: math.inf,
}
_OPENERS = "0123456789.+-*xX×%"
_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


class Hand(Enum):
    MOUSE = "mouse"
    NOTCHES = "notches"  # wheel or keys; lets go after REST_MS


@dataclass(slots=True)
class Gesture:
    """From the moment the hand is on the knob until it lets go. `position` is finer than the value may be."""

    hand: Hand
    value_at_grab: float
    position: float


def fineness(event: QMouseEvent | QWheelEvent | QKeyEvent) -> float:
    """What a move counts: less with Shift."""
    return FINE if _is_shifted(event) else 1.0


def begins_value(event: QKeyEvent) -> bool:
    """Whether the key is the first of a typed value."""
    return bool(event.text()) and event.text() in _OPENERS and not event.modifiers() & _COMMANDS


def opens_menu(event: QKeyEvent) -> bool:
    """Whether the key asks for the context menu."""
    return event.key() == Qt.Key.Key_Menu or (event.key() == Qt.Key.Key_F10 and _is_shifted(event))


def _is_shifted(event: QMouseEvent | QWheelEvent | QKeyEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
