"""How a knob looks, and what it says of itself to assistive technology."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import QApplication, QDial
from pytestqt.qtbot import QtBot

from tests.desktop.knob_bench import TenScale, ten_knob
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.knob import Knob
from weightdeck_desktop.widgets.knob_painting import KnobLook, KnobPainter


@pytest.fixture
def knob(qtbot: QtBot) -> Iterator[Knob]:
    yield from ten_knob(qtbot)


def test_what_it_is_told_is_shown_and_never_said_back(knob: Knob) -> None:
    heard: list[str] = []
    for name in ("grabbed", "turned", "released", "typed", "reset_requested", "taken_in_hand"):
        getattr(knob, name).connect(lambda *_arguments, name=name: heard.append(name))
    knob.set_value(7.5)
    knob.set_default(1.0)
    knob.set_spread(2.0, 3.0)
    knob.set_reach(0.01)
    knob.set_edited(True)
    knob.set_pending(True)
    knob.set_selected(True)
    knob.set_titles("other", "words")
    knob.set_theme(light_theme(1.5))
    knob.set_scale(TenScale())
    knob.set_held(1.0)
    knob.set_value(None)
    assert heard == []
    assert knob.number is None


def test_a_value_that_is_no_number_is_not_known(knob: Knob) -> None:
    knob.set_value(float("nan"))
    assert knob.number is None


def test_every_state_looks_different(knob: Knob) -> None:
    states: dict[str, Callable[[], None]] = {
        "plain": lambda: None,
        "told": lambda: knob.set_value(7.0),
        "edited": lambda: knob.set_edited(True),
        "idle": lambda: knob.set_reach(0.04),
        "spread": lambda: knob.set_spread(2.0, 8.0),
        "pending": lambda: knob.set_pending(True),
        "selected": lambda: knob.set_selected(True),
        "partly held": lambda: knob.set_held(0.2),
        "held": lambda: knob.set_held(1.0),
        "unfocused": knob.clearFocus,
        "disabled": lambda: knob.setEnabled(False),
        "light": lambda: knob.set_theme(light_theme()),
    }
    seen = []
    for name, enter in states.items():
        enter()
        image = knob.grab().toImage()
        assert all(image != other for other in seen), name
        seen.append(image)


def test_a_move_too_small_to_see_repaints_nothing(knob: Knob) -> None:
    painted: list[object] = []
    knob.paintEvent = painted.append  # type: ignore[method-assign]
    QApplication.processEvents()
    painted.clear()
    knob.set_value(5.0001)
    QApplication.processEvents()
    assert painted == []
    knob.set_value(5.2)
    QApplication.processEvents()
    assert len(painted) == 1


def test_the_size_follows_the_text_scale(knob: Knob) -> None:
    before = knob.height()
    knob.set_theme(dark_theme(1.5))
    assert knob.minimumHeight() == pytest.approx(1.5 * before, rel=0.05)


def test_the_same_look_is_the_same_picture(knob: Knob) -> None:
    before = knob.grab().toImage()
    knob.set_value(9.0)
    knob.set_edited(True)
    knob.set_theme(light_theme())
    knob.set_theme(dark_theme())
    knob.set_edited(False)
    knob.set_value(5.0)
    assert knob.grab().toImage() == before


@pytest.mark.parametrize("diameter", [44, 56, 88])
@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_seven_figures_fit(diameter: int, scale: float) -> None:
    painter = KnobPainter(dark_theme(scale), diameter, 2)
    assert painter.least_width >= diameter * scale
    assert painter.value_rect(100).bottom() < painter.height
    assert KnobLook().value_text == "…"


def test_it_is_a_dial_with_a_name_and_its_value_in_words(knob: Knob) -> None:
    assert isinstance(knob, QDial)
    accessible = QAccessible.queryAccessibleInterface(knob)
    assert accessible is not None
    assert accessible.role() == QAccessible.Role.Dial
    assert knob.accessibleName() == "head"
    assert knob.accessibleDescription() == "5.00, reach 3.1 nats"
    knob.set_value(7.25)
    assert knob.accessibleDescription() == "7.25, reach 3.1 nats"
    knob.set_held(0.2)
    assert knob.accessibleDescription() == "7.25, reach 3.1 nats, partly held"
    knob.set_held(1.0)
    assert knob.accessibleDescription() == "7.25, reach 3.1 nats, held"
    assert (knob.minimum(), knob.value(), knob.maximum()) == (0, 725, 1000)


def test_a_long_title_takes_a_second_line(knob: Knob) -> None:
    def look(title: str) -> QImage:
        knob.set_titles(title, "reach 1.5 nats")
        return knob.grab().toImage()

    knob.parentWidget().resize(130, 300)
    QApplication.processEvents()
    # Their ends differ: in one line both would be cut before.
    assert look("head 1.1 value [111, 25]") != look("head 1.1 value [111, 26]")
