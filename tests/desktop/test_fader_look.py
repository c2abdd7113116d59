"""How a fader looks, and what it says of itself to assistive technology."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QSlider, QWidget
from pytestqt.qtbot import QtBot

from weightdeck_desktop.panels.knob_words import gain_text
from weightdeck_desktop.panels.strip_column import read_fader
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.fader import Fader
from weightdeck_desktop.widgets.strip_painting import FaderPainter

NO_KEY = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
THEME = dark_theme()

Heard = list[tuple[str, float | None]]


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    """A window to put a fader in."""
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(300, 300)
    QHBoxLayout(page)
    return page


@pytest.fixture
def fader(page: QWidget, qtbot: QtBot) -> Fader:
    """A narrow fader from 0 to 2 that stands at 1, shown and in focus."""
    fader = Fader("a_fader", 2.0)
    fader.set_theme(THEME, THEME.layer_colour(0, 3))
    fader.set_name("0.1", "head 0.1 fader")
    fader.set_wording(gain_text, read_fader)
    fader.setFixedWidth(24)
    fader.set_value(1.0)
    layout = page.layout()
    assert layout is not None
    layout.addWidget(fader)
    page.show()
    qtbot.waitExposed(page)
    fader.setFocus(Qt.FocusReason.TabFocusReason)
    return fader


@pytest.fixture
def heard(fader: Fader) -> Heard:
    """Everything that the fader says from now on."""
    log: Heard = []

    def note(name: str) -> Callable[..., None]:
        return lambda *arguments: log.append((name, arguments[0] if arguments else None))

    for name in ("grabbed", "turned", "released", "typed", "reset_requested"):
        getattr(fader, name).connect(note(name))
    return log


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
    meter = FaderPainter(THEME, THEME.text, fader.size(), 1.0).meter
    assert regions == [meter]


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0, 7.0])
def test_the_meter_stays_in_its_groove(fader: Fader, level: float) -> None:
    colour = THEME.layer_colour(0, 3)
    fader.set_value(None)  # no cap over the meter
    fader.set_levels(level, level)
    image = fader.grab().toImage()
    meter = FaderPainter(THEME, THEME.text, fader.size(), 1.0).meter
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
    painter = FaderPainter(theme, theme.text, size, 1.0)
    for position in (0.0, 0.5, 1.0):
        assert painter.groove.contains(painter.cap_centre(position).toPoint())
    assert painter.meter.width() >= 4
    assert painter.travel >= theme.px(60)


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
