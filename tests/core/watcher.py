"""The window's part in tests of the session: takes what comes and waits for what should."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import numpy as np

from weightdeck.run.frame import Delivery, Frame, Part, Phase, Record, RunInfo
from weightdeck.run.journal import JournalEntry
from weightdeck.run.layout import EMBEDDING
from weightdeck.run.queries import Answer, ReadSlice
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.session import TrainerSession
from weightdeck.training.trainer import Trainer

DEADLINE_S = 60.0
ONE = ParameterSlice(EMBEDDING, (3, 2))
ROW = ParameterSlice(EMBEDDING, (3,))
ALL_PARTS = frozenset(Part)


class Watcher:
    """The window's part: takes deliveries and keeps what came of the present run."""

    def __init__(self) -> None:
        self.session = TrainerSession()
        self.runs: list[RunInfo] = []
        self.phases: list[Phase] = []
        self.frames: list[Frame] = []
        self.answers: dict[int, Answer] = {}
        self.refused: list[str] = []
        self._begin()

    def _begin(self) -> None:
        self.rows = np.empty((0, 5))
        self.records: list[Record] = []
        self.journal: list[JournalEntry] = []
        self.frames.clear()

    def take(self) -> Delivery:
        time.sleep(
            0
        )  # a loop that keeps the interpreter lock makes each of the trainer's torch calls wait 5 ms for it
        delivery = self.session.take()
        self.status = delivery.status
        if not self.phases or self.phases[-1] is not delivery.status.phase:
            self.phases.append(delivery.status.phase)
        if delivery.run is not None:
            self._begin()
            self.runs.append(delivery.run)
        if delivery.metrics is not None:
            self.rows = np.concatenate([self.rows, delivery.metrics])
        self.records += delivery.records
        self.journal += [entry for entry, _ in delivery.journal]
        if delivery.frame is not None:
            self.frames.append(delivery.frame)
        if delivery.refused:
            self.refused.append(delivery.refused)
        for answer in delivery.answers:
            assert answer.number not in self.answers
            self.answers[answer.number] = answer
        return delivery

    def until(self, holds: Callable[[], bool]) -> None:
        end_s = time.monotonic() + DEADLINE_S
        while True:
            self.take()
            if holds():
                return
            assert self.status.phase is not Phase.FAILED, self.status.notice
            assert time.monotonic() < end_s, f"still {self.status}"
            time.sleep(0.001)

    def until_phase(self, phase: Phase) -> None:
        self.until(lambda: self.status.phase is phase)

    def until_step(self, step: int) -> None:
        self.until(lambda: self.status.step >= step and len(self.rows) >= step)

    def ask(self, target: ParameterSlice) -> Answer:
        """Ask and wait: everything that was sent before has been dealt with then."""
        number = self.session.ask(ReadSlice(target))
        self.until(lambda: number in self.answers)
        return self.answers[number]

    def weights_sha256(self) -> str:
        digest = hashlib.sha256()
        for info in self.runs[-1].layout.tensors:
            value = self.ask(ParameterSlice(info.name)).value
            assert isinstance(value, np.ndarray)
            digest.update(value.astype("<f4").tobytes())
        return digest.hexdigest()

    def newest(self, part: Part) -> Frame:
        """The newest frame with this part."""
        return next(frame for frame in reversed(self.frames) if getattr(frame, part.value) is not None)


def headless(spec: RunSpec, steps: int) -> str:
    trainer = Trainer(spec)
    for _ in range(steps):
        trainer.train_step()
    return trainer.weights_sha256()
