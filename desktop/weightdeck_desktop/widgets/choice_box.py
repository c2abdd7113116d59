"""A drop-down list in the theme's own look."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme


class ChoiceBox(QComboBox):
    """A `QComboBox` painted flat, as high as the switches beside it and as wide as its longest entry."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space still means play and pause
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.setFont(theme.font(Type.SMALL))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        theme = self._theme
        metrics = QFontMetrics(theme.font(Type.SMALL))
        widest = max(
            (metrics.horizontalAdvance(self.itemText(place)) for place in range(self.count())), default=0
        )
        return QSize(widest + theme.px(8 + 22), theme.px(22))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.pen(theme.hand_outline, 2) if self.hasFocus() else theme.pen(theme.line))
        painter.setBrush(theme.raised if self.hasFocus() or self.underMouse() else theme.panel)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        ink = theme.text if self.isEnabled() else theme.line
        painter.setPen(theme.pen(ink))
        painter.setFont(self.font())
        room = self.rect().adjusted(theme.px(8), 0, -theme.px(20), 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self.currentText())
        painter.setPen(theme.pen(ink, 1.5))
        middle = QPointF(self.width() - theme.px(11), self.height() / 2 + 0.5)
        reach = theme.px(4)
        left, low, right = QPointF(-reach, -reach / 2), QPointF(0, reach / 2), QPointF(reach, -reach / 2)
        painter.drawPolyline([middle + left, middle + low, middle + right])
