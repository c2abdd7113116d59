"""What a knob and a fader have in common: the user's hand on them, and the value that it moves."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QHideEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QWidget

from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.gestures import Gestures
from weightdeck_desktop.widgets.knob_gesture import NOTCH, STEPS, Hand, begins_value, fineness, opens_menu
from weightdeck_desktop.widgets.value_editor import ValueEditor

if TYPE_CHECKING:
    _Slider = QAbstractSlider
else:
    _Slider = object  # a second base of Qt's would make a second widget

Formatter = Callable[[float], str]
Parser = Callable[[str, float | None], float]  # of the text and the present value; ValueError with a sentence


class TurnScale(Protocol):
    """Where a value lies on the way of the hand, 0 to 1, and back; both clamp."""

    def to_position(self, value: float) -> float: ...

    def to_value(self, position: float) -> float: ...


class HandTurned(_Slider):
    """Stands before QDial or QSlider among the bases of a control, and takes over what turns them.

    ``set_*`` never emit. The signals come of the user's acts only; a turn shows at once. While the hand is on the
    control, what `set_value` says is passed over.

    A control without a scale is not turned. It gives `_refresh`, `_way_of` and `_place_editor`.
    """

    grabbed = Signal()
    turned = Signal(float)
    released = Signal()
    typed = Signal(float)
    reset_requested = Signal()
    menu_requested = Signal(QPoint)  # global position

    _steps: ClassVar[Mapping[int, float]] = STEPS  # the keys that turn it, and how far

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._theme = dark_theme()
        self._scale: TurnScale | None = None
        self._formatter: Formatter = str
        self._parser: Parser = lambda text, _now: float(text)
        self._number: float | None = None
        self._last_point = QPointF()
        self._editor: ValueEditor | None = None
        self._gestures = Gestures(self)
        self._gestures.grabbed.connect(self._on_grabbed)
        self._gestures.moved.connect(self._on_moved)
        self._gestures.released.connect(self._on_released)
        # Our own moves are blocked: what arrives here was asked for by assistive technology.
        self.valueChanged.connect(self._on_assistive_value)

    # What it is told

    def set_wording(self, formatter: Formatter, parser: Parser) -> None:
        """How a value is written, and how typed text is read."""
        self._formatter = formatter
        self._parser = parser
        self._refresh()

    def set_value(self, value: float | None) -> None:
        """Show `value`; None or NaN where nothing is known."""
        if self._gestures.now is None and value != self._number:
            self._number = value if value is not None and math.isfinite(value) else None
            self._refresh()

    def take_hand_off(self) -> None:
        """End a turn or the typing of a value: what is turned is about to be another thing, or nothing."""
        self._gestures.let_go()
        if self._editor is not None:
            self._editor.close_line()

    @property
    def number(self) -> float | None:
        """What it stands at; None where nothing is known."""
        return self._number

    # The user's hand

    def open_editor(self, text: str = "") -> None:
        """Let the user type a value; `text` is what has been typed already."""
        self._gestures.let_go()
        if self._editor is None:
            self._editor = self._make_editor()
        self._place_editor(self._editor)
        known = "" if self._number is None else self._formatter(self._number)
        self._editor.open_with(
            text or known, lambda typed: self._parser(typed, self._number), self._theme, selected=not text
        )

    def enter_value(self, value: float) -> None:
        """Take `value` as if the user had typed it: for menus and buttons."""
        self._number = value
        self._refresh()
        self.typed.emit(value)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() == Qt.MouseButton.LeftButton and self._grab(Hand.MOUSE):
            self._last_point = event.globalPosition()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        gesture = self._gestures.now
        if gesture is None or gesture.hand is not Hand.MOUSE:
            return
        moved = event.globalPosition() - self._last_point
        self._last_point = event.globalPosition()
        self._gestures.move_by(self._way_of(moved) * fineness(event))

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
        if key in self._steps:
            if self._grab(Hand.NOTCHES):
                self._step(self._steps[key] * fineness(event), felt=True)
        elif key == Qt.Key.Key_Escape and gesture is not None:
            self._turn_to(gesture.value_at_grab)
            self._gestures.let_go()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_editor()
        elif opens_menu(event):
            self._open_menu(self.mapToGlobal(self._middle()))
        elif begins_value(event):
            self.open_editor(event.text())
        else:
            event.ignore()  # Qt would turn on keys of its own

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()
        if event.reason() is not QContextMenuEvent.Reason.Keyboard:  # keyPressEvent has seen the key itself
            self._open_menu(event.globalPos())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._gestures.let_go()  # and no more: Qt would repaint all of it

    def hideEvent(self, event: QHideEvent) -> None:
        self.take_hand_off()
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self.take_hand_off()

    # What a control says of itself

    def _refresh(self) -> None:
        """Show the value, the scale and the wording as they are now."""
        raise NotImplementedError

    def _way_of(self, moved: QPointF) -> float:
        """What a move of the mouse, px, turns: 1 is the whole way."""
        raise NotImplementedError

    def _place_editor(self, editor: ValueEditor) -> None:
        """Lay the line over the value."""
        raise NotImplementedError

    def _make_editor(self) -> ValueEditor:
        editor = ValueEditor(self)
        editor.setObjectName(f"{self.objectName()}_editor")
        editor.accepted.connect(self.enter_value)
        return editor

    def _middle(self) -> QPoint:
        """Where the menu opens by key."""
        return self.rect().center()

    # Gestures

    @property
    def _can_turn(self) -> bool:
        return self._scale is not None and self._number is not None

    def _grab(self, hand: Hand) -> bool:
        """Put the hand on the control, or leave it there; whether it is on."""
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
        self._gestures.move_to(position)  # at the end nothing moves: a value beyond it is not pulled back

    def _turn_to(self, value: float) -> None:
        if value != self._number:
            self._number = value
            self._refresh()
            self.turned.emit(value)

    def _open_menu(self, place: QPoint) -> None:
        self._gestures.let_go()
        self.menu_requested.emit(place)

    def _on_grabbed(self) -> None:
        self.grabbed.emit()

    def _on_moved(self, position: float) -> None:
        assert self._scale is not None
        self._turn_to(self._scale.to_value(position))

    def _on_released(self) -> None:
        self.released.emit()

    def _on_assistive_value(self, whole: int) -> None:
        if self._grab(Hand.NOTCHES):
            self._gestures.move_to(whole / self.maximum())

    def _tell_qt(self, position: float) -> None:
        """Give Qt's own whole number to assistive technology."""
        blocked = self.blockSignals(True)
        self.setValue(round(position * self.maximum()))
        self.blockSignals(blocked)
