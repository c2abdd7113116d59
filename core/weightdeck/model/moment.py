"""A model at one moment, with everything that a prediction needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from weightdeck.model.gates import Gates
from weightdeck.model.transformer import Rows, Tap, forward
from weightdeck.run.spec import ModelSpec


@dataclass(frozen=True, slots=True)
class Moment:
    """Weights and strips after `step` updates. The weights may be live views: then it is the moment of its use."""

    step: int
    model: ModelSpec
    weights: Mapping[str, Tensor]
    gates: Gates | None = None

    def logits(self, rows: Rows, tap: Tap | None = None) -> Tensor:
        """As ``transformer.forward``, through the strips; `tap` is shown what they let through."""
        gates = self.gates
        if gates is None:
            return forward(self.model, self.weights, rows, tap)
        if tap is None:
            return forward(self.model, self.weights, rows, gates)
        shown = tap

        def both(name: str, value: Tensor) -> Tensor:
            return shown(name, gates(name, value))

        return forward(self.model, self.weights, rows, both)
