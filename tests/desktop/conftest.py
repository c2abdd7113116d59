"""What every test of the window answers for: no exception in a slot, no timer and no window left behind.

Qt's own warnings fail a test too (`qt_log_level_fail` in pyproject.toml).
"""

from __future__ import annotations

import gc
import sys
import traceback
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSettings, QTimer
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.settings import Settings
from weightdeck_desktop.theme import Theme, dark_theme, load_fonts
from weightdeck_desktop.window import Window

_OF_QT = {"QTipLabel", "QDesktopScreenWidget"}  # top-level widgets that Qt keeps for itself


def pytest_configure(config: pytest.Config) -> None:
    # The offscreen platform says so of sizes, raising and grabbing whenever a window or a popup is shown.
    config.addinivalue_line("qt_log_ignore", "^This plugin does not support ")


@pytest.fixture(scope="session", autouse=True)
def _application(qapp: QApplication) -> None:
    """The style and the fonts that the program runs with."""
    qapp.setStyle("Fusion")
    load_fonts()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings in a file of this test's own."""
    return Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


class StandInPanel(Panel):
    """A panel with a field and a button in it, as large as a real one."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.title = key.replace("_", " ").capitalize()
        super().__init__()
        self.field = QLineEdit(self)
        self.button = QPushButton("press", self)
        self.body.addWidget(self.field)
        self.body.addWidget(self.button)
        self.set_aside("step 1,240 · a somewhat longer aside")

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.setMinimumSize(theme.px(240), theme.px(260))

    def table(self) -> list[list[str]] | None:
        return [["token", "probability"], ["s, t", "0.44"]] if self.key == "predictions" else None


KEYS = (
    *("predictions", "loss", "weights", "activations", "knobs"),
    *("strips", "browse", "in_hand", "response", "edits"),
    *("transformer", "inspector", "attention", "lens", "contributions", "neurons"),
    *("embeddings", "batch", "memory", "cost", "explain", "expression"),
)


@pytest.fixture
def window(qtbot: QtBot, settings: Settings) -> Iterator[Window]:
    """The window with stand-ins for its panels, shown at 1440x900 in the dark theme, its engine ready."""
    window = Window([StandInPanel(key) for key in KEYS], settings, ("names", "sort"))
    qtbot.addWidget(window)
    window.set_theme(dark_theme())
    window.set_enabled_engine(True)
    window.restore_state()
    window.resize(1440, 900)
    window.show()
    QCoreApplication.processEvents()
    yield window
    window.close_now()


@pytest.fixture(autouse=True)
def _settings_of_no_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Settings opened without a path go to a temporary folder, not to the developer's own."""
    folder = str(tmp_path_factory.mktemp("settings"))
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)


@pytest.fixture(autouse=True)
def _nothing_is_left(_application: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves a running timer or a top-level widget, and say where it came from."""
    timers: list[tuple[weakref.ref[QTimer], str]] = []
    start = QTimer.start

    def noting_start(timer: QTimer, *arguments: Any) -> None:
        timers.append((weakref.ref(timer), "".join(traceback.format_stack(limit=3)[:-1])))
        start(timer, *arguments)

    monkeypatch.setattr(QTimer, "start", noting_start)
    before = {id(widget) for widget in QApplication.topLevelWidgets()}
    yield
    gc.collect()
    gc.freeze()  # what has outlived this test need not be looked at after each of the next: it took half of their time
    drain_deferred_deletes()
    problems = [
        f"a {timer.interval()} ms timer of {_name(timer.parent())} still runs, started at\n{origin}"
        for reference, origin in timers
        if (timer := reference()) is not None and shiboken6.isValid(timer) and timer.isActive()
    ]
    for widget in QApplication.topLevelWidgets():
        is_known = id(widget) in before or widget.metaObject().className() in _OF_QT
        if widget.parent() is None and not is_known:
            problems.append(f"a window is left: {_name(widget)}")
            widget.close()
            widget.deleteLater()
    drain_deferred_deletes()
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.fixture(autouse=True)
def _no_exception_in_a_slot(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test in whose slots or event handlers an exception was raised.

    PySide6 from 6.5.2 on prints such an exception through ``sys.excepthook`` and goes on.
    """
    caught: list[str] = []

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        caught.append("".join(traceback.format_exception(kind, error, trace)))

    monkeypatch.setattr(sys, "excepthook", hook)
    yield
    if caught:
        pytest.fail("raised in a slot or an event handler:\n" + "\n".join(caught), pytrace=False)


def drain_deferred_deletes() -> None:
    """Carry out every pending ``deleteLater``: without an event loop nobody else does."""
    for _ in range(3):  # what is deleted may ask for more to be
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        QCoreApplication.processEvents()


def _name(thing: QObject | None) -> str:
    if thing is None:
        return "nobody"
    size = f", {thing.width()}x{thing.height()}" if isinstance(thing, QWidget) else ""
    return f"{type(thing).__module__}.{type(thing).__qualname__} {thing.objectName()!r}{size}"
