"""Writes to a run file now or, while it cannot be written, as soon as it can be again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from weightdeck.run.document import Saving
from weightdeck.store.failures import CannotSave, FileProblem
from weightdeck.store.run_file import Changes, KeyframeKey, LogRow, RunFile, StoredKeyframe

RETRY_S = 2.0  # between two tries while saving is suspended
MOST_WAITING_BYTES = 256 * 2**20  # of keyframes that wait in memory; then the oldest that may go is given up


@dataclass(slots=True)
class _Waiting:
    """What is not in the file yet, in order."""

    rows: list[LogRow] = field(default_factory=list)
    keyframes: list[StoredKeyframe] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    pages: dict[bytes, bytes] = field(default_factory=dict)
    notes: dict[str, bytes] = field(default_factory=dict)


class Saver:
    """The file of a document, or the memory that stands in for it. Owned by the trainer thread."""

    def __init__(
        self, file: RunFile, *, wanted: Path | None = None, problem: str = "", read_only: str = ""
    ) -> None:
        """`wanted` is where the document should be, when `file` only stands in for it because of `problem`. `read_only`
        says why the file is a private copy; "" when it is not.
        """
        self._file = file
        self._wanted = wanted
        self._waiting: _Waiting | None = None
        self._retry_s = time.monotonic() + RETRY_S
        self.problem = problem
        self._read_only = read_only

    @classmethod
    def create(cls, path: Path | None, changes: Changes) -> Saver:
        """A new file; where it cannot be made, memory until it can."""
        try:
            return cls(RunFile.create(path, changes))
        except CannotSave as problem:
            return cls(RunFile.create(None, changes), wanted=path, problem=str(problem))

    @property
    def saving(self) -> Saving:
        if self.problem:
            return Saving.SUSPENDED
        if self._read_only:
            return Saving.READ_ONLY
        return Saving.MEMORY if self._file.path is None else Saving.SAVED

    @property
    def words(self) -> str:
        """A sentence while not everything is saved to a file of its own."""
        return self.problem or self._read_only

    @property
    def path(self) -> Path | None:
        """Where the document is, or is to be."""
        return self._wanted or self._file.path

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return 0 if self._file.path is None else self._file.size

    @property
    def retry_in_s(self) -> float | None:
        """Seconds until `retry` is to be called; None while all is saved."""
        return max(0.0, self._retry_s - time.monotonic()) if self.problem else None

    def write(self, changes: Changes) -> None:
        """Have it on the disk when this returns, unless saving is suspended."""
        if self._waiting is None:
            try:
                self._file.commit(changes)
            except CannotSave as problem:
                self._waiting = _Waiting()
                self._suspend(problem)
            else:
                return
        self._wait(self._waiting, changes)

    def retry(self) -> None:
        """Try again what could not be written, if it is time."""
        if not self.problem or time.monotonic() < self._retry_s:
            return
        try:
            if self._wanted is not None:
                # What lies there by now is not replaced, unless it is what a failed try of ours has left.
                self._move(self._wanted, is_new=not self._has_begun(self._wanted))
            elif self._waiting is not None:
                self._file.commit(_changes(self._waiting))
                self._waiting = None
        except (CannotSave, FileProblem) as problem:
            self._suspend(problem)
        else:
            self.problem = ""

    def move_to(self, path: Path) -> None:
        """Go on in a new file that holds everything. Raises `CannotSave`; then all is as before."""
        try:
            self._move(path)
        except FileProblem as problem:
            raise CannotSave(str(problem)) from None
        self.problem = ""

    def copy_to(self, path: Path) -> None:
        """Write a copy that holds everything. Raises `CannotSave`."""
        self._file.copy_to(path, None if self._waiting is None else _changes(self._waiting))

    @property
    def keyframes(self) -> Sequence[KeyframeKey]:
        """Those that can be read."""
        waiting = self._waiting
        if waiting is None:
            return self._file.keyframes
        there = [key for key in self._file.keyframes if key.number not in waiting.dropped]
        return there + [stored.key for stored in waiting.keyframes]

    def keyframe(self, number: int) -> StoredKeyframe:
        """Raises `DamagedFile`."""
        if self._waiting is not None:
            for stored in self._waiting.keyframes:
                if stored.key.number == number:
                    return stored
        return self._file.keyframe(number)

    def page(self, digest: bytes) -> bytes:
        """Raises `DamagedFile`."""
        if self._waiting is not None and digest in self._waiting.pages:
            return self._waiting.pages[digest]
        return self._file.page(digest)

    def close(self) -> None:
        """Let the file go, after a last try to write what waits."""
        self._retry_s = 0.0
        self.retry()
        self._file.close()

    def _move(self, path: Path, *, is_new: bool = False) -> None:
        self._file.copy_to(path, None if self._waiting is None else _changes(self._waiting), is_new=is_new)
        moved = RunFile.open(path)
        self._file.close()
        self._file, self._waiting, self._wanted, self._read_only = moved, None, None, ""

    def _has_begun(self, path: Path) -> bool:
        """Whether at `path` is nothing but the beginning of this document."""
        try:
            found = RunFile.open(path)
        except FileProblem:
            return False
        is_ours = list(found.log) == list(self._file.log[: len(found.log)]) and not found.has_notes
        found.close()
        return is_ours

    def _suspend(self, problem: Exception) -> None:
        self.problem = str(problem)
        self._retry_s = time.monotonic() + RETRY_S

    @staticmethod
    def _wait(waiting: _Waiting, changes: Changes) -> None:
        waiting.rows += changes.rows
        waiting.keyframes += changes.keyframes
        waiting.pages |= changes.pages
        waiting.notes |= changes.notes
        gone = set(changes.dropped)
        size = sum(stored.key.size for stored in waiting.keyframes)
        for stored in waiting.keyframes[:-1]:
            if size > MOST_WAITING_BYTES and not stored.key.kept and stored.key.number not in gone:
                gone.add(stored.key.number)
                size -= stored.key.size
        waiting.dropped += gone - {stored.key.number for stored in waiting.keyframes}
        waiting.keyframes = [stored for stored in waiting.keyframes if stored.key.number not in gone]


def _changes(waiting: _Waiting) -> Changes:
    notes: Mapping[str, bytes] = waiting.notes
    return Changes(waiting.rows, waiting.keyframes, waiting.dropped, waiting.pages, notes)
