"""A whole state of a run, to keep and to go back to, bit for bit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.controls import Controls
from weightdeck.training.edits import EditHistory


@dataclass(frozen=True, slots=True)
class Keyframe:
    """Everything that decides how a run goes on. Owns its memory, but for the entries of its edit history, which never
    change.
    """

    step: int
    entries: int  # journal entries from step 0 on that it includes
    # (3, parameters): weights and both moments as ``Parameters.packed`` orders them, each tensor once, no padding.
    state: NDArray[np.float32]
    controls: Controls
    edits: EditHistory = field(default_factory=EditHistory)

    @property
    def weights_sha256(self) -> str:
        """The same as the trainer's at this moment."""
        return hashlib.sha256(self.state[0].astype("<f4", copy=False).tobytes()).hexdigest()

    @property
    def state_sha256(self) -> str:
        """The same as the trainer's at this moment."""
        digest = hashlib.sha256(self.state.astype("<f4", copy=False).tobytes())
        digest.update(self.step.to_bytes(8, "little"))
        return digest.hexdigest()
