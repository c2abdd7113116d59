"""Forward passes against the NumPy reference in float64, and against what training itself computed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.core.inside_runs import names_spec, some_ids, sort_spec, trained, turn_strips
from weightdeck.model import reference
from weightdeck.probes.passes import STREAM, WholeBatchPass, batch_pass, prompt_pass
from weightdeck.probes.predictions import next_token_probs
from weightdeck.run.layout import tap_shapes
from weightdeck.run.spec import ModelSpec, RunSpec
from weightdeck.run.subjects import InBatch, InPrompt
from weightdeck.training.trainer import Trainer

TOLERANCE = 1e-5  # of a tap's largest finite number
SPECS = [
    pytest.param(names_spec(ModelSpec(1, 2, 16, 16, 27)), id="1-block"),
    pytest.param(names_spec(ModelSpec(6, 4, 32, 16, 27, tied=True)), id="6-blocks-tied"),
    pytest.param(sort_spec(ModelSpec(3, 3, 48, 11, 3, activation="gelu_tanh")), id="3-blocks-tanh"),
]
MakeSpec = Callable[[ModelSpec, float], RunSpec]
TWO_BLOCKS = ModelSpec(2, 2, 12, 11, 3)


def as_numpy(trainer: Trainer) -> dict[str, NDArray[np.float32]]:
    return {name: weight.detach().numpy() for name, weight in trainer.parameters.weights.items()}


def bits(values: NDArray[np.float32]) -> bytes:
    return np.ascontiguousarray(values).tobytes()


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("weights", ["fresh", "random", "trained"])
def test_every_tap_of_a_prompt_is_the_references(spec: RunSpec, weights: str) -> None:
    trainer = trained(spec, 40 if weights == "trained" else 0)
    if weights == "random":  # no gain is 1, no bias 0, and attention is far from even
        generator = torch.Generator().manual_seed(4)
        for name in trainer.parameters.weights:
            trainer.parameters.tensor(name).normal_(0.05, 0.3, generator=generator)
    for tokens in (1, spec.model.block_size):
        ids = some_ids(spec.model, tokens)
        made = prompt_pass(trainer.now, "text", ids)
        assert (made.where, made.ids, made.step) == (InPrompt("text"), ids, trainer.step)
        assert {name: value.shape for name, value in made.shown.items()} == tap_shapes(spec.model, tokens)
        expected = reference.forward(spec.model, as_numpy(trainer), np.array([ids]))
        for name, value in made.shown.items():
            wanted = expected[name][0]
            finite = np.isfinite(wanted)
            scale = np.abs(wanted[finite]).max()
            assert np.array_equal(value[~finite], wanted[~finite]), name
            assert np.abs(value[finite] - wanted[finite]).max() <= TOLERANCE * scale, name
            assert made.raw[name] is value
        assert (made.kept, made.gradients, made.raw_gradients) == ({}, {}, {})


def test_strips_and_clamps_stand_between_raw_and_shown() -> None:
    trainer = trained(names_spec(ModelSpec(2, 2, 12, 16, 27)), 5)
    turn_strips(trainer)
    made = prompt_pass(trainer.now, "", some_ids(trainer.spec.model, 5))
    different = {name for name in made.shown if made.shown[name] is not made.raw[name]}
    z, attn_out = "blocks.0.attn.z", "blocks.0.attn_out"
    assert different == {
        "embed",
        z,
        attn_out,
        "blocks.0.mlp_out",
        "blocks.1.ln1.normalized",
        "blocks.1.mlp.post",
        "blocks.1.mlp_out",
        "ln_final.normalized",
    }
    gains = np.array([0.4, 0.0], dtype=np.float32).reshape(-1, 1, 1)
    assert np.array_equal(made.shown[z], made.raw[z] * gains)
    assert (made.shown[attn_out][:, 1] == -0.5).all()
    assert np.array_equal(made.shown["probs"][-1], next_token_probs(trainer.now, made.ids))


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize(
    ("make", "model"), [(names_spec, ModelSpec(2, 2, 12, 16, 27, tied=True)), (sort_spec, TWO_BLOCKS)]
)
def test_a_batchs_pass_is_that_of_training_bit_for_bit(
    make: MakeSpec, model: ModelSpec, dropout: float
) -> None:
    trainer = trained(make(model, dropout), 6)
    turn_strips(trainer)
    trainer.train_step()
    batch = trainer.newest_batch
    assert batch is not None
    own = {name: weight.grad for name, weight in trainer.parameters.weights.items()}
    before = trainer.parameters.gradient.clone()
    whole = WholeBatchPass(batch, model, with_gradients=True)
    assert torch.equal(trainer.parameters.gradient, before), "the trainer's gradient is its own"
    for name, gradient in whole.weight_gradients.items():
        assert torch.equal(gradient, own[name]), name  # type: ignore[arg-type]  # every weight has one
    assert set(whole.weight_gradients) == set(own)
    scored = []
    for row in range(batch.rows.sequences):
        made = whole.row(row)
        assert {name: value.shape for name, value in made.shown.items()} == tap_shapes(model, len(made.ids))
        scored.append(made.raw["logits"][np.array(whole.targets(row)) >= 0])
    assert bits(np.concatenate(scored)) == bits(batch.logits_SV.numpy())


def test_a_sequence_of_the_batch_has_no_padding_and_nan_where_nothing_was_computed() -> None:
    trainer = trained(sort_spec(TWO_BLOCKS, 0.2), 3)
    batch = trainer.newest_batch
    assert batch is not None
    made = batch_pass(batch, TWO_BLOCKS, 2, with_gradients=True)
    targets = WholeBatchPass(batch, TWO_BLOCKS, with_gradients=False).targets(2)
    assert made.where == InBatch(2)
    assert len(targets) == len(made.ids)
    for name, value in made.shown.items():
        late = name.startswith(("blocks.1.attn_out", "blocks.1.resid_mid", "blocks.1.ln2", "blocks.1.mlp"))
        late |= name.startswith(("blocks.1.resid_post", "ln_final", "logits", "probs"))
        without = np.isnan(value).reshape(len(value), -1).all(1) if late else np.isnan(value)
        assert np.array_equal(without, np.array(targets) < 0) if late else not without.any(), name
    assert set(made.shown) - set(made.gradients) == {"probs"}
    places = [f"blocks.{block}.{tap}" for block in (0, 1) for tap in ("attn.pattern", "attn_out", "mlp_out")]
    assert list(made.kept) == [STREAM, *places]
    for factors in made.kept.values():
        assert set(np.unique(factors[np.isfinite(factors)])) == {0.0, np.float32(1.0) / np.float32(0.8)}
    pattern, kept, v = (
        made.shown["blocks.0.attn.pattern"],
        made.kept["blocks.0.attn.pattern"],
        made.shown["blocks.0.attn.v"],
    )
    np.testing.assert_allclose((pattern * kept) @ v, made.shown["blocks.0.attn.z"], atol=1e-6)


def test_gradients_are_told_before_and_after_the_strips() -> None:
    """A raw number before a gain of 0.4 moves the loss 0.4 times as much as the shown one; a clamped one never."""
    trainer = trained(names_spec(ModelSpec(2, 2, 12, 16, 27)), 20)
    turn_strips(trainer)
    trainer.forward()
    batch = trainer.newest_batch
    assert batch is not None
    made = batch_pass(batch, trainer.spec.model, 0, with_gradients=True)
    z, out = "blocks.0.attn.z", "blocks.0.attn_out"
    np.testing.assert_allclose(made.raw_gradients[z][0], 0.4 * made.gradients[z][0], rtol=1e-6)
    assert not made.raw_gradients[out][:, 1].any()
    assert made.gradients[out][:, 1].any()
    targets = np.array(WholeBatchPass(batch, trainer.spec.model, with_gradients=False).targets(0))
    came = np.arange(27) == targets[:, None]
    counted = len(batch.rows.targets_S)
    np.testing.assert_allclose(made.gradients["logits"], (made.shown["probs"] - came) / counted, atol=1e-7)


def test_gradients_of_a_batch_are_the_references() -> None:
    """Those of the embeddings: what the reference adds up over the tokens of the batch."""
    trainer = trained(names_spec(ModelSpec(2, 2, 12, 16, 27)), 10)
    trainer.forward()
    batch = trainer.newest_batch
    assert batch is not None
    whole = WholeBatchPass(batch, trainer.spec.model, with_gradients=True)
    passes = [whole.row(row) for row in range(batch.rows.sequences)]
    T = batch.rows.tokens
    ids, targets = np.zeros((len(passes), T), dtype=np.int64), np.full((len(passes), T), -1)
    for row, made in enumerate(passes):
        ids[row, : len(made.ids)], targets[row, : len(made.ids)] = made.ids, whole.targets(row)
    _, expected = reference.loss_and_gradients(trainer.spec.model, as_numpy(trainer), ids, targets)
    found = np.zeros((16, 12))
    for made in passes:
        found[: len(made.ids)] += made.gradients["pos_embed"]
    wanted = expected["transformer.wpe.weight"]
    assert np.abs(found - wanted).max() <= TOLERANCE * np.abs(wanted).max()


def test_watching_changes_nothing() -> None:
    trainer, other = (trained(sort_spec(TWO_BLOCKS, 0.2), 4) for _ in range(2))
    trainer.forward()
    batch = trainer.newest_batch
    assert batch is not None
    state = torch.get_rng_state()
    batch_pass(batch, TWO_BLOCKS, 0, with_gradients=True)
    prompt_pass(trainer.now, "", (0, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled()
    trainer.train_step()
    other.train_step()
    assert trainer.state_sha256() == other.state_sha256()


@pytest.mark.parametrize("row", [-1, 8])
def test_a_row_beyond_the_batch_is_a_sentence(row: int) -> None:
    trainer = trained(sort_spec(TWO_BLOCKS), 1)
    batch = trainer.newest_batch
    assert batch is not None
    with pytest.raises(ValueError, match=f"The batch has 8 sequences, counted from 0: there is no {row}."):
        batch_pass(batch, TWO_BLOCKS, row, with_gradients=False)
