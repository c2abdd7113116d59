"""Process start and end: builds the session, the window and what joins them. The only file that reaches the engine.

Stages of the start: settings and fonts, the window with its final layout, and only then the trainer thread, which
loads torch. Stages of the end: the window goes at once, the thread ends after the step in hand with everything saved,
then the process.
"""

from __future__ import annotations

import gc
import signal
import sys
from dataclasses import dataclass
from importlib.metadata import version

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from weightdeck.resources import resource
from weightdeck.run.presets import DEFAULT_PRESET, load_preset, preset_names
from weightdeck.run.session import Session
from weightdeck.run.spec import RunSpec
from weightdeck.session import TrainerSession
from weightdeck_desktop.controller.all_panels import AllPanels, make_panels
from weightdeck_desktop.controller.appearance import Appearance
from weightdeck_desktop.controller.deck import Deck
from weightdeck_desktop.controller.document import DocumentDesk
from weightdeck_desktop.controller.run_library import RunLibrary
from weightdeck_desktop.settings import Settings
from weightdeck_desktop.theme import load_fonts
from weightdeck_desktop.window import Window

COLLECT_MS = 1_000
ENDED_MS = 10  # between two looks whether the trainer thread has ended


@dataclass(frozen=True)
class Parts:
    """What a running program consists of."""

    session: Session
    window: Window
    panels: AllPanels
    deck: Deck
    document: DocumentDesk
    appearance: Appearance


class Collector(QObject):
    """Collects garbage in the GUI thread alone.

    Python's cyclic collector runs in whichever thread trips it, and in the trainer thread it would destroy Qt objects
    there and crash. So it is off, and this timer does its work.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._turn = 0
        self._timer = QTimer(self)
        self._timer.setInterval(COLLECT_MS)
        self._timer.timeout.connect(self._on_timeout)
        self._timer.start()

    def _on_timeout(self) -> None:
        self._turn += 1
        if self._turn == 10:
            gc.freeze()  # what the start has made (torch, Qt) stays: need not be looked at again
        gc.collect(1 if self._turn % 10 else 2)


class Shutdown(QObject):
    """Ends the program in stages when the window asks to be closed."""

    def __init__(self, session: Session, window: Window, deck: Deck, document: DocumentDesk) -> None:
        super().__init__(window)
        self._document = document
        self._session = session
        self._window = window
        self._deck = deck
        self._timer = QTimer(self)
        self._timer.setInterval(ENDED_MS)
        self._timer.timeout.connect(self._on_timeout)
        window.close_requested.connect(self.begin)

    def begin(self) -> None:
        """First the picture: nothing is painted any more, and the user sees that it closes. Then the thread."""
        if self._timer.isActive():
            return
        self._deck.save_choices()
        self._window.save_state()
        self._deck.refresher.stop()
        self._window.hide()
        self._session.close()
        self._timer.start()

    def _on_timeout(self) -> None:
        # The thread cannot be interrupted while torch is being imported; nothing here waits for it.
        if self._session.join(0.0):
            self._timer.stop()
            self._document.end()
            self._window.close_now()
            QApplication.quit()


def make_application() -> QApplication:
    """The QApplication with our style, fonts and icon; there can be only one."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("weightdeck")
    app.setApplicationDisplayName("Weightdeck")
    app.setApplicationVersion(version("weightdeck"))
    app.setDesktopFileName("weightdeck")
    app.setStyle("Fusion")  # the one style that takes our palette whole on every system
    app.setQuitOnLastWindowClosed(False)  # the trainer thread has to end first
    app.setWindowIcon(QIcon(str(resource("icons", "weightdeck.svg"))))
    load_fonts()
    return app


def build(settings: Settings, library: RunLibrary, spec: RunSpec, *, starts_itself: bool = True) -> Parts:
    """Window, session and what joins them, with the layout of `spec`; nothing is shown or started yet."""
    session = TrainerSession(audits=True)
    panels = make_panels()
    window = Window(tuple(panels), settings, preset_names())
    deck = Deck(session, window, panels, settings, starts_itself=starts_itself)
    document = DocumentDesk(session, window, settings, library, deck)
    deck.delivered.connect(document.receive)
    document.leaving.connect(deck.transport.leave)
    document.leaving.connect(
        lambda _for_new: deck.save_choices()
    )  # words that are being typed stay with their run
    appearance = Appearance(window, settings)
    appearance.apply()
    deck.show_before_run(spec, settings.prompts(spec.preset) or (spec.prompt,))
    deck.restore_choices()
    Shutdown(session, window, deck, document)
    return Parts(session, window, panels, deck, document, appearance)


def main(preset: str = DEFAULT_PRESET, file: str = "") -> int:
    """Open the window on the run in `file`, or on a new run of a preset, and run until it is closed; the exit code.
    Raises ``ValueError`` with a sentence for an unknown preset.
    """
    spec = load_preset(preset)
    if sys.platform == "win32":
        import torch  # noqa: F401  # before Qt loads its own DLLs (pytorch#166628)
    app = make_application()
    Collector(app)
    # A new run trains by itself; one from a file stays at its newest step until it is played.
    parts = build(Settings.of_this_user(), RunLibrary.of_this_user(), spec, starts_itself=not file)
    parts.window.restore_state()
    parts.window.show()
    parts.deck.refresher.start()
    for number in (signal.SIGINT, signal.SIGTERM):  # Python handles them between two of the refresher's ticks
        signal.signal(number, lambda _number, _frame: parts.window.close())
    # The first picture must not wait for the engine.
    QTimer.singleShot(0, lambda: parts.document.start(spec, file))
    code = app.exec()
    gc.freeze()  # else the interpreter looks through all that torch is made of before it ends: 0.4 s
    return code
