"""The check of displayed numbers finds what is wrong, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.core.audited import PROMPTS, frame_of, interest_of, shifted, task_of
from tests.core.inside_runs import names_spec, sort_spec, trained, turn_strips
from weightdeck.run.audit import MOST_MISMATCHES
from weightdeck.run.commands import SetClamp, SetStrip
from weightdeck.run.inside import Patch
from weightdeck.run.layout import tap_shapes
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Neuron, Strip, StripSetting
from weightdeck.session.audit_check import TOLERANCE, check
from weightdeck.session.audit_task import SAMPLE, AuditTask, sample, shown_taps
from weightdeck.session.frames import FrameBuilder
from weightdeck.training.trainer import Trainer

SMALL = ModelSpec(2, 2, 16, 16, 27)
SORT = ModelSpec(1, 2, 12, 11, 3, tied=True, activation="gelu_tanh")


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return trained(names_spec(SMALL))


@pytest.fixture(scope="module")
def task(trainer: Trainer) -> AuditTask:
    return task_of(trainer, frame_of(trainer))


def test_what_is_shown_agrees_with_the_reference(task: AuditTask) -> None:
    found = check(task)
    assert found.checked == sum(len(shown.values_K) for shown in task.shown) >= SAMPLE
    assert 0.0 < found.worst < 0.2 * TOLERANCE
    assert (found.wrong, found.mismatches, found.passed_over) == (0, (), 0)


def test_every_tap_of_every_prompt_is_drawn_from(trainer: Trainer, task: AuditTask) -> None:
    taps = tap_shapes(trainer.spec.model, len(PROMPTS[0]))
    assert {(shown.prompt, shown.tap) for shown in task.shown} == {(p, tap) for p in PROMPTS for tap in taps}
    for shown in task.shown:
        shape = tap_shapes(trainer.spec.model, len(shown.ids))[shown.tap]
        assert ((shown.index_KD >= 0) & (shown.index_KD < np.array(shape))).all(), shown.tap


def test_a_shifted_number_is_found_and_named(trainer: Trainer) -> None:
    """By a thousandth of its tap's largest: in every tap, it and no other."""
    frame = frame_of(trainer)
    task = task_of(trainer, frame)
    largest = {
        (each.prompt, each.tap): float(np.abs(each.values[np.isfinite(each.values)]).max())
        for each in shown_taps(frame)
    }
    for number, shown in enumerate(task.shown):
        if not np.isfinite(shown.values_K[0]):
            continue
        by = 1e-3 * largest[shown.prompt, shown.tap]
        found = check(shifted(task, number, by))
        assert found.wrong == 1, shown.tap
        (mismatch,) = found.mismatches
        assert (mismatch.step, mismatch.prompt, mismatch.tap) == (trainer.step, shown.prompt, shown.tap)
        assert mismatch.index == tuple(shown.index_KD[0])
        assert mismatch.shown == pytest.approx(float(shown.values_K[0]) + by, rel=1e-6)
        assert mismatch.expected == pytest.approx(float(shown.values_K[0]), abs=0.01 * by)
        assert found.worst == pytest.approx(1e-3, rel=0.2) or shown.tap == "probs"


def test_of_a_prediction_the_last_token_is_named(trainer: Trainer) -> None:
    frame = replace(frame_of(trainer), activations=None, taps=None)
    task = task_of(trainer, frame)
    assert all((shown.index_KD[:, 0] == len(shown.ids) - 1).all() for shown in task.shown)
    (mismatch,) = check(shifted(task, 0, 0.01)).mismatches
    assert mismatch.tap == "probs"
    assert mismatch.index[0] == len(PROMPTS[0]), "a boundary goes before the letters"
    assert str(mismatch).startswith(f"probs[4, {mismatch.index[1]}] after 'chri' at step 40: shown 0.25")


def test_numbers_of_another_step_are_wrong(trainer: Trainer, task: AuditTask) -> None:
    later = trained(names_spec(SMALL), trainer.step + 1)
    found = check(replace(task, weights=later.parameters.flat.numpy().copy()))
    assert found.wrong > 0.5 * found.checked
    assert len(found.mismatches) == MOST_MISMATCHES


