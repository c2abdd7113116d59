"""The value of a control beside it while it is being turned."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from weightdeck_desktop.theme import Theme, Type


class ValueTag(QWidget):
    """A small label in front of the rest of the window; the mouse does not feel it."""

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self.setObjectName("value_tag")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._window = window
        self._theme = theme
        self._text = ""

    def show_value(self, text: str, above: QPoint) -> None:
        """Show `text` centred above a point of the window, or below it where there is no room."""
        theme = self._theme
        metrics = QFontMetrics(theme.font(Type.MONO_BODY))
        size = QSize(metrics.horizontalAdvance(text) + 2 * theme.px(6), metrics.height() + 2 * theme.px(2))
        gap = theme.px(10)
        top = above.y() - gap - size.height()
        left = min(above.x() - size.width() // 2, self._window.width() - size.width())
        self.setGeometry(max(0, left), top if top >= 0 else above.y() + gap, size.width(), size.height())
        self._text = text
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.pen(theme.hand_outline))
        painter.setBrush(theme.raised)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.px(4), theme.px(4))
        painter.setPen(theme.text)
        painter.setFont(theme.font(Type.MONO_BODY))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)
        painter.end()
