"""Every action, in the menu or found by its name."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from weightdeck_desktop.actions import ActionRegistry
from weightdeck_desktop.command_palette import CommandPalette
from weightdeck_desktop.hints import Hints
from weightdeck_desktop.settings import Settings


class ActionMenus(QObject):
    """Opens the menu and the palette over the window, and remembers what was chosen in the palette."""

    def __init__(
        self,
        registry: ActionRegistry,
        palette: CommandPalette,
        settings: Settings,
        hints: Hints,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._registry = registry
        self._palette = palette
        self._settings = settings
        self._hints = hints
        self._window = window
        palette.chosen.connect(self._on_palette_chosen)

    def open_palette(self) -> None:
        self._hints.did("search")
        entries = [
            (key, self._registry.group_title(key), action)
            for key, action in self._registry
            if key != "palette" and action.isVisible()
        ]
        self._palette.open_with(entries, self._settings.recent("actions"))

    def open_menu(self, place: QPoint) -> None:
        """`place`: global, of its upper left corner."""
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._registry.fill_menu(menu)
        menu.popup(place)

    def _on_palette_chosen(self, key: str) -> None:
        if not key.startswith("recent."):  # tomorrow that is another run
            self._settings.add_recent("actions", key)
        self._registry[key].trigger()
