"""Both themes: what must be readable is, and fonts and pens are made once."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from weightdeck_desktop.theme import Theme, Type, dark_theme, light_theme

TEXT, LINE = 7.0, 3.0  # least contrast: WCAG's AAA for text, AA for graphics

both = pytest.mark.parametrize("theme", [dark_theme(), light_theme()], ids=lambda theme: theme.name)


def luminance(colour: QColor) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def grounds(theme: Theme) -> tuple[QColor, ...]:
    return theme.window, theme.panel, theme.raised


def test_contrast_is_measured_rightly() -> None:
    assert contrast(QColor("white"), QColor("black")) == pytest.approx(21.0)
    assert contrast(QColor("#777777"), QColor("white")) == pytest.approx(
        4.48, abs=0.01
    )  # a published example


@both
def test_text_is_readable_on_every_ground(theme: Theme) -> None:
    for ground in grounds(theme):
        assert contrast(theme.text, ground) >= TEXT
        assert contrast(theme.secondary, ground) >= TEXT
    assert contrast(theme.error, theme.panel) >= TEXT
    assert contrast(QColor("#14181F"), theme.hand) >= TEXT  # what is written on the hand's colour
    assert contrast(theme.ramp[3], theme.panel) >= TEXT  # the name of the validation curve


@both
def test_lines_and_signs_stand_out_from_every_ground(theme: Theme) -> None:
    for ground in grounds(theme):
        assert contrast(theme.line, ground) >= LINE
        assert contrast(theme.error, ground) >= LINE
        assert contrast(theme.hand_outline, ground) >= LINE


@both
def test_bars_stand_out_from_their_track(theme: Theme) -> None:
    for bar in (theme.ramp[2], theme.negative, theme.positive):
        assert contrast(bar, theme.panel) >= LINE
        assert contrast(bar, theme.raised) >= LINE


@both
@pytest.mark.parametrize("layers", [1, 2, 3, 12])
def test_every_layers_colour_stands_out(theme: Theme, layers: int) -> None:
    for layer in range(layers):
        for ground in (theme.panel, theme.raised):
            assert contrast(theme.layer_colour(layer, layers), ground) >= LINE


@both
def test_zero_is_the_ground_of_heat_maps(theme: Theme) -> None:
    assert theme.diverging[2] == theme.panel
    assert contrast(theme.diverging[0], theme.panel) >= TEXT
    assert contrast(theme.diverging[4], theme.panel) >= TEXT


@both
def test_fonts_and_pens_are_made_once(theme: Theme) -> None:
    assert theme.font(Type.BODY) is theme.font(Type.BODY)
    pen = theme.pen(theme.line, 2.0, Qt.PenStyle.DashLine, alpha=0.5)
    assert theme.pen(theme.line, 2.0, Qt.PenStyle.DashLine, alpha=0.5) is pen
    assert (pen.color().alphaF(), pen.widthF(), pen.isCosmetic()) == (pytest.approx(0.5, abs=0.01), 2.0, True)
    assert theme.pen(theme.text, 2.0, Qt.PenStyle.DashLine, alpha=0.5) != pen


def test_fonts_follow_the_text_scale() -> None:
    assert dark_theme(1.0).font(Type.BODY).pixelSize() == 13
    assert dark_theme(1.5).font(Type.BODY).pixelSize() == 20
    assert dark_theme(1.0).font(Type.TITLE).weight() > dark_theme(1.0).font(Type.BODY).weight()
