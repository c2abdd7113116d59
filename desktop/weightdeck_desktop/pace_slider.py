"""The pace slider: from slow motion to full speed in even factors of two."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSlider, QWidget

from weightdeck.run.frame import Pace
from weightdeck_desktop.theme import Theme

SLOWEST_STEPS_PER_S = 0.5
_NOTCHES = 10  # 0.5, 1, 2 ... 256 steps/s, and the last: full speed


def pace_at(notch: int) -> Pace:
    """The pace of a slider position, 0 to 10."""
    return Pace() if notch >= _NOTCHES else Pace(SLOWEST_STEPS_PER_S * 2.0**notch)


def notch_of(steps_per_s: float | None) -> int:
    """The slider position nearest to a speed; None is full speed."""
    if steps_per_s is None:
        return _NOTCHES
    if not steps_per_s > SLOWEST_STEPS_PER_S:  # not a number included
        return 0
    return round(min(_NOTCHES - 1, math.log2(steps_per_s / SLOWEST_STEPS_PER_S)))


class PaceSlider(QSlider):
    """A thin line and a round handle. ``valueChanged`` comes from a user's act; `show_notch` is silent."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("pace")
        self.setRange(0, _NOTCHES)
        self.setPageStep(2)
        self.setValue(_NOTCHES)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._theme: Theme | None = None

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def show_notch(self, notch: int) -> None:
        """Move the handle, unless the user is holding it."""
        if notch != self.value() and not self.isSliderDown():
            was_blocked = self.blockSignals(True)
            self.setValue(notch)
            self.blockSignals(was_blocked)
            self.update()

    def sizeHint(self) -> QSize:
        theme = self._theme
        return QSize(theme.px(108), theme.px(16)) if theme else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._follow(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._follow(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        if theme is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = self._radius()
        middle = self.height() / 2
        handle = radius + self.value() / _NOTCHES * (self.width() - 2 * radius)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.line)
        line = theme.px(3)
        painter.drawRoundedRect(QRectF(0, middle - line / 2, self.width(), line), line / 2, line / 2)
        if self.hasFocus():
            painter.setPen(theme.pen(theme.hand_outline, 2))
        painter.setBrush(theme.text if self.isEnabled() else theme.line)
        size = radius - 1
        painter.drawEllipse(QRectF(handle - size, middle - size, 2 * size, 2 * size))
        painter.end()

    def _radius(self) -> float:
        return self._theme.px(7) if self._theme else 7.0

    def _follow(self, event: QMouseEvent) -> None:
        radius = self._radius()
        share = (event.position().x() - radius) / max(1.0, self.width() - 2 * radius)
        self.setValue(round(share * _NOTCHES))
