"""The journal: every command with the step before which it took effect. A run is its spec plus this list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from weightdeck.run.commands import Command


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """`command` took effect when `step` updates had been made. `number` counts the session's submissions."""

    number: int
    step: int
    command: Command


class Journal:
    """Append-only list of entries in the order in which they took effect. Owned by one thread."""

    def __init__(self) -> None:
        self._entries: list[JournalEntry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[JournalEntry]:
        return iter(self._entries)

    def append(self, entry: JournalEntry) -> None:
        assert not self._entries or entry.step >= self._entries[-1].step, "the journal runs forward"
        self._entries.append(entry)

    def since(self, position: int) -> tuple[JournalEntry, ...]:
        """Entries from `position` on."""
        return tuple(self._entries[position:])
