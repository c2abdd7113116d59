"""The note that says which run is open: what is left of it tells the next start that the program was killed."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QLockFile

_LONGEST_NOTE = 65_536  # bytes: no path is as long


@dataclass(frozen=True, slots=True)
class Note:
    """A run that a process has open, or was opening."""

    path: str
    state: Literal["opening", "open"]
    pid: int


class OpenNote:
    """This process's note in a folder that it shares with others of its kind. A lock beside each says whether its
    process lives; the system lets go of it when that ends, however it does.

    Nothing here raises: without a note there is no offer after a crash, and that is all.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Where process ids begin anew (a container), one that was killed may have had ours: hence the token.
        self._path = folder / f"open.{os.getpid()}.{secrets.token_hex(4)}.json"
        self._lock = _lock_beside(self._path)

    def write(self, path: str, state: Literal["opening", "open"]) -> None:
        """Note the run at `path`, instead of what was noted before; "" has no file and needs no note."""
        if not path:
            self.clear()
            return
        half = self._path.with_suffix(".half")
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            if not self._lock.isLocked() and not self._lock.tryLock(0):
                return
            half.write_text(json.dumps(asdict(Note(path, state, os.getpid()))), encoding="utf-8")
            half.replace(self._path)

    def clear(self) -> None:
        """Nothing is open any more."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        self._lock.unlock()

    def of_others(self) -> frozenset[str]:
        """Paths that other notes name, of living and of ended processes."""
        return frozenset(note.path for file in self._others() if (note := _read(file)) is not None)

    def take_left(self) -> list[Note]:
        """Notes of processes that have ended without clearing theirs, the newest first. Each is told to one process,
        and once.
        """
        left: list[tuple[float, Note]] = []
        for file in self._others():
            note, lock = _read(file), _lock_beside(file)
            of_our_number = note is not None and note.pid == os.getpid()
            if not of_our_number and not lock.tryLock(0):
                continue  # its process lives
            with contextlib.suppress(OSError):  # another window was quicker
                written_s = file.stat().st_mtime
                file.unlink()
                if note is not None:
                    left.append((written_s, note))
            lock.unlock()
        return [note for _, note in sorted(left, key=lambda each: each[0], reverse=True)]

    def _others(self) -> list[Path]:
        return [file for file in self._folder.glob("open.*.json") if file != self._path]


def _lock_beside(file: Path) -> QLockFile:
    lock = QLockFile(str(file.with_suffix(".lock")))
    lock.setStaleLockTime(0)  # a run may be open for weeks: only the end of its process makes a lock stale
    return lock


def _read(file: Path) -> Note | None:
    """What a note says; None for anything that this program has not written."""
    try:
        with file.open("rb") as opened:
            said = json.loads(opened.read(_LONGEST_NOTE))
        path, state, pid = said["path"], said["state"], said["pid"]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return None
    if not isinstance(path, str) or not path or state not in ("opening", "open") or not isinstance(pid, int):
        return None
    return Note(path, state, pid)
