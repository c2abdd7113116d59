"""A small button with one letter that stays down, as on a mixing desk."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme


class LetterButton(QAbstractButton):
    """Checkable; while it is down its letter stands dark on bright, or bright on dark, against its neighbours."""

    def __init__(self, letter: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(letter)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space still means play and pause
        self._theme: Theme = dark_theme()

    def set_words(self, name: str, tip: str) -> None:
        """Its name for assistive technology, and what it does."""
        self.setAccessibleName(name)
        self.setAccessibleDescription(tip)
        self.setToolTip(tip)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(20), self._theme.px(18))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_down = self.isChecked() or self.isDown()
        ink = theme.text if self.isEnabled() else theme.line
        painter.setPen(theme.pen(theme.hand_outline, 2) if self.hasFocus() else theme.pen(theme.line))
        painter.setBrush(ink if is_down else theme.raised)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), theme.px(3), theme.px(3))
        painter.setPen(theme.panel if is_down else ink)
        painter.setFont(theme.font(Type.SMALL))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()
