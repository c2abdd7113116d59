"""The six weight knobs of the desk as plain data: what is pinned, where it stands, how it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from weightdeck.run.frame import KnobReading, Reach
from weightdeck.run.layout import Layout
from weightdeck.run.scales import PinnedKnob, slice_scale
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.words import slice_title
from weightdeck_desktop.panels.weight_knob import KnobView

QUIET_NATS = 0.05  # below this reach, nothing depends on a knob


@dataclass(slots=True)
class Pin:
    """One knob of the desk. Its unit is the number itself, or for a group a gain on `reference`."""

    target: ParameterSlice
    is_single: bool
    is_default: bool  # the desk chose it, not the user
    reference: float | None = None  # root mean square that counts as x1; None before the first reading
    reading: KnobReading | None = None
    default: float | None = None  # where it stood when it was pinned
    reach: Reach | None = None

    @property
    def knob(self) -> PinnedKnob:
        return PinnedKnob(self.target, self.reference)

    @property
    def value(self) -> float | None:
        """Where the weight stands, in the knob's unit."""
        return None if self.reading is None else self._in_unit(self.reading.value)

    @property
    def initial(self) -> float | None:
        """Where it stood at step 0, in the knob's unit."""
        return None if self.reading is None else self._in_unit(self.reading.initial)

    def read(self, reading: KnobReading) -> None:
        """Take a reading; the first one fixes what counts as x1."""
        self.reading = reading
        if self.default is None:
            self.reference = None if self.is_single else reading.value
            self.default = self.value

    def view(self, layout: Layout, vocabulary: Sequence[str], *, edited: bool) -> KnobView:
        """How its knob shows it."""
        return KnobView(
            title=slice_title(self.target, vocabulary),
            technical=str(self.target),
            scale=slice_scale(self.target, layout),
            is_gain=not self.is_single,
            value=self.value,
            default=self.default,
            spread=self.reading.spread if self.reading is not None and self.is_single else None,
            reach=self.reach.nats if self.reach is not None else None,
            edited=edited,
        )

    def _in_unit(self, value: float) -> float | None:
        if self.is_single:
            return value
        return value / self.reference if self.reference else None


def pin(target: ParameterSlice, layout: Layout, *, is_default: bool) -> Pin:
    """A knob on `target`, not read yet. Raises ``ValueError`` when it does not fit the model."""
    target.info(layout)
    return Pin(target, target.is_single(layout), is_default)
