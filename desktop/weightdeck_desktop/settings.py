"""What survives a restart: a typed view of one QSettings file.

Every value is kept as text. A value that is missing, broken or written by somebody else reads as its default;
the file is never trusted and reading it never raises.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from PySide6.QtCore import QByteArray, QSettings

ThemeChoice = Literal["system", "light", "dark"]
THEME_CHOICES: tuple[ThemeChoice, ...] = get_args(ThemeChoice)
SMALLEST_SCALE, LARGEST_SCALE = 1.0, 2.0
MOST_PROMPTS = 2
MOST_RECENT = 8
MOST_RECENT_FILES = 10
SMALLEST_BUDGET_MB, LARGEST_BUDGET_MB = 10, 10_000

_VERSION = 1  # of the layouts: when panels or workspaces change their meaning, old layouts are forgotten
_LONGEST_PROMPT = 1000


@dataclass(frozen=True, slots=True)
class Preferences:
    """The settings of the preferences dialog."""

    theme: ThemeChoice = "system"
    text_scale: float = 1.0
    start_by_itself: bool = True  # training begins as soon as the engine has loaded
    opening_pace: bool = True  # it begins with one step a second and doubles
    hold_while_turning: bool = True  # training waits while a weight knob is in the hand
    hints: bool = True
    keyframe_megabytes: int = 200  # that a run file may take for moments which can be shown at once


class Settings:
    """The program's memory between two starts. Owned by the GUI thread; one object for one file."""

    def __init__(self, store: QSettings) -> None:
        self._store = store
        if self._text("version") != str(_VERSION):
            store.remove("layout")
            store.setValue("version", str(_VERSION))

    @classmethod
    def of_this_user(cls) -> Settings:
        """The file of the user who runs the program."""
        return cls(
            QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "Weightdeck", "weightdeck")
        )

    def sync(self) -> None:
        """Write to disk now. A folder that cannot be written to is no reason to stop."""
        self._store.sync()

    # -- preferences -------------------------------------------------------------------------------------

    @property
    def preferences(self) -> Preferences:
        default = Preferences()
        theme = self._text("preferences/theme")
        return Preferences(
            theme=next((choice for choice in THEME_CHOICES if choice == theme), default.theme),
            text_scale=self._scale(default.text_scale),
            keyframe_megabytes=self._megabytes(default.keyframe_megabytes),
            **{
                field.name: self._flag(f"preferences/{field.name}", getattr(default, field.name))
                for field in fields(Preferences)
                if isinstance(field.default, bool)
            },
        )

    @preferences.setter
    def preferences(self, preferences: Preferences) -> None:
        for field in fields(Preferences):
            self._store.setValue(f"preferences/{field.name}", str(getattr(preferences, field.name)))

    # -- the window --------------------------------------------------------------------------------------

    @property
    def geometry(self) -> QByteArray:
        """``QWidget.saveGeometry``'s bytes; empty when nothing was kept."""
        return self._bytes("layout/geometry")

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._set_bytes("layout/geometry", geometry)

    def layout(self, workspace: str) -> QByteArray:
        """The user's own layout of a workspace; empty for the default one."""
        return self._bytes(f"layout/workspaces/{workspace}")

    def set_layout(self, workspace: str, layout: QByteArray) -> None:
        """Keep a layout; empty bytes forget it."""
        self._set_bytes(f"layout/workspaces/{workspace}", layout)

    @property
    def workspace(self) -> str:
        """Key of the workspace shown last; "" at the first start."""
        return self._text("layout/workspace")

    @workspace.setter
    def workspace(self, workspace: str) -> None:
        self._store.setValue("layout/workspace", workspace)

    # -- choices -----------------------------------------------------------------------------------------

    def prompts(self, preset: str) -> tuple[str, ...]:
        """The prompts last used with a preset, at most `MOST_PROMPTS`; empty before the first."""
        kept = self._json(f"prompts/{preset}", list)
        return tuple(text[:_LONGEST_PROMPT] for text in kept if isinstance(text, str))[:MOST_PROMPTS]

    def set_prompts(self, preset: str, prompts: tuple[str, ...]) -> None:
        self._set_json(f"prompts/{preset}", [text[:_LONGEST_PROMPT] for text in prompts[:MOST_PROMPTS]])

    def knobs(self, preset: str) -> list[Any] | None:
        """The desk's knobs as last left with a preset, as they were given to `set_knobs`; None before the first."""
        key = f"knobs/{preset}"
        kept: list[Any] = self._json(key, list)
        return kept if kept or self._text(key) == "[]" else None  # an empty desk is not a broken file

    def set_knobs(self, preset: str, knobs: list[dict[str, Any]]) -> None:
        self._set_json(f"knobs/{preset}", knobs)

    @property
    def breakpoints(self) -> list[Any]:
        """The list of breakpoints as it was last given; empty at the first start."""
        kept: list[Any] = self._json("breakpoints", list)
        return kept

    @breakpoints.setter
    def breakpoints(self, breakpoints: list[dict[str, Any]]) -> None:
        self._set_json("breakpoints", breakpoints)

    def recent(self, what: str) -> tuple[str, ...]:
        """The latest choices of one kind ("actions", "presets"), newest first."""
        return tuple(text for text in self._json(f"recent/{what}", list) if isinstance(text, str))[
            :MOST_RECENT
        ]

    def add_recent(self, what: str, choice: str) -> None:
        others = [text for text in self.recent(what) if text != choice]
        self._set_json(f"recent/{what}", [choice, *others][:MOST_RECENT])

    @property
    def recent_files(self) -> tuple[str, ...]:
        """Paths of the run files that were open last, newest first, at most `MOST_RECENT_FILES`."""
        kept = self._json("recent/files", list)
        return tuple(path for path in kept if isinstance(path, str) and path)[:MOST_RECENT_FILES]

    @recent_files.setter
    def recent_files(self, paths: tuple[str, ...]) -> None:
        self._set_json("recent/files", list(dict.fromkeys(paths))[:MOST_RECENT_FILES])

    def panel_state(self, key: str) -> dict[str, Any]:
        """What a panel remembers (its smoothing, the tensor shown), as it gave it to `set_panel_state`."""
        return self._json(f"panels/{key}", dict)

    def set_panel_state(self, key: str, state: dict[str, Any]) -> None:
        """Keep a panel's choices: strings, numbers, booleans, lists and dicts of them."""
        self._set_json(f"panels/{key}", state)

    def hint_was_seen(self, key: str) -> bool:
        return self._flag(f"hints/{key}", False)

    def set_hint_seen(self, key: str) -> None:
        self._store.setValue(f"hints/{key}", "True")

    # -- reading without trust ---------------------------------------------------------------------------

    def _text(self, key: str) -> str:
        value = self._store.value(key)
        return value if isinstance(value, str) else ""

    def _flag(self, key: str, default: bool) -> bool:
        return {"true": True, "false": False}.get(self._text(key).lower(), default)

    def _scale(self, default: float) -> float:
        try:
            scale = float(self._text("preferences/text_scale"))
        except ValueError:
            return default
        return min(LARGEST_SCALE, max(SMALLEST_SCALE, scale)) if math.isfinite(scale) else default

    def _megabytes(self, default: int) -> int:
        try:
            megabytes = int(self._text("preferences/keyframe_megabytes"))
        except ValueError:
            return default
        return min(LARGEST_BUDGET_MB, max(SMALLEST_BUDGET_MB, megabytes))

    def _bytes(self, key: str) -> QByteArray:
        try:
            return QByteArray(base64.b64decode(self._text(key), validate=True))
        except (binascii.Error, ValueError):
            return QByteArray()

    def _set_bytes(self, key: str, value: QByteArray) -> None:
        self._store.setValue(key, base64.b64encode(value.data()).decode())

    def _json(self, key: str, kind: type[Any]) -> Any:
        try:
            value = json.loads(self._text(key))
        except (ValueError, RecursionError):
            return kind()
        return value if isinstance(value, kind) else kind()

    def _set_json(self, key: str, value: Any) -> None:
        self._store.setValue(key, json.dumps(value))
