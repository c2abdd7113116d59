"""How a quantity lies on a knob: position 0 (fully left) to 1 (fully right), and back.

One scale serves the knob in the window, the sweep that measures its reach and the axis of its response curve.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from weightdeck.run.layout import Layout
from weightdeck.run.slices import Direction, ParameterSlice
from weightdeck.run.spec import HYPERPARAMETERS


class Scale(Protocol):
    """A monotonic map between values and positions on [0, 1]; both directions clamp."""

    def to_position(self, value: float) -> float: ...

    def to_value(self, position: float) -> float: ...


@dataclass(frozen=True, slots=True)
class LinearScale:
    low: float
    high: float

    def to_position(self, value: float) -> float:
        return _clamp((value - self.low) / (self.high - self.low))

    def to_value(self, position: float) -> float:
        return self.low + _clamp(position) * (self.high - self.low)


@dataclass(frozen=True, slots=True)
class LogScale:
    """Even in log(value); `low` must be above 0."""

    low: float
    high: float

    def to_position(self, value: float) -> float:
        if value <= self.low:
            return 0.0
        return _clamp(math.log(value / self.low) / math.log(self.high / self.low))

    def to_value(self, position: float) -> float:
        return float(self.low * (self.high / self.low) ** _clamp(position))


@dataclass(frozen=True, slots=True)
class AsinhScale:
    """Symmetric around 0 at the centre: linear within about `linear`, logarithmic beyond, to +-`limit`."""

    limit: float = 4.0
    linear: float = 0.05

    def to_position(self, value: float) -> float:
        return _clamp(0.5 + 0.5 * math.asinh(value / self.linear) / math.asinh(self.limit / self.linear))

    def to_value(self, position: float) -> float:
        half = math.asinh(self.limit / self.linear)
        return self.linear * math.sinh((2.0 * _clamp(position) - 1.0) * half)


@dataclass(frozen=True, slots=True)
class GainScale:
    """A factor: x1 at the centre, x8 at the right, x1/8 near the left, and from there straight down to 0."""

    most: float = 8.0
    foot: float = 1.0 / 12.0  # share of the turn between 0 and 1/most

    def to_position(self, value: float) -> float:
        if value <= 1.0 / self.most:
            return _clamp(value * self.most) * self.foot
        octaves = math.log(value) / math.log(self.most)  # -1 .. 1
        return _clamp(0.5 + octaves * (0.5 if octaves > 0.0 else 0.5 - self.foot))

    def to_value(self, position: float) -> float:
        position = _clamp(position)
        if position <= self.foot:
            return position / self.foot / self.most
        offset = position - 0.5
        return float(self.most ** (offset / (0.5 if offset > 0.0 else 0.5 - self.foot)))


@dataclass(frozen=True, slots=True)
class PinnedKnob:
    """A slice on the desk: a single number, a group that is scaled, or a group moved along a direction.

    `reference` is the root mean square that counts as x1 for a group that is scaled, fixed when pinned. It is None for
    a group whose first reading has not come yet, and unused for a single number and along a direction.
    """

    target: ParameterSlice
    reference: float | None = None
    along: Direction | None = None


WEIGHT_SCALE = AsinhScale()
LENGTHS = 8.0  # how far a knob along a direction goes, in lengths of its slice
SHORTEST = 0.1  # a slice shorter than this, such as a bias of zeros, goes as far as one of this length
GAIN_SCALE = GainScale()

_HYPERPARAMETER_SCALES: dict[str, Scale] = {
    "learning_rate": LogScale(1e-5, 1.0),
    "min_lr": LogScale(1e-6, 1.0),
    "batch_size": LogScale(1.0, 256.0),
    "weight_decay": LinearScale(0.0, 1.0),
    "grad_clip": LinearScale(0.0, 5.0),
    "dropout": LinearScale(0.0, 0.5),
}


def knob_scale(knob: PinnedKnob, layout: Layout) -> Scale:
    """The scale of a weight knob: the number itself, a gain for a group, or along a direction the inner product with
    it, up to 8 times the slice's length when it was pinned.
    """
    if knob.target.is_single(layout):
        return WEIGHT_SCALE
    if knob.along is None:
        return GAIN_SCALE
    limit = LENGTHS * max(knob.along.length, SHORTEST)
    return AsinhScale(limit, limit / WEIGHT_SCALE.limit * WEIGHT_SCALE.linear)


def hyperparameter_scale(name: str) -> Scale:
    """The scale of a training knob; typed values may go beyond it, up to the hyperparameter's own range."""
    known = _HYPERPARAMETER_SCALES.get(name)
    if known is not None:
        return known
    hyperparameter = HYPERPARAMETERS[name]
    return LinearScale(hyperparameter.minimum, hyperparameter.maximum)


def _clamp(position: float) -> float:
    return min(1.0, max(0.0, position))
