"""The desk: what is pinned, what the hand does with it, and what the session says of it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from weightdeck.run.commands import EditOp, EditSlice, HoldSlices, SetHyperparameter
from weightdeck.run.frame import DataCost, Frame, Phase, Response, RunInfo, Status
from weightdeck.run.queries import Answer, SuggestKnobs
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.session import Session
from weightdeck.run.slices import Direction, ParameterSlice
from weightdeck_desktop.controller.edit_log import EditLog
from weightdeck_desktop.controller.hand import Hand
from weightdeck_desktop.controller.pins import QUIET_NATS, Origin, Pin, pin
from weightdeck_desktop.panels.in_hand import InHandPanel
from weightdeck_desktop.panels.knobs import MOST_WEIGHT_KNOBS, KnobsPanel
from weightdeck_desktop.panels.pin_dialog import PinDialog
from weightdeck_desktop.panels.response import ResponsePanel
from weightdeck_desktop.panels.training_knob import GesturePhase
from weightdeck_desktop.panels.weight_knob import KnobKind

AT_REST = (Phase.PAUSED, Phase.FINISHED, Phase.STOPPED)


@dataclass(frozen=True)
class KnobPanels:
    """The panels that show the desk."""

    knobs: KnobsPanel
    in_hand: InHandPanel
    response: ResponsePanel


class KnobDesk(QObject):
    """Owns the pins and which of them is in the hand. Lives on the GUI thread."""

    changed = Signal()  # the interest in knobs is another

    def __init__(
        self, session: Session, panels: KnobPanels, log: EditLog, hand: Hand, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._knobs = panels.knobs
        self._in_hand = panels.in_hand
        self._response = panels.response
        self._log = log
        self._hand = hand
        self._info: RunInfo | None = None
        self._pins: list[Pin] = []
        self._selected = 0
        self._shown = 0  # what the large knob shows, for a moment still the one before: its acts are for that
        self._prompt = ""
        self._training_gesture: int | None = None
        self._before_turn: float | None = None  # where the knob stood that is being turned
        self._turned: ParameterSlice | None = None  # what the newest edit changed, if a weight knob made it
        self._shown_response: Response | None = None
        self._asked: int | None = None  # the query for suggestions
        self._asked_for: tuple[Pin, ...] | None = (
            None  # what its answer replaces; None: all that the desk chose
        )
        self._aimed_at: tuple[int, str] | None = None  # step and prompt at which quiet knobs were looked for
        self._connect()

    # Told by the session

    def begin(
        self, info: RunInfo, prompt: str, remembered: list[Pin] | None, own: list[Pin] | None = None
    ) -> None:
        """A new run: the knobs are its `own`, if it was kept with any; on the same model they stay if the user chose
        any; else they are those that are `remembered` of the last time, or the run's own six.
        """
        same_model = self._info is not None and self._info.layout.model == info.layout.model
        kept = own if own is not None else self._pins if same_model else remembered
        self._info = info
        self._prompt = prompt
        self._asked = None
        self._aimed_at = None
        self._knobs.clear()
        self._in_hand.clear()
        self._clear_response()
        # Where the user added none and took none off, the new run's own six are better.
        is_other = kept is not None and len(kept) != len(info.suggested_knobs)
        is_own = own is not None or is_other or any(each.origin is not Origin.DESK for each in kept or ())
        if is_own:
            self._pins = [each.unread(same_run=own is not None) for each in kept or ()]
        else:
            self._pins = [pin(target, info.layout, Origin.DESK) for target in info.suggested_knobs]
        self._selected = self._shown = min(self._selected, max(0, len(self._pins) - 1))
        self.changed.emit()
        if not is_own and prompt != info.spec.prompt:
            self.suggest_all()  # the run's own six are chosen for its own prompt

    def read(self, frame: Frame) -> None:
        """Take what a frame says of the knobs. Does not paint."""
        if frame.last_command < self._hand.last_submitted and not frame.is_past:
            return  # older than the hand: the pointer must not jump back
        had = [each.knob for each in self._pins]
        for each in self._pins:
            for reading in frame.knobs or ():
                if each.fits(reading):
                    each.read(reading, frame.step, is_past=frame.is_past)
            for reach in frame.reaches:
                if each.knob == reach.knob:
                    each.reach = reach
        if frame.response is not None:
            self._shown_response = frame.response
        if had != [each.knob for each in self._pins]:
            self.changed.emit()

    def set_prompt(self, prompt: str) -> None:
        """The prompt that reach and response are about."""
        if prompt != self._prompt:
            self._prompt = prompt
            for each in self._pins:
                each.reach = None
            self._clear_response()

    def taken_back(self, moved: frozenset[ParameterSlice]) -> None:
        """Undo or redo moved these slices: the stories of knobs on them do not hold any more."""
        for each in self._pins:
            if self._info and any(each.target.overlaps(other, self._info.layout) for other in moved):
                each.forget_story()

    def acting_on(self, target: ParameterSlice) -> None:
        """A command that changes `target` is on its way."""
        assert self._info is not None
        for each in self._pins:
            if each.target == target:
                each.will_change(each.value)
            elif target.overlaps(each.target, self._info.layout):
                each.forget_story()

    def answer(self, answer: Answer) -> None:
        """Pin what was suggested, if this is the answer that was waited for."""
        if answer.number != self._asked or self._info is None:
            return
        self._asked = None
        if self._hand.gesture is not None:
            self._aimed_at = None  # one drag must not go on with another weight: ask again later
            return
        if answer.problem:
            self._hand.say(answer.problem)
        elif not answer.value:
            self._hand.say(self.tr("Type a prompt that the model knows first: the knobs are chosen for it."))
        elif isinstance(answer.value, tuple):
            self._take_suggestions(tuple(each for each in answer.value if isinstance(each, ParameterSlice)))

    def aim_quiet_knobs(self, status: Status) -> None:
        """While training rests: knobs that the desk chose, that nobody turned and on which nothing depends any
        more are pinned to ones that show on the present prompt.
        """
        here = (status.step, self._prompt)
        if (
            status.phase not in AT_REST
            or status.past is not None
            or status.step == 0
            or self._aimed_at == here
            or self._asked is not None
            or self._hand.gesture is not None
        ):
            return
        touched = self._log.edited_targets
        own = [
            each
            for each in self._pins
            if each.origin is Origin.DESK and each.target not in touched and not each.is_held
        ]
        measured = [(each, each.reach) for each in own if each.reach is not None]
        if len(measured) < len(own) or any(reach.step != status.step for _, reach in measured):
            return  # not all are measured yet
        self._aimed_at = here
        quiet = tuple(each for each, reach in measured if reach.nats < QUIET_NATS)
        if quiet:
            self._ask_for(quiet)

    # For others to know

    @property
    def pins(self) -> tuple[Pin, ...]:
        return tuple(self._pins)

    @property
    def pinned(self) -> tuple[PinnedKnob, ...]:
        return tuple(each.knob for each in self._pins)

    @property
    def in_hand(self) -> PinnedKnob | None:
        return self._pins[self._selected].knob if self._pins else None

    @property
    def shows_response(self) -> bool:
        """Whether there is a response curve of the knob in hand."""
        return self._shown_response is not None and self._shown_response.knob == self.in_hand

    # Changing what is pinned

    def add(self, target: ParameterSlice, along: Direction | None = None) -> bool:
        """Put a knob on the desk and into the hand; one that is there already is only taken into the hand.

        Whether it is in the hand now: a full desk takes no more, and the user is told so.
        """
        assert self._info is not None
        for index, each in enumerate(self._pins):
            if (each.target, each.along) == (target, along):
                self._on_view_selected(index)
                return True
        if len(self._pins) >= MOST_WEIGHT_KNOBS:
            self._hand.say(
                self.tr("The desk holds {most} knobs: take one off first (Delete).").format(
                    most=MOST_WEIGHT_KNOBS
                )
            )
            return False
        self._pins.append(pin(target, self._info.layout, Origin.USER, along))
        self._on_view_selected(len(self._pins) - 1, force=True)
        return True

    def pin_six(self, targets: tuple[ParameterSlice, ...]) -> None:
        """These on the desk, and behind them the knobs that the user chose."""
        self._asked = None  # what was asked for before is not wanted any more
        self._put_first(targets, Origin.SIX)

    def remove(self, index: int) -> None:
        """Take a knob off the desk; its weight stays as it is."""
        del self._pins[index]
        after = self._selected - (index < self._selected)
        self._on_view_selected(max(0, min(after, len(self._pins) - 1)), force=True)

    def toggle_hold(self) -> None:
        """Hold the knob in hand against training, or let it go."""
        if self._pins:
            each = self._pins[self._selected]
            is_whole = each.reading is not None and each.reading.held >= 1.0
            self._hand.submit(HoldSlices((each.target,), held=not is_whole))

    def suggest_all(self) -> None:
        """Pin six knobs that show on the present prompt, before those that the user chose."""
        self._ask_for(None)

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

    def show_in_hand(self, cost: DataCost | None, *, of_last: bool) -> None:
        """The knob in hand; `cost` is of the way from the baseline to now: that is the last change if `of_last`."""
        if self._info is None or not self._pins:
            self._in_hand.clear()
            return
        self._shown = self._selected
        each = self._pins[self._selected]
        edited = self._log.edited_targets
        view = each.view(self._info.layout, self._info.vocabulary, edited=each.target in edited)
        self._in_hand.show_knob(view, each.initial, edited.get(each.target))
        self._in_hand.show_trace(each.trace)
        self._in_hand.show_cost(cost, of_last=of_last)

    def show_response(self) -> None:
        if self._info is None or not self._pins:
            self._response.clear()
            return
        each = self._pins[self._selected]
        found = self._shown_response
        if found is not None and self.shows_response:
            view = each.view(self._info.layout, self._info.vocabulary, edited=False)
            self._response.show_response(found.positions, found.probs, self._info.vocabulary, view)
        self._response.show_place(each.value, each.default)

    def show_pending(self, pending: bool) -> None:
        """Whether the newest edit is still on its way."""
        for index, each in enumerate(self._pins):
            self._knobs.show_pending(index, pending and each.target == self._turned)
        in_hand = self._pins[self._selected].target if self._pins else None
        self._in_hand.show_pending(pending and in_hand is not None and in_hand == self._turned)

    # The user's acts

    def _connect(self) -> None:
        knobs, in_hand = self._knobs, self._in_hand
        knobs.training_turned.connect(self._on_view_training_turned)
        knobs.weight_grabbed.connect(self._on_view_grabbed)
        knobs.weight_turned.connect(self._on_view_turned)
        knobs.weight_released.connect(lambda _index: self._hand.release())
        knobs.weight_typed.connect(self._on_view_typed)
        knobs.selected.connect(self._on_view_selected)
        knobs.repin_requested.connect(self._on_view_repin_requested)
        knobs.remove_requested.connect(self.remove)
        knobs.suggest_requested.connect(self.suggest_all)
        in_hand.weight_grabbed.connect(lambda: self._on_view_grabbed(self._shown))
        in_hand.weight_turned.connect(lambda value: self._on_view_turned(self._shown, value))
        in_hand.weight_released.connect(self._hand.release)
        in_hand.weight_typed.connect(lambda value: self._on_view_typed(self._shown, value))
        in_hand.repin_requested.connect(lambda: self._on_view_repin_requested(self._selected))
        in_hand.remove_requested.connect(lambda: self.remove(self._selected))
        in_hand.suggest_requested.connect(self.suggest_all)
        self._response.value_chosen.connect(lambda value: self._on_view_typed(self._selected, value))

    def _ask_for(self, replaced: tuple[Pin, ...] | None) -> None:
        self._asked_for = replaced
        self._asked = self._session.ask(SuggestKnobs(self._prompt))

    def _take_suggestions(self, targets: tuple[ParameterSlice, ...]) -> None:
        """Pin what was suggested: each in the place of one that it was asked for, or all as a new six."""
        assert self._info is not None
        if self._asked_for is None:
            self._put_first(targets, Origin.DESK)
            return
        for place, target in enumerate(targets[: len(self._pins)]):
            if self._pins[place] in self._asked_for:
                self._pins[place] = pin(target, self._info.layout, Origin.DESK)
        self._on_view_selected(self._selected, force=True)

    def _put_first(self, targets: tuple[ParameterSlice, ...], origin: Origin) -> None:
        """Pin these; of what is there only the knobs that the user chose stay, as many as there is room for."""
        assert self._info is not None
        new = [pin(target, self._info.layout, origin) for target in targets]
        own = [each for each in self._pins if each.origin is Origin.USER and each.target not in targets]
        self._pins = [*new, *own][:MOST_WEIGHT_KNOBS]
        self._on_view_selected(0, force=True)

    def _on_view_training_turned(self, name: str, value: float, phase: GesturePhase) -> None:
        self._turned = None
        match phase:
            case GesturePhase.BEGIN:
                self._training_gesture = self._hand.new_gesture()
            case GesturePhase.MOVE:
                self._hand.submit(SetHyperparameter(name, value, self._training_gesture))
            case GesturePhase.END:
                self._training_gesture = None
            case GesturePhase.ONCE:
                self._hand.submit(SetHyperparameter(name, value))

    def _on_view_grabbed(self, index: int) -> None:
        self._on_view_selected(index)
        self._before_turn = self._pins[index].value
        self._hand.grab()

    def _on_view_turned(self, index: int, value: float) -> None:
        self._turn(index, value, self._hand.gesture, self._before_turn)

    def _on_view_typed(self, index: int, value: float) -> None:
        if index < len(self._pins):
            self._on_view_selected(index)
            self._turn(index, value, None, self._pins[index].value)

    def _turn(self, index: int, value: float, gesture: int | None, before: float | None) -> None:
        each = self._pins[index]
        self._turned = each.target
        if each.kind is KnobKind.GAIN and not each.reference:
            if each.reference == 0.0:
                self._hand.say(
                    self.tr(
                        "All weights of this group were zero when it was pinned: there is nothing to scale."
                    )
                )
            return
        op: EditOp = "scale" if each.kind is KnobKind.GAIN else "set"
        if self._hand.submit(EditSlice(each.target, op, value, gesture, each.reference, each.along)):
            self.acting_on(each.target)
            each.will_change(before)

    def _on_view_selected(self, index: int, *, force: bool = False) -> None:
        if force or (index != self._selected and index < len(self._pins)):
            self._selected = index
            self._shown = index if force else self._shown  # the places of the knobs are others now
            if not self.shows_response:  # of the same knob it is not sent again
                self._clear_response()
            self.changed.emit()

    def _on_view_repin_requested(self, index: int) -> None:
        if self._info is None or index >= len(self._pins):
            return
        info = self._info
        dialog = PinDialog(info.layout, info.vocabulary, self._pins[index].target, self._knobs.window())
        dialog.accepted.connect(lambda: self._repin(index, dialog.target, info))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _repin(self, index: int, target: ParameterSlice | None, info: RunInfo) -> None:
        if target is not None and info is self._info and index < len(self._pins):
            self._pins[index] = pin(target, info.layout, Origin.USER)
            self._on_view_selected(index, force=True)

    def _clear_response(self) -> None:
        self._shown_response = None
        self._response.clear()
