"""One run file: a SQLite database of an append-only log, keyframes and notes, all of it under one seal of hashes.

    log        what happened, oldest first; every row's digest covers the row before it
    keyframes  whole states of the model; some are dropped in time
    pages      parts of the undo stacks that keyframes share, under their SHA-256
    notes      small texts that are replaced whole
    seal       one row, written with every commit: the log's length and last digest, and those of the other tables

There is one connection, in one thread; it keeps the file locked until it is closed. A commit is on the disk when it
returns.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from weightdeck.store import contents, copies, locks, schema, write_ahead
from weightdeck.store.contents import Contents
from weightdeck.store.failures import (
    READING_ERRORS,
    CannotSave,
    DamagedFile,
    FileInUse,
    FileProblem,
    cannot_open,
    cannot_save,
    damaged,
    not_writable,
    unreadable,
)
from weightdeck.store.locks import Identity
from weightdeck.store.parts import KINDS, Changes, KeyframeKey, LogRow, StoredKeyframe
from weightdeck.store.schema import APPLICATION_ID, SCHEMA_VERSION

__all__ = [
    "APPLICATION_ID",
    "KINDS",
    "SCHEMA_VERSION",
    "Changes",
    "KeyframeKey",
    "LogRow",
    "RunFile",
    "StoredKeyframe",
]

_OPEN_TRIES, _LONGEST_WAIT_S = 6, 0.02  # when several processes open one file at once
_COPY_TRIES = 10  # a writer begins its log again every few megabytes


class RunFile:
    """Owned by one thread.

    `path` is None for a file in memory. `is_read_only`: a private copy of a file that is open elsewhere or cannot be
    written; the original is not touched, and what is committed goes with the copy when that is closed.
    """

    path: Path | None

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path | None,
        rows: list[LogRow],
        holds: Contents,
        *,
        files: dict[Path, Identity],
        folder: TemporaryDirectory[str] | None = None,
    ) -> None:
        """For the class's own use. A commit counts only while `files` are in place; a private copy has a `folder`."""
        self.path = path
        self._connection = connection
        self._rows = rows
        self._contents = holds
        self._files = files
        self._folder = folder
        self._has_failed = False  # the last commit

    @classmethod
    def create(cls, path: Path | None, changes: Changes) -> RunFile:
        """A new file with its first commit. Raises `CannotSave`; an existing file is never replaced."""
        new = cls(schema.new_database(), None, [], contents.EMPTY, files={})
        new.commit(changes)
        if path is None:
            return new
        path = _real(path)
        try:
            copies.create_with(new._connection, path)
            return cls.open(path)
        except FileProblem as problem:
            raise CannotSave(str(problem)) from problem
        finally:
            new.close()

    @classmethod
    def open(cls, path: Path) -> RunFile:
        """Open for writing and verify every byte that counts.

        Raises `FileProblem`: `NotARunFile`, `DamagedFile`, `FileInUse`, `NotWritable`, or itself for a missing or
        unreadable one.
        """
        path = _real(path)
        for _ in range(_OPEN_TRIES - 1):
            with suppress(FileInUse):
                return cls._open(path)
            # Somebody who opens or copies it at the same moment has it locked for that moment only.
            time.sleep(random.uniform(0.0, _LONGEST_WAIT_S))
        return cls._open(path)

    @classmethod
    def _open(cls, path: Path) -> RunFile:
        try:
            return cls._open_now(path)
        except OSError as error:
            raise unreadable(path, error) from error

    @classmethod
    def _open_now(cls, path: Path) -> RunFile:
        """Raises `OSError` too."""
        with locks.one_at_a_time:
            _look_at(path)
            if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
                raise not_writable(path)
            is_waiting = write_ahead.is_waiting(path)
            if is_waiting:
                # Opening would merge the log into the file for good, so it is tried on a copy first.
                with _private_folder(path) as folder:
                    _open_copied(copies.copy_at_rest(path, Path(folder)), path)[0].close()
            else:
                schema.check_size(path, path)
            with ExitStack() as failed:
                connection = failed.enter_context(closing(schema.connect(path, path)))
                files = _identities(path, write_ahead.log_of(path))
                rows, holds = _read(connection, path)
                failed.pop_all()
            locks.hold(files[path])
        if is_waiting:
            _begin_log_anew(connection)
        return cls(connection, path, rows, holds, files=files)

    @classmethod
    def open_copy(cls, path: Path) -> RunFile:
        """A read-only copy of the file as it is now, also while another program writes it. Raises `FileProblem`."""
        path = _real(path)
        problem = FileProblem(f"{path} changes too fast. Pause the run in the other program and try again.")
        for _ in range(_COPY_TRIES):
            folder = _private_folder(path)
            try:
                with locks.one_at_a_time:
                    _look_at(path)
                    write_ahead.is_waiting(path)
                    copy = copies.copy_in_use(path, Path(folder.name))
                if copy is not None:
                    connection, rows, holds = _open_copied(copy, path)
                    return cls(connection, path, rows, holds, files={}, folder=folder)
            except DamagedFile as damage:
                # Or only copied while it was written: then it is whole the next time.
                problem = damage
            except BaseException:
                folder.cleanup()
                raise
            folder.cleanup()
        raise problem

    def commit(self, changes: Changes) -> None:
        """Write; on the disk when this returns. Raises `CannotSave`, also when the file is no longer at its path; then
        nothing of it was written and the same changes can be given again later. (When a kill comes first, and the disk
        had refused only to confirm them, they are there at the next opening, all of them.)
        """
        self._check_place()
        try:
            self._contents = self._transact(changes)
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise  # not the disk's fault but ours
        except sqlite3.Error as error:
            self._has_failed = True
            raise cannot_save(error, self._name) from error
        self._rows += changes.rows
        if self._has_failed:
            _begin_log_anew(self._connection)
            self._has_failed = False

    @property
    def is_read_only(self) -> bool:
        return self._folder is not None

    @property
    def log(self) -> Sequence[LogRow]:
        """Every row, oldest first; read and verified at opening, grown by commits. (Metrics and records included.)"""
        return self._rows

    @property
    def keyframes(self) -> Sequence[KeyframeKey]:
        """Those that are there, oldest first."""
        return [shelved.key for _, shelved in sorted(self._contents.keyframes.items())]

    def keyframe(self, number: int) -> StoredKeyframe:
        """Raises `DamagedFile` when its bytes are not those that were written."""
        return contents.read_keyframe(self._connection, self._contents.keyframes[number], self._name)

    def page(self, digest: bytes) -> bytes:
        """Raises `DamagedFile` when it is missing or not what was written."""
        return contents.read_page(self._connection, digest, self._name)

    def note(self, name: str) -> bytes:
        """b"" for one that was never written."""
        return self._contents.notes.get(name, b"")

    @property
    def has_notes(self) -> bool:
        """Whether any note was ever written."""
        return bool(self._contents.notes)

    @property
    def size(self) -> int:
        """Bytes on the disk, with what is not merged yet."""
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        return int(pages) * schema.PAGE_SIZE

    def copy_to(self, path: Path, changes: Changes | None = None, *, is_new: bool = False) -> None:
        """Write the whole file, with `changes` made in the copy, to `path`, which is either the new one or what it was
        before, at any moment. Raises `CannotSave`, for a copy that `is_new` also when there is a file.
        """
        write = copies.create_with if is_new else copies.replace_with
        path = _real(path)
        if path == self.path:
            raise CannotSave(f"{path} is this run itself. Choose another name.")
        if changes is None:
            write(self._connection, path)
            return
        with closing(schema.new_database()) as whole:
            try:
                self._connection.backup(whole)
                whole.execute("BEGIN")
                contents.write(whole, self._contents, changes)
                whole.execute("COMMIT")
            except sqlite3.Error as error:
                raise cannot_save(error, self._name) from error
            write(whole, path)

    def close(self) -> None:
        """Let the file go; after a clean close it is one file without companions."""
        # SQLite itself merges nothing into a file that was moved.
        with suppress(CannotSave):
            self._check_place()
        self._connection.close()
        if self.path in self._files:
            locks.let_go(self._files[self.path])
        if self._folder is not None:
            self._folder.cleanup()

    def _transact(self, changes: Changes) -> Contents:
        self._connection.execute("BEGIN IMMEDIATE")
        after = None
        try:
            after = contents.write(self._connection, self._contents, changes)
            self._connection.execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            # A COMMIT that reports an error may still have been made.
            if isinstance(error, sqlite3.Error) and after is not None and self._is_sealed_as(after):
                return after
            raise
        return after

    def _is_sealed_as(self, after: Contents) -> bool:
        try:
            return contents.stored_seal(self._connection) == after.seal.digest
        except sqlite3.Error:
            return False

    def _check_place(self) -> None:
        """Raises `CannotSave` when what is written would not be found at the file's path."""
        for path, file in self._files.items():
            try:
                is_there = locks.identity(path) == file
            except OSError:
                is_there = False
            if not is_there:
                self._merge()
                raise CannotSave(
                    f"{path} was moved, removed or replaced. Put it back, or save the run under another name."
                )

    def _merge(self) -> None:
        """Have the file hold all commits by itself, wherever it is now."""
        if self.path is not None and not os.path.lexists(self.path):
            _begin_log_anew(self._connection)
        else:
            # What is at the path now may be in use, with the log that has its name.
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    @property
    def _name(self) -> Path:
        return self.path or Path("the run in memory")


