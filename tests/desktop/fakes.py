"""Stand-ins for what the controllers join: a session that only writes down, panels that are told and can speak."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any
from unittest.mock import MagicMock

import numpy as np
from PySide6.QtCore import QObject, Signal

from weightdeck.run.commands import Command
from weightdeck.run.frame import (
    METRICS,
    Delivery,
    Frame,
    Interest,
    KnobReading,
    LayerStatistics,
    Pace,
    Phase,
    Reach,
    Record,
    ReferenceLosses,
    RunInfo,
    Sampling,
    Status,
)
from weightdeck.run.layout import EMBEDDING, FINAL_NORM, HEAD, layout
from weightdeck.run.presets import load_preset
from weightdeck.run.queries import Query
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec, RunSpec
from weightdeck_desktop.controller.all_panels import AllPanels
from weightdeck_desktop.controller.edit_log import EditLog
from weightdeck_desktop.controller.knobs import KnobDesk
from weightdeck_desktop.panels.activations import ActivationsPanel
from weightdeck_desktop.panels.edits import EditsPanel
from weightdeck_desktop.panels.in_hand import InHandPanel
from weightdeck_desktop.panels.knobs import KnobsPanel
from weightdeck_desktop.panels.loss import LossPanel
from weightdeck_desktop.panels.predictions import PredictionsPanel
from weightdeck_desktop.panels.response import ResponsePanel
from weightdeck_desktop.panels.weight_knob import KnobView
from weightdeck_desktop.panels.weights import WeightsPanel
from weightdeck_desktop.window import Window

HEAD_S = ParameterSlice(HEAD, (19, 5))
HEAD_N = ParameterSlice(HEAD, (14, 5))
ENTRY = ParameterSlice(EMBEDDING, (9, 3))
ROW = ParameterSlice(EMBEDDING, (9,))
ATTENTION = ParameterSlice("transformer.h.0.attn.c_proj.weight")
NORM = ParameterSlice(FINAL_NORM)
SIX = (HEAD_S, HEAD_N, ENTRY, ROW, ATTENTION, NORM)
SIX_OF_SORT = tuple(ParameterSlice(HEAD, (0, feature)) for feature in range(6))
OTHER = ParameterSlice("transformer.wpe.weight", (0, 1))
VOCABULARY = (".", *"abcdefghijklmnopqrstuvwxyz")


def small_spec(preset: str = "names") -> RunSpec:
    """A preset's run with one small block."""
    spec = load_preset(preset)
    model = ModelSpec(1, 2, 16, spec.model.block_size, spec.model.vocab_size)
    return replace(spec, model=model, record_interval=10)


def run_info(number: int = 1, spec: RunSpec | None = None) -> RunInfo:
    """A run as a session would announce it."""
    spec = spec or small_spec()
    return RunInfo(
        number=number,
        spec=spec,
        layout=layout(spec.model),
        vocabulary=VOCABULARY[: spec.model.vocab_size],
        references=ReferenceLosses(3.3, 2.8, 2.4),
        train_items=4000,
        validation_items=500,
        numerics="none",
        suggested_knobs=SIX if spec.preset == "names" else SIX_OF_SORT,
    )


def reading(target: ParameterSlice, value: float) -> KnobReading:
    """Where a slice stands."""
    return KnobReading(target, value, (-0.1, 0.1), 0.02)


def frame_of_knobs(
    *readings: KnobReading, last_command: int = 0, step: int = 0, reaches: Sequence[Reach] = ()
) -> Frame:
    return Frame(1, step, last_command, knobs=readings, reaches=tuple(reaches))


def record(step: int) -> Record:
    """A record whose numbers mean nothing."""
    counts = np.zeros((3, 4), dtype=np.int32)
    floats = np.zeros(2, dtype=np.float32)
    layers = LayerStatistics(
        ("a", "b"), floats, floats, counts[:2], floats[:1], np.zeros((1, 2), dtype=np.float32)
    )
    return Record(step, 3.0, counts, counts, layers, exact=None)


def metric_rows(*losses: float) -> np.ndarray:
    """Rows of `METRICS`, steps from 0."""
    return np.array([[step, loss, *[0.1] * (len(METRICS) - 2)] for step, loss in enumerate(losses)])


