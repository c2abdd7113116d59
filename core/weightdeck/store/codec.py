"""Plain data of a run as bytes and back. What is read is checked as if a stranger had written it: a ``ValueError`` with
a sentence says what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.commands import check_command
from weightdeck.run.document import LONGEST_NAME, Bookmark, Branch
from weightdeck.run.frame import METRICS
from weightdeck.run.journal import JournalEntry
from weightdeck.run.layout import Layout
from weightdeck.store.keyframe_codec import KeyframeWriter, read_keyframe
from weightdeck.store.plain_codec import json_bytes, read_json, reading
from weightdeck.store.record_codec import read_record, record_bytes

__all__ = [
    "KeyframeWriter",
    "bookmarks_bytes",
    "branch_bytes",
    "entry_bytes",
    "metrics_bytes",
    "read_bookmarks",
    "read_branch",
    "read_entry",
    "read_keyframe",
    "read_metrics",
    "read_record",
    "record_bytes",
]

_UPDATE_RATIO = METRICS.index("update_ratio")


def branch_bytes(branch: Branch) -> bytes:
    """JSON."""
    return json_bytes(branch)


def read_branch(data: bytes) -> Branch:
    """What `branch_bytes` gave. That its parent exists is for the reader of the whole file to see."""
    with reading("A branch of the run"):
        branch: Branch = read_json(Branch, data)
        _check_count(branch.number, "its number")
        _check_count(branch.step, "its step")
        _check_count(branch.entries, "its number of commands")
        _check_name(branch.name)
        if branch.parent is None:
            if branch.step > 0 or branch.entries > 0:
                raise ValueError("It begins at step 0 and yet takes something over.")
        elif not 0 <= branch.parent < branch.number:
            raise ValueError(f"Branch {branch.number} cannot come from branch {branch.parent}.")
        return branch


def entry_bytes(entry: JournalEntry) -> bytes:
    """JSON."""
    return json_bytes(entry)


def read_entry(data: bytes, layout: Layout) -> JournalEntry:
    """What `entry_bytes` gave, of a run of a model with this layout."""
    with reading("A command"):
        entry: JournalEntry = read_json(JournalEntry, data)
        _check_count(entry.number, "its number")
        _check_count(entry.step, "its step")
        check_command(entry.command, layout)
        return entry


def metrics_bytes(rows: NDArray[np.float64]) -> bytes:
    """Rows of `METRICS` as little-endian float64."""
    assert rows.ndim == 2
    assert rows.shape[1] == len(METRICS)
    return rows.astype("<f8", copy=False).tobytes()


def read_metrics(data: bytes) -> NDArray[np.float64]:
    """(rows, METRICS), what `metrics_bytes` gave: steps ascending, all finite but the update ratio, which is none
    where all weights are zero. Read-only.
    """
    with reading("A piece of the loss curve"):
        row_bytes = 8 * len(METRICS)
        if len(data) % row_bytes:
            raise ValueError(f"It has {len(data):,} bytes; a row has {row_bytes}.")
        rows = np.frombuffer(data, dtype="<f8").reshape(-1, len(METRICS))
        if not np.isfinite(np.delete(rows, _UPDATE_RATIO, axis=1)).all():
            raise ValueError("It has numbers that are not finite.")
        steps = rows[:, 0]
        if (steps < 0).any() or (steps != np.floor(steps)).any() or (np.diff(steps) <= 0).any():
            raise ValueError("Its steps do not follow each other.")
        return rows


def bookmarks_bytes(bookmarks: Sequence[Bookmark]) -> bytes:
    """JSON."""
    return json_bytes(tuple(bookmarks))


def read_bookmarks(data: bytes) -> tuple[Bookmark, ...]:
    """What `bookmarks_bytes` gave; none for no bytes."""
    if not data:
        return ()
    with reading("The list of bookmarks"):
        bookmarks: tuple[Bookmark, ...] = read_json(tuple[Bookmark, ...], data)
        for bookmark in bookmarks:
            _check_count(bookmark.place.branch, "its branch")
            _check_count(bookmark.place.step, "its step")
            _check_name(bookmark.name)
        return bookmarks


def _check_count(value: int, name: str) -> None:
    if value < 0:
        raise ValueError(f"{name} is counted from 0; it is {value}.")


def _check_name(name: str) -> None:
    if len(name) > LONGEST_NAME:
        raise ValueError(f"A name has at most {LONGEST_NAME} characters; this one has {len(name):,}.")
