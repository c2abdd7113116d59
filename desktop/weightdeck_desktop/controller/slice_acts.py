"""Carries out what any panel asks to be done with a slice: hold, zero, noise, copy, paste, make a knob ..."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from weightdeck.run.commands import AddNoise, Command, EditSlice, HoldSlices, Paste, Reinitialise
from weightdeck.run.frame import RunInfo
from weightdeck.run.queries import Answer, FindDirection, ReadSlice
from weightdeck.run.session import Session
from weightdeck.run.slices import Direction, ParameterSlice, SliceValues
from weightdeck.run.subjects import WeightCell
from weightdeck.run.words import slice_title
from weightdeck_desktop.controller.hand import Hand
from weightdeck_desktop.panels.slice_acts import SliceAct

NOISE_SPREADS = 0.1


class SliceActs(QObject):
    """Owns the desk's clipboard. Lives on the GUI thread."""

    knob_wanted = Signal(object, object)  # ParameterSlice, Direction or None
    explain_wanted = Signal(object)  # WeightCell
    copied = Signal(int, str)  # how many numbers, and of what
    acting_on = Signal(object)  # ParameterSlice that a command on its way changes

    def __init__(self, session: Session, hand: Hand, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._hand = hand
        self._info: RunInfo | None = None
        self._prompt = ""
        self._draws = itertools.count(1)
        self._asked: set[int] = set()
        self._clipboard: SliceValues | None = None

    @property
    def locked(self) -> str:
        """Why nothing can be changed now; "" where it can."""
        return self._hand.locked

    @property
    def copied_size(self) -> int:
        """How many numbers have been copied."""
        return 0 if self._clipboard is None else len(self._clipboard.array().ravel())

    def begin(self, info: RunInfo) -> None:
        """A new run; what was copied stays."""
        self._info = info
        self._asked.clear()

    def set_prompt(self, prompt: str) -> None:
        """The prompt whose activations slices read."""
        self._prompt = prompt

    def act(self, target: ParameterSlice, act: SliceAct) -> None:
        """Do it, or tell the user why not."""
        match act:
            case SliceAct.KNOB:
                self.knob_wanted.emit(target, None)
            case SliceAct.KNOB_OWN:
                self._ask(FindDirection(target, "own"))
            case SliceAct.KNOB_READ:
                self._ask(FindDirection(target, "read", self._prompt))
            case SliceAct.COPY:
                self._ask(ReadSlice(target))
            case SliceAct.EXPLAIN:
                self.explain_wanted.emit(self._cell(target))
            case SliceAct.HOLD:
                self._hand.submit(HoldSlices((target,), held=True))
            case SliceAct.LET_GO:
                self._hand.submit(HoldSlices((target,), held=False))
            case _:
                command = self._change(target, act)
                if command is not None and self._hand.submit(command):
                    self.acting_on.emit(target)

    def hold(self, targets: tuple[ParameterSlice, ...], held: bool) -> None:
        """Hold several slices, such as a block, or let them go: one change."""
        self._hand.submit(HoldSlices(targets, held))

    def answer(self, answer: Answer) -> None:
        """Take an answer, if it is one that was asked for here."""
        if answer.number not in self._asked:
            return
        self._asked.discard(answer.number)
        if answer.problem:
            self._hand.say(answer.problem)
        elif isinstance(answer.query, ReadSlice):
            assert self._info is not None
            self._clipboard = SliceValues.of(answer.value)  # type: ignore[arg-type]  # a slice is read as an array
            values = self._clipboard.array().ravel().tolist()
            QGuiApplication.clipboard().setText("\n".join(map(repr, values)))
            title = slice_title(answer.query.target, self._info.vocabulary, self._info.layout)
            self.copied.emit(len(values), title)
        elif isinstance(answer.value, Direction):
            assert isinstance(answer.query, FindDirection)
            self.knob_wanted.emit(answer.query.target, answer.value)

    def _cell(self, target: ParameterSlice) -> WeightCell:
        """The number that a slice of a single one is."""
        assert self._info is not None
        return WeightCell(target.tensor, tuple(first for first, _ in target.extents(self._info.layout)))

    def _ask(self, query: FindDirection | ReadSlice) -> None:
        self._asked.add(self._session.ask(query))

    def _change(self, target: ParameterSlice, act: SliceAct) -> Command | None:
        match act:
            case SliceAct.ZERO:
                assert self._info is not None
                is_single = target.is_single(self._info.layout)
                # Scaled to zero a group can be scaled up again.
                return EditSlice(target, "set" if is_single else "scale", 0.0)
            case SliceAct.REINITIALISE:
                return Reinitialise(target, next(self._draws))
            case SliceAct.INITIAL:
                return Reinitialise(target)
            case SliceAct.NOISE:
                return AddNoise(target, NOISE_SPREADS, next(self._draws))
            case SliceAct.PASTE if self._clipboard is not None:
                return Paste(target, self._clipboard)
        return None
