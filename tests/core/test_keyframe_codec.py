"""A keyframe comes back from its bytes exactly, and bytes that are not as we write them are refused."""

from __future__ import annotations

import json
import struct
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load

from tests.core.desk_hand import DeskRun, deepest
from tests.core.same import assert_same
from weightdeck.run.commands import (
    AddNoise,
    EditSlice,
    SetMuteTo,
    SetStrip,
    Undo,
)
from weightdeck.run.layout import EMBEDDING, Layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.run.strips import Strip, StripSetting
from weightdeck.store import keyframe_codec
from weightdeck.store.keyframe_codec import KeyframeWriter, read_keyframe
from weightdeck.store.run_file import KeyframeKey, StoredKeyframe
from weightdeck.training.keyframe import Keyframe
from weightdeck.training.trainer import Trainer


def key_of(keyframe: Keyframe) -> KeyframeKey:
    return KeyframeKey(1, 0, keyframe.step, keyframe.entries, False, 0)


def written(keyframe: Keyframe, space: Layout) -> tuple[StoredKeyframe, dict[bytes, bytes]]:
    return KeyframeWriter(space).stored(keyframe, key_of(keyframe))


@pytest.mark.parametrize("preset", ["names_spec", "sort_spec"])
def test_a_run_goes_on_from_a_keyframe_that_was_written_and_read(
    request: pytest.FixtureRequest, preset: str
) -> None:
    run = DeskRun(request.getfixturevalue(preset))
    journal = run.go(seed=2)
    trainer = Trainer(run.spec)
    space = trainer.parameters.layout
    writer = KeyframeWriter(space)
    assert deepest(run.keyframes).edits.done
    for position, keyframe in run.keyframes.items():
        stored, pages = writer.stored(keyframe, key_of(keyframe))
        assert stored.key.size == len(stored.tensors)
        assert tuple(pages) == stored.pages
        found = read_keyframe(stored, pages.__getitem__, space)
        for each in fields(Keyframe):
            if each.name != "edits":
                assert_same(getattr(found, each.name), getattr(keyframe, each.name))
        for name in ("done", "undone", "zeroed"):
            assert_same(getattr(found.edits, name), getattr(keyframe.edits, name))
        trainer.restore(found, journal)
        run.assert_goes_on(trainer, position, acts=10)
    names = set(load(stored.tensors))
    assert {"exp_avg." + EMBEDDING, "exp_avg_sq." + EMBEDDING, EMBEDDING} <= names
    assert len(names) == 3 * len(space.tensors)


def test_pages_that_did_not_change_are_not_made_again(names_spec: RunSpec, monkeypatch: Any) -> None:
    trainer = Trainer(names_spec)
    writer = KeyframeWriter(trainer.parameters.layout)
    made: list[int] = []
    page = keyframe_codec._page
    monkeypatch.setattr(keyframe_codec, "_page", lambda entries: made.append(len(entries)) or page(entries))
    for number in range(300):
        trainer.apply(EditSlice(ParameterSlice(EMBEDDING, (1, 2)), "set", float(number)))
    first, pages = writer.stored(trainer.keyframe(), key_of(trainer.keyframe()))
    assert made == [64, 64, 64, 64, 44]
    trainer.apply(EditSlice(ParameterSlice("transformer.h.0.mlp.c_fc.weight"), "scale", 0.5))
    second, more = writer.stored(trainer.keyframe(), key_of(trainer.keyframe()))
    assert made[5:] == [45]
    assert second.pages[:4] == first.pages[:4]
    trainer.apply(Undo(100))
    third, rest = writer.stored(trainer.keyframe(), key_of(trainer.keyframe()))
    assert third.pages[:3] == first.pages[:3]
    for stored, needed in ((first, pages), (second, more), (third, rest)):
        read_keyframe(stored, needed.__getitem__, trainer.parameters.layout)


