"""What is shown is what is so: every probe against an independent computation on the same weights."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from weightdeck.data.batches import validation_sample
from weightdeck.model import reference
from weightdeck.model.transformer import Rows, forward
from weightdeck.probes.knobs import read_knob, suggest_knobs
from weightdeck.probes.layers import SAMPLE_ITEMS, activation_maps
from weightdeck.probes.predictions import divergence, predict
from weightdeck.probes.recorder import Recorder
from weightdeck.probes.response import largest_divergence, reach, response
from weightdeck.probes.samples import draw_token, exact_share, generate
from weightdeck.run.bins import ACTIVATION_BINS, WEIGHT_BINS
from weightdeck.run.commands import EditSlice
from weightdeck.run.frame import Sampling
from weightdeck.run.layout import EMBEDDING, FINAL_NORM, HEAD, tap_shapes
from weightdeck.run.scales import PinnedKnob, knob_scale
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.training.trainer import Trainer

ONE = ParameterSlice(EMBEDDING, (3, 2))
ROW = ParameterSlice(EMBEDDING, (9,))
GROUP = ParameterSlice("transformer.h.0.attn.c_proj.weight")
Weights = dict[str, NDArray[np.float32]]


@lru_cache(maxsize=4)
def trained(spec: RunSpec, steps: int) -> Trainer:
    trainer = Trainer(spec)
    for _ in range(steps):
        trainer.train_step()
    return trainer


@pytest.fixture
def trainer(names_spec: RunSpec) -> Trainer:
    """Trained a little, of its own."""
    trainer = Trainer(
        replace(names_spec, hyperparameters=replace(names_spec.hyperparameters, learning_rate=1e-2))
    )
    for _ in range(15):
        trainer.train_step()
    return trainer


def weights_of(trainer: Trainer) -> Weights:
    return {name: weight.detach().numpy().copy() for name, weight in trainer.parameters.weights.items()}


def probs_after(
    trainer: Trainer, ids: tuple[int, ...], weights: Weights | None = None
) -> NDArray[np.float64]:
    """The next token's probabilities, by the reference."""
    taps = reference.forward(trainer.spec.model, weights or weights_of(trainer), np.array([ids]))
    last: NDArray[np.float64] = taps["probs"][0, -1]
    return last


