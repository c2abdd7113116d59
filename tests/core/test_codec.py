"""What of a run is written comes back exactly, and what is read is believed in nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.same import assert_same
from weightdeck.probes.recorder import Recorder
from weightdeck.run.commands import (
    AddNoise,
    Command,
    EditSlice,
    HoldSlices,
    Paste,
    Redo,
    Reinitialise,
    ResetStrips,
    SetClamp,
    SetHyperparameter,
    SetMuteTo,
    SetScope,
    SetStrip,
    Undo,
)
from weightdeck.run.document import Bookmark, Branch, Place
from weightdeck.run.journal import JournalEntry
from weightdeck.run.layout import EMBEDDING, layout
from weightdeck.run.slices import Direction, ParameterSlice, SliceValues
from weightdeck.run.spec import ModelSpec, RunSpec
from weightdeck.run.strips import Neuron, Strip, StripSetting
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
from weightdeck.store.plain_codec import COMMAND_KINDS
from weightdeck.store.record_codec import read_record, record_bytes
from weightdeck.training.trainer import Trainer

LAYOUT = layout(ModelSpec(2, 2, 8, 6, 5))
ROW = ParameterSlice(EMBEDDING, (1,))
PART = ParameterSlice("transformer.h.0.attn.c_attn.weight", ((0, 8), 3))
AHEAD = Direction("read", SliceValues.of((1.0,)), 3.5, "é")
TWO = SliceValues.of((2.0,))

# What stands in the files that there are. A change here needs a new schema version.
WRITTEN: tuple[tuple[Command, str], ...] = (
    (SetHyperparameter("beta2", 0.5), '"set_hyperparameter","name":"beta2","value":0.5,"gesture":null'),
    (
        EditSlice(PART, "scale", 1, 7, 0.02),
        (
            '"edit_slice","target":"transformer.h.0.attn.c_attn.weight[0:8, 3]","op":"scale","value":1,'
            '"gesture":7,"reference":0.02,"along":null'
        ),
    ),
    (
        EditSlice(ParameterSlice(EMBEDDING, (0, (2, 3))), "add", -1e-7, along=AHEAD),
        (
            '"edit_slice","target":"transformer.wte.weight[0, 2:3]","op":"add","value":-1e-07,"gesture":null,'
            '"reference":null,"along":{"kind":"read","values":{"shape":[1],"data":"AACAPw=="},"length":3.5,"prompt":"é"}'
        ),
    ),
    (Reinitialise(ROW, 2), '"reinitialise","target":"transformer.wte.weight[1]","draw":2'),
    (AddNoise(ROW, 0.25), '"add_noise","target":"transformer.wte.weight[1]","spreads":0.25,"draw":0'),
    (
        Paste(ParameterSlice(EMBEDDING, (1, 2)), TWO),
        '"paste","target":"transformer.wte.weight[1, 2]","values":{"shape":[1],"data":"AAAAQA=="}',
    ),
    (
        HoldSlices((ROW, ParameterSlice(EMBEDDING))),
        '"hold_slices","targets":["transformer.wte.weight[1]","transformer.wte.weight"],"held":true',
    ),
    (
        SetStrip(Strip(0, 1), StripSetting(1.5, muted=True)),
        '"set_strip","strip":{"block":0,"head":1},"setting":{"gain":1.5,"muted":true,"solo":false},"gesture":null',
    ),
    (
        SetClamp(Neuron("blocks.0.mlp.post", 3), "mean", 2),
        '"set_clamp","neuron":{"tap":"blocks.0.mlp.post","feature":3},"to":"mean","gesture":2',
    ),
    (
        SetClamp(Neuron("embed", 3), 0.5),
        '"set_clamp","neuron":{"tap":"embed","feature":3},"to":0.5,"gesture":null',
    ),
    (
        SetClamp(Neuron("embed", 3), None),
        '"set_clamp","neuron":{"tap":"embed","feature":3},"to":null,"gesture":null',
    ),
    (SetScope("prediction"), '"set_scope","scope":"prediction"'),
    (SetMuteTo("mean"), '"set_mute_to","mute_to":"mean"'),
    (ResetStrips(), '"reset_strips"'),
    (Undo(3), '"undo","count":3'),
    (Redo(), '"redo","count":1'),
)


def test_every_command_is_written_as_it_always_was() -> None:
    assert {type(command) for command, _ in WRITTEN} == set(COMMAND_KINDS.values())
    for command, text in WRITTEN:
        data = f'{{"number":4,"step":120,"command":{{"kind":{text}}}}}'.encode()
        entry = JournalEntry(4, 120, command)
        assert entry_bytes(entry) == data
        assert_same(read_entry(data, LAYOUT), entry)


@settings(max_examples=60, deadline=None)
@given(
    value=st.floats(-1e6, 1e6, allow_subnormal=True),
    length=st.floats(allow_nan=False, allow_infinity=False),
    numbers=st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=8),
    text=st.text(st.characters(exclude_categories=("Cs",))),
)
def test_numbers_and_texts_come_back_to_the_bit(
    value: float, length: float, numbers: list[float], text: str
) -> None:
    target = ParameterSlice(EMBEDDING, (1, (0, len(numbers))))
    along = np.array(numbers) + 1e-3
    unit = SliceValues.of(along / np.linalg.norm(along)) if np.linalg.norm(along) > 0 else TWO
    commands: list[Command] = [EditSlice(target, "set", value), Paste(target, SliceValues.of(numbers))]
    if unit is not TWO:
        commands.append(EditSlice(target, "add", value, along=Direction("own", unit, length, text)))
    for command in commands:
        entry = JournalEntry(0, 0, command)
        assert_same(read_entry(entry_bytes(entry), LAYOUT), entry)


def test_half_a_character_is_written_as_a_question_mark() -> None:
    bookmark = Bookmark(Place(0, 4), "here \ud83d")
    assert read_bookmarks(bookmarks_bytes([bookmark])) == (replace(bookmark, name="here ?"),)
    with pytest.raises(ValueError, match="half"):
        read_bookmarks(bookmarks_bytes([bookmark]).replace(b"here ?", b"\\ud83d"))


def test_branches_and_bookmarks_come_back(names_spec: RunSpec) -> None:
    branches = (
        Branch(0, "main", names_spec, None, 0, 0, "torch 2, threads 1"),
        Branch(2, "ünder", names_spec.with_seed(2**63 - 1), 1, 840, 12, ""),
    )
    for branch in branches:
        assert_same(read_branch(branch_bytes(branch)), branch)
    bookmarks = (Bookmark(Place(0, 0), "a"), Bookmark(Place(3, 10**9), "b"))
    assert read_bookmarks(bookmarks_bytes(bookmarks)) == bookmarks
    assert read_bookmarks(b"") == ()


BRANCH_CHANGES = (
    ("number", -1), ("number", True), ("number", 1.0), ("number", "1"), ("name", None), ("name", "x" * 61),
    ("parent", 1), ("parent", -1), ("parent", "0"), ("step", -5), ("step", 2**63), ("entries", -1),
    ("numerics", 3), ("spec", []),
    ("spec.seed", 1.5), ("spec.seed", -1), ("spec.threads", "2"), ("spec.threads", True), ("spec.threads", 0),
    ("spec.record_interval", 0), ("spec.prompt", 5), ("spec.model.n_layer", 10**9), ("spec.model.n_embd", 2**40),
    ("spec.model.n_head", 3), ("spec.model.vocab_size", 2**60), ("spec.model.tied", 0),
    ("spec.model.activation", "relu"),
    ("spec.model.block_size", 10**6), ("spec.model.n_embd", 16.0), ("spec.hyperparameters.dropout", 1.0),
    ("spec.hyperparameters.batch_size", 8.0), ("spec.hyperparameters.lr_schedule", "x"), ("spec.hyperparameters", {}),
    ("spec.hyperparameters.learning_rate", "1"), ("more", 1), ("spec.model.more", 1),
)  # fmt: skip


@pytest.mark.parametrize(("path", "value"), BRANCH_CHANGES)
def test_a_branch_with_anything_wrong_is_refused(names_spec: RunSpec, path: str, value: object) -> None:
    plain = json.loads(branch_bytes(Branch(1, "b", names_spec, 0, 5, 1, "id")))
    *way, last = path.split(".")
    inner = plain
    for name in way:
        inner = inner[name]
    inner[last] = value
    with pytest.raises(ValueError, match=r"^A branch of the run cannot be read: ."):
        read_branch(json.dumps(plain).encode())


def test_a_model_is_counted_before_its_layout_is_made() -> None:
    for model in (LAYOUT.model, ModelSpec(1, 3, 12, 7, 5, tied=True)):
        assert model.num_parameters == layout(model).num_parameters
    with pytest.raises(ValueError, match="at most 200,000,000 parameters"):
        ModelSpec(12, 1, 2048, 16, 27)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"number":NaN}',
        b'{"number":1,"number":1}',
        b'{"number":' + b"9" * 5000 + b"}",
        b"[" + b"[]," * 300_000 + b"[]]",
        b"null",
    ],
)
def test_what_is_no_json_of_ours_is_refused(data: bytes) -> None:
    for read in (lambda: read_branch(data), lambda: read_entry(data, LAYOUT)):
        with pytest.raises(ValueError, match="cannot be read"):
            read()


ENTRY_CHANGES: tuple[tuple[str, str], ...] = (
    ('"kind":"edit_slice"', '"kind":"EditSlice"'),
    ('"kind":"edit_slice"', '"kind":"undo"'),
    ('"kind":"edit_slice"', '"kind":["edit_slice"]'),
    ('"value":0.5', '"value":1e999'),
    ('"value":0.5', '"value":true'),
    ('"value":0.5', '"value":2e6'),
    ('"op":"add"', '"op":"addition"'),
    ('"gesture":null', '"gesture":1.5'),
    ("wte.weight[1]", "wte.weight[5]"),
    ("wte.weight[1]", "wte.weight[01]"),
    ("wte.weight[1]", "wte.weight[1:1]"),
    ("wte.weight[1]", "wte.weight[" + "1," * 1000 + "1]"),
    ("wte.weight[1]", "nothing"),
    ('"step":3', '"step":-3'),
    ('"number":2', '"number":true'),
)


@pytest.mark.parametrize(("old", "new"), ENTRY_CHANGES)
def test_a_command_with_anything_wrong_is_refused(old: str, new: str) -> None:
    text = entry_bytes(JournalEntry(2, 3, EditSlice(ROW, "add", 0.5))).decode()
    assert old in text
    with pytest.raises(ValueError, match=r"^A command cannot be read: .{3,400}$"):
        read_entry(text.replace(old, new).encode(), LAYOUT)


@pytest.mark.parametrize(
    "values",
    [
        {"shape": [2**62, 0], "data": ""},
        {"shape": [2**62], "data": "AACAPw=="},
        {"shape": [1] * 100, "data": "AACAPw=="},
        {"shape": [1], "data": "AADAfw=="},  # NaN
        {"shape": [1], "data": "AACAP"},
        {"shape": [-1, -1], "data": "AACAPw=="},
        {"shape": [1], "data": "é"},
        {"shape": [1.0], "data": "AACAPw=="},
    ],
)
def test_numbers_of_a_slice_that_are_none_are_refused(values: object) -> None:
    plain = json.loads(entry_bytes(JournalEntry(0, 0, Paste(ParameterSlice(EMBEDDING, (1, 2)), TWO))))
    plain["command"]["values"] = values
    with pytest.raises(ValueError, match="cannot be read"):
        read_entry(json.dumps(plain).encode(), LAYOUT)


def test_metrics_come_back_and_have_to_be_a_curve() -> None:
    rows = np.random.default_rng(2).normal(size=(7, 5))
    rows[:, 0] = np.arange(40, 47)
    rows[3, 4] = np.nan  # all weights were zero
    assert_same(read_metrics(metrics_bytes(rows)), rows)
    assert read_metrics(b"").shape == (0, 5)
    for place, value in (((2, 1), np.inf), ((0, 0), -1.0), ((1, 0), 40.5), ((4, 0), 43.0), ((6, 0), np.nan)):
        changed = rows.copy()
        changed[place] = value
        with pytest.raises(ValueError, match="loss curve"):
            read_metrics(metrics_bytes(changed))
    with pytest.raises(ValueError, match="bytes"):
        read_metrics(metrics_bytes(rows)[:-1])


def test_records_come_back_also_those_of_a_model_that_is_out_of_hand(
    names_spec: RunSpec, sort_spec: RunSpec
) -> None:
    for spec in (names_spec, sort_spec):
        trainer = Trainer(spec)
        trainer.train_step()
        record = Recorder(trainer).record()
        space = trainer.parameters.layout
        wild = replace(
            record,
            validation_loss=float("nan"),
            layers=replace(record.layers, std=np.full_like(record.layers.std, np.inf)),
        )
        for each in (record, wild):
            data = record_bytes(each)
            assert len(data) < record.weight_counts.nbytes / 2
            assert_same(read_record(data, space), each)
        with pytest.raises(ValueError, match="record cannot be read"):
            read_record(data, layout(ModelSpec(3, 2, 8, 6, 5)))
        negative = replace(record, weight_counts=record.weight_counts - 1)
        with pytest.raises(ValueError, match="below 0"):
            read_record(record_bytes(negative), space)