class FakeSession:
    """A `weightdeck.run.session.Session` that writes down what it is asked and delivers what it is given."""

    def __init__(self) -> None:
        self.status = Status(Phase.LOADING)
        self.calls: list[tuple[Any, ...]] = []
        self.commands: list[Command] = []
        self.queries: list[Query] = []
        self.interests: list[Interest] = []
        self.refusal = ""  # when set, `submit` refuses with it
        self._numbers = 0
        self._next: list[Delivery] = []

    def deliver(self, **news: Any) -> None:
        """What the next `take` brings; the present status goes with it."""
        self._next.append(Delivery(**{"status": self.status} | news))

    def start(self, spec: RunSpec) -> None:
        self.calls.append(("start", spec))

    def submit(self, command: Command) -> int:
        if self.refusal:
            raise ValueError(self.refusal)
        self.commands.append(command)
        return self._number()

    def ask(self, query: Query) -> int:
        self.queries.append(query)
        return self._number()

    def cancel(self, number: int) -> None:
        self.calls.append(("cancel", number))

    def play(self, until_step: int | None = None) -> None:
        self.calls.append(("play", until_step))

    def pause(self) -> None:
        self.calls.append(("pause",))

    def step_once(self) -> None:
        self.calls.append(("step_once",))

    def set_pace(self, pace: Pace) -> None:
        self.calls.append(("set_pace", pace))

    def hold(self, held: bool) -> None:
        self.calls.append(("hold", held))

    def reset(self, seed: int | None = None) -> None:
        self.calls.append(("reset", seed))

    def open_run(self, spec: RunSpec) -> None:
        self.calls.append(("open_run", spec))

    def watch(self, interest: Interest) -> None:
        self.interests.append(interest)

    def take(self) -> Delivery:
        return self._next.pop(0) if self._next else Delivery(self.status)

    def close(self) -> None:
        self.calls.append(("close",))

    def join(self, timeout_s: float) -> bool:
        self.calls.append(("join", timeout_s))
        return True

    @property
    def newest_number(self) -> int:
        """What the last `submit` or `ask` returned."""
        return self._numbers

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers


class Bell:
    """A signal without Qt: calls what is connected, at once."""

    def __init__(self) -> None:
        self._slots: list[Callable[..., Any]] = []

    def connect(self, slot: Callable[..., Any]) -> None:
        self._slots.append(slot)

    def emit(self, *arguments: Any) -> None:
        for slot in list(self._slots):
            slot(*arguments)


def spec_with_signals(kind: type) -> MagicMock:
    """A mock of `kind` whose signals can be emitted."""
    mock = MagicMock(spec=kind)
    for each in kind.__mro__:
        for name, value in vars(each).items():
            if isinstance(value, Signal):
                setattr(mock, name, Bell())
    return mock


def fake_panels() -> AllPanels:
    """One mock of each panel."""
    kinds = (
        PredictionsPanel,
        LossPanel,
        WeightsPanel,
        ActivationsPanel,
        KnobsPanel,
        InHandPanel,
        ResponsePanel,
        EditsPanel,
    )
    panels = AllPanels(*(spec_with_signals(kind) for kind in kinds))
    for field in fields(panels):
        getattr(panels, field.name).key = field.name
    panels.predictions.sampling = Sampling()
    panels.activations.tap = "resid_post"
    return panels


class FakeWindow(QObject):
    """The owner of the controllers; everything else that is asked of it goes to a mock of the window."""

    def __init__(self) -> None:
        super().__init__()
        self.mock = spec_with_signals(Window)
        self.mock.hints = MagicMock()
        self.on_screen: set[str] = set()
        self.is_minimised = False

    def visible_panels(self) -> set[str]:
        return set() if self.is_minimised else set(self.on_screen)

    def is_painting_wanted(self) -> bool:
        return not self.is_minimised

    def __getattr__(self, name: str) -> Any:
        return getattr(self.mock, name)


RMS = {HEAD_S: 0.3, HEAD_N: -0.2, ENTRY: 0.05, ROW: 0.02, ATTENTION: 0.5, NORM: 1.0}


class DeskBench:
    """A desk between fakes, its run begun and its knobs read once."""

    def __init__(self) -> None:
        self.session = FakeSession()
        self.panels = fake_panels()
        self.log = EditLog()
        self.problems: list[str] = []
        self.heard: list[str] = []
        self._parent = QObject()
        self.desk = KnobDesk(self.session, self.panels, self.log, self.problems.append, self._parent)
        self.desk.changed.connect(lambda: self.heard.append("changed"))
        self.desk.touched.connect(lambda: self.heard.append("touched"))
        self.begin(run_info())

    def begin(self, info: RunInfo) -> None:
        self.desk.begin(info, "chri")
        self.read()

    def read(self, last_command: int | None = None, **values: Any) -> None:
        """A frame with every knob where it began."""
        number = self.session.newest_number if last_command is None else last_command
        readings = [reading(target, value) for target, value in RMS.items()]
        self.desk.read(frame_of_knobs(*readings, last_command=number, **values))

    def measure(self, step: int, *nats: float) -> None:
        """A frame with the reach of every knob."""
        reaches = [Reach(knob.target, step, each) for knob, each in zip(self.desk.pinned, nats, strict=True)]
        self.read(step=step, reaches=reaches)

    def rest(self, step: int, phase: Phase = Phase.PAUSED) -> None:
        self.desk.aim_quiet_knobs(Status(phase, step=step))

    def grab(self, index: int) -> None:
        self.panels.knobs.weight_grabbed.emit(index)

    def turn(self, index: int, value: float) -> None:
        self.panels.knobs.weight_turned.emit(index, value)

    def release(self, index: int) -> None:
        self.panels.knobs.weight_released.emit(index)

    def views(self) -> list[KnobView]:
        """What the desk would show now."""
        self.panels.knobs.show_weights.reset_mock()
        self.desk.show_knobs(Status(Phase.PAUSED, hyperparameters=small_spec().hyperparameters))
        ((views,), _) = self.panels.knobs.show_weights.call_args
        return views

    @property
    def targets(self) -> tuple[ParameterSlice, ...]:
        return tuple(knob.target for knob in self.desk.pinned)
