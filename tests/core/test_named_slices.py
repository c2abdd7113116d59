"""Named slices are what the model computes with, and what is said of them is so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from tests.core.test_slices import slices
from weightdeck.model import reference
from weightdeck.run.layout import EMBEDDING, HEAD, POSITIONS, layout, tap_shapes
from weightdeck.run.named_slices import (
    named_slices,
    read_tap,
    reads_activation,
    slice_of,
    smallest_named,
    strip_slices,
    written_by,
)
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Strip, all_strips

MODEL = ModelSpec(2, 2, 8, 6, 5)
LAYOUT = layout(MODEL)
TIED = layout(ModelSpec(1, 2, 8, 6, 5, tied=True))
IDS = np.array([[1, 4, 0, 2]])


def random_weights() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {info.name: rng.normal(0.1, 0.5, info.shape) for info in LAYOUT.tensors}


def test_every_named_slice_fits_the_model_and_is_in_its_shortest_form() -> None:
    for named in named_slices(MODEL):
        assert named.target.extents(LAYOUT) == named.extents
        whole = tuple((0, size) for size in named.target.info(LAYOUT).shape)
        assert slice_of(named.target.tensor, named.extents, whole).extents(LAYOUT) == named.extents
        assert not named.target.index or named.target.extents(LAYOUT) != whole
        assert smallest_named(named.target, LAYOUT) == named


@pytest.mark.parametrize("role", ["query", "key", "value"])
@pytest.mark.parametrize("head", [None, *(s for s in all_strips(MODEL) if s.head is not None)], ids=str)
def test_the_rows_of_a_role_make_it_and_nothing_else(role: str, head: Strip | None) -> None:
    """Turning them changes that tap of that head in the block's first computation, and no other."""
    weights = random_weights()
    before = reference.forward(MODEL, weights, IDS)
    block = head.block if head is not None else 1
    found = [
        named.target
        for named in named_slices(MODEL)
        if (named.role, named.head) == (role, head)
        and named.target.tensor.startswith(f"transformer.h.{block}.")
    ]
    assert len(found) == 2, "weights and biases"
    for target in found:
        changed = {name: weight.copy() for name, weight in weights.items()}
        changed[target.tensor][target.numpy_index()] += 0.3
        after = reference.forward(MODEL, changed, IDS)
        for tap in "qkv":
            moved = (after[f"blocks.{block}.attn.{tap}"] != before[f"blocks.{block}.attn.{tap}"]).any(
                (0, 2, 3)
            )
            ours = tap == role[0]
            assert moved.tolist() == [ours and (head is None or head.head == h) for h in range(MODEL.n_head)]


@pytest.mark.parametrize("strip", all_strips(MODEL), ids=str)
def test_without_what_a_part_writes_by_it_writes_nothing(strip: Strip) -> None:
    weights = random_weights()
    target = written_by(strip, MODEL)
    assert target in strip_slices(strip, MODEL)
    b, h = f"blocks.{strip.block}.", f"transformer.h.{strip.block}."
    changed = {name: weight.copy() for name, weight in weights.items()}
    changed[target.tensor][target.numpy_index()] = 0.0
    after = reference.forward(MODEL, changed, IDS)
    if strip.head is None:
        expected = np.broadcast_to(weights[h + "mlp.c_proj.bias"], after[b + "mlp_out"].shape)
        np.testing.assert_allclose(after[b + "mlp_out"], expected, atol=1e-12)
        return
    others = after[b + "attn.z"].copy()
    others[:, strip.head] = 0.0
    expected = (
        reference.join_heads(others) @ weights[h + "attn.c_proj.weight"].T + weights[h + "attn.c_proj.bias"]
    )
    np.testing.assert_allclose(after[b + "attn_out"], expected, atol=1e-12)


def test_parts_share_no_parameter() -> None:
    taken = {info.name: np.zeros(info.shape, dtype=int) for info in LAYOUT.tensors}
    for strip in all_strips(MODEL):
        for target in strip_slices(strip, MODEL):
            taken[target.tensor][target.numpy_index()] += 1
    for name, count in taken.items():
        part_of_a_part = ".attn.c_attn" in name or name.endswith("attn.c_proj.weight") or ".mlp." in name
        assert (count == int(part_of_a_part)).all(), name


@given(slices())
def test_the_smallest_named_slice_holds_it_and_no_smaller_one_does(target: ParameterSlice) -> None:
    found = smallest_named(target, LAYOUT)
    assert found.target.covers(target, LAYOUT)
    for named in named_slices(MODEL):
        if named.target.covers(target, LAYOUT):
            assert named.target.size(LAYOUT) >= found.target.size(LAYOUT)


def test_columns_are_as_many_as_the_features_of_what_they_read() -> None:
    shapes = tap_shapes(MODEL, 4)
    for info in LAYOUT.tensors:
        tap = read_tap(info.name, LAYOUT)
        if tap is None:
            assert len(info.shape) == 1 or info.name in (EMBEDDING, POSITIONS)
        else:
            heads, *_, features = shapes[tap]
            assert info.shape[1] == (heads * features if tap.endswith("attn.z") else features)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("transformer.h.0.attn.c_attn.weight", True),
        ("transformer.h.0.attn.c_attn.weight[3]", True),
        ("transformer.h.1.attn.c_proj.weight[0:8, 4:8]", True),
        ("transformer.h.1.mlp.c_fc.weight[3, 2:4]", True),
        ("transformer.h.1.mlp.c_proj.weight[0:2]", True),
        ("lm_head.weight[1]", True),
        ("lm_head.weight[1, 3]", False),
        ("lm_head.weight[0:5, 3]", False),
        ("lm_head.weight[1, 3:4]", False),
        ("transformer.wte.weight[1]", False),
        ("transformer.wpe.weight", False),
        ("transformer.h.0.attn.c_attn.bias", False),
        ("transformer.h.0.ln_1.weight", False),
        ("transformer.ln_f.bias", False),
    ],
)
def test_what_reads_an_activation(text: str, reads: bool) -> None:
    assert reads_activation(ParameterSlice.parse(text), LAYOUT) == reads


def test_a_tied_embedding_reads_as_the_head() -> None:
    assert HEAD not in TIED.by_name
    assert read_tap(EMBEDDING, TIED) == "ln_final.normalized"
    assert reads_activation(ParameterSlice(EMBEDDING, (2,)), TIED)
