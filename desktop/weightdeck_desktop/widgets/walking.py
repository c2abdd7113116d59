"""Arrow keys, Home and End among places that stand in rows or in columns."""

from __future__ import annotations

from PySide6.QtCore import Qt


def walked(key: Qt.Key, here: int, last: int, *, across: int = 1, down: int = 0) -> int | None:
    """Where a key leads from `here` among the places 0 to `last`; None for a key that does not walk.

    Left and Right go `across` places on, Up and Down `down` (0: they do not walk); where there is none it stays.
    """
    if key == Qt.Key.Key_Home:
        return 0
    if key == Qt.Key.Key_End:
        return last
    steps = {
        Qt.Key.Key_Left: -across,
        Qt.Key.Key_Right: across,
        Qt.Key.Key_Up: -down,
        Qt.Key.Key_Down: down,
    }
    step = steps.get(key, 0)
    if not step:
        return None
    return here + step if 0 <= here + step <= last else min(here, last)
