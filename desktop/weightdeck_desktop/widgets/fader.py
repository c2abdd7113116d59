"""An upright fader with a level meter in its groove."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.gestures import Gestures
from weightdeck_desktop.widgets.knob import Formatter, Parser
from weightdeck_desktop.widgets.knob_gesture import NOTCH, STEPS, Hand, begins_value, fineness, opens_menu
from weightdeck_desktop.widgets.strip_painting import FaderLook, FaderPainter
from weightdeck_desktop.widgets.value_editor import ValueEditor
from weightdeck_desktop.widgets.value_tag import ValueTag

_PERCENT = 100  # Qt's own value is a whole number: percent
_DECIMALS = 3  # a drag gives numbers that a person would write
_EDITOR_WIDTH = 76  # px at 100 %
_SIDEWAYS = (Qt.Key.Key_Left, Qt.Key.Key_Right)  # lead from one fader to the next


class Fader(QSlider):
    """A gain from 0 (bottom) to `most` (top) with a name above it. Lives on the GUI thread.

    ``set_*`` never emit. The signals come of the user's acts only; a drag moves the cap at once. While the hand is on
    the fader, what `set_value` says is passed over.
    """

    grabbed = Signal()
    turned = Signal(float)
    released = Signal()
    typed = Signal(float)
    reset_requested = Signal()
    menu_requested = Signal(QPoint)  # global position
    focused = Signal(bool)  # the focus has come or gone

    def __init__(self, name: str, most: float, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setRange(0, round(most * _PERCENT))
        self._most = most
        self._theme = dark_theme()
        self._colour = self._theme.text
        self._painter: FaderPainter | None = None
        self._formatter: Formatter = str
        self._parser: Parser = lambda text, _now: float(text)
        self._number: float | None = None
        self._levels: tuple[float, float] | None = None
        self._look = FaderLook()
        self._last_y = 0.0
        self._editor: ValueEditor | None = None
        self._tag: ValueTag | None = None
        self._gestures = Gestures(self)
        self._gestures.grabbed.connect(self._on_grabbed)
        self._gestures.moved.connect(self._on_moved)
        self._gestures.released.connect(self._on_released)
        # Our own moves are blocked: what arrives here was asked for by assistive technology.
        self.valueChanged.connect(self._on_assistive_value)

    # What it is told

    def set_theme(self, theme: Theme, colour: QColor) -> None:
        """Take colours, fonts and sizes; `colour` is the meter's."""
        self._theme = theme
        self._colour = colour
        self._painter = None
        self.setMinimumHeight(FaderPainter.least_height(theme))
        self._show_levels()
        self.update()

    def set_name(self, short: str, spoken: str) -> None:
        """The word above the fader, and its name for assistive technology."""
        self.setAccessibleName(spoken)
        self._show(replace(self._look, name=short))

    def set_wording(self, formatter: Formatter, parser: Parser) -> None:
        """How a value is written, and how typed text is read."""
        self._formatter = formatter
        self._parser = parser
        self._refresh()

    def set_value(self, value: float | None) -> None:
        """Move the cap to `value`; None or NaN where nothing is known."""
        if self._gestures.now is None and value != self._number:
            self._number = value if value is not None and math.isfinite(value) else None
            self._refresh()

    def set_edited(self, edited: bool) -> None:
        """Whether the strip differs from how a run begins."""
        self._show(replace(self._look, is_edited=edited))

    def take_hand_off(self) -> None:
        """End a turn: what the fader moves is about to be another thing."""
        self._gestures.let_go()

    def set_held(self, held: bool) -> None:
        """Whether the part's weights are kept from training."""
        self._show(replace(self._look, is_held=held))

    def set_silenced(self, silenced: bool) -> None:
        """Strike the name out, and hatch the level that would be written."""
        if silenced != self._look.is_silenced:
            self._show(replace(self._look, is_silenced=silenced))
            self._refresh()
            self._show_levels()

    def set_pending(self, pending: bool) -> None:
        """Whether the last change is still on its way to the model."""
        self._show(replace(self._look, is_pending=pending))

    def set_levels(self, written: float, if_open: float) -> None:
        """What is written, and what would be if the strip were not silenced: shares of the whole meter.

        NaN or infinite: nothing is known.
        """
        self._levels = (written, if_open) if math.isfinite(written + if_open) else None
        self._show_levels()

    def clear_levels(self) -> None:
        """Nothing is known about what is written."""
        self._levels = None
        self._show_levels()

    @property
    def number(self) -> float | None:
        """What the cap stands at; None where nothing is known."""
        return self._number

    # The user's hand

    def open_editor(self, text: str = "") -> None:
        """Let the user type a value; `text` is what has been typed already."""
        if self._number is None:
            return
        self._gestures.let_go()
        if self._editor is None:
            self._editor = ValueEditor(self)
            self._editor.setObjectName(f"{self.objectName()}_editor")
            self._editor.accepted.connect(self.enter_value)
            self.destroyed.connect(self._editor.deleteLater)
        window = self.window()
        self._editor.setParent(window)  # a strip is too narrow to type in
        width, height = self._theme.px(_EDITOR_WIDTH), self._theme.px(26)
        centre = self.mapTo(window, self._cap_centre())
        left = min(max(0, centre.x() - width // 2), window.width() - width)
        self._editor.setGeometry(left, centre.y() - height // 2, width, height)
        self._editor.setFont(self._theme.font(Type.MONO_BODY))
        self._editor.raise_()
        self._editor.open_with(
            text or self._formatter(self._number),
            lambda typed: self._parser(typed, self._number),
            self._theme,
            selected=not text,
        )

    def enter_value(self, value: float) -> None:
        """Take `value` as if the user had typed it: for menus and buttons."""
        self._number = value
        self._refresh()
        self.typed.emit(value)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() == Qt.MouseButton.LeftButton and self._grab(Hand.MOUSE):
            self._last_y = event.globalPosition().y()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        gesture = self._gestures.now
        if gesture is None or gesture.hand is not Hand.MOUSE:
            return
        y = event.globalPosition().y()
        moved, self._last_y = self._last_y - y, y
        self._gestures.move_by(moved / self._painting().travel * fineness(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() == Qt.MouseButton.LeftButton:
            self._gestures.let_go()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() == Qt.MouseButton.LeftButton and self._number is not None:
            self._gestures.let_go()
            self.reset_requested.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        turned = event.angleDelta()
        # Some systems report a wheel turned with Shift held as a sideways one.
        notches = (turned.y() or turned.x()) / 120
        if notches and self._grab(Hand.NOTCHES):
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self._gestures.move_by(notches * NOTCH * fineness(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        gesture = self._gestures.now
        if key in STEPS and key not in _SIDEWAYS:
            if self._grab(Hand.NOTCHES):
                self._gestures.move_by(STEPS[key] * fineness(event))
        elif key == Qt.Key.Key_Escape and gesture is not None:
            self._turn_to(gesture.value_at_grab)
            self._gestures.let_go()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_editor()
        elif opens_menu(event):
            self._open_menu(self.mapToGlobal(self._cap_centre()))
        elif begins_value(event):
            self.open_editor(event.text())
        else:
            event.ignore()  # QSlider would turn on keys of its own

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()
        if event.reason() is not QContextMenuEvent.Reason.Keyboard:  # keyPressEvent has seen the key itself
            self._open_menu(event.globalPos())

    # Qt

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._show(replace(self._look, is_focused=True))
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._gestures.let_go()
        self._show(replace(self._look, is_focused=False))
        self.focused.emit(False)

    def hideEvent(self, event: QHideEvent) -> None:
        self._close_all()
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._close_all()
            self._show(replace(self._look, is_enabled=self.isEnabled()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._painter = None
        self._show_levels()

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(20), FaderPainter.least_height(self._theme))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._painting().paint(painter, self._look)
        painter.end()

    # Gestures

    def _grab(self, hand: Hand) -> bool:
        value = self._number
        return value is not None and self._gestures.grab(hand, value, value / self._most)

    def _open_menu(self, place: QPoint) -> None:
        self._gestures.let_go()
        self.menu_requested.emit(place)

    def _on_grabbed(self) -> None:
        self._tag = ValueTag(self.window(), self._theme)
        self._show_tag()
        self.grabbed.emit()

    def _on_moved(self, position: float) -> None:
        self._turn_to(round(position * self._most, _DECIMALS))

    def _turn_to(self, value: float) -> None:
        if value != self._number:
            self._number = value
            self._refresh()
            self._show_tag()
            self.turned.emit(value)

    def _on_released(self) -> None:
        if self._tag is not None:
            self._tag.hide()
            self._tag.deleteLater()
            self._tag = None
        self.released.emit()

    def _close_all(self) -> None:
        self._gestures.let_go()
        if self._editor is not None:
            self._editor.close_line()

    def _on_assistive_value(self, percent: int) -> None:
        if self._grab(Hand.NOTCHES):
            self._gestures.move_to(percent / _PERCENT / self._most)

    # Showing

    def _painting(self) -> FaderPainter:
        """The painter for the present size and theme."""
        if self._painter is None:
            self._painter = FaderPainter(self._theme, self._colour, self.size(), self.devicePixelRatioF())
        return self._painter

    def _cap_centre(self) -> QPoint:
        return self._painting().cap_centre(self._look.position or 0.0).toPoint()

    def _show_tag(self) -> None:
        if self._tag is not None and self._number is not None:
            self._tag.show_value(self._formatter(self._number), self.mapTo(self.window(), self._cap_centre()))

    def _refresh(self) -> None:
        """Show the value, and say it in words."""
        value = self._number
        written = "" if value is None else self._formatter(value)
        muted = self.tr("muted") if self._look.is_silenced else ""
        self.setAccessibleDescription(", ".join(part for part in (written, muted) if part))
        if value is not None:
            blocked = self.blockSignals(True)
            self.setValue(round(value * _PERCENT))
            self.blockSignals(blocked)
        self._show(replace(self._look, position=None if value is None else min(1.0, value / self._most)))

    def _show_levels(self) -> None:
        """Show the levels in px: a move too small to see repaints nothing, another only the meter."""
        meter = self._painting().meter
        look = replace(self._look, level=None, silenced_level=0)
        if self._levels is not None:
            written, if_open = (round(min(1.0, level) * meter.height()) for level in self._levels)
            look = replace(look, level=written, silenced_level=if_open if look.is_silenced else 0)
        if look != self._look:
            is_meter_only = (look.level is None) == (self._look.level is None)
            self._look = look
            self.update(meter) if is_meter_only else self.update()

    def _show(self, look: FaderLook) -> None:
        if look != self._look:
            self._look = look
            self.update()
