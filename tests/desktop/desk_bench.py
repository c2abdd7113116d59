"""The desk between fakes: its run begun and its knobs read once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject

from tests.desktop.fakes import (
    ATTENTION,
    ENTRY,
    HEAD_N,
    HEAD_S,
    NORM,
    ROW,
    FakeSession,
    fake_panels,
    frame_of_knobs,
    reading,
    run_info,
    small_spec,
)
from weightdeck.run.frame import KnobReading, Phase, Reach, RunInfo, Status
from weightdeck.run.queries import Answer
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.controller.edit_log import EditLog
from weightdeck_desktop.controller.hand import Hand
from weightdeck_desktop.controller.knobs import KnobDesk, KnobPanels
from weightdeck_desktop.controller.pins import Pin
from weightdeck_desktop.panels.weight_knob import KnobView

VALUES = {HEAD_S: 0.3, HEAD_N: -0.2, ENTRY: 0.05, ROW: 0.02, ATTENTION: 0.5, NORM: 1.0}


class HandBench:
    """A hand on a fake session."""

    def __init__(self) -> None:
        self.session = FakeSession()
        self.problems: list[str] = []
        self.heard: list[str] = []
        self.parent = QObject()
        self.hand = Hand(self.session, self.problems.append, self.parent)
        self.hand.touched.connect(lambda: self.heard.append("touched"))


class DeskBench(HandBench):
    """A desk in that hand."""

    def __init__(self, remembered: Sequence[Pin] | None = None) -> None:
        super().__init__()
        self._remembered = None if remembered is None else list(remembered)
        self.panels = fake_panels()
        self.log = EditLog()
        panels = KnobPanels(self.panels.knobs, self.panels.in_hand, self.panels.response)
        self.desk = KnobDesk(self.session, panels, self.log, self.hand, self.parent)
        self.desk.changed.connect(lambda: self.heard.append("changed"))
        self.begin(run_info())

    def begin(self, info: RunInfo) -> None:
        self.hand.begin()
        self.desk.begin(info, "chri", self._remembered)
        self.read()

    def read(self, last_command: int | None = None, **values: Any) -> None:
        """A frame with every knob where it began."""
        readings = [reading(target, value) for target, value in VALUES.items()]
        self.read_only(*readings, last_command=last_command, **values)

    def read_only(self, *readings: KnobReading, last_command: int | None = None, **values: Any) -> None:
        """A frame with these readings, which includes everything that was submitted."""
        number = self.session.newest_number if last_command is None else last_command
        self.desk.read(frame_of_knobs(*readings, last_command=number, **values))

    def measure(self, step: int, *nats: float) -> None:
        """A frame with the reach of every knob."""
        reaches = [Reach(knob, step, each) for knob, each in zip(self.desk.pinned, nats, strict=True)]
        self.read(step=step, reaches=reaches)

    def rest(self, step: int, phase: Phase = Phase.PAUSED) -> None:
        self.desk.aim_quiet_knobs(Status(phase, step=step))

    def answer(self, step: int, targets: tuple[ParameterSlice, ...], problem: str = "") -> None:
        """The answer to the newest question for suggestions."""
        query = self.session.queries[-1]
        self.desk.answer(Answer(self.session.newest_number, query, step, targets, problem))

    def grab(self, index: int) -> None:
        self.panels.knobs.weight_grabbed.emit(index)

    def turn(self, index: int, value: float) -> None:
        self.panels.knobs.weight_turned.emit(index, value)

    def release(self, index: int) -> None:
        self.panels.knobs.weight_released.emit(index)

    def type(self, index: int, value: float) -> None:
        self.panels.knobs.weight_typed.emit(index, value)

    def views(self) -> list[KnobView]:
        """What the desk would show now."""
        self.panels.knobs.show_weights.reset_mock()
        self.desk.show_knobs(Status(Phase.PAUSED, hyperparameters=small_spec().hyperparameters))
        ((views,), _) = self.panels.knobs.show_weights.call_args
        return views

    @property
    def targets(self) -> tuple[ParameterSlice, ...]:
        return tuple(knob.target for knob in self.desk.pinned)
