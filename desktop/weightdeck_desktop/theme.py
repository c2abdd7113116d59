"""Colours, pens and fonts of both themes. Nothing else in the window makes a pen or names a colour.

A widget is told its theme with ``set_theme`` and keeps what it needs of it; there is no global theme.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontDatabase, QPalette, QPen

SANS = "Inter"
MONO = "JetBrains Mono"


class Type(Enum):
    """Roles of text: size in px at 100 %, weight, family."""

    SMALL = (11, QFont.Weight.Normal, SANS)
    BODY = (13, QFont.Weight.Normal, SANS)
    TITLE = (13, QFont.Weight.DemiBold, SANS)
    MONO_SMALL = (11, QFont.Weight.Normal, MONO)
    MONO_BODY = (13, QFont.Weight.Normal, MONO)
    VALUE = (16, QFont.Weight.Normal, MONO)
    LOSS = (22, QFont.Weight.Normal, MONO)


@dataclass(frozen=True)
class Theme:
    """One colour scheme at one text scale.

    Colours are design.md section 5's, some a shade stronger: text has a contrast of 7:1 on every ground, lines and
    bars one of 3:1.
    """

    name: str
    dark: bool
    window: QColor
    panel: QColor
    raised: QColor
    text: QColor
    secondary: QColor
    line: QColor
    hand: QColor  # what the user did: edits, held, focus
    hand_outline: QColor  # around `hand`, where the panel is too bright for it alone
    error: QColor
    diverging: tuple[QColor, ...]  # low .. 0 .. high
    ramp: tuple[QColor, ...]  # probability 0 .. 1
    layers: tuple[QColor, ...]  # first .. last layer
    scale: float = 1.0  # text scale, 1.0 to 2.0

    def px(self, pixels: float) -> int:
        """A length at 100 % in pixels at the present text scale."""
        return round(pixels * self.scale)

    def font(self, role: Type) -> QFont:
        """The font of a role. It is shared: copy it (``QFont(font)``) before changing it."""
        return _font(role, self.px(role.value[0]))

    def pen(
        self,
        colour: QColor,
        width: float = 1.0,
        style: Qt.PenStyle = Qt.PenStyle.SolidLine,
        *,
        alpha: float = 1.0,
    ) -> QPen:
        """A cosmetic pen: `width` in pixels whatever the plot's zoom. It is shared: copy it before changing it."""
        return _pen(colour.rgb(), width, style, alpha)

    def brush(self, colour: QColor, alpha: float = 1.0) -> QBrush:
        return QBrush(self.faded(colour, alpha))

    @staticmethod
    def faded(colour: QColor, alpha: float) -> QColor:
        faded = QColor(colour)
        faded.setAlphaF(alpha)
        return faded

    @staticmethod
    def mixed(ground: QColor, colour: QColor, share: float) -> QColor:
        """An opaque blend: `share` of `colour` on `ground`."""
        parts = (
            (ground.red(), colour.red()),
            (ground.green(), colour.green()),
            (ground.blue(), colour.blue()),
        )
        red, green, blue = (round(low + (high - low) * share) for low, high in parts)
        return QColor(red, green, blue)

    @property
    def negative(self) -> QColor:
        """A bar below zero, on the panel's ground."""
        return self.diverging[1 if self.dark else 0]

    @property
    def positive(self) -> QColor:
        """A bar above zero, on the panel's ground."""
        return self.diverging[-2 if self.dark else -1]

    def layer_colour(self, layer: int, layers: int) -> QColor:
        """Colour of a layer on the way from the first to the last."""
        place = layer / (layers - 1) if layers > 1 else 0.5
        red, green, blue, _ = _table(self.layers)[round(place * 255)]
        return QColor(int(red), int(green), int(blue))

    def diverging_table(self) -> NDArray[np.uint8]:
        """(256, 4) RGBA from the lowest to the highest value, zero in the middle."""
        return _table(self.diverging)

    def ramp_table(self) -> NDArray[np.uint8]:
        """(256, 4) RGBA from probability 0 to 1."""
        return _table(self.ramp)

    def palette(self) -> QPalette:
        """The palette of the whole application, for the Fusion style."""
        palette = QPalette()
        role = QPalette.ColorRole
        for which, colour in (
            (role.Window, self.window),
            (role.Base, self.panel),
            (role.AlternateBase, self.raised),
            (role.Button, self.raised),
            (role.ToolTipBase, self.raised),
            (role.WindowText, self.text),
            (role.Text, self.text),
            (role.ButtonText, self.text),
            (role.ToolTipText, self.text),
            (role.BrightText, self.error),
            (role.PlaceholderText, self.secondary),
            (role.Highlight, self.hand),
            (role.HighlightedText, QColor("#14181F")),
            (role.Accent, self.hand),
            (role.Link, self.ramp[2] if self.dark else self.ramp[3]),
            (role.Light, self.raised),
            (role.Midlight, self.raised),
            (role.Mid, self.line),
            (role.Dark, self.window),
            (role.Shadow, self.window),
        ):
            palette.setColor(which, colour)
        for which in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, which, self.line)
        return palette


