"""The window's copy of the run: what the session has told of it so far."""

from __future__ import annotations

import math
from bisect import bisect_right

import numpy as np

from weightdeck.run.frame import Baseline, DataCost, Delivery, Frame, Part, Phase, Record, RunInfo, Status
from weightdeck.run.history import History, Smoother
from weightdeck.run.journal import JournalEntry
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.controller.edit_log import EditLog
from weightdeck_desktop.controller.news import News

LOSS_SMOOTHING = 0.9
_FORGOTTEN = 300  # steps after which nothing of a loss is left in the smoothed one


class RunState:
    """Kept by the deck, read by what shows it. Lives on the GUI thread."""

    def __init__(self) -> None:
        self.info: RunInfo | None = None
        self.status = Status(Phase.LOADING)
        self.history = History()
        self.smoother = Smoother(LOSS_SMOOTHING)
        self.log = EditLog()
        self.news = News()
        self.until: int | None = None  # the step of the past that is shown, or on its way; None for now
        self.frame: Frame | None = None  # the newest
        self.cost: DataCost | None = None  # of what is compared with now; None while it is not measured
        self.taken_back: frozenset[ParameterSlice] = (
            frozenset()
        )  # what undo and redo moved in the newest delivery
        self._journal: list[tuple[JournalEntry, str]] = []  # all of the run; `log` has those of what is shown

    def begin(self, info: RunInfo) -> None:
        """A new run: nothing of the last holds."""
        self.info = info
        self.history = History()
        self.smoother = Smoother(LOSS_SMOOTHING)
        self.log.clear()
        self.news.clear()
        self.until = None
        self.frame = None
        self.cost = None
        self._journal.clear()

    def look_at(self, until: int | None) -> None:
        """Another moment is shown from now on: the past after `until` updates, None for now."""
        if until == self.until:
            return
        if until is None or self.until is None:
            self.news.clear()  # what has come for the other of past and now is of no use to this one
            self.cost = None
        shown, self.until = self._entries_shown, until
        if self._entries_shown != shown:
            self.log.clear()
            for entry, words in self._journal[: self._entries_shown]:
                self.log.add(entry, words)

    @property
    def record(self) -> Record | None:
        """The newest record of what is shown."""
        if self.until is None:
            return self.history.newest
        records = self.history.records_until(self.until)
        return records[-1] if records else None

    @property
    def losses(self) -> tuple[float | None, float | None]:
        """Train loss, smoothed, and validation loss of what is shown, nats; None before the first."""
        steps, validation = self.history.validation()
        if self.until is None:
            smoothed = self.smoother.value if len(self.history) else None
        else:
            smoothed = self._smoothed_before(self.until)
            validation = validation[: np.searchsorted(steps, self.until, side="right")]
        return smoothed, float(validation[-1]) if len(validation) else None

    def receive(self, delivery: Delivery, baseline: Baseline) -> set[Part]:
        """Keep what came of the run; returns the parts that a frame brought. `baseline` is what the user compares with
        now: the cost of another one is of no use.
        """
        if delivery.metrics is not None:
            self.history.add_metrics(delivery.metrics)
            for loss in delivery.metrics[:, 1].tolist():
                self.smoother.add(loss)
        for record in delivery.records:
            self.history.add_record(record)
        self._journal += delivery.journal
        moved = [self.log.add(entry, words) for entry, words in delivery.journal]
        self.taken_back = frozenset[ParameterSlice]().union(*moved)
        if delivery.journal:
            self.cost = None  # it was of the change before
        if delivery.frame is None:
            return set()
        self.frame = delivery.frame
        if delivery.frame.cost is not None and delivery.frame.baseline is baseline:
            self.cost = delivery.frame.cost
        elif delivery.frame.predictions is not None and delivery.frame.baseline_step is None:
            self.cost = None  # there is nothing to compare with any more
        return self.news.keep(delivery.frame)

    @property
    def _entries_shown(self) -> int:
        if self.until is None:
            return len(self._journal)
        return bisect_right(self._journal, self.until, key=lambda line: line[0].step)

    def _smoothed_before(self, step: int) -> float | None:
        # The row of a step tells of the model before its update: after k updates the last one is that of step k - 1.
        end = int(np.searchsorted(self.history.metric("step"), step))
        smoother = Smoother(LOSS_SMOOTHING)
        for loss in self.history.metric("train_loss")[max(0, end - _FORGOTTEN) : end].tolist():
            smoother.add(loss)
        return None if math.isnan(smoother.value) else smoother.value
