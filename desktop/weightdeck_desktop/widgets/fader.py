"""An upright fader with a level meter in its groove."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.hand_turned import HandTurned
from weightdeck_desktop.widgets.knob_gesture import STEPS
from weightdeck_desktop.widgets.strip_painting import FaderLook, FaderPainter
from weightdeck_desktop.widgets.value_editor import ValueEditor
from weightdeck_desktop.widgets.value_tag import ValueTag

_PERCENT = 100  # Qt's own value is a whole number: percent
_DECIMALS = 3  # a drag gives numbers that a person would write
_EDITOR_WIDTH = 76  # px at 100 %
_SIDEWAYS = (Qt.Key.Key_Left, Qt.Key.Key_Right)  # lead from one fader to the next


@dataclass(frozen=True, slots=True)
class _GainScale:
    """Evenly from 0 to `most`."""

    most: float

    def to_position(self, value: float) -> float:
        return min(1.0, max(0.0, value / self.most))

    def to_value(self, position: float) -> float:
        return round(min(1.0, max(0.0, position)) * self.most, _DECIMALS)


class Fader(HandTurned, QSlider):
    """A gain from 0 (bottom) to `most` (top) with a name above it. Lives on the GUI thread."""

    focused = Signal(bool)  # the focus has come or gone

    _steps: ClassVar = {key: step for key, step in STEPS.items() if key not in _SIDEWAYS}

    def __init__(self, name: str, most: float, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setOrientation(Qt.Orientation.Vertical)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setRange(0, round(most * _PERCENT))
        self._scale: _GainScale = _GainScale(most)
        self._colour = self._theme.text
        self._painter: FaderPainter | None = None
        self._levels: tuple[float, float] | None = None
        self._look = FaderLook()
        self._tag: ValueTag | None = None

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

    def set_edited(self, edited: bool) -> None:
        """Whether the strip differs from how a run begins."""
        self._show(replace(self._look, is_edited=edited))

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

    # Qt

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._show(replace(self._look, is_focused=True))
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show(replace(self._look, is_focused=False))
        self.focused.emit(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
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

    # The user's hand

    def open_editor(self, text: str = "") -> None:
        if self._number is not None:
            super().open_editor(text)

    def _way_of(self, moved: QPointF) -> float:
        return -moved.y() / self._painting().travel

    def _make_editor(self) -> ValueEditor:
        editor = super()._make_editor()
        self.destroyed.connect(editor.deleteLater)  # it will be the window's
        return editor

    def _place_editor(self, editor: ValueEditor) -> None:
        window = self.window()
        editor.setParent(window)  # a strip is too narrow to type in
        width, height = self._theme.px(_EDITOR_WIDTH), self._theme.px(26)
        centre = self.mapTo(window, self._middle())
        left = min(max(0, centre.x() - width // 2), window.width() - width)
        editor.setGeometry(left, centre.y() - height // 2, width, height)
        editor.setFont(self._theme.font(Type.MONO_BODY))
        editor.raise_()

    def _middle(self) -> QPoint:
        """Of the cap."""
        return self._painting().cap_centre(self._look.position or 0.0).toPoint()

    def _on_grabbed(self) -> None:
        self._tag = ValueTag(self.window(), self._theme)
        self._show_tag()
        super()._on_grabbed()

    def _on_released(self) -> None:
        if self._tag is not None:
            self._tag.hide()
            self._tag.deleteLater()
            self._tag = None
        super()._on_released()

    # Showing

    def _painting(self) -> FaderPainter:
        """The painter for the present size and theme."""
        if self._painter is None:
            self._painter = FaderPainter(self._theme, self._colour, self.size(), self.devicePixelRatioF())
        return self._painter

    def _show_tag(self) -> None:
        if self._tag is not None and self._number is not None:
            self._tag.show_value(self._formatter(self._number), self.mapTo(self.window(), self._middle()))

    def _refresh(self) -> None:
        value = self._number
        written = "" if value is None else self._formatter(value)
        muted = self.tr("muted") if self._look.is_silenced else ""
        self.setAccessibleDescription(", ".join(part for part in (written, muted) if part))
        position = None if value is None else self._scale.to_position(value)
        if position is not None:
            self._tell_qt(position)
        self._show(replace(self._look, position=position))
        self._show_tag()

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
