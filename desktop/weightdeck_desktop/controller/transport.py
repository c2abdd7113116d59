"""Play, pause, steps and their parts, pace, reset, and what to say when a run has finished or was stopped."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from weightdeck.run.frame import Pace, Phase, RunInfo, Status
from weightdeck.run.half_step import Stage
from weightdeck.run.session import Session
from weightdeck_desktop.controller.breakpoints import BreakpointDesk, is_at_breakpoint
from weightdeck_desktop.controller.timeline import TimeDesk
from weightdeck_desktop.pace_slider import SLOWEST_STEPS_PER_S
from weightdeck_desktop.settings import Settings
from weightdeck_desktop.window import Window

PLAYING = (Phase.TRAINING, Phase.HELD)
SLOW_MOTION = Pace(SLOWEST_STEPS_PER_S, by_parts=True)


class _Move(Enum):
    """What the user last had made."""

    PLAY = "play"
    STEP = "step"
    PART = "part"


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
        self._said = (Phase.LOADING, "")
        self._is_end_said = False  # that the run has finished
        self._is_end_closed = False  # the user has taken note of that; until it trains again
        self._time = time
        self._move = _Move.PLAY
        self._is_update_made = False
        self._at: tuple[int, int] = (0, 0)  # run and step that the session last told
        self._pace = Pace()  # that the session last told
        self._is_slow = False  # slow motion is on, or asked for
        self._pace_before = Pace()  # slow motion
        BreakpointDesk(session, window, settings)
        window.play_requested.connect(self._on_view_play_requested)
        window.pause_requested.connect(self._on_view_pause_requested)
        window.step_requested.connect(self._on_view_step_requested)
        window.next_part_requested.connect(self._on_view_next_part_requested)
        window.pace_changed.connect(self._on_view_pace_changed)
        window.slow_motion_requested.connect(self._on_view_slow_motion_requested)
        window.reset_requested.connect(self._on_view_reset_requested)
        window.notice_dismissed.connect(self._on_view_notice_dismissed)

    def begin(self, info: RunInfo) -> None:
        """A run is ready: the first trains by itself at the opening pace, a later one goes on if the last did."""
        self._window.set_enabled_engine(True)
        self._window.show_run(info.spec)
        self._move = _Move.PLAY
        self._is_end_closed = False
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

    @property
    def update_made(self) -> bool:
        """Whether an update is the newest that was made of a step by its parts, by hand or in slow motion: nothing of
        the next step is there yet. False after a whole step, while one is half made, and when its half was discarded.
        """
        return self._is_update_made

    def show_status(self, status: Status) -> None:
        """Say what a phase or the session has to say, once."""
        self._follow(status)
        self._phase = status.phase
        if status.phase in PLAYING:
            self._is_end_closed = False
        end = "" if status.notice else self._words_of_end(status)
        self._is_end_said = bool(end)
        notice = status.notice or end
        if (status.phase, notice) == self._said:
            return
        self._said = (status.phase, notice)
        is_error = status.phase in (Phase.STOPPED, Phase.FAILED)
        self._window.show_notice(notice, self._actions(status), is_error=is_error)
        if status.phase is Phase.FAILED:
            self._window.set_enabled_engine(False)

    def _words_of_end(self, status: Status) -> str:
        """That the run has finished; "" where it has not, or where the user has taken note of it: to come back from the
        past is no new end.
        """
        if status.phase is not Phase.FINISHED or self._is_end_closed:
            return ""
        settings = status.hyperparameters
        planned = status.step if settings is None else settings.max_iters
        return self.tr("The planned {0:,} steps are done.").format(planned)

    def _actions(self, status: Status) -> list[QAction]:
        if status.phase is Phase.FINISHED:
            return [
                self._action(
                    "continue",
                    self.tr("Continue"),
                    self.tr("Train on at the last learning rate"),
                    self._train_on,
                ),
                self._action(
                    "new_seed",
                    self.tr("New seed"),
                    self.tr("Begin again from another random start"),
                    lambda: self._on_view_reset_requested(True),
                ),
            ]
        if is_at_breakpoint(status) and status.past is None:
            goes_on = self.tr("Train on; this breakpoint lets the present step pass")
            change = self.tr("See and change where training pauses by itself")
            return [
                self._action("continue", self.tr("Continue"), goes_on, self._train_on),
                self._action("breakpoints", self.tr("Breakpoints…"), change, self._window.open_breakpoints),
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

    def _follow(self, status: Status) -> None:
        """Note what has become of the step in hand and of the pace since the last status."""
        at = (status.run, status.step)
        if status.half.stage is not Stage.NOTHING:
            self._is_update_made = False
        elif at != self._at:
            is_onward = at[0] == self._at[0] and at[1] > self._at[1]
            in_parts = self._move is _Move.PART or (self._move is _Move.PLAY and status.pace.by_parts)
            self._is_update_made = is_onward and in_parts
        self._at = at
        if status.pace != self._pace:
            self._pace = status.pace
            self._show_slow_motion(status.pace.by_parts)

    def _show_slow_motion(self, is_on: bool) -> None:
        self._is_slow = is_on
        self._window.show_slow_motion(is_on)

    def _train_on(self) -> None:
        self._move = _Move.PLAY
        self._session.play()

    def _on_view_play_requested(self) -> None:
        self._move = _Move.PLAY
        self._time.play()

    def _on_view_step_requested(self) -> None:
        if self._time.step():
            self._move = _Move.STEP

    def _on_view_next_part_requested(self) -> None:
        if self._time.next_part():
            self._move = _Move.PART

    def _on_view_pace_changed(self, pace: Pace) -> None:
        """Slow motion stays at another pace, but not at full speed: there nobody could see a part."""
        is_slow = self._is_slow and pace.steps_per_s is not None
        self._show_slow_motion(is_slow)
        self._session.set_pace(replace(pace, by_parts=is_slow))

    def _on_view_slow_motion_requested(self, is_on: bool) -> None:
        if is_on and not self._is_slow:
            self._pace_before = self._pace
        self._show_slow_motion(is_on)
        self._session.set_pace(SLOW_MOTION if is_on else self._pace_before)

    def _on_view_pause_requested(self) -> None:
        self._window.hints.did("pause")
        self._session.pause()

    def _on_view_notice_dismissed(self) -> None:
        if self._is_end_said:
            self._is_end_closed = True
            self._said = (self._phase, "")

    def _on_view_reset_requested(self, new_seed: bool) -> None:
        self._goes_on = self._phase in PLAYING or new_seed
        self._session.reset(secrets.randbelow(1_000_000) if new_seed else None)
