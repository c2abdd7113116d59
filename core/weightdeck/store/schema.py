"""The tables of a run file, and what a file must look like before its content is believed."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

from weightdeck.store.failures import (
    READING_ERRORS,
    NotARunFile,
    cannot_open,
    damaged,
    unreadable,
)
from weightdeck.store.parts import KINDS

APPLICATION_ID = 0x57444B31  # "WDK1"
SCHEMA_VERSION = 1

PAGE_SIZE = 4096
_HEADER_SIZE = 100
_MAGIC = b"SQLite format 3\0"
_NEWEST_PLAUSIBLE_VERSION = 999
# Bytes 16 to 24 of the header: page size, written and read in WAL mode, nothing reserved, and three fixed numbers.
_LAYOUT = PAGE_SIZE.to_bytes(2, "big") + bytes((2, 2, 0, 64, 32, 32))
# Set on every connection first; "synchronous" reads the file already. Locked from then on, and so without a
# shared-memory file, which a stranger could have prepared.
_SETTINGS = (
    "trusted_schema = OFF",
    "cell_size_check = ON",
    "mmap_size = 0",
    "locking_mode = EXCLUSIVE",
    "synchronous = FULL",
    "temp_store = MEMORY",
    "secure_delete = OFF",
    "journal_size_limit = 16777216",
)
# No table has an index, whose bytes no hash would cover.
_TABLES = f"""
CREATE TABLE log (
    position INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN {KINDS}),
    branch INTEGER NOT NULL CHECK (branch >= 0),
    step INTEGER NOT NULL CHECK (step >= 0),
    data BLOB NOT NULL,
    digest BLOB NOT NULL
) STRICT;
CREATE TABLE keyframes (
    number INTEGER PRIMARY KEY CHECK (number >= 0),
    branch INTEGER NOT NULL CHECK (branch >= 0),
    step INTEGER NOT NULL CHECK (step >= 0),
    entries INTEGER NOT NULL CHECK (entries >= 0),
    kept INTEGER NOT NULL CHECK (kept IN (0, 1)),
    tensors BLOB NOT NULL,
    rest BLOB NOT NULL,
    pages BLOB NOT NULL CHECK (length(pages) % 32 = 0),
    digest BLOB NOT NULL
) STRICT;
CREATE TABLE pages (
    digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    data BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE notes (
    name TEXT NOT NULL PRIMARY KEY,
    data BLOB NOT NULL,
    digest BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE seal (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    length INTEGER NOT NULL,
    log BLOB NOT NULL,
    keyframes BLOB NOT NULL,
    pages BLOB NOT NULL,
    notes BLOB NOT NULL,
    digest BLOB NOT NULL
) STRICT;
"""
_LOOKS = {
    b"PK\x03\x04": "a zip archive (as PyTorch's files are)",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip archive",
    b"\x80": "a Python pickle",
    b"{": "a JSON text",
    _MAGIC: "a database of another program",
}
_KINDS_OF_PLACES = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def new_database() -> sqlite3.Connection:
    """An empty run in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    _set_up(connection)
    connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.executescript(_TABLES)
    return connection


def connect(path: Path, named: Path) -> sqlite3.Connection:
    """The only connection to a run file, which it keeps locked until it is closed. Raises `FileProblem`, whose sentence
    is about `named`.
    """
    connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=0)
    try:
        _set_up(connection)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except READING_ERRORS as error:
        connection.close()
        raise cannot_open(error, named) from error
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    for setting in _SETTINGS:
        connection.execute(f"PRAGMA {setting}")


def mark_as_written_ahead(descriptor: int) -> None:
    """Give a database made without a write-ahead log the header of one that has it. SQLite's own way would be another
    transaction after opening, with a rollback journal that a kill could leave behind.
    """
    os.lseek(descriptor, 18, os.SEEK_SET)
    os.write(descriptor, _LAYOUT[2:4])


def check_start(path: Path) -> None:
    """Look at the first bytes of a file before SQLite does.

    Raises `FileProblem`, `NotARunFile` or `DamagedFile`. Opens and closes the file: see `locks.py`.
    """
    try:
        # Without O_NONBLOCK a pipe that nobody writes would never open.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            place = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(place):
                raise _something_else(path, _KINDS_OF_PLACES.get(stat.S_IFMT(place), "no file"))
            start = os.read(descriptor, _HEADER_SIZE)
        finally:
            os.close(descriptor)
    except OSError as error:
        kind = _kind_of_place(path)
        raise (_something_else(path, kind) if kind else unreadable(path, error)) from error
    _check_header(start, path)


def _kind_of_place(path: Path) -> str | None:
    """Sockets and, on Windows, folders do not even open."""
    try:
        return _KINDS_OF_PLACES.get(stat.S_IFMT(path.stat().st_mode))
    except OSError:
        return None


def _something_else(path: Path, what: str) -> NotARunFile:
    return NotARunFile(f"{path} is {what}, not a run of Weightdeck. Choose a file that ends in .weightdeck.")


def _check_header(start: bytes, path: Path) -> None:
    if not start:
        raise _something_else(path, "an empty file")
    has_magic = start.startswith(_MAGIC)
    application_id, version = int.from_bytes(start[68:72], "big"), int.from_bytes(start[60:64], "big")
    # One of the two marks may have lost a bit: then it is ours, and damaged.
    wrong_bits = (application_id ^ APPLICATION_ID).bit_count()
    if wrong_bits > (1 if has_magic else 0):
        looks = [words for mark, words in _LOOKS.items() if start.startswith(mark)]
        raise _something_else(path, looks[0] if looks else "something else")
    if len(start) < _HEADER_SIZE:
        raise damaged(path, "it is cut off near its beginning")
    if not has_magic or wrong_bits or start[16:24] != _LAYOUT:
        raise damaged(path, "its first bytes are not as they were written")
    if SCHEMA_VERSION < version <= _NEWEST_PLAUSIBLE_VERSION:
        raise NotARunFile(f"{path} was made by a newer Weightdeck. Update this one to open it.")
    if version != SCHEMA_VERSION:
        raise damaged(path, "its version number makes no sense")


def check_size(path: Path, named: Path) -> None:
    """Raises `DamagedFile`, about `named`, when a file without a write-ahead log is shorter than it says. Opens and
    closes the file: see `locks.py`.
    """
    with path.open("rb") as file:
        pages = int.from_bytes(file.read(_HEADER_SIZE)[28:32], "big")
        there, expected = os.fstat(file.fileno()).st_size, pages * PAGE_SIZE
    if there < expected:
        raise damaged(named, f"it is cut off, {there:,} of {expected:,} bytes are there")


def check_structure(connection: sqlite3.Connection, path: Path) -> None:
    """Raises `DamagedFile` or `NotARunFile` unless the tables are exactly ours and their trees are whole."""
    wanted = _objects(new_database(), limit=-1)
    if _objects(connection, limit=len(wanted) + 1) != wanted:
        raise NotARunFile(f"{path} has other tables than a run of Weightdeck has, so it is not opened.")
    # Also evaluates the CHECKs and types of all columns, which are ours by now.
    if connection.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
        raise damaged(path, "its structure is not whole")
    if connection.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,) or connection.execute(
        "PRAGMA user_version"
    ).fetchone() != (SCHEMA_VERSION,):
        raise damaged(path, "its write-ahead log belongs to another file")


def _objects(connection: sqlite3.Connection, limit: int) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name LIMIT ?", (limit,)
    ).fetchall()
