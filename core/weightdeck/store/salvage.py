"""Recovers what is good of a damaged run file into a new one beside it."""

from __future__ import annotations

import itertools
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from weightdeck.run.document import SUFFIX
from weightdeck.store import seals
from weightdeck.store.codec import KeyframeWriter
from weightdeck.store.failures import CannotSave, DamagedFile, FileProblem, cannot_save, unreadable
from weightdeck.store.lines import Lines
from weightdeck.store.notes import Notes
from weightdeck.store.run_file import KINDS, Changes, KeyframeKey, LogRow, RunFile, StoredKeyframe
from weightdeck.store.seals import Seal
from weightdeck.store.wreck import BrokenTree, Wreck
from weightdeck.training.trainer import Trainer

# Of every file made as `weightdeck.store.schema` makes it: the columns of the tables, and the pages where trees begin.
_LOG = (int, str, int, int, bytes, bytes)
_KEYFRAMES = (int, int, int, int, int, bytes, bytes, bytes, bytes)
_PAGES = (bytes, bytes)
_NOTES = (str, bytes, bytes)
_SEAL = (int, int, bytes, bytes, bytes, bytes, bytes)
_KEYFRAMES_ROOT, _NOTES_ROOT, _SEAL_ROOT = 3, 5, 6
_DIGEST_SIZE = 32
MOST_MADE_AGAIN = (
    2_000_000  # parameters: a run takes about 80 bytes for each while its first keyframe is made
)


def salvage(path: Path) -> tuple[Path, str]:
    """The new file, and a sentence that says what it holds and what is lost. The damaged file is only read.

    The new file holds the longest beginning of the log whose digests are right, and the keyframes and notes that are
    whole and belong to it. Raises `DamagedFile` when nothing can be recovered, `FileProblem` when it cannot be saved.
    """
    try:
        remains = _Remains(Wreck(path))
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as problem:
        raise DamagedFile(
            f"The run file {path} is damaged from its beginning on, so that nothing of it can be recovered: {problem}"
        ) from None
    problems: list[str] = []
    for folder in (path.parent, Path(tempfile.gettempdir())):
        try:
            new = _free_name(folder, path.stem)
            return new, remains.write(new)
        except OSError as error:
            problems.append(str(cannot_save(error, folder)))
        except CannotSave as problem:
            problems.append(str(problem))
    raise FileProblem(
        f"The run file {path} is damaged. What is good in it could be recovered, but {problems[0]}"
    )


def _free_name(folder: Path, stem: str) -> Path:
    first = folder / f"{stem} (recovered){SUFFIX}"
    more = (folder / f"{stem} (recovered {number}){SUFFIX}" for number in itertools.count(2))
    return next(each for each in itertools.chain([first], more) if not each.exists())


