"""Builds frames: what the visible panels asked for, computed only when it has changed and is due."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

from weightdeck.run.frame import Frame, Interest, Part, Record
from weightdeck.run.layout import Layout, tap_shapes
from weightdeck.run.scales import PinnedKnob
from weightdeck.session.baselines import Baselines
from weightdeck.session.reaches import Reaches
from weightdeck.session.views import Views
from weightdeck.training.trainer import Trainer

# Some parts come less often while the model changes all the time; the others with every frame.
LEAST_INTERVAL_S = {
    Part.SAMPLES: 2.0,
    Part.RESPONSE: 0.4,
    Part.COST: 2.0,
    Part.SENSITIVITY: 1.0,
    Part.TENSOR: 0.3,
    Part.HEADS: 3.0,
    Part.LENS: 0.3,
    Part.CONTRIBUTIONS: 0.3,
    Part.EMBEDDINGS: 0.6,
    Part.BATCH: 0.3,
}
BATCH_TAPS_S = 0.3  # between two passes through a whole batch, which cost as much as a step
AT_ONCE = frozenset({Part.PREDICTIONS, Part.KNOBS})  # what the hand must see without delay
DEAR = (
    Part.COST,
    Part.SENSITIVITY,
    Part.SAMPLES,
    Part.HEADS,
)  # milliseconds each: one a frame, and none while the hand turns
RESTED_S = 0.12  # after so long without a command the hand does not turn


@dataclass(slots=True)
class FrameBuilder:
    """Owned by the trainer thread, one for each run."""

    trainer: Trainer
    run: int = 0  # the session's number of the run
    is_past: bool = False  # its moment was sought
    interest: Interest = field(default_factory=Interest)
    last_command: int = 0
    baselines: Baselines = field(init=False)
    _views: Views = field(init=False)
    _reaches: Reaches = field(init=False)
    _change: int = 0  # counts what may have changed the picture: steps, commands
    _commanded_s: float = 0.0
    _dear: list[Part] = field(
        default_factory=lambda: list(DEAR)
    )  # the one that waits longest for its turn first
    _built: dict[Part, tuple[int, float]] = field(
        default_factory=dict
    )  # change and time of each part's last picture

    def __post_init__(self) -> None:
        self.baselines = Baselines(self.trainer)
        self._views = Views(self.trainer)
        self._reaches = Reaches(self.trainer)

    def stepped(self) -> None:
        """The model has made a step."""
        self._change += 1

    def halved(self) -> None:
        """A part of a step was made: there is a batch, or a gradient, that was not there."""
        self._change += 1

    def moved(self) -> None:
        """The model is at another moment of its run, or another run."""
        self._change += 1
        self._built.clear()
        self._reaches.clear()

    def commanded(self, number: int) -> None:
        """Command `number` has been carried out, or refused."""
        self._change += 1
        self.last_command = number
        self._commanded_s = time.monotonic()
        self._forget(Part.COST)  # of the change before: the new one's comes as soon as the hand rests

    def compared_anew(self) -> None:
        """A baseline is another now."""
        self._forget(Part.PREDICTIONS, Part.COST)

    def show_statistics(self, record: Record) -> None:
        """The layers' statistics to show from now on."""
        self._views.record = record

    def watch(self, interest: Interest) -> None:
        """Build for other panels from now on. Knobs that this model does not have are passed over: while a run
        begins, the window still asks for those of the last.
        """
        interest = _fitting(interest, self.trainer.parameters.layout)
        old, self.interest = self.interest, interest
        self._forget(*(part for part in Part if _needs(part, old) != _needs(part, interest)))
        self._reaches.watch(old, interest)

    def lost(self, frame: Frame, instead: Frame) -> None:
        """Nobody has seen `frame`, which `instead` replaced: what only the former held is to come again."""
        for part in Part:
            name = part.value
            if getattr(frame, name) is not None and getattr(instead, name) is None:
                self._forget(part)

    def due_in_s(self, now_s: float) -> float | None:
        """Seconds until a frame would show anything new; None when everything that was asked for is up to date."""
        waits = [self._part_due_in_s(part, now_s) for part in self.interest.parts]
        waits.append(self._reaches.due_in_s(self.interest, self._change, now_s))
        return min((wait for wait in waits if wait is not None), default=None)

    def build(self, *, hurried: bool) -> Frame:
        """A frame of this moment with every part that is due; `hurried`, only what the hand must see at once.

        Of the dear parts it has one at most: the others come with the next frames.
        """
        now_s = time.monotonic()
        due = {part for part in self.interest.parts if self._part_due_in_s(part, now_s) == 0.0}
        if hurried:
            due &= AT_ONCE
        dear = [part for part in self._dear if part in due]
        due -= set(dear[1:])
        self._dear.sort(key=lambda part: part in dear[:1])
        for part in due:
            self._built[part] = (self._change, now_s)
        if not hurried:
            self._reaches.refresh(self.interest, self._change)
        compares = bool(due & {Part.PREDICTIONS, Part.COST})
        before = self.baselines.moment(self.interest.baseline) if compares else None
        made: dict[str, Any] = {part.value: self._views.make(part, self.interest, before) for part in due}
        return Frame(
            run=self.run,
            is_past=self.is_past,
            step=self.trainer.step,
            last_command=self.last_command,
            reaches=self._reaches.newest,
            baseline=self.interest.baseline,
            baseline_step=None if before is None else before.step,
            **made,
        )

    def _forget(self, *parts: Part) -> None:
        for part in parts:
            self._built.pop(part, None)

    def _part_due_in_s(self, part: Part, now_s: float) -> float | None:
        change, built_s = self._built.get(part, (-1, 0.0))
        if change == self._change:
            return None
        rest_s = max(0.0, self._commanded_s + RESTED_S - now_s) if part in DEAR else 0.0
        return rest_s if change < 0 else max(rest_s, built_s + self._least_interval_s(part) - now_s)

    def _least_interval_s(self, part: Part) -> float:
        if part is Part.TAPS and self.interest.batch_row is not None:
            return BATCH_TAPS_S
        return LEAST_INTERVAL_S.get(part, 0.0)


