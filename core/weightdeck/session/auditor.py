"""Has a sample of what the window shows computed again by another process, without ever keeping training waiting."""

from __future__ import annotations

import logging
import pickle
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from weightdeck.run.audit import MOST_MISMATCHES, AuditReport
from weightdeck.run.frame import Frame
from weightdeck.run.journal import Journal
from weightdeck.session.audit_process import AuditProcess
from weightdeck.session.audit_task import AuditTask, Findings, sample, shows_taps

if TYPE_CHECKING:
    from weightdeck.training.trainer import Trainer

log = logging.getLogger(__name__)

FIRST_S = 2.0  # before the first check: the engine and the first picture have the processor for themselves
INTERVAL_S = 1.0  # between two checks, at least
REST = 20.0  # times as long as it computed the process rests: 5 % of a processor core
HUNG_S = 180.0  # a check that takes longer will not end
MOST_PARAMETERS = 4_000_000  # a check takes seconds there, and the copy of the weights milliseconds

TOO_LARGE = (
    f"This model is too large to be checked while it runs: it has more than {MOST_PARAMETERS:,} parameters."
)
CANNOT_START = "The process that checks the numbers could not be started: {0}."
ENDED = "The process that checks the numbers has ended unexpectedly. Open the window anew to have it back."
HUNG = f"The process that checks the numbers has not answered for {HUNG_S:.0f} seconds and was ended."


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A frame that is on the screen, and the moment that it shows."""

    frame: Frame
    trainer: Trainer
    journal: Journal
    step: int
    commands: int

    def is_of(self, trainer: Trainer) -> bool:
        """Whether `trainer` is where it was then: nothing but steps and commands changes what prompts give, but for a
        way to another moment, perhaps of another branch, which begins a journal of its own.
        """
        is_same = trainer is self.trainer and trainer.journal is self.journal
        return is_same and (trainer.step, len(trainer.journal)) == (self.step, self.commands)


@dataclass(frozen=True, slots=True)
class _Handed:
    """A frame, of which a sample is to be drawn, and the model that made it."""

    frame: Frame
    task: AuditTask  # without numbers yet


class Auditor:
    """One check at a time: of what is shown meanwhile only the newest waits, and only while it is the present moment.

    The trainer thread hands over and goes on; all it pays is a copy of the weights, when a check is due. A thread of
    its own, without torch, starts the process with the first check, feeds it and hears what it found. Whatever becomes
    of the process ends as the report's `problem`.
    """

    def __init__(self, tell: Callable[[AuditReport], None]) -> None:
        """`tell` gets every new report, in either thread."""
        self._tell = tell
        self._state = threading.Condition()  # guards everything below but what is the trainer thread's
        self._report = AuditReport()
        self._handed: _Handed | None = None
        self._handed_s: float | None = None  # when the check in hand was handed over; None: at rest
        self._due_s = time.monotonic() + FIRST_S
        self._process: AuditProcess | None = None
        self._is_over = False  # closed, or nothing can be checked any more
        self._is_hung = False
        # The trainer thread's:
        self._thread: threading.Thread | None = None
        self._waiting: _Waiting | None = None

    # For the trainer thread.

    def shown(self, frame: Frame, trainer: Trainer) -> None:
        """A frame was published; `trainer` is at its moment."""
        self._end_if_hung()
        if self._is_over or not shows_taps(frame):
            return
        if trainer.parameters.layout.num_parameters > MOST_PARAMETERS:
            self._waiting = None
            with self._state:
                if self._report.problem != TOO_LARGE:
                    self._report_anew(problem=TOO_LARGE)
            return
        self._waiting = _Waiting(frame, trainer, trainer.journal, trainer.step, len(trainer.journal))
        self.tick(trainer)

    def tick(self, trainer: Trainer) -> None:
        """Hand over what waits, if it is due and `trainer` is still at its moment."""
        waiting = self._waiting
        if waiting is None:
            return
        if self._is_over or not waiting.is_of(trainer):
            self._waiting = None
        elif self.due_in_s(time.monotonic()) == 0.0:
            self._waiting = None
            self._hand_over(_Handed(waiting.frame, _model_of(trainer)))

    def due_in_s(self, now_s: float) -> float | None:
        """Seconds until `tick` has something to do; None when nothing waits."""
        if self._waiting is None:
            return None
        with self._state:
            return INTERVAL_S if self._handed_s is not None else max(0.0, self._due_s - now_s)

    def close(self) -> None:
        """End thread and process, whatever they do."""
        with self._state:
            self._is_over = True
            self._state.notify()
            if self._process is not None:
                self._process.kill()
        if self._thread is not None:
            self._thread.join()

    def _hand_over(self, handed: _Handed) -> None:
        with self._state:
            self._handed, self._handed_s = handed, time.monotonic()
            self._state.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="audit")
            self._thread.start()

    def _end_if_hung(self) -> None:
        with self._state:
            if self._handed_s is not None and time.monotonic() - self._handed_s > HUNG_S and self._process:
                self._is_hung = True
                self._process.kill()  # the thread that waits for it sees its end

    # The thread of its own.

    def _run(self) -> None:
        process: AuditProcess | None = None
        try:
            process = AuditProcess()
            with self._state:
                self._process = process
            self._feed(process)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            self._failed(CANNOT_START.format(error) if process is None else HUNG if self._is_hung else ENDED)
        finally:
            with self._state:
                self._process = None
            if process is not None:
                process.end()

    def _feed(self, process: AuditProcess) -> None:
        generator = np.random.default_rng(0)  # of the check alone
        while (handed := self._next()) is not None:
            task = replace(handed.task, shown=sample(handed.frame, generator))
            findings, seconds = process.check(task)
            self._found(task.step, findings, seconds)

    def _next(self) -> _Handed | None:
        """Wait for the next; None when it is over."""
        with self._state:
            self._state.wait_for(lambda: self._handed is not None or self._is_over)
            handed, self._handed = self._handed, None
            return None if self._is_over else handed

    def _found(self, step: int, findings: Findings, seconds: float) -> None:
        for mismatch in findings.mismatches:
            log.error("a number that was shown is wrong: %s", mismatch)
        with self._state:
            self._handed_s = None
            self._due_s = time.monotonic() + max(INTERVAL_S, REST * seconds)
            old = self._report
            self._report_anew(
                checked=old.checked + findings.checked,
                worst=max(old.worst, findings.worst),
                step=step,
                mismatches=(*old.mismatches, *findings.mismatches)[-MOST_MISMATCHES:],
                problem="",
                wrong=old.wrong + findings.wrong,
                passed_over=old.passed_over + findings.passed_over,
            )

    def _failed(self, problem: str) -> None:
        with self._state:
            if self._is_over:
                return  # it was ended by `close`
            self._is_over = True
            log.warning("%s", problem)
            self._report_anew(problem=problem)

    def _report_anew(self, **changes: object) -> None:
        self._report = replace(self._report, **changes)  # type: ignore[arg-type]
        self._tell(self._report)


def _model_of(trainer: Trainer) -> AuditTask:
    """The model as it is now, without numbers."""
    controls = trainer.controls
    weights = trainer.parameters.flat.numpy().copy()
    return AuditTask(trainer.step, trainer.spec.model, weights, controls.mix, controls.means, ())
