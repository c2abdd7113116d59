"""Who has which run file open: in this process by a list, in others by the lock that SQLite keeps on the file.

Trap: POSIX locks belong to the process. When it closes *any* descriptor of a file, all its locks on that file are gone,
SQLite's too. So a file that `is_held` is never opened here but by its connection, and who opens one for any other
purpose does it under `one_at_a_time`, after asking `is_held`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from threading import RLock

if sys.platform != "win32":
    import fcntl

Identity = tuple[int, int]  # device and inode

one_at_a_time = RLock()

_held: set[Identity] = set()
# The bytes that SQLite locks, beyond any content (its "shared" range).
_FIRST_BYTE, _BYTES = 0x40000002, 510


def identity(path: Path) -> Identity:
    """Which file is at `path` now. Raises `OSError`."""
    status = path.stat()
    return status.st_dev, status.st_ino


def is_held(path: Path) -> bool:
    """Whether this process has the file at `path` open as a run. Raises `OSError`."""
    return identity(path) in _held


def hold(file: Identity) -> None:
    _held.add(file)


def let_go(file: Identity) -> None:
    _held.discard(file)


def share(descriptor: int) -> bool:
    """Keep other processes from opening the file as their run while `descriptor` is open; False when one has it open.

    On Windows nothing is needed: a file that is open there cannot be replaced, and what is copied is checked anyway.
    """
    if sys.platform == "win32":
        return True
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB, _BYTES, _FIRST_BYTE)
    except (BlockingIOError, PermissionError):
        return False
    return True
