"""Why a parameter changed: the terms make the very number that the update made, or the note says why they do not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from weightdeck.probes.explain_update import explain_weight
from weightdeck.probes.explain_written import figure
from weightdeck.probes.explaining import explain
from weightdeck.run.commands import Command, EditSlice, HoldSlices, Redo, Undo
from weightdeck.run.explanation import Explanation, Rule, recombined
from weightdeck.run.presets import load_preset
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.run.subjects import WeightCell, WeightGradient
from weightdeck.training.trainer import Trainer

GAIN = WeightCell("transformer.ln_f.weight", (3,))
WEIGHT = WeightCell("transformer.h.0.mlp.c_fc.weight", (5, 2))
BIAS = WeightCell("transformer.h.1.mlp.c_fc.bias", (7,))


def trained(spec: RunSpec, steps: int) -> Trainer:
    trainer = Trainer(spec)
    for _ in range(steps):
        trainer.train_step()
    return trainer


def clipped(spec: RunSpec) -> RunSpec:
    """With warm-up over ten steps, decay, and a clip that every step meets."""
    settings = replace(spec.hyperparameters, warmup_iters=10, grad_clip=0.1, weight_decay=0.1)
    return replace(spec, hyperparameters=settings)


def cells(trainer: Trainer, count: int) -> Iterator[WeightCell]:
    """Random elements, as many of each tensor: small ones and those that do not decay too."""
    draw = random.Random(count)
    tensors = trainer.parameters.layout.tensors
    for number in range(count):
        info = tensors[number % len(tensors)]
        yield WeightCell(info.name, tuple(draw.randrange(size) for size in info.shape))


def apply(trainer: Trainer, *commands: Command) -> None:
    for number, command in enumerate(commands):
        trainer.apply(command, number)


def slice_of(cell: WeightCell) -> ParameterSlice:
    return ParameterSlice(cell.tensor, cell.index)


def fact(explanation: Explanation, symbol: str) -> float:
    return next(each.value for each in explanation.facts if each.symbol == symbol)


def actual(trainer: Trainer, cell: WeightCell) -> float:
    return trainer.parameters.tensor(cell.tensor)[cell.index].item()


@pytest.mark.parametrize("steps", [1, 4, 25])
def test_an_updates_terms_make_the_new_weight(names_spec: RunSpec, steps: int) -> None:
    trainer = trained(clipped(names_spec), steps)
    for cell in cells(trainer, 1000):
        explanation = explain_weight(trainer, cell)
        now = actual(trainer, cell)
        assert explanation.rule is Rule.SUM
        assert explanation.value == now
        assert abs(recombined(explanation) - now) <= 1e-6 * max(1.0, abs(now))
        assert fact(explanation, "c") < 1.0
        decays = trainer.parameters.layout.by_name[cell.tensor].decay
        assert len(explanation.terms) == (3 if decays else 2)
        assert (fact(explanation, "decay") > 0.0) is decays


@pytest.mark.parametrize("name", ["names", "sort"])
def test_of_the_presets_too(name: str) -> None:
    trainer = trained(clipped(load_preset(name)), 14)
    for cell in cells(trainer, 1000):
        explanation = explain_weight(trainer, cell)
        now = actual(trainer, cell)
        assert (explanation.rule, explanation.value) == (Rule.SUM, now)
        assert abs(recombined(explanation) - now) <= 1e-6 * max(1.0, abs(now))


def test_the_facts_are_those_of_adam(names_spec: RunSpec) -> None:
    """The moments that the explanation computes are those of the run; and what it says is not what did nothing."""
    trainer = trained(clipped(names_spec), 4)
    update = trainer.newest_update
    assert update is not None
    for cell in cells(trainer, 200):
        explanation = explain_weight(trainer, cell)
        info = trainer.parameters.layout.by_name[cell.tensor]
        place = info.offset + sum(
            index * stride
            for index, stride in zip(cell.index, trainer.parameters.tensor(cell.tensor).stride(), strict=True)
        )
        m, v = trainer.optimizer.first_moment[place].item(), trainer.optimizer.second_moment[place].item()
        old = update.before[0, place].item()
        assert fact(explanation, "m'") == pytest.approx(m, rel=1e-5, abs=1e-12)
        assert fact(explanation, "v'") == pytest.approx(v, rel=1e-5, abs=1e-12)
        assert fact(explanation, "w") == old
        assert fact(explanation, "g") == trainer.parameters.gradient[place].item()
        moved = sum(term.value for term in explanation.terms[1:])
        assert moved == pytest.approx(explanation.value - old, abs=1e-7)
    assert "warming up: 4 of 11 parts" in explanation.note
    assert explanation.related[0][1] == WeightGradient(cell.tensor, cell.index)


def test_before_the_update_it_says_what_is_to_come(names_spec: RunSpec) -> None:
    trainer = trained(clipped(names_spec), 6)
    trainer.forward()
    assert explain_weight(trainer, WEIGHT).title.endswith(
        "after step 6"
    )  # the last one's gradient is there still
    trainer.backward()
    before = {cell: actual(trainer, cell) for cell in cells(trainer, 100)}
    told = {cell: explain_weight(trainer, cell) for cell in before}
    trainer.update()
    for cell, explanation in told.items():
        now = actual(trainer, cell)
        assert abs(explanation.value - now) <= 1e-6 * max(1.0, abs(now))
        assert abs(recombined(explanation) - now) <= 1e-6 * max(1.0, abs(now))
        assert "to come" in explanation.title
        assert f"It is {figure(before[cell], 6)} now" in explanation.note


def test_a_hands_change_is_told_with_the_update_before_it(names_spec: RunSpec) -> None:
    trainer = trained(clipped(names_spec), 5)
    made = explain_weight(trainer, WEIGHT)
    apply(trainer, EditSlice(slice_of(WEIGHT), "set", 0.75))
    told = explain_weight(trainer, WEIGHT)
    assert (told.rule, told.value, recombined(told)) == (Rule.GIVEN, 0.75, 0.75)
    assert "hand has changed it since the update of step 4 → 5, which had made" in told.note
    assert told.facts == made.facts
    assert explain_weight(trainer, GAIN).rule is Rule.SUM
    trainer.train_step()
    assert explain_weight(trainer, WEIGHT).rule is Rule.SUM


def test_a_held_weight_is_told_as_held(names_spec: RunSpec) -> None:
    trainer = trained(clipped(names_spec), 5)
    held = tuple(map(slice_of, (GAIN, WEIGHT, BIAS)))
    apply(trainer, HoldSlices(held))
    assert explain_weight(trainer, WEIGHT).rule is Rule.SUM  # of the update before it was held
    trainer.train_step()
    for cell in (GAIN, WEIGHT, BIAS):
        told = explain_weight(trainer, cell)
        assert (told.rule, told.value) == (Rule.GIVEN, actual(trainer, cell))
        assert told.note == "It was held: the update of step 5 → 6 left it as it was."
    apply(trainer, HoldSlices(held, held=False), EditSlice(slice_of(BIAS), "add", 0.5))
    assert explain_weight(trainer, WEIGHT).note == told.note
    assert explain_weight(trainer, BIAS).note.endswith("A hand has changed it since.")
    apply(trainer, HoldSlices(held))
    trainer.forward()
    trainer.backward()
    assert "to come leaves it as it is" in explain_weight(trainer, WEIGHT).note
    apply(trainer, HoldSlices(held, held=False))
    trainer.train_step()
    assert explain_weight(trainer, WEIGHT).rule is Rule.SUM


def test_what_is_held_does_not_count_in_the_clip(names_spec: RunSpec) -> None:
    """The others are told with the very factor that their update had."""
    trainer = trained(clipped(names_spec), 5)
    apply(trainer, HoldSlices((ParameterSlice("lm_head.weight"), ParameterSlice("transformer.wte.weight"))))
    trainer.train_step()
    update = trainer.newest_update
    assert update is not None
    whole = trainer.parameters.gradient.norm().item()
    assert update.gradient_norm < 0.9 * whole
    free = [cell for cell in cells(trainer, 400) if "lm_head" not in cell.tensor and "wte" not in cell.tensor]
    for cell in free:
        explanation = explain_weight(trainer, cell)
        assert explanation.rule is Rule.SUM
        assert abs(recombined(explanation) - actual(trainer, cell)) <= 1e-7 * max(1.0, abs(explanation.value))
        assert fact(explanation, "c") == pytest.approx(0.1 / update.gradient_norm, rel=1e-4)


def test_an_undo_brings_back_what_the_update_made(names_spec: RunSpec) -> None:
    trainer = trained(clipped(names_spec), 5)
    made = explain_weight(trainer, WEIGHT)
    apply(trainer, EditSlice(slice_of(WEIGHT), "set", 0.75))
    assert explain_weight(trainer, WEIGHT).rule is Rule.GIVEN
    apply(trainer, Undo())
    assert explain_weight(trainer, WEIGHT) == made
    apply(trainer, Redo())
    told = explain_weight(trainer, WEIGHT)
    assert (told.rule, told.value) == (Rule.GIVEN, 0.75)


def test_without_an_update_it_is_given(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    told = explain(trainer, GAIN)
    assert (told.rule, told.value, told.facts, told.step) == (Rule.GIVEN, 1.0, (), 0)
    assert "No update has been made" in told.note
    trainer.train_step()
    assert explain(trainer, GAIN).rule is Rule.SUM
    trainer.restore(trainer.keyframe(), trainer.journal)
    assert explain(trainer, GAIN).rule is Rule.GIVEN


@pytest.mark.parametrize(
    "cell",
    [
        WeightCell("transformer.h.9.ln_1.weight", (0,)),
        WeightCell("transformer.ln_f.weight", (16,)),
        WeightCell("transformer.wte.weight", (3,)),
        WeightCell("transformer.wte.weight", (3, -1)),
    ],
)
def test_what_is_no_parameter_is_a_sentence(names_spec: RunSpec, cell: WeightCell) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        explain(Trainer(names_spec), cell)
