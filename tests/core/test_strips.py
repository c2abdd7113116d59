"""The meters of the strips against the NumPy reference, and the plain data of a mix."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from weightdeck.model import reference
from weightdeck.model.reference_strips import Strips
from weightdeck.probes.strips import strip_levels
from weightdeck.run.commands import Command, ResetStrips, SetClamp, SetMuteTo, SetScope, SetStrip
from weightdeck.run.frame import Prompt
from weightdeck.run.spec import ModelSpec, RunSpec
from weightdeck.run.strips import Mix, Neuron, Strip, StripSetting, all_strips
from weightdeck.training.trainer import Trainer

MUTED = StripSetting(muted=True)
BOTH = pytest.mark.parametrize("name", ["names_spec", "sort_spec"])
Floats = NDArray[np.float64]


def rms(x: Floats) -> float:
    return float(np.sqrt(np.square(x).mean()))


def expected_levels(trainer: Trainer, prompt: Prompt) -> tuple[Floats, Floats, Floats]:
    """Written, open and stream, by the reference."""
    model, corpus = trainer.spec.model, trainer.corpus
    weights = {name: w.detach().double().numpy() for name, w in trainer.parameters.weights.items()}
    split, mix = corpus.validation, trainer.controls.mix
    parts = [*all_strips(model), *(neuron for neuron, _ in mix.clamps)]
    strips = Strips(mix, reference.means(model, weights, split.inputs_NT, split.lengths_N, parts))
    ids = np.array([prompt.ids])
    taps = reference.forward(model, weights, ids, strips)
    written, open_ = np.zeros((2, model.n_layer, model.n_head + 1))
    for strip in all_strips(model):
        h, b = f"transformer.h.{strip.block}.", f"blocks.{strip.block}."
        if strip.head is not None:
            D = model.head_size
            columns = slice(strip.head * D, (strip.head + 1) * D)
            out = taps[b + "attn.z"][0, strip.head] @ weights[h + "attn.c_proj.weight"][:, columns].T
            written[strip.block, strip.head] = rms(strips.written(strip, out))
            open_[strip.block, strip.head] = rms(out)
        else:
            opened = Strips(
                mix.with_strip(strip, StripSetting(solo=any(s.solo for _, s in mix.strips))), strips.means
            )
            alone = reference.forward(model, weights, ids, opened)
            written[strip.block, -1] = rms(taps[b + "mlp_out"])
            open_[strip.block, -1] = rms(alone[b + "mlp_out"])
    stream = [taps[f"blocks.{block}.resid_pre"] for block in range(model.n_layer)]
    stream.append(taps[f"blocks.{model.n_layer - 1}.resid_post"])
    return written, open_, np.array([rms(x) for x in stream])


SETTINGS: dict[str, tuple[Command, ...]] = {
    "open": (),
    "gains": (SetStrip(Strip(0, 1), StripSetting(0.5)), SetStrip(Strip(0), StripSetting(2.0))),
    "muted to zero": (SetStrip(Strip(0, 0), MUTED), SetStrip(Strip(0), MUTED)),
    "muted to means": (SetMuteTo("mean"), SetStrip(Strip(0, 0), MUTED), SetStrip(Strip(0), MUTED)),
    "solo of a head": (SetStrip(Strip(0, 1), StripSetting(0.8, solo=True)),),
    "solo of an MLP": (SetMuteTo("mean"), SetStrip(Strip(0), StripSetting(solo=True))),
    "clamps": (
        SetStrip(Strip(0), StripSetting(0.3)),
        SetClamp(Neuron("blocks.0.mlp_out", 3), 4.0),
        SetClamp(Neuron("blocks.0.mlp.post", 9), "mean"),
        SetClamp(Neuron("blocks.0.resid_pre", 2), -2.0),
    ),
    "in prediction only": (SetScope("prediction"), SetStrip(Strip(0, 1), StripSetting(1.5))),
}


@BOTH
@pytest.mark.parametrize("setting", SETTINGS)
def test_levels_are_the_references(name: str, setting: str, request: pytest.FixtureRequest) -> None:
    spec: RunSpec = request.getfixturevalue(name)
    trainer = Trainer(spec)
    for _ in range(20):
        trainer.train_step()
    for command in SETTINGS[setting]:
        trainer.apply(command)
    prompt = trainer.corpus.prompt(spec.prompt)
    levels = strip_levels(trainer.now, prompt)
    assert levels is not None
    for found, expected in zip(
        (levels.written, levels.open, levels.stream), expected_levels(trainer, prompt), strict=True
    ):
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)
        assert found.dtype == np.float32
        assert not found.flags.writeable
    assert (levels.written == levels.open).all() == (setting == "open")


def test_looking_at_the_levels_changes_nothing(names_spec: RunSpec) -> None:
    trainer, quiet = Trainer(names_spec), Trainer(names_spec)
    for _ in range(4):
        strip_levels(trainer.now, trainer.corpus.prompt("chri"))
        trainer.train_step()
        quiet.train_step()
    assert trainer.state_sha256() == quiet.state_sha256()


def test_a_prompt_without_a_token_has_no_levels(sort_spec: RunSpec) -> None:
    trainer = Trainer(sort_spec)
    assert strip_levels(trainer.now, trainer.corpus.prompt("")) is None


def test_strips_come_in_order_of_computation_with_short_names() -> None:
    names = [str(strip) for strip in all_strips(ModelSpec(2, 3, 12, 8, 5))]
    assert names == ["0.0", "0.1", "0.2", "MLP 0", "1.0", "1.1", "1.2", "MLP 1"]


def test_a_mix_keeps_only_what_differs_from_open() -> None:
    strip, neuron = Strip(0, 1), Neuron("blocks.0.mlp.post", 4)
    mix = Mix().with_strip(strip, MUTED).with_clamp(neuron, 0.5)
    assert not mix.is_neutral
    assert mix.of(strip) == MUTED
    assert mix.with_clamp(neuron, "mean").clamps == ((neuron, "mean"),)
    assert mix.with_strip(strip, StripSetting()).with_clamp(neuron, None) == Mix()
    assert Mix(mute_to="mean", scope="prediction").is_neutral


def test_what_a_solo_silences() -> None:
    mix = Mix().with_strip(Strip(0, 1), StripSetting(solo=True))
    mix = mix.with_strip(Strip(0), StripSetting(solo=True, muted=True))
    assert [mix.silences(strip) for strip in (Strip(0, 0), Strip(0, 1), Strip(0))] == [True, False, True]


@pytest.mark.parametrize("text", ["blocks.0.mlp.post[17]", " embed[3] ", "blocks.1.ln1.normalized[0]"])
def test_an_activation_is_read_as_it_is_written(text: str) -> None:
    neuron = Neuron.parse(text)
    assert str(neuron) == text.strip()
    neuron.check(ModelSpec(2, 2, 12, 8, 5))


@pytest.mark.parametrize("text", ["", "blocks.0.mlp.post", "embed[-1]", "embed[1, 2]", "embed[x]"])
def test_what_is_no_activation_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"write a name like .*\.$"):
        Neuron.parse(text)


@pytest.mark.parametrize(
    "neuron",
    [
        Neuron("blocks.2.mlp.post", 0),
        Neuron("blocks.0.attn.z", 0),
        Neuron("mlp.post", 0),
        Neuron("blocks.0.embed", 0),
        Neuron("logits", 0),
        Neuron("blocks.0.mlp.post", 48),
        Neuron("blocks.0.attn_out", 12),
        Neuron("embed", -1),
    ],
    ids=str,
)
def test_an_activation_that_the_model_does_not_have_is_refused(neuron: Neuron) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        neuron.check(ModelSpec(2, 2, 12, 8, 5))


def test_resetting_opens_everything_and_leaves_the_switches(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    for command in (*SETTINGS["muted to means"], *SETTINGS["clamps"], SetScope("prediction"), ResetStrips()):
        trainer.apply(command)
    assert trainer.controls.mix == Mix(mute_to="mean", scope="prediction")
    assert trainer.now.gates is None
