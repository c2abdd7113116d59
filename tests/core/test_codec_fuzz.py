"""Bytes of a run with something wrong in them: a sentence, or a value that could have been written. Nothing else."""

from __future__ import annotations

import copy
import json
import random
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.core.desk_hand import DeskRun, deepest
from weightdeck.probes.recorder import Recorder
from weightdeck.run.document import Bookmark, Branch, Place
from weightdeck.run.frame import Record
from weightdeck.run.spec import RunSpec
from weightdeck.store.codec import (
    bookmarks_bytes,
    branch_bytes,
    entry_bytes,
    metrics_bytes,
    read_bookmarks,
    read_branch,
    read_entry,
    read_metrics,
)
from weightdeck.store.keyframe_codec import KeyframeWriter, read_keyframe
from weightdeck.store.record_codec import read_record, record_bytes
from weightdeck.store.run_file import KeyframeKey, StoredKeyframe
from weightdeck.training.keyframe import Keyframe
from weightdeck.training.trainer import Trainer

ROUNDS = 250  # of every kind of bytes; there are eight
MOST_MEMORY = 40 * 2**20  # bytes that a reader may take for some tens of KB that are wrong
STRANGE: tuple[object, ...] = (
    None, True, False, 0, 1, -1, 3, 2**31, 2**62, 2**63, 2**70, 10**400, 0.0, -0.0, 0.5, 1e308,
    5e-324, "", "3", "mean", "x" * 5000, "\ud83d",
    "transformer.wte.weight", "transformer.wte.weight[0:1, 1]", "blocks.0.mlp.post", "AACAPw==", [], {}, [[]],
    [0], [0, 1], [1, 2**62], {"kind": "undo", "count": 1}, {"kind": "reset_strips"}, {"shape": [0], "data": ""},
    {"block": 0, "head": None}, {"a": 1},
)  # fmt: skip


Written = tuple[StoredKeyframe, dict[bytes, bytes]]


@dataclass
class Kind:
    """Bytes of one kind, and how they are read and written."""

    data: bytes
    read: Callable[[bytes], Any]
    write: Callable[[Any], Any]
    back: Callable[[Any], Any]  # reads what was written
    json_at: Callable[[bytes], tuple[int, int]]  # where the JSON in them lies
    length: str = ""  # how the length before the JSON is written
    is_compressed: bool = False


def everything(data: bytes) -> tuple[int, int]:
    return 0, len(data)


def after(form: str) -> Callable[[bytes], tuple[int, int]]:
    size = struct.calcsize(form)
    return lambda data: (size, size + struct.unpack_from(form, data)[0])


@pytest.fixture
def kinds(names_spec: RunSpec) -> dict[str, Kind]:
    run = DeskRun(names_spec)
    journal = run.go(seed=1)
    trainer = Trainer(names_spec)
    space = trainer.parameters.layout
    keyframe = deepest(run.keyframes)
    key = KeyframeKey(1, 0, keyframe.step, keyframe.entries, False, 0)
    stored, pages = KeyframeWriter(space).stored(keyframe, key)
    longest = max(journal, key=lambda entry: len(entry_bytes(entry)) < 400 and len(entry_bytes(entry)))
    trainer.train_step()
    branch = Branch(1, "b", names_spec, 0, 5, 1, "id")
    bookmarks = [Bookmark(Place(0, step), f"at {step}") for step in range(4)]
    metrics = b"".join(struct.pack("<5d", step, 2.5, 1e-3, 0.7, 0.01) for step in range(20))
    digest = stored.pages[0]

    def with_page(changed: StoredKeyframe, page: bytes) -> Keyframe:
        """The keyframe read with another first page."""
        return read_keyframe(changed, lambda name: page if name == digest else pages[name], space)

    def write_keyframe(keyframe: Keyframe) -> Written:
        return KeyframeWriter(space).stored(keyframe, key)

    def back(written: Written) -> Keyframe:
        return read_keyframe(written[0], written[1].__getitem__, space)

    def plain(data: bytes, read: Callable[[bytes], Any], write: Callable[[Any], bytes]) -> Kind:
        return Kind(data, read, write, read, everything)

    def part(data: bytes, read: Callable[[bytes], Keyframe], length: str) -> Kind:
        return Kind(data, read, write_keyframe, back, after(length) if length else everything, length)

    def read_record_here(data: bytes) -> Record:
        return read_record(data, space)

    record = record_bytes(Recorder(trainer).record())
    first = pages[digest]
    return {
        "branch": plain(branch_bytes(branch), read_branch, branch_bytes),
        "entry": plain(entry_bytes(longest), lambda data: read_entry(data, space), entry_bytes),
        "bookmarks": plain(bookmarks_bytes(bookmarks), read_bookmarks, bookmarks_bytes),
        "metrics": Kind(metrics, read_metrics, metrics_bytes, read_metrics, lambda data: (0, 0)),
        "record": Kind(
            record, read_record_here, record_bytes, read_record_here, after("<I"), "<I", is_compressed=True
        ),
        "rest": part(stored.rest, lambda data: with_page(replace(stored, rest=data), first), ""),
        "page": part(first, lambda data: with_page(stored, data), "<I"),
        "tensors": part(stored.tensors, lambda data: with_page(replace(stored, tensors=data), first), "<Q"),
    }


