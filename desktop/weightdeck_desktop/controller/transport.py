"""Play, pause, pace, reset, and what to say when a run has finished or was stopped."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from weightdeck.run.frame import Pace, Phase, RunInfo, Status
from weightdeck.run.session import Session
from weightdeck_desktop.controller.timeline import TimeDesk
from weightdeck_desktop.settings import Settings
from weightdeck_desktop.window import Window

PLAYING = (Phase.TRAINING, Phase.HELD)


class Transport(QObject):
    """Passes the transport's requests to the session and shows notices of its phases. Lives on the GUI thread."""

    def __init__(
        self, session: Session, window: Window, settings: Settings, time: TimeDesk, *, starts_itself: bool
    ) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._settings = settings
        self._starts_itself = starts_itself
        self._opened_first = False
        self._goes_on = False  # it trained when the run was left for a new one
        self._phase = Phase.LOADING
        self._notice = ""
        window.play_requested.connect(time.play)
        window.pause_requested.connect(self._on_view_pause_requested)
        window.step_requested.connect(time.step)
        window.pace_changed.connect(session.set_pace)
        window.reset_requested.connect(self._on_view_reset_requested)

    def begin(self, info: RunInfo) -> None:
        """A run is ready: the first trains by itself at the opening pace, a later one goes on if the last did."""
        self._window.set_enabled_engine(True)
        self._window.show_run(info.spec)
        if not self._opened_first:
            self._opened_first = True
            preferences = self._settings.preferences
            if preferences.start_by_itself and self._starts_itself:
                if preferences.opening_pace:
                    self._session.set_pace(Pace(opening=True))
                self._session.play()
                self._window.hints.start()
        elif self._goes_on:
            self._session.play()
        self._goes_on = False

    def stay(self) -> None:
        """The run is not left after all."""
        self._goes_on = False

    def leave(self, for_new: bool) -> None:
        """The run is about to be left: a new one goes on if this one does, one from a file waits to be played."""
        self._goes_on = for_new and self._phase in PLAYING

    def show_status(self, status: Status) -> None:
        """Say what a phase or the session has to say, once."""
        notice = status.notice
        if status.phase is Phase.FINISHED and not notice:
            notice = self.tr("The planned {0:,} steps are done.").format(status.step)
        if (status.phase, notice) == (self._phase, self._notice):
            return
        self._phase, self._notice = status.phase, notice
        is_error = status.phase in (Phase.STOPPED, Phase.FAILED)
        self._window.show_notice(notice, self._actions(status), is_error=is_error)
        if status.phase is Phase.FAILED:
            self._window.set_enabled_engine(False)

    def _actions(self, status: Status) -> list[QAction]:
        if status.phase is Phase.FINISHED:
            return [
                self._action(
                    "continue",
                    self.tr("Continue"),
                    self.tr("Train on at the last learning rate"),
                    self._session.play,
                ),
                self._action(
                    "new_seed",
                    self.tr("New seed"),
                    self.tr("Begin again from another random start"),
                    lambda: self._on_view_reset_requested(True),
                ),
            ]
        if status.phase is Phase.STOPPED and status.undo_title:
            tip = self.tr("Undo: {0}").format(status.undo_title)
            return [self._action("undo", self.tr("Undo"), tip, self._window.undo_requested.emit)]
        return []

    def _action(self, name: str, text: str, tip: str, act: Callable[[], None]) -> QAction:
        action = QAction(text, self._window)
        action.setObjectName(name)
        action.setToolTip(tip)
        action.triggered.connect(lambda _checked=False: act())
        return action

    def _on_view_pause_requested(self) -> None:
        self._window.hints.did("pause")
        self._session.pause()

    def _on_view_reset_requested(self, new_seed: bool) -> None:
        self._goes_on = self._phase in PLAYING or new_seed
        self._session.reset(secrets.randbelow(1_000_000) if new_seed else None)
