"""Every action of the window, once: menus, command palette and the sheet of shortcuts all read this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from weightdeck_desktop.settings import MOST_RECENT_FILES, THEME_CHOICES
from weightdeck_desktop.widgets.plain_tip import plain_tip
from weightdeck_desktop.workspaces import Workspace

_NEED_A_RUN = (
    *("play", "step", "next_part", "full_speed", "slower", "faster", "slow_motion", "breakpoints"),
    *("reset", "new_seed"),
    *("find_knob", "hold", "mark", "bookmark", "before"),
    *("save", "save_as", "save_copy"),
)


class ActionRegistry(QObject):
    """QActions by id, in groups. Whoever carries one out connects to its ``triggered``.

    A key without a modifier must not be taken from a text field or a focused button, as Qt's shortcuts would
    do: such keys are shown like the others, but the window looks for them itself, among the keys that nobody
    else wanted (`plain_key_action`).
    """

    def __init__(self, window: QWidget, workspaces: Sequence[Workspace], presets: Iterable[str]) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._groups: dict[str, list[str]] = {}
        self._plain_keys: dict[str, QAction] = {}
        self._titles = {
            "file": self.tr("File"),
            "run": self.tr("Run"),
            "edit": self.tr("Edit"),
            "view": self.tr("View"),
            "help": self.tr("Help"),
        }
        self._add_file()
        self._add_run(presets)
        self._add_edit()
        self._add_view(workspaces)
        self._add_help()

    def __getitem__(self, key: str) -> QAction:
        return self._actions[key]

    def __iter__(self) -> Iterator[tuple[str, QAction]]:
        """(id, action) of every action, in the order of the menus."""
        for keys in self._groups.values():
            for key in keys:
                yield key, self._actions[key]

    def groups(self) -> Iterator[tuple[str, list[QAction]]]:
        """(title, actions) of every group."""
        for group, keys in self._groups.items():
            yield self._titles[group], [self._actions[key] for key in keys]

    def group_title(self, key: str) -> str:
        """Title of the group that the action `key` is in; recent runs are a group of their own."""
        if key.startswith("recent."):
            return self.tr("Open recent")
        return next(self._titles[group] for group, keys in self._groups.items() if key in keys)

    def add(self, key: str, action: QAction, group: str) -> None:
        """Take in an action that was made elsewhere, such as a dock's own switch."""
        action.setObjectName(f"action_{key}")
        self._actions[key] = action
        self._groups.setdefault(group, []).append(key)

    def plain_key_action(self, typed: str) -> QAction | None:
        """The enabled action of a key without modifier, such as "." or " "."""
        action = self._plain_keys.get(typed)
        return action if action is not None and action.isEnabled() else None

    def set_engine_enabled(self, enabled: bool) -> None:
        """Whether there is a run to act on."""
        for key in _NEED_A_RUN:
            self._actions[key].setEnabled(enabled)

    def show_undo(self, undo_title: str, redo_title: str) -> None:
        """Say what undo and redo would do; "" for nothing."""
        for key, word, title in (
            ("undo", self.tr("Undo"), undo_title),
            ("redo", self.tr("Redo"), redo_title),
        ):
            action = self._actions[key]
            text = f"{word}: {title}" if title else word
            if text != action.text():
                action.setText(text)
                action.setEnabled(bool(title))

    def recent(self) -> list[QAction]:
        """The actions that open recent runs, the newest first; one without a run is invisible."""
        return [self._actions[f"recent.{number}"] for number in range(MOST_RECENT_FILES)]

    def show_recent(self, paths: Sequence[str]) -> None:
        """Say which runs were open last, the newest first."""
        for number, action in enumerate(self.recent()):
            action.setVisible(number < len(paths))
            if number < len(paths):
                action.setText(Path(paths[number]).stem.replace("&", "&&"))
                action.setToolTip(plain_tip(paths[number]))
        self._actions["clear_recent"].setEnabled(bool(paths))

    def fill_menu(self, menu: QMenu) -> None:
        """Add one submenu for each group, each with its actions."""
        recent = [*self.recent(), self._actions["clear_recent"]]
        for title, actions in self.groups():
            submenu = QMenu(title, menu)
            menu.addMenu(submenu)
            submenu.setToolTipsVisible(True)
            for action in actions:
                if action.property("starts_section"):
                    submenu.addSeparator()
                if action not in recent:
                    submenu.addAction(action)
                elif action is recent[0]:
                    submenu.addMenu(self._recent_menu(submenu))

    # -- what there is -----------------------------------------------------------------------------------

    def _recent_menu(self, parent: QMenu) -> QMenu:
        menu = QMenu(self.tr("Open recent"), parent)
        menu.setObjectName("recent_menu")
        menu.setToolTipsVisible(True)
        menu.addActions(self.recent())
        menu.addSeparator()
        menu.addAction(self._actions["clear_recent"])
        return menu

    def _add_file(self) -> None:
        tip = self.tr("Begin another run of the preset that is chosen; this one stays in its file")
        self._make("new", "file", self.tr("New run"), tip, "Ctrl+N")
        tip = self.tr("Open a run file and continue it where it was left")
        self._make("open", "file", self.tr("Open…"), tip, "Ctrl+O")
        for number in range(MOST_RECENT_FILES):
            action = self._make(f"recent.{number}", "file", self.tr("Open recent"), "")
            action.setVisible(False)
        tip = self.tr("Empty the list of recent runs; the files stay")
        clear = self._make("clear_recent", "file", self.tr("Clear list of recent runs"), tip)
        clear.setEnabled(False)
        tip = self.tr(
            "Every run is saved all the time; this gives one without a name of its own a place and a name"
        )
        self._make("save", "file", self.tr("Save"), tip, "Ctrl+S", section=True)
        tip = self.tr("Choose a place and a name; the run is saved there from then on")
        self._make("save_as", "file", self.tr("Save as…"), tip, "Ctrl+Shift+S")
        tip = self.tr("Write the run as it is now into a second file, and go on in this one")
        self._make("save_copy", "file", self.tr("Save a copy…"), tip)
        tip = self.tr("Stop training and close the window; the run is kept")
        self._make("quit", "file", self.tr("Quit"), tip, "Ctrl+Q", section=True)

    def _add_run(self, presets: Iterable[str]) -> None:
        self._make("play", "run", self.tr("Play or pause"), self.tr("Train, or wait"), "Space")
        self._make("step", "run", self.tr("One step"), self.tr("Make one training step and pause"), ".")
        part = self.tr("Make the next of a step's three parts (forward, backward, update) and pause")
        self._make("next_part", "run", self.tr("Next part of a step"), part, ",")
        tip = self.tr("Let training pause by itself: at a step, a loss or a gradient norm")
        self._make("breakpoints", "run", self.tr("Breakpoints…"), tip, "Ctrl+Shift+B")
        full = self.tr("Train as fast as it can; the pace never changes the result")
        self._make("full_speed", "run", self.tr("Full speed"), full, "F", section=True)
        self._make(
            "slower", "run", self.tr("Slower"), self.tr("Half the pace, down to 0.5 steps a second"), "["
        )
        self._make("faster", "run", self.tr("Faster"), self.tr("Twice the pace, up to full speed"), "]")
        tip = self.tr(
            "Half a step a second, and a pause after each of its three parts; off: the pace of before"
        )
        self._make("slow_motion", "run", self.tr("Slow motion: step by its parts"), tip, "M", checkable=True)
        same = self.tr("Begin again at step 0 from the same random start")
        self._make("reset", "run", self.tr("Reset"), same, "Ctrl+R", section=True)
        other = self.tr("Begin again at step 0 from another random start")
        self._make("new_seed", "run", self.tr("New random start"), other, "Ctrl+Shift+R")
        group = QActionGroup(self)
        for number, preset in enumerate(presets):
            tip = self.tr("Begin a new run of the preset {0}").format(preset)
            action = self._make(
                f"preset.{preset}",
                "run",
                self.tr("Preset: {0}").format(preset),
                tip,
                checkable=True,
                section=not number,
            )
            group.addAction(action)

    def _add_edit(self) -> None:
        self._make(
            "undo", "edit", self.tr("Undo"), self.tr("Take back your last change to the model"), "Ctrl+Z"
        )
        self._make("redo", "edit", self.tr("Redo"), self.tr("Apply again what was undone"), "Ctrl+Shift+Z")
        self._actions["undo"].setEnabled(False)
        self._actions["redo"].setEnabled(False)
        tip = self.tr("Search the model for a parameter and make it a knob")
        self._make("find_knob", "edit", self.tr("Find a knob…"), tip, "Ctrl+F", section=True)
        tip = self.tr("Hold the knob in hand against training, or let it go")
        self._make("hold", "edit", self.tr("Hold what is in your hand"), tip, "H")
        tip = self.tr("Keep this moment, to compare predictions with it")
        self._make("mark", "edit", self.tr("Mark this moment"), tip, "Ctrl+M")
        tip = self.tr(
            "Give the moment that is shown a name, so that the run keeps it; an empty name removes it"
        )
        self._make("bookmark", "edit", self.tr("Bookmark this moment…"), tip, "Ctrl+B")
        tip = self.tr("While the key is kept: the prediction as it was before")
        self._make("before", "edit", self.tr("Show before"), tip, "B", checkable=True)
        tip = self.tr("Theme, text size, and how training starts")
        self._make("preferences", "edit", self.tr("Preferences…"), tip, "Ctrl+,", section=True)

    def _add_view(self, workspaces: Sequence[Workspace]) -> None:
        group = QActionGroup(self)
        for number, workspace in enumerate(workspaces, start=1):
            action = self._make(
                f"workspace.{workspace.key}",
                "view",
                workspace.title,
                workspace.tip,
                f"Ctrl+{number}",
                checkable=True,
            )
            group.addAction(action)
        tip = self.tr("Put the panels of this workspace back where they were at first")
        self._make("reset_layout", "view", self.tr("Reset layout"), tip)
        words = {
            "system": self.tr("Theme: as the system"),
            "light": self.tr("Theme: light"),
            "dark": self.tr("Theme: dark"),
        }
        themes = QActionGroup(self)
        for number, choice in enumerate(THEME_CHOICES):
            tip = self.tr("Colours of the window")
            themes.addAction(
                self._make(f"theme.{choice}", "view", words[choice], tip, checkable=True, section=not number)
            )
        larger = self._make(
            "larger_text", "view", self.tr("Larger text"), self.tr("Up to 200 %"), "Ctrl++", section=True
        )
        larger.setShortcuts([QKeySequence("Ctrl++"), QKeySequence("Ctrl+=")])
        self._make("smaller_text", "view", self.tr("Smaller text"), self.tr("Down to 100 %"), "Ctrl+-")
        self._make("normal_text", "view", self.tr("Normal text"), self.tr("Text at 100 %"), "Ctrl+0")
        tip = self.tr("Full screen with larger text, for a projector")
        self._make("present", "view", self.tr("Present"), tip, "F11", checkable=True)

    def _add_help(self) -> None:
        tip = self.tr("Find any action by its name")
        self._make("palette", "help", self.tr("Find an action…"), tip, "Ctrl+K")
        self._make("shortcuts", "help", self.tr("Shortcuts"), self.tr("All keys on one sheet"), "?")
        self._make("menu", "help", self.tr("Menu"), self.tr("Open the menu with the keyboard"), "F10")
        self._make("about", "help", self.tr("About Weightdeck"), self.tr("Version and licence"), section=True)

    def _make(
        self,
        key: str,
        group: str,
        text: str,
        tip: str,
        shortcut: str = "",
        *,
        checkable: bool = False,
        section: bool = False,
    ) -> QAction:
        action = QAction(text, self)
        action.setToolTip(f"{tip} ({shortcut})" if shortcut else tip)
        action.setCheckable(checkable)
        action.setProperty("starts_section", section)
        self.add(key, action, group)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
        if shortcut and "+" not in shortcut and not shortcut.startswith("F1"):
            self._plain_keys[" " if shortcut == "Space" else shortcut.lower()] = action
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        else:
            self._window.addAction(action)
        return action
