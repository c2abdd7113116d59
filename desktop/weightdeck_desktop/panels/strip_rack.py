"""All channel strips side by side, block after block."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from weightdeck.run.frame import StripLevels
from weightdeck.run.strips import Mix, Strip
from weightdeck_desktop.panels.strip_column import StripColumn
from weightdeck_desktop.theme import Theme, dark_theme
from weightdeck_desktop.widgets.snapped_limit import SnappedLimit

_WIDEST = 44  # px at 100 %: few strips do not spread over the whole page
_BETWEEN_BLOCKS = 5


class StripRack(QWidget):
    """Strips of equal width with a thin line between blocks; one scale for all meters.

    ``show_*`` never emit. Signals name the strip that the user's hand is on.
    """

    grabbed = Signal(object)  # Strip
    turned = Signal(object, float)
    released = Signal(object)
    typed = Signal(object, float)
    mute_toggled = Signal(object, bool)
    solo_toggled = Signal(object, bool)
    act_chosen = Signal(object, str)
    looked_at = Signal()  # another strip, or none, has the pointer or the focus
    stepped_to = Signal(QWidget)  # the strip to which an arrow key has led

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strips_desk")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._theme: Theme = dark_theme()
        self._columns: tuple[StripColumn, ...] = ()
        self._limit = SnappedLimit()
        self._pointed: StripColumn | None = None
        self._focused: StripColumn | None = None

    @property
    def columns(self) -> tuple[StripColumn, ...]:
        return self._columns

    @property
    def full(self) -> float:
        """The root mean square that fills a meter; 0 until levels have been shown."""
        return self._limit.value

    @property
    def looked_at_column(self) -> StripColumn | None:
        """The strip under the pointer, or else the one with the focus."""
        return self._pointed or self._focused

    # What it is told

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        blocks = 1 + max((column.strip.block for column in self._columns), default=0)
        for column in self._columns:
            column.set_theme(theme, theme.layer_colour(column.strip.block, blocks))
        self.setMinimumHeight(max((column.minimumHeight() for column in self._columns), default=0))
        self.updateGeometry()
        self._arrange()
        self.update()

    def set_strips(self, strips: Sequence[Strip], before: QWidget) -> None:
        """The parts of the model, in the order in which they stand; Tab leads to the first of them from `before`."""
        for column in self._columns:
            column.hide()
            column.deleteLater()
        self._pointed = self._focused = None
        self._columns = tuple(StripColumn(strip, self) for strip in strips)
        for column in self._columns:
            self._connect(column)
            column.show()
            for control in (column.fader, column.mute, column.solo):
                QWidget.setTabOrder(before, control)
                before = control
        self.set_theme(self._theme)

    def show_mix(self, mix: Mix) -> None:
        """Where all controls stand."""
        for column in self._columns:
            column.show_setting(mix.of(column.strip), mix.silences(column.strip))

    def show_held(self, held: frozenset[Strip]) -> None:
        """The parts whose weights are kept from training."""
        for column in self._columns:
            column.show_held(column.strip in held)

    def show_levels(self, levels: StripLevels) -> None:
        """How much every part writes. The scale follows in steps of 1, 2, 5."""
        written, if_open = levels.written.ravel().tolist(), levels.open.ravel().tolist()
        shown = [
            max(now, if_open * column.setting.gain) if column.is_silenced else now
            for column, now, if_open in zip(self._columns, written, if_open, strict=True)
        ]
        full = self._limit.fit(float(np.max(shown)))
        for column, now, opened in zip(self._columns, written, if_open, strict=True):
            column.show_levels(now, opened, full)

    def take_hands_off(self) -> None:
        """End a turn of any fader."""
        for column in self._columns:
            column.fader.take_hand_off()

    def clear_levels(self) -> None:
        self._limit.reset()
        for column in self._columns:
            column.clear_levels()

    def show_pending(self, strip: Strip | None) -> None:
        """The strip whose last change is still on its way to the model; None for none."""
        for column in self._columns:
            column.fader.set_pending(column.strip == strip)

    # Qt

    def minimumSizeHint(self) -> QSize:
        least = max((column.minimumWidth() for column in self._columns), default=0)
        return QSize(least * len(self._columns) + self._gaps_width(), self.minimumHeight())

    def sizeHint(self) -> QSize:
        return QSize(self.minimumSizeHint().width(), self.minimumHeight() + self._theme.px(140))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        turn = {int(Qt.Key.Key_Left): -1, int(Qt.Key.Key_Right): 1}.get(event.key())
        if turn is None or self._focused is None:
            event.ignore()
            return
        place = self._columns.index(self._focused) + turn
        column = self._columns[place % len(self._columns)]
        column.fader.setFocus(Qt.FocusReason.TabFocusReason)
        self.stepped_to.emit(column)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self._theme.pen(self._theme.faded(self._theme.line, 0.6)))
        for before, after in zip(self._columns, self._columns[1:], strict=False):
            if before.strip.block != after.strip.block:
                x = (before.geometry().right() + after.x()) // 2
                painter.drawLine(x, 0, x, self.height())
        painter.end()

    # Parts

    def _gaps_width(self) -> int:
        blocks = len({column.strip.block for column in self._columns})
        return max(0, blocks - 1) * self._theme.px(_BETWEEN_BLOCKS)

    def _arrange(self) -> None:
        if not self._columns:
            return
        gap = self._theme.px(_BETWEEN_BLOCKS)
        room = (self.width() - self._gaps_width()) // len(self._columns)
        width = min(room, self._theme.px(_WIDEST))
        x, block = 0, self._columns[0].strip.block
        for column in self._columns:
            if column.strip.block != block:
                x, block = x + gap, column.strip.block
            column.setGeometry(x, 0, width, self.height())
            x += width
        self.update()

    def _connect(self, column: StripColumn) -> None:
        strip = column.strip
        column.grabbed.connect(lambda: self.grabbed.emit(strip))
        column.turned.connect(lambda gain: self.turned.emit(strip, gain))
        column.released.connect(lambda: self.released.emit(strip))
        column.typed.connect(lambda gain: self.typed.emit(strip, gain))
        column.mute_toggled.connect(lambda muted: self.mute_toggled.emit(strip, muted))
        column.solo_toggled.connect(lambda solo: self.solo_toggled.emit(strip, solo))
        column.act_chosen.connect(lambda act: self.act_chosen.emit(strip, act))
        column.pointed.connect(lambda has: self._on_looked_at(column, pointed=has))
        column.focused.connect(lambda has: self._on_looked_at(column, focused=has))

    def _on_looked_at(
        self, column: StripColumn, *, pointed: bool | None = None, focused: bool | None = None
    ) -> None:
        if pointed is not None:
            self._pointed = column if pointed else None
        if focused is not None:
            self._focused = column if focused else None
        self.looked_at.emit()
