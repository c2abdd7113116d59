"""Builds frames: what the visible panels asked for, computed only when it has changed and is due."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from weightdeck.probes.histograms import TensorHistograms
from weightdeck.probes.knobs import read_knob
from weightdeck.probes.layers import activation_maps
from weightdeck.probes.predictions import predict
from weightdeck.probes.response import reach, response
from weightdeck.probes.samples import generate
from weightdeck.run.frame import (
    Activations,
    Frame,
    Interest,
    KnobReading,
    Part,
    Prediction,
    Reach,
    Record,
    Sample,
)
from weightdeck.run.layout import Layout
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.slices import ParameterSlice
from weightdeck.training.trainer import Trainer

# The dear parts come less often while the model changes all the time; the others with every frame.
LEAST_INTERVAL_S = {Part.SAMPLES: 2.0, Part.RESPONSE: 0.4}
REACH_INTERVAL_S = 0.25  # one knob's reach at a time
AT_ONCE = frozenset({Part.PREDICTIONS, Part.KNOBS})  # what the hand must see without delay


@dataclass(slots=True)
class FrameBuilder:
    """Owned by the trainer thread, one for each run."""

    trainer: Trainer
    run: int
    interest: Interest = field(default_factory=Interest)
    last_command: int = 0
    _record: Record | None = None  # the newest
    _change: int = 0  # counts what may have changed the picture: steps, commands
    _built: dict[Part, tuple[int, float]] = field(
        default_factory=dict
    )  # change and time of each part's last picture
    _reaches: dict[ParameterSlice, tuple[int, Reach | None]] = field(
        default_factory=dict
    )  # with the change they are of
    _reached_s: float = 0.0
    _histograms: TensorHistograms = field(init=False)

    def __post_init__(self) -> None:
        self._histograms = TensorHistograms(self.trainer.parameters.layout)

    def changed(self) -> None:
        """The model, its step or a setting is another now."""
        self._change += 1

    def show_statistics(self, record: Record) -> None:
        """The layers' statistics to show from now on."""
        self._record = record

    def watch(self, interest: Interest) -> None:
        """Build for other panels from now on. Knobs that this model does not have are passed over: while a run
        begins, the window still asks for those of the last.
        """
        interest = _fitting(interest, self.trainer.parameters.layout)
        old, self.interest = self.interest, interest
        for part in Part:
            if _needs(part, old) != _needs(part, interest):
                self._built.pop(part, None)
        if old.prompts[:1] != interest.prompts[:1]:
            self._reaches.clear()
        for knob in set(old.knobs) - set(interest.knobs):
            self._reaches.pop(knob.target, None)

    def lost(self, frame: Frame, instead: Frame) -> None:
        """Nobody has seen `frame`, which `instead` replaced: what only the former held is to come again."""
        for part in Part:
            field_name = part.value  # the frame's own name for it
            if getattr(frame, field_name) is not None and getattr(instead, field_name) is None:
                self._built.pop(part, None)

    def due_in_s(self, now_s: float) -> float | None:
        """Seconds until a frame would show anything new; None when everything that was asked for is up to date."""
        waits = [self._part_due_in_s(part, now_s) for part in self.interest.parts]
        waits.append(self._reach_due_in_s(now_s))
        return min((wait for wait in waits if wait is not None), default=None)

    def build(self, *, hurried: bool) -> Frame:
        """A frame of this moment with every part that is due; `hurried`, only what the hand must see at once."""
        now_s = time.monotonic()
        due = {part for part in self.interest.parts if self._part_due_in_s(part, now_s) == 0.0}
        if hurried:
            due &= AT_ONCE
        for part in due:
            self._built[part] = (self._change, now_s)
        if not hurried:
            self._refresh_reach(now_s)
        prompts = self.interest.prompts
        first = self.trainer.corpus.prompt(prompts[0]) if prompts else None
        in_hand = self.interest.in_hand
        return Frame(
            run=self.run,
            step=self.trainer.step,
            last_command=self.last_command,
            predictions=self._predictions() if Part.PREDICTIONS in due else None,
            samples=self._samples() if Part.SAMPLES in due else None,
            histograms=self._histograms.now(self.trainer) if Part.HISTOGRAMS in due else None,
            activations=self._activations() if Part.ACTIVATIONS in due else None,
            knobs=self._readings() if Part.KNOBS in due else None,
            reaches=tuple(found for _, found in self._reaches.values() if found is not None),
            response=response(self.trainer, in_hand, first)
            if Part.RESPONSE in due and in_hand and first
            else None,
        )

    def _part_due_in_s(self, part: Part, now_s: float) -> float | None:
        change, built_s = self._built.get(part, (-1, 0.0))
        if change == self._change:
            return None
        return 0.0 if change < 0 else max(0.0, built_s + LEAST_INTERVAL_S.get(part, 0.0) - now_s)

    def _predictions(self) -> tuple[Prediction, ...]:
        made = (predict(self.trainer, self.trainer.corpus.prompt(text)) for text in self.interest.prompts)
        return tuple(prediction for prediction in made if prediction is not None)

    def _samples(self) -> tuple[Sample, ...]:
        prompts = self.interest.prompts
        return generate(self.trainer, self.interest.sampling, prompts[0] if prompts else "")

    def _activations(self) -> Activations:
        prompts = tuple(self.trainer.corpus.prompt(text) for text in self.interest.prompts)
        maps = tuple(
            activation_maps(self.trainer, prompt, self.interest.activation_tap) for prompt in prompts
        )
        record = self._record
        return Activations(
            tap=self.interest.activation_tap,
            prompts=prompts,
            maps=maps,
            statistics=record.layers if record is not None else None,
            statistics_step=record.step if record is not None else 0,
        )

    def _readings(self) -> tuple[KnobReading, ...]:
        knobs = self.interest.knobs
        in_hand = self.interest.in_hand
        if in_hand is not None and in_hand not in knobs:
            knobs = (*knobs, in_hand)
        return tuple(read_knob(self.trainer, knob.target) for knob in knobs)

    def _oldest_reach(self) -> PinnedKnob | None:
        """The knob whose reach is the most out of date."""
        if Part.KNOBS not in self.interest.parts or not self.interest.prompts:
            return None
        stale = [knob for knob in self.interest.knobs if self._reach_age(knob) < self._change]
        return min(stale, key=self._reach_age, default=None)

    def _reach_age(self, knob: PinnedKnob) -> int:
        return self._reaches.get(knob.target, (-1, None))[0]

    def _reach_due_in_s(self, now_s: float) -> float | None:
        return None if self._oldest_reach() is None else max(0.0, self._reached_s + REACH_INTERVAL_S - now_s)

    def _refresh_reach(self, now_s: float) -> None:
        knob = self._oldest_reach()
        if knob is None or now_s - self._reached_s < REACH_INTERVAL_S:
            return
        self._reached_s = now_s
        found = reach(self.trainer, knob, self.trainer.corpus.prompt(self.interest.prompts[0]))
        self._reaches[knob.target] = (self._change, found)


def _fitting(interest: Interest, layout: Layout) -> Interest:
    """The interest without the knobs that do not fit the model."""
    knobs = tuple(knob for knob in interest.knobs if _fits(knob, layout))
    in_hand = interest.in_hand
    return replace(interest, knobs=knobs, in_hand=in_hand if in_hand and _fits(in_hand, layout) else None)


def _fits(knob: PinnedKnob, layout: Layout) -> bool:
    try:
        knob.target.info(layout)
    except ValueError:
        return False
    return True


def _needs(part: Part, interest: Interest) -> tuple[object, ...]:
    """What of the interest a part depends on."""
    return {
        Part.PREDICTIONS: (part in interest.parts, interest.prompts),
        Part.SAMPLES: (
            part in interest.parts,
            interest.sampling,
            interest.sampling.from_prompt and interest.prompts[:1],
        ),
        Part.HISTOGRAMS: (part in interest.parts,),
        Part.ACTIVATIONS: (part in interest.parts, interest.prompts, interest.activation_tap),
        Part.KNOBS: (part in interest.parts, interest.knobs, interest.in_hand),
        Part.RESPONSE: (part in interest.parts, interest.prompts[:1], interest.in_hand),
    }[part]
