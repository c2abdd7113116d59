"""What channel strips and clamps do, once more in NumPy: the independent check of ``weightdeck.model.gates``.

Where that one changes activations on their way, this one says what each part writes into the residual stream. They
share the mix, which is plain data, and nothing that works out what it means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.strips import Mix, Neuron, Strip

Floats = NDArray[np.float64]
Means = Mapping[Strip | Neuron, Floats]  # (C,) what a part writes on average; () what a neuron is on average


@dataclass(frozen=True, slots=True)
class Strips:
    """A mix with the means that its muted parts and clamped activations stand at."""

    mix: Mix = field(default_factory=Mix)
    means: Means = field(default_factory=dict)

    def written(self, strip: Strip, out_BTC: Floats) -> Floats:
        """What arrives in the stream of what a part would write."""
        setting = self.mix.of(strip)
        some_solo = any(other.solo for _, other in self.mix.strips)
        if not setting.muted and (setting.solo or not some_solo):
            return setting.gain * out_BTC
        if self.mix.mute_to == "mean":
            return np.broadcast_to(self.means[strip], out_BTC.shape)
        return np.zeros_like(out_BTC)

    def clamped(self, tap: str, value_BTF: Floats) -> Floats:
        """The value of a tap with its clamped features where they are held."""
        for neuron, to in self.mix.clamps:
            if neuron.tap == tap:
                value_BTF = value_BTF.copy()
                value_BTF[..., neuron.feature] = self.means[neuron] if to == "mean" else to
        return value_BTF


ALL_OPEN = Strips()
