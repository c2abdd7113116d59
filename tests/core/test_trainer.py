"""A run is determined by its spec, a step is all or nothing, and the engine computes what plain PyTorch does."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from weightdeck.bench.plain_torch import PlainLoop
from weightdeck.model import reference
from weightdeck.run.commands import EditSlice, SetHyperparameter
from weightdeck.run.half_step import Stage
from weightdeck.run.layout import POSITIONS
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import Hyperparameters, RunSpec
from weightdeck.training.trainer import NotFiniteError, Trainer


def trained(spec: RunSpec, steps: int) -> Trainer:
    trainer = Trainer(spec)
    for _ in range(steps):
        trainer.train_step()
    return trainer


def with_settings(spec: RunSpec, **changes: float) -> RunSpec:
    return replace(spec, hyperparameters=replace(spec.hyperparameters, **changes))


@pytest.mark.parametrize("name", ["names_spec", "sort_spec"])
def test_the_same_spec_gives_the_same_bits(name: str, request: pytest.FixtureRequest) -> None:
    spec: RunSpec = request.getfixturevalue(name)
    first, second = trained(spec, 12), trained(spec, 12)
    assert first.weights_sha256() == second.weights_sha256()
    assert first.state_sha256() == second.state_sha256()
    assert first.numerics == second.numerics
    assert trained(spec.with_seed(spec.seed + 1), 12).weights_sha256() != first.weights_sha256()


def test_what_others_draw_from_torchs_generator_changes_nothing(sort_spec: RunSpec) -> None:
    expected = trained(sort_spec, 6).state_sha256()
    torch.manual_seed(99)
    torch.rand(17)
    assert trained(sort_spec, 6).state_sha256() == expected


def test_three_parts_make_one_step(sort_spec: RunSpec) -> None:
    whole, parts = Trainer(sort_spec), Trainer(sort_spec)
    for _ in range(5):
        metrics = whole.train_step()
        loss, norm = parts.forward(), parts.backward()
        assert parts.stage is Stage.BACKWARD
        assert parts.update() == metrics
        assert (metrics[1], metrics[3]) == (loss, norm)
    assert parts.state_sha256() == whole.state_sha256()


@pytest.mark.parametrize("halves", [1, 2])
def test_a_command_between_the_parts_redoes_the_step_on_the_same_batch(
    sort_spec: RunSpec, halves: int
) -> None:
    edit = EditSlice(ParameterSlice("transformer.wte.weight", (1,)), "add", 0.25)
    interrupted, straight = trained(sort_spec, 3), trained(sort_spec, 3)
    interrupted.forward()
    if halves == 2:
        interrupted.backward()
    assert interrupted.rows is not None
    batch = interrupted.rows.ids_N
    interrupted.apply(edit)
    assert interrupted.stage is Stage.NOTHING
    straight.apply(edit)
    assert interrupted.train_step() == straight.train_step()
    assert torch.equal(interrupted.rows.ids_N, batch)
    assert interrupted.state_sha256() == straight.state_sha256()


def test_a_refused_command_leaves_the_step_in_hand_and_the_journal_alone(sort_spec: RunSpec) -> None:
    trainer, straight = Trainer(sort_spec), trained(sort_spec, 1)
    trainer.forward()
    with pytest.raises(ValueError, match="no parameter called"):
        trainer.apply(EditSlice(ParameterSlice("lm_head.bias"), "set", 1.0))
    assert trainer.stage is Stage.FORWARD
    assert len(trainer.journal) == 0
    trainer.train_step()
    assert trainer.state_sha256() == straight.state_sha256()


def test_dropout_has_an_effect_and_repeats(names_spec: RunSpec) -> None:
    dropped = with_settings(names_spec, dropout=0.2)
    assert trained(dropped, 4).state_sha256() == trained(dropped, 4).state_sha256()
    assert trained(dropped, 4).weights_sha256() != trained(names_spec, 4).weights_sha256()
    assert Trainer(dropped).validation_loss() == Trainer(names_spec).validation_loss()


def test_every_setting_takes_effect_at_the_next_step(names_spec: RunSpec) -> None:
    """A run that is told its settings before step 0 is the run that began with them."""
    spec = with_settings(names_spec, warmup_iters=1)
    changes = {
        "learning_rate": 2e-2,
        "min_lr": 1e-3,
        "warmup_iters": 3,
        "max_iters": 20,
        "batch_size": 5,
        "weight_decay": 0.5,
        "beta1": 0.8,
        "beta2": 0.9,
        "grad_clip": 0.3,
        "dropout": 0.1,
    }
    for name, value in changes.items():
        told = Trainer(spec)
        told.apply(SetHyperparameter(name, value))
        for _ in range(4):
            told.train_step()
        begun = trained(with_settings(spec, **{name: value}), 4)
        assert told.state_sha256() == begun.state_sha256(), name
        assert told.state_sha256() != trained(spec, 4).state_sha256(), name


def poison_the_loss(trainer: Trainer) -> None:
    trainer.parameters.tensor("transformer.ln_f.weight")[0] = math.nan


def poison_the_gradient(trainer: Trainer) -> None:
    """The last MLP is silent, so that the loss is finite, but what flows back through it is not."""
    last = f"transformer.h.{trainer.spec.model.n_layer - 1}.mlp."
    trainer.parameters.tensor(last + "c_fc.weight").zero_()
    trainer.parameters.tensor(last + "c_fc.bias").zero_()
    trainer.parameters.tensor(last + "c_proj.weight").fill_(1e30)
    trainer.parameters.tensor(trainer.parameters.layout.head_name).mul_(1e15)


def poison_the_update(trainer: Trainer) -> None:
    """A weight that no batch here reads: a decay of -9 at each step makes it overflow."""
    trainer.parameters.tensor(POSITIONS)[-1, 0] = 1e38


@pytest.mark.parametrize(
    ("poison", "what"),
    [(poison_the_loss, "loss"), (poison_the_gradient, "gradient"), (poison_the_update, "weight")],
)
def test_a_step_that_is_not_finite_is_never_kept(
    names_spec: RunSpec, poison: Callable[[Trainer], None], what: str
) -> None:
    spec = with_settings(names_spec, learning_rate=1.0, weight_decay=10.0, warmup_iters=0)
    trainer, undisturbed = trained(spec, 3), trained(spec, 3)
    healthy = trainer.parameters.flat.clone()
    poison(trainer)
    before = trainer.state_sha256()
    for _ in range(2):
        with pytest.raises(NotFiniteError, match=f"Step 3 was not kept: .*{what}"):
            trainer.train_step()
        assert trainer.state_sha256() == before
        assert trainer.stage is Stage.NOTHING
        assert trainer.parameters.gradient.isfinite().all(), "probes read the gradient"
    trainer.parameters.flat.copy_(healthy)
    assert trainer.train_step() == undisturbed.train_step(), "the same batch is tried again"
    assert trainer.state_sha256() == undisturbed.state_sha256()


def test_the_largest_learning_rate_never_leaves_a_broken_model(names_spec: RunSpec) -> None:
    trainer = Trainer(
        with_settings(names_spec, learning_rate=10.0, warmup_iters=0, weight_decay=10.0, grad_clip=0.0)
    )
    for _ in range(60):
        try:
            trainer.train_step()
        except NotFiniteError:
            break
    assert trainer.parameters.flat.isfinite().all()
    assert trainer.optimizer.updates == trainer.step


def test_it_computes_what_a_plain_pytorch_loop_does(names_spec: RunSpec) -> None:
    """Model, loss, clipping, AdamW with its two groups, schedule and batches, all at once."""
    trainer = Trainer(names_spec)
    plain = PlainLoop(names_spec, trainer.corpus)
    plain.model.load_state_dict(dict(trainer.parameters.weights))
    losses = [trainer.train_step()[1] for _ in range(30)]
    assert losses == pytest.approx([plain.train_step() for _ in range(30)], rel=1e-4)
    for name, weight in plain.model.state_dict().items():
        np.testing.assert_allclose(
            trainer.parameters.tensor(name), weight, rtol=5e-3, atol=5e-4, err_msg=name
        )


def test_validation_loss_is_that_of_the_reference_over_the_whole_split(sort_spec: RunSpec) -> None:
    trainer = trained(sort_spec, 5)
    weights = {name: weight.detach().numpy() for name, weight in trainer.parameters.weights.items()}
    split = trainer.corpus.validation
    logits = reference.forward(sort_spec.model, weights, split.inputs_NT)["logits"]
    assert trainer.validation_loss() == pytest.approx(reference.loss(logits, split.targets_NT), rel=1e-5)


def test_metrics_are_of_the_step_before_its_update(names_spec: RunSpec) -> None:
    trainer = trained(names_spec, 4)
    before = trainer.parameters.flat.clone()
    step, _, rate, norm, ratio = trainer.train_step()
    assert step == 4
    assert rate == names_spec.hyperparameters.learning_rate_at(4)
    assert norm == pytest.approx(trainer.parameters.gradient.double().norm().item(), rel=1e-5)
    moved = (trainer.parameters.flat - before).double().norm() / before.double().norm()
    assert ratio == pytest.approx(moved.item(), rel=1e-4)


def test_hashes_cover_each_parameter_once_in_state_dict_order(sort_spec: RunSpec) -> None:
    trainer = trained(sort_spec, 2)
    names = [info.name for info in trainer.parameters.layout.tensors]
    assert "lm_head.weight" not in names, "tied"
    weights = b"".join(trainer.parameters.tensor(name).numpy().astype("<f4").tobytes() for name in names)
    assert len(weights) == 4 * trainer.parameters.layout.num_parameters
    assert trainer.weights_sha256() == hashlib.sha256(weights).hexdigest()
    moments = (trainer.optimizer.first_moment, trainer.optimizer.second_moment)
    state = weights + b"".join(trainer.parameters.packed(moment) for moment in moments)
    assert trainer.state_sha256() == hashlib.sha256(state + (2).to_bytes(8, "little")).hexdigest()


def test_padding_between_tensors_stays_zero(sort_spec: RunSpec) -> None:
    trainer = trained(sort_spec, 5)
    padding = torch.ones(trainer.parameters.layout.length, dtype=torch.bool)
    for info in trainer.parameters.layout.tensors:
        padding[info.offset : info.offset + info.size] = False
        assert trainer.parameters.tensor(info.name).data_ptr() % 64 == 0
    assert padding.any()
    buffers = (trainer.parameters.flat, trainer.parameters.gradient, trainer.optimizer.second_moment)
    assert all((buffer[padding] == 0.0).all() for buffer in buffers)


def test_an_untrained_model_is_as_unsure_as_a_uniform_one(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    assert trainer.validation_loss() == pytest.approx(trainer.references.uniform, abs=0.05)


def test_training_learns(names_spec: RunSpec) -> None:
    trainer = trained(with_settings(names_spec, learning_rate=1e-2, warmup_iters=5, batch_size=16), 60)
    assert trainer.validation_loss() < trainer.references.unigram


def test_the_schedule_ends_at_max_iters_and_stays_there() -> None:
    settings = Hyperparameters(learning_rate=1e-2, min_lr=1e-3, warmup_iters=10, max_iters=110)
    assert settings.learning_rate_at(0) == pytest.approx(1e-2 / 11)
    assert settings.learning_rate_at(10) == pytest.approx(1e-2)
    assert settings.learning_rate_at(60) == pytest.approx((1e-2 + 1e-3) / 2)
    assert settings.learning_rate_at(110) == settings.learning_rate_at(10_000) == pytest.approx(1e-3)
    constant = replace(settings, lr_schedule="constant")
    assert constant.learning_rate_at(10_000) == 1e-2
