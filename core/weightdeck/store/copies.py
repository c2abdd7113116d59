"""Whole copies of run files: one that appears at its place all at once, and a private one to look at."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from weightdeck.store import locks, write_ahead
from weightdeck.store.failures import CannotSave, FileProblem, cannot_save, in_use, unreadable
from weightdeck.store.schema import mark_as_written_ahead

_CHUNK_BYTES = 1 << 20


def replace_with(source: sqlite3.Connection, path: Path) -> None:
    """Write the database of `source` to `path`: a new file, or in the place of one that is not open as a run.

    At any moment the whole new file is there or what was before. Raises `CannotSave`.
    """
    with ExitStack() as held:
        held.enter_context(locks.one_at_a_time)
        try:
            if path.exists():
                held.enter_context(_kept_from_others(path))
            _check_companions(path)
            _write(source, path, lambda written: written.replace(path))
        except (OSError, sqlite3.Error) as error:
            raise cannot_save(error, path) from error


def create_with(source: sqlite3.Connection, path: Path) -> None:
    """As `replace_with`, but what is at `path` already is never replaced."""
    try:
        _check_companions(path)
        _write(source, path, lambda written: _link(written, path))
    except FileExistsError as error:
        raise CannotSave(f"There is a file {path} already. Choose another name.") from error
    except (OSError, sqlite3.Error) as error:
        raise cannot_save(error, path) from error


def _check_companions(path: Path) -> None:
    try:
        is_waiting = write_ahead.is_waiting(path)
    except FileProblem as problem:
        raise CannotSave(str(problem)) from None
    if is_waiting:
        raise CannotSave(
            f"{write_ahead.log_of(path)} belongs to another run that was not closed, and would be mixed into this one. "
            f"Open that run once, or choose another name."
        )


@contextmanager
def _kept_from_others(path: Path) -> Iterator[None]:
    if not path.is_file():
        raise CannotSave(f"{path} is not a file. Choose another name.")
    if locks.is_held(path):
        raise CannotSave(f"{path} is a run that is open in this program. Choose another name.")
    with path.open("rb") as file:
        if not locks.share(file.fileno()):
            raise CannotSave(f"{path} is a run that is open in another program. Choose another name.")
        yield


def _write(source: sqlite3.Connection, path: Path, put: Callable[[Path], object]) -> None:
    """Write beside `path`, and have `put` bring it there when every byte is on the disk."""
    written = path.with_name(f".weightdeck-{secrets.token_hex(8)}")
    # As any new file: with the rights that the user gives to new files.
    descriptor = os.open(written, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        try:
            _back_up(source, written)
            mark_as_written_ahead(descriptor)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        put(written)
    except BaseException:
        with suppress(OSError):
            written.unlink()
        raise
    _sync_folder(path.parent)


def _back_up(source: sqlite3.Connection, written: Path) -> None:
    target = sqlite3.connect(f"{written.as_uri()}?mode=rw", uri=True, isolation_level=None)
    try:
        # Nobody sees it yet: no journal, and one fsync at the end instead of SQLite's.
        target.execute("PRAGMA journal_mode = OFF")
        target.execute("PRAGMA synchronous = OFF")
        source.backup(target)
    finally:
        target.close()


def _link(written: Path, path: Path) -> None:
    """Give the file its name, but never another file's."""
    try:
        os.link(written, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links: an empty file keeps the place until the next line.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        written.replace(path)
    else:
        written.unlink()


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_at_rest(path: Path, folder: Path) -> Path:
    """Copy the file at `path` with its companion into `folder`, while nobody can write it.

    Raises `FileInUse` or `FileProblem`. To be called under `locks.one_at_a_time`.
    """
    return _copied(path, folder, must_rest=True)


def copy_in_use(path: Path, folder: Path) -> Path | None:
    """The same of a file that another process may be writing; None when that came between the two parts.

    Raises `FileProblem`. To be called under `locks.one_at_a_time`.
    """
    try:
        before = write_ahead.salts(path)
        copy = _copied(path, folder, must_rest=False)
        return copy if write_ahead.salts(path) == before else None
    except OSError as error:
        raise unreadable(path, error) from error


def _copied(path: Path, folder: Path, *, must_rest: bool) -> Path:
    copy = folder / path.name
    try:
        with path.open("rb") as source, copy.open("wb") as target:
            if not locks.share(source.fileno()) and must_rest:
                raise in_use(path)
            shutil.copyfileobj(source, target, _CHUNK_BYTES)
            # After the file: the log then holds whatever a writer was merging into it meanwhile.
            if write_ahead.is_waiting(path):
                shutil.copyfile(write_ahead.log_of(path), write_ahead.log_of(copy))
    except OSError as error:
        raise unreadable(path, error) from error
    return copy