def _fitting(interest: Interest, layout: Layout) -> Interest:
    """The interest without what does not fit the model."""
    in_hand = interest.in_hand
    token = interest.sensitive_token
    return replace(
        interest,
        knobs=tuple(knob for knob in interest.knobs if _fits(knob, layout)),
        in_hand=in_hand if in_hand and _fits(in_hand, layout) else None,
        sensitive_token=token if token is not None and token < layout.model.vocab_size else None,
        tensor=interest.tensor if interest.tensor in layout.by_name else "",
        taps=interest.taps & tap_shapes(layout.model, 1).keys(),
    )


def _fits(knob: PinnedKnob, layout: Layout) -> bool:
    try:
        shape = knob.target.shape(layout)
    except ValueError:
        return False
    return knob.along is None or knob.along.values.shape == shape


def _needs(part: Part, interest: Interest) -> tuple[object, ...]:
    """What of the interest a part depends on."""
    first = interest.prompts[:1]
    return {
        Part.PREDICTIONS: (part in interest.parts, interest.prompts, interest.baseline),
        Part.SAMPLES: (part in interest.parts, interest.sampling, interest.sampling.from_prompt and first),
        Part.HISTOGRAMS: (part in interest.parts,),
        Part.ACTIVATIONS: (part in interest.parts, interest.prompts, interest.activation_tap),
        Part.KNOBS: (part in interest.parts, interest.knobs, interest.in_hand),
        Part.RESPONSE: (part in interest.parts, first, interest.in_hand),
        Part.COST: (part in interest.parts, interest.baseline),
        Part.STRIPS: (part in interest.parts, first),
        Part.SENSITIVITY: (part in interest.parts, first, interest.sensitive_token),
        Part.TENSOR: (part in interest.parts, interest.tensor),
        Part.TAPS: (
            part in interest.parts,
            interest.prompts,
            interest.taps,
            interest.batch_row,
            interest.patches,
        ),
        Part.HEADS: (part in interest.parts,),
        Part.LENS: (part in interest.parts, first),
        Part.CONTRIBUTIONS: (
            part in interest.parts,
            first,
            interest.position,
            interest.token,
            interest.against,
        ),
        Part.EMBEDDINGS: (part in interest.parts,),
        Part.BATCH: (part in interest.parts,),
    }[part]
