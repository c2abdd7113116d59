"""Neurons over the validation data against a plain loop over the reference, and a model that remembers nothing."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.core.shaken import MIXES, Floats, shaken, strips_of, taps_of, weights_of
from weightdeck.model import reference
from weightdeck.model.transformer import Rows
from weightdeck.probes.neurons import STUDY_BATCH, run_again, study_neurons
from weightdeck.run.commands import EditSlice, SetClamp
from weightdeck.run.inside import NeuronStudy
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec, RunSpec
from weightdeck.run.strips import Neuron
from weightdeck.training.trainer import Trainer

SMALL = ModelSpec(2, 2, 8, 16, 27)
SORT = ModelSpec(2, 2, 8, 11, 3, tied=True)


def whole(slices: Generator[None, None, NeuronStudy]) -> tuple[NeuronStudy, int]:
    """The study, and how many slices it took."""
    count = 0
    while True:
        try:
            next(slices)
        except StopIteration as end:
            return end.value, count
        count += 1


def posts(trainer: Trainer, block: int) -> tuple[Floats, NDArray[np.bool_]]:
    """(N, T, F) ``mlp.post`` of every validation item, and which positions are real."""
    split = trainer.corpus.validation
    taps = reference.forward(trainer.spec.model, weights_of(trainer), split.inputs_NT, strips_of(trainer))
    return taps[f"blocks.{block}.mlp.post"], np.arange(split.inputs_NT.shape[1]) < split.lengths_N[:, None]


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize("preset", ["names", "sort"])
def test_a_study_is_what_a_plain_loop_finds(preset: str, mix: str) -> None:
    trainer = shaken(preset, SMALL if preset == "names" else SORT, mix)
    post_NTF, real_NT = posts(trainer, 1)
    study, slices = whole(study_neurons(trainer.snapshot(), trainer.corpus, 1))
    assert slices == -(-len(trainer.corpus.validation) // STUDY_BATCH)
    values_PF = post_NTF[real_NT]
    assert (study.block, study.step, study.positions) == (1, 0, len(values_PF))
    # A value that is 0 but for rounding may fall on either side.
    assert np.abs(study.active - (values_PF > 0.0).mean(0)).max() <= 2.0 / len(values_PF)
    np.testing.assert_allclose(study.mean, values_PF.mean(0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(study.largest, values_PF.max(0), rtol=1e-4, atol=1e-6)
    peaks_NF = np.where(real_NT[..., None], post_NTF, -np.inf).max(1)
    strongest_SF = -np.sort(-peaks_NF, axis=0)[:6]
    split = trainer.corpus.validation
    for neuron, contexts in enumerate(study.strongest):
        assert len(contexts) == 6
        assert len({context.item for context in contexts}) == 6, "at most one an item"
        np.testing.assert_allclose(
            [context.value for context in contexts], strongest_SF[:, neuron], rtol=1e-4, atol=1e-5
        )
        for context in contexts:
            length = split.lengths_N[context.item]
            assert context.position < length
            assert context.ids == tuple(split.inputs_NT[context.item, :length])
            value = post_NTF[context.item, context.position, neuron]
            assert context.value == pytest.approx(value, rel=1e-4, abs=1e-5)


def test_a_clamped_neuron_is_the_same_everywhere_and_its_first_contexts_the_first_items() -> None:
    trainer = shaken("names", SMALL)
    trainer.apply(SetClamp(Neuron("blocks.0.mlp.post", 5), 0.25))
    study, _ = whole(study_neurons(trainer.snapshot(), trainer.corpus, 0))
    assert (study.active[5], study.mean[5], study.largest[5]) == (1.0, 0.25, 0.25)
    assert [(context.item, context.value) for context in study.strongest[5]] == [(i, 0.25) for i in range(6)]


def test_a_neuron_that_never_fires_is_dead_and_only_that() -> None:
    trainer = shaken("names", SMALL)
    trainer.apply(EditSlice(ParameterSlice("transformer.h.0.mlp.c_fc.bias", (7,)), "set", -50.0))
    study, _ = whole(study_neurons(trainer.snapshot(), trainer.corpus, 0))
    assert np.flatnonzero(study.largest <= 0.0).tolist() == [7]
    assert study.active[7] == 0.0


def test_training_goes_on_between_the_slices_and_changes_nothing(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    expected, _ = whole(study_neurons(trainer.snapshot(), trainer.corpus, 0))
    slices = study_neurons(trainer.snapshot(), trainer.corpus, 0)
    next(slices)
    trainer.train_step()
    found, _ = whole(slices)
    np.testing.assert_array_equal(found.mean, expected.mean)
    assert found.strongest == expected.strongest
    unwatched = Trainer(names_spec)
    unwatched.train_step()
    assert trainer.state_sha256() == unwatched.state_sha256()


def test_a_block_that_is_not_there_is_refused_in_a_sentence(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    with pytest.raises(ValueError, match="There is no block 2"):
        next(study_neurons(trainer.snapshot(), trainer.corpus, 2))


@pytest.mark.parametrize("mix", MIXES)
def test_the_same_input_gives_the_same_bits(mix: str) -> None:
    trainer = shaken("names", SMALL, mix)
    prompt = trainer.corpus.prompt("chri")
    found = run_again(trainer.now, prompt, None)
    assert found.differing == 0
    assert found.numbers == sum(tap.size for tap in taps_of(trainer, prompt.ids).values())
    assert (found.dropped, found.probs_without, found.divergence) == (None, None, None)
    np.testing.assert_allclose(found.probs, taps_of(trainer, prompt.ids)["probs"][-1], rtol=1e-4, atol=1e-7)


def test_a_pass_that_differs_is_counted() -> None:
    """Weights that change between two reads of them stand for a model with memory."""
    trainer = shaken("names", SMALL)
    weights = {name: weight.detach() for name, weight in trainer.parameters.weights.items()}

    class Remembering(dict[str, torch.Tensor]):
        def __getitem__(self, name: str) -> torch.Tensor:
            if name == "transformer.ln_f.bias":
                super().__getitem__(name).add_(0.5)
            return super().__getitem__(name)

        def items(self):  # type: ignore[no-untyped-def]
            return [(name, self[name].clone()) for name in self]

    prompt = trainer.corpus.prompt("chri")
    found = run_again(replace(trainer.now, weights=Remembering(weights)), prompt, None)
    after = sum(taps_of(trainer, prompt.ids)[tap].size for tap in ("ln_final.normalized", "logits", "probs"))
    assert 0.9 * after < found.differing <= after


@pytest.mark.parametrize("dropped", [0, 2, 4])
def test_without_a_token_the_prediction_is_that_of_the_others(dropped: int) -> None:
    trainer = shaken("names", SMALL)
    prompt = trainer.corpus.prompt("chri")
    found = run_again(trainer.now, prompt, dropped)
    ids = tuple(token for place, token in enumerate(prompt.ids) if place != dropped)
    whole_V, without_V = taps_of(trainer, prompt.ids)["probs"][-1], taps_of(trainer, ids)["probs"][-1]
    assert found.dropped == dropped
    assert found.probs_without is not None
    np.testing.assert_allclose(found.probs_without, without_V, rtol=1e-4, atol=1e-7)
    nats = (whole_V * np.log(whole_V / without_V)).sum()
    assert found.divergence == pytest.approx(nats, rel=1e-3, abs=1e-6)
    assert nats > 1e-4


def test_what_cannot_be_dropped_is_refused_in_a_sentence() -> None:
    trainer = shaken("sort", SORT)
    prompt, now = trainer.corpus.prompt, trainer.now
    for text, dropped, sentence in (
        ("", None, "no token"),
        ("AB", 2, "2 tokens, counted from 0"),
        ("AB", -1, "2 tokens, counted from 0"),
        ("A", 0, "only token"),
    ):
        with pytest.raises(ValueError, match=sentence):
            run_again(now, prompt(text), dropped)


def test_rows_of_a_study_are_the_real_positions() -> None:
    """What counts as real by an item's targets is what counts by its length."""
    for preset, model in (("names", SMALL), ("sort", SORT)):
        split = shaken(preset, model).corpus.validation
        rows = Rows.of_batch(torch.tensor(split.inputs_NT), torch.tensor(split.targets_NT))
        assert len(rows.ids_N) == split.lengths_N.sum()
