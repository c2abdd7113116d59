"""Strips and clamps against zeroed weights and against the NumPy reference, on both presets, fresh and trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from weightdeck.data.batches import validation_sample
from weightdeck.model import reference
from weightdeck.model.gates import Gates
from weightdeck.model.moment import Moment
from weightdeck.model.reference_strips import Strips
from weightdeck.model.transformer import Rows
from weightdeck.run.controls import Controls
from weightdeck.run.presets import load_preset
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import (
    CLAMPABLE_IN_BLOCK,
    CLAMPABLE_OUTSIDE,
    Mix,
    MuteTo,
    Neuron,
    Strip,
    StripSetting,
    all_strips,
)
from weightdeck.training.gating import Gating
from weightdeck.training.trainer import Trainer

Weights = dict[str, NDArray[np.float32]]
MUTED = StripSetting(muted=True)
SOLO = StripSetting(solo=True)


class Run:
    """A preset after some steps, looked at only."""

    def __init__(self, preset: str, steps: int) -> None:
        trainer = Trainer(load_preset(preset))
        for _ in range(steps):
            trainer.train_step()
        self.model: ModelSpec = trainer.spec.model
        self.weights = {name: weight.detach() for name, weight in trainer.parameters.weights.items()}
        self.open = Moment(trainer.step, self.model, self.weights)
        self.ids_BT, self.targets_BT = validation_sample(trainer.corpus, 48)
        self.rows = Rows.of_batch(torch.from_numpy(self.ids_BT), torch.from_numpy(self.targets_BT))
        self._gating = Gating(self.model, self.weights, trainer.corpus)
        self._settings = trainer.hyperparameters
        split = trainer.corpus.validation
        parts = [*all_strips(self.model), *some_neurons(self.model)]
        self.means = reference.means(self.model, self.numpy, split.inputs_NT, split.lengths_N, parts)

    @property
    def numpy(self) -> Weights:
        return {name: weight.numpy() for name, weight in self.weights.items()}

    def settled(self, mix: Mix) -> Controls:
        return self._gating.settled(Controls(self._settings, mix))

    def gates(self, mix: Mix) -> Gates:
        gates = self._gating.gates(self.settled(mix))
        assert gates is not None
        return gates

    def through(self, mix: Mix) -> Moment:
        return replace(self.open, gates=self.gates(mix))

    def expected(self, mix: Mix) -> NDArray[np.float64]:
        """(S, V) logits of the scored rows, by the reference."""
        taps = reference.forward(self.model, self.numpy, self.ids_BT, Strips(mix, self.means))
        scored: NDArray[np.float64] = taps["logits"][self.targets_BT >= 0]
        return scored

    @torch.no_grad()
    def logits(self, moment: Moment) -> NDArray[np.float32]:
        found: NDArray[np.float32] = moment.logits(self.rows).numpy()
        return found


@pytest.fixture(scope="module", params=[("names", 0), ("names", 40), ("sort", 0), ("sort", 40)], ids=str)
def run(request: pytest.FixtureRequest) -> Run:
    return Run(*request.param)


def some_neurons(model: ModelSpec) -> list[Neuron]:
    """The last feature of every tap that can be clamped."""
    taps = [*CLAMPABLE_OUTSIDE]
    taps += [f"blocks.{block}.{tap}" for block in range(model.n_layer) for tap in CLAMPABLE_IN_BLOCK]
    return [Neuron(tap, Neuron(tap, 0).width(model) - 1) for tap in taps]


def mix_of(strips: dict[Strip, StripSetting], mute_to: MuteTo = "zero") -> Mix:
    return Mix(tuple(strips.items()), mute_to=mute_to)


def gains(model: ModelSpec) -> dict[Strip, StripSetting]:
    rng = np.random.default_rng(6)
    return {strip: StripSetting(gain=rng.uniform(0.0, 2.0)) for strip in all_strips(model)}


def clamped(model: ModelSpec) -> Mix:
    return Mix(clamps=tuple((neuron, 0.1 * i - 1.0) for i, neuron in enumerate(some_neurons(model))))


def everything(model: ModelSpec) -> Mix:
    """Gains, mutes to the mean, and clamps at values and means, all at once."""
    strips = gains(model) | {Strip(0, 1): MUTED, Strip(1): MUTED, Strip(2, 0): MUTED, Strip(2, 2): MUTED}
    neurons = some_neurons(model)
    clamps = [(neuron, "mean" if i % 2 else 0.3) for i, neuron in enumerate(neurons) if i % 3]
    return Mix(tuple(strips.items()), tuple(clamps), mute_to="mean")  # type: ignore[arg-type]


MIXES: dict[str, Callable[[ModelSpec], Mix]] = {
    "gains": lambda model: mix_of(gains(model)),
    "gain of a head": lambda _: mix_of({Strip(0, 2): StripSetting(gain=2.0)}),
    "gain of an MLP": lambda _: mix_of({Strip(2): StripSetting(gain=0.35)}),
    "head to zero": lambda _: mix_of({Strip(1, 0): MUTED}),
    "head to its mean": lambda _: mix_of({Strip(1, 0): MUTED}, "mean"),
    "MLP to its mean": lambda _: mix_of({Strip(0): MUTED}, "mean"),
    "last MLP to its mean": lambda _: mix_of({Strip(2): MUTED}, "mean"),
    "all to their means": lambda model: mix_of(dict.fromkeys(all_strips(model), MUTED), "mean"),
    "solo of a head": lambda _: mix_of({Strip(0, 1): SOLO}),
    "two solos, one at half": lambda _: mix_of({Strip(1, 1): SOLO, Strip(2): StripSetting(0.5, solo=True)}),
    "solo, the others to their means": lambda _: mix_of({Strip(2, 2): SOLO}, "mean"),
    "mute beats solo": lambda _: mix_of({Strip(1, 1): StripSetting(muted=True, solo=True), Strip(0): SOLO}),
    "clamps at values": clamped,
    "clamps at means": lambda model: Mix(clamps=tuple((n, "mean") for n in some_neurons(model))),
    "everything at once": everything,
}


@pytest.mark.parametrize("mix_name", MIXES)
def test_every_mix_is_the_references(run: Run, mix_name: str) -> None:
    mix = MIXES[mix_name](run.model)
    found, expected = run.logits(run.through(mix)), run.expected(mix)
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-5)
    assert np.abs(found - run.logits(run.open)).max() > 1e-4, "a mix that changes nothing shows nothing"


def test_muting_a_head_is_zeroing_its_columns(run: Run) -> None:
    D = run.model.head_size
    for strip in all_strips(run.model):
        if strip.head is None:
            continue
        name = f"transformer.h.{strip.block}.attn.c_proj.weight"
        weight_CC = run.weights[name].clone()
        weight_CC[:, strip.head * D : (strip.head + 1) * D] = 0.0
        assert_same_logits(run, strip, {name: weight_CC})


def test_muting_an_mlp_is_zeroing_its_output_matrix_and_bias(run: Run) -> None:
    for block in range(run.model.n_layer):
        names = [f"transformer.h.{block}.mlp.c_proj.{which}" for which in ("weight", "bias")]
        assert_same_logits(run, Strip(block), {name: torch.zeros_like(run.weights[name]) for name in names})


def assert_same_logits(run: Run, strip: Strip, zeroed: dict[str, Tensor]) -> None:
    expected = run.logits(replace(run.open, weights={**run.weights, **zeroed}))
    found = run.logits(run.through(mix_of({strip: MUTED})))
    np.testing.assert_allclose(
        found, expected, rtol=0.0, atol=1e-6 * np.abs(expected).max(), err_msg=str(strip)
    )
    assert np.abs(found - run.logits(run.open)).max() > 1e-5, str(strip)


def test_means_are_the_references(run: Run) -> None:
    model = run.model
    neurons = some_neurons(model)
    mix = Mix(
        tuple((strip, MUTED) for strip in all_strips(model)), tuple((n, "mean") for n in neurons), "mean"
    )
    means = dict(run.settled(mix).means)
    assert set(means) == {*all_strips(model), *neurons}
    for part, mean in means.items():
        np.testing.assert_allclose(mean.array(), run.means[part], rtol=1e-5, atol=1e-6, err_msg=str(part))


def test_every_tap_of_a_prompt_is_the_references(run: Run) -> None:
    """What is shown is what goes on to the next part; a head's z is shown as its strip lets it through."""
    mix = everything(run.model)
    ids = tuple(int(i) for i in run.ids_BT[0, :6])
    expected = reference.forward(run.model, run.numpy, np.array([ids]), Strips(mix, run.means))
    taps: dict[str, Tensor] = {}

    def keep(name: str, value: Tensor) -> Tensor:
        taps[name] = value
        return value

    with torch.no_grad():
        run.through(mix).logits(Rows.of_prompt(ids), keep)
    assert list(taps) == list(expected)
    for name, tap in taps.items():
        wanted = expected[name][0]
        if name.endswith("attn.z"):
            block = int(name.split(".")[1])
            strips = [Strip(block, head) for head in range(run.model.n_head)]
            factors = [0.0 if mix.of(strip).muted else mix.of(strip).gain for strip in strips]
            wanted = wanted * np.array(factors)[:, None, None]
        np.testing.assert_allclose(tap.numpy(), wanted, rtol=1e-4, atol=1e-4, err_msg=name)


