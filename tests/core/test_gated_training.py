"""Training through strips and clamps: what acts on it, what must not, and what an undo and a replay bring back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from weightdeck.model import reference
from weightdeck.model.reference_strips import Strips
from weightdeck.model.transformer import Rows, cross_entropy
from weightdeck.run.commands import (
    Command,
    EditSlice,
    ResetStrips,
    SetClamp,
    SetMuteTo,
    SetScope,
    SetStrip,
    Undo,
)
from weightdeck.run.layout import EMBEDDING
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.run.strips import Neuron, Strip, StripSetting
from weightdeck.training.replay import replay
from weightdeck.training.trainer import Trainer

HEAD, MLP = Strip(0, 1), Strip(0)
MUTED = StripSetting(muted=True)
NEURON = Neuron("blocks.0.mlp.post", 7)
BOTH = pytest.mark.parametrize("name", ["names_spec", "sort_spec"])


def after(spec: RunSpec, steps: int, *commands: Command) -> Trainer:
    """A run that is told the commands before its first step."""
    trainer = Trainer(spec)
    return go_on(trainer, steps, *commands)


def go_on(trainer: Trainer, steps: int, *commands: Command) -> Trainer:
    for number, command in enumerate(commands):
        trainer.apply(command, number)
    for _ in range(steps):
        trainer.train_step()
    return trainer


@BOTH
@pytest.mark.parametrize(
    "command",
    [
        SetStrip(HEAD, StripSetting(gain=0.5)),
        SetStrip(HEAD, MUTED),
        SetStrip(MLP, StripSetting(gain=2.0)),
        SetStrip(HEAD, StripSetting(solo=True)),
        SetClamp(NEURON, 1.5),
        SetClamp(NEURON, "mean"),
    ],
    ids=str,
)
def test_scope_says_whether_training_and_losses_go_through_the_strips(
    name: str, command: Command, request: pytest.FixtureRequest
) -> None:
    spec: RunSpec = request.getfixturevalue(name)
    plain = after(spec, 12)
    everything = after(spec, 12, command)
    assert everything.weights_sha256() != plain.weights_sha256()
    prediction = after(spec, 12, SetScope("prediction"), command)
    assert prediction.state_sha256() == plain.state_sha256()
    assert prediction.validation_loss() == plain.validation_loss()
    rows = everything.rows
    assert rows is not None
    with torch.no_grad():
        assert torch.equal(prediction.trained.logits(rows), plain.now.logits(rows))
        assert not torch.equal(prediction.now.logits(rows), plain.now.logits(rows))
        assert torch.equal(everything.trained.logits(rows), everything.now.logits(rows))
    loss = prediction.validation_loss()
    prediction.apply(SetScope("everything"))
    assert prediction.validation_loss() != loss


@BOTH
def test_a_gradient_through_strips_is_the_slope_of_the_references_loss(
    name: str, request: pytest.FixtureRequest
) -> None:
    """Along a random direction of all parameters at once."""
    spec: RunSpec = request.getfixturevalue(name)
    trainer = go_on(
        after(spec, 15),
        0,
        SetMuteTo("mean"),
        SetStrip(HEAD, MUTED),
        SetStrip(Strip(0, 0), StripSetting(gain=1.7)),
        SetStrip(MLP, StripSetting(gain=0.4)),
        SetClamp(NEURON, 0.3),
    )
    model, corpus = spec.model, trainer.corpus
    ids_BT, targets_BT = corpus.train.inputs_NT[:6], corpus.train.targets_NT[:6]
    gradient = torch.autograd.grad(
        batch_loss(trainer, ids_BT, targets_BT), [*trainer.parameters.weights.values()]
    )
    weights = {name: w.detach().double().numpy() for name, w in trainer.parameters.weights.items()}
    split = corpus.validation
    means = reference.means(model, weights, split.inputs_NT, split.lengths_N, [HEAD])
    strips = Strips(trainer.controls.mix, means)
    rng = np.random.default_rng(3)
    direction = {name: rng.normal(size=w.shape) for name, w in weights.items()}
    step = 1e-6
    sides = []
    for sign in (1, -1):
        moved = {name: w + sign * step * direction[name] for name, w in weights.items()}
        taps = reference.forward(model, moved, ids_BT, strips)
        sides.append(reference.loss(taps["logits"], targets_BT))
    slope = sum(float((g.numpy() * d).sum()) for g, d in zip(gradient, direction.values(), strict=True))
    assert slope == pytest.approx((sides[0] - sides[1]) / (2 * step), rel=1e-3)


def batch_loss(trainer: Trainer, ids_BT: NDArray[np.int64], targets_BT: NDArray[np.int64]) -> Tensor:
    rows = Rows.of_batch(torch.from_numpy(ids_BT.copy()), torch.from_numpy(targets_BT.copy()))
    return cross_entropy(trainer.trained.logits(rows), rows)


def test_what_is_muted_does_not_learn(names_spec: RunSpec) -> None:
    """Without decay: what writes nothing has no gradient. A mean is a constant, however it was made."""
    spec = replace(names_spec, hyperparameters=replace(names_spec.hyperparameters, weight_decay=0.0))
    for to in ("zero", "mean"):
        trainer = go_on(after(spec, 5), 0, SetMuteTo(to), SetStrip(HEAD, MUTED), SetStrip(MLP, MUTED))
        trainer.optimizer.first_moment.zero_()
        before = {name: w.detach().clone() for name, w in trainer.parameters.weights.items()}
        go_on(trainer, 5)
        D = spec.model.head_size
        h = "transformer.h.0."
        for name, weight in trainer.parameters.weights.items():
            assert torch.equal(weight, before[name]) is name.startswith((h + "mlp", h + "ln_2")), name
        columns = trainer.parameters.tensor(h + "attn.c_proj.weight") == before[h + "attn.c_proj.weight"]
        assert columns[:, D : 2 * D].all()
        assert not columns[:, :D].any()


def test_a_mean_stays_as_it_was_measured_until_it_is_muted_again(names_spec: RunSpec) -> None:
    trainer = go_on(after(names_spec, 5), 10, SetMuteTo("mean"), SetStrip(HEAD, MUTED))
    first = trainer.controls.means
    split, model = trainer.corpus.validation, names_spec.model
    start = after(names_spec, 5)
    weights = {name: w.detach().numpy() for name, w in start.parameters.weights.items()}
    expected = reference.means(model, weights, split.inputs_NT, split.lengths_N, [HEAD])[HEAD]
    np.testing.assert_allclose(dict(first)[HEAD].array(), expected, rtol=1e-4, atol=1e-6)
    trainer.apply(SetStrip(Strip(1, 0), MUTED))
    assert trainer.controls.means[:1] == first, "the other's mean is measured beside it"
    assert len(trainer.controls.means) == 2
    trainer.apply(Undo())
    assert trainer.controls.means == first
    go_on(trainer, 3, SetStrip(HEAD, StripSetting()))
    assert trainer.controls.means == ()
    trainer.apply(Undo())
    assert trainer.controls.means == first, "an undo brings back the mean that it was muted to"
    go_on(trainer, 3, SetStrip(HEAD, StripSetting()), SetStrip(HEAD, MUTED))
    assert dict(trainer.controls.means)[HEAD] != dict(first)[HEAD]


def test_the_moment_without_the_last_strip_is_the_model_before_it(names_spec: RunSpec) -> None:
    trainer = go_on(after(names_spec, 5), 0, SetMuteTo("mean"), SetStrip(HEAD, MUTED), SetClamp(NEURON, 0.5))
    trainer.train_step()
    rows = trainer.rows
    assert rows is not None
    muted = trainer.now.logits(rows)
    trainer.apply(ResetStrips())
    without = trainer.without_last()
    assert without is not None
    assert torch.equal(without.logits(rows), muted)
    assert not torch.equal(trainer.now.logits(rows), muted)
    go_on(trainer, 2, Undo())
    muted = trainer.now.logits(rows)
    trainer.apply(EditSlice(ParameterSlice(EMBEDDING, (0,)), "scale", 3.0))
    without = trainer.without_last()
    assert without is not None
    torch.testing.assert_close(without.logits(rows), muted, rtol=0.0, atol=1e-6)
    assert (trainer.now.logits(rows) - muted).abs().max() > 1e-3


def test_a_kept_moment_stays_as_it_was(names_spec: RunSpec) -> None:
    trainer = go_on(after(names_spec, 5), 1, SetStrip(HEAD, MUTED))
    rows, kept = trainer.rows, trainer.snapshot()
    assert rows is not None
    then = trainer.now.logits(rows)
    go_on(trainer, 2, ResetStrips())
    assert not torch.equal(trainer.now.logits(rows), then)
    assert torch.equal(kept.logits(rows), then)
    assert kept.step == 6


@BOTH
def test_a_run_with_strips_is_replayed_to_the_same_bits(name: str, request: pytest.FixtureRequest) -> None:
    spec: RunSpec = request.getfixturevalue(name)
    live = after(spec, 4, SetStrip(MLP, StripSetting(gain=0.3)))
    live.forward()  # a command now discards half a step
    go_on(live, 4, SetMuteTo("mean"), SetStrip(HEAD, MUTED), SetClamp(NEURON, "mean"))
    go_on(live, 3, SetScope("prediction"), SetStrip(HEAD, StripSetting(solo=True)))
    go_on(live, 3, Undo(), Undo(), EditSlice(ParameterSlice(EMBEDDING, (1,)), "scale", 1.5))
    go_on(live, 2, ResetStrips(), Undo(2))
    again = replay(spec, live.journal, live.step)
    assert again.state_sha256() == live.state_sha256()
    assert again.controls == live.controls
    assert replay(spec, live.journal, live.step + 3).state_sha256() == go_on(live, 3).state_sha256()


@BOTH
def test_strips_that_were_opened_again_leave_no_trace(name: str, request: pytest.FixtureRequest) -> None:
    spec: RunSpec = request.getfixturevalue(name)
    touched = after(
        spec,
        20,
        SetMuteTo("mean"),
        SetStrip(HEAD, MUTED),
        SetClamp(NEURON, "mean"),
        SetStrip(HEAD, StripSetting()),
        SetClamp(NEURON, None),
    )
    assert touched.state_sha256() == after(spec, 20).state_sha256()
    touched = go_on(after(spec, 8), 8, SetStrip(MLP, MUTED), Undo())
    assert touched.state_sha256() == after(spec, 16).state_sha256()
