"""What can go wrong with a run file; every text is a sentence for the user that says what to do."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

# What reading a database raises. The second when SQLite's own words hold a damaged part that is not UTF-8.
READING_ERRORS = (sqlite3.Error, UnicodeDecodeError)


class FileProblem(ValueError):
    """The file cannot be opened. Nothing was changed."""


class NotARunFile(FileProblem):
    """It is something else, or a run file that was not made by this program."""


class DamagedFile(FileProblem):
    """A run file whose content is not what was written. `weightdeck.store.salvage` may recover a part."""


class FileInUse(FileProblem):
    """Another program has it open for writing."""


class NotWritable(FileProblem):
    """It can be read at most: the file, its folder or its disk is read-only."""


class CannotSave(Exception):
    """A change could not be written; the file holds what it held before."""


def damaged(path: Path, what: str) -> DamagedFile:
    """`what` goes on after "The run file X is damaged:" and has no full stop."""
    return DamagedFile(f"The run file {path} is damaged: {what}.")


def in_use(path: Path) -> FileInUse:
    return FileInUse(
        f"The run {path} is open in another program. It can be changed here when it is closed there."
    )


def not_writable(path: Path) -> NotWritable:
    return NotWritable(
        f"The run {path} cannot be written: the file or its folder is read-only. Copy it elsewhere."
    )


def unreadable(path: Path, error: OSError) -> FileProblem:
    if isinstance(error, FileNotFoundError):
        return FileProblem(f"There is no file {path}. Look whether it was moved or renamed.")
    return FileProblem(f"{path} cannot be read: {_reason(error)}. Look at its permissions and its disk.")


def cannot_open(error: Exception, path: Path) -> FileProblem:
    """The failure that `error`, one of `READING_ERRORS`, means to the user."""
    match _primary_code(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return in_use(path)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return not_writable(path)
        case sqlite3.SQLITE_IOERR:
            return FileProblem(
                f"The disk reports an error for {path}. Copy the file to another disk and open that."
            )
        case sqlite3.SQLITE_FULL:
            return FileProblem(f"The disk of {path} is full. Make room and open it again.")
        case _:
            return damaged(path, "its structure is not whole")


def cannot_save(error: sqlite3.Error | OSError, path: Path) -> CannotSave:
    """The failure that `error`, raised while something was written to `path`, means to the user."""
    if isinstance(error, OSError):
        return CannotSave(f"{path} cannot be written: {_reason(error)}.{_advice(error.errno)}")
    match _primary_code(error):
        case sqlite3.SQLITE_FULL:
            return CannotSave(
                f"{path} cannot be written: {os.strerror(errno.ENOSPC)}.{_advice(errno.ENOSPC)}"
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return CannotSave(f"{path} cannot be written: {os.strerror(errno.EROFS)}.{_advice(errno.EROFS)}")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return CannotSave(f"{path} cannot be written: another program has it open. Close it there.")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return CannotSave(
                f"{path} cannot be written: another program changed it. Save the run under another name."
            )
        case _:
            # SQLite does not pass on the system's reason.
            reason = errno.EROFS if _is_read_only(path) else errno.EIO
            return CannotSave(f"{path} cannot be written: {os.strerror(reason)}.{_advice(reason)}")


def _primary_code(error: Exception) -> int:
    # Errors of the Python module itself, such as text that is not UTF-8, carry no code.
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _advice(code: int | None) -> str:
    match code:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return " Make room on the disk, or save the run on another one."
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return " Make the folder writable, or save the run elsewhere."
        case errno.EIO:
            return " Look at the disk, or save the run on another one."
        case _:
            return " Save the run under another name."


def _is_read_only(path: Path) -> bool:
    return not os.access(path.parent, os.W_OK)
