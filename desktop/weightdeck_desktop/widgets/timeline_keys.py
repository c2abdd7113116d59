"""How far a key or a notch of the wheel leads on a timeline."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent

_PAGE = 0.05  # of the run
_SIDE = {Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1}
_LEAF = {Qt.Key.Key_PageDown: -1, Qt.Key.Key_PageUp: 1}


def stride(event: QKeyEvent | QWheelEvent) -> int:
    """Steps that one arrow key or one notch is worth: 1, with Shift 10, with Ctrl 100."""
    if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        return 100
    return 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1


def steps_of_key(event: QKeyEvent, step: int, newest: int) -> int:
    """Steps that a key leads on from `step`; 0 for a key that does not move."""
    key = Qt.Key(event.key())
    if key == Qt.Key.Key_Home:
        return -step
    if key in _LEAF:
        return _LEAF[key] * max(1, round(newest * _PAGE))
    return _SIDE.get(key, 0) * stride(event)
