"""A run without a window, in the thread that calls."""

from __future__ import annotations

import numpy as np

from weightdeck.probes.recorder import Recorder
from weightdeck.run.history import History
from weightdeck.run.spec import RunSpec
from weightdeck.training.trainer import StepMetrics, Trainer


class HeadlessRun:
    """A trainer with its history, recorded at the steps at which the window's session records; same results.

    Edit, probe and hash through `trainer`. To be used from one thread.
    """

    def __init__(self, spec: RunSpec) -> None:
        """Build the run at step 0. Raises ``ValueError`` with a sentence when data and spec do not fit."""
        self.trainer = Trainer(spec)
        self.history = History()
        self._recorder = Recorder(self.trainer)
        self._record_if_due()

    def step(self) -> StepMetrics:
        """Make one step and return its metrics. Raises ``NotFiniteError`` when the step was not kept."""
        metrics = self.trainer.train_step()
        self.history.add_metrics(np.array([metrics]))
        self._record_if_due()
        return metrics

    def train(self, steps: int) -> None:
        """Make `steps` steps, beyond max_iters too. Raises ``NotFiniteError`` at the first that was not kept."""
        for _ in range(steps):
            self.step()

    def _record_if_due(self) -> None:
        if self.trainer.spec.records_at(self.trainer.step):
            self.history.add_record(self._recorder.record())
