"""How a fader looks, and what it says of itself to assistive technology."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QAccessible, QPaintEvent
from PySide6.QtWidgets import QApplication, QSlider
from pytestqt.qtbot import QtBot

from tests.desktop.fader_bench import THEME, narrow_fader, painter
from tests.desktop.hand_bench import Heard, said_by
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.fader import Fader
from weightdeck_desktop.widgets.strip_painting import FaderPainter


@pytest.fixture
def fader(qtbot: QtBot) -> Iterator[Fader]:
    yield from narrow_fader(qtbot)


@pytest.fixture
def heard(fader: Fader) -> Heard:
    return said_by(fader)


def test_what_it_is_told_is_never_said_back(fader: Fader, heard: Heard) -> None:
    fader.set_value(0.3)
    fader.set_edited(True)
    fader.set_silenced(True)
    fader.set_pending(True)
    fader.set_levels(0.2, 0.8)
    fader.clear_levels()
    fader.set_theme(light_theme(1.5), light_theme().text)
    fader.set_value(None)
    assert heard == []
    assert fader.number is None


def test_every_state_looks_different(fader: Fader) -> None:
    states: dict[str, Callable[[], None]] = {
        "no data": lambda: None,
        "silent": lambda: fader.set_levels(0.0, 0.6),
        "level": lambda: fader.set_levels(0.5, 0.5),
        "struck and hatched": lambda: fader.set_silenced(True),
        "hatched higher": lambda: fader.set_levels(0.5, 0.8),
        "hatched only": lambda: fader.set_levels(0.0, 0.8),
        "told": lambda: fader.set_value(0.4),
        "edited": lambda: fader.set_edited(True),
        "pending": lambda: fader.set_pending(True),
        "unfocused": fader.clearFocus,
        "disabled": lambda: fader.setEnabled(False),
        "light": lambda: fader.set_theme(light_theme(), light_theme().layer_colour(0, 3)),
        "unknown again": lambda: fader.set_levels(float("nan"), 0.5),
        "no value": lambda: fader.set_value(None),
    }
    seen = []
    for name, enter in states.items():
        enter()
        image = fader.grab().toImage()
        assert all(image != other for other in seen), name
        seen.append(image)


def test_a_new_level_repaints_the_meter_and_nothing_else(fader: Fader, qtbot: QtBot) -> None:
    regions: list[QRect] = []
    fader.set_levels(0.5, 0.5)
    QApplication.processEvents()

    def note(event: QPaintEvent) -> None:
        regions.append(event.rect())

    fader.paintEvent = note  # type: ignore[method-assign]
    fader.set_levels(0.5001, 0.5)
    QApplication.processEvents()
    assert regions == []
    fader.set_levels(0.7, 0.7)
    QApplication.processEvents()
    meter = painter(fader).meter
    assert regions == [meter]


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0, 7.0])
def test_the_meter_stays_in_its_groove(fader: Fader, level: float) -> None:
    colour = THEME.layer_colour(0, 3)
    fader.set_value(None)  # no cap over the meter
    fader.set_levels(level, level)
    image = fader.grab().toImage()
    meter = painter(fader).meter
    x = meter.center().x()
    coloured = [y for y in range(image.height()) if image.pixelColor(x, y) == colour]
    assert len(coloured) == round(min(1.0, level) * meter.height())
    assert all(meter.top() <= y <= meter.bottom() for y in coloured)


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_the_cap_stays_in_the_fader(scale: float) -> None:
    theme = dark_theme(scale)
    size = Fader("f", 2.0).minimumSizeHint()
    size.setHeight(FaderPainter.least_height(theme))
    size.setWidth(theme.px(20))
    parts = FaderPainter(theme, theme.text, size, 1.0)
    for position in (0.0, 0.5, 1.0):
        assert parts.groove.contains(parts.cap_centre(position).toPoint())
    assert parts.meter.width() >= 4
    assert parts.travel >= theme.px(60)


def test_it_is_a_slider_with_a_name_and_its_value_in_words(fader: Fader) -> None:
    accessible = QAccessible.queryAccessibleInterface(fader)
    assert isinstance(fader, QSlider)
    assert accessible is not None
    assert accessible.role() == QAccessible.Role.Slider
    assert fader.accessibleName() == "head 0.1 fader"
    assert fader.accessibleDescription() == "×1.00"
    fader.set_value(0.25)
    fader.set_silenced(True)
    assert fader.accessibleDescription() == "×0.25, muted"
    assert (fader.minimum(), fader.value(), fader.maximum()) == (0, 25, 200)
