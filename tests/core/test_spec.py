"""A spec that exists is a spec that can be run: everything else is refused with a sentence."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from weightdeck.data import load_corpus
from weightdeck.run.layout import layout, tap_shapes
from weightdeck.run.presets import DEFAULT_PRESET, load_preset, preset_names
from weightdeck.run.spec import HYPERPARAMETERS, Hyperparameters, ModelSpec, RunSpec

SENTENCE = r"^\w.* .*\.$"


def test_the_presets_fit_their_data() -> None:
    assert preset_names() == (DEFAULT_PRESET, "induction", "sort")
    for name in preset_names():
        spec = load_preset(name)
        assert spec.preset == name
        corpus = load_corpus(spec.dataset, spec.model.block_size, spec.seed)
        assert corpus.tokenizer.vocab_size == spec.model.vocab_size
        assert corpus.prompt(spec.prompt).problem == ""


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(ValueError, match=SENTENCE):
        load_preset("../names")


def test_sort_is_the_model_of_85584_parameters_and_its_head() -> None:
    model = load_preset("sort").model
    assert layout(model).num_parameters == 85_584 + 144
    assert layout(replace(model, tied=True)).num_parameters == 85_584


def test_the_layout_has_every_tensor_once_aligned_and_apart() -> None:
    for model in (ModelSpec(2, 2, 12, 7, 5), ModelSpec(2, 2, 12, 7, 5, tied=True)):
        where = layout(model)
        assert where is layout(model)
        tensors = sorted(where.tensors, key=lambda info: info.offset)
        assert [info.decay for info in tensors] == sorted((info.decay for info in tensors), reverse=True)
        ends = [info.offset + info.size for info in tensors]
        assert all(info.offset % 16 == 0 for info in tensors)
        assert all(end <= info.offset for end, info in zip(ends, tensors[1:], strict=False))
        assert ends[-1] <= where.length
        assert all((info.offset < where.decay_end) is info.decay for info in tensors)
        assert where.head_name in where.by_name
        assert [where.index_of(info.name) for info in where.tensors] == list(range(len(where.tensors)))
        assert tap_shapes(model, 3)["logits"] == (3, 5)
    with pytest.raises(ValueError, match=SENTENCE):
        where.index_of("lm_head.bias")


@pytest.mark.parametrize(
    "changes",
    [
        {"n_layer": 0},
        {"n_embd": -8},
        {"block_size": 2.0},
        {"vocab_size": True},
        {"n_embd": 10, "n_head": 4},
        {"activation": "relu"},
    ],
    ids=str,
)
def test_a_model_that_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=SENTENCE):
        replace(ModelSpec(1, 1, 8, 8, 8), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_every_setting_keeps_its_range(name: str) -> None:
    known = HYPERPARAMETERS[name]
    for edge in (known.minimum, known.maximum):
        value = getattr(Hyperparameters().with_value(name, edge), name)
        assert value == edge
        assert isinstance(value, int if known.integer else float)
    for bad in (known.minimum - 1, known.maximum * 2 + 1, math.nan, math.inf, True, "3"):
        with pytest.raises(ValueError, match=SENTENCE):
            Hyperparameters().with_value(name, bad)  # type: ignore[arg-type]
    if known.integer:
        with pytest.raises(ValueError, match="whole number"):
            Hyperparameters().with_value(name, known.minimum + 0.5)
    assert known.help.endswith(".")


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValueError, match=SENTENCE):
        Hyperparameters().with_value("momentum", 0.9)
    with pytest.raises(ValueError, match=SENTENCE):
        Hyperparameters(lr_schedule="linear")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes", [{"seed": -1}, {"seed": 2**63}, {"threads": 0}, {"record_interval": 0}], ids=str
)
def test_a_run_that_cannot_be_is_refused(names_spec: RunSpec, changes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=SENTENCE):
        replace(names_spec, **changes)  # type: ignore[arg-type]


def test_recording_is_dense_at_first_and_then_even() -> None:
    spec = load_preset("names")
    recorded = [step for step in range(201) if spec.records_at(step)]
    assert recorded == [0, 1, 2, 4, 8, 16, 32, 50, 100, 150, 200]


def test_a_new_seed_changes_nothing_else(names_spec: RunSpec) -> None:
    assert names_spec.with_seed(9) == replace(names_spec, seed=9)
