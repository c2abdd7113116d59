"""The companions that SQLite puts beside a database: which may be there, and whether one lost commits.

Format of the write-ahead log: https://www.sqlite.org/fileformat2.html#walformat
"""

from __future__ import annotations

import os
import stat
import struct
from pathlib import Path

from weightdeck.store.failures import FileProblem
from weightdeck.store.schema import PAGE_SIZE

_HEADER = struct.Struct(">8I")  # magic, version, page size, checkpoint, two salts, two checksums
_FRAME_HEADER = struct.Struct(
    ">6I"
)  # page, size of the database after a commit or 0, two salts, two checksums
_FRAME_SIZE = _FRAME_HEADER.size + PAGE_SIZE


def log_of(path: Path) -> Path:
    """Commits that are not merged into the file at `path` yet."""
    return path.with_name(f"{path.name}-wal")


def is_waiting(path: Path) -> bool:
    """Whether commits may wait to be merged into the file at `path`, or into the one that is put there.

    Raises `FileProblem` for a companion that is not ours.
    """
    # SQLite would play it back into the file. Ours come into being whole, without one.
    if os.path.lexists(path.with_name(f"{path.name}-journal")):
        raise FileProblem(
            f"Another program left {path.name}-journal beside {path}. Move it to another folder."
        )
    try:
        status = os.lstat(log_of(path))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise FileProblem(
            f"{log_of(path)} cannot be read: {error.strerror}. Look at its permissions."
        ) from error
    if not stat.S_ISREG(status.st_mode):
        raise FileProblem(f"{log_of(path)} is not a file that Weightdeck made. Move it to another folder.")
    return status.st_size > 0


def salts(path: Path) -> bytes:
    """What changes when SQLite begins the log of the file at `path` again; b"" without a log. Raises `OSError`."""
    try:
        with log_of(path).open("rb") as file:
            return file.read(_HEADER.size)[16:24]
    except FileNotFoundError:
        return b""


def lost_commits(log: Path, frames: int) -> bool:
    """Whether `log` holds commits behind its first `frames` frames, at which SQLite stopped reading.

    It stops without a word at the first frame whose checksum is wrong. That is how a commit that a crash cut short
    looks, but then it is the last one. So a whole commit and the beginning of another one behind it tell of damage.
    """
    with log.open("rb") as file:
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return False
        if _checksum(header[:24]) != _HEADER.unpack(header)[6:]:
            return True
        has_commit = False
        while True:
            file.seek(_HEADER.size + frames * _FRAME_SIZE)
            frame = file.read(_FRAME_HEADER.size)
            # Behind the newest frames may lie older ones, with other salts, which are merged long since.
            is_ours = len(frame) == _FRAME_HEADER.size and frame[8:16] == header[16:24]
            if is_ours and has_commit:
                return True
            if len(frame) < _FRAME_HEADER.size:
                return False
            has_commit = has_commit or (is_ours and frame[4:8] != bytes(4))
            frames += 1


def _checksum(data: bytes) -> tuple[int, int]:
    # The lowest bit of the magic number says in which order the bytes of a word are; ours is the machine's.
    order = ">" if data[3] & 1 else "<"
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    first = second = 0
    for one, other in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second
