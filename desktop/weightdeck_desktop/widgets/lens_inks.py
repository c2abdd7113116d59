"""Words on grounds of any colour: which ink is read best."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from weightdeck_desktop.theme import Theme

_LEAST = 4.5  # contrast of small words, as WCAG 2 asks for


def ramp_inks(theme: Theme) -> list[tuple[QColor, QColor]]:
    """Ground and ink for each of the 256 colours of the probability ramp."""
    grounds = [QColor(int(red), int(green), int(blue)) for red, green, blue, _ in theme.ramp_table()]
    return [(ground, _ink(ground, theme)) for ground in grounds]


def _ink(ground: QColor, theme: Theme) -> QColor:
    """Of the theme's lightest and darkest the one that is read better on `ground`. On some grounds in the middle
    neither is read well: black or white has a contrast of 4.58 at least on any.
    """
    inks = (theme.text, theme.window, QColor(Qt.GlobalColor.white), QColor(Qt.GlobalColor.black))
    best = max(inks[:2], key=lambda ink: contrast(ink, ground))
    return best if contrast(best, ground) >= _LEAST else max(inks, key=lambda ink: contrast(ink, ground))


def contrast(one: QColor, other: QColor) -> float:
    """As WCAG 2 has it, 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: QColor) -> float:
    parts = ((0.2126, colour.redF()), (0.7152, colour.greenF()), (0.0722, colour.blueF()))
    linear = (
        (share, part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4) for share, part in parts
    )
    return sum(share * part for share, part in linear)