def _colours(text: str) -> tuple[QColor, ...]:
    return tuple(QColor(f"#{part}") for part in text.split())


def dark_theme(scale: float = 1.0) -> Theme:
    window, panel, raised = _colours("14171C 1C2027 262B34")
    text, secondary, line = _colours("E8EBF0 B0B9C7 6B7585")
    return Theme(
        name="dark",
        dark=True,
        window=window,
        panel=panel,
        raised=raised,
        text=text,
        secondary=secondary,
        line=line,
        hand=QColor("#FFD84D"),
        hand_outline=QColor("#FFD84D"),
        error=QColor("#FF958B"),
        diverging=_colours("6FC3FF 2F7FC1 1C2027 C2602B FFB27A"),
        ramp=_colours("15202B 155E63 2FA892 A8EBD4"),
        layers=_colours("2F8298 22A884 7AD151"),
        scale=scale,
    )


def light_theme(scale: float = 1.0) -> Theme:
    window, panel, raised = _colours("F4F5F7 FFFFFF E9ECF1")
    text, secondary, line = _colours("14181F 454E5B 7D8693")
    return Theme(
        name="light",
        dark=False,
        window=window,
        panel=panel,
        raised=raised,
        text=text,
        secondary=secondary,
        line=line,
        hand=QColor("#FFD84D"),
        hand_outline=QColor("#14181F"),
        error=QColor("#951913"),
        diverging=_colours("0B4F8A 6FB1DE FFFFFF F0A26B 9A3B00"),
        ramp=_colours("FFFFFF BFE3D8 36937C 00473A"),
        layers=_colours("440154 355F8D 1C8C6E"),
        scale=scale,
    )


# Widgets ask for these at every paint event, a thousand times in three seconds of training.


@lru_cache(maxsize=64)
def _font(role: Type, pixels: int) -> QFont:
    _, weight, family = role.value
    font = QFont(family)
    font.setPixelSize(pixels)
    font.setWeight(weight)
    font.setVariableAxis(QFont.Tag("wght"), weight.value)  # the files are variable fonts
    if family == SANS:
        font.setFeature(QFont.Tag("tnum"), 1)  # figures of one width: numbers do not wobble as they change
    return font


@lru_cache(maxsize=256)
def _pen(rgb: int, width: float, style: Qt.PenStyle, alpha: float) -> QPen:
    pen = QPen(Theme.faded(QColor(rgb), alpha), width, style)
    pen.setCosmetic(True)
    return pen


def _table(stops: tuple[QColor, ...]) -> NDArray[np.uint8]:
    return _interpolated(tuple((c.red(), c.green(), c.blue()) for c in stops))


@lru_cache(maxsize=16)
def _interpolated(stops: tuple[tuple[int, int, int], ...]) -> NDArray[np.uint8]:
    """256 colours, linear between evenly spaced stops."""
    places = np.linspace(0.0, len(stops) - 1.0, 256)
    table = np.full((256, 4), 255, dtype=np.uint8)
    for channel in range(3):
        table[:, channel] = np.round(
            np.interp(places, np.arange(len(stops)), [stop[channel] for stop in stops])
        )
    table.setflags(write=False)
    return table


def load_fonts() -> None:
    """Make Inter and JetBrains Mono known to Qt: text looks and measures the same on every machine."""
    import fontpkg_inter
    import fontpkg_jetbrains_mono

    for module, pattern in (
        (fontpkg_inter, "Inter[[]*.ttf"),
        (fontpkg_jetbrains_mono, "JetBrainsMono[[]*.ttf"),
    ):
        for path in sorted((Path(module.__file__).parent / "files").glob(pattern)):
            QFontDatabase.addApplicationFont(str(path))
