"""Where the trainer thread leaves what happened and the window picks it up. The only object that both touch."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.audit import AuditReport
from weightdeck.run.frame import METRICS, Delivery, Frame, Phase, Record, RunInfo, Status
from weightdeck.run.journal import JournalEntry
from weightdeck.run.queries import Answer


class Mailbox:
    """Metrics, records, journal entries and answers are kept until taken; of frames only the newest is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._status = Status(Phase.LOADING)
        self._run: RunInfo | None = None
        self._rows: list[tuple[float, ...]] = []
        self._records: list[Record] = []
        self._journal: list[tuple[JournalEntry, str]] = []
        self._frame: Frame | None = None
        self._answers: list[Answer] = []
        self._refused = ""
        self._audit: AuditReport | None = None
        self._wants_frame = True

    # For the trainer thread.

    @property
    def wants_frame(self) -> bool:
        """Whether the window has taken the last frame."""
        return self._wants_frame

    def begin_run(self, info: RunInfo) -> None:
        """A new run: what is left of the old one is of no use to anybody. Where it stands will be told."""
        with self._lock:
            old = self._status
            self._status = Status(Phase.LOADING, run=info.number, pace=old.pace, document=old.document)
            self._run = info
            self._rows = []
            self._records = []
            self._journal = []
            self._frame = None
            self._wants_frame = True

    def add_metrics(self, row: tuple[float, ...]) -> None:
        with self._lock:
            self._rows.append(row)

    def add_history(self, rows: NDArray[np.float64]) -> None:
        """(rows, METRICS) of a run that is taken up again."""
        with self._lock:
            self._rows += map(tuple, rows.tolist())

    def refuse(self, words: str) -> None:
        """What was to be opened was not."""
        with self._lock:
            self._refused = words

    def add_record(self, record: Record) -> None:
        with self._lock:
            self._records.append(record)

    def add_entry(self, entry: JournalEntry, words: str) -> None:
        with self._lock:
            self._journal.append((entry, words))

    def add_answer(self, answer: Answer) -> None:
        with self._lock:
            self._answers.append(answer)

    def show_status(self, status: Status) -> None:
        with self._lock:
            self._status = status

    def publish(self, frame: Frame) -> Frame | None:
        """Leave a frame; returns the one that it replaced, if nobody had taken that."""
        with self._lock:
            replaced, self._frame = self._frame, frame
            self._wants_frame = False
            return replaced

    def audited(self, report: AuditReport) -> None:
        """What has been found in this session by now; comes from the auditor's thread too."""
        with self._lock:
            self._audit = report

    # For the window.

    @property
    def status(self) -> Status:
        """Where the session stands, without taking anything."""
        with self._lock:
            return self._status

    def take(self) -> Delivery:
        """Everything that has come since the last take."""
        with self._lock:
            rows, self._rows = self._rows, []
            records, self._records = self._records, []
            journal, self._journal = self._journal, []
            answers, self._answers = self._answers, []
            frame, self._frame = self._frame, None
            run, self._run = self._run, None
            refused, self._refused = self._refused, ""
            audit, self._audit = self._audit, None
            self._wants_frame = True
            status = self._status
        return Delivery(
            status=status,
            run=run,
            metrics=np.array(rows, dtype=np.float64).reshape(-1, len(METRICS)) if rows else None,
            records=tuple(records),
            journal=tuple(journal),
            frame=frame,
            answers=tuple(answers),
            refused=refused,
            audit=audit,
        )
