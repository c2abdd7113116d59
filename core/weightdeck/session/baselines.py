"""The moments that the present one is compared with."""

from __future__ import annotations

from dataclasses import dataclass

from weightdeck.model.moment import Moment
from weightdeck.run.frame import Baseline
from weightdeck.training.trainer import Trainer


@dataclass(slots=True)
class Baselines:
    """Keeps copies of the model for comparison. Owned by the trainer thread; watches only."""

    trainer: Trainer
    _played: Moment | None = None
    _marked: Moment | None = None

    def played(self) -> None:
        """Training starts now."""
        self._played = self.trainer.snapshot()

    def mark(self) -> None:
        self._marked = self.trainer.snapshot()

    def moment(self, baseline: Baseline) -> Moment | None:
        """None where there is none yet."""
        match baseline:
            case Baseline.LAST:
                return self.trainer.without_last()
            case Baseline.PLAY:
                return self._played
            case Baseline.MARK:
                return self._marked
