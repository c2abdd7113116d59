"""A rotary knob: the pointer follows its value and turns it when the user's hand is on it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QDial, QSizePolicy, QWidget

from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.hand_turned import HandTurned, TurnScale
from weightdeck_desktop.widgets.knob_gesture import FULL_TURN_PX, Hand
from weightdeck_desktop.widgets.knob_painting import KnobLook, KnobPainter, coarse, grained
from weightdeck_desktop.widgets.value_editor import ValueEditor

IDLE_REACH_NATS = 0.05  # a reach below this changes nothing that anybody sees
_DIAL_STEPS = 1000
_NOT_BY_HAND = (
    Qt.FocusReason.ActiveWindowFocusReason,
    Qt.FocusReason.PopupFocusReason,
    Qt.FocusReason.OtherFocusReason,
)


class Knob(HandTurned, QDial):
    """A knob of `diameter` px at 100 %, with its value, a title and a caption below. Lives on the GUI thread."""

    taken_in_hand = Signal()  # the user gave it the focus

    def __init__(
        self, name: str, diameter: int = 56, caption_lines: int = 0, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setRange(0, _DIAL_STEPS)
        self._diameter = diameter
        self._caption_lines = caption_lines
        self._painter = KnobPainter(self._theme, diameter, caption_lines)
        self._default: float | None = None
        self._spread: tuple[float, float] | tuple[None, None] = (None, None)
        self._look = KnobLook()

    # What it is told

    def set_theme(self, theme: Theme) -> None:
        """Take colours, fonts and sizes."""
        self._theme = theme
        self._painter = KnobPainter(theme, self._diameter, self._caption_lines)
        self.setMinimumWidth(self._painter.least_width)
        self.setFixedHeight(self._painter.height)
        self.update()

    def set_scale(self, scale: TurnScale) -> None:
        """How values lie on the turn."""
        self._scale = scale
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

    # Qt

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._show(replace(self._look, is_focused=True))
        if event.reason() not in _NOT_BY_HAND:
            self.taken_in_hand.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show(replace(self._look, is_focused=False))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._show(replace(self._look, is_enabled=self.isEnabled()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._painter.paint(painter, self._look, self.width())
        painter.end()

    # The user's hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        is_left = event.button() == Qt.MouseButton.LeftButton
        if is_left and self._painter.value_rect(self.width()).contains(event.position().toPoint()):
            event.accept()
            self.open_editor()
        else:
            super().mousePressEvent(event)

    def _way_of(self, moved: QPointF) -> float:
        return (moved.x() - moved.y()) / FULL_TURN_PX

    def _place_editor(self, editor: ValueEditor) -> None:
        editor.setFont(self._painter.value_font)
        editor.setGeometry(self._painter.value_rect(self.width()).adjusted(0, -3, 0, 3))

    def _on_grabbed(self) -> None:
        gesture = self._gestures.now
        assert gesture is not None
        if gesture.hand is Hand.MOUSE:
            self.setCursor(Qt.CursorShape.BlankCursor)
        super()._on_grabbed()

    def _on_released(self) -> None:
        self.unsetCursor()
        super()._on_released()

    # Showing

    def _refresh(self) -> None:
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
            self._tell_qt(look.position)
        self.update()

    def _said(self) -> tuple[str, ...]:
        """What shows, in words."""
        held = self._look.held
        state = self.tr("held") if held >= 1.0 else self.tr("partly held") if held > 0.0 else ""
        return (self._look.value_text, self._look.caption, state)
