"""The real window without a screen or a user: for pictures and for measuring."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QSettings, QTimer

from weightdeck.run.document import SUFFIX, NewRun
from weightdeck.run.frame import Phase
from weightdeck.run.spec import RunSpec
from weightdeck_desktop.app import Parts, build, make_application
from weightdeck_desktop.controller.run_library import RunLibrary
from weightdeck_desktop.settings import Preferences, Settings

LOADING_S = 120.0  # importing torch from a cold disk can take this long
CLOSING_S = 30.0


@contextmanager
def running_window(
    spec: RunSpec, size: tuple[int, int], preferences: Preferences, workspace: str = "watch"
) -> Iterator[Parts]:
    """A shown window of `size` pixels whose run is loaded and paused at step 0; ended in full afterwards.

    Draws offscreen and leaves the user's settings alone. Raises ``RuntimeError`` with a sentence when the engine
    fails.
    """
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ.setdefault(
        "QT_LOGGING_RULES", "default.warning=false"
    )  # the offscreen plugin complains of each dock
    make_application()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat))
        settings.preferences = preferences
        parts = build(settings, RunLibrary(Path(folder) / "runs"), spec, starts_itself=False)
        parts.window.resize(*size)
        parts.window.show_workspace(workspace)
        parts.window.show()
        parts.deck.refresher.start()
        parts.session.start(NewRun(spec, str(Path(folder) / f"{spec.preset}{SUFFIX}")))
        try:
            wait_until(parts, lambda: parts.deck.info is not None, LOADING_S)
            yield parts
        finally:
            parts.deck.refresher.stop()
            parts.session.close()
            parts.session.join(CLOSING_S)
            parts.document.end()
            parts.window.close_now()
            parts.window.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def wait_until(parts: Parts, holds: Callable[[], bool], timeout_s: float) -> None:
    """Let the window live until `holds()`. Raises ``RuntimeError`` when it takes too long or the engine fails."""
    end_s = time.monotonic() + timeout_s
    while not holds():
        if parts.deck.status.phase is Phase.FAILED:
            raise RuntimeError(parts.deck.status.notice)
        if time.monotonic() > end_s:
            raise RuntimeError(f"The window did not get ready within {timeout_s:.0f} seconds.")
        live(0.02)


def live(seconds: float) -> None:
    """Let the window handle its events for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()
