"""The logit lens at one moment and over steps, against the reference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.core.shaken import Floats, shaken, strips_of, taps_of, weights_of
from weightdeck.model import reference
from weightdeck.model.transformer import Rows
from weightdeck.probes.lens import lens, lens_points
from weightdeck.probes.over_steps import over_steps, read_at
from weightdeck.probes.predictions import next_token_probs
from weightdeck.run.inside import Lens
from weightdeck.run.layout import FINAL_NORM, layout, tap_shapes
from weightdeck.run.queries import ReadOverSteps
from weightdeck.run.spec import ModelSpec, RunSpec
from weightdeck.training.trainer import Trainer

SHAPES = {
    "one block": ("names", ModelSpec(1, 2, 12, 16, 27), "names"),
    "tied": ("names", ModelSpec(2, 3, 12, 16, 27, tied=True), "names"),
    "three tokens": ("sort", ModelSpec(3, 2, 8, 11, 3), "CABBAC"),
    "deep": ("sort", ModelSpec(6, 2, 8, 11, 3, tied=True, activation="gelu_tanh"), "AB"),
}
EVERY_SHAPE = pytest.mark.parametrize("shape", SHAPES)
EVERY_MIX = pytest.mark.parametrize("mix", ["open", "gains", "muted to means", "clamps"])


def expected_probs(trainer: Trainer, ids: tuple[int, ...]) -> Floats:
    """(P, T, V) by the reference."""
    model, weights, taps = trainer.spec.model, weights_of(trainer), taps_of(trainer, ids)
    norm_bias = weights[FINAL_NORM.removesuffix("weight") + "bias"]
    rows = []
    for point in lens_points(model):
        n_TC = reference.layer_norm(taps[point], weights[FINAL_NORM], norm_bias)
        n_TC = strips_of(trainer).clamped("ln_final.normalized", n_TC)
        rows.append(reference.softmax(n_TC @ weights[layout(model).head_name].T))
    return np.stack(rows)


def lens_of(trainer: Trainer, text: str) -> Lens:
    found = lens(trainer.now, trainer.corpus.prompt(text))
    assert found is not None
    return found


@EVERY_SHAPE
@EVERY_MIX
def test_the_lens_is_the_references(shape: str, mix: str) -> None:
    preset, model, text = SHAPES[shape]
    trainer = shaken(preset, model, mix)
    found = lens_of(trainer, text)
    probs_PTV = expected_probs(trainer, found.ids)
    P, T = 1 + 2 * model.n_layer, len(found.ids)
    K = min(5, model.vocab_size)
    assert found.best.shape == found.probs.shape == (P, T, K)
    np.testing.assert_allclose(
        np.take_along_axis(probs_PTV, found.best, axis=-1), found.probs, rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose(-np.sort(-probs_PTV, axis=-1)[..., :K], found.probs, rtol=1e-4, atol=1e-6)
    divergence_PT = (probs_PTV[-1] * np.log(probs_PTV[-1] / probs_PTV)).sum(-1)
    np.testing.assert_allclose(found.divergence, divergence_PT, rtol=1e-3, atol=1e-5)
    assert (found.divergence >= 0.0).all()
    assert found.divergence.max() > 0.01
    following_PT = probs_PTV[:, np.arange(T - 1), found.ids[1:]]
    np.testing.assert_allclose(found.following[:, :-1], following_PT, rtol=1e-4, atol=1e-6)
    assert np.isnan(found.following[:, -1]).all()


@EVERY_SHAPE
def test_the_last_point_is_the_prediction_to_the_bit(shape: str) -> None:
    preset, model, text = SHAPES[shape]
    trainer = shaken(preset, model, "clamps")
    found = lens_of(trainer, text)
    taps: dict[str, NDArray[np.float32]] = {}

    def keep(name: str, value: torch.Tensor) -> torch.Tensor:
        taps[name] = value.numpy()
        return value

    with torch.no_grad():
        trainer.now.logits(Rows.of_prompt(found.ids), keep)
    np.testing.assert_array_equal(found.probs[-1], np.take_along_axis(taps["probs"], found.best[-1], axis=-1))
    predicted = next_token_probs(trainer.now, found.ids)
    np.testing.assert_array_equal(found.probs[-1, -1], predicted[found.best[-1, -1]])
    assert not found.divergence[-1].any()


def test_the_lens_owns_its_memory_and_a_prompt_without_tokens_has_none(sort_spec: RunSpec) -> None:
    trainer = Trainer(sort_spec)
    found = lens_of(trainer, "AB")
    for array in (found.best, found.probs, found.divergence, found.following):
        assert not array.flags.writeable
    before = found.probs.copy()
    for _ in range(3):
        trainer.train_step()
    np.testing.assert_array_equal(found.probs, before)
    assert lens(trainer.now, trainer.corpus.prompt("")) is None


@EVERY_MIX
def test_every_tap_is_read_without_what_the_mask_hides(mix: str) -> None:
    model = ModelSpec(2, 3, 12, 16, 27)
    trainer = shaken("names", model, mix)
    prompt = trainer.corpus.prompt("chri")
    expected = taps_of(trainer, prompt.ids)
    probs_PTV = expected_probs(trainer, prompt.ids)
    seen_TT = np.tri(len(prompt.ids), dtype=bool)
    for tap in tap_shapes(model, len(prompt.ids)):
        if tap.endswith("attn.z"):
            continue  # the reference has it before its strip
        reading = read_at(trainer.now, prompt, tap, 2, 7)
        values = expected[tap]
        if values.shape[-2:] == seen_TT.shape and "attn." in tap and tap.endswith(("scores", "pattern")):
            values = values[:, seen_TT]
        found = (reading.mean, reading.std, reading.low, reading.high)
        wanted = (values.mean(), values.std(), values.min(), values.max())
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5, err_msg=tap)
        np.testing.assert_allclose(reading.lens, probs_PTV[:, 2, 7], rtol=1e-4, atol=1e-6)


def test_over_steps_every_moment_has_its_place(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    prompt = trainer.corpus.prompt("chri")
    query = ReadOverSteps("chri", "blocks.1.mlp.pre", 3, 9)
    readings, expected = [], []
    for _ in range(3):
        readings.append(read_at(trainer.now, prompt, query.tap, query.position, query.token))
        expected.append((trainer.step, taps_of(trainer, prompt.ids)["blocks.1.mlp.pre"]))
        for _ in range(4):
            trainer.train_step()
    found = over_steps(query, readings)
    assert (found.text, found.tap, found.position, found.token) == ("chri", "blocks.1.mlp.pre", 3, 9)
    assert found.steps.tolist() == [0, 4, 8]
    assert found.points == lens_points(names_spec.model)
    assert found.lens.shape == (3, 5)
    for row, (_, values) in enumerate(expected):
        np.testing.assert_allclose(found.mean[row], values.mean(), rtol=1e-4, atol=1e-7)
        np.testing.assert_allclose(found.std[row], values.std(), rtol=1e-4)
        np.testing.assert_allclose(found.low[row], values.min(), rtol=1e-4)
        np.testing.assert_allclose(found.high[row], values.max(), rtol=1e-4)
    for array in (found.steps, found.mean, found.std, found.low, found.high, found.lens):
        assert not array.flags.writeable


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tap": "blocks.2.resid_pre"}, "no activation called"),
        ({"position": 5}, "5 tokens, counted from 0"),
        ({"position": -1}, "5 tokens, counted from 0"),
        ({"token": 27}, "knows 27 tokens"),
        ({"prompt": "!"}, ""),
    ],
)
def test_what_is_not_there_is_refused_in_a_sentence(
    names_spec: RunSpec, change: dict[str, str | int], sentence: str
) -> None:
    trainer = Trainer(names_spec)
    query = replace(ReadOverSteps("chri", "embed", 0, 0), **change)  # type: ignore[arg-type]
    prompt = trainer.corpus.prompt(query.prompt)
    if not sentence:
        prompt, sentence = replace(prompt, ids=(), tokens=()), "no token"
    with pytest.raises(ValueError, match=sentence):
        read_at(trainer.now, prompt, query.tap, query.position, query.token)
