"""The buttons of the bars: flat, rounded, in the theme's colours, with a focus ring that can be seen."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFocusEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolButton, QWidget

from weightdeck_desktop.icons import icon_pixmap
from weightdeck_desktop.theme import Theme, Type

_INK = QColor("#14181F")  # text on the hand's colour, in both themes


class Look(Enum):
    PLAIN = "plain"  # raised, with a border
    PRIMARY = "primary"  # in the hand's colour: the one thing to press
    QUIET = "quiet"  # nothing but its icon until the pointer or the focus comes
    LINK = "link"  # text only


class BarButton(QToolButton):
    """A button with an icon, a text or both. `set_compact` leaves only the icon."""

    def __init__(self, name: str, look: Look = Look.PLAIN, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._look = look
        self._theme: Theme | None = None
        self._icon_name = ""
        self._is_compact = False
        self._widest = ""
        self._height = 32

    def set_content(self, text: str, icon_name: str = "", tip: str = "") -> None:
        """What the button says: `text` is its accessible name too, also where only the icon is drawn."""
        if (text, icon_name) != (self.text(), self._icon_name):
            self._icon_name = icon_name
            self.setText(text)
            self.updateGeometry()
            self.update()
        self.setAccessibleName(text)
        if tip != self.toolTip():
            self.setToolTip(tip)
            self.setAccessibleDescription(tip)

    def reserve(self, widest: str) -> None:
        """Keep the width of `widest`, so that a changing text does not move its neighbours."""
        self._widest = widest
        self.updateGeometry()

    def set_theme(self, theme: Theme, height: int = 32) -> None:
        """Take colours and fonts; `height` in px at 100 %."""
        self._theme = theme
        self._height = height
        self.setFont(
            theme.font(Type.SMALL if self._look is Look.LINK else Type.TITLE)
        )  # the widest it will paint
        self.updateGeometry()
        self.update()

    def set_compact(self, compact: bool) -> None:
        if compact != self._is_compact:
            self._is_compact = compact
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        theme = self._theme
        if theme is None:
            return super().sizeHint()
        height = theme.px(self._height)
        if self._look is Look.QUIET:
            return QSize(height, height)
        words = self._words()
        metrics = self.fontMetrics()
        width = max(metrics.horizontalAdvance(words), metrics.horizontalAdvance(self._widest) if words else 0)
        if self._look is Look.LINK:
            return QSize(width + theme.px(2), height)
        if self._icon_name or self._widest:
            width += theme.px(16) + (theme.px(6) if words else 0)
        return QSize(width + 2 * theme.px(14 if words else 10), height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        if theme is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self._paint_ground(painter, theme)
        self._paint_content(painter, theme, ink)
        if self.hasFocus():
            painter.setPen(theme.pen(theme.hand_outline, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), theme.px(6), theme.px(6))
        painter.end()

    def _words(self) -> str:
        return "" if self._look is Look.QUIET or (self._is_compact and self._icon_name) else self.text()

    def _paint_ground(self, painter: QPainter, theme: Theme) -> QColor:
        """Paint what lies under the words and return the colour for them."""
        hovered = self.isEnabled() and self.underMouse()
        ink = theme.text if self.isEnabled() else theme.line
        if self._look is Look.LINK:
            return theme.text if hovered or self.hasFocus() else theme.secondary if self.isEnabled() else ink
        if self._look is Look.PRIMARY and self.isEnabled():
            fill = theme.hand.lighter(108) if hovered else theme.hand
            border, ink = theme.hand_outline, _INK
        elif self._look is Look.QUIET:
            if not hovered:
                return theme.secondary if self.isEnabled() else theme.line
            fill = border = theme.raised
        elif self.isCheckable():
            fill = theme.raised if self.isChecked() or hovered else theme.panel
            border = theme.line if self.isChecked() else theme.faded(theme.line, 0.45)
            ink = ink if self.isChecked() or hovered or not self.isEnabled() else theme.secondary
        else:
            fill, border = theme.raised, theme.line if hovered else theme.faded(theme.line, 0.45)
        if self.isDown():
            fill = fill.darker(112)
        painter.setPen(theme.pen(border))
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.px(6), theme.px(6))
        return ink

    def _paint_content(self, painter: QPainter, theme: Theme, ink: QColor) -> None:
        words = self._words()
        side = theme.px(16 if self._look is not Look.QUIET else 14)
        gap = theme.px(6) if words and self._icon_name else 0
        width = self.fontMetrics().horizontalAdvance(words) + gap + (side if self._icon_name else 0)
        left = (self.width() - width) // 2 if self._look is not Look.LINK else self.width() - width
        if self._icon_name:
            place = QPoint(left, (self.height() - side) // 2)
            painter.drawPixmap(place, icon_pixmap(self._icon_name, side, ink, self.devicePixelRatioF()))
            left += side + gap
        painter.setPen(ink)
        if self._look is Look.PLAIN and not self.isChecked():
            painter.setFont(theme.font(Type.BODY))
        painter.drawText(
            QRect(left, 0, self.width() - left, self.height()), Qt.AlignmentFlag.AlignVCenter, words
        )