NAMES = ("branch", "entry", "bookmarks", "metrics", "record", "rest", "page", "tensors")


@pytest.mark.parametrize("name", NAMES)
def test_a_change_gives_a_sentence_or_a_value(kinds: dict[str, Kind], name: str) -> None:
    kind, rng = kinds[name], random.Random(name)
    assert not is_refused(kind, kind.data)
    refused = 0
    tracemalloc.start()
    for _ in range(ROUNDS):
        refused += is_refused(kind, changed(kind, rng))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_MEMORY
    assert refused > ROUNDS / 4


def is_refused(kind: Kind, data: bytes) -> bool:
    try:
        value = kind.read(data)
    except ValueError as problem:
        sentence = str(problem)
    else:
        written = kind.write(value)
        assert kind.write(kind.back(written)) == written
        return False
    assert sentence.endswith((".", "..."))
    assert len(sentence) < 500
    return True


def changed(kind: Kind, rng: random.Random) -> bytes:
    """The bytes with one thing wrong."""
    how = rng.choice(("flip", "flip", "cut", "json", "json", "json", "inside"))
    if how == "flip":
        return flipped(kind.data, rng)
    if how == "cut":
        return kind.data[: rng.randrange(len(kind.data))] + rng.randbytes(rng.choice((0, 0, 7)))
    plain = zlib.decompress(kind.data) if kind.is_compressed else kind.data
    start, end = kind.json_at(plain)
    if how == "inside" or start == end:
        plain = flipped(plain, rng)
    else:
        text = json.dumps(with_something_else(json.loads(plain[start:end]), rng)).encode()
        plain = (struct.pack(kind.length, len(text)) if kind.length else b"") + text + plain[end:]
    return zlib.compress(plain) if kind.is_compressed else plain


def flipped(data: bytes, rng: random.Random) -> bytes:
    found = bytearray(data)
    found[rng.randrange(min(len(found), rng.choice((16, 400, len(found)))))] ^= 1 << rng.randrange(8)
    return bytes(found)


def with_something_else(value: object, rng: random.Random) -> object:
    """A copy with one value, name or item replaced, doubled, added or taken away."""
    value = copy.deepcopy(value)
    places: list[tuple[dict[str, object] | list[object], object]] = []
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, dict):
            places += [(inner, name) for name in inner]
            waiting += inner.values()
        elif isinstance(inner, list):
            places += [(inner, index) for index in range(len(inner))]
            waiting += inner
    if not places:
        return rng.choice(STRANGE)
    holder, at = rng.choice(places)
    how = rng.random()
    if how < 0.1:
        del holder[at]  # type: ignore[arg-type]
    elif how < 0.2 and isinstance(holder, dict):
        holder[rng.choice(("kind", "value", "more"))] = holder[at]  # type: ignore[index]
    elif how < 0.2:
        holder *= 2  # type: ignore[operator]
    elif how < 0.3:
        other, place = rng.choice(places)
        holder[at] = copy.deepcopy(other[place])  # type: ignore[index,call-overload]
    else:
        holder[at] = rng.choice(STRANGE)  # type: ignore[index,call-overload]
    return value


def test_a_record_that_would_grow_without_end_is_left_off(kinds: dict[str, Kind]) -> None:
    bomb = zlib.compress(bytes(200 * 2**20))
    tracemalloc.start()
    assert is_refused(kinds["record"], bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_MEMORY
