"""A check box that can be seen on both themes."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme


class Check(QCheckBox):
    """Draws its own box: Fusion's takes the window's colour and all but vanishes on the dark theme."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._theme: Theme = dark_theme()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space still means play and pause

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.setFont(theme.font(Type.SMALL))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._theme.font(Type.SMALL))
        width = self._side() + self._theme.px(6) + metrics.horizontalAdvance(self.text()) + 2
        return QSize(width, max(self._side(), metrics.height()) + 4)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, position: QPoint) -> bool:  # noqa: N802
        return self.rect().contains(position)  # the style would say where its own box and text are

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = self._side()
        box = QRectF(0.5, (self.height() - side) // 2 + 0.5, side - 1, side - 1)
        painter.setPen(theme.pen(theme.hand_outline if self.hasFocus() else theme.line))
        painter.setBrush(theme.brush(theme.raised))
        painter.drawRoundedRect(box, 3, 3)
        if self.isChecked():
            tick = QPen(theme.pen(theme.text, theme.px(2)))
            tick.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(tick)
            places = ((0.25, 0.55), (0.43, 0.73), (0.77, 0.3))
            painter.drawPolyline(
                [QPointF(box.x() + x * box.width(), box.y() + y * box.height()) for x, y in places]
            )
        painter.setFont(self.font())
        painter.setPen(theme.pen(theme.text))
        room = self.rect().adjusted(side + theme.px(6), 0, 0, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self.text())

    def _side(self) -> int:
        return self._theme.px(14)
