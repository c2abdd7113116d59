"""The rows of a damaged SQLite database, read without SQLite, so that a bad page costs only what lies on it.

Format: https://www.sqlite.org/fileformat2.html. What is read is whatever the pages say; only digests can tell if it
was written so.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weightdeck.store.schema import PAGE_SIZE
from weightdeck.store.write_ahead import log_of

Columns = tuple[
    type, ...
]  # the types of a row's values; that of a column which is the row's number is NoneType
_LEAF_HEADER, _INTERIOR_HEADER = 8, 12
_LOG_HEADER, _FRAME_HEADER = 32, 24  # of the write-ahead log
# Of a row so much lies on its page at least; of a long one the rest is on a chain of pages of its own.
_LEAST_LOCAL = (PAGE_SIZE - 12) * 32 // 255 - 23
_CHAINED = PAGE_SIZE - 4
_WHOLE_NUMBER_SIZES = (0, 1, 2, 3, 4, 6, 8)  # bytes, by serial type
_UNREADABLE = (IndexError, ValueError, struct.error)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of page."""

    header_size: int
    has_children: bool  # whether every row, or row number, has the number of a page before it
    is_numbered: bool  # whether rows have numbers; else they are found by their first column
    most_local: int  # bytes of a row that may lie on the page; 0 where it has none


_MOST_NUMBERED, _MOST_KEYED = PAGE_SIZE - 35, (PAGE_SIZE - 12) * 64 // 255 - 23
_KINDS = {
    13: _Kind(_LEAF_HEADER, has_children=False, is_numbered=True, most_local=_MOST_NUMBERED),
    5: _Kind(_INTERIOR_HEADER, has_children=True, is_numbered=True, most_local=0),
    10: _Kind(_LEAF_HEADER, has_children=False, is_numbered=False, most_local=_MOST_KEYED),
    2: _Kind(_INTERIOR_HEADER, has_children=True, is_numbered=False, most_local=_MOST_KEYED),
}


class BrokenTree(Exception):
    """A page between the root of a table and its rows cannot be read."""


