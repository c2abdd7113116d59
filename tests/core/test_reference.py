"""The NumPy reference against what shares no code with it: finite differences, PyTorch, and reasoning."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from weightdeck.model import reference
from weightdeck.run.layout import layout, tap_shapes
from weightdeck.run.spec import ModelSpec

SPECS = [
    pytest.param(ModelSpec(1, 1, 4, 5, 3), id="1-block"),
    pytest.param(ModelSpec(2, 2, 8, 6, 5, tied=True), id="2-blocks-tied"),
    pytest.param(ModelSpec(3, 3, 6, 4, 7), id="3-blocks"),
    pytest.param(ModelSpec(2, 3, 6, 4, 7, activation="gelu_tanh"), id="2-blocks-gpt2"),
    pytest.param(ModelSpec(3, 1, 4, 4, 3, tied=True), id="3-blocks-tied"),
]
Weights = dict[str, NDArray[np.float64]]
Ids = NDArray[np.int64]


def random_weights(model: ModelSpec, scale: float = 0.4) -> Weights:
    """Far from an initialisation, so that no gain is 1, no bias 0 and no attention even."""
    rng = np.random.default_rng(7)
    return {tensor.name: rng.normal(0.0, scale, tensor.shape) for tensor in layout(model).tensors}


def random_batch(model: ModelSpec, batch_size: int = 3) -> tuple[Ids, Ids]:
    """Some targets are missing, one row has a single one, and tokens repeat."""
    rng = np.random.default_rng(8)
    ids, targets = rng.integers(0, model.vocab_size, (2, batch_size, model.block_size))
    targets[rng.random(targets.shape) < 0.3] = -1
    targets[0, :] = -1
    targets[0, -1] = 1
    return ids, targets


@pytest.mark.parametrize("model", SPECS)
def test_gradients_equal_finite_differences(model: ModelSpec) -> None:
    weights = random_weights(model)
    ids, targets = random_batch(model)
    loss, gradients = reference.loss_and_gradients(model, weights, ids, targets)
    assert loss == pytest.approx(reference.loss(reference.forward(model, weights, ids)["logits"], targets))
    assert list(gradients) == [tensor.name for tensor in layout(model).tensors]
    step = 1e-5
    rng = np.random.default_rng(9)
    for name, gradient in gradients.items():
        assert gradient.shape == weights[name].shape
        flat = weights[name].reshape(-1)
        for place in rng.permutation(flat.size)[:12]:
            kept = flat[place]
            sides = []
            for moved in (kept + step, kept - step):
                flat[place] = moved
                sides.append(reference.loss(reference.forward(model, weights, ids)["logits"], targets))
            flat[place] = kept
            slope = (sides[0] - sides[1]) / (2 * step)
            assert gradient.reshape(-1)[place] == pytest.approx(slope, abs=1e-8, rel=1e-6), f"{name}[{place}]"


@pytest.mark.parametrize("model", SPECS)
def test_a_step_along_the_gradient_changes_the_loss_as_it_says(model: ModelSpec) -> None:
    """Every element at once, where the test above samples."""
    weights = random_weights(model)
    ids, targets = random_batch(model)
    _, gradients = reference.loss_and_gradients(model, weights, ids, targets)
    rng = np.random.default_rng(10)
    direction = {name: rng.normal(size=value.shape) for name, value in weights.items()}
    step = 1e-6
    sides = [
        reference.loss_and_gradients(
            model,
            {name: value + sign * step * direction[name] for name, value in weights.items()},
            ids,
            targets,
        )[0]
        for sign in (1, -1)
    ]
    expected = sum(float((gradients[name] * direction[name]).sum()) for name in weights)
    assert (sides[0] - sides[1]) / (2 * step) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("model", SPECS)
@pytest.mark.parametrize("shorter", [0, 2])
def test_taps_have_the_names_shapes_and_order_of_the_layout(model: ModelSpec, shorter: int) -> None:
    ids = random_batch(model)[0][:, shorter:]
    taps = reference.forward(model, random_weights(model), ids)
    expected = tap_shapes(model, tokens=ids.shape[1])
    assert {name: tap.shape for name, tap in taps.items()} == {n: (len(ids), *s) for n, s in expected.items()}
    assert list(taps) == list(expected)
    assert all(tap.dtype == np.float64 for tap in taps.values())


def test_no_token_sees_a_later_one() -> None:
    model = ModelSpec(2, 2, 8, 6, 5)
    weights = random_weights(model)
    ids, _ = random_batch(model)
    changed = ids.copy()
    changed[:, 3:] = (changed[:, 3:] + 1) % model.vocab_size
    before, after = (reference.forward(model, weights, i) for i in (ids, changed))
    assert np.array_equal(before["logits"][:, :3], after["logits"][:, :3])
    assert (before["logits"][:, 3:] != after["logits"][:, 3:]).any(axis=(0, 2)).all()
    future = np.triu(np.ones((6, 6), dtype=bool), k=1)
    for block in range(model.n_layer):
        scores, pattern = (before[f"blocks.{block}.attn.{tap}"] for tap in ("attn_scores", "pattern"))
        assert (scores[..., future] == -np.inf).all()
        assert np.isfinite(scores[..., ~future]).all()
        assert (pattern[..., future] == 0.0).all()


def test_a_prompt_gives_the_same_whatever_is_beside_or_behind_it() -> None:
    model = ModelSpec(2, 2, 8, 6, 5)
    weights = random_weights(model)
    ids, _ = random_batch(model)
    together = reference.forward(model, weights, ids)
    alone = reference.forward(model, weights, ids[1:2, :4])
    np.testing.assert_allclose(alone["probs"][0], together["probs"][1, :4], rtol=1e-12)


@pytest.mark.parametrize("scale", [0.4, 30.0], ids=["usual", "huge weights"])
def test_probabilities_sum_to_one(scale: float) -> None:
    model = ModelSpec(3, 3, 6, 4, 7)
    taps = reference.forward(model, random_weights(model, scale), random_batch(model)[0])
    for name, tap in taps.items():
        if name == "probs" or name.endswith("pattern"):
            np.testing.assert_allclose(tap.sum(axis=-1), 1.0, rtol=1e-12)
            assert (tap >= 0.0).all()


def test_the_residual_stream_is_a_sum() -> None:
    model = ModelSpec(3, 3, 6, 4, 7)
    taps = reference.forward(model, random_weights(model), random_batch(model)[0])
    total = taps["embed"] + taps["pos_embed"]
    for block in range(model.n_layer):
        total = total + taps[f"blocks.{block}.attn_out"] + taps[f"blocks.{block}.mlp_out"]
    np.testing.assert_allclose(taps["blocks.2.resid_post"], total, rtol=1e-12)


def test_normalized_is_the_whole_layer_norm_gain_and_bias_included() -> None:
    model = ModelSpec(1, 1, 4, 5, 3)
    weights = random_weights(model)
    taps = reference.forward(model, weights, random_batch(model)[0])
    x = taps["blocks.0.resid_pre"]
    unit = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    expected = unit * weights["transformer.h.0.ln_1.weight"] + weights["transformer.h.0.ln_1.bias"]
    np.testing.assert_allclose(taps["blocks.0.ln1.normalized"], expected, rtol=1e-12)


def test_loss_of_even_logits_is_the_log_of_the_vocabulary() -> None:
    assert reference.loss(np.zeros((2, 3, 27)), np.full((2, 3), 4)) == pytest.approx(math.log(27))


def test_loss_survives_huge_logits_and_counts_only_targets() -> None:
    logits = np.array([[[1e4, 0.0, 0.0], [0.0, 1e4, 0.0]]])
    assert reference.loss(logits, np.array([[0, -1]])) == 0.0
    assert reference.loss(logits, np.array([[-1, 0]])) == 1e4


class TorchBlock(nn.Module):
    def __init__(self, model: ModelSpec) -> None:
        super().__init__()
        C = model.n_embd
        self.heads = model.n_head
        self.ln_1, self.ln_2 = nn.LayerNorm(C), nn.LayerNorm(C)
        self.attn = nn.ModuleDict({"c_attn": nn.Linear(C, 3 * C), "c_proj": nn.Linear(C, C)})
        self.gelu = {"gelu": "none", "gelu_tanh": "tanh"}[model.activation]
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(C, 4 * C), "c_proj": nn.Linear(4 * C, C)})

    def forward(self, x: Tensor) -> Tensor:
        parts = self.attn["c_attn"](self.ln_1(x)).chunk(3, dim=-1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.attn["c_proj"](z.transpose(1, 2).flatten(2))
        hidden = F.gelu(self.mlp["c_fc"](self.ln_2(x)), approximate=self.gelu)
        result: Tensor = x + self.mlp["c_proj"](hidden)
        return result


class TorchModel(nn.Module):
    """The model as anybody would write it in PyTorch, its state dict named as in nanoGPT."""

    def __init__(self, model: ModelSpec) -> None:
        super().__init__()
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(model.vocab_size, model.n_embd),
                "wpe": nn.Embedding(model.block_size, model.n_embd),
                "h": nn.Sequential(*(TorchBlock(model) for _ in range(model.n_layer))),
                "ln_f": nn.LayerNorm(model.n_embd),
            }
        )
        self.lm_head = nn.Linear(model.n_embd, model.vocab_size, bias=False)
        if model.tied:
            self.lm_head.weight = self.transformer["wte"].weight  # type: ignore[assignment]

    def forward(self, ids: Tensor) -> Tensor:
        x = self.transformer["wte"](ids) + self.transformer["wpe"](torch.arange(ids.shape[1]))
        x = self.transformer["h"](x)
        logits: Tensor = self.lm_head(self.transformer["ln_f"](x))
        return logits


@pytest.mark.parametrize("model", SPECS)
def test_pytorch_agrees_on_logits_loss_and_gradients(model: ModelSpec) -> None:
    weights = random_weights(model)
    ids, targets = random_batch(model)
    torch_model = TorchModel(model).double()
    named = dict(torch_model.named_parameters())
    assert set(named) == set(weights)
    with torch.no_grad():
        for name, parameter in named.items():
            parameter.copy_(torch.from_numpy(weights[name]))
    logits = torch_model(torch.from_numpy(ids))
    torch_loss = F.cross_entropy(logits.flatten(0, 1), torch.from_numpy(targets).flatten(), ignore_index=-1)
    torch_loss.backward()  # type: ignore[no-untyped-call]

    taps = reference.forward(model, weights, ids)
    loss, gradients = reference.loss_and_gradients(model, weights, ids, targets)
    np.testing.assert_allclose(taps["logits"], logits.detach().numpy(), rtol=1e-9, atol=1e-12)
    assert loss == pytest.approx(torch_loss.item(), rel=1e-12)
    for name, parameter in named.items():
        assert parameter.grad is not None
        np.testing.assert_allclose(
            gradients[name], parameter.grad.numpy(), rtol=1e-8, atol=1e-12, err_msg=name
        )
