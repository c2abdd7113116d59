"""The trainer thread's loop: messages at step boundaries, steps between them, frames when they are wanted."""

from __future__ import annotations

import queue
import time
from dataclasses import replace

from weightdeck.run.commands import Command
from weightdeck.run.document import NewRun, Source
from weightdeck.run.frame import Interest, Phase, Status
from weightdeck.run.half_step import HalfStep
from weightdeck.run.queries import SaveFile
from weightdeck.session import messages
from weightdeck.session.answering import Answering
from weightdeck.session.auditor import Auditor
from weightdeck.session.mailbox import Mailbox
from weightdeck.session.open_document import OpenDocument
from weightdeck.session.stepping import Stepper
from weightdeck.training.trainer import NotFiniteError

STATUS_INTERVAL_S = 0.05  # while training; every change of phase shows at once
IN_THE_PAST = (
    "A moment of the past is shown: nothing can be changed there. "
    "Go back to now with Esc, or choose “Play from here” to begin a branch."
)
THREW_AWAY = (
    "The step in hand was begun with other weights, so it was thrown away. "
    "The next one begins with its forward part, on the same batch."
)


class Worker:
    """Owns everything in the trainer thread. Made and run there; ends when it is told to close."""

    def __init__(
        self, inbox: queue.SimpleQueue[messages.Message], mailbox: Mailbox, auditor: Auditor | None = None
    ) -> None:
        self._inbox = inbox
        self._mailbox = mailbox
        self._auditor = auditor
        self._stepper = Stepper(lambda: not inbox.empty())
        self._pacer = self._stepper.pacer
        self._open: OpenDocument | None = None
        # What came while the run was on its way to where it was left.
        self._deferred: list[messages.Message] = []
        self._interest = Interest()
        self._answering = Answering()
        self._phase = Phase.LOADING
        self._held = False
        self._notice = ""
        self._status_s = 0.0
        self._waits = False  # training goes on when the window is back from the past

    def run(self) -> None:
        """The loop."""
        while True:
            for message in self._receive():
                if isinstance(message, messages.Close):
                    self._close()
                    return
                self._handle(message)
            if self._open is None:
                continue
            if self._open.is_moving:
                self._advance(self._open)
            elif self._is_step_due(self._open):
                self._step(self._open)
            self._answer_one(self._open)
            if self._open.document.tick():
                self._show_status()
            self._publish_if_wanted(self._open)
            if self._auditor is not None:
                self._auditor.tick(self._open.shown.trainer)

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
        opened = self._open
        if opened is None:
            return None
        if self._answering or opened.is_moving:
            return 0.0
        now_s = time.monotonic()
        waits: list[float | None] = [opened.document.due_in_s]
        if self._phase is Phase.TRAINING:
            waits.append(self._pacer.wait_s(now_s))
        if self._mailbox.wants_frame:
            waits.append(opened.shown.frames.due_in_s(now_s))
        if self._auditor is not None:
            waits.append(self._auditor.due_in_s(now_s))
        return min((wait for wait in waits if wait is not None), default=None)

    # Messages

    def _handle(self, message: messages.Message) -> None:
        opened = self._open
        match message:
            case messages.OpenRun(source):
                self._take_up(source)
            case messages.Watch(interest):
                self._interest = interest
                if opened is not None:
                    opened.watch(interest)
            case messages.Ask(number, query):
                self._answering.ask(number, query)
            case messages.Cancel(number):
                self._answering.cancel(number)
            case messages.SetPace(pace):
                self._pacer.set_pace(pace)
                self._show_status()
            case messages.SetBreakpoints(breakpoints):
                self._stepper.breakpoints.all = breakpoints
                self._show_status()
            case messages.Taken():
                pass  # it only had to wake the loop: a frame is wanted now
            case _:
                # What is written about a run needs no moment of it.
                if opened is not None and opened.is_redoing and not isinstance(message, messages.Annotate):
                    self._deferred.append(message)
                elif opened is not None:
                    self._handle_run(opened, message)

    def _handle_run(self, opened: OpenDocument, message: messages.Message) -> None:
        """Messages for the run that is open."""
        match message:
            case messages.Submit(number, command):
                self._submit(opened, number, command)
            case messages.Play() if opened.is_leaving:
                self._deferred.append(message)
            case messages.Play(until_step):
                self._play(opened, until_step)
            case messages.Pause():
                self._waits = False
                self._deferred.clear()
                self._pause(opened)
            case messages.StepOnce() | messages.NextPart():
                self._step_by_hand(opened, one_part=isinstance(message, messages.NextPart))
            case messages.Hold(held):
                self._hold(opened, held)
            case messages.Mark():
                opened.shown.frames.baselines.mark()
                opened.shown.frames.compared_anew()
            case _:
                self._go(opened, message)

    def _go(self, opened: OpenDocument, message: messages.Message) -> None:
        """Messages about the document: its moments, branches and notes."""
        was_training = self._phase in (Phase.TRAINING, Phase.HELD)
        if not isinstance(message, messages.Annotate):
            self._stop(opened, Phase.PAUSED)
            self._deferred.clear()
        self._notice = ""
        number = opened.number
        try:
            match message:
                case messages.Seek(place):
                    self._waits = self._waits if opened.past is not None else was_training
                    opened.seek(place)
                case messages.ReturnToNow():
                    opened.return_to_now()
                    self._phase = opened.phase_at_rest
                    if self._waits or was_training:
                        self._phase = Phase.HELD if self._held else Phase.TRAINING
                    self._waits = False
                case messages.PlayFromHere():
                    opened.play_from_here()
                case messages.SwitchTo(branch):
                    opened.switch_to(branch)
                case messages.Restart(seed):
                    opened.restart(seed)
                case messages.Annotate(annotation):
                    opened.annotate(annotation)
        except ValueError as problem:
            self._notice = str(problem)
        if opened.number != number:
            self._rewound()
        self._show_status()
        if not isinstance(message, messages.Annotate):
            self._publish(opened)

    def _take_up(self, source: Source) -> None:
        """Open another document; what cannot be opened leaves the present one as it is."""
        if self._open is not None and self._open.is_at(source):
            self._mailbox.refuse("This run is open already.")
            return
        phase, self._phase = self._phase, Phase.LOADING
        self._show_status()
        number = 1 if self._open is None else self._open.number + 1
        try:
            opened = OpenDocument(source, self._mailbox, self._interest, number)
        except ValueError as problem:
            if self._open is None and isinstance(source, NewRun):
                raise  # there is nothing else to show
            self._phase = phase
            self._mailbox.refuse(str(problem))
            self._show_status()
            return
        lost = "" if self._open is None else self._open.close()
        self._open = opened
        self._answering.clear()
        self._deferred.clear()
        self._rewound()
        self._notice = f"{lost} {opened.notice}".strip()
        self._phase = opened.phase_at_rest
        self._show_status()

    def _rewound(self) -> None:
        """Another run trains: nothing of the last one's transport holds."""
        self._held = False
        self._waits = False
        self._stepper.rewound()

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._mailbox.show_status(Status(Phase.CLOSED))

    def _submit(self, opened: OpenDocument, number: int, command: Command) -> None:
        was_half_made = opened.live.is_half_made
        try:
            if opened.past is not None:
                raise ValueError(IN_THE_PAST)
            opened.apply(command, number)
        except ValueError as problem:
            self._notice = str(problem)
        else:
            self._notice = THREW_AWAY if was_half_made and self._shows_half else ""
            if was_half_made:
                self._stepper.threw_away()
        opened.shown.frames.commanded(number)
        self._show_status()
        self._publish(opened, hurried=True)

    def _play(self, opened: OpenDocument, until_step: int | None) -> None:
        if opened.past is not None:
            self._notice = IN_THE_PAST
            self._show_status()
            return
        self._stepper.until_step = until_step
        if self._phase is Phase.TRAINING:
            return
        self._notice = ""
        live = opened.live
        live.frames.baselines.played()
        live.frames.compared_anew()
        self._pacer.interrupted()  # a step by hand may have been long ago
        live.speed.interrupted()
        self._stepper.beyond_plan = live.trainer.step >= live.trainer.hyperparameters.max_iters
        self._phase = Phase.HELD if self._held else Phase.TRAINING
        self._show_status()

    def _hold(self, opened: OpenDocument, held: bool) -> None:
        self._held = held
        if held and self._phase is Phase.TRAINING:
            self._stop(opened, Phase.HELD)
            self._publish(opened, hurried=True)  # the knob is to be turned from where its weight stands
        elif not held and self._phase is Phase.HELD:
            self._phase = Phase.TRAINING
            self._show_status()

    def _pause(self, opened: OpenDocument) -> None:
        """Pause; but for slow motion between two steps."""
        if self._phase is Phase.TRAINING and opened.live.is_half_made and not self._pacer.pace.by_parts:
            self._step(opened, to_the_end=True)
        if self._phase is not Phase.STOPPED:
            self._stop(opened, Phase.PAUSED)

    def _stop(self, opened: OpenDocument, phase: Phase) -> None:
        was_training, self._phase = self._phase is Phase.TRAINING, phase
        self._pacer.interrupted()
        opened.live.speed.interrupted()
        if was_training and phase is not Phase.HELD:
            opened.rested()
        self._show_status()

    # Work

    def _advance(self, opened: OpenDocument) -> None:
        """One step of a way through the document; at its end what is there is shown at once."""
        number = opened.number
        if not opened.advance():
            return
        if self._phase is Phase.LOADING:
            self._phase = opened.phase_at_rest
            if opened.number != number:
                self._notice = opened.notice  # it could not be redone to its end
        elif opened.number != number:
            self._rewound()
        deferred, self._deferred = self._deferred, []
        for message in deferred:
            self._handle(message)
        self._show_status()
        self._publish(opened)

    def _is_step_due(self, opened: OpenDocument) -> bool:
        if self._phase is not Phase.TRAINING:
            return False
        stop = self._stepper.reason_to_stop(opened.live)
        if stop is not None:
            self._notice = stop.notice
            self._stop(opened, stop.phase)
            return False
        return self._pacer.wait_s(time.monotonic()) == 0.0

    def _step_by_hand(self, opened: OpenDocument, *, one_part: bool) -> None:
        self._notice = "" if opened.past is None else IN_THE_PAST  # what was said before is done with
        if one_part:
            self._pause(opened)
        else:
            self._stop(opened, Phase.PAUSED)
        if not self._notice:  # the end of the step in hand may have met a breakpoint
            self._step(opened, to_the_end=not one_part, one_part=one_part)

    def _step(self, opened: OpenDocument, *, to_the_end: bool = False, one_part: bool = False) -> None:
        """Make a step, or a part of one (see `Stepper.make`)."""
        one_part |= self._pacer.pace.by_parts and not to_the_end
        try:
            made = self._stepper.make(opened.live, to_the_end=to_the_end, one_part=one_part)
        except NotFiniteError as problem:
            self._notice = str(problem)
            self._stop(opened, Phase.STOPPED)
            return
        if made.metrics is not None:
            self._mailbox.add_metrics(made.metrics)
            opened.stepped(made.metrics, made.seconds)
        if made.met:
            self._notice = made.met
            self._stop(opened, Phase.PAUSED)
        now_s = time.monotonic()
        is_pause = self._phase is not Phase.TRAINING or self._pacer.wait_s(now_s) > 0.0
        if is_pause or now_s - self._status_s >= STATUS_INTERVAL_S:
            self._show_status()

    def _answer_one(self, opened: OpenDocument) -> None:
        for answer in self._answering.advance(opened):
            self._mailbox.add_answer(answer)
            if isinstance(answer.query, SaveFile):
                self._show_status()

    def _publish_if_wanted(self, opened: OpenDocument) -> None:
        frames = opened.shown.frames
        is_due = frames.due_in_s(time.monotonic()) == 0.0
        if self._mailbox.wants_frame and is_due and not opened.is_moving:
            self._show_status()
            self._publish(opened)

    def _publish(self, opened: OpenDocument, *, hurried: bool = False) -> None:
        """Show the present moment; `hurried`: what the hand must see without waiting for the next pick-up."""
        frames = opened.shown.frames
        frame = frames.build(hurried=hurried)
        unseen = self._mailbox.publish(frame)
        if hurried and unseen is not None:
            frames.lost(unseen, instead=frame)
        if self._auditor is not None:
            self._auditor.shown(frame, opened.shown.trainer)

    @property
    def _shows_half(self) -> bool:
        """Whether anybody can see how far the step in hand is: at full speed it has gone on long since."""
        return self._phase not in (Phase.TRAINING, Phase.HELD) or self._pacer.pace.by_parts

    def _show_status(self) -> None:
        opened = self._open
        self._status_s = time.monotonic()
        if opened is None:
            status = Status(self._phase, pace=self._pacer.pace, notice=self._notice)
        else:
            half = opened.live.trainer.half if self._shows_half else HalfStep()
            status = replace(
                opened.status(self._phase, self._pacer.pace, self._notice),
                half=half,
                breakpoints=self._stepper.breakpoints.all,
            )
        self._mailbox.show_status(status)
