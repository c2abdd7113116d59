"""A panel whose controls change the model: they need an engine, and rest while the past is shown."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.widgets.lock_tip import LockTip


class LockablePanel(Panel):
    """Subclasses say in `_show_enabled` which of their parts follow `can_turn`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_engine_enabled = True
        self._lock = LockTip(self)

    @property
    def can_turn(self) -> bool:
        """Whether anything can be turned now."""
        return self._is_engine_enabled and not self._lock.is_locked

    def set_enabled_engine(self, enabled: bool) -> None:
        """Whether there is an engine to turn anything in."""
        self._is_engine_enabled = enabled
        self._show_enabled()

    def set_locked(self, why: str) -> None:
        """Why nothing can be turned now; "" where it can."""
        was_locked = self._lock.is_locked
        self._lock.set_words(why)
        if was_locked != self._lock.is_locked:
            self._show_enabled()

    def _show_enabled(self) -> None:
        raise NotImplementedError
