"""What a run file holds, beside the bulk of it: read and verified once, then carried along by every commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import astuple, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from weightdeck.store import seals
from weightdeck.store.failures import READING_ERRORS, damaged
from weightdeck.store.parts import KINDS, Changes, KeyframeKey, LogRow, StoredKeyframe
from weightdeck.store.seals import Seal

_DIGEST_SIZE = 32
_KIND = {kind: kind for kind in KINDS}  # one string for all rows


@dataclass(frozen=True, slots=True)
class Shelved:
    """A keyframe that is in the file."""

    key: KeyframeKey
    pages: tuple[bytes, ...]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Contents:
    """All but the rows of the log and the bytes of keyframes and pages."""

    keyframes: Mapping[int, Shelved]
    pages: Set[bytes]  # exactly those that the keyframes need
    notes: Mapping[str, bytes]
    seal: Seal


EMPTY = Contents(
    {},
    frozenset(),
    {},
    Seal(0, b"", seals.keyframes_digest({}), seals.pages_digest(()), seals.notes_digest({})),
)


def write(connection: sqlite3.Connection, before: Contents, changes: Changes) -> Contents:
    """Make `changes`, within the transaction that is open; the contents when it is committed."""
    last = _write_rows(connection, before.seal, changes)
    keyframes, pages, notes = before.keyframes, before.pages, before.notes
    of_keyframes, of_pages, of_notes = before.seal.keyframes, before.seal.pages, before.seal.notes
    if changes.keyframes or changes.dropped:
        keyframes = _write_keyframes(connection, before.keyframes, changes)
        pages = frozenset(page for shelved in keyframes.values() for page in shelved.pages)
        _write_pages(connection, before.pages, pages, changes.pages)
        of_keyframes = _over_keyframes(keyframes)
        of_pages = seals.pages_digest(pages)
    if changes.notes:
        notes = {**before.notes, **changes.notes}
        connection.executemany(
            "INSERT OR REPLACE INTO notes VALUES (?, ?, ?)",
            [(name, data, seals.note_digest(name, data)) for name, data in changes.notes.items()],
        )
        of_notes = _over_notes(notes)
    seal = Seal(before.seal.length + len(changes.rows), last, of_keyframes, of_pages, of_notes)
    connection.execute(
        "INSERT OR REPLACE INTO seal VALUES (1, ?, ?, ?, ?, ?, ?)", (*astuple(seal), seal.digest)
    )
    return Contents(keyframes, pages, notes, seal)


def _write_rows(connection: sqlite3.Connection, seal: Seal, changes: Changes) -> bytes:
    last = seal.log
    for position, row in enumerate(changes.rows, seal.length):
        last = seals.row_digest(last, position, row)
        connection.execute(
            "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)",
            (position, row.kind, row.branch, row.step, row.data, last),
        )
    return last


def _write_keyframes(
    connection: sqlite3.Connection, before: Mapping[int, Shelved], changes: Changes
) -> Mapping[int, Shelved]:
    after = dict(before)
    for number in changes.dropped:
        del after[number]
        connection.execute("DELETE FROM keyframes WHERE number = ?", (number,))
    for stored in changes.keyframes:
        key = stored.key
        assert key.number not in after, "a keyframe's number is used once"
        assert key.size == len(stored.tensors), "the size is that of the tensors"
        columns = (key.number, key.branch, key.step, key.entries, int(key.kept))
        blobs = (stored.tensors, stored.rest, b"".join(stored.pages))
        digest = seals.keyframe_digest(*columns, *blobs)
        connection.execute(
            "INSERT INTO keyframes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*columns, *blobs, digest)
        )
        after[key.number] = Shelved(key, stored.pages, digest)
    return after


def _write_pages(
    connection: sqlite3.Connection, before: Set[bytes], after: Set[bytes], new: Mapping[bytes, bytes]
) -> None:
    connection.executemany("DELETE FROM pages WHERE digest = ?", [(digest,) for digest in before - after])
    for digest in after - before:
        assert sha256(new[digest]).digest() == digest, "a page goes by its SHA-256"
        connection.execute("INSERT INTO pages VALUES (?, ?)", (digest, new[digest]))


def stored_seal(connection: sqlite3.Connection) -> bytes:
    """The digest of the seal that is in the file. Raises `sqlite3.Error`."""
    (digest,) = connection.execute("SELECT digest FROM seal").fetchone()
    assert isinstance(digest, bytes)
    return digest


def read(connection: sqlite3.Connection, path: Path) -> tuple[list[LogRow], Contents]:
    """The log and all else, every byte verified. The structure of the file must have been checked.

    Raises `DamagedFile`, `READING_ERRORS`.
    """
    rows, last = _read_rows(connection, path)
    keyframes = dict(_read_keyframes(connection, path))
    pages = frozenset(_read_pages(connection, path))
    notes = dict(_read_notes(connection, path))
    seal = Seal(len(rows), last, _over_keyframes(keyframes), seals.pages_digest(pages), _over_notes(notes))
    sealed = connection.execute("SELECT length, log, keyframes, pages, notes, digest FROM seal").fetchall()
    if sealed != [(*astuple(seal), seal.digest)]:
        raise damaged(path, "a part of it is missing or not what was written")
    if pages != {page for shelved in keyframes.values() for page in shelved.pages}:
        raise damaged(path, "parts of its keyframes are missing")
    return rows, Contents(keyframes, pages, notes, seal)


def _read_rows(connection: sqlite3.Connection, path: Path) -> tuple[list[LogRow], bytes]:
    rows: list[LogRow] = []
    last = b""
    for position, kind, branch, step, data, digest in connection.execute(
        "SELECT * FROM log ORDER BY position"
    ):
        row = LogRow(_KIND[kind], branch, step, data)
        last = seals.row_digest(last, position, row)
        if position != len(rows) or last != digest:
            raise damaged(path, f"entry {len(rows)} of its log is missing or not what was written")
        rows.append(row)
    return rows, last


def _read_keyframes(connection: sqlite3.Connection, path: Path) -> Iterator[tuple[int, Shelved]]:
    for *columns, digest in connection.execute("SELECT * FROM keyframes ORDER BY number"):
        if seals.keyframe_digest(*columns) != digest:
            raise damaged(path, f"the keyframe of step {columns[2]} is not what was written")
        stored = _stored(columns)
        yield stored.key.number, Shelved(stored.key, stored.pages, digest)


def _read_pages(connection: sqlite3.Connection, path: Path) -> Iterator[bytes]:
    for digest, data in connection.execute("SELECT digest, data FROM pages"):
        if sha256(data).digest() != digest:
            raise damaged(path, "a part of its keyframes is not what was written")
        yield digest


def _read_notes(connection: sqlite3.Connection, path: Path) -> Iterator[tuple[str, bytes]]:
    for name, data, digest in connection.execute("SELECT name, data, digest FROM notes"):
        if seals.note_digest(name, data) != digest:
            raise damaged(path, f"its note {name!r} is not what was written")
        yield name, data


def read_keyframe(connection: sqlite3.Connection, shelved: Shelved, path: Path) -> StoredKeyframe:
    """Raises `DamagedFile`."""
    number = shelved.key.number
    columns = _one(connection, "SELECT * FROM keyframes WHERE number = ?", number, path)
    if seals.keyframe_digest(*columns[:-1]) != shelved.digest:
        raise damaged(path, f"the keyframe of step {shelved.key.step} is not what was written")
    return _stored(columns[:-1])


def read_page(connection: sqlite3.Connection, digest: bytes, path: Path) -> bytes:
    """Raises `DamagedFile`."""
    (data,) = _one(connection, "SELECT data FROM pages WHERE digest = ?", digest, path)
    if sha256(data).digest() != digest:
        raise damaged(path, "a part of its keyframes is not what was written")
    return bytes(data)


def _one(connection: sqlite3.Connection, query: str, value: int | bytes, path: Path) -> tuple[Any, ...]:
    try:
        row = connection.execute(query, (value,)).fetchone()
    except READING_ERRORS as error:
        raise damaged(path, "a part of it cannot be read") from error
    if row is None:
        raise damaged(path, "a part of it is missing")
    return tuple(row)


def _stored(columns: Sequence[Any]) -> StoredKeyframe:
    number, branch, step, entries, kept, tensors, rest, pages = columns
    key = KeyframeKey(number, branch, step, entries, bool(kept), len(tensors))
    starts = range(0, len(pages), _DIGEST_SIZE)
    return StoredKeyframe(key, tensors, rest, tuple(pages[at : at + _DIGEST_SIZE] for at in starts))


def _over_keyframes(keyframes: Mapping[int, Shelved]) -> bytes:
    return seals.keyframes_digest({number: shelved.digest for number, shelved in keyframes.items()})


def _over_notes(notes: Mapping[str, bytes]) -> bytes:
    return seals.notes_digest({name: seals.note_digest(name, data) for name, data in notes.items()})
