"""What a model costs, against its layout, against what torch counts and keeps, and against published figures."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from weightdeck.model.parameters import Parameters
from weightdeck.model.transformer import Rows, cross_entropy, forward
from weightdeck.run import costs
from weightdeck.run.costs import Part, Shape
from weightdeck.run.layout import EMBEDDING, HEAD, POSITIONS, layout
from weightdeck.run.presets import load_preset, preset_names
from weightdeck.run.spec import ModelSpec

SPECS = [
    pytest.param(ModelSpec(1, 1, 8, 6, 5), id="1-block"),
    pytest.param(ModelSpec(2, 2, 12, 7, 4, tied=True), id="2-blocks-tied"),
    pytest.param(ModelSpec(3, 3, 48, 11, 3), id="sorting"),
    pytest.param(ModelSpec(6, 4, 20, 9, 70, tied=True, activation="gelu_tanh"), id="6-blocks-tanh"),
]
_PART_OF = {"attn": Part.ATTENTION, "mlp": Part.MLP, "ln_1": Part.NORMS, "ln_2": Part.NORMS}


def part_of(name: str) -> Part:
    if name.startswith("transformer.h."):
        return _PART_OF[name.split(".")[3]]
    outside = {EMBEDDING: Part.EMBEDDING, POSITIONS: Part.POSITIONS, HEAD: Part.HEAD}
    return outside.get(name, Part.FINAL_NORM)


def full_batch(tokens: int) -> Rows:
    """Two sequences without padding, every position scored."""
    ids_BT = torch.zeros((2, tokens), dtype=torch.long)
    return Rows.of_batch(ids_BT, ids_BT)


def counted(model: ModelSpec, tokens: int, *, backward: bool) -> int:
    """Operations of matrix products that torch counts, over two sequences of `tokens` tokens."""
    rows = full_batch(tokens)
    counter = FlopCounterMode(display=False)
    with counter:
        loss = cross_entropy(forward(model, Parameters(model).weights, rows), rows)
        if backward:
            loss.backward()  # type: ignore[no-untyped-call]
    return int(counter.get_total_flops())


@pytest.mark.parametrize("model", SPECS)
def test_parameters_are_those_of_the_layout_part_by_part(model: ModelSpec) -> None:
    expected = dict.fromkeys(Part, 0)
    for tensor in layout(model).tensors:
        expected[part_of(tensor.name)] += tensor.size
    assert costs.parameters(Shape.of(model)) == expected
    assert costs.num_parameters(Shape.of(model)) == model.num_parameters


def test_parameters_of_every_preset_add_up() -> None:
    for name in preset_names():
        model = load_preset(name).model
        assert costs.num_parameters(Shape.of(model)) == model.num_parameters


@pytest.mark.parametrize("model", SPECS)
@pytest.mark.parametrize("tokens", [1, 5])
def test_operations_are_those_that_torch_counts(model: ModelSpec, tokens: int) -> None:
    assert counted(model, tokens, backward=False) == 2 * sum(
        costs.forward_flops(Shape.of(model), tokens).values()
    )


@pytest.mark.parametrize("model", SPECS)
def test_a_training_step_takes_three_forward_passes(model: ModelSpec) -> None:
    assert counted(model, model.block_size, backward=True) == costs.step_flops(Shape.of(model), 2)


@pytest.mark.parametrize("model", SPECS)
def test_what_is_kept_for_backward_is_what_autograd_keeps(model: ModelSpec) -> None:
    """Every storage once; the weights themselves are no activations."""
    weights = Parameters(model).weights
    owned = {weight.untyped_storage().data_ptr() for weight in weights.values()}
    rows = full_batch(model.block_size)
    kept: dict[int, int] = {}
    alive: list[Tensor] = []  # so that no storage's address is used again

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if tensor.is_floating_point() and storage.data_ptr() not in owned:
            kept[storage.data_ptr()] = storage.nbytes()
            alive.append(tensor)
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        cross_entropy(forward(model, weights, rows), rows)
    assert sum(kept.values()) == costs.training_memory(Shape.of(model), 2).activations


@pytest.mark.parametrize("model", SPECS)
def test_growth_over_the_context_is_the_count_at_each_context(model: ModelSpec) -> None:
    shape = Shape.of(model)
    for tokens in (1, model.block_size, 1000):
        assert costs.flops_growth(shape).at(tokens) * tokens == sum(
            costs.forward_flops(shape, tokens).values()
        )
    parts = costs.forward_flops(shape, 1)
    at = costs.flops_growth(shape).crossing
    assert parts[Part.SCORES] * at == pytest.approx(sum(parts.values()) - parts[Part.SCORES])


@pytest.mark.parametrize("reference", costs.REFERENCES, ids=lambda reference: reference.name)
def test_published_totals(reference: costs.Reference) -> None:
    counted = costs.num_parameters(reference.shape)
    if reference.name.startswith("GPT-2"):
        assert counted == reference.published
    elif reference.name.startswith("GPT-3"):
        assert counted == pytest.approx(reference.published, rel=0.01)
    else:
        assert reference.published is None


def test_gpt3s_training_is_what_its_paper_says() -> None:
    """3.14e23 operations for 300 billion tokens (Brown et al. 2020, table D.1), without attention's scores."""
    (gpt3,) = (r.shape for r in costs.REFERENCES if r.name.startswith("GPT-3"))
    tokens = 300e9
    assert costs.kaplan_flops_per_token(gpt3) * tokens == pytest.approx(3.14e23, rel=0.005)
    whole = costs.TRAINING_PASSES * costs.flops_per_token(gpt3) * tokens
    assert 3.14e23 < whole < 1.04 * 3.14e23


def test_memory_of_gpt2_small() -> None:
    (small,) = (r.shape for r in costs.REFERENCES if r.name == "GPT-2 small")
    memory = costs.training_memory(small, 1)
    assert memory.state == costs.TRAINING_BYTES * 124_439_808
    assert memory.total == memory.state + 1024 * costs.activation_bytes_per_token(small)
    assert costs.half_precision_bytes(small) == 248_879_616
    assert costs.cache_bytes_per_token(small) == 36_864  # keys and values, 12 blocks, 768 features, 2 bytes


def test_time_scales_with_operations() -> None:
    here, larger = Shape(3, 3, 48, 16, 27), Shape(12, 12, 768, 1024, 50257, tied=True)
    speed = costs.flops_per_second(here, 32, 80.0)
    assert costs.seconds_per_step(here, 32, speed) == pytest.approx(1 / 80.0)
    ratio = costs.step_flops(larger, 32) / costs.step_flops(here, 32)
    assert costs.seconds_per_step(larger, 32, speed) == pytest.approx(ratio / 80.0)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((0, 1, 8, 4, 3), "n_layer must be a whole number of at least 1; it is 0."),
        ((2, 1, 8, 4.5, 3), "block_size must be a whole number of at least 1; it is 4.5."),
        ((2, 3, 8, 4, 3), "8 features (n_embd) cannot be shared evenly among 3 heads (n_head)."),
    ],
)
def test_a_shape_that_cannot_be_is_told_in_a_sentence(numbers: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        Shape(*numbers)
