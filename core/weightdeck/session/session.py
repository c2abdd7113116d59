"""The window's side of the trainer thread: implements ``weightdeck.run.session.Session``.

This module must stay free of torch at import, so that the window can be up before the engine has loaded.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading

from weightdeck.run.commands import Command, check_command
from weightdeck.run.document import Annotation, NewRun, Place, Source, check_annotation
from weightdeck.run.frame import Delivery, Interest, Pace, Phase, Status
from weightdeck.run.half_step import Breakpoint
from weightdeck.run.layout import Layout, layout
from weightdeck.run.queries import Query
from weightdeck.session import messages
from weightdeck.session.auditor import Auditor
from weightdeck.session.mailbox import Mailbox

log = logging.getLogger(__name__)


class TrainerSession:
    """Owns the trainer thread, its queue and its mailbox. To be used from one thread."""

    def __init__(self, *, audits: bool = False) -> None:
        """With `audits` a process of its own checks a sample of what is shown (``weightdeck.session.auditor``)."""
        self._audits = audits
        self._queue: queue.SimpleQueue[messages.Message] = queue.SimpleQueue()
        self._mailbox = Mailbox()
        self._numbers = itertools.count(1)
        self._layout: Layout | None = None  # of the run; None until a file has told it
        self._thread: threading.Thread | None = None

    @property
    def status(self) -> Status:
        """See ``Session.status``."""
        return self._mailbox.status

    def start(self, source: Source) -> None:
        """Start the thread on `source`; it imports torch, builds or opens the run and waits, paused."""
        assert self._thread is None, "a session starts once"
        if isinstance(source, NewRun):
            self._layout = layout(source.spec.model)
        self._queue.put(messages.OpenRun(source))
        # Not a daemon: a daemon inside torch crashes the interpreter at exit (pytorch#38228).
        self._thread = threading.Thread(target=self._run, name="trainer", daemon=False)
        self._thread.start()

    def submit(self, command: Command) -> int:
        """See ``Session.submit``."""
        if self._layout is not None:
            check_command(command, self._layout)
        number = next(self._numbers)
        self._queue.put(messages.Submit(number, command))
        return number

    def ask(self, query: Query) -> int:
        number = next(self._numbers)
        self._queue.put(messages.Ask(number, query))
        return number

    def cancel(self, number: int) -> None:
        self._queue.put(messages.Cancel(number))

    def play(self, until_step: int | None = None) -> None:
        self._queue.put(messages.Play(until_step))

    def pause(self) -> None:
        self._queue.put(messages.Pause())

    def step_once(self) -> None:
        self._queue.put(messages.StepOnce())

    def next_part(self) -> None:
        self._queue.put(messages.NextPart())

    def set_breakpoints(self, breakpoints: tuple[Breakpoint, ...]) -> None:
        self._queue.put(messages.SetBreakpoints(breakpoints))

    def set_pace(self, pace: Pace) -> None:
        self._queue.put(messages.SetPace(pace))

    def hold(self, held: bool) -> None:
        self._queue.put(messages.Hold(held))

    def reset(self, seed: int | None = None) -> None:
        self._queue.put(messages.Restart(seed))

    def open_run(self, source: Source) -> None:
        self._queue.put(messages.OpenRun(source))

    def seek(self, place: Place) -> None:
        self._queue.put(messages.Seek(place))

    def return_to_now(self) -> None:
        self._queue.put(messages.ReturnToNow())

    def play_from_here(self) -> None:
        self._queue.put(messages.PlayFromHere())

    def switch_to(self, branch: int) -> None:
        self._queue.put(messages.SwitchTo(branch))

    def annotate(self, annotation: Annotation) -> None:
        """See ``Session.annotate``."""
        check_annotation(annotation)
        self._queue.put(messages.Annotate(annotation))

    def watch(self, interest: Interest) -> None:
        self._queue.put(messages.Watch(interest))

    def mark(self) -> None:
        self._queue.put(messages.Mark())

    def take(self) -> Delivery:
        delivery = self._mailbox.take()
        if delivery.run is not None:
            self._layout = delivery.run.layout
        if delivery.frame is not None:
            self._queue.put(messages.Taken())
        return delivery

    def close(self) -> None:
        self._queue.put(messages.Close())

    def join(self, timeout_s: float) -> bool:
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._thread is None or not self._thread.is_alive()

    def _run(self) -> None:
        """The trainer thread."""
        try:
            from weightdeck.session.worker import Worker  # imports torch, in this thread and no other

            auditor = Auditor(self._mailbox.audited) if self._audits else None
            try:
                Worker(self._queue, self._mailbox, auditor).run()
            finally:
                if auditor is not None:
                    auditor.close()
        except Exception as error:
            log.exception("the trainer thread failed")
            notice = (
                f"The engine stopped: {type(error).__name__}: {error}. Close the window and start again; "
                "`weightdeck doctor` shows whether the installation is whole."
            )
            self._mailbox.show_status(Status(Phase.FAILED, notice=notice))