def test_a_page_of_large_edits_has_few_of_them(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    for _ in range(60):
        trainer.apply(AddNoise(ParameterSlice("transformer.h.0.mlp.c_fc.weight"), 0.1))
    stored, pages = written(trainer.keyframe(), trainer.parameters.layout)
    assert len(pages) > 2
    assert max(len(page) for page in pages.values()) < 2 * keyframe_codec.PAGE_BYTES
    found = read_keyframe(stored, pages.__getitem__, trainer.parameters.layout)
    assert len(found.edits.done) == 60


def with_header(tensors: bytes, change: Any) -> bytes:
    """Tensors with another header; its text is changed by `change`."""
    (size,) = struct.unpack_from("<Q", tensors)
    header = change(tensors[8 : 8 + size].decode()).encode()
    return struct.pack("<Q", len(header)) + header + tensors[8 + size :]


def plainly(change: Any) -> Any:
    """`change` applied to the header as an object."""

    def changed(text: str) -> str:
        header = json.loads(text)
        change(header)
        return json.dumps(header)

    return changed


HEADERS = {
    "repeated": lambda text: '{"' + EMBEDDING + '":{},' + text[1:],
    "step": lambda text: text.replace('"step":"1"', '"step":"2"'),
    "step type": lambda text: text.replace('"step":"1"', '"step":1'),
    "metadata": plainly(lambda header: header.pop("__metadata__")),
    "more metadata": plainly(lambda header: header["__metadata__"].update(more="1")),
    "missing": plainly(lambda header: header.pop(EMBEDDING)),
    "more": plainly(lambda header: header.update(more=header[EMBEDDING])),
    "shape": plainly(lambda header: header[EMBEDDING].update(shape=[0, 2**62])),
    "turned": plainly(lambda header: header[EMBEDDING]["shape"].reverse()),
    "true": plainly(lambda header: header["transformer.ln_f.bias"].update(shape=[16.0])),
    "dtype": plainly(lambda header: header[EMBEDDING].update(dtype="F64")),
    "offsets": plainly(lambda header: header[EMBEDDING].update(data_offsets=[0, 2**62])),
    "overlap": plainly(lambda header: header[EMBEDDING].update(header["exp_avg." + EMBEDDING])),
    "float offsets": plainly(lambda header: header[EMBEDDING].update(data_offsets=[0.0, 1728.0])),
    "no object": plainly(lambda header: header.update({EMBEDDING: 5})),
    "no json": lambda text: text[:-5],
    "nothing": lambda text: "",
}


@pytest.mark.parametrize("name", HEADERS)
def test_tensors_that_are_not_as_we_write_them_are_refused(names_spec: RunSpec, name: str) -> None:
    trainer = Trainer(names_spec)
    trainer.train_step()
    stored, pages = written(trainer.keyframe(), trainer.parameters.layout)
    changed = replace(stored, tensors=with_header(stored.tensors, HEADERS[name]))
    assert changed.tensors != stored.tensors
    with pytest.raises(ValueError, match=r"^The keyframe of step 1 cannot be read: "):
        read_keyframe(changed, pages.__getitem__, trainer.parameters.layout)


@pytest.mark.parametrize(("row", "value"), [(0, np.nan), (1, np.inf), (2, -1.0)])
def test_tensors_with_impossible_numbers_are_refused(names_spec: RunSpec, row: int, value: float) -> None:
    trainer = Trainer(names_spec)
    keyframe = trainer.keyframe()
    state = keyframe.state.copy()
    state[row, 7] = value
    stored, pages = written(replace(keyframe, state=state), trainer.parameters.layout)
    with pytest.raises(ValueError, match=r"finite|below 0"):
        read_keyframe(stored, pages.__getitem__, trainer.parameters.layout)


REST = (
    ("step", 2), ("step", -1), ("step", True), ("entries", 0), ("controls", None), ("done", []), ("done", ["x"]),
    ("done", ["0" * 64]), ("undone", ["0" * 64]), ("zeroed", [["transformer.wte.weight[1]"]]),
    ("zeroed", [["transformer.wte.weight[1]", {"shape": [1], "data": "AACAPw=="}]]),
    ("controls.held", ["nothing"]), ("controls.means", []), ("controls.mix.scope", "x"), ("controls.mix.clamps", [[1]]),
    ("controls.mix.strips", [[{"block": 9, "head": 0}, {"gain": 1.0, "muted": True, "solo": False}]]),
    ("controls.mix.strips", []), ("controls.mix.mute_to", "zero"), ("controls.hyperparameters.beta1", 2),
    ("controls.means", [[{"block": 0, "head": 1}, {"shape": [1], "data": "AACAPw=="}]]),
)  # fmt: skip


@pytest.mark.parametrize(("path", "value"), REST)
def test_a_keyframe_with_anything_wrong_is_refused(names_spec: RunSpec, path: str, value: object) -> None:
    trainer = Trainer(names_spec)
    trainer.apply(SetMuteTo("mean"))
    trainer.apply(SetStrip(Strip(0, 1), StripSetting(1.0, muted=True)))
    trainer.train_step()
    space = trainer.parameters.layout
    stored, pages = written(trainer.keyframe(), space)
    read_keyframe(stored, pages.__getitem__, space)
    plain = json.loads(stored.rest)
    *way, last = path.split(".")
    inner = plain
    for name in way:
        inner = inner[name]
    assert inner[last] != value or value is True
    inner[last] = value
    with pytest.raises(ValueError, match=r"^The keyframe of step 1 cannot be read: "):
        read_keyframe(replace(stored, rest=json.dumps(plain).encode()), pages.__getitem__, space)
