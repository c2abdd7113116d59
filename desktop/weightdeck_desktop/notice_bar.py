"""A calm line for a sentence that the user should read, with what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.icons import icon_pixmap
from weightdeck_desktop.theme import Theme, Type

_RADIUS = 8  # of a card, as the panels' cards have it
_LONGEST = 600  # characters: a very long line in a label would freeze the window


class NoticeBar(QWidget):
    """One notice at a time; a new one replaces the old. Hidden while there is none. `name` begins its object names.

    One that stays is a line of the window; one that goes is a card, which may lie over something: it is small.
    """

    dismissed = Signal()  # the user took the notice away without doing anything about it
    came = Signal()  # a notice, whether there was one before or not

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}_bar")
        self._name = name
        self.setAccessibleName(self.tr("Notice"))
        self._theme: Theme | None = None
        self._is_error = False
        self._stays = False
        self._icon = QLabel(self)
        self._text = QLabel(self)
        self._text.setObjectName(f"{name}_text")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._actions: list[BarButton] = []
        self._dismiss = BarButton(f"dismiss_{name}", Look.QUIET, self)
        self._dismiss.set_content(self.tr("Dismiss"), "close", self.tr("Take this notice away (Esc)"))
        self._dismiss.clicked.connect(self.dismiss)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._icon)
        self._row.addWidget(self._text, 1)
        self._row.addWidget(self._dismiss)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence that is shown; "" while hidden."""
        return "" if self.isHidden() else self._text.text()

    @property
    def width_in_one_line(self) -> int:
        """Px that the notice takes when its sentence is not broken."""
        words = self._text.fontMetrics().horizontalAdvance(self._text.text())
        others = [self._icon, *self._actions, *([] if self._dismiss.isHidden() else [self._dismiss])]
        margins = self._row.contentsMargins()
        width = words + sum(other.sizeHint().width() for other in others) + margins.left() + margins.right()
        return width + self._row.spacing() * len(others) + 4  # a label is a little wider than its text

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._show_look()

    def show_notice(
        self, text: str, actions: Sequence[QAction] = (), *, is_error: bool = False, stays: bool = False
    ) -> None:
        """Show a sentence; each action becomes a button, and using one takes the notice away. One that `stays` is true
        for as long as it is shown: no button takes it away.
        """
        self._stays = stays
        self._dismiss.setHidden(stays)
        for button in self._actions:
            self._row.removeWidget(button)
            button.deleteLater()
        self._actions = [self._make_button(action) for action in actions]
        self._is_error = is_error
        self._text.setText(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
        self.setAccessibleDescription(text)
        self._show_look()
        self.show()
        self.came.emit()

    def dismiss(self) -> None:
        """Take the notice away, as the user wants it."""
        self.hide()
        self.dismissed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        if theme is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        if self._stays:
            shape.addRect(QRectF(self.rect()))
        else:
            shape.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
        painter.setClipPath(shape)
        painter.fillRect(event.rect(), theme.raised)
        painter.fillRect(0, 0, theme.px(4), self.height(), theme.error if self._is_error else theme.line)
        painter.setClipping(False)
        if not self._stays:
            painter.strokePath(shape, theme.pen(theme.line))
        painter.end()

    def _make_button(self, action: QAction) -> BarButton:
        button = BarButton(f"{self._name}_{action.objectName()}", parent=self)
        button.set_content(action.text(), "", action.toolTip())
        button.clicked.connect(action.trigger)
        if not self._stays:
            button.clicked.connect(self.hide)
        self._row.insertWidget(self._row.count() - 1, button)
        return button

    def _show_look(self) -> None:
        theme = self._theme
        if theme is None:
            return
        font, high, above = (Type.BODY, 28, 6) if self._stays else (Type.SMALL, 20, 1)
        self._text.setFont(theme.font(font))
        self._row.setContentsMargins(theme.px(14), theme.px(above), theme.px(8), theme.px(above))
        self._row.setSpacing(theme.px(8))
        for button in (*self._actions, self._dismiss):
            button.set_theme(theme, high)
        name, colour = ("error", theme.error) if self._is_error else ("info", theme.text)
        side = theme.px(16 if self._stays else 12)
        self._icon.setPixmap(icon_pixmap(name, side, colour, self.devicePixelRatioF()))
        self.update()
