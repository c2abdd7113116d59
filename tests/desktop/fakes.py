"""Stand-ins for what the controllers join: a session that only writes down, panels that are told and can speak."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, get_type_hints
from unittest.mock import MagicMock

import numpy as np
from PySide6.QtCore import QObject, Signal

from weightdeck.run.commands import Command
from weightdeck.run.document import Annotation, Place, Source
from weightdeck.run.frame import (
    METRICS,
    Baseline,
    Delivery,
    Frame,
    Interest,
    KnobReading,
    LayerStatistics,
    Pace,
    Phase,
    Prediction,
    Prompt,
    Reach,
    Record,
    ReferenceLosses,
    RunInfo,
    Sampling,
    Status,
)
from weightdeck.run.half_step import Breakpoint
from weightdeck.run.layout import EMBEDDING, FINAL_NORM, HEAD, layout
from weightdeck.run.presets import load_preset
from weightdeck.run.queries import Query
from weightdeck.run.slices import Direction, ParameterSlice, SliceValues
from weightdeck.run.spec import ModelSpec, RunSpec
from weightdeck_desktop.controller.all_panels import AllPanels
from weightdeck_desktop.panels.tap_source import TapSource
from weightdeck_desktop.timeline_bar import TimelineBar
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


def reading(target: ParameterSlice, value: float, along: Direction | None = None) -> KnobReading:
    """Where a slice stands; it began at 0.02."""
    return KnobReading(target, value, (-0.1, 0.1), 0.02, along=along)


def direction(target: ParameterSlice, length: float = 2.0) -> Direction:
    """A direction to move `target` of `small_spec`'s model along: the same for all of its numbers."""
    shape = target.shape(layout(small_spec().model))
    count = math.prod(shape)
    return Direction("read", SliceValues.of(np.full(shape, count**-0.5)), length, "chri")


def prediction(*texts: str) -> tuple[Prediction, ...]:
    """What is predicted after prompts, as unsure as can be."""
    probs = np.full(len(VOCABULARY), 1 / len(VOCABULARY), dtype=np.float32)
    return tuple(
        Prediction(Prompt(text, (0,), (VOCABULARY[0],), cut=0, problem=""), probs)
        for text in texts or ("chri",)
    )


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

    def __init__(self, *, audits: bool = False) -> None:
        self.audits = audits
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

    def start(self, source: Source) -> None:
        self.calls.append(("start", source))

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

    def next_part(self) -> None:
        self.calls.append(("next_part",))

    def set_breakpoints(self, breakpoints: tuple[Breakpoint, ...]) -> None:
        self.calls.append(("set_breakpoints", breakpoints))

    def set_pace(self, pace: Pace) -> None:
        self.calls.append(("set_pace", pace))

    def hold(self, held: bool) -> None:
        self.calls.append(("hold", held))

    def reset(self, seed: int | None = None) -> None:
        self.calls.append(("reset", seed))

    def open_run(self, source: Source) -> None:
        self.calls.append(("open_run", source))

    def seek(self, place: Place) -> None:
        self.calls.append(("seek", place))

    def return_to_now(self) -> None:
        self.calls.append(("return_to_now",))

    def play_from_here(self) -> None:
        self.calls.append(("play_from_here",))

    def switch_to(self, branch: int) -> None:
        self.calls.append(("switch_to", branch))

    def annotate(self, annotation: Annotation) -> None:
        self.calls.append(("annotate", annotation))

    def watch(self, interest: Interest) -> None:
        self.interests.append(interest)

    def mark(self) -> None:
        self.calls.append(("mark",))

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
    kinds = get_type_hints(AllPanels)
    panels = AllPanels(**{field.name: spec_with_signals(kinds[field.name]) for field in fields(AllPanels)})
    for field in fields(panels):
        getattr(panels, field.name).key = field.name
    panels.predictions.sampling = Sampling()
    panels.predictions.baseline = Baseline.LAST
    panels.predictions.prompts = ("chri", None)
    panels.activations.tap = "resid_post"
    panels.browse.tensor = HEAD
    panels.browse.token = None
    panels.browse.wants_sensitivity = False
    for reader in (panels.transformer, panels.inspector, panels.attention, panels.neurons):
        reader.wanted_taps = frozenset()
    panels.transformer.source = TapSource.A
    panels.transformer.batch_row = None
    panels.transformer.patches = ()
    panels.inspector.tap = "blocks.0.resid_post"
    panels.inspector.is_over_steps = False
    panels.lens.is_over_steps = False
    panels.lens.missing_history = None
    for choice in ("position", "token", "against"):
        setattr(panels.contributions, choice, None)
    panels.neurons.wants_study = False
    panels.memory.table.return_value = None
    panels.explain.follows = True
    panels.explain.shown_subjects = ()
    return panels


class FakeWindow(QObject):
    """The owner of the controllers; everything else that is asked of it goes to a mock of the window."""

    def __init__(self) -> None:
        super().__init__()
        self.mock = spec_with_signals(Window)
        self.mock.hints = MagicMock()
        self.mock.timeline = spec_with_signals(TimelineBar)
        self.on_screen: set[str] = set()
        self.is_minimised = False

    def visible_panels(self) -> set[str]:
        return set() if self.is_minimised else set(self.on_screen)

    def is_painting_wanted(self) -> bool:
        return not self.is_minimised

    def __getattr__(self, name: str) -> Any:
        return getattr(self.mock, name)