def test_a_float64_model_goes_through_the_same_gates(run: Run) -> None:
    mix = everything(run.model)
    weights = {name: weight.double() for name, weight in run.weights.items()}
    with torch.no_grad():
        logits = replace(run.through(mix), weights=weights).logits(run.rows)
    assert logits.dtype == torch.float64
    np.testing.assert_allclose(logits.numpy(), run.expected(mix), rtol=1e-6, atol=2e-6)


def test_variants_of_any_tensor_may_be_computed_together(run: Run) -> None:
    through = run.through(everything(run.model))
    rows = Rows.of_prompt(tuple(int(i) for i in run.ids_BT[0, :5]))
    for name, weight in run.weights.items():
        variants = torch.stack([weight, weight * 0.5, weight + 0.1])

        def last(variant: Tensor, name: str = name) -> Tensor:
            return replace(through, weights={**run.weights, name: variant}).logits(rows)[-1]

        with torch.no_grad():
            together = torch.func.vmap(last)(variants)
            one_by_one = torch.stack([last(variant) for variant in variants])
        torch.testing.assert_close(together, one_by_one, rtol=1e-4, atol=1e-4, msg=name)


def test_an_open_mix_has_no_gates_and_one_that_touches_nothing_changes_no_bit(run: Run) -> None:
    assert run._gating.gates(run.settled(Mix(mute_to="mean", scope="prediction"))) is None
    all_solo = mix_of(dict.fromkeys(all_strips(run.model), SOLO), "mean")
    np.testing.assert_array_equal(run.logits(run.through(all_solo)), run.logits(run.open))
