"""Everything of a run that commands can change beside the parameters themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

from weightdeck.run.slices import ParameterSlice, SliceValues
from weightdeck.run.spec import Hyperparameters
from weightdeck.run.strips import Mix, Neuron, Strip


@dataclass(frozen=True, slots=True)
class Controls:
    """Training settings, strips and holds at one moment."""

    hyperparameters: Hyperparameters
    mix: Mix = field(default_factory=Mix)
    held: tuple[ParameterSlice, ...] = ()  # as they were held, oldest first; they may overlap
    # What the parts that the mix mutes to their mean, and the activations that it holds at theirs, stand at: measured
    # when the command came, (n_embd,) for a part and () for an activation.
    means: tuple[tuple[Strip | Neuron, SliceValues], ...] = ()
