"""The names of a heat map's rows: all of them as long as their letters have room."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontMetrics

from weightdeck_desktop.theme import Theme, Type

_LEAST = 8  # px at 100 %: the smallest letters
_TIGHT = 0.85  # of a line: letters of two rows do not touch yet


def row_font(theme: Theme, pitch: float) -> QFont:
    """The small font, or a smaller one where rows `pitch` px apart are lower than its lines."""
    font = theme.font(Type.MONO_SMALL)
    if pitch >= _TIGHT * QFontMetrics(font).height():
        return font
    smaller = QFont(font)
    smaller.setPixelSize(min(font.pixelSize(), max(int(pitch), theme.px(_LEAST))))
    return smaller


def row_reach(font: QFont, pitch: float) -> float:
    """What a row's name takes, px: rows that are as high as the letters are all named."""
    line = _TIGHT * QFontMetrics(font).height()
    return min(line, pitch) if pitch >= font.pixelSize() else line
