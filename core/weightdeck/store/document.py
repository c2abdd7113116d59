"""A run's document in the thread that trains: what is kept of the run, when, and how to go back to any of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.commands import Command, continues
from weightdeck.run.document import (
    Annotation,
    Branch,
    DocumentStatus,
    NameBranch,
    Place,
    SetBookmark,
    SetBudget,
)
from weightdeck.run.frame import Record
from weightdeck.run.journal import Journal, JournalEntry
from weightdeck.run.spec import RunSpec
from weightdeck.store.codec import (
    KeyframeWriter,
    branch_bytes,
    entry_bytes,
    metrics_bytes,
    read_keyframe,
    record_bytes,
)
from weightdeck.store.failures import DamagedFile
from weightdeck.store.lines import Line, Lines
from weightdeck.store.notes import Notes
from weightdeck.store.run_file import Changes, KeyframeKey, LogRow, RunFile, StoredKeyframe
from weightdeck.store.saver import Saver
from weightdeck.store.thinning import superfluous
from weightdeck.training.keyframe import Keyframe
from weightdeck.training.trainer import StepMetrics, Trainer, numerics_id

FLUSH_S = 0.5  # so much of the curve can be lost
KEYFRAME_S = 0.6  # of training between two keyframes: so much a seek has to redo
KEYFRAME_SHARE = 0.02  # they come less often where making them would take more than this share of the time
EDIT_KEYFRAME_S = 0.1  # of training: an edit so soon after a keyframe gets none of its own
NOTHING = Changes()
EDITS_SHARE = 0.5  # of the budget that the keyframes of edits may take and be kept


@dataclass(frozen=True, slots=True)
class Way:
    """How to come to a place: from the nearest keyframe by going through the journal."""

    place: Place
    keyframe: Keyframe
    journal: Journal  # from step 0 to the place
    is_exact: bool  # whether that gives the very bits that the run had


class RunDocument:
    """Owns the run's file. What is acknowledged is on the disk when a method returns, or `status` says that saving is
    suspended. Owned by the trainer thread.
    """

    def __init__(self, saver: Saver, lines: Lines, notes: Notes, next_keyframe: int) -> None:
        self._saver = saver
        self._lines = lines
        self._notes = notes
        self._next_keyframe = next_keyframe
        self._writer = KeyframeWriter(lines.layout)
        self._rows: list[StepMetrics] = []  # of the newest steps, not written yet
        self._flushed_s = time.monotonic()
        self._since_keyframe_s = 0.0  # of training
        self._keyframe_cost_s = 0.0

    @classmethod
    def begin(cls, trainer: Trainer, path: Path | None) -> RunDocument:
        """The document of a run at step 0. None for `path` keeps it in memory."""
        lines = Lines()
        branch = Branch(0, "", trainer.spec, None, 0, 0, trainer.numerics)
        lines.begin(branch)
        key = KeyframeKey(1, 0, 0, 0, True, 0)
        stored, pages = KeyframeWriter(lines.layout).stored(trainer.keyframe(), key)
        row = LogRow("branch", 0, 0, branch_bytes(branch))
        return cls(Saver.create(path, Changes([row], [stored], (), pages)), lines, Notes(), 2)

    @classmethod
    def of_file(cls, file: RunFile, read_only: str = "") -> RunDocument:
        """The document that a file holds; `read_only` says why the file is a private copy. Raises ``ValueError`` with a
        sentence when it holds no run of this program.
        """
        lines, notes = Lines.of_log(file.log), Notes(file.note)
        if not 0 <= notes.branch < len(lines):
            raise ValueError("The file was left at a branch that it does not have.")
        notes.within([line.head for line in lines])
        if not all(map(lines.has_moment, file.keyframes)):
            raise ValueError("The file has a keyframe of a moment that its log does not have.")
        newest = max((key.number for key in file.keyframes), default=0)
        return cls(Saver(file, read_only=read_only), lines, notes, newest + 1)

    # What the run tells

    @property
    def branch(self) -> Branch:
        """The one that trains."""
        return self._lines[self._notes.branch].branch

    def stepped(self, metrics: StepMetrics, trainer: Trainer, seconds: float) -> None:
        """A step was made, which took `seconds` of computing. `tick` is to be called now and then."""
        self._rows.append(metrics)
        self._since_keyframe_s += seconds
        self._line.head = trainer.step
        if self._since_keyframe_s >= max(KEYFRAME_S, self._keyframe_cost_s / KEYFRAME_SHARE):
            self.keep(trainer)

    def recorded(self, record: Record) -> None:
        """A record was made of the present moment."""
        data = record_bytes(record)
        self._line.records.append((record.step, data))
        self._write([*self._take_rows(), self._row("record", record.step, data)])

    def before(self, command: Command, trainer: Trainer) -> None:
        """A command is about to take effect: the moment that it leaves gets a keyframe, unless one is near."""
        journal = trainer.journal
        goes_on = len(journal) and continues(command, journal.since(len(journal) - 1)[0].command)
        if not goes_on and self._since_keyframe_s >= EDIT_KEYFRAME_S:
            kept = sum(key.size for key in self._saver.keyframes if key.kept)
            self.keep(trainer, for_good=kept < EDITS_SHARE * self._notes.budget)

    def commanded(self, entry: JournalEntry) -> None:
        """A command has taken effect and nobody has been told yet."""
        self._line.entries.append(entry)
        self._write([*self._take_rows(), self._row("command", entry.step, entry_bytes(entry))])

    def keep(self, trainer: Trainer, *, for_good: bool = False) -> None:
        """Make a keyframe of the present moment, unless there is one; `for_good`, it is never thinned out."""
        started_s = time.perf_counter()
        changes = self._kept(trainer, self.branch.number, for_good=for_good)
        self._write(self._take_rows(), changes)
        if changes is not NOTHING:
            self._since_keyframe_s = 0.0
            self._keyframe_cost_s = time.perf_counter() - started_s

    def flush(self) -> None:
        """Write the rows that wait."""
        self._write(self._take_rows())

    def tick(self) -> bool:
        """Do what is due; whether it is saved in another way now."""
        before = self._saver.words
        if self._rows and time.monotonic() - self._flushed_s >= FLUSH_S:
            self.flush()
        self._saver.retry()
        return self._saver.words != before

    @property
    def due_in_s(self) -> float | None:
        """Seconds until `tick` has something to do; None for never."""
        retry_s = self._saver.retry_in_s
        if not self._rows:
            return retry_s
        flush_s = max(0.0, self._flushed_s + FLUSH_S - time.monotonic())
        return flush_s if retry_s is None else min(flush_s, retry_s)

    # Other moments

    @property
    def head(self) -> Place:
        """The newest moment of the branch that trains."""
        return Place(self.branch.number, self._line.head)

    def head_of(self, branch: int) -> Place:
        """The newest moment of a branch. Raises ``ValueError`` when there is no such branch."""
        self._check(branch)
        return Place(branch, self._lines[branch].head)

    def way_to(self, place: Place) -> Way:
        """The nearest keyframe, and what to do from there. A step before 0 or beyond the newest is taken as that.

        Raises ``ValueError`` when there is no such branch, or no keyframe of it that can be read.
        """
        self._check(place.branch)
        place = Place(place.branch, min(max(place.step, 0), self._lines[place.branch].head))
        spec = self._lines[place.branch].branch.spec
        keys = list(self._saver.keyframes)
        while (key := self._lines.nearest(place, keys)) is not None:
            try:
                keyframe = self.keyframe(key)
            except (DamagedFile, ValueError):
                keys.remove(key)  # an earlier one is as good, only further away
                continue
            journal = Journal()
            for entry in self._lines.journal(place.branch, place.step):
                journal.append(entry)
            is_exact = self._lines.has_numerics(place, keyframe.step, numerics_id(spec.threads))
            return Way(place, keyframe, journal, is_exact)
        raise DamagedFile("No keyframe of this branch can be read: it cannot be shown.")

    def spec_of(self, branch: int) -> RunSpec:
        return self._lines[branch].branch.spec

    def numerics_of(self, branch: int) -> str:
        """The numerics id of a branch's newest steps."""
        return self._lines[branch].numerics[-1][1]

    def is_of_this_machine(self, place: Place) -> bool:
        """Whether every step up to a place was made under the numerics id that is this process's."""
        return self._lines.has_numerics(place, 0, numerics_id(self.spec_of(place.branch).threads))

    @property
    def keyframes(self) -> Sequence[KeyframeKey]:
        """Those of all branches."""
        return self._saver.keyframes

    def keyframes_of(self, branch: int) -> list[KeyframeKey]:
        """Those between step 0 and the newest moment of a branch, oldest moment first."""
        found = [
            key
            for line, until_step, until_entries in self._lines.ancestry(branch)
            for key in self._saver.keyframes
            if key.branch == line.branch.number and key.step <= until_step and key.entries <= until_entries
        ]
        return sorted(found, key=lambda key: (key.step, key.entries, key.number))

    def keyframe(self, key: KeyframeKey) -> Keyframe:
        """Raises `DamagedFile`, or ``ValueError`` with a sentence for what does not fit the model."""
        return read_keyframe(self._saver.keyframe(key.number), self._saver.page, self._lines.layout)

    def journal(self, branch: int) -> list[JournalEntry]:
        """Every command of a branch, from step 0 on."""
        return self._lines.journal(branch)

    def metrics(self, branch: int) -> NDArray[np.float64]:
        """(rows, METRICS) of a branch from step 0 on, those that wait included."""
        self.flush()
        return self._lines.metrics(branch)

    def records(self, branch: int) -> list[Record]:
        """The records of a branch from step 0 on."""
        return self._lines.records(branch)

    def has_record(self, place: Place) -> bool:
        """Whether a moment was recorded."""
        return self._lines.has_record(place.branch, place.step)

    def newest_record(self, place: Place) -> Record | None:
        """The record of a place, or the last one before it."""
        return self._lines.newest_record(place)

    # Branches

    def fork(self, trainer: Trainer, place: Place | None) -> Branch:
        """Begin a branch where `trainer` stands, which has left the branch of `place` there; None for a branch of its
        own from step 0. It is the one that trains from now on.
        """
        self.flush()
        number = len(self._lines)
        parent = None if place is None else self._lines[place.branch].branch
        moment = (trainer.step, len(trainer.journal))
        while parent is not None and parent.parent is not None and moment <= (parent.step, parent.entries):
            parent = self._lines[parent.parent].branch  # the moment is one that it shares with its own parent
        branch = Branch(
            number=number,
            name="",
            spec=trainer.spec,
            parent=None if parent is None else parent.number,
            step=trainer.step,
            entries=len(trainer.journal),
            numerics=trainer.numerics,
        )
        self._lines.begin(branch)
        stored, pages = self._stored(trainer, number, for_good=True)
        row = LogRow("branch", number, trainer.step, branch_bytes(branch))
        self._write([row], Changes((), [stored], (), pages, self._notes.go_to(number)))
        self._since_keyframe_s = 0.0
        return branch

    def switch(self, branch: int) -> None:
        """Another branch trains from now on."""
        self.flush()
        self._write([], Changes(notes=self._notes.go_to(branch)))
        self._since_keyframe_s = 0.0

    def trains_with(self, numerics: str) -> None:
        """The branch that trains goes on under this numerics id."""
        if self._line.numerics[-1][1] != numerics:
            self._line.numerics.append((self._line.head, numerics))
            self._write([self._row("numerics", self._line.head, numerics.encode())])

    # Words and files

    def annotate(self, annotation: Annotation, shown: Trainer | None = None) -> None:
        """Keep it. Raises ``ValueError`` with a sentence. `shown` is the trainer at a moment that gets a bookmark."""
        if isinstance(annotation, NameBranch):
            self._check(annotation.number)
        elif isinstance(annotation, SetBookmark):
            self._check_there(annotation.place)
        notes = self._notes.take(annotation)
        changes = NOTHING
        if isinstance(annotation, SetBookmark) and annotation.name.strip() and shown is not None:
            changes = self._kept(shown, annotation.place.branch, for_good=True)
        elif isinstance(annotation, SetBudget):
            changes = Changes(dropped=superfluous(self._saver.keyframes, annotation.bytes))
        self._write(self._take_rows(), replace(changes, notes=notes))

    def save_as(self, path: Path) -> None:
        """Go on in a new file. Raises `CannotSave`; then all is as before."""
        self.flush()
        self._saver.move_to(path)

    def save_copy(self, path: Path) -> None:
        """Raises `CannotSave`."""
        self.flush()
        self._saver.copy_to(path)

    def close(self) -> None:
        """Write what waits and let the file go."""
        self.flush()
        self._saver.close()

    @property
    def problem(self) -> str:
        """A sentence while not everything is saved to a file of its own; also after `close`."""
        return self._saver.words

    @property
    def status(self) -> DocumentStatus:
        """Where the document stands."""
        saver, lines, notes = self._saver, self._lines, self._notes
        return DocumentStatus(
            path="" if saver.path is None else str(saver.path),
            saving=saver.saving,
            problem=saver.words,
            branch=notes.branch,
            branches=tuple(replace(line.branch, name=notes.name_of(line.branch)) for line in lines),
            heads=tuple(line.head for line in lines),
            bookmarks=notes.bookmarks,
            keyframes=self._keyframe_steps(),
            bytes=saver.size,
            note=notes.note,
            desk=notes.desk,
        )

    @property
    def _line(self) -> Line:
        return self._lines[self._notes.branch]

    def _check(self, branch: int) -> None:
        if not 0 <= branch < len(self._lines):
            raise ValueError(f"This run has no branch {branch}; it has {len(self._lines)}.")

    def _check_there(self, place: Place) -> None:
        if not 0 <= place.step <= self.head_of(place.branch).step:
            raise ValueError(
                f"This branch has no step {place.step:,}; its newest is {self._lines[place.branch].head:,}."
            )

    def _row(self, kind: str, step: int, data: bytes) -> LogRow:
        return LogRow(kind, self.branch.number, step, data)

    def _take_rows(self) -> list[LogRow]:
        """The steps that wait, as one row of the log."""
        self._flushed_s = time.monotonic()
        if not self._rows:
            return []
        rows = np.array(self._rows, dtype=np.float64)
        self._rows = []
        self._line.metrics.append(rows)
        return [self._row("metrics", int(rows[-1, 0]) + 1, metrics_bytes(rows))]

    def _write(self, rows: Sequence[LogRow], changes: Changes = NOTHING) -> None:
        if rows or changes is not NOTHING:
            self._saver.write(replace(changes, rows=rows))

    def _kept(self, trainer: Trainer, branch: int, *, for_good: bool) -> Changes:
        """What makes a keyframe of the trainer's moment; `NOTHING` where there is one that is kept as long."""
        moment = (branch, trainer.step, len(trainer.journal))
        keys = self._saver.keyframes
        known = [key for key in keys if (key.branch, key.step, key.entries) == moment]
        if any(key.kept or not for_good for key in known):
            return NOTHING
        stored, pages = self._stored(trainer, branch, for_good=for_good)
        others = [key for key in keys if key not in known]
        dropped = [key.number for key in known] + superfluous([*others, stored.key], self._notes.budget)
        return Changes((), [stored], dropped, pages)

    def _stored(
        self, trainer: Trainer, branch: int, *, for_good: bool
    ) -> tuple[StoredKeyframe, dict[bytes, bytes]]:
        key = KeyframeKey(self._next_keyframe, branch, trainer.step, len(trainer.journal), for_good, 0)
        self._next_keyframe += 1
        return self._writer.stored(trainer.keyframe(), key)

    def _keyframe_steps(self) -> tuple[int, ...]:
        """Steps of the present branch that have one."""
        return tuple(sorted({key.step for key in self.keyframes_of(self._notes.branch)}))