def _begin_log_anew(connection: sqlite3.Connection) -> None:
    """Merge all commits and empty the log. What crashes and failed commits left in it could look like lost commits."""
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _real(path: Path) -> Path:
    """Without links: SQLite puts its log beside the file itself. Raises `FileProblem` for no possible name."""
    try:
        return Path(os.path.realpath(path))
    except ValueError:
        raise FileProblem(f"{str(path)!r} cannot be the name of a file. Choose another one.") from None


def _private_folder(path: Path) -> TemporaryDirectory[str]:
    """For a copy of the file at `path`."""
    try:
        return TemporaryDirectory(prefix="weightdeck-", ignore_cleanup_errors=True)
    except OSError as error:
        raise unreadable(path, error) from error


def _look_at(path: Path) -> None:
    try:
        is_held = locks.is_held(path)
    except OSError as error:
        raise unreadable(path, error) from error
    if is_held:
        raise FileInUse(f"The run {path} is open in this program already. Go on with it there.")
    schema.check_start(path)


def _identities(*paths: Path) -> dict[Path, Identity]:
    try:
        return {path: locks.identity(path) for path in paths}
    except OSError as error:
        raise unreadable(paths[0], error) from error


def _read(connection: sqlite3.Connection, path: Path) -> tuple[list[LogRow], Contents]:
    try:
        schema.check_structure(connection, path)
        return contents.read(connection, path)
    except READING_ERRORS as error:
        raise cannot_open(error, path) from error


def _open_copied(copy: Path, path: Path) -> tuple[sqlite3.Connection, list[LogRow], Contents]:
    """Verify a private copy of the file at `path`. Raises `FileProblem`, naming `path`."""
    log = write_ahead.log_of(copy)
    if not log.exists():
        schema.check_size(copy, path)
    with ExitStack() as failed:
        connection = failed.enter_context(closing(schema.connect(copy, path)))
        try:
            # Whether it was busy, frames that SQLite found whole, frames merged.
            _, frames, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except READING_ERRORS as error:
            raise cannot_open(error, path) from error
        if write_ahead.lost_commits(log, frames):
            raise damaged(path, f"{log.name}, which holds its last entries, is not what was written")
        rows, holds = _read(connection, path)
        failed.pop_all()
    return connection, rows, holds
