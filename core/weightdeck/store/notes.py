"""What people wrote about a run, and what the window keeps with it: small texts that are replaced whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from weightdeck.run.document import (
    LONGEST_NAME,
    Annotation,
    Bookmark,
    KeepDesk,
    NameBranch,
    SetBookmark,
    SetBudget,
    WriteNote,
    check_annotation,
)
from weightdeck.store.codec import bookmarks_bytes, read_bookmarks
from weightdeck.store.plain_codec import json_value

DEFAULT_BUDGET = 200 * 10**6  # bytes that keyframes may take


class Notes:
    """The notes of a document. Owned by the trainer thread."""

    def __init__(self, read: Callable[[str], bytes] = lambda _name: b"") -> None:
        """`read` gives a note's bytes by its name, none for one that was never written. Raises ``ValueError`` with a
        sentence for what this program did not write.
        """
        self.bookmarks: tuple[Bookmark, ...] = read_bookmarks(read("bookmarks"))
        self.names: dict[int, str] = _read_names(read("names"))
        self.note = read("note").decode()
        self.desk = read("desk").decode()
        self.budget = int(read("budget") or DEFAULT_BUDGET)
        self.branch = int(read("branch") or 0)  # the one that trains

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
                return {"note": text.encode()}
            case KeepDesk(text):
                self.desk = text
                return {"desk": text.encode()}
            case SetBudget(size):
                self.budget = size
                return {"budget": str(size).encode()}

    def go_to(self, branch: int) -> dict[str, bytes]:
        """Another branch trains from now on; the notes to write."""
        self.branch = branch
        return {"branch": str(branch).encode()}

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
    if not isinstance(names, dict):
        raise ValueError("The names of the branches cannot be read.")
    return {int(number): str(name)[:LONGEST_NAME] for number, name in names.items()}
