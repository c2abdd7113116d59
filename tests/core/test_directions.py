"""Directions are what they say: the slice's own, or the activation that it reads, as the reference computes it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from weightdeck.model import reference
from weightdeck.probes.directions import find_direction
from weightdeck.run.commands import EditSlice, SetClamp, SetStrip
from weightdeck.run.layout import EMBEDDING
from weightdeck.run.named_slices import named_slices, reads_activation
from weightdeck.run.queries import FindDirection
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.run.strips import Neuron, Strip, StripSetting
from weightdeck.training.trainer import Trainer

PROMPT = "chri"
OUTPUT = ParameterSlice("transformer.h.1.attn.c_proj.weight", ((0, 16), (8, 16)))  # of head 1.1

# A slice, the activation that it reads, and which of its features.
READERS = [
    ("lm_head.weight[5]", "ln_final.normalized", slice(None)),
    ("lm_head.weight[5, 3:9]", "ln_final.normalized", slice(3, 9)),
    ("lm_head.weight[5:6]", "ln_final.normalized", slice(None)),
    ("lm_head.weight", "ln_final.normalized", slice(None)),
    ("transformer.h.0.attn.c_attn.weight[3]", "blocks.0.ln1.normalized", slice(None)),
    ("transformer.h.1.attn.c_attn.weight[40:48]", "blocks.1.ln1.normalized", slice(None)),
    ("transformer.h.1.attn.c_proj.weight[2]", "blocks.1.attn.z", slice(None)),
    (str(OUTPUT), "blocks.1.attn.z", slice(8, 16)),
    ("transformer.h.0.mlp.c_fc.weight[17]", "blocks.0.ln2.normalized", slice(None)),
    ("transformer.h.0.mlp.c_proj.weight", "blocks.0.mlp.post", slice(None)),
    ("transformer.h.0.mlp.c_proj.weight[0:16, 4:6]", "blocks.0.mlp.post", slice(4, 6)),
]


@pytest.fixture
def trainer(names_spec: RunSpec) -> Trainer:
    trainer = Trainer(names_spec)
    for _ in range(20):
        trainer.train_step()
    return trainer


def activation(trainer: Trainer, tap: str) -> NDArray[np.float64]:
    """What a tap holds at the prompt's last token."""
    weights = {name: weight.detach().numpy() for name, weight in trainer.parameters.weights.items()}
    ids = np.array([trainer.corpus.prompt(PROMPT).ids])
    value = reference.forward(trainer.spec.model, weights, ids)[tap]
    if tap.endswith("attn.z"):
        value = reference.join_heads(value)
    last: NDArray[np.float64] = value[0, -1]
    return last


def own_values(trainer: Trainer, target: ParameterSlice) -> NDArray[np.float64]:
    return trainer.parameters.part(target).numpy().astype(np.float64)


def test_the_own_direction_is_the_slice_itself(trainer: Trainer) -> None:
    known = trainer.parameters.layout
    for named in named_slices(trainer.spec.model):
        found = find_direction(trainer, FindDirection(named.target, "own"))
        values = own_values(trainer, named.target)
        assert found.kind == "own"
        assert found.length == pytest.approx(np.linalg.norm(values), rel=1e-12)
        np.testing.assert_allclose(found.values.array() * found.length, values, rtol=1e-6, atol=1e-9)
        assert found.values.shape == named.target.shape(known)


@pytest.mark.parametrize(("text", "tap", "features"), READERS)
def test_the_read_direction_is_what_is_read_and_written(
    trainer: Trainer, text: str, tap: str, features: slice
) -> None:
    target = ParameterSlice.parse(text)
    assert reads_activation(target, trainer.parameters.layout)
    found = find_direction(trainer, FindDirection(target, "read", PROMPT))
    read = activation(trainer, tap)[features]
    values = own_values(trainer, target)
    rows = values.reshape(-1, len(read))
    written = rows @ read if len(rows) > 1 else np.ones(1)
    expected = np.outer(written, read).reshape(values.shape)
    np.testing.assert_allclose(found.values.array(), expected / np.linalg.norm(expected), atol=2e-6)
    assert (found.kind, found.prompt) == ("read", PROMPT)
    assert found.length == pytest.approx(np.linalg.norm(values))


