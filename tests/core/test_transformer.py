"""The fast transformer against the slow NumPy reference in float64, tap by tap, and its shortcuts against none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from weightdeck.model import reference
from weightdeck.model.parameters import Parameters
from weightdeck.model.transformer import Rows, cross_entropy, forward
from weightdeck.run.layout import tap_shapes
from weightdeck.run.spec import ModelSpec

SPECS = [
    pytest.param(ModelSpec(1, 1, 8, 6, 5), id="1-block"),
    pytest.param(ModelSpec(2, 2, 12, 7, 4, tied=True), id="2-blocks-tied"),
    pytest.param(ModelSpec(3, 3, 12, 9, 6, activation="gelu_tanh"), id="3-blocks-tanh"),
]


def far_from_the_start(model: ModelSpec) -> Parameters:
    """No gain is 1, no bias 0, and attention is far from even."""
    parameters = Parameters(model)
    generator = torch.Generator().manual_seed(4)
    for name in parameters.weights:
        parameters.tensor(name).normal_(0.1, 0.4, generator=generator)
    return parameters


def as_numpy(parameters: Parameters) -> dict[str, NDArray[np.float32]]:
    return {name: weight.detach().numpy() for name, weight in parameters.weights.items()}


def ragged_batch(model: ModelSpec) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Items of different lengths, targets missing in between, and one item with a single target."""
    rng = np.random.default_rng(2)
    T = model.block_size
    ids, targets = rng.integers(0, model.vocab_size, (2, 6, T))
    for row, length in enumerate((T, 1, 3, T - 1, 2, T)):
        targets[row, length:] = -1
        targets[row, : length - 1][rng.random(length - 1) < 0.3] = -1
    targets[5, :-1] = -1
    return ids, targets


@pytest.mark.parametrize("model", SPECS)
@pytest.mark.parametrize("tokens", [1, 5])
def test_every_tap_of_a_prompt_is_the_references(model: ModelSpec, tokens: int) -> None:
    parameters = far_from_the_start(model)
    ids = tuple(int(i) for i in np.random.default_rng(1).integers(0, model.vocab_size, tokens))
    taps: dict[str, Tensor] = {}

    def keep(name: str, value: Tensor) -> Tensor:
        assert name not in taps
        taps[name] = value
        return value

    with torch.no_grad():
        forward(model, parameters.weights, Rows.of_prompt(ids), keep)
    expected = reference.forward(model, as_numpy(parameters), np.array([ids]))
    shapes = tap_shapes(model, tokens)
    assert list(taps) == list(shapes)
    for name, tap in taps.items():
        assert tuple(tap.shape) == shapes[name], name
        np.testing.assert_allclose(tap.numpy(), expected[name][0], rtol=1e-4, atol=2e-5, err_msg=name)


@pytest.mark.parametrize("model", SPECS)
def test_loss_and_every_gradient_are_the_references(model: ModelSpec) -> None:
    parameters = far_from_the_start(model)
    ids, targets = ragged_batch(model)
    rows = Rows.of_batch(torch.from_numpy(ids), torch.from_numpy(targets))
    loss = cross_entropy(forward(model, parameters.weights, rows), rows)
    loss.backward()  # type: ignore[no-untyped-call]
    expected_loss, gradients = reference.loss_and_gradients(model, as_numpy(parameters), ids, targets)
    assert loss.item() == pytest.approx(expected_loss, rel=1e-5)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(
            parameters.gradient_of(name).numpy(), gradient, rtol=2e-3, atol=2e-5, err_msg=name
        )


def test_padding_is_never_computed() -> None:
    model = ModelSpec(2, 2, 12, 7, 4)
    ids, targets = ragged_batch(model)
    rows = Rows.of_batch(torch.from_numpy(ids), torch.from_numpy(targets))
    last = [max(t for t in range(7) if row[t] >= 0) for row in targets]
    assert len(rows.ids_N) == sum(last) + len(last) < ids.size
    assert len(rows.targets_S) == int((targets >= 0).sum())


