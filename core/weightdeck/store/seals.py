"""The hashes that cover a run file, so that nothing in it can change, vanish, move or come in unnoticed.

They guard against accidents and half-made copies, not against people: anyone can make a new file with right hashes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256

from weightdeck.store.parts import LogRow


def digest_of(*values: int | str | bytes) -> bytes:
    """SHA-256 over the values with their types and lengths, so that no two lists of values look the same."""
    digest = sha256()
    for value in values:
        match value:
            case int():
                digest.update(b"i" + value.to_bytes(8, "big", signed=True))
            case str():
                text = value.encode()
                digest.update(b"s" + len(text).to_bytes(8, "big"))
                digest.update(text)
            case bytes():
                digest.update(b"b" + len(value).to_bytes(8, "big"))
                digest.update(value)
    return digest.digest()


def row_digest(previous: bytes, position: int, row: LogRow) -> bytes:
    """Covers a row of the log and, through `previous`, all rows before it; b"" comes before the first."""
    return digest_of("log", previous, position, row.kind, row.branch, row.step, row.data)


def keyframe_digest(*columns: int | bytes) -> bytes:
    """Covers all columns of its row, in their order."""
    return digest_of("keyframe", *columns)


def note_digest(name: str, data: bytes) -> bytes:
    return digest_of("note", name, data)


@dataclass(frozen=True, slots=True)
class Seal:
    """What one row says of the whole file."""

    length: int  # rows of the log
    log: bytes  # digest of the last row, b"" without one
    keyframes: bytes
    pages: bytes
    notes: bytes

    @property
    def digest(self) -> bytes:
        return digest_of("seal", self.length, self.log, self.keyframes, self.pages, self.notes)


def keyframes_digest(digests: Mapping[int, bytes]) -> bytes:
    """Over the keyframes' digests by their numbers."""
    return digest_of("keyframes", *(part for number in sorted(digests) for part in (number, digests[number])))


def pages_digest(digests: Collection[bytes]) -> bytes:
    return digest_of("pages", *sorted(digests))


def notes_digest(digests: Mapping[str, bytes]) -> bytes:
    """Over the notes' digests by their names."""
    return digest_of("notes", *(part for name in sorted(digests) for part in (name, digests[name])))
