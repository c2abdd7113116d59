"""Theme, text size and Present mode: turns the user's choices into the one theme that the window is told."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication

from weightdeck_desktop.settings import LARGEST_SCALE, SMALLEST_SCALE, Preferences, Settings, ThemeChoice
from weightdeck_desktop.theme import Theme, dark_theme, light_theme
from weightdeck_desktop.window import Window

_STEP = 0.1
_PRESENTING = 1.3  # text grows by this factor on a projector


class Appearance(QObject):
    """Owns the choice of theme and scale; tells the window and keeps the choice in the settings."""

    def __init__(self, window: Window, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._presenting = False
        window.theme_requested.connect(self._on_theme_requested)
        window.theme_toggle_requested.connect(self._on_theme_toggle_requested)
        window.text_step_requested.connect(self._on_text_step_requested)
        window.present_requested.connect(self._on_present_requested)
        window.preferences_changed.connect(lambda _preferences: self.apply())
        QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _scheme: self.apply())

    def apply(self) -> None:
        """Tell the window the theme that the settings and the system ask for."""
        self._window.show_theme_choice(self._settings.preferences.theme)
        self._window.set_theme(self._theme())

    def _theme(self) -> Theme:
        preferences = self._settings.preferences
        scale = preferences.text_scale * (_PRESENTING if self._presenting else 1.0)
        make = dark_theme if self._is_dark(preferences.theme) else light_theme
        return make(min(LARGEST_SCALE, scale))

    @staticmethod
    def _is_dark(choice: ThemeChoice) -> bool:
        if choice == "system":
            return (
                QGuiApplication.styleHints().colorScheme() != Qt.ColorScheme.Light
            )  # a system that says nothing: dark
        return choice == "dark"

    def _change(self, preferences: Preferences) -> None:
        self._settings.preferences = preferences
        self.apply()

    def _on_theme_requested(self, choice: ThemeChoice) -> None:
        self._change(replace(self._settings.preferences, theme=choice))

    def _on_theme_toggle_requested(self) -> None:
        preferences = self._settings.preferences
        self._change(replace(preferences, theme="light" if self._is_dark(preferences.theme) else "dark"))

    def _on_text_step_requested(self, step: int) -> None:
        preferences = self._settings.preferences
        scale = preferences.text_scale + step * _STEP if step else SMALLEST_SCALE
        scale = min(LARGEST_SCALE, max(SMALLEST_SCALE, round(scale, 1)))
        self._change(replace(preferences, text_scale=scale))

    def _on_present_requested(self, presenting: bool) -> None:
        self._presenting = presenting
        self._window.set_presenting(presenting)
        self.apply()
