"""A line that opens over the window to type a name."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from weightdeck_desktop.widgets.overlay_line import OverlayLine


class NameEditor(OverlayLine):
    """Enter gives the name, without spaces at its ends."""

    accepted = Signal(str)

    def __init__(self, longest: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setMaxLength(longest)
        self._before: QWidget | None = None  # had the focus

    def open_with(self, name: str) -> None:
        """Show `name`, all selected, and take the focus until the end."""
        self._before = self.window().focusWidget()
        self.setText(name)
        self.raise_()
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.selectAll()

    def close_line(self) -> None:
        super().close_line()
        self._before = None

    def _owner(self) -> QWidget:
        return self._before or self.window()

    def _accept(self) -> None:
        name = self.text().strip()
        self.close_line()
        self.accepted.emit(name)
