"""What people wrote about a run, and what the window keeps with it: small texts that are replaced whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from weightdeck.run.document import (
    LEAST_BUDGET,
    LONGEST_DESK,
    LONGEST_NAME,
    LONGEST_NOTE,
    Annotation,
    Bookmark,
    Branch,
    KeepDesk,
    NameBranch,
    SetBookmark,
    SetBudget,
    WriteNote,
    check_annotation,
)
from weightdeck.store.codec import bookmarks_bytes, read_bookmarks
from weightdeck.store.plain_codec import json_value, reading

DEFAULT_BUDGET = 200 * 10**6  # bytes that keyframes may take
_MOST_DIGITS = 18


class Notes:
    """The notes of a document. Owned by the trainer thread."""

    def __init__(self, read: Callable[[str], bytes] = lambda _name: b"") -> None:
        """`read` gives a note's bytes by its name, none for one that was never written. Raises ``ValueError`` with a
        sentence for what this program did not write.
        """
        with reading("A note of the file"):
            self.bookmarks: tuple[Bookmark, ...] = read_bookmarks(read("bookmarks"))
            self.names: dict[int, str] = _read_names(read("names"))
            self.note = _read_text(read("note"), LONGEST_NOTE)
            self.desk = _read_text(read("desk"), LONGEST_DESK)
            self.budget = max(LEAST_BUDGET, _read_number(read("budget"), DEFAULT_BUDGET))
            self.branch = _read_number(read("branch"), 0)  # the one that trains

    def take(self, annotation: Annotation) -> dict[str, bytes]:
        """Follow it; the notes to write. Raises ``ValueError`` with a sentence; then nothing has changed."""
        check_annotation(annotation)
        match annotation:
            case SetBookmark(place, name):
                others = [each for each in self.bookmarks if each.place != place]
                new = [Bookmark(place, name.strip())] if name.strip() else []
                self.bookmarks = tuple(
                    sorted(others + new, key=lambda each: (each.place.branch, each.place.step))
                )
                return {"bookmarks": bookmarks_bytes(self.bookmarks)}
            case NameBranch(number, name):
                self.names[number] = name.strip()
                return {"names": self._names_bytes()}
            case WriteNote(text):
                self.note = text
                return {"note": _text_bytes(text)}
            case KeepDesk(text):
                self.desk = text
                return {"desk": _text_bytes(text)}
            case SetBudget(size):
                self.budget = size
                return {"budget": str(size).encode()}

    def go_to(self, branch: int) -> dict[str, bytes]:
        """Another branch trains from now on; the notes to write."""
        self.branch = branch
        return {"branch": str(branch).encode()}

    def name_of(self, branch: Branch) -> str:
        """The user's name for a branch, or else what it is."""
        what = f"seed {branch.spec.seed}" if branch.parent is None else f"from step {branch.step:,}"
        return self.names.get(branch.number) or what

    def within(self, heads: Sequence[int]) -> dict[str, bytes]:
        """Forget what is about other branches, or later moments of them, than these with their newest steps; the notes
        to write.
        """
        self.bookmarks = tuple(
            each
            for each in self.bookmarks
            if each.place.branch < len(heads) and each.place.step <= heads[each.place.branch]
        )
        self.names = {number: name for number, name in self.names.items() if number < len(heads)}
        bookmarks = bookmarks_bytes(self.bookmarks)
        return {"bookmarks": bookmarks, "names": self._names_bytes()} | self.go_to(
            min(self.branch, len(heads) - 1)
        )

    def _names_bytes(self) -> bytes:
        return json.dumps({str(number): name for number, name in self.names.items()}).encode()


def _read_names(data: bytes) -> dict[int, str]:
    names = json_value(data or b"{}")
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        raise ValueError("It should have the names of the branches.")
    return {_read_number(number.encode(), 0): name[:LONGEST_NAME] for number, name in names.items()}


def _read_number(data: bytes, default: int) -> int:
    """What was written in decimal digits; `default` for no bytes."""
    if not data:
        return default
    if not data.isdigit() or len(data) > _MOST_DIGITS:
        raise ValueError("It should be a whole number.")
    return int(data)


def _text_bytes(text: str) -> bytes:
    """UTF-8. Half of a surrogate pair, which is no character, becomes "?"."""
    return text.encode("utf-8", "replace")


def _read_text(data: bytes, most: int) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ValueError("It should be a text.") from None
    if len(text) > most:
        raise ValueError(f"It is longer than this program ever writes: {len(text):,} characters.")
    return text
