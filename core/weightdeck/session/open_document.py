"""The document that is open: the run that trains, the moment that is shown, and the ways between them."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path

from weightdeck.run.commands import Command
from weightdeck.run.document import Annotation, NewRun, Past, Place, Saving, SetBookmark, Source
from weightdeck.run.frame import Interest, Pace, Phase, Status
from weightdeck.run.queries import Answer, SaveFile
from weightdeck.session.live_run import LiveRun
from weightdeck.session.mailbox import Mailbox
from weightdeck.session.travel import Travel
from weightdeck.store.document import RunDocument, Way
from weightdeck.store.failures import CannotSave, FileProblem
from weightdeck.store.opening import give_up, go_on, open_document, resume
from weightdeck.training.trainer import StepMetrics, Trainer

DIVERGING = (
    "The loss is more than half a nat above its best. "
    "If that was not your doing: lower the learning rate, or undo."
)


class Arrival(Enum):
    """What is to be done when a travel has come to its place."""

    LOOK = "look"
    BRANCH = "branch"
    SWITCH = "switch"


class OpenDocument:
    """Owned by the trainer thread. Raises ``ValueError`` with a sentence for what cannot be; then all is as before."""

    def __init__(self, source: Source, mailbox: Mailbox, interest: Interest, number: int) -> None:
        """Open it; `number` counts the runs of the session. `notice` has what there is to tell."""
        self._mailbox = mailbox
        self._interest = interest
        self._travel: Travel | None = None
        self._arrival = Arrival.LOOK
        self._redo: Way | None = None  # what is left to compute again after opening
        self.notice = ""
        if isinstance(source, NewRun):
            trainer = Trainer(source.spec)
            self._document = RunDocument.begin(trainer, Path(source.path) if source.path else None)
        else:
            self._document, opened = open_document(Path(source.path))
            try:
                trainer, self._redo, resumed = resume(self._document)
            except ValueError:
                self._document.close()
                raise
            self.notice = " ".join(words for words in (opened, resumed) if words)
        self.number = number - 1
        self._take_up(LiveRun(trainer))

    # The run that trains

    def stepped(self, metrics: StepMetrics, seconds: float) -> None:
        """The live run has made a step, which took `seconds`."""
        self._document.stepped(metrics, self.live.trainer, seconds)
        self.record_if_due()

    def record_if_due(self) -> None:
        """Record the present moment, if it is one at which the run is recorded and it was not yet."""
        if self._document.has_record(self._document.head):
            return
        record = self.live.record_if_due()
        if record is not None:
            self._document.recorded(record)
            self._mailbox.add_record(record)

    def apply(self, command: Command, number: int) -> None:
        """Carry out a command: when this returns it is journalled on the disk."""
        self._document.before(command, self.live.trainer)
        self.live.apply(command, number)
        entry = self.live.trainer.journal.since(len(self.live.trainer.journal) - 1)[0]
        self._document.commanded(entry)
        self._mailbox.add_entry(entry, self.live.title_of(command))

    def rested(self) -> None:
        """Training stopped: a good moment for a keyframe."""
        if self._redo is None:
            self._document.keep(self.live.trainer)

    # The moment that is shown

    @property
    def shown(self) -> LiveRun:
        return self.live if self._travel is None else self._travel.run

    @property
    def place(self) -> Place:
        """Where the moment that is shown lies; on the way to another place, that place."""
        return self._document.head if self._travel is None else self._travel.place

    @property
    def past(self) -> Past | None:
        return None if self._travel is None else self._travel.past

    @property
    def is_redoing(self) -> bool:
        """Whether the run that trains is on its way to where it was left."""
        return self._redo is not None

    @property
    def is_leaving(self) -> bool:
        """Whether a branch will be taken up as soon as its moment is there."""
        return self._travel is not None and self._arrival is not Arrival.LOOK

    @property
    def is_moving(self) -> bool:
        """Whether `advance` has something to do."""
        return self._redo is not None or (self._travel is not None and self._travel.is_moving)

    def advance(self) -> bool:
        """One step of the way; whether it came to its end."""
        if self._redo is not None:
            try:
                if go_on(self._redo, self.live.trainer):
                    self.live.frames.stepped()
                    return False
            except FileProblem as problem:
                self.notice = give_up(self._document, self.live.trainer, problem)
                self._redo = None
                self._take_up(self.live)
                return True
            self._redo = None
            self._document.trains_with(self.live.trainer.numerics)
            self.record_if_due()
            return True
        assert self._travel is not None
        self._travel.advance()
        if self._travel.is_moving:
            return False
        self._arrive()
        return True

    def seek(self, place: Place) -> None:
        """Show another moment."""
        self._document.flush()
        self._travel_to(place, Arrival.LOOK)

    def return_to_now(self) -> None:
        self._travel = None
        self.live.frames.moved()

    def play_from_here(self) -> None:
        """Go on from the moment that is shown, on a branch of its own, as soon as it is there exactly."""
        if self._travel is None:
            return
        place = self._travel.place
        if place == self._document.head:
            self.return_to_now()
            return
        is_head = place == self._document.head_of(place.branch)
        self._arrival = Arrival.SWITCH if is_head else Arrival.BRANCH
        if not self._travel.is_moving:
            self._arrive()

    def switch_to(self, branch: int) -> None:
        """Go on with another branch, as soon as its newest moment is there."""
        if branch == self._document.branch.number:
            self.return_to_now()
            return
        self._document.flush()
        self._travel_to(self._document.head_of(branch), Arrival.SWITCH)

    def restart(self, seed: int | None) -> None:
        """A branch at step 0; another seed than the run's makes one of its own."""
        spec = self.live.trainer.spec
        is_same = seed is None or seed == spec.seed
        is_untouched = self.live.trainer.step == 0 and not len(self.live.trainer.journal)
        trainer = Trainer(spec if seed is None else spec.with_seed(seed))
        if not (is_same and is_untouched):
            self._document.fork(trainer, Place(self._document.branch.number, 0) if is_same else None)
        self._take_up(LiveRun(trainer))

    @property
    def phase_at_rest(self) -> Phase:
        """Where the run stands while it does not train."""
        if self._redo is not None:
            return Phase.LOADING
        trainer = self.live.trainer
        return Phase.FINISHED if trainer.step >= trainer.hyperparameters.max_iters else Phase.PAUSED

    def status(self, phase: Phase, pace: Pace, notice: str) -> Status:
        """Where the run stands; settings and strips are those of the moment that is shown."""
        live, shown = self.live, self.shown.trainer
        trainer = live.trainer
        speed = live.speed.steps_per_s
        left = trainer.hyperparameters.max_iters - trainer.step
        is_now = shown is trainer
        return Status(
            phase=phase,
            run=self.number,
            step=trainer.step,
            pace=pace,
            steps_per_s=speed,
            tokens_per_s=live.speed.tokens_per_s,
            seconds_left=left / speed if speed and left >= 0 else None,
            hyperparameters=shown.hyperparameters,
            mix=shown.controls.mix,
            held=shown.controls.held,
            notice=notice or (DIVERGING if live.diverging else ""),
            undo_title=live.title_of(trainer.edits.undoable) if is_now else "",
            redo_title=live.title_of(trainer.edits.redoable) if is_now else "",
            diverging=live.diverging,
            document=self._document.status,
            past=self.past,
        )

    def watch(self, interest: Interest) -> None:
        self._interest = interest
        self.live.frames.watch(interest)
        if self._travel is not None:
            self._travel.run.frames.watch(interest)

    # The file

    def is_at(self, source: Source) -> bool:
        """Whether this is the document that a source names."""
        if isinstance(source, NewRun):
            return False
        path = self._document.status.path
        try:
            return bool(path) and os.path.realpath(path) == os.path.realpath(source.path)
        except ValueError:
            return False  # no file can be called so: to open it will say that

    @property
    def document(self) -> RunDocument:
        return self._document

    def annotate(self, annotation: Annotation) -> None:
        trainer = None
        if isinstance(annotation, SetBookmark):
            past = self.past
            if past is not None and past.is_exact and past.place == annotation.place:
                trainer = self.shown.trainer
            elif annotation.place == self._document.head and not self.is_redoing:
                trainer = self.live.trainer
        self._document.annotate(annotation, trainer)

    def save(self, number: int, query: SaveFile) -> Answer:
        """Write the file that query `number` asks for."""
        step = self.live.trainer.step
        try:
            if query.go_on_there:
                self._document.save_as(Path(query.path))
            else:
                self._document.save_copy(Path(query.path))
        except (CannotSave, ValueError) as problem:
            return Answer(number, query, step, problem=str(problem))
        return Answer(number, query, step, query.path)

    def close(self) -> str:
        """Let the file go, with everything saved; a sentence where that cannot be."""
        is_copy = self._document.status.saving is Saving.READ_ONLY
        self.rested()
        self._document.close()
        problem = "" if is_copy else self._document.problem
        return f"The run before is not saved to its end: {problem}" if problem else ""

    def _travel_to(self, place: Place, arrival: Arrival) -> None:
        if self._travel is None:
            self._travel = Travel(self._document, self._document.way_to(place))
        else:
            self._travel.go(place)
        self._arrival = arrival
        frames = self._travel.run.frames
        frames.run, frames.is_past = self.number, True
        frames.watch(self._interest)
        if not self._travel.is_moving:
            self._arrive()

    def _arrive(self) -> None:
        travel = self._travel
        assert travel is not None
        travel.run.frames.moved()  # what was shown on the way is of other moments
        record = self._document.newest_record(travel.place)
        if record is not None:
            travel.run.frames.show_statistics(record)
        if self._arrival is Arrival.LOOK:
            return
        if travel.past.is_exact and self._arrival is Arrival.SWITCH:
            self._document.switch(travel.place.branch)
            self._document.trains_with(travel.run.trainer.numerics)
        else:
            self._document.fork(travel.run.trainer, Place(travel.place.branch, travel.run.trainer.step))
        self._take_up(travel.run)

    def _take_up(self, run: LiveRun) -> None:
        """Another run trains from now on: tell the window all of it."""
        self.live = run
        self._travel = None
        self._arrival = Arrival.LOOK
        self.number += 1
        run.frames.run, run.frames.is_past = self.number, False
        run.frames.moved()
        run.frames.watch(self._interest)
        branch = self._document.branch.number
        self._mailbox.begin_run(run.info(self.number))
        self._mailbox.add_history(self._document.metrics(branch))
        records = self._document.records(branch)
        for record in records:
            self._mailbox.add_record(record)
        if records:
            run.frames.show_statistics(records[-1])
        for entry in self._document.journal(branch):
            self._mailbox.add_entry(entry, run.title_of(entry.command))
        if self._redo is None:
            self.record_if_due()
