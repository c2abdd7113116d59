"""An area that scrolls up and down."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from weightdeck_desktop.theme import Theme
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar


class UprightScroll(QScrollArea):
    """What is inside is as wide as the area, and has the keyboard in its stead."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._bar = ThinScrollBar(Qt.Orientation.Vertical, self)
        self.setVerticalScrollBar(self._bar)

    def set_theme(self, theme: Theme) -> None:
        self._bar.set_theme(theme)
        self.setStyleSheet(f"QScrollArea, QScrollArea > QWidget {{ background: {theme.panel.name()}; }}")