def test_a_masked_score_that_is_shown_as_a_number_is_wrong_and_so_is_the_reverse(
    trainer: Trainer, task: AuditTask
) -> None:
    number = next(i for i, shown in enumerate(task.shown) if shown.tap.endswith("attn_scores"))
    shown = task.shown[number]
    masked = np.isneginf(shown.values_K)
    assert masked.any()
    assert not masked.all()
    for which, value in ((masked, 0.0), (~masked, -np.inf), (~masked, np.nan)):
        values = shown.values_K.copy()
        values[np.flatnonzero(which)[0]] = value
        others = list(task.shown)
        others[number] = replace(shown, values_K=values)
        found = check(replace(task, shown=tuple(others)))
        assert found.wrong == 1
        assert found.worst == np.inf


def test_strips_and_clamps_are_part_of_the_check() -> None:
    trainer = trained(names_spec(SMALL))
    turn_strips(trainer)
    trainer.apply(SetClamp(Neuron("blocks.0.mlp.post", 5), "mean"))
    task = task_of(trainer, frame_of(trainer))
    found = check(task)
    assert (found.wrong, found.checked) == (0, sum(len(shown.values_K) for shown in task.shown))
    trainer.apply(SetStrip(Strip(0, 0), StripSetting(gain=0.5)))
    assert check(replace(task, mix=trainer.controls.mix)).wrong > 0


def test_another_kind_of_model_agrees_too() -> None:
    """A tied head, the tanh form, and tokens that are no letters."""
    trainer = trained(sort_spec(SORT))
    found = check(task_of(trainer, frame_of(trainer, (trainer.spec.prompt,))))
    assert found.checked > 0
    assert (found.wrong, found.passed_over) == (0, 0)


def test_what_the_reference_does_not_know_is_left_out(trainer: Trainer) -> None:
    """A prompt with another's activations in it, a sequence of the batch, and a prompt without tokens."""
    frames = FrameBuilder(trainer)
    frames.watch(replace(interest_of(trainer), patches=(Patch("blocks.0.mlp_out", token=1),)))
    frame = frames.build(hurried=False)
    assert frame.taps is not None
    assert len(frame.taps.readings) == 3
    assert len(list(shown_taps(frame))) == len(list(shown_taps(frame_of(trainer))))
    frames.watch(replace(interest_of(trainer), batch_row=0))
    of_batch = frames.build(hurried=False)
    assert of_batch.taps is not None
    assert of_batch.taps.readings
    assert not list(shown_taps(replace(of_batch, predictions=None, activations=None)))
    without_tokens = frame_of(trained(sort_spec(SORT)), ("",))
    assert not sample(without_tokens, np.random.default_rng(0))


@pytest.mark.parametrize("learning_rate", [0.3, 10.0])
def test_a_model_that_diverges_raises_no_false_alarm(learning_rate: float) -> None:
    """Scores of thousands to millions: there float32 and float64 differ by far more than the tolerance."""
    spec = names_spec(SMALL)
    settings = replace(spec.hyperparameters, learning_rate=learning_rate, warmup_iters=1)
    trainer = Trainer(replace(spec, hyperparameters=settings))
    worst = 0.0
    for step in range(1, 61):
        trainer.train_step()
        if step % 6 == 0:
            found = check(task_of(trainer, frame_of(trainer, ("hannah", "anna")), step))
            assert (found.wrong, found.passed_over) == (0, 0), found.mismatches
            worst = max(worst, found.worst)
    assert worst > TOLERANCE, "rounding alone was over the tolerance"


@pytest.mark.parametrize("factor", [1e8, 1e30, np.nan])
def test_numbers_without_bounds_are_passed_over(factor: float) -> None:
    trainer = trained(names_spec(SMALL))
    trainer.parameters.flat.mul_(factor)
    task = task_of(trainer, frame_of(trainer))
    found = check(task)
    assert (found.checked, found.wrong) == (0, 0)
    assert found.passed_over == sum(len(shown.values_K) for shown in task.shown)


def test_a_model_of_zeros_is_right() -> None:
    trainer = Trainer(names_spec(SMALL))
    trainer.parameters.flat.zero_()
    found = check(task_of(trainer, frame_of(trainer)))
    assert found.wrong == 0
    assert found.worst < TOLERANCE
