"""The branches of a document with what happened on each: journal, metrics, records."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.document import Branch, Place
from weightdeck.run.frame import METRICS, Record
from weightdeck.run.journal import JournalEntry
from weightdeck.run.layout import Layout, layout
from weightdeck.store.codec import read_branch, read_entry, read_metrics, read_record
from weightdeck.store.run_file import KeyframeKey, LogRow


@dataclass(slots=True)
class Line:
    """One branch, from where it left its parent. Steps never fall."""

    branch: Branch
    head: int = 0  # the newest step
    entries: list[JournalEntry] = field(default_factory=list)  # its own
    metrics: list[NDArray[np.float64]] = field(default_factory=list)  # its own rows, in pieces
    records: list[tuple[int, bytes]] = field(default_factory=list)  # its own: step, and as the file has it
    numerics: list[tuple[int, str]] = field(default_factory=list)  # ids with the step from which they hold


class Lines:
    """Every branch by number. Owned by the trainer thread."""

    def __init__(self) -> None:
        self._lines: list[Line] = []

    @classmethod
    def of_log(cls, rows: Sequence[LogRow]) -> Lines:
        """As a file tells it. Raises ``ValueError`` with a sentence for what no run can have done."""
        lines = cls()
        for row in rows:
            if row.kind == "branch":
                lines.begin(read_branch(row.data))
            elif not 0 <= row.branch < len(lines._lines):
                raise ValueError("The file tells of a branch that it does not have.")
            else:
                lines._take(row)
        if not lines._lines:
            raise ValueError("The file holds no run.")
        return lines

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, number: int) -> Line:
        return self._lines[number]

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines)

    @property
    def layout(self) -> Layout:
        """That of every branch."""
        return layout(self._lines[0].branch.spec.model)

    def begin(self, branch: Branch) -> Line:
        """A new branch. Raises ``ValueError`` when it cannot grow where it says."""
        known = len(self._lines)
        if branch.number != known or (branch.parent is None and (branch.step or branch.entries)):
            raise ValueError("The branches of the file are not in order.")
        if branch.parent is not None:
            if not 0 <= branch.parent < known or not 0 <= branch.step <= self._lines[branch.parent].head:
                raise ValueError(f"Branch {branch.number} leaves a moment that the file does not have.")
            parent = self._lines[branch.parent]
            if branch.entries > parent.branch.entries + len(parent.entries):
                raise ValueError(f"Branch {branch.number} takes over more commands than its parent had.")
        if known and branch.spec != self._lines[0].branch.spec.with_seed(branch.spec.seed):
            raise ValueError(f"Branch {branch.number} begins with other settings than the run.")
        line = Line(branch, head=branch.step, numerics=[(branch.step, branch.numerics)])
        self._lines.append(line)
        return line

    def ancestry(self, number: int) -> list[tuple[Line, int, int]]:
        """The lines that a branch consists of, its own first, each with the step and the journal entries (counted from
        step 0) up to which it is followed.
        """
        line = self._lines[number]
        found = [(line, line.head, line.branch.entries + len(line.entries))]
        while line.branch.parent is not None:
            step = min(found[-1][1], line.branch.step)
            entries = min(found[-1][2], line.branch.entries)
            line = self._lines[line.branch.parent]
            found.append((line, step, entries))
        return found

    def journal(self, number: int, until_step: int | None = None) -> list[JournalEntry]:
        """Every entry of a branch from step 0 on, or those before step `until_step` + 1."""
        entries: list[JournalEntry] = []
        for line, _, until in reversed(self.ancestry(number)):
            entries += line.entries[: max(0, until - line.branch.entries)]
        return entries if until_step is None else [entry for entry in entries if entry.step <= until_step]

    def metrics(self, number: int) -> NDArray[np.float64]:
        """(rows, METRICS) of a branch from step 0 on."""
        pieces: list[NDArray[np.float64]] = []
        for line, until_step, _ in reversed(self.ancestry(number)):
            rows = np.concatenate([np.empty((0, len(METRICS))), *line.metrics])
            pieces.append(rows[rows[:, 0] < until_step])
        return np.concatenate(pieces)

    def records(self, number: int) -> list[Record]:
        """The records of a branch from step 0 on. Raises ``ValueError`` for one that does not fit the model."""
        found: list[Record] = []
        for line, until_step, _ in reversed(self.ancestry(number)):
            found += [read_record(data, self.layout) for step, data in line.records if step <= until_step]
        return found

    def newest_record(self, place: Place) -> Record | None:
        """The record of a place, or the last before it. Raises ``ValueError`` for one that does not fit the model."""
        for line, until_step, _ in self.ancestry(place.branch):
            made = [data for step, data in line.records if step <= min(until_step, place.step)]
            if made:
                return read_record(made[-1], self.layout)
        return None

    def has_record(self, number: int, step: int) -> bool:
        """Whether a branch has a record of a step."""
        return any(
            step <= until and _has_step(line.records, step) for line, until, _ in self.ancestry(number)
        )

    def has_moment(self, key: KeyframeKey) -> bool:
        """Whether the keyframe's branch was at its step with so many commands."""
        if not 0 <= key.branch < len(self._lines) or not 0 <= key.step <= self._lines[key.branch].head:
            return False
        fewest = most = 0
        for line, _, until in self.ancestry(key.branch):
            end = min(max(0, until - line.branch.entries), len(line.entries))
            fewest += bisect_left(line.entries, key.step, 0, end, key=_step_of)
            most += bisect_right(line.entries, key.step, 0, end, key=_step_of)
        return fewest <= key.entries <= most

    def nearest(self, place: Place, keyframes: Sequence[KeyframeKey]) -> KeyframeKey | None:
        """The newest keyframe from which `place` can be reached by going forward."""
        usable = [
            key
            for line, until_step, until_entries in self.ancestry(place.branch)
            for key in keyframes
            if key.branch == line.branch.number
            and key.step <= min(until_step, place.step)
            and key.entries <= until_entries
        ]
        return max(usable, key=lambda key: (key.step, key.entries, key.number), default=None)

    def has_numerics(self, place: Place, since: int, numerics: str) -> bool:
        """Whether the steps after `since` up to a place were all made under this numerics id."""
        until = place.step
        for line, until_step, _ in self.ancestry(place.branch):
            until = min(until, until_step)
            ends = [step for step, _ in line.numerics[1:]] + [until]
            for (first, made_with), end in zip(line.numerics, ends, strict=True):
                if max(first, since) < min(end, until) and made_with != numerics:
                    return False
            until = min(until, line.branch.step)
        return True

    def _take(self, row: LogRow) -> None:
        line = self._lines[row.branch]
        if row.kind != "metrics" and row.step != line.head:
            raise ValueError(f"Branch {row.branch} of the file goes from step {line.head:,} to {row.step:,}.")
        match row.kind:
            case "command":
                entry = read_entry(row.data, self.layout)
                if entry.step != row.step:
                    raise ValueError("A command of the file stands at another step than it says.")
                line.entries.append(entry)
            case "metrics":
                rows = read_metrics(row.data)
                first = row.step - len(rows)
                if first != line.head or not np.array_equal(rows[:, 0], np.arange(first, row.step)):
                    raise ValueError(f"The losses of branch {row.branch} do not follow each other.")
                line.metrics.append(rows)
            case "record":
                if read_record(row.data, self.layout).step != row.step:
                    raise ValueError("A record of the file stands at another step than it says.")
                line.records.append((row.step, row.data))
            case "numerics":
                line.numerics.append((row.step, _read_numerics(row.data)))
        line.head = row.step


def _step_of(entry: JournalEntry) -> int:
    return entry.step


def _has_step(records: Sequence[tuple[int, bytes]], step: int) -> bool:
    place = bisect_left(records, step, key=lambda record: record[0])
    return place < len(records) and records[place][0] == step


def _read_numerics(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ValueError("A numerics id of the file is no text.") from None
