"""A calm line above the panels for a sentence that the user should read, with what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.icons import icon_pixmap
from weightdeck_desktop.theme import Theme, Type

_LONGEST = 600  # characters: a very long line in a label would freeze the window


class NoticeBar(QWidget):
    """One notice at a time; a new one replaces the old. Hidden while there is none. `name` begins its object names."""

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
        self._dismiss.set_content(self.tr("Dismiss"), "close", self.tr("Take this notice away"))
        self._dismiss.clicked.connect(self.hide)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._icon)
        self._row.addWidget(self._text, 1)
        self._row.addWidget(self._dismiss)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence that is shown; "" while hidden."""
        return "" if self.isHidden() else self._text.text()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._text.setFont(theme.font(Type.BODY))
        self._row.setContentsMargins(theme.px(14), theme.px(6), theme.px(8), theme.px(6))
        self._row.setSpacing(theme.px(8))
        for button in (*self._actions, self._dismiss):
            button.set_theme(theme, height=28)
        self._show_icon()
        self.update()

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
        self._show_icon()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        if theme is None:
            return
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.raised)
        painter.fillRect(0, 0, theme.px(4), self.height(), theme.error if self._is_error else theme.line)
        painter.end()

    def _make_button(self, action: QAction) -> BarButton:
        button = BarButton(f"{self._name}_{action.objectName()}", parent=self)
        button.set_content(action.text(), "", action.toolTip())
        button.clicked.connect(action.trigger)
        if not self._stays:
            button.clicked.connect(self.hide)
        if self._theme is not None:
            button.set_theme(self._theme, height=28)
        self._row.insertWidget(self._row.count() - 1, button)
        return button

    def _show_icon(self) -> None:
        theme = self._theme
        if theme is None:
            return
        name, colour = ("error", theme.error) if self._is_error else ("info", theme.text)
        self._icon.setPixmap(icon_pixmap(name, theme.px(16), colour, self.devicePixelRatioF()))
