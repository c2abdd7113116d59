"""Joins session and window: keeps what the session tells of the run, and has each panel shown its part of it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from PySide6.QtCore import QObject

from weightdeck.run.commands import Redo, Undo
from weightdeck.run.frame import (
    Delivery,
    Frame,
    Interest,
    Part,
    Phase,
    ReferenceLosses,
    RunInfo,
    Sampling,
    Status,
)
from weightdeck.run.history import History, Smoother
from weightdeck.run.layout import layout
from weightdeck.run.session import Session
from weightdeck.run.spec import RunSpec
from weightdeck_desktop.controller.all_panels import NEEDS, AllPanels
from weightdeck_desktop.controller.edit_log import EditLog
from weightdeck_desktop.controller.knobs import KnobDesk
from weightdeck_desktop.controller.refresher import Refresher, Show
from weightdeck_desktop.controller.transport import Transport
from weightdeck_desktop.settings import Preferences, Settings
from weightdeck_desktop.window import Window

REFRESH_S = 0.16  # between two pick-ups: an eye reads no faster
IDLE_REFRESH_S = 0.5  # nothing can be seen
PENDING_AFTER_S = 0.1  # an edit that is not back by then shows as pending; a quicker one must not flicker
LOSS_SMOOTHING = 0.9


class Deck(QObject):
    """Owns the window's copy of the run: history, newest frame, edit log, prompts. Lives on the GUI thread."""

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
        self.complete_refreshes = 0  # rounds in which every visible panel was shown something new
        self._info: RunInfo | None = None
        self._status = Status(Phase.LOADING)
        self._history = History()
        self._smoother = Smoother(LOSS_SMOOTHING)
        self._log = EditLog()
        self._frame: Frame | None = None
        self._prompts: tuple[str, ...] = ()
        self._sampling = panels.predictions.sampling
        self._interest = Interest()
        self._stale: set[str] = set()  # panels that have missed something while they could not be seen
        self._submitted_s: float | None = None  # when the newest edit was sent, until it is back
        self._knobs = KnobDesk(session, panels, self._log, self._show_problem, self)
        self._transport = Transport(session, window, settings, starts_itself=starts_itself)
        self.refresher = Refresher(self._pull, self._interval_s, self)
        self._connect()
        self._take_preferences(settings.preferences)

    @property
    def status(self) -> Status:
        """The newest that the session said."""
        return self._status

    @property
    def info(self) -> RunInfo | None:
        """The run that is shown."""
        return self._info

    @property
    def frame(self) -> Frame | None:
        """The newest frame."""
        return self._frame

    def restore_choices(self) -> None:
        """Give the panels what they remember of the last start; the prompts must be there already."""
        for panel in self._panels.with_choices():
            panel.restore(self._settings.panel_state(panel.key))
        self._sampling = self._panels.predictions.sampling

    def save_choices(self) -> None:
        """Keep for the next start what the panels remember."""
        for panel in self._panels.with_choices():
            self._settings.set_panel_state(panel.key, panel.state())

    def show_before_run(self, spec: RunSpec, prompts: tuple[str, ...]) -> None:
        """Show what is known while the engine is loading, so that the layout is final and nothing jumps later."""
        self._prompts = prompts
        panels = self._panels
        panels.predictions.set_prompts(*prompts[:2])
        for panel in (panels.predictions, panels.weights, panels.activations):
            panel.set_loading(True)
        panels.weights.set_layout(layout(spec.model))
        panels.activations.set_layers(spec.model.n_layer)
        panels.loss.show_references(ReferenceLosses(math.log(spec.model.vocab_size), math.nan, math.nan))
        panels.knobs.show_training(spec.hyperparameters, spec.hyperparameters)
        panels.knobs.set_enabled_engine(False)
        panels.in_hand.set_enabled_engine(False)
        self._window.show_run(spec)

    # Pulling

    def _interval_s(self) -> float:
        if not self._window.is_painting_wanted():
            return IDLE_REFRESH_S
        return 0.0 if self._knobs.is_turning or self._submitted_s is not None else REFRESH_S

    def _pull(self) -> Iterator[Show]:
        delivery = self._session.take()
        self._receive(delivery)
        shows = self._round(delivery)
        return iter(shows if self._window.is_painting_wanted() else ())

    def _receive(self, delivery: Delivery) -> None:
        """Keep what came. Paints nothing."""
        self._status = delivery.status
        if delivery.run is not None:
            self._begin(delivery.run)
        if delivery.metrics is not None:
            self._history.add_metrics(delivery.metrics)
            for loss in delivery.metrics[:, 1].tolist():
                self._smoother.add(loss)
        for record in delivery.records:
            self._history.add_record(record)
        for entry, words in delivery.journal:
            self._log.add(entry, words)
        for answer in delivery.answers:
            self._knobs.answer(answer)
        if delivery.frame is not None:
            self._frame = delivery.frame
            self._knobs.read(delivery.frame)
            if delivery.frame.last_command >= self._knobs.last_submitted:
                self._submitted_s = None
        self._knobs.aim_quiet_knobs(self._status)
        self._update_interest()

    def _begin(self, info: RunInfo) -> None:
        # While the engine loads the user may have typed already: the first run takes the prompts that are there.
        needs_prompts = (
            not self._prompts if self._info is None else self._info.spec.preset != info.spec.preset
        )
        self._info = info
        self._history = History()
        self._smoother = Smoother(LOSS_SMOOTHING)
        self._log.clear()
        self._frame = None
        self._submitted_s = None
        panels = self._panels
        if needs_prompts:
            self._prompts = self._settings.prompts(info.spec.preset) or (info.spec.prompt,)
            panels.predictions.set_prompts(*self._prompts)
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
        self._stale = {panel.key for panel in panels}
        self._knobs.begin(info, self._prompts[0])
        self._transport.begin(info)

    def _update_interest(self) -> None:
        """Tell the session what the visible panels need, if that is another than before."""
        parts: frozenset[Part] = frozenset()
        for key in self._window.visible_panels():
            parts |= NEEDS.get(key, frozenset())
        interest = Interest(
            parts=parts if self._info is not None else frozenset(),
            prompts=self._prompts,
            activation_tap=self._panels.activations.tap,
            knobs=self._knobs.pinned,
            in_hand=self._knobs.in_hand,
            sampling=self._sampling,
        )
        if interest != self._interest:
            self._interest = interest
            self._session.watch(interest)

    # Showing: what each visible panel is shown of a delivery, most wanted first

    def _round(self, delivery: Delivery) -> list[Show]:
        frame = delivery.frame
        visible = self._window.visible_panels()
        recorded = bool(delivery.records)
        news = {
            "predictions": frame is not None and (frame.predictions is not None or frame.samples is not None),
            "knobs": frame is not None and (frame.knobs is not None or bool(frame.reaches)),
            "in_hand": frame is not None and (frame.knobs is not None or bool(frame.reaches)),
            "response": frame is not None and (frame.response is not None or frame.knobs is not None),
            "edits": bool(delivery.journal),
            "loss": delivery.metrics is not None or recorded,
            "weights": (frame is not None and frame.histograms is not None) or recorded,
            "activations": (frame is not None and frame.activations is not None) or recorded,
        }
        shows: list[Show] = [self._show_status]
        ever_new = visible - {"edits"}  # that panel changes by the user's hand only
        self.complete_refreshes += bool(ever_new) and ever_new <= {
            key for key, is_new in news.items() if is_new
        }
        for key, is_new in news.items():
            if key in visible and (is_new or key in self._stale):
                self._stale.discard(key)
                shows.append(self._show_of(key, frame))
            elif is_new:
                self._stale.add(key)
        return shows

    def _show_of(self, key: str, frame: Frame | None) -> Show:
        shows: dict[str, Show] = {
            "predictions": lambda: self._show_predictions(frame),
            "knobs": lambda: self._knobs.show_knobs(self._status),
            "in_hand": self._knobs.show_in_hand,
            "response": self._knobs.show_response,
            "edits": lambda: self._panels.edits.show_entries(self._log.lines),
            "loss": lambda: self._panels.loss.show_history(self._history),
            "weights": lambda: self._show_weights(frame),
            "activations": lambda: self._show_activations(frame),
        }
        return shows[key]

    def _show_status(self) -> None:
        _, losses = self._history.validation()
        smoothed = self._smoother.value if len(self._history) else None
        self._window.show_status(self._status, smoothed, float(losses[-1]) if len(losses) else None)
        self._transport.show_status(self._status)
        self._panels.edits.show_undo(self._status.undo_title, self._status.redo_title)
        late = self._submitted_s is not None and time.monotonic() - self._submitted_s > PENDING_AFTER_S
        self._panels.predictions.set_pending(late)
        self._knobs.show_pending(late)

    def _show_predictions(self, frame: Frame | None) -> None:
        if frame is not None and frame.predictions is not None:
            self._panels.predictions.show_predictions(frame.predictions, frame.step)
        if frame is not None and frame.samples is not None:
            self._panels.predictions.show_samples(frame.samples, frame.step)
        newest = self._history.newest
        if newest is not None:
            self._panels.predictions.show_exact(newest.exact, newest.step)

    def _show_weights(self, frame: Frame | None) -> None:
        self._panels.weights.show_history(self._history)
        if frame is not None and frame.histograms is not None:
            self._panels.weights.show_now(frame.histograms, frame.step)

    def _show_activations(self, frame: Frame | None) -> None:
        self._panels.activations.show_history(self._history)
        if frame is not None and frame.activations is not None:
            self._panels.activations.show_activations(frame.activations, frame.step)

    def _show_problem(self, problem: str) -> None:
        self._window.show_notice(problem)

    # The user's acts

    def _connect(self) -> None:
        window, panels = self._window, self._panels
        window.undo_requested.connect(lambda: self._take_back(Undo()))
        window.redo_requested.connect(lambda: self._take_back(Redo()))
        panels.edits.undo_requested.connect(lambda: self._take_back(Undo()))
        panels.edits.redo_requested.connect(lambda: self._take_back(Redo()))
        window.visibility_changed.connect(self._on_view_visibility_changed)
        window.preferences_changed.connect(self._take_preferences)
        panels.predictions.prompts_edited.connect(self._on_view_prompts_edited)
        panels.predictions.sampling_changed.connect(self._on_view_sampling_changed)
        panels.activations.tap_chosen.connect(lambda _tap: self._update_interest())
        self._knobs.changed.connect(self._on_knobs_changed)
        self._knobs.touched.connect(self._on_knobs_touched)

    def _take_back(self, command: Undo | Redo) -> None:
        self._session.submit(command)
        self.refresher.hurry()

    def _take_preferences(self, preferences: Preferences) -> None:
        self._knobs.hold_while_turning = preferences.hold_while_turning

    def _on_view_visibility_changed(self) -> None:
        self._update_interest()
        self.refresher.hurry()

    def _on_view_prompts_edited(self, a: str, b: str | None) -> None:
        self._prompts = (a,) if b is None else (a, b)
        self._window.hints.did("prompt")
        self._knobs.set_prompt(a)
        if self._info is not None:
            self._settings.set_prompts(self._info.spec.preset, self._prompts)
        self._update_interest()
        self.refresher.hurry()

    def _on_view_sampling_changed(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._update_interest()

    def _on_knobs_changed(self) -> None:
        self._stale |= {"knobs", "in_hand", "response"}
        self._update_interest()
        self.refresher.hurry()

    def _on_knobs_touched(self) -> None:
        if self._submitted_s is None:
            self._submitted_s = time.monotonic()
        self._window.hints.did("knob")
        self.refresher.hurry()
