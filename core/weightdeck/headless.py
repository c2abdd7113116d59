"""A run without a window, in the thread that calls."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from weightdeck.probes.recorder import Recorder
from weightdeck.run.commands import Command
from weightdeck.run.document import NewRun, SavedRun, Source
from weightdeck.run.half_step import Stage
from weightdeck.run.history import History
from weightdeck.run.spec import RunSpec
from weightdeck.store.document import RunDocument, Way
from weightdeck.store.failures import FileProblem
from weightdeck.store.opening import give_up, go_on, open_to_write, resume
from weightdeck.training.trainer import StepMetrics, Trainer


class HeadlessRun:
    """A trainer with its history, recorded at the steps at which the window's session records; same results.

    Probe and hash through `trainer`. A run that has a `document` is saved while it trains; it is to be edited with
    `apply`, which writes the command into the document, and to be closed. To be used from one thread.
    """

    def __init__(self, source: RunSpec | Source) -> None:
        """A spec builds a run at step 0 that is kept nowhere, a `NewRun` with a path one with a new document there, and
        a `SavedRun` goes on with one; `notice` has what there is to tell of it.

        Raises ``ValueError`` with a sentence when data and spec do not fit, or the document cannot be opened.
        """
        self.document: RunDocument | None = None
        self.history = History()
        self.notice = ""
        self._redo: Way | None = None
        if isinstance(source, SavedRun):
            self.document, opened = open_to_write(Path(source.path))
            try:
                self.trainer, self._redo, resumed = resume(self.document)
            except ValueError:
                self.document.close()
                raise
            self.notice = " ".join(words for words in (opened, resumed) if words)
            self._recall(self.document)
        else:
            new = source if isinstance(source, NewRun) else NewRun(source)
            self.trainer = Trainer(new.spec)
            if new.path:
                self.document = RunDocument.begin(self.trainer, Path(new.path))
        self._recorder = Recorder(self.trainer)
        if self._redo is None:
            self._record_if_due()

    @property
    def behind(self) -> int:
        """Steps that the document has and no keyframe holds: `redo` makes them again."""
        return 0 if self._redo is None else self._redo.place.step - self.trainer.step

    def redo(self) -> None:
        """Get to where the document was left. The first step or command does it too."""
        if self._redo is None:
            return
        assert self.document is not None
        try:
            while go_on(self._redo, self.trainer):
                pass
            self.document.trains_with(self.trainer.numerics)
        except FileProblem as problem:
            self.notice = give_up(self.document, self.trainer, problem)
            self.history = History()
            self._recall(self.document)
        self._redo = None
        self._record_if_due()

    def apply(self, command: Command) -> None:
        """Carry out a command and write it down. Raises ``ValueError`` with a sentence when it does not fit."""
        self.redo()
        if self.document is not None:
            self.document.before(command, self.trainer)
        self.trainer.apply(command)
        if self.document is not None:
            self.document.commanded(self.trainer.journal.since(len(self.trainer.journal) - 1)[0])

    def step(self) -> StepMetrics:
        """Make one step and return its metrics. Raises ``NotFiniteError`` when the step was not kept."""
        self.redo()
        started_s = time.perf_counter()
        metrics = self.trainer.train_step()
        self.history.add_metrics(np.array([metrics]))
        if self.document is not None:
            self.document.stepped(metrics, self.trainer, time.perf_counter() - started_s)
        self._record_if_due()
        if self.document is not None:
            self.document.tick()
        return metrics

    def train(self, steps: int) -> None:
        """Make `steps` steps, beyond max_iters too. Raises ``NotFiniteError`` at the first that was not kept."""
        for _ in range(steps):
            self.step()

    def close(self) -> None:
        """Save this moment and let the document go."""
        if self.document is None:
            return
        # Who was interrupted within a step has a state that belongs to none.
        if self._redo is None and self.trainer.stage is Stage.NOTHING:
            self.document.keep(self.trainer)
        self.document.close()

    def _recall(self, document: RunDocument) -> None:
        """The history as the document has it."""
        branch = document.branch.number
        self.history.add_metrics(document.metrics(branch))
        for record in document.records(branch):
            self.history.add_record(record)

    def _record_if_due(self) -> None:
        step, newest = self.trainer.step, self.history.newest
        is_there = newest is not None and newest.step == step
        if is_there or not self.trainer.spec.records_at(step):
            return
        record = self._recorder.record()
        self.history.add_record(record)
        if self.document is not None:
            self.document.recorded(record)
