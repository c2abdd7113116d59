"""The desk: what is pinned, what the hand does with it, and what the session says of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from weightdeck.run.commands import Command, EditSlice, SetHyperparameter
from weightdeck.run.frame import Frame, Phase, Response, RunInfo, Status
from weightdeck.run.queries import Answer, SuggestKnobs
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.session import Session
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.controller.all_panels import AllPanels
from weightdeck_desktop.controller.edit_log import EditLog
from weightdeck_desktop.controller.pins import QUIET_NATS, Pin, pin
from weightdeck_desktop.panels.knobs import GesturePhase
from weightdeck_desktop.panels.pin_dialog import PinDialog

AT_REST = (Phase.PAUSED, Phase.FINISHED, Phase.STOPPED)
Problem = Callable[[str], None]


class KnobDesk(QObject):
    """Owns the pins and the gesture in the hand. Lives on the GUI thread.

    `changed` says that the interest in knobs is another; `touched` that the user turned something.
    """

    changed = Signal()
    touched = Signal()

    def __init__(
        self,
        session: Session,
        panels: AllPanels,
        log: EditLog,
        show_problem: Problem,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.hold_while_turning = True
        self._session = session
        self._knobs = panels.knobs
        self._in_hand = panels.in_hand
        self._response = panels.response
        self._log = log
        self._show_problem = show_problem
        self._info: RunInfo | None = None
        self._pins: list[Pin] = []
        self._selected = 0
        self._prompt = ""
        self._gestures = itertools.count(1)
        self._gesture: int | None = None  # of the weight knob in the hand
        self._training_gesture: int | None = None
        self._turned: int | None = None  # weight knob of the newest edit, if it was one's
        self._last_submitted = 0
        self._shown_response: Response | None = None
        self._asked: int | None = None  # the query for suggestions
        self._asked_for: tuple[int, ...] = ()  # which knobs its answer replaces
        self._aimed_at: tuple[int, str] | None = None  # step and prompt at which quiet knobs were looked for
        self._connect()

    # Told by the session

    def begin(self, info: RunInfo, prompt: str) -> None:
        """A new run: what the user pinned stays, and the rest with it, on the same model; else the run's own six."""
        same_model = self._info is not None and self._info.layout.model == info.layout.model
        kept = same_model and any(not each.is_default for each in self._pins)
        self._info = info
        self._prompt = prompt
        self._gesture = None
        self._last_submitted = 0  # frames of this run know of no earlier command
        self._asked = None
        self._aimed_at = None
        self._knobs.clear()
        self._in_hand.clear()
        self._clear_response()
        if kept:
            targets = [(p.target, p.is_default) for p in self._pins]
        else:
            targets = [(target, True) for target in info.suggested_knobs]
        self._pins = [pin(target, info.layout, is_default=is_default) for target, is_default in targets]
        self._selected = min(self._selected, max(0, len(self._pins) - 1))
        self.changed.emit()
        if not kept and prompt != info.spec.prompt:
            self.suggest_all()  # the run's own six are chosen for its own prompt

    def read(self, frame: Frame) -> None:
        """Take what a frame says of the knobs. Does not paint."""
        if frame.last_command < self._last_submitted:
            return  # older than the hand: the pointer must not jump back
        by_target = {reading.target: reading for reading in frame.knobs or ()}
        had_references = [p.reference for p in self._pins]
        for each in self._pins:
            if each.target in by_target:
                each.read(by_target[each.target])
        for reach in frame.reaches:
            for each in self._pins:
                if each.target == reach.target:
                    each.reach = reach
        if frame.response is not None:
            self._shown_response = frame.response
        if had_references != [p.reference for p in self._pins]:
            self.changed.emit()

    def set_prompt(self, prompt: str) -> None:
        """The prompt that reach and response are about."""
        if prompt != self._prompt:
            self._prompt = prompt
            for each in self._pins:
                each.reach = None
            self._clear_response()

    def answer(self, answer: Answer) -> None:
        """Pin what was suggested, if this is the answer that was waited for."""
        if answer.number != self._asked or self._info is None:
            return
        self._asked = None
        if answer.problem:
            self._show_problem(answer.problem)
        elif not answer.value:
            self._show_problem(
                self.tr("Type a prompt that the model knows first: the knobs are chosen for it.")
            )
        elif isinstance(answer.value, tuple):
            for index in self._asked_for:
                if index < len(answer.value):
                    self._pins[index] = pin(answer.value[index], self._info.layout, is_default=True)
            self._clear_response()
            self.changed.emit()

    def aim_quiet_knobs(self, status: Status) -> None:
        """While training rests: knobs that the desk chose, that nobody turned and on which nothing depends any
        more are pinned to ones that show on the present prompt.
        """
        here = (status.step, self._prompt)
        if (
            status.phase not in AT_REST
            or status.step == 0
            or self._aimed_at == here
            or self._asked is not None
        ):
            return
        touched = self._log.edited_targets
        own = [p for p in enumerate(self._pins) if p[1].is_default and p[1].target not in touched]
        reaches = {index: each.reach for index, each in own if each.reach is not None}
        if len(reaches) < len(own) or any(reach.step != status.step for reach in reaches.values()):
            return  # not all are measured yet
        self._aimed_at = here
        quiet = tuple(index for index, reach in reaches.items() if reach.nats < QUIET_NATS)
        if quiet:
            self._ask_for(quiet)

    # For the interest

    @property
    def pinned(self) -> tuple[PinnedKnob, ...]:
        return tuple(each.knob for each in self._pins)

    @property
    def in_hand(self) -> PinnedKnob | None:
        return self._pins[self._selected].knob if self._pins else None

    @property
    def last_submitted(self) -> int:
        """Number of the newest edit."""
        return self._last_submitted

    @property
    def is_turning(self) -> bool:
        """Whether a weight knob is in the hand."""
        return self._gesture is not None

    # Painting, one panel at a time

    def show_knobs(self, status: Status) -> None:
        if self._info is None:
            return
        if status.hyperparameters is not None:
            self._knobs.show_training(status.hyperparameters, self._info.spec.hyperparameters)
        edited = self._log.edited_targets
        layout, vocabulary = self._info.layout, self._info.vocabulary
        self._knobs.show_weights(
            [each.view(layout, vocabulary, edited=each.target in edited) for each in self._pins]
        )
        self._knobs.show_selected(self._selected if self._pins else None)

    def show_in_hand(self) -> None:
        if self._info is None or not self._pins:
            self._in_hand.clear()
            return
        each = self._pins[self._selected]
        edited = self._log.edited_targets
        view = each.view(self._info.layout, self._info.vocabulary, edited=each.target in edited)
        self._in_hand.show_knob(view, each.initial, edited.get(each.target))

    def show_response(self) -> None:
        if self._info is None or not self._pins:
            return
        each = self._pins[self._selected]
        found = self._shown_response
        if found is not None and found.target == each.target:
            view = each.view(self._info.layout, self._info.vocabulary, edited=False)
            self._response.show_response(
                found.positions, found.probs, self._info.vocabulary, view.scale, is_gain=view.is_gain
            )
        self._response.show_place(each.value, each.default)

    def show_pending(self, pending: bool) -> None:
        """Whether the newest edit is still on its way."""
        for index in range(len(self._pins)):
            self._knobs.show_pending(index, pending and index == self._turned)
        self._in_hand.show_pending(pending and self._selected == self._turned)

    # The user's acts

    def _connect(self) -> None:
        knobs, in_hand = self._knobs, self._in_hand
        knobs.training_turned.connect(self._on_view_training_turned)
        knobs.weight_grabbed.connect(self._on_view_grabbed)
        knobs.weight_turned.connect(self._on_view_turned)
        knobs.weight_released.connect(lambda _index: self._on_view_released())
        knobs.weight_typed.connect(self._on_view_typed)
        knobs.selected.connect(self._on_view_selected)
        knobs.repin_requested.connect(self._on_view_repin_requested)
        knobs.suggest_requested.connect(self.suggest_all)
        in_hand.weight_grabbed.connect(lambda: self._on_view_grabbed(self._selected))
        in_hand.weight_turned.connect(lambda value: self._on_view_turned(self._selected, value))
        in_hand.weight_released.connect(self._on_view_released)
        in_hand.weight_typed.connect(lambda value: self._on_view_typed(self._selected, value))
        in_hand.repin_requested.connect(lambda: self._on_view_repin_requested(self._selected))
        in_hand.suggest_requested.connect(self.suggest_all)
        self._response.value_chosen.connect(lambda value: self._on_view_typed(self._selected, value))

    def suggest_all(self) -> None:
        """Pin six knobs that show on the present prompt."""
        self._ask_for(tuple(range(len(self._pins))))

    def _ask_for(self, indices: tuple[int, ...]) -> None:
        self._asked_for = indices
        self._asked = self._session.ask(SuggestKnobs(self._prompt))

    def _on_view_training_turned(self, name: str, value: float, phase: GesturePhase) -> None:
        match phase:
            case GesturePhase.BEGIN:
                self._turned = None
                self._training_gesture = next(self._gestures)
            case GesturePhase.MOVE:
                self._submit(SetHyperparameter(name, value, self._training_gesture))
            case GesturePhase.END:
                self._training_gesture = None
            case GesturePhase.ONCE:
                self._turned = None
                self._submit(SetHyperparameter(name, value))

    def _on_view_grabbed(self, index: int) -> None:
        self._on_view_selected(index)
        self._gesture = next(self._gestures)
        if self.hold_while_turning:
            self._session.hold(True)

    def _on_view_turned(self, index: int, value: float) -> None:
        self._turn(index, value, self._gesture)

    def _on_view_released(self) -> None:
        self._gesture = None
        self._session.hold(False)

    def _on_view_typed(self, index: int, value: float) -> None:
        self._on_view_selected(index)
        self._turn(index, value, None)

    def _turn(self, index: int, value: float, gesture: int | None) -> None:
        self._turned = index
        each = self._pins[index]
        if each.is_single:
            self._submit(EditSlice(each.target, "set", value, gesture))
            return
        if each.reference:
            self._submit(EditSlice(each.target, "scale", value, gesture, each.reference))
        elif each.reference == 0.0:
            self._show_problem(
                self.tr("All weights of this group were zero when it was pinned: there is nothing to scale.")
            )

    def _on_view_selected(self, index: int) -> None:
        if index != self._selected and index < len(self._pins):
            self._selected = index
            self._clear_response()
            self.changed.emit()

    def _on_view_repin_requested(self, index: int) -> None:
        if self._info is None or index >= len(self._pins):
            return
        info = self._info
        dialog = PinDialog(info.layout, info.vocabulary, self._pins[index].target, self._knobs.window())
        dialog.accepted.connect(lambda: self._repin(index, dialog.target, info))
        dialog.open()

    def _repin(self, index: int, target: ParameterSlice | None, info: RunInfo) -> None:
        if target is not None and info is self._info:
            self._pins[index] = pin(target, info.layout, is_default=False)
            self._selected = index
            self._clear_response()
            self.changed.emit()

    def _submit(self, command: Command) -> None:
        try:
            self._last_submitted = self._session.submit(command)
        except ValueError as problem:
            self._show_problem(str(problem))
        else:
            self.touched.emit()

    def _clear_response(self) -> None:
        self._shown_response = None
        self._response.clear()
