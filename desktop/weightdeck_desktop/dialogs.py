"""The window's own dialogs: preferences, breakpoints, the sheet of keys, and what this program is."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from weightdeck_desktop.actions import ActionRegistry
from weightdeck_desktop.breakpoint_dialog import BreakpointDialog
from weightdeck_desktop.breakpoint_list import Breakpoints
from weightdeck_desktop.preferences import PreferencesDialog
from weightdeck_desktop.settings import Preferences, Settings
from weightdeck_desktop.shortcuts_sheet import ShortcutsSheet
from weightdeck_desktop.theme import Theme


class Dialogs(QObject):
    """Opens them over the window. Each is made anew when it opens and deleted when it closes."""

    preferences_changed = Signal(object)  # Preferences, kept already
    breakpoints_changed = Signal(object)  # tuple[Breakpoint, ...]: what the user wants to have

    def __init__(self, settings: Settings, registry: ActionRegistry, window: QWidget) -> None:
        super().__init__(window)
        self._settings = settings
        self._registry = registry
        self._window = window
        self._theme: Theme | None = None
        self._breakpoints: Breakpoints = ()
        self._breakpoint_dialog: BreakpointDialog | None = None

    def set_theme(self, theme: Theme) -> None:
        """For the dialogs that are opened from now on."""
        self._theme = theme

    def open_preferences(self) -> None:
        assert self._theme is not None
        dialog = PreferencesDialog(self._settings.preferences, self._theme, self._window)
        dialog.changed.connect(self._on_preferences_changed)
        dialog.open()

    def show_breakpoints(self, breakpoints: Breakpoints) -> None:
        """These are the ones that hold, in the dialog that is open too."""
        self._breakpoints = breakpoints
        if self._breakpoint_dialog is not None:
            self._breakpoint_dialog.show_breakpoints(breakpoints)

    def open_breakpoints(self) -> None:
        assert self._theme is not None
        if self._breakpoint_dialog is None:
            dialog = BreakpointDialog(self._breakpoints, self._theme, self._window)
            dialog.changed.connect(self.breakpoints_changed)
            dialog.finished.connect(self._on_breakpoints_closed)
            self._breakpoint_dialog = dialog
            dialog.open()

    def open_shortcuts(self) -> None:
        assert self._theme is not None
        ShortcutsSheet(self._registry.groups(), self._theme, self._window).open()

    def open_about(self) -> None:
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(self.tr("About Weightdeck"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        version = QCoreApplication.applicationVersion()
        box.setText(self.tr("Weightdeck {0}").format(version).rstrip())
        box.setInformativeText(
            self.tr("A small transformer learns in front of you, and every parameter is a knob. MIT licence.")
        )
        box.open()

    def _on_breakpoints_closed(self) -> None:
        self._breakpoint_dialog = None

    def _on_preferences_changed(self, preferences: Preferences) -> None:
        self._settings.preferences = preferences
        self.preferences_changed.emit(preferences)