class _Remains:
    """What is good of a file."""

    def __init__(self, wreck: Wreck) -> None:
        """Raises ``ValueError`` with a sentence when not even the beginning of a run is left, or no moment of it."""
        self._wreck = wreck
        self._seal = _seal(wreck)
        self._rows, self._last = _log(wreck)
        self._lines = Lines.of_log(self._rows)
        self._pages = {
            digest: data for digest, data in wreck.rows_anywhere(_PAGES) if sha256(data).digest() == digest
        }
        self._notes = _notes(wreck)
        self._fitting = self._fitted(self._notes)
        keys = [stored.key for stored, _ in self._keyframes()]
        self._first = _first_keyframes(self._lines, keys)
        if not keys and not self._first:
            raise ValueError("None of its moments is whole, and its data set is not here.")

    def write(self, path: Path) -> str:
        """Make a file of it; what there is to say about that. Raises `CannotSave`; then there is none."""
        file = RunFile.create(path, Changes(self._rows, self._first))
        try:
            digests = {}
            for stored, digest in self._keyframes():
                # One by one: all of them might be too much for the memory.
                file.commit(Changes(keyframes=[stored], pages=self._pages))
                digests[stored.key.number] = digest
            file.commit(Changes(notes=self._fitting))
        except CannotSave:
            file.close()
            path.unlink(missing_ok=True)
            raise
        file.close()
        return f"{self._kept_words(path, len(digests))} {self._lost_words(digests)}"

    def _keyframes(self) -> Iterator[tuple[StoredKeyframe, bytes]]:
        """With their digests those that are whole and of a moment that the log still has."""
        seen = set()
        for number, *columns, digest in _rows_of_keyframes(self._wreck):
            if number in seen or seals.keyframe_digest(number, *columns) != digest:
                continue
            seen.add(number)
            branch, step, entries, kept, tensors, rest, joined = columns
            key = KeyframeKey(number, branch, step, entries, bool(kept), len(tensors))
            pages = tuple(
                joined[start : start + _DIGEST_SIZE] for start in range(0, len(joined), _DIGEST_SIZE)
            )
            if self._lines.has_moment(key) and all(page in self._pages for page in pages):
                yield StoredKeyframe(key, tensors, rest, pages), digest

    def _fitted(self, notes: dict[str, bytes]) -> dict[str, bytes]:
        """The notes without what they say of branches and moments that are lost."""
        read = Notes(lambda name: notes.get(name, b""))
        heads = [line.head for line in self._lines]
        if "branch" not in notes or read.branch >= len(heads):
            read.branch = self._rows[-1].branch
        return notes | read.within(heads)

    def _kept_words(self, path: Path, keyframes: int) -> str:
        steps = max(line.head for line in self._lines)
        commands = sum(len(line.entries) for line in self._lines)
        again = " Its beginning was made again from its settings and seed." if self._first else ""
        return (
            f"What is good in it was recovered into {path}: {_counted(len(self._lines), 'branch', 'branches')} up to "
            f"step {steps:,}, {_counted(commands, 'command')} and {_counted(keyframes, 'keyframe')}.{again}"
        )

    def _lost_words(self, keyframes: dict[int, bytes]) -> str:
        seal = self._seal
        lost = []
        if seal is None:
            lost.append("whatever came after that")
        elif self._last != seal.log:
            lost.append(
                f"what came after that ({seal.length - len(self._rows):,} of {seal.length:,} entries)"
            )
        if seal is None or seals.keyframes_digest(keyframes) != seal.keyframes:
            lost.append("some keyframes, so that going back to a moment may take longer")
        digests = {name: seals.note_digest(name, data) for name, data in self._notes.items()}
        if seal is None or seals.notes_digest(digests) != seal.notes:
            lost.append("some bookmarks, names or notes")
        return f"Lost: {'; '.join(lost)}." if lost else "Nothing was lost."


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _log(wreck: Wreck) -> tuple[list[LogRow], bytes]:
    """The longest beginning of the log that is as it was written, and the digest of its last row."""
    found = defaultdict(set)  # an earlier content of a place in the file may still lie about
    for position, kind, branch, step, data, digest in wreck.rows_anywhere(_LOG):
        if kind in KINDS and min(branch, step) >= 0:
            found[position].add((LogRow(kind, branch, step, data), digest))
    rows: list[LogRow] = []
    last = b""
    while True:
        for row, digest in found[len(rows)]:
            if seals.row_digest(last, len(rows), row) == digest:
                rows.append(row)
                last = digest
                break
        else:
            return rows, last


def _rows_of_keyframes(wreck: Wreck) -> Iterator[tuple[Any, ...]]:
    """Every keyframe; where their table is broken, also some that were dropped, and some twice."""
    try:
        yield from wreck.rows_of(_KEYFRAMES_ROOT, _KEYFRAMES)
    except BrokenTree:
        yield from wreck.rows_anywhere(_KEYFRAMES)


def _notes(wreck: Wreck) -> dict[str, bytes]:
    """Those that are whole, by name."""
    rows: list[tuple[Any, ...]] = []
    with suppress(BrokenTree):
        # Not from anywhere: older ones, which were replaced, may still lie about.
        rows.extend(wreck.rows_of(_NOTES_ROOT, _NOTES))
    return {name: data for name, data, digest in rows if seals.note_digest(name, data) == digest}


def _seal(wreck: Wreck) -> Seal | None:
    """None when it is not as it was written."""
    try:
        rows = list(wreck.rows_of(_SEAL_ROOT, _SEAL))
    except BrokenTree:
        return None
    for _, *values, digest in rows:
        seal = Seal(*values)
        if seal.digest == digest:
            return seal
    return None


def _first_keyframes(lines: Lines, keys: Iterable[KeyframeKey]) -> list[StoredKeyframe]:
    """What branches that begin at step 0 begin with, where that is lost: it follows from the spec. None of a large
    model, which a small file may ask for.
    """
    if lines[0].branch.spec.model.num_parameters > MOST_MADE_AGAIN:
        return []
    known = {key.branch for key in keys if key.step == 0 and key.entries == 0}
    number = max((key.number for key in keys), default=0)
    made = []
    for line in lines:
        branch = line.branch
        if branch.parent is None and branch.number not in known:
            with suppress(ValueError):  # its data set is not here
                trainer = Trainer(branch.spec)
                number += 1
                key = KeyframeKey(number, branch.number, 0, 0, True, 0)
                made.append(KeyframeWriter(lines.layout).stored(trainer.keyframe(), key)[0])
    return made
