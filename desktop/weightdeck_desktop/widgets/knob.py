"""A rotary knob: the pointer follows its value and turns it when the user's hand is on it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QDial, QSizePolicy, QWidget

from weightdeck_desktop.theme import Theme, dark_theme
from weightdeck_desktop.widgets.gestures import Gestures
from weightdeck_desktop.widgets.knob_gesture import (
    FULL_TURN_PX,
    NOTCH,
    STEPS,
    Hand,
    begins_value,
    fineness,
    opens_menu,
)
from weightdeck_desktop.widgets.knob_painting import KnobLook, KnobPainter, coarse, grained
from weightdeck_desktop.widgets.value_editor import ValueEditor

IDLE_REACH_NATS = 0.05  # a reach below this changes nothing that anybody sees
Formatter = Callable[[float], str]
Parser = Callable[[str, float | None], float]  # of the text and the present value; ValueError with a sentence
_DIAL_STEPS = 1000
_NOT_BY_HAND = (
    Qt.FocusReason.ActiveWindowFocusReason,
    Qt.FocusReason.PopupFocusReason,
    Qt.FocusReason.OtherFocusReason,
)


class KnobScale(Protocol):
    """Where a value lies on the knob, 0 (fully left) to 1, and back; both clamp."""

    def to_position(self, value: float) -> float: ...

    def to_value(self, position: float) -> float: ...


class Knob(QDial):
    """A knob of `diameter` px at 100 %, with its value, a title and a caption below. Lives on the GUI thread.

    ``set_*`` never emit. The signals come of the user's acts only; turning moves the pointer at once. While
    the hand is on the knob, what `set_value` says is passed over.
    """

    grabbed = Signal()
    turned = Signal(float)
    released = Signal()
    typed = Signal(float)
    reset_requested = Signal()
    menu_requested = Signal(QPoint)  # global position
    taken_in_hand = Signal()  # the user gave it the focus

    def __init__(
        self, name: str, diameter: int = 56, caption_lines: int = 0, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setRange(0, _DIAL_STEPS)
        self._diameter = diameter
        self._caption_lines = caption_lines
        self._theme = dark_theme()
        self._painter = KnobPainter(self._theme, diameter, caption_lines)
        self._scale: KnobScale | None = None
        self._formatter: Formatter = str
        self._parser: Parser = lambda text, _now: float(text)
        self._number: float | None = None
        self._default: float | None = None
        self._spread: tuple[float, float] | tuple[None, None] = (None, None)
        self._look = KnobLook()
        self._gestures = Gestures(self)
        self._gestures.grabbed.connect(self.grabbed)
        self._gestures.moved.connect(self._on_moved)
        self._gestures.released.connect(self._on_released)
        self._last_point = QPointF()
        self._editor: ValueEditor | None = None
        # Our own moves are blocked: what arrives here was asked for by assistive technology.
        self.valueChanged.connect(self._on_assistive_value)

    # What it is told

    def set_theme(self, theme: Theme) -> None:
        """Take colours, fonts and sizes."""
        self._theme = theme
        self._painter = KnobPainter(theme, self._diameter, self._caption_lines)
        self.setMinimumWidth(self._painter.least_width)
        self.setFixedHeight(self._painter.height)
        self.update()

    def set_scale(self, scale: KnobScale) -> None:
        """How values lie on the turn."""
        self._scale = scale
        self._refresh()

    def set_wording(self, formatter: Formatter, parser: Parser) -> None:
        """How a value is written, and how typed text is read."""
        self._formatter = formatter
        self._parser = parser
        self._refresh()

    def set_value(self, value: float | None) -> None:
        """Move the pointer to `value`; None or NaN where nothing is known."""
        if self._gestures.now is None:
            self._number = value if value is not None and math.isfinite(value) else None
            self._refresh()

    def set_default(self, value: float | None) -> None:
        """Where the arc begins and a double click leads."""
        self._default = value
        self._refresh()

    def set_spread(self, low: float | None, high: float | None) -> None:
        """Mark an inner arc from `low` to `high`; None takes it away."""
        self._spread = (None, None) if low is None or high is None else (low, high)
        self._refresh()

    def set_reach(self, nats: float | None) -> None:
        """The largest change that turning can make; the ring is hatched where it is next to nothing."""
        self._show(replace(self._look, is_idle=nats is not None and nats < IDLE_REACH_NATS))

    def set_edited(self, edited: bool) -> None:
        """Whether the user moved the value from where it was."""
        self._show(replace(self._look, is_edited=edited))

    def set_held(self, share: float) -> None:
        """How much of what it turns is kept from training, 0 to 1. The hand may turn it all the same."""
        self._show(replace(self._look, held=share))

    def set_pending(self, pending: bool) -> None:
        """Whether the last change is still on its way to the model."""
        self._show(replace(self._look, is_pending=pending))

    def set_selected(self, selected: bool) -> None:
        """Whether this is the knob in hand."""
        self._show(replace(self._look, is_selected=selected))

    def set_titles(self, title: str, caption: str = "") -> None:
        """The words below the value."""
        self.setAccessibleName(title)
        self._show(replace(self._look, title=title, caption=caption))

    @property
    def number(self) -> float | None:
        """What the pointer stands at; None where nothing is known."""
        return self._number

    # The user's hand

    def open_editor(self, text: str = "") -> None:
        """Let the user type a value; `text` is what has been typed already."""
        self._gestures.let_go()
        if self._editor is None:
            self._editor = ValueEditor(self)
            self._editor.setObjectName(f"{self.objectName()}_editor")
            self._editor.accepted.connect(self.enter_value)
        self._editor.setFont(self._painter.value_font)
        self._editor.setGeometry(self._painter.value_rect(self.width()).adjusted(0, -3, 0, 3))
        known = "" if self._number is None else self._look.value_text
        self._editor.open_with(
            text or known, lambda typed: self._parser(typed, self._number), self._theme, selected=not text
        )

    def take_hand_off(self) -> None:
        """End a turn or the typing of a value: what the knob turns is about to be another thing, or nothing."""
        self._gestures.let_go()
        if self._editor is not None:
            self._editor.close_line()

    def enter_value(self, value: float) -> None:
        """Take `value` as if the user had typed it: for menus and buttons."""
        self._number = value
        self._refresh()
        self.typed.emit(value)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if self._painter.value_rect(self.width()).contains(event.position().toPoint()):
            self.open_editor()
        elif self._grab(Hand.MOUSE):
            self._last_point = event.globalPosition()
            self.setCursor(Qt.CursorShape.BlankCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        gesture = self._gestures.now
        if gesture is None or gesture.hand is not Hand.MOUSE:
            return
        moved = event.globalPosition() - self._last_point
        self._last_point = event.globalPosition()
        self._gestures.move_by((moved.x() - moved.y()) / FULL_TURN_PX * fineness(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() == Qt.MouseButton.LeftButton:
            self._gestures.let_go()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() == Qt.MouseButton.LeftButton and self._can_turn:
            self._gestures.let_go()
            self.reset_requested.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        turned = event.angleDelta()
        # Some systems report a wheel turned with Shift held as a sideways one.
        notches = (turned.y() or turned.x()) / 120
        if notches and self._grab(Hand.NOTCHES):
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self._step(notches * NOTCH * fineness(event), felt=abs(notches) >= 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        gesture = self._gestures.now
        if key in STEPS:
            if self._grab(Hand.NOTCHES):
                self._step(STEPS[key] * fineness(event), felt=True)
        elif key == Qt.Key.Key_Escape and gesture is not None:
            self._turn_to(gesture.value_at_grab)
            self._gestures.let_go()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_editor()
        elif opens_menu(event):
            self._gestures.let_go()
            self.menu_requested.emit(self.mapToGlobal(self.rect().center()))
        elif begins_value(event):
            self.open_editor(event.text())
        else:
            event.ignore()  # QDial would turn on keys of its own

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()
        if event.reason() is not QContextMenuEvent.Reason.Keyboard:  # keyPressEvent has seen the key itself
            self._gestures.let_go()
            self.menu_requested.emit(event.globalPos())

    # Qt

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._show(replace(self._look, is_focused=True))
        if event.reason() not in _NOT_BY_HAND:
            self.taken_in_hand.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._gestures.let_go()
        self._show(replace(self._look, is_focused=False))

    def hideEvent(self, event: QHideEvent) -> None:
        self._gestures.let_go()
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self.take_hand_off()
            self._show(replace(self._look, is_enabled=self.isEnabled()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._painter.paint(painter, self._look, self.width())
        painter.end()

    # Gestures

    @property
    def _can_turn(self) -> bool:
        return self._scale is not None and self._number is not None

    def _grab(self, hand: Hand) -> bool:
        """Put the hand on the knob, or leave it there; whether it is on."""
        scale, value = self._scale, self._number
        if scale is None or value is None:
            return False
        return self._gestures.grab(hand, value, scale.to_position(value))

    def _step(self, step: float, *, felt: bool) -> None:
        """Turn by `step`; where values are coarse, a `felt` step goes on to the next of them."""
        gesture = self._gestures.now
        assert gesture is not None
        assert self._scale is not None
        position = gesture.position + step
        while felt and 0.0 < position < 1.0 and self._scale.to_value(position) == self._number:
            position += step
        self._gestures.move_to(
            position
        )  # at the end nothing moves: a value typed beyond it is not pulled back

    def _turn_to(self, value: float) -> None:
        if value != self._number:
            self._number = value
            self._refresh()
            self.turned.emit(value)

    def _on_moved(self, position: float) -> None:
        assert self._scale is not None
        self._turn_to(self._scale.to_value(position))

    def _on_released(self) -> None:
        self.unsetCursor()
        self.released.emit()

    def _on_assistive_value(self, dial_value: int) -> None:
        if self._grab(Hand.NOTCHES):
            self._gestures.move_to(dial_value / _DIAL_STEPS)

    # Showing

    def _refresh(self) -> None:
        """Work out what shows from the values and the scale."""
        scale, value = self._scale, self._number
        if scale is None:
            return
        low, high = self._spread
        self._show(
            replace(
                self._look,
                value_text="…" if value is None else self._formatter(value),
                position=None if value is None else grained(scale.to_position(value)),
                default=None if self._default is None else grained(scale.to_position(self._default)),
                low=None if low is None else coarse(scale.to_position(low)),
                high=None if high is None else coarse(scale.to_position(high)),
            )
        )

    def _show(self, look: KnobLook) -> None:
        if look == self._look:
            return
        self._look = look
        self.setAccessibleDescription(", ".join(part for part in self._said() if part))
        if look.position is not None:
            blocked = self.blockSignals(True)
            self.setValue(round(look.position * _DIAL_STEPS))
            self.blockSignals(blocked)
        self.update()

    def _said(self) -> tuple[str, ...]:
        """What shows, in words."""
        held = self._look.held
        state = self.tr("held") if held >= 1.0 else self.tr("partly held") if held > 0.0 else ""
        return (self._look.value_text, self._look.caption, state)
