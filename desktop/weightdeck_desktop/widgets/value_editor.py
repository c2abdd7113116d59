"""The line that opens over a value to type another one, and the bubble that says what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QFont,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QLabel, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.overlay_line import OverlayLine


class Bubble(QLabel):
    """A sentence beside the thing that it is about, in front of the rest of the window; it goes when that goes."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("bubble")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._window = window
        self._theme = dark_theme()
        self.hide()

    def show_sentence(self, sentence: str, beside: QWidget, theme: Theme) -> None:
        """Say `sentence` below `beside`, or above it where there is no room."""
        self._theme = theme
        beside.installEventFilter(self)
        self.setFont(theme.font(Type.BODY))
        self.setContentsMargins(theme.px(34), theme.px(8), theme.px(12), theme.px(8))
        self.setText(sentence)
        window = self._window
        self.setFixedWidth(min(theme.px(260), window.width() - 8))
        self.setFixedHeight(self.heightForWidth(self.width()))
        place = beside.mapTo(window, QPoint((beside.width() - self.width()) // 2, beside.height() + 6))
        if place.y() + self.height() > window.height():
            place.setY(beside.mapTo(window, QPoint(0, 0)).y() - self.height() - 6)
        self.move(max(4, min(place.x(), window.width() - self.width() - 4)), max(4, place.y()))
        self.raise_()
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Hide:
            self.hide()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.pen(theme.error))
        painter.setBrush(theme.raised)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.px(6), theme.px(6))
        side = theme.px(16)
        icon = QRectF(theme.px(10), (self.height() - side) / 2, side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.error)
        painter.drawEllipse(icon)
        painter.setPen(theme.raised)
        font = QFont(theme.font(Type.SMALL))
        font.setWeight(QFont.Weight.Bold)
        painter.setFont(font)
        painter.drawText(icon, Qt.AlignmentFlag.AlignCenter, "!")
        painter.end()
        super().paintEvent(event)


class ValueEditor(OverlayLine):
    """Lies over a value while another one is typed; Enter reads it."""

    accepted = Signal(float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setMaxLength(40)
        self.setAccessibleName(self.tr("New value"))
        self.setToolTip(
            self.tr(
                "A number such as 0.25 or 1e-3, or *0.5 for half of what it is now. Enter sets, Esc cancels."
            )
        )
        self._parser: Callable[[str], float] = float
        self._theme = dark_theme()
        self._bubble: Bubble | None = None
        self.textEdited.connect(self._hide_bubble)

    def open_with(self, text: str, parser: Callable[[str], float], theme: Theme, *, selected: bool) -> None:
        """Show `text`, all selected or not; `parser` raises ``ValueError`` with a sentence."""
        self._parser = parser
        self._theme = theme
        self.setText(text)
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        if selected:
            self.setSelection(len(text), -len(text))  # the cursor before it: sign and first digits are seen
        else:
            self.end(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        self.selectAll()  # a number is one word, whatever its point and sign

    def close_line(self) -> None:
        self._hide_bubble()
        super().close_line()

    def _accept(self) -> None:
        try:
            value = self._parser(self.text())
        except ValueError as problem:
            self._show_problem(str(problem))
            return
        self.close_line()
        self.accepted.emit(value)

    def _show_problem(self, sentence: str) -> None:
        """Say why the text cannot be taken; it stays to be mended."""
        if self._bubble is None:
            self._bubble = Bubble(self.window())
        self._bubble.show_sentence(sentence, self, self._theme)
        self.selectAll()

    def _hide_bubble(self) -> None:
        if self._bubble is not None:
            self._bubble.deleteLater()
            self._bubble = None
