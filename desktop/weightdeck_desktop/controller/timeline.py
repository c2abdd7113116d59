"""The time machine: which moment is shown, how the user gets there and back, and what is locked meanwhile."""

from __future__ import annotations

import time
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit

from weightdeck.run.document import Annotation, NameBranch, Past, Place, SetBookmark
from weightdeck.run.frame import Delivery, Status
from weightdeck.run.session import Session
from weightdeck_desktop.controller.all_panels import AllPanels
from weightdeck_desktop.controller.hand import Hand
from weightdeck_desktop.controller.run_state import RunState
from weightdeck_desktop.moment_words import steps_to_redo
from weightdeck_desktop.window import Window

GIVEN_UP_S = 2.0  # a moment that the session has not set out for by then it has refused


class TimeDesk(QObject):
    """Turns acts on the timeline into requests, and keeps frames of another moment from being shown.

    The window goes to a moment as soon as the user asks for it: what was recorded shows at once, and `state.status`
    says that this moment is on its way. Lives on the GUI thread.
    """

    moved = Signal(bool)  # another moment is shown; True: from now to the past, or back

    def __init__(
        self, session: Session, window: Window, panels: AllPanels, state: RunState, hand: Hand
    ) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._bar = window.timeline
        self._panels = panels
        self._state = state
        self._hand = hand
        self._told = state.status  # as the session said it
        self._wanted: Place | None = None  # asked for, and not confirmed by the session
        self._asked_s = 0.0
        self._notice_before = ""
        self._is_unsent = False  # the session has not been asked yet
        self._leaves = False  # asked for now, and not confirmed
        self._plays_after: int | None = None  # the run after which training is to go on
        self._bar.setEnabled(False)
        self._connect()

    @property
    def is_past(self) -> bool:
        """Whether another moment than now is shown, or asked for."""
        return self._state.status.past is not None

    @property
    def is_on_the_way(self) -> bool:
        """Whether the moment that is to be shown is still being computed."""
        past = self._state.status.past
        return past is not None and not (past.is_exact or past.problem)

    # Told by the session

    def taken(self, delivery: Delivery) -> Delivery:
        """A delivery as it is to be kept: its status says what the user has asked for, and a frame of now that comes
        late, when the past is shown, or the other way round, is left out.
        """
        if delivery.run is not None:
            self._wanted, self._is_unsent, self._leaves = None, False, False
        self._told = delivery.status
        self._settle(delivery.status)
        status = self._seen()
        frame = delivery.frame
        if frame is not None and frame.is_past != (status.past is not None):
            frame = None
        return replace(delivery, status=status, frame=frame)

    def begin(self) -> None:
        """A new run: a branch, or another document."""
        self._bar.clear()
        if self._plays_after is not None:
            self._plays_after = None
            self._session.play()

    def look(self) -> None:
        """Show the moment that `state.status` names, and lock or give free what could change the model."""
        state = self._state
        status, until = state.status, state.until
        past = status.past
        is_recorded = past is not None and past.place.branch == status.document.branch
        state.look_at(past.place.step if past is not None and is_recorded else None)
        why = self._why_locked(status)
        if why != self._hand.locked:
            self._hand.lock(why)
            panels = self._panels
            for panel in (
                *(panels.knobs, panels.in_hand, panels.strips, panels.browse, panels.predictions),
                panels.expression,
            ):
                panel.set_locked(why)
        self._bar.setEnabled(bool(status.run) and not steps_to_redo(status))
        if state.until != until:
            self.moved.emit(until is None or state.until is None)

    def send_seek(self) -> None:
        """Ask the session for the newest moment that the user wants, if it has not been asked yet."""
        if self._is_unsent and self._wanted is not None:
            self._is_unsent = False
            self._asked_s = time.monotonic()
            self._session.seek(self._wanted)

    # Painting

    def show(self) -> None:
        """Show the timeline as things stand."""
        state, bar = self._state, self._bar
        status = state.status
        if not status.run:
            return
        document = status.document
        bar.show_document(document)
        bar.show_run(document.heads[document.branch] if document.heads else status.step, state.history)
        if state.until is None:
            bar.show_edits([(line.step, line.words) for line in state.log.lines])
        bar.show_past(status.past)

    # The user's acts

    def play(self) -> None:
        """Train; in the past, from the moment that is shown."""
        if not self.is_past:
            self._session.play()
            return
        if self._is_at_head:
            self.return_to_now()
            self._session.play()
        else:
            self.play_from_here()
            self._plays_after = self._told.run

    def step(self) -> bool:
        """Make one step; not in the past. Whether it is being made."""
        if self._hand.refuses():
            return False
        self._session.step_once()
        return True

    def next_part(self) -> bool:
        """Make the next part of a step; not in the past. Whether it is being made."""
        if self._hand.refuses():
            return False
        self._session.next_part()
        return True

    def seek(self, step: int) -> None:
        """Show the present branch after `step` updates, as soon as the session is asked: `send_seek`."""
        self._wanted = Place(self._told.document.branch, step)
        self._asked_s = time.monotonic()
        self._notice_before = self._told.notice
        self._is_unsent, self._leaves, self._plays_after = True, False, None
        self._see()

    def return_to_now(self) -> None:
        """Show the run where it trains; it goes on if it trained before."""
        self._wanted, self._is_unsent, self._plays_after = None, False, None
        self._leaves = True
        self._session.return_to_now()
        self._see()

    def play_from_here(self) -> None:
        """Go on from the moment that is shown, on a branch of its own; it stays paused."""
        if not self.is_past:
            return
        if self._is_at_head:
            self.return_to_now()
        else:
            self.send_seek()
            self._session.play_from_here()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
            and self.is_past
            and not isinstance(QApplication.focusWidget(), QLineEdit)  # first out of what is being typed in
        ):
            self.return_to_now()
        return super().eventFilter(watched, event)

    def _connect(self) -> None:
        bar = self._bar
        bar.sought.connect(self.seek)
        bar.released.connect(self._on_view_released)
        bar.now_requested.connect(self.return_to_now)
        bar.play_from_here_requested.connect(self.play_from_here)
        bar.bookmark_requested.connect(
            lambda name, step: self._annotate(SetBookmark(Place(self._told.document.branch, step), name))
        )
        bar.branch_chosen.connect(self._on_view_branch_chosen)
        bar.branch_renamed.connect(lambda number, name: self._annotate(NameBranch(number, name)))
        self._window.pause_requested.connect(self._on_view_pause_requested)
        self._window.installEventFilter(self)

    def _on_view_released(self, step: int) -> None:
        self.seek(step)
        self.send_seek()

    def _on_view_branch_chosen(self, number: int) -> None:
        self._wanted, self._is_unsent, self._plays_after = None, False, None
        self._session.switch_to(number)

    def _on_view_pause_requested(self) -> None:
        self._plays_after = None

    def _annotate(self, annotation: Annotation) -> None:
        try:
            self._session.annotate(annotation)
        except ValueError as problem:
            self._hand.say(str(problem))

    # What follows from it

    @property
    def _is_at_head(self) -> bool:
        """Whether the moment that is shown is the newest of the branch that trains."""
        past, document = self._state.status.past, self._told.document
        newest = document.heads[document.branch] if document.heads else self._told.step
        return past is not None and past.place == Place(document.branch, newest)

    def _settle(self, status: Status) -> None:
        """What was asked for is done, or has been refused."""
        past = status.past
        if self._leaves and past is None:
            self._leaves = False
        if self._wanted is not None and not self._is_unsent:
            is_refused = bool(status.notice) and status.notice != self._notice_before
            is_late = time.monotonic() - self._asked_s > GIVEN_UP_S
            if is_refused or is_late or (past is not None and past.place == self._wanted):
                self._wanted = None
        if self._plays_after == status.run and past is None and self._wanted is None:
            self._plays_after = None  # no branch came of it

    def _seen(self) -> Status:
        """The session's status, with the moment that the user has asked for."""
        status = self._told
        if self._leaves:
            return replace(status, past=None)
        if self._wanted is None:
            return status
        shown = status.step if status.past is None else status.past.shown
        return replace(status, past=Past(self._wanted, shown, is_exact=False))

    def _see(self) -> None:
        self._state.status = self._seen()
        self.look()

    def _why_locked(self, status: Status) -> str:
        if status.past is not None:
            words = self.tr(
                "You are looking at step {0:,}. Play from here, or go back to now, to change anything."
            )
            return words.format(status.past.place.step)
        left = steps_to_redo(status)
        if left:
            words = self.tr("The last {0:,} steps are being computed again. Then knobs can be turned.")
            return words.format(left)
        return ""