def test_what_stands_in_the_padding_does_not_matter() -> None:
    model = ModelSpec(2, 2, 12, 7, 4)
    parameters = far_from_the_start(model)
    ids, targets = ragged_batch(model)
    other = ids.copy()
    for row, target in enumerate(targets):
        other[row, int(np.flatnonzero(target >= 0)[-1]) + 1 :] = 0
    assert (other != ids).any()
    both = [Rows.of_batch(torch.from_numpy(some), torch.from_numpy(targets)) for some in (ids, other)]
    with torch.no_grad():
        first, second = (forward(model, parameters.weights, rows) for rows in both)
    assert torch.equal(first, second)


def test_scored_rows_are_a_selection_of_all_rows() -> None:
    model = ModelSpec(2, 2, 12, 7, 4)
    parameters = far_from_the_start(model)
    ids, targets = ragged_batch(model)
    rows = Rows.of_batch(torch.from_numpy(ids), torch.from_numpy(targets))
    assert rows.scored_S is not None
    with torch.no_grad():
        scored = forward(model, parameters.weights, rows)
        everywhere = forward(model, parameters.weights, rows.without_targets())
    torch.testing.assert_close(scored, everywhere[rows.scored_S], rtol=1e-5, atol=1e-5)


def test_what_a_tap_returns_is_used_instead() -> None:
    model = ModelSpec(2, 2, 12, 7, 4)
    parameters = far_from_the_start(model)

    def mute(name: str, value: Tensor) -> Tensor:
        return torch.zeros_like(value) if name in ("blocks.1.attn_out", "blocks.1.mlp_out") else value

    with torch.no_grad():
        muted = forward(model, parameters.weights, Rows.of_prompt((0, 1, 2)), mute)
        parameters.tensor("transformer.h.1.attn.c_proj.weight").zero_()
        parameters.tensor("transformer.h.1.attn.c_proj.bias").zero_()
        parameters.tensor("transformer.h.1.mlp.c_proj.weight").zero_()
        parameters.tensor("transformer.h.1.mlp.c_proj.bias").zero_()
        zeroed = forward(model, parameters.weights, Rows.of_prompt((0, 1, 2)))
    torch.testing.assert_close(muted, zeroed)


def test_dropout_is_asked_for_at_gpt2s_four_places() -> None:
    model = ModelSpec(2, 2, 12, 7, 4)
    parameters = far_from_the_start(model)
    shapes = []

    def note(value: Tensor) -> Tensor:
        shapes.append(tuple(value.shape))
        return value

    forward(model, parameters.weights, Rows.of_prompt((0, 1, 2)), drop=note)
    block = [(2, 3, 3), (3, 12), (3, 12)]  # attention pattern, attention output, MLP output
    assert shapes == [(3, 12), *block, *block]


def test_a_tied_head_shares_the_embeddings_gradient() -> None:
    model = ModelSpec(1, 1, 8, 6, 5, tied=True)
    untied = replace(model, tied=False)
    tied_parameters, untied_parameters = far_from_the_start(model), Parameters(untied)
    for name in tied_parameters.weights:
        untied_parameters.tensor(name).copy_(tied_parameters.tensor(name))
    untied_parameters.tensor("lm_head.weight").copy_(tied_parameters.tensor("transformer.wte.weight"))
    ids, targets = ragged_batch(model)
    rows = Rows.of_batch(torch.from_numpy(ids), torch.from_numpy(targets))
    for spec, parameters in ((model, tied_parameters), (untied, untied_parameters)):
        cross_entropy(forward(spec, parameters.weights, rows), rows).backward()  # type: ignore[no-untyped-call]
    both = untied_parameters.gradient_of("transformer.wte.weight") + untied_parameters.gradient_of(
        "lm_head.weight"
    )
    torch.testing.assert_close(tied_parameters.gradient_of("transformer.wte.weight"), both)
