"""What is typed finds what is meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.test_slices import slices
from weightdeck.run.layout import EMBEDDING, layout
from weightdeck.run.named_slices import named_slices
from weightdeck.run.presets import load_preset
from weightdeck.run.search import search
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck.run.words import part_title, slice_title

VOCABULARY = ("·", *"abcdefghijklmnopqrstuvwxyz")
LAYOUT = layout(load_preset("names").model)
SMALL = layout(ModelSpec(2, 2, 8, 6, 5))
FIVE = ("·", "a", "b", "e", "s")


def found(text: str) -> list[str]:
    return [str(target) for target in search(text, LAYOUT, VOCABULARY)]


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("block 1 head 2 query bias", "transformer.h.1.attn.c_attn.bias[32:48]"),
        ("query bias of head 2, block 1", "transformer.h.1.attn.c_attn.bias[32:48]"),
        ("head 0.2 output", "transformer.h.0.attn.c_proj.weight[0:48, 32:48]"),
        ("Output HEAD 0.2", "transformer.h.0.attn.c_proj.weight[0:48, 32:48]"),
        ("L1H2 key", "transformer.h.1.attn.c_attn.weight[80:96]"),
        ("block1 head2 value", "transformer.h.1.attn.c_attn.weight[128:144]"),
        ("head 1.2 key row 4", "transformer.h.1.attn.c_attn.weight[84]"),
        ("head 1.2 key row 84", "transformer.h.1.attn.c_attn.weight[84]"),
        ("head 0.1 output column 3", "transformer.h.0.attn.c_proj.weight[0:48, 19]"),
        ("mlp 1 neuron 17 in", "transformer.h.1.mlp.c_fc.weight[17]"),
        ("mlp 1 neuron 17 out", "transformer.h.1.mlp.c_proj.weight[0:48, 17]"),
        ("mlp in bias neuron 17 layer 2", "transformer.h.2.mlp.c_fc.bias[17]"),
        ("column 5 of block 0 mlp out", "transformer.h.0.mlp.c_proj.weight[0:48, 5]"),
        ("embed s", "transformer.wte.weight[19]"),
        ("embedding row S", "transformer.wte.weight[19]"),
        ("token s", "transformer.wte.weight[19]"),
        ("s", "transformer.wte.weight[19]"),
        ("embed ·", "transformer.wte.weight[0]"),
        ("embed start", "transformer.wte.weight[0]"),
        ("head row end", "lm_head.weight[0]"),
        ("emb 4", "transformer.wte.weight[4]"),
        ("embed rows a-c", "transformer.wte.weight[1:4]"),
        ("position 3", "transformer.wpe.weight[3]"),
        ("pos 3 feature 7", "transformer.wpe.weight[3, 7]"),
        ("output head s feature 31", "lm_head.weight[19, 31]"),
        ("head s", "lm_head.weight[19]"),
        ("logits", "lm_head.weight"),
        ("head [s, 31]", "lm_head.weight[19, 31]"),
        ("lm_head.weight[5, 31]", "lm_head.weight[5, 31]"),
        ("lm_head.weight[5,", "lm_head.weight[5]"),
        ("lm_head.weight[0:4, 31]", "lm_head.weight[0:4, 31]"),
        ("lm_head", "lm_head.weight"),
        ("transformer.h.2.attn.c_proj.weight", "transformer.h.2.attn.c_proj.weight"),
        ("h.2.attn c_attn", "transformer.h.2.attn.c_attn.weight"),
        ("wpe", "transformer.wpe.weight"),
        ("ln_f.bias", "transformer.ln_f.bias"),
        ("final norm", "transformer.ln_f.weight"),
        ("last layernorm gain", "transformer.ln_f.weight"),
        ("final norm 5", "transformer.ln_f.weight[5]"),
        ("norm 2 block 1", "transformer.h.1.ln_2.weight"),
        ("att", "transformer.h.0.attn.c_proj.weight"),
        ("attention 2", "transformer.h.2.attn.c_proj.weight"),
    ],
)
def test_the_best_is_what_is_meant(text: str, best: str) -> None:
    assert found(text)[0] == best


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("norm", [f"transformer.h.{block}.ln_{k}.weight" for block in range(3) for k in (1, 2)]),
        ("key", [f"transformer.h.{block}.attn.c_attn.weight[48:96]" for block in range(3)]),
        ("value bias", [f"transformer.h.{block}.attn.c_attn.bias[96:144]" for block in range(3)]),
        ("head", ["lm_head.weight", "transformer.h.0.attn.c_attn.weight[0:16]"]),
        ("query 1", ["transformer.h.1.attn.c_attn.weight[0:48]", "transformer.h.1.attn.c_attn.weight[0:16]"]),
        ("mlp.c_fc.weight[17]", [f"transformer.h.{block}.mlp.c_fc.weight[17]" for block in range(3)]),
        ("embed", ["transformer.wte.weight", "transformer.wpe.weight"]),
    ],
)
def test_whole_things_come_before_their_parts(text: str, first: list[str]) -> None:
    assert found(text)[: len(first)] == first


def test_a_head_may_be_one_of_attention_or_that_of_the_output() -> None:
    both = found("head 2")
    assert both[0] == "transformer.h.0.attn.c_attn.weight[32:48]"
    assert "lm_head.weight[2]" in both
    assert all(".attn." in name for name in found("attention head 2"))
    assert found("output head row 2")[0] == "lm_head.weight[2]"
    assert len(found("head 0.2")) == 7, "weights and biases of query, key and value, and the output"


@pytest.mark.parametrize("short", ["b", "bl", "blo", "bloc"])
def test_a_word_may_be_cut_short(short: str) -> None:
    assert found(f"{short} 1 att out")[0] == found("block 1 attention output")[0]


@pytest.mark.parametrize(
    "text",
    ["", "   ", "of the", "17", "zzz", "block 3", "block 0 head 3 query", "embed 27", "position 16", "embed é",
     "lm_head.weight[27]", "lm_head.weight[1, 2, 3]", "final norm [1, 2]", "head 1.2 query [0, 0]", "block one",
     "mlp 0 neuron 192", "embed s s", "row 5 row 6 embed", "embed 5th", "embed ²", "embed rows c-a"],
)  # fmt: skip
def test_what_does_not_exist_is_not_found(text: str) -> None:
    assert found(text) == []


def test_letters_are_found_whatever_their_case() -> None:
    sort = layout(load_preset("sort").model)
    for text in ("embed b", "embed B", "EMBED row b"):
        assert search(text, sort, ("A", "B", "C"))[0] == ParameterSlice(EMBEDDING, (1,))


def test_a_tied_head_is_found_as_the_embedding() -> None:
    tied = layout(ModelSpec(1, 2, 8, 6, 5, tied=True))
    for text in ("output head s", "embed s", "logits s"):
        assert search(text, tied, FIVE)[0] == ParameterSlice(EMBEDDING, (4,))


@given(slices())
def test_every_slice_is_found_first_by_its_title(target: ParameterSlice) -> None:
    title = slice_title(target, FIVE, SMALL)
    best = search(title, SMALL, FIVE)[0]
    assert best.extents(SMALL) == target.extents(SMALL), title


@given(slices())
def test_every_slice_is_found_first_as_it_is_written(target: ParameterSlice) -> None:
    assert search(str(target), SMALL, FIVE)[0].extents(SMALL) == target.extents(SMALL)


def test_every_named_slice_is_found_first_by_its_name() -> None:
    for named in named_slices(LAYOUT.model):
        assert found(part_title(named))[0] == str(named.target)


_TYPED = st.lists(
    st.sampled_from(
        [
            *'[](),.:…-–·"*+?\\0159abs²٣',
            " ",
            "block",
            "head",
            "1.2",
            "row",
            "0:3",
            "embed",
            "lm_head",
            "\n",
            "\0",
        ]
    ),
    max_size=40,
).map("".join)


@given(st.one_of(st.text(max_size=300), _TYPED), st.integers(1, 5))
def test_anything_may_be_typed_and_what_is_found_exists(text: str, limit: int) -> None:
    results = search(text, SMALL, FIVE, limit)
    assert len(results) <= limit
    assert len(set(results)) == len(results)
    for target in results:
        target.info(SMALL)


@pytest.mark.parametrize(
    "piece", ["b ", "(", "[", "a1", "…", "9", "a-", "1.2 ", ".*", "\N{CJK UNIFIED IDEOGRAPH-4E00}"]
)
def test_of_a_long_text_only_the_beginning_is_read(piece: str) -> None:
    text = piece * 10_000
    assert search(text, LAYOUT, VOCABULARY) == search(text[:200], LAYOUT, VOCABULARY)