class Wreck:
    """The pages of a database and of the write-ahead log beside it. Owns a copy of both; the files are closed again."""

    def __init__(self, path: Path) -> None:
        """Raises `OSError`."""
        self._data = memoryview(path.read_bytes())
        log = log_of(path)
        self._frames = list(_frames(memoryview(log.read_bytes()))) if log.exists() else []
        self._newest = dict(self._frames)

    def rows_anywhere(self, columns: Columns) -> Iterator[tuple[Any, ...]]:
        """Every such row on any page; also some that were deleted or replaced."""
        count = -(-len(self._data) // PAGE_SIZE)
        for number in range(2, count + 1):
            yield from self._rows(self._written(number), columns)
        for _, page in self._frames:
            yield from self._rows(page, columns)

    def rows_of(self, root: int, columns: Columns) -> Iterator[tuple[Any, ...]]:
        """The rows of the table whose tree begins at page `root`, in no certain order.

        Raises `BrokenTree` where it does not go on; some rows may have come by then.
        """
        waiting, seen = [root], set()
        while waiting:
            number = waiting.pop()
            page = self._page(number)
            if number in seen or len(page) < PAGE_SIZE or page[0] not in _KINDS:
                raise BrokenTree
            seen.add(number)
            yield from self._rows(page, columns)
            if _KINDS[page[0]].has_children:
                waiting += _children(page)

    def _rows(self, page: memoryview, columns: Columns) -> Iterator[tuple[Any, ...]]:
        kind = _KINDS.get(page[0]) if len(page) > 0 else None
        if kind is None or not kind.most_local:
            return
        for start in _cells(page, kind):
            try:
                row = self._row(page, start + 4 * kind.has_children, kind, len(columns))
            except _UNREADABLE:
                continue
            if tuple(map(type, row)) == columns:
                yield row

    def _row(
        self, page: memoryview, start: int, kind: _Kind, columns: int
    ) -> tuple[int | str | bytes | None, ...]:
        """The values of a row; none when it has another number of them. Raises one of `_UNREADABLE`."""
        size, start = _varint(page, start)
        number, start = _varint(page, start) if kind.is_numbered else (None, start)
        kinds, header_size = _kinds(page[start:])
        if len(kinds) != columns:
            return ()
        if size > len(self._data) + PAGE_SIZE * len(self._frames):
            raise ValueError("a row is larger than the file")
        local = size
        if size > kind.most_local:
            local = _LEAST_LOCAL + (size - _LEAST_LOCAL) % _CHAINED
            local = local if local <= kind.most_local else _LEAST_LOCAL
        parts = [page[start : start + local]]
        if local < size:
            (chain,) = struct.unpack_from(">I", page, start + local)
            parts += self._chained(chain, size - local)
        payload = b"".join(parts)
        # The column that is the row's number is written as nothing.
        return tuple(number if value is None else value for value in _values(payload, kinds, header_size))

    def _chained(self, number: int, size: int) -> list[memoryview]:
        """The rest of a payload, which begins on page `number`."""
        parts: list[memoryview] = []
        while size > 0:
            page = self._page(number)
            (number,) = struct.unpack_from(">I", page)
            parts.append(page[4 : 4 + min(size, _CHAINED)])
            if not parts[-1]:
                raise ValueError("the chain ends early")
            size -= len(parts[-1])
        return parts

    def _page(self, number: int) -> memoryview:
        return self._newest[number] if number in self._newest else self._written(number)

    def _written(self, number: int) -> memoryview:
        """A page as the database itself has it; short at its end, and empty beyond."""
        start = (number - 1) * PAGE_SIZE
        return self._data[start : start + PAGE_SIZE] if number > 0 else self._data[:0]


def _frames(log: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and content of every page in a write-ahead log, oldest first, but for those of an earlier use of the log:
    they follow at its end and have other salts.
    """
    salts = {
        bytes(log[16:24]),
        bytes(log[_LOG_HEADER + 8 : _LOG_HEADER + 16]),
    }  # the same, unless one is damaged
    for start in range(_LOG_HEADER, len(log) - _FRAME_HEADER - PAGE_SIZE + 1, _FRAME_HEADER + PAGE_SIZE):
        if bytes(log[start + 8 : start + 16]) not in salts:
            return
        (number,) = struct.unpack_from(">I", log, start)
        yield number, log[start + _FRAME_HEADER : start + _FRAME_HEADER + PAGE_SIZE]


def _cells(page: memoryview, kind: _Kind) -> Iterator[int]:
    """Where the cells of a page begin."""
    count = min(int.from_bytes(page[3:5], "big"), (len(page) - kind.header_size) // 2)
    for index in range(count):
        yield int.from_bytes(page[kind.header_size + 2 * index :][:2], "big")


def _children(page: memoryview) -> Iterator[int]:
    """The pages below an interior page of `PAGE_SIZE` bytes."""
    for start in _cells(page, _KINDS[page[0]]):
        yield int.from_bytes(page[start : start + 4], "big")
    yield int.from_bytes(page[8:12], "big")


def _varint(data: memoryview, start: int) -> tuple[int, int]:
    """A number of one to eight bytes, and where it ends."""
    value = 0
    for index in range(start, start + 8):
        value = value << 7 | data[index] & 0x7F
        if data[index] < 0x80:
            return value, index + 1
    raise ValueError("a number that this program never writes")


def _kinds(payload: memoryview) -> tuple[list[int], int]:
    """The serial type of every column, and the size of the header that has them."""
    header_size, start = _varint(payload, 0)
    kinds = []
    while start < header_size:
        kind, start = _varint(payload, start)
        kinds.append(kind)
    return kinds, header_size


def _values(payload: bytes, kinds: list[int], start: int) -> Iterator[int | str | bytes | None]:
    for kind in kinds:
        if kind >= 12:
            data = payload[start : start + (kind - 12) // 2]
            start += (kind - 12) // 2
            yield data.decode() if kind % 2 else data
        elif kind in (8, 9):
            yield kind - 8
        elif kind == 0:
            yield None
        else:
            size = _WHOLE_NUMBER_SIZES[kind]
            yield int.from_bytes(payload[start : start + size], "big", signed=True)
            start += size
