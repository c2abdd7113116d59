"""Keyframes as bytes and back: tensors, JSON, and the undo stack in pages that keyframes share.

A page is a JSON list of entries with its length before it, then the entries' arrays one after another, uncompressed.
Stacks change at their ends only, so that all pages but the last stay as they are.
"""

from __future__ import annotations

import hashlib
import math
import re
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.commands import ControlCommand, SetClamp, SetStrip, SliceCommand, check_command
from weightdeck.run.controls import Controls
from weightdeck.run.layout import Layout
from weightdeck.run.slices import ParameterSlice, SliceValues
from weightdeck.run.strips import Strip
from weightdeck.store.plain_codec import json_bytes, read_json, reading
from weightdeck.store.run_file import KeyframeKey, StoredKeyframe
from weightdeck.store.tensor_codec import read_tensors, tensors_bytes
from weightdeck.training.edits import ControlEntry, EditHistory, Entry, SliceEntry
from weightdeck.training.gating import means_needed
from weightdeck.training.keyframe import Keyframe

PAGE_ENTRIES = 64
PAGE_BYTES = 2**18  # a page is full, too, when it has so many bytes or a few more
_LENGTH = struct.Struct("<I")
Float = TypeVar("Float", np.float32, np.float64)
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _Rest:
    """What of a keyframe is JSON; pages by their SHA-256 in hexadecimal."""

    step: int
    entries: int
    controls: Controls
    done: tuple[str, ...]
    undone: tuple[str, ...]
    zeroed: tuple[tuple[ParameterSlice, SliceValues], ...]


@dataclass(frozen=True, slots=True)
class _SliceHead:
    """What of a `SliceEntry` is JSON; its arrays are base, added, before if there is one, and after."""

    command: SliceCommand
    moved_at: int
    has_before: bool


@dataclass(frozen=True, slots=True)
class _ControlHead:
    command: ControlCommand
    before: Controls
    after: Controls


class KeyframeWriter:
    """Makes keyframes bytes; pages of the undo stack that the last one shared are not made again."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._made: dict[
            tuple[Entry, ...], tuple[bytes, bytes]
        ] = {}  # digests and bytes of the last one's pages

    def stored(self, keyframe: Keyframe, key: KeyframeKey) -> tuple[StoredKeyframe, dict[bytes, bytes]]:
        """The keyframe, its key with the size filled in, and all its pages by SHA-256."""
        edits = keyframe.edits
        done, undone = list(_divided(edits.done)), list(_divided(edits.undone))
        self._made = {page: self._made.get(page) or _page(page) for page in (*done, *undone)}
        rest = _Rest(
            keyframe.step,
            keyframe.entries,
            keyframe.controls,
            tuple(self._made[page][0].hex() for page in done),
            tuple(self._made[page][0].hex() for page in undone),
            tuple((target, SliceValues.of(values)) for target, values in edits.zeroed),
        )
        tensors = tensors_bytes(keyframe.state, keyframe.step, self._layout)
        pages = dict(self._made[page] for page in (*done, *undone))
        sized = replace(key, size=len(tensors))
        return StoredKeyframe(sized, tensors, json_bytes(rest), tuple(pages)), pages


def read_keyframe(stored: StoredKeyframe, page: Callable[[bytes], bytes], layout: Layout) -> Keyframe:
    """What `KeyframeWriter` gave, of a run of a model with this layout; `page` gives a page's bytes by its SHA-256.

    Raises ``ValueError`` with a sentence.
    """
    with reading(f"The keyframe of step {stored.key.step:,}"):
        rest: _Rest = read_json(_Rest, stored.rest)
        if (rest.step, rest.entries) != (stored.key.step, stored.key.entries) or min(
            rest.step, rest.entries
        ) < 0:
            raise ValueError("It is another moment than it says.")
        digests = [_digest(text) for text in (*rest.done, *rest.undone)]
        if tuple(dict.fromkeys(digests)) != stored.pages:
            raise ValueError("It needs other pages than it says.")
        _check_controls(rest.controls, layout)
        made = {digest: _entries(page(digest), rest.step, layout) for digest in stored.pages}
        if sum(len(made[digest]) for digest in digests) > rest.entries:
            raise ValueError("It has more edits than commands.")
        read = [made[digest] for digest in digests]
        for target, values in rest.zeroed:
            if values.shape != target.shape(layout):
                raise ValueError(f"The values of {target} have another shape than it.")
        edits = EditHistory(
            tuple(entry for entries in read[: len(rest.done)] for entry in entries),
            tuple(entry for entries in read[len(rest.done) :] for entry in entries),
            tuple((target, values.array().copy()) for target, values in rest.zeroed),
        )
        state = read_tensors(stored.tensors, rest.step, layout)
        return Keyframe(rest.step, rest.entries, state, rest.controls, edits)


def _divided(entries: Iterable[Entry]) -> Iterator[tuple[Entry, ...]]:
    """The entries in pages. A page's end depends only on what comes before it."""
    page: list[Entry] = []
    room = 0
    for entry in entries:
        page.append(entry)
        room += _room(entry)
        if len(page) == PAGE_ENTRIES or room >= PAGE_BYTES:
            yield tuple(page)
            page, room = [], 0
    if page:
        yield tuple(page)