def test_moved_along_what_it_reads_a_part_writes_the_same_only_more(trainer: Trainer) -> None:
    found = find_direction(trainer, FindDirection(OUTPUT, "read", PROMPT))
    read = activation(trainer, "blocks.1.attn.z")[8:]
    before = own_values(trainer, OUTPUT) @ read
    assert before.std() > 0.1 * np.abs(before).max(), "no constant, which the layer norm would take out"
    trainer.apply(EditSlice(OUTPUT, "add", 0.5, along=found))
    after = own_values(trainer, OUTPUT) @ read
    more = 1.0 + 0.5 * np.linalg.norm(read) / np.linalg.norm(before)
    np.testing.assert_allclose(after, before * more, rtol=1e-4, atol=1e-7)


def test_a_row_of_zeros_can_still_be_moved_along_what_it_reads(trainer: Trainer) -> None:
    target = ParameterSlice("lm_head.weight", (5,))
    read = activation(trainer, "ln_final.normalized")
    trainer.apply(EditSlice(target, "set", 0.0))
    found = find_direction(trainer, FindDirection(target, "read", PROMPT))
    np.testing.assert_allclose(found.values.array(), read / np.linalg.norm(read), atol=2e-6)
    assert found.length == 0.0


def test_it_is_read_through_the_strips(trainer: Trainer) -> None:
    query = FindDirection(ParameterSlice("transformer.h.1.attn.c_proj.weight", (2,)), "read", PROMPT)
    read = activation(trainer, "blocks.1.attn.z")
    read[8:] *= 0.5
    trainer.apply(SetStrip(Strip(1, 1), StripSetting(gain=0.5)))
    found = find_direction(trainer, query)
    np.testing.assert_allclose(found.values.array(), read / np.linalg.norm(read), atol=2e-6)


def test_a_tied_embedding_reads_as_the_head(sort_spec: RunSpec) -> None:
    trainer = Trainer(sort_spec)
    target = ParameterSlice(EMBEDDING, (2,))
    found = find_direction(trainer, FindDirection(target, "read", "CAB"))
    weights = {name: weight.detach().numpy() for name, weight in trainer.parameters.weights.items()}
    taps = reference.forward(trainer.spec.model, weights, np.array([trainer.corpus.prompt("CAB").ids]))
    read = taps["ln_final.normalized"][0, -1]
    np.testing.assert_allclose(found.values.array(), read / np.linalg.norm(read), atol=2e-6)


def refused(trainer: Trainer, query: FindDirection, why: str) -> None:
    with pytest.raises(ValueError, match=rf"{why}.*[.?]$"):
        find_direction(trainer, query)


@pytest.mark.parametrize(
    "text",
    [
        "transformer.wte.weight[9]",
        "transformer.wpe.weight[3]",
        "transformer.h.0.attn.c_attn.bias[0:8]",
        "transformer.h.1.ln_2.weight",
        "lm_head.weight[5, 3]",
        "lm_head.weight[0:27, 3]",
    ],
)
def test_what_reads_no_activation_is_refused(trainer: Trainer, text: str) -> None:
    refused(trainer, FindDirection(ParameterSlice.parse(text), "read", PROMPT), "reads no activation")


def test_where_there_is_no_direction_a_sentence_says_why(trainer: Trainer, sort_spec: RunSpec) -> None:
    row = ParameterSlice("lm_head.weight", (27,))
    for kind in ("own", "read"):
        refused(trainer, FindDirection(row, kind, PROMPT), "lies outside")  # type: ignore[arg-type]
    trainer.apply(EditSlice(OUTPUT, "set", 0.0))
    refused(trainer, FindDirection(OUTPUT, "own"), "all numbers of head 1.1 output are zero")
    refused(trainer, FindDirection(OUTPUT, "read", PROMPT), "writes nothing")
    trainer.apply(SetStrip(Strip(1, 1), StripSetting(muted=True)))
    refused(trainer, FindDirection(OUTPUT, "read", PROMPT), "is zero. Is it muted")
    trainer.apply(SetClamp(Neuron("blocks.0.mlp.post", 4), 0.0))
    trainer.apply(SetClamp(Neuron("blocks.0.mlp.post", 5), 0.0))
    both = ParameterSlice("transformer.h.0.mlp.c_proj.weight", (1, (4, 6)))
    refused(trainer, FindDirection(both, "read", PROMPT), "is zero")
    sort = Trainer(sort_spec)
    refused(sort, FindDirection(ParameterSlice(EMBEDDING, (2,)), "read", "xyz"), "no token")


def test_finding_changes_nothing(trainer: Trainer) -> None:
    before = trainer.state_sha256()
    find_direction(trainer, FindDirection(OUTPUT, "read", PROMPT))
    find_direction(trainer, FindDirection(OUTPUT, "own"))
    assert trainer.state_sha256() == before
