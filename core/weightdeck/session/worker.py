"""The trainer thread's loop: messages at step boundaries, steps between them, frames when they are wanted."""

from __future__ import annotations

import queue
import time

from weightdeck.run.commands import Command
from weightdeck.run.frame import Interest, Phase, Status
from weightdeck.run.queries import Query
from weightdeck.run.spec import RunSpec
from weightdeck.session import messages
from weightdeck.session.live_run import LiveRun
from weightdeck.session.mailbox import Mailbox
from weightdeck.session.pacer import Pacer
from weightdeck.training.trainer import NotFiniteError

STATUS_INTERVAL_S = 0.05  # while training; every change of phase shows at once
DIVERGING = (
    "The loss is more than half a nat above its best. "
    "If that was not your doing: lower the learning rate, or undo."
)


class Worker:
    """Owns everything in the trainer thread. Made and run there; ends when it is told to close."""

    def __init__(self, inbox: queue.SimpleQueue[messages.Message], mailbox: Mailbox) -> None:
        self._inbox = inbox
        self._mailbox = mailbox
        self._pacer = Pacer()
        self._live: LiveRun | None = None
        self._runs = 0
        self._interest = Interest()
        self._queries: dict[int, Query] = {}
        self._phase = Phase.LOADING
        self._held = False
        self._until_step: int | None = None  # where this play is to pause
        self._beyond_plan = False  # the user went on past max_iters
        self._notice = ""
        self._status_s = 0.0
        self._spent_s = 0.0  # on the step that is half made
        self._threw_away = False  # a command cost the last half step: the next is made to its end

    def run(self) -> None:
        """The loop."""
        while True:
            for message in self._receive():
                if isinstance(message, messages.Close):
                    self._mailbox.show_status(Status(Phase.CLOSED))
                    return
                self._handle(message)
            if self._live is None:
                continue
            if self._is_step_due(self._live):
                self._step(self._live)
            self._answer_one(self._live)
            self._publish_if_wanted(self._live)

    # Waiting

    def _receive(self) -> list[messages.Message]:
        """The messages that are there; waits for one as long as there is nothing else to do."""
        received: list[messages.Message] = []
        wait_s = self._idle_s()
        try:
            if wait_s is None or wait_s > 0.0:
                received.append(self._inbox.get(timeout=wait_s))
            # No more than are there now: somebody who sends all the time must not keep the loop here.
            received.extend(self._inbox.get_nowait() for _ in range(self._inbox.qsize()))
        except queue.Empty:
            pass
        return messages.coalesced(received)

    def _idle_s(self) -> float | None:
        """How long there will be nothing to do; None until a message comes."""
        if self._live is None:
            return None
        if self._queries:
            return 0.0
        now_s = time.monotonic()
        waits: list[float | None] = []
        if self._phase is Phase.TRAINING:
            waits.append(self._pacer.wait_s(now_s))
        if self._mailbox.wants_frame:
            waits.append(self._live.frames.due_in_s(now_s))
        return min((wait for wait in waits if wait is not None), default=None)

    # Messages

    def _handle(self, message: messages.Message) -> None:  # noqa: C901, PLR0912  (one case a message)
        match message:
            case messages.OpenRun(spec):
                self._open(spec)
            case messages.Submit(number, command):
                self._submit(number, command)
            case messages.Ask(number, query):
                self._queries[number] = query
            case messages.Cancel(number):
                self._queries.pop(number, None)
            case messages.Watch(interest):
                self._interest = interest
                if self._live is not None:
                    self._live.frames.watch(interest)
            case messages.Play(until_step):
                self._play(until_step)
            case messages.Pause():
                self._stop(Phase.PAUSED)
            case messages.StepOnce():
                self._stop(Phase.PAUSED)
                if self._live is not None:
                    self._step(self._live, to_the_end=True)
            case messages.SetPace(pace):
                self._pacer.set_pace(pace)
                self._show_status()
            case messages.Hold(held):
                self._hold(held)
            case messages.Mark():
                if self._live is not None:
                    self._live.frames.baselines.mark()
                    self._live.frames.compared_anew()
            case messages.Taken():
                pass  # it only had to wake the loop: a frame is wanted now

    def _open(self, spec: RunSpec) -> None:
        """Begin a run at step 0, paused."""
        self._phase = Phase.LOADING
        self._show_status()
        self._runs += 1
        self._live = LiveRun(spec, self._runs)
        self._queries.clear()
        self._held = False
        self._beyond_plan = False
        self._threw_away, self._spent_s = False, 0.0
        self._notice = ""
        self._pacer.interrupted()
        self._phase = Phase.PAUSED
        self._live.frames.watch(self._interest)
        self._mailbox.begin_run(self._live.info())
        self._record(self._live)
        self._show_status()

    def _submit(self, number: int, command: Command) -> None:
        live = self._live
        if live is None:
            return
        was_half_made = live.is_half_made
        try:
            live.apply(command, number)
        except ValueError as problem:
            self._notice = str(problem)
        else:
            self._notice = ""
            if was_half_made:
                self._threw_away, self._spent_s = True, 0.0
            entry = live.trainer.journal.since(len(live.trainer.journal) - 1)[0]
            self._mailbox.add_entry(entry, live.title_of(command))
        live.frames.commanded(number)
        self._show_status()
        self._publish_now(live)

    def _play(self, until_step: int | None) -> None:
        live = self._live
        if live is None:
            return
        self._until_step = until_step
        if self._phase is Phase.TRAINING:
            return
        self._notice = ""
        live.frames.baselines.played()
        live.frames.compared_anew()
        self._pacer.interrupted()  # a step by hand may have been long ago
        live.speed.interrupted()
        self._beyond_plan = live.trainer.step >= live.trainer.hyperparameters.max_iters
        self._phase = Phase.HELD if self._held else Phase.TRAINING
        self._show_status()

    def _hold(self, held: bool) -> None:
        self._held = held
        if held and self._phase is Phase.TRAINING:
            self._stop(Phase.HELD)
            if self._live is not None:
                self._publish_now(self._live)  # the knob is to be turned from where its weight really stands
        elif not held and self._phase is Phase.HELD:
            self._phase = Phase.TRAINING
            self._show_status()

    def _stop(self, phase: Phase) -> None:
        if self._live is not None:
            self._phase = phase
            self._pacer.interrupted()
            self._live.speed.interrupted()
            self._show_status()

    # Work

    def _is_step_due(self, live: LiveRun) -> bool:
        if self._phase is not Phase.TRAINING:
            return False
        step = live.trainer.step
        if self._until_step is not None and step >= self._until_step:
            self._stop(Phase.PAUSED)
            return False
        planned = live.trainer.hyperparameters.max_iters
        if self._until_step is None and not self._beyond_plan and step >= planned:
            self._stop(Phase.FINISHED)
            return False
        return self._pacer.wait_s(time.monotonic()) == 0.0

    def _step(self, live: LiveRun, *, to_the_end: bool = False) -> None:
        """Make a step; unless it is to go `to_the_end`, messages are looked at between its parts. However many commands
        come, every second half step is finished.
        """
        started_s = time.monotonic() - self._spent_s
        try:
            metrics = live.step(lambda: not (to_the_end or self._threw_away or self._inbox.empty()))
        except NotFiniteError as problem:
            self._spent_s = 0.0
            self._notice = str(problem)
            self._stop(Phase.STOPPED)
            return
        self._spent_s = time.monotonic() - started_s if metrics is None else 0.0
        if metrics is None:
            return
        self._threw_away = False
        self._mailbox.add_metrics(metrics)
        self._record(live)
        now_s = time.monotonic()
        self._pacer.stepped(now_s, full_speed=1.0 / max(now_s - started_s, 1e-9))
        is_pause = self._phase is not Phase.TRAINING or self._pacer.wait_s(now_s) > 0.0
        if is_pause or now_s - self._status_s >= STATUS_INTERVAL_S:
            self._show_status()

    def _record(self, live: LiveRun) -> None:
        record = live.record_if_due()
        if record is not None:
            self._mailbox.add_record(record)

    def _answer_one(self, live: LiveRun) -> None:
        """One question between two steps, the oldest first: training and other questions go on."""
        if self._queries:
            number = next(iter(self._queries))
            self._mailbox.add_answer(live.answer(number, self._queries.pop(number)))

    def _publish_if_wanted(self, live: LiveRun) -> None:
        if self._mailbox.wants_frame and live.frames.due_in_s(time.monotonic()) == 0.0:
            self._show_status()
            self._mailbox.publish(live.frames.build(hurried=False))

    def _publish_now(self, live: LiveRun) -> None:
        """What the hand must see without waiting for the next pick-up."""
        frame = live.frames.build(hurried=True)
        unseen = self._mailbox.publish(frame)
        if unseen is not None:
            live.frames.lost(unseen, instead=frame)

    def _show_status(self) -> None:
        live = self._live
        self._status_s = time.monotonic()
        if live is None:
            self._mailbox.show_status(Status(self._phase, pace=self._pacer.pace, notice=self._notice))
            return
        trainer = live.trainer
        speed = live.speed.steps_per_s
        left = trainer.hyperparameters.max_iters - trainer.step
        self._mailbox.show_status(
            Status(
                phase=self._phase,
                run=self._runs,
                step=trainer.step,
                pace=self._pacer.pace,
                steps_per_s=speed,
                tokens_per_s=live.speed.tokens_per_s,
                seconds_left=left / speed if speed and left >= 0 else None,
                hyperparameters=trainer.hyperparameters,
                mix=trainer.controls.mix,
                held=trainer.controls.held,
                notice=self._notice or (DIVERGING if live.diverging else ""),
                undo_title=live.title_of(trainer.edits.undoable),
                redo_title=live.title_of(trainer.edits.redoable),
                diverging=live.diverging,
            )
        )