def _room(entry: Entry) -> int:
    """About the bytes that an entry takes."""
    if isinstance(entry, SliceEntry):
        return 20 * entry.after.size
    return sum(
        40 * (len(each.held) + len(each.mix.strips) + len(each.mix.clamps))
        + sum(len(mean.data) for _, mean in each.means)
        for each in (entry.before, entry.after)
    )


def _page(entries: tuple[Entry, ...]) -> tuple[bytes, bytes]:
    """SHA-256 and bytes of a page."""
    heads = json_bytes(tuple(_head(entry) for entry in entries))
    arrays = (
        array.astype(kind, copy=False).tobytes()
        for entry in entries
        if isinstance(entry, SliceEntry)
        for array, kind in (
            (entry.base, "<f4"),
            (entry.added, "<f8"),
            (entry.before, "<f4"),
            (entry.after, "<f4"),
        )
        if array is not None
    )
    data = b"".join((_LENGTH.pack(len(heads)), heads, *arrays))
    return hashlib.sha256(data).digest(), data


def _head(entry: Entry) -> _SliceHead | _ControlHead:
    if isinstance(entry, SliceEntry):
        return _SliceHead(entry.command, entry.moved_at, entry.before is not None)
    return _ControlHead(entry.command, entry.before, entry.after)


def _entries(data: bytes, step: int, layout: Layout) -> list[Entry]:
    """The entries of a page of a keyframe of `step`."""
    if len(data) < _LENGTH.size:
        raise ValueError("A page of its edits is cut off.")
    (head_length,) = _LENGTH.unpack_from(data)
    arrays = _Arrays(data, _LENGTH.size + head_length)
    heads: tuple[_SliceHead | _ControlHead, ...] = read_json(
        tuple[_SliceHead | _ControlHead, ...], data[_LENGTH.size : arrays.start]
    )
    entries = [_entry(head, arrays, step, layout) for head in heads]
    if arrays.start != len(data):
        raise ValueError("A page of its edits is too long.")
    return entries


def _entry(head: _SliceHead | _ControlHead, arrays: _Arrays, step: int, layout: Layout) -> Entry:
    check_command(head.command, layout)
    if isinstance(head, _ControlHead):
        _check_controls(head.before, layout)
        _check_controls(head.after, layout)
        return ControlEntry(head.command, head.before, head.after)
    if not 0 <= head.moved_at <= step:
        raise ValueError("An edit was made at a step that the keyframe had not reached.")
    shape = head.command.target.shape(layout)
    base = arrays.take(np.float32, shape)
    added = arrays.take(np.float64, shape)
    before = arrays.take(np.float32, shape) if head.has_before else None
    return SliceEntry(head.command, base, added, before, arrays.take(np.float32, shape), head.moved_at)


class _Arrays:
    """Takes one array after another out of a page."""

    def __init__(self, data: bytes, start: int) -> None:
        self._data = data
        self.start = start

    def take(self, kind: type[Float], shape: tuple[int, ...]) -> NDArray[Float]:
        """A copy. Raises ``ValueError`` when the page is cut off or a number is not finite."""
        stored = np.dtype(kind).newbyteorder("<")
        size = math.prod(shape) * stored.itemsize
        if self.start + size > len(self._data):
            raise ValueError("A page of its edits is cut off.")
        flat = np.frombuffer(self._data, stored, math.prod(shape), self.start)
        array: NDArray[Float] = flat.reshape(shape).astype(kind)
        if not np.isfinite(array).all():
            raise ValueError("An edit has numbers that are not finite.")
        self.start += size
        return array


def _digest(text: str) -> bytes:
    if _DIGEST.fullmatch(text) is None:
        raise ValueError("A page of its edits has no name.")
    return bytes.fromhex(text)


def _check_controls(controls: Controls, layout: Layout) -> None:
    """Raise ``ValueError`` with a sentence for controls that no command can make of this model."""
    mix, model = controls.mix, layout.model
    for strip, setting in mix.strips:
        check_command(SetStrip(strip, setting), layout)
    for neuron, to in mix.clamps:
        check_command(SetClamp(neuron, to), layout)
    for target in controls.held:
        target.info(layout)
    means = [part for part, _ in controls.means]
    if len(means) != len(set(means)) or set(means) != set(means_needed(mix, model)):
        raise ValueError("The means of muted parts are not those that it needs.")
    for part, mean in controls.means:
        if mean.shape != ((model.n_embd,) if isinstance(part, Strip) else ()):
            raise ValueError(f"The mean of {part} has another shape than it.")
