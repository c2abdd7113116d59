"""A knob, a hand for it, and an ear."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.knob import Knob
from weightdeck_desktop.widgets.typed_value import read_value

NO_KEY = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton

Heard = list[tuple[str, float | None]]


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


def said_by(knob: Knob) -> Heard:
    """A list to which everything that the knob says from now on adds itself."""
    log: Heard = []

    def note(name: str) -> Callable[..., None]:
        return lambda *arguments: log.append((name, arguments[0] if arguments else None))

    for name in ("grabbed", "turned", "released", "typed", "reset_requested", "taken_in_hand"):
        getattr(knob, name).connect(note(name))
    return log


def mouse(
    knob: Knob, kind: QEvent.Type, x: float = 0.0, y: float = 0.0, modifiers: Qt.KeyboardModifier = NO_KEY
) -> None:
    """Send a mouse event `x`, `y` px away from the middle of the ring."""
    place = QPointF(knob.width() / 2 + x, 34.0 + y)
    button = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else LEFT
    held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else LEFT
    there = QPointF(knob.mapToGlobal(place.toPoint()))
    QApplication.sendEvent(knob, QMouseEvent(kind, place, there, button, held, modifiers))


def press(knob: Knob) -> None:
    mouse(knob, QEvent.Type.MouseButtonPress)


def drag(knob: Knob, x: float = 0.0, y: float = 0.0, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
    mouse(knob, QEvent.Type.MouseMove, x, y, modifiers)


def release(knob: Knob, x: float = 0.0, y: float = 0.0) -> None:
    mouse(knob, QEvent.Type.MouseButtonRelease, x, y)


def wheel(knob: Knob, notches: float, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
    place = QPointF(knob.width() / 2, 34.0)
    turned = QPoint(0, round(120 * notches))
    there = QPointF(knob.mapToGlobal(place.toPoint()))
    button, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    QApplication.sendEvent(knob, QWheelEvent(place, there, QPoint(), turned, button, modifiers, phase, False))


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
