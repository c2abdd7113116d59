"""The window's copy of the run: what the session has told of it so far."""

from __future__ import annotations

from weightdeck.run.frame import Baseline, DataCost, Delivery, Frame, Part, Phase, RunInfo, Status
from weightdeck.run.history import History, Smoother
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.controller.edit_log import EditLog
from weightdeck_desktop.controller.news import News

LOSS_SMOOTHING = 0.9


class RunState:
    """Kept by the deck, read by what shows it. Lives on the GUI thread."""

    def __init__(self) -> None:
        self.info: RunInfo | None = None
        self.status = Status(Phase.LOADING)
        self.history = History()
        self.smoother = Smoother(LOSS_SMOOTHING)
        self.log = EditLog()
        self.news = News()
        self.frame: Frame | None = None  # the newest
        self.cost: DataCost | None = None  # of what is compared with now; None while it is not measured
        self.taken_back: frozenset[ParameterSlice] = (
            frozenset()
        )  # what undo and redo moved in the newest delivery

    def begin(self, info: RunInfo) -> None:
        """A new run: nothing of the last holds."""
        self.info = info
        self.history = History()
        self.smoother = Smoother(LOSS_SMOOTHING)
        self.log.clear()
        self.news.clear()
        self.frame = None
        self.cost = None

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
