"""Joins session and window: takes what the session tells, says what it should tell, and passes on the user's acts."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QObject, Signal

from weightdeck.run.commands import Redo, Undo
from weightdeck.run.frame import (
    Delivery,
    Frame,
    Interest,
    Part,
    ReferenceLosses,
    RunInfo,
    Sampling,
    Status,
)
from weightdeck.run.layout import layout
from weightdeck.run.session import Session
from weightdeck.run.spec import RunSpec
from weightdeck_desktop.controller.all_panels import AllPanels
from weightdeck_desktop.controller.compare import CompareDesk
from weightdeck_desktop.controller.comparison import Comparison
from weightdeck_desktop.controller.explaining import ExplainDesk
from weightdeck_desktop.controller.finding import Finding
from weightdeck_desktop.controller.hand import Hand
from weightdeck_desktop.controller.inside import InsideDesk
from weightdeck_desktop.controller.knob_memory import DeskMemory
from weightdeck_desktop.controller.knobs import KnobDesk, KnobPanels
from weightdeck_desktop.controller.notes import NotesDesk
from weightdeck_desktop.controller.refresher import Refresher, Show
from weightdeck_desktop.controller.run_state import RunState
from weightdeck_desktop.controller.showing import URGENT, Desks, Showing
from weightdeck_desktop.controller.slice_acts import SliceActs
from weightdeck_desktop.controller.strips import StripDesk
from weightdeck_desktop.controller.timeline import TimeDesk
from weightdeck_desktop.controller.transport import Transport
from weightdeck_desktop.settings import Preferences, Settings
from weightdeck_desktop.window import Window

REFRESH_S = 0.16  # between two pick-ups: an eye reads no faster
SEEKING_S = 0.05  # while a moment of the past is being computed
IDLE_REFRESH_S = 0.5  # nothing can be seen
PENDING_AFTER_S = 0.1  # an edit that is not back by then shows as pending; a quicker one must not flicker
AWAITED_S = 0.25  # for so long after an edit its answer is looked for all the time


class Deck(QObject):
    """Owns the window's copy of the run and the controllers of its parts. Lives on the GUI thread."""

    delivered = Signal(object)  # Delivery: all of it has been kept

    def __init__(
        self,
        session: Session,
        window: Window,
        panels: AllPanels,
        settings: Settings,
        *,
        starts_itself: bool = True,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._panels = panels
        self._settings = settings
        self._state = RunState()
        self._prompts: tuple[str, ...] = ()
        self._sampling = panels.predictions.sampling
        self._interest = Interest()
        self._submitted_s: float | None = None  # when the oldest edit that is not back was sent
        self._hand = Hand(session, window.show_notice, self)
        self._acts = SliceActs(session, self._hand, self)
        knob_panels = KnobPanels(panels.knobs, panels.in_hand, panels.response)
        self._knobs = KnobDesk(session, knob_panels, self._state.log, self._hand, self)
        self._strips = StripDesk(panels.strips, self._hand, self._acts, self)
        self._finding = Finding(window, panels, self._knobs, self._strips, self._acts)
        self._comparison = Comparison(session, window, self._hand, panels.predictions, panels.in_hand)
        self._memory = DeskMemory(session, settings)
        self._time = TimeDesk(session, window, panels, self._state, self._hand)
        self._compare = CompareDesk(session, window, panels.compare)
        self._notes = NotesDesk(session, panels.notes, self)
        self._explaining = ExplainDesk(session, window, panels.explain, panels.expression, self._hand)
        self._inside = InsideDesk(session, window, panels, self._explaining, self._state.news)
        self._showing = Showing(self._state, panels, Desks(self._knobs, self._strips, self._inside))
        self._transport = Transport(session, window, settings, self._time, starts_itself=starts_itself)
        self.refresher = Refresher(self._pull, self._interval_s, self._is_awaited, URGENT, self)
        self._connect()
        self._take_preferences(settings.preferences)

    @property
    def status(self) -> Status:
        """The newest that the session said."""
        return self._state.status

    @property
    def info(self) -> RunInfo | None:
        """The run that is shown."""
        return self._state.info

    @property
    def frame(self) -> Frame | None:
        """The newest frame."""
        return self._state.frame

    @property
    def transport(self) -> Transport:
        """What plays and pauses."""
        return self._transport

    @property
    def complete_refreshes(self) -> int:
        """Rounds in which every visible panel was shown something new."""
        return self._showing.complete_refreshes

    @property
    def last_submitted(self) -> int:
        """Number of the newest command of the user's hand."""
        return self._hand.last_submitted

    @property
    def shown_command(self) -> int:
        """Number of the newest command whose predictions have been shown."""
        return self._showing.shown_command

    def shows_response(self) -> bool:
        """Whether the response curve that is shown is that of the knob in hand."""
        return self._knobs.shows_response

    def restore_choices(self) -> None:
        """Give the panels what they remember of the last start; the prompts must be there already."""
        for panel in self._panels.with_choices():
            panel.restore(self._settings.panel_state(panel.key))
        self._sampling = self._panels.predictions.sampling

    def save_choices(self) -> None:
        """Keep for the next start what the panels and the desk remember."""
        for panel in self._panels.with_choices():
            self._settings.set_panel_state(panel.key, panel.state())
        self._memory.remember(self._knobs.pins)
        self._memory.keep(self._knobs.pins, at_once=True)
        self._notes.keep()

    def show_before_run(self, spec: RunSpec, prompts: tuple[str, ...]) -> None:
        """Show what is known while the engine is loading, so that the layout is final and nothing jumps later."""
        self._prompts = prompts
        panels = self._panels
        self._show_prompts()
        for panel in (panels.predictions, panels.weights, panels.activations):
            panel.set_loading(True)
        panels.weights.set_layout(layout(spec.model))
        panels.activations.set_layers(spec.model.n_layer)
        panels.strips.set_model(spec.model)
        panels.loss.show_references(ReferenceLosses(math.log(spec.model.vocab_size), math.nan, math.nan))
        panels.knobs.show_training(spec.hyperparameters, spec.hyperparameters)
        for waiting in (panels.knobs, panels.in_hand, panels.strips, panels.browse):
            waiting.set_enabled_engine(False)
        self._window.show_run(spec)

    # Pulling

    def _interval_s(self) -> float:
        if not self._window.is_painting_wanted():
            return IDLE_REFRESH_S
        if self._hand.gesture is not None or self._submitted_s is not None:
            return 0.0
        return SEEKING_S if self._time.is_on_the_way else REFRESH_S

    def _is_awaited(self) -> bool:
        sent_s = self._submitted_s
        return (
            sent_s is not None and time.monotonic() - sent_s < AWAITED_S and self._window.is_painting_wanted()
        )

    def _pull(self) -> dict[str, Show]:
        self._time.send_seek()
        delivery = self._time.taken(self._session.take())
        brought = self._receive(delivery)
        shows = self._showing.round(delivery, brought, self._window.visible_panels())
        return {"status": self._show_status} | shows if self._window.is_painting_wanted() else {}

    def _receive(self, delivery: Delivery) -> set[Part]:
        """Keep what came. Paints nothing."""
        self._state.status = delivery.status
        if delivery.run is not None:
            self._begin(delivery.run)
        self._time.look()
        self._memory.see(delivery.status)
        if delivery.refused:
            self._transport.stay()
        brought = self._state.receive(delivery, self._panels.predictions.baseline)
        self._knobs.taken_back(self._state.taken_back)
        for answer in delivery.answers:
            self._knobs.answer(answer)
            self._acts.answer(answer)
            self._compare.answer(answer)
            self._inside.answer(answer)
        if delivery.audit is not None:
            self._inside.show_audit(delivery.audit)
        if delivery.frame is not None:
            self._knobs.read(delivery.frame)
            self._inside.read(delivery.frame, delivery.status)
            is_past = delivery.frame.is_past  # where nothing can be on its way
            included = self._hand.last_submitted if is_past else delivery.frame.last_command
            self._strips.read(delivery.status, included)
            if included >= self._hand.last_submitted:
                self._submitted_s = None
        if self._submitted_s is None:  # the hand's answer comes first
            self._inside.follow(delivery.status)
        self._finding.read(delivery.status)
        self._compare.read(delivery.status)
        self._notes.read(delivery.status)
        self._knobs.aim_quiet_knobs(delivery.status)
        self._memory.keep(self._knobs.pins)
        self._update_interest()
        self.delivered.emit(delivery)
        return brought

    def _begin(self, info: RunInfo) -> None:
        # While the engine loads the user may have typed already: the first run takes the prompts that are there.
        old = self._state.info
        needs_prompts = not self._prompts if old is None else old.spec.preset != info.spec.preset
        self._memory.remember(self._knobs.pins)
        self._state.begin(info)
        self._submitted_s = None
        self._hand.begin()
        panels = self._panels
        if needs_prompts:
            self._prompts = self._settings.prompts(info.spec.preset) or (info.spec.prompt,)
        self._show_prompts()
        for panel in (panels.predictions, panels.loss, panels.weights, panels.activations, panels.edits):
            panel.clear()
        panels.predictions.set_vocabulary(info.vocabulary)
        for panel in (panels.predictions, panels.weights, panels.activations):
            panel.set_loading(False)
        panels.loss.show_references(info.references)
        panels.weights.set_layout(info.layout)
        panels.activations.set_layers(info.spec.model.n_layer)
        panels.knobs.set_enabled_engine(True)
        panels.in_hand.set_enabled_engine(True)
        self._showing.missed()
        self._acts.begin(info)
        self._acts.set_prompt(self._prompts[0])
        self._strips.begin(info)
        self._finding.begin(info)
        self._compare.begin(info, self._prompts)
        self._explaining.begin(info)
        self._inside.begin(info, self._prompts)
        last, own = self._memory.begin(info, self._state.status, self._knobs.pins)
        self._knobs.begin(info, self._prompts[0], last, own)
        self._transport.begin(info)
        self._time.begin()

    def _update_interest(self) -> None:
        """Tell the session what the visible panels need, if that is another than before."""
        panels = self._panels
        visible = self._window.visible_panels()
        interest = Interest(
            parts=panels.needed(visible) if self.info is not None else frozenset(),
            prompts=self._prompts,
            activation_tap=panels.activations.tap,
            knobs=self._knobs.pinned,
            in_hand=self._knobs.in_hand,
            sampling=self._sampling,
            baseline=panels.predictions.baseline,
            sensitive_token=panels.browse.token,
            tensor=panels.browse.tensor,
        )
        interest = self._inside.with_interest(interest, visible)
        if interest != self._interest:
            self._interest = interest
            self._session.watch(interest)

    def _show_status(self) -> None:
        status = self._state.status
        self._window.show_status(status, *self._state.losses)
        self._time.show()
        self._transport.show_status(status)
        self._inside.show_half(status, update_made=self._transport.update_made)
        self._panels.edits.show_undo(status.undo_title, status.redo_title)
        late = self._submitted_s is not None and time.monotonic() - self._submitted_s > PENDING_AFTER_S
        self._panels.predictions.set_pending(late or self._time.is_on_the_way)
        self._knobs.show_pending(late)
        self._strips.show_pending(late)

    # The user's acts

    def _connect(self) -> None:
        window, panels = self._window, self._panels
        window.undo_requested.connect(lambda: self._take_back(Undo()))
        window.redo_requested.connect(lambda: self._take_back(Redo()))
        panels.edits.undo_requested.connect(lambda: self._take_back(Undo()))
        panels.edits.redo_requested.connect(lambda: self._take_back(Redo()))
        panels.edits.go_to_requested.connect(self._on_view_go_to_requested)
        window.visibility_changed.connect(self._look_again)
        window.preferences_changed.connect(self._take_preferences)
        for prompting in (panels.predictions, panels.transformer):
            prompting.prompts_edited.connect(self._on_view_prompts_edited)
        panels.predictions.sampling_changed.connect(self._on_view_sampling_changed)
        panels.activations.tap_chosen.connect(lambda _tap: self._update_interest())
        panels.browse.interest_changed.connect(self._look_again)
        self._finding.interest_changed.connect(self._look_again)
        self._inside.interest_changed.connect(self._look_again)
        self._acts.explain_wanted.connect(self._explaining.explain)
        self._comparison.changed.connect(self._on_comparison_changed)
        self._knobs.changed.connect(self._on_knobs_changed)
        self._hand.touched.connect(self._on_hand_touched)
        self._time.moved.connect(self._on_time_moved)

    def _take_back(self, command: Undo | Redo) -> None:
        self._hand.submit(command)

    def _on_view_go_to_requested(self, undos: int) -> None:
        if self._submitted_s is not None:
            return  # the lines that the user counts from are about to change
        self._take_back(Undo(undos) if undos > 0 else Redo(-undos))

    def _take_preferences(self, preferences: Preferences) -> None:
        self._hand.waits = preferences.hold_while_turning

    def _look_again(self) -> None:
        self._update_interest()
        self.refresher.hurry()

    def _on_comparison_changed(self) -> None:
        self._state.cost = None  # it was of another baseline
        self._showing.missed("predictions", "in_hand")
        self._look_again()

    def _on_view_prompts_edited(self, a: str, b: str | None) -> None:
        self._prompts = (a,) if b is None else (a, b)
        self._show_prompts()
        self._window.hints.did("prompt")
        self._knobs.set_prompt(a)
        self._acts.set_prompt(a)
        self._compare.set_prompts(self._prompts)
        self._inside.set_prompts(self._prompts)
        if self.info is not None:
            self._settings.set_prompts(self.info.spec.preset, self._prompts)
        self._look_again()

    def _show_prompts(self) -> None:
        """Everywhere where a prompt can be typed the same ones stand."""
        self._panels.predictions.set_prompts(*self._prompts)
        self._panels.transformer.set_prompts(*self._prompts)

    def _on_view_sampling_changed(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._update_interest()

    def _on_time_moved(self, is_crossing: bool) -> None:
        if is_crossing:
            self._submitted_s = None  # what was on its way has been done before
            self._showing.missed()
        else:
            self._showing.missed("loss", "weights", "activations", "edits")
        self.refresher.hurry()

    def _on_knobs_changed(self) -> None:
        self._showing.missed("knobs", "in_hand", "response")
        self._look_again()

    def _on_hand_touched(self) -> None:
        if self._submitted_s is None:
            self._submitted_s = time.monotonic()
        self._window.hints.did("knob")
        self.refresher.hurry()
