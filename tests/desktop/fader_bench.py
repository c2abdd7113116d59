"""A fader and a hand for it."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.hand_bench import NO_KEY, send_mouse
from weightdeck_desktop.panels.knob_words import gain_text
from weightdeck_desktop.panels.strip_column import read_fader
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.fader import Fader
from weightdeck_desktop.widgets.strip_painting import FaderPainter

THEME = dark_theme()


def narrow_fader(qtbot: QtBot) -> Iterator[Fader]:
    """A fader from 0 to 2 that stands at 1, in focus, in a window that lives as long as the test."""
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(300, 300)
    fader = Fader("a_fader", 2.0)
    fader.set_theme(THEME, THEME.layer_colour(0, 3))
    fader.set_name("0.1", "head 0.1 fader")
    fader.set_wording(gain_text, read_fader)
    fader.setFixedWidth(24)
    fader.set_value(1.0)
    QHBoxLayout(page).addWidget(fader)
    page.show()
    qtbot.waitExposed(page)
    fader.setFocus(Qt.FocusReason.TabFocusReason)
    yield fader


def mouse(fader: Fader, kind: QEvent.Type, y: float = 0.0, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
    """Send a mouse event `y` px below the middle of the fader."""
    send_mouse(fader, kind, QPointF(fader.width() / 2, fader.height() / 2 + y), modifiers)


def press(fader: Fader) -> None:
    mouse(fader, QEvent.Type.MouseButtonPress)


def drag(fader: Fader, y: float, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
    mouse(fader, QEvent.Type.MouseMove, y, modifiers)


def release(fader: Fader) -> None:
    mouse(fader, QEvent.Type.MouseButtonRelease)


def editor(fader: Fader) -> QLineEdit:
    found = fader.window().findChild(QLineEdit, "a_fader_editor")
    assert isinstance(found, QLineEdit)
    return found


def painter(fader: Fader) -> FaderPainter:
    """What says where the parts of the fader lie."""
    return FaderPainter(THEME, THEME.text, fader.size(), 1.0)
