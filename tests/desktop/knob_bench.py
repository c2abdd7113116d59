"""A knob and a hand for it."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.hand_bench import NO_KEY, send_mouse
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.knob import Knob
from weightdeck_desktop.widgets.typed_value import read_value


class TenScale:
    """Values 0 to 10, evenly."""

    def to_position(self, value: float) -> float:
        return min(1.0, max(0.0, value / 10.0))

    def to_value(self, position: float) -> float:
        return 10.0 * min(1.0, max(0.0, position))


def ten_knob(qtbot: QtBot) -> Iterator[Knob]:
    """A knob from 0 to 10 that stands at 5, in focus, in a window that lives as long as the test."""
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(300, 300)
    knob = Knob("a_knob", 56, 2)
    knob.set_theme(dark_theme())
    knob.set_scale(TenScale())
    knob.set_wording(lambda value: f"{value:.2f}", read_value)
    knob.set_titles("head", "reach 3.1 nats")
    knob.set_default(4.0)
    knob.set_value(5.0)
    QVBoxLayout(page).addWidget(knob)
    page.show()
    qtbot.waitExposed(page)
    knob.setFocus(Qt.FocusReason.TabFocusReason)
    yield knob


def mouse(
    knob: Knob, kind: QEvent.Type, x: float = 0.0, y: float = 0.0, modifiers: Qt.KeyboardModifier = NO_KEY
) -> None:
    """Send a mouse event `x`, `y` px away from the middle of the ring."""
    send_mouse(knob, kind, QPointF(knob.width() / 2 + x, 34.0 + y), modifiers)


def press(knob: Knob) -> None:
    mouse(knob, QEvent.Type.MouseButtonPress)


def drag(knob: Knob, x: float = 0.0, y: float = 0.0, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
    mouse(knob, QEvent.Type.MouseMove, x, y, modifiers)


def release(knob: Knob, x: float = 0.0, y: float = 0.0) -> None:
    mouse(knob, QEvent.Type.MouseButtonRelease, x, y)


def editor(knob: Knob) -> QLineEdit:
    found = knob.findChild(QLineEdit)
    assert found is not None
    return found


def type_in(qtbot: QtBot, knob: Knob, text: str) -> None:
    """Open the line with Enter, write `text`, press Enter."""
    qtbot.keyClick(knob, Qt.Key.Key_Return)
    line = editor(knob)
    line.setText(text)
    qtbot.keyClick(line, Qt.Key.Key_Return)