def kl(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    return float((before * np.log(before / after)).sum())


def test_a_prediction_is_the_references(trainer: Trainer) -> None:
    for text in ("chri", "a", "zzzzzzzzzzzzzzzzzzzz"):
        prompt = trainer.corpus.prompt(text)
        prediction = predict(trainer.now, prompt, trainer.without_last())
        assert prediction is not None
        np.testing.assert_allclose(prediction.probs, probs_after(trainer, prompt.ids), rtol=1e-4, atol=1e-7)
        assert prediction.probs.sum() == pytest.approx(1.0, abs=1e-5)
        assert (prediction.before, prediction.divergence) == (None, None)


def test_the_ghost_is_the_same_step_without_the_last_edit(trainer: Trainer) -> None:
    prompt = trainer.corpus.prompt("chri")
    old = weights_of(trainer)[EMBEDDING][9]
    trainer.apply(EditSlice(ROW, "scale", 3.0))
    trainer.train_step()
    without = weights_of(trainer)
    without[EMBEDDING][9] -= 2.0 * old
    prediction = predict(trainer.now, prompt, trainer.without_last())
    assert prediction is not None
    assert prediction.before is not None
    assert prediction.divergence is not None
    ghost, now = probs_after(trainer, prompt.ids, without), probs_after(trainer, prompt.ids)
    np.testing.assert_allclose(prediction.probs, now, rtol=1e-3, atol=1e-7)
    np.testing.assert_allclose(prediction.before, ghost, rtol=1e-3, atol=1e-7)
    assert prediction.divergence == pytest.approx(kl(ghost, now), rel=1e-2, abs=1e-6)
    assert prediction.divergence > 0.0


def test_a_prompt_without_tokens_has_nothing_to_show(sort_spec: RunSpec) -> None:
    trainer = trained(sort_spec, 1)
    empty = trainer.corpus.prompt("")
    assert empty.ids == ()
    assert predict(trainer.now, empty, trainer.without_last()) is None
    assert activation_maps(trainer.now, empty, "resid_post") == ()
    assert response(trainer, PinnedKnob(ParameterSlice(FINAL_NORM), 1.0), empty) is None
    assert reach(trainer, PinnedKnob(ParameterSlice(FINAL_NORM), 1.0), empty) is None
    assert suggest_knobs(trainer, empty) == ()
    assert generate(trainer, Sampling(from_prompt=True), "") == ()


def test_divergence_is_zero_for_the_same_and_finite_for_the_impossible() -> None:
    even = np.full(4, 0.25, dtype=np.float32)
    sure = np.array([1.0, 0.0, 0.0, 0.0], dtype=np.float32)
    assert divergence(even, even) == 0.0
    assert divergence(sure, even) == pytest.approx(math.log(4))
    assert math.isfinite(divergence(even, sure))
    assert divergence(even, sure) > 10.0


@pytest.mark.parametrize("tap", ["resid_post", "attn_out", "mlp.post", "mlp_out", "pattern"])
def test_activation_maps_are_the_references_taps(trainer: Trainer, tap: str) -> None:
    prompt = trainer.corpus.prompt("maria")
    maps = activation_maps(trainer.now, prompt, tap)
    taps = reference.forward(trainer.spec.model, weights_of(trainer), np.array([prompt.ids]))
    name = "attn.pattern" if tap == "pattern" else tap
    assert [found.tap for found in maps] == ["blocks.0.resid_pre", f"blocks.0.{name}", f"blocks.1.{name}"]
    shapes = tap_shapes(trainer.spec.model, len(prompt.ids))
    for found in maps:
        assert found.values.shape == shapes[found.tap]
        np.testing.assert_allclose(found.values, taps[found.tap][0], rtol=1e-3, atol=1e-5)


def test_a_record_holds_the_layers_of_the_validation_sample(trainer: Trainer) -> None:
    trainer.parameters.tensor("transformer.h.0.mlp.c_fc.bias")[:20] = -50.0  # twenty dead neurons
    record = Recorder(trainer).record()
    model = trainer.spec.model
    ids, targets = validation_sample(trainer.corpus, SAMPLE_ITEMS)
    taps = reference.forward(model, weights_of(trainer), ids)
    real = np.cumsum((targets >= 0)[:, ::-1], axis=1)[:, ::-1] > 0  # up to the last target
    assert record.step == 15
    assert record.validation_loss == pytest.approx(reference.loss(taps["logits"], targets), rel=1e-4)
    layers = record.layers
    assert layers.points == ("blocks.0.resid_pre", "blocks.0.resid_post", "blocks.1.resid_post")
    for row, point in enumerate(layers.points):
        values = taps[point][real]
        assert layers.mean[row] == pytest.approx(values.mean(), abs=1e-4)
        assert layers.std[row] == pytest.approx(values.std(), rel=1e-3)
        expected = np.histogram(values, ACTIVATION_BINS.edges)[0]
        assert layers.counts[row].sum() == values.size
        assert np.abs(np.cumsum(layers.counts[row]) - np.cumsum(expected)).max() <= 5, "rounding at an edge"
    for block in range(model.n_layer):
        silent = (taps[f"blocks.{block}.mlp.pre"][real] <= 0.0).all(axis=0)
        assert layers.dead[block] == pytest.approx(silent.mean())
        pattern = taps[f"blocks.{block}.attn.pattern"]
        with np.errstate(divide="ignore", invalid="ignore"):
            entropy = -np.nansum(pattern * np.log(pattern), axis=-1)
        choices = real.copy()
        choices[:, 0] = False  # the first position can only look at itself
        for head in range(model.n_head):
            assert layers.entropy[block, head] == pytest.approx(entropy[:, head][choices].mean(), rel=1e-3)
    assert layers.dead[0] >= 20 / (4 * model.n_embd)


def test_a_records_histograms_are_of_this_step(trainer: Trainer) -> None:
    record = Recorder(trainer).record()
    for row, info in enumerate(trainer.parameters.layout.tensors):
        expected = np.histogram(trainer.parameters.tensor(info.name).numpy(), WEIGHT_BINS.edges)[0]
        assert np.abs(np.cumsum(record.weight_counts[row]) - np.cumsum(expected)).max() <= 2
        assert record.gradient_counts[row].sum() == info.size


def test_recording_and_probing_leave_the_run_alone(trainer: Trainer) -> None:
    before, gradient = trainer.state_sha256(), trainer.parameters.gradient.clone()
    prompt = trainer.corpus.prompt("chri")
    Recorder(trainer).record()
    predict(trainer.now, prompt, trainer.without_last())
    generate(trainer, Sampling(), "")
    activation_maps(trainer.now, prompt, "pattern")
    for knob in (PinnedKnob(ONE), PinnedKnob(ROW, 0.1), PinnedKnob(GROUP, 0.1)):
        response(trainer, knob, prompt)
        read_knob(trainer, knob)
    suggest_knobs(trainer, prompt)
    trainer.validation_loss()
    assert trainer.state_sha256() == before
    assert torch.equal(trainer.parameters.gradient, gradient)


SINGLE_AS_RANGE = ParameterSlice(EMBEDDING, (9, (2, 3)))


@pytest.mark.parametrize(
    "target",
    [ParameterSlice(EMBEDDING, (9, 2)), SINGLE_AS_RANGE, ROW, GROUP, ParameterSlice(FINAL_NORM)],
    ids=str,
)
def test_the_response_is_what_turning_the_knob_would_do(trainer: Trainer, target: ParameterSlice) -> None:
    """By brute force: set the slice, predict, and take it back, at every position."""
    prompt = trainer.corpus.prompt("chri")
    base = trainer.parameters.part(target).numpy().copy()
    size = float(np.sqrt(np.square(base.astype(np.float64)).mean()))
    knob = PinnedKnob(target, reference=1.5 * size)
    found = response(trainer, knob, prompt, points=9)
    assert found is not None
    scale = knob_scale(knob, trainer.parameters.layout)
    now = probs_after(trainer, prompt.ids)
    furthest = 0.0
    for position, value, probs in zip(np.linspace(0.0, 1.0, 9), found.positions, found.probs, strict=True):
        assert value == pytest.approx(scale.to_value(position), rel=1e-6)
        turned = weights_of(trainer)
        single = target.is_single(trainer.parameters.layout)
        turned[target.tensor][target.numpy_index()] = value if single else base * (value * 1.5)
        expected = probs_after(trainer, prompt.ids, turned)
        np.testing.assert_allclose(probs, expected, rtol=2e-3, atol=1e-6)
        furthest = max(furthest, kl(now, expected))
    assert largest_divergence(now.astype(np.float32), found.probs) == pytest.approx(
        furthest, rel=1e-2, abs=1e-6
    )
    reached = reach(trainer, knob, prompt)
    assert reached is not None
    assert reached.step == trainer.step
    assert reached.nats >= furthest * 0.99 - 1e-6, "a finer look finds at least as much"


def test_a_group_that_was_scaled_to_zero_still_shows_what_turning_it_up_would_do(trainer: Trainer) -> None:
    prompt = trainer.corpus.prompt("chri")
    size = read_knob(trainer, PinnedKnob(GROUP)).value
    before = response(trainer, PinnedKnob(GROUP, size), prompt)
    trainer.apply(EditSlice(GROUP, "scale", 0.0))
    assert read_knob(trainer, PinnedKnob(GROUP)).value == 0.0
    after = response(trainer, PinnedKnob(GROUP, size), prompt)
    assert before is not None
    assert after is not None
    np.testing.assert_allclose(after.probs, before.probs, rtol=1e-5)
    assert response(trainer, PinnedKnob(GROUP), prompt) is None, "no reference yet"
    untouched = ParameterSlice("transformer.h.1.mlp.c_proj.bias")
    trainer.apply(EditSlice(untouched, "set", 0.0))
    assert response(trainer, PinnedKnob(untouched, 0.1), prompt) is None, "nothing to scale"


def test_a_reading_says_where_a_slice_stands(trainer: Trainer) -> None:
    trainer.apply(EditSlice(ONE, "set", -0.75))
    tensor = trainer.parameters.tensor(EMBEDDING).numpy()
    start = Trainer(trainer.spec).parameters
    single, row = read_knob(trainer, PinnedKnob(ONE)), read_knob(trainer, PinnedKnob(ROW))
    assert (single.value, single.initial) == (-0.75, start.tensor(EMBEDDING)[3, 2].item())
    assert row.value == pytest.approx(np.sqrt(np.square(tensor[9]).mean()), rel=1e-5)
    assert row.initial == pytest.approx(start.tensor(EMBEDDING)[9].square().mean().sqrt().item())
    assert row.spread is None
    assert single.spread is not None
    low, high = single.spread
    assert ((low <= tensor) & (tensor <= high)).mean() == pytest.approx(0.95, abs=0.01)


def test_the_suggested_knobs_fit_and_are_six(trainer: Trainer) -> None:
    prompt = trainer.corpus.prompt("chri")
    knobs = suggest_knobs(trainer, prompt)
    assert len(set(knobs)) == 6
    assert sum(knob.is_single(trainer.parameters.layout) for knob in knobs) == 3
    features = {knob.index[1] for knob in knobs if knob.tensor == HEAD}
    taps = reference.forward(trainer.spec.model, weights_of(trainer), np.array([prompt.ids]))
    assert features == {int(np.abs(taps["ln_final.normalized"][0, -1]).argmax())}


def test_samples_repeat_at_their_step_and_change_with_it(trainer: Trainer) -> None:
    sampling = Sampling(count=12)
    first = generate(trainer, sampling, "")
    torch.manual_seed(1)
    assert generate(trainer, sampling, "") == first
    trainer.train_step()
    assert generate(trainer, sampling, "") != first


def test_samples_are_texts_of_their_data(trainer: Trainer) -> None:
    samples = generate(trainer, Sampling(count=20, temperature=1.5), "")
    assert len(samples) == 20
    for sample in samples:
        assert set(sample.text) <= set("abcdefghijklmnopqrstuvwxyz")
        assert len(sample.text) <= trainer.spec.model.block_size
        assert sample.prompt_length == 0
        assert sample.verdict == ("in the data" if trainer.corpus.contains(sample.text) else "new")
    continued = generate(trainer, Sampling(count=5, from_prompt=True), "chri")
    assert all(sample.text.startswith("chri") and sample.prompt_length == 4 for sample in continued)


def test_sorting_samples_answer_held_out_questions(sort_spec: RunSpec) -> None:
    trainer = trained(sort_spec, 3)
    samples = generate(trainer, Sampling(count=6), "")
    questions = {item[:6] for item in trainer.corpus.validation.items}
    for sample in samples:
        assert len(sample.text) == 12
        assert sample.text[:6] in questions
        assert sample.verdict == ("right" if sample.text[6:] == "".join(sorted(sample.text[:6])) else "wrong")


def test_temperature_zero_takes_the_likeliest_token(trainer: Trainer) -> None:
    samples = generate(trainer, Sampling(temperature=0.0, count=3), "")
    assert len(set(samples)) == 1
    ids = list(trainer.corpus.prompt("").ids)
    while len(ids) <= trainer.spec.model.block_size:
        ids.append(int(probs_after(trainer, tuple(ids)).argmax()))
        if ids[-1] == 0:
            break
    assert samples[0].text == trainer.corpus.tokenizer.decode(ids)


@pytest.mark.parametrize(("temperature", "top_k"), [(1.0, 0), (1.0, 3), (0.5, 0), (2.0, 2), (1.0, 99)])
def test_tokens_are_drawn_by_their_probabilities(temperature: float, top_k: int) -> None:
    logits_V = torch.tensor([2.0, 0.5, 1.0, -1.0, 0.0])
    draws = 40_000
    sampling = Sampling(temperature=temperature, top_k=top_k)
    drawn = draw_token(logits_V.expand(draws, -1), sampling, torch.Generator().manual_seed(2))
    shares = torch.bincount(drawn, minlength=5).double() / draws
    kept = torch.full((5,), -math.inf, dtype=torch.float64)
    chosen = logits_V.topk(min(top_k or 5, 5)).indices
    kept[chosen] = logits_V[chosen].double() / temperature
    np.testing.assert_allclose(shares, kept.softmax(0), atol=0.01)
    assert (shares[kept == -math.inf] == 0.0).all()


def test_exact_share_counts_answers_without_an_error(sort_spec: RunSpec) -> None:
    settings = replace(
        sort_spec.hyperparameters, learning_rate=2e-2, max_iters=400, batch_size=32, dropout=0.0
    )
    trainer = trained(replace(sort_spec, hyperparameters=settings), 60)
    share, count = exact_share(trainer)
    assert count == len(trainer.corpus.validation)
    right = 0
    for item in trainer.corpus.validation.items:
        ids = list(trainer.corpus.prompt(item[:6]).ids)
        with torch.no_grad():
            for _ in range(6):
                logits = forward(trainer.spec.model, trainer.parameters.weights, Rows.of_prompt(tuple(ids)))
                ids.append(int(logits[-1].argmax()))
        right += trainer.corpus.tokenizer.decode(ids) == item
    assert share == pytest.approx(right / count)
    assert 0.0 < share < 1.0, "a model in between says something"
