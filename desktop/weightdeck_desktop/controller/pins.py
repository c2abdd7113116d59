"""The weight knobs of the desk as plain data: what is pinned, where it stands, how it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from weightdeck.run.frame import KnobReading, Reach
from weightdeck.run.layout import Layout
from weightdeck.run.named_slices import reads_activation
from weightdeck.run.scales import PinnedKnob, knob_scale
from weightdeck.run.slices import Direction, ParameterSlice
from weightdeck.run.words import along_words, slice_title
from weightdeck_desktop.panels.knob_trace import KnobTrace
from weightdeck_desktop.panels.weight_knob import KnobKind, KnobView

QUIET_NATS = 0.05  # below this reach, nothing depends on a knob


class Origin(Enum):
    """Who chose a knob: what the desk chose it may replace."""

    DESK = "desk"  # chosen to show on the prompt
    SIX = "six"  # pinned with others as what matters most
    USER = "user"


@dataclass(slots=True)
class Pin:
    """One knob of the desk.

    Its unit is the number itself, for a group a gain on `reference`, along a direction the inner product with that.
    """

    target: ParameterSlice
    kind: KnobKind
    origin: Origin
    along: Direction | None = None
    reference: float | None = None  # root mean square that counts as x1; None before the first reading
    reading: KnobReading | None = None
    default: float | None = None  # where it stood when it was pinned
    reach: Reach | None = None
    trace: KnobTrace | None = None  # what training has made of the user's last edit
    _before_edit: float | None = None  # where it stood before an edit that is on its way

    @property
    def knob(self) -> PinnedKnob:
        return PinnedKnob(self.target, self.reference, self.along)

    @property
    def value(self) -> float | None:
        """Where the weight stands, in the knob's unit."""
        return None if self.reading is None else self._in_unit(self.reading.value)

    @property
    def initial(self) -> float | None:
        """Where it stood at step 0, in the knob's unit."""
        return None if self.reading is None else self._in_unit(self.reading.initial)

    @property
    def is_held(self) -> bool:
        """Whether some of it is kept from training."""
        return self.reading is not None and self.reading.held > 0.0

    def unread(self, *, same_run: bool) -> Pin:
        """The same knob, not read yet; in the same run its x1 stays what it is."""
        return Pin(self.target, self.kind, self.origin, self.along, self.reference if same_run else None)

    def fits(self, reading: KnobReading) -> bool:
        """Whether the reading is of this knob."""
        return reading.target == self.target and reading.along == self.along

    def read(self, reading: KnobReading, step: int, *, is_past: bool = False) -> None:
        """Take a reading; the first one of a group that has no x1 yet, and is not zero, fixes that, and one after an
        edit begins the story of that. One of the past is no part of the story.
        """
        self.reading = reading
        if self.default is None:
            if self.kind is KnobKind.GAIN and not self.reference:
                self.reference = reading.value
            self.default = 1.0 if self.reference else self.value
        value = self.value
        if value is None or is_past:
            return
        if self._before_edit is not None:
            self.trace = KnobTrace()
            self.trace.edited(step, self._before_edit, value)
            self._before_edit = None
        elif self.trace is not None:
            self.trace.read(step, value)

    def will_change(self, before: float | None) -> None:
        """The user is about to change it from `before`."""
        self._before_edit = before

    def forget_story(self) -> None:
        """Something else has changed it: what training did since the edit cannot be told any more."""
        self.trace = None

    def view(self, layout: Layout, vocabulary: Sequence[str], *, edited: bool) -> KnobView:
        """How its knob shows it."""
        reading = self.reading
        gradient = reading.gradient if reading is not None else None
        if gradient is not None and self.kind is KnobKind.GAIN:
            gradient = gradient * self.reference if self.reference else None
        return KnobView(
            target=self.target,
            title=slice_title(self.target, vocabulary, layout),
            technical=str(self.target),
            scale=knob_scale(self.knob, layout),
            kind=self.kind,
            value=self.value,
            default=self.default,
            spread=reading.spread if reading is not None else None,
            reach=self.reach.nats if self.reach is not None else None,
            edited=edited,
            held=reading.held if reading is not None else 0.0,
            gradient=gradient,
            along_words=along_words(self.along) if self.along is not None else "",
            reads=reads_activation(self.target, layout),
            size=self.target.size(layout),
        )

    def _in_unit(self, value: float) -> float | None:
        if self.kind is not KnobKind.GAIN:
            return value
        return value / self.reference if self.reference else None


def pin(
    target: ParameterSlice,
    layout: Layout,
    origin: Origin,
    along: Direction | None = None,
    reference: float | None = None,
) -> Pin:
    """A knob on `target`, not read yet; for a group `reference` is what counts as x1, None for what it is at the first
    reading. Raises ``ValueError`` when it does not fit the model.
    """
    if target.is_single(layout):
        return Pin(target, KnobKind.SINGLE, origin)
    if along is None:
        return Pin(target, KnobKind.GAIN, origin, reference=reference)
    if along.values.shape != target.shape(layout):
        raise ValueError(f"The direction does not have the shape of {target}.")
    return Pin(target, KnobKind.ALONG, origin, along)
