"""Gradients and losses of the newest batch: their terms make the numbers that autograd made, strips and dropout too."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from weightdeck.data.batches import batch
from weightdeck.model import reference
from weightdeck.probes.backward import Backward, tail
from weightdeck.probes.explain_backward import explain_gradient
from weightdeck.probes.explaining import explain
from weightdeck.probes.passes import WholeBatchPass
from weightdeck.run.commands import (
    Command,
    EditSlice,
    SetClamp,
    SetHyperparameter,
    SetMuteTo,
    SetScope,
    SetStrip,
    Undo,
)
from weightdeck.run.explanation import Explanation, Rule, recombined, size
from weightdeck.run.layout import EMBEDDING, POSITIONS, layout, tap_shapes
from weightdeck.run.presets import load_preset
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec, RunSpec
from weightdeck.run.strips import Neuron, Strip, StripSetting
from weightdeck.run.subjects import (
    BatchLoss,
    InBatch,
    InPrompt,
    Subject,
    TapCell,
    TapGradient,
    TokenLoss,
    WeightCell,
    WeightGradient,
)
from weightdeck.training.trainer import Trainer

SPECS = [
    pytest.param("names", ModelSpec(1, 2, 16, 16, 27), id="1-block"),
    pytest.param("sort", ModelSpec(3, 3, 24, 11, 3, tied=True), id="3-blocks-tied"),
    pytest.param("names", ModelSpec(6, 2, 16, 16, 27, activation="gelu_tanh"), id="6-blocks-tanh"),
]
SHARE = 4e-6  # of the sum of the terms' absolute values
CLAMPED = (
    "embed",
    "blocks.0.ln1.normalized",
    "blocks.0.attn_out",
    "blocks.0.mlp.pre",
    "blocks.0.mlp.post",
    "blocks.0.mlp_out",
    "blocks.0.resid_post",
    "ln_final.normalized",
)
CLAMPED_FEATURE = 3
STRIPS: tuple[Command, ...] = (
    SetMuteTo("mean"),
    SetStrip(Strip(0, 1), StripSetting(gain=0.5)),
    SetStrip(Strip(0), StripSetting(gain=1.5)),
    SetStrip(Strip(0, 0), StripSetting(muted=True)),
    *(SetClamp(Neuron(tap, CLAMPED_FEATURE), 0.3) for tap in CLAMPED),
)


def spec_of(dataset: str, model: ModelSpec, **settings: float) -> RunSpec:
    spec = load_preset(dataset)
    settings = {"batch_size": 8, "warmup_iters": 5, "dropout": 0.0} | settings
    return replace(spec, model=model, hyperparameters=replace(spec.hyperparameters, **settings))


def with_gradient(spec: RunSpec, steps: int, *commands: Command, spread: float = 0.0) -> Trainer:
    """A run after some steps, with the gradient of one more; `spread` 0 leaves the weights that it begins with."""
    trainer = Trainer(spec)
    if spread:
        generator = torch.Generator().manual_seed(4)
        for name in trainer.parameters.weights:
            tensor = trainer.parameters.tensor(name)
            tensor.add_(torch.empty_like(tensor).normal_(0.0, spread, generator=generator))
    for number, command in enumerate(commands):
        trainer.apply(command, number)
    for _ in range(steps):
        trainer.train_step()
    trainer.forward()
    trainer.backward()
    return trainer


def sequences(trainer: Trainer) -> list[Backward]:
    newest = trainer.newest_batch
    assert newest is not None
    whole = WholeBatchPass(newest, trainer.spec.model, with_gradients=True)
    vocabulary = trainer.corpus.tokenizer.vocabulary
    return [Backward.of(whole, row, vocabulary) for row in range(newest.rows.sequences)]


def gradients(backs: list[Backward], count: int) -> Iterator[tuple[Backward, TapGradient]]:
    """Random cells, as many of each tap, of tokens at which the tap was computed; now and then a clamped one."""
    draw = random.Random(count)
    taps = [tap for tap in tap_shapes(backs[0].made.model, 1) if tap != "probs"]
    number = 0
    while number < count:
        back = draw.choice(backs)
        tap = taps[number % len(taps)]
        shape = tap_shapes(back.made.model, back.tokens)[tap]
        cell = tuple(draw.randrange(size) for size in shape)
        if tap in CLAMPED and draw.random() < 0.3:
            cell = (cell[0], CLAMPED_FEATURE)
        if back.is_counted(tap, cell[-2]) or len(cell) == 3:
            number += 1
            yield back, TapGradient(back.row, tap, cell)


def assert_recombines(explanation: Explanation) -> None:
    assert all(1 <= len(term.operands) <= 4 for term in explanation.terms)
    difference = abs(recombined(explanation) - explanation.value)
    assert difference <= SHARE * size(explanation), explanation.subject


@pytest.mark.parametrize("spread", [0.0, 0.2])
@pytest.mark.parametrize("steps", [0, 30])
@pytest.mark.parametrize(("dataset", "model"), SPECS)
def test_a_steps_gradient_is_the_hand_written_one(
    dataset: str, model: ModelSpec, steps: int, spread: float
) -> None:
    """To 1e-5 of each tensor's largest, on real batches with padding."""
    trainer = with_gradient(spec_of(dataset, model), steps, spread=spread)
    ids_BT, targets_BT = batch(trainer.corpus, trainer.spec.seed, steps, 8)
    assert (targets_BT == -1).any()
    weights = {name: weight.detach().numpy() for name, weight in trainer.parameters.weights.items()}
    loss, expected = reference.loss_and_gradients(model, weights, ids_BT, targets_BT)
    assert trainer.half.loss == pytest.approx(loss, rel=1e-5)
    for name, gradient in expected.items():
        worst = np.abs(trainer.parameters.gradient_of(name).numpy() - gradient).max()
        assert worst <= 1e-5 * np.abs(gradient).max(), name


@pytest.mark.parametrize("dropout", [0.0, 0.2])
@pytest.mark.parametrize("commands", [(), STRIPS], ids=["open", "strips"])
@pytest.mark.parametrize(("dataset", "model"), SPECS)
def test_the_terms_of_a_gradient_make_it(
    dataset: str, model: ModelSpec, commands: tuple[Command, ...], dropout: float
) -> None:
    trainer = with_gradient(spec_of(dataset, model, dropout=dropout), 20, *commands)
    backs = sequences(trainer)
    seen: Counter[str] = Counter()
    for back, subject in gradients(backs, 1200):
        explanation = explain_gradient(back, subject)
        assert_recombines(explanation)
        assert explanation.value == back.made.gradients[subject.tap][subject.index]
        seen[tail(subject.tap)] += explanation.value != 0.0
    assert min(seen.values()) > 5
    assert len(seen) == 19


def test_operands_are_the_numbers_that_they_name(names_spec: RunSpec) -> None:
    """Descending from an operand leads to the same number."""
    settings = replace(names_spec.hyperparameters, dropout=0.1)
    trainer = with_gradient(replace(names_spec, hyperparameters=settings), 4, *STRIPS)
    named: set[type[Subject]] = set()
    for _, subject in gradients(sequences(trainer), 34):
        explanation = explain(trainer, subject)
        for operand in explanation.terms[0].operands + explanation.terms[-1].operands:
            if operand.subject is None:
                continue
            named.add(type(operand.subject))
            if isinstance(operand.subject, WeightCell):
                shown = trainer.parameters.tensor(operand.subject.tensor)[operand.subject.index].item()
            else:
                shown = explain(trainer, operand.subject).value
            assert shown == operand.value
    assert named == {TapGradient, TapCell, WeightCell}


@pytest.mark.parametrize("commands", [(), STRIPS], ids=["open", "strips"])
@pytest.mark.parametrize(("dataset", "model"), SPECS)
def test_a_parameters_gradient_is_a_sum_over_tokens(
    dataset: str, model: ModelSpec, commands: tuple[Command, ...]
) -> None:
    trainer = with_gradient(spec_of(dataset, model, dropout=0.1), 20, *commands)
    tokens = trainer.newest_batch.rows.ids_N.tolist() if trainer.newest_batch else []
    draw = random.Random(1)
    for info in layout(model).tensors:
        cell = tuple(draw.randrange(extent) for extent in info.shape)
        if info.name == EMBEDDING:
            cell = (tokens[0], cell[1])
        explanation = explain(trainer, WeightGradient(info.name, cell))
        assert explanation.value == trainer.parameters.gradient_of(info.name)[cell].item()
        assert_recombines(explanation)
        if explanation.rule is Rule.GIVEN:
            assert explanation.value == 0.0
        else:
            assert all(isinstance(term.operands[0].subject, TapGradient) for term in explanation.terms)


def test_the_tokens_that_push_are_named(names_spec: RunSpec) -> None:
    trainer = with_gradient(names_spec, 3)
    explanation = explain(trainer, WeightGradient(POSITIONS, (2, 1)))
    backs = sequences(trainer)
    assert len(explanation.terms) == sum(back.tokens > 2 for back in backs)
    first = explanation.terms[0].operands[0]
    assert first.label == f"sequence 0, {backs[0].token(2)}: gradient of position vector 1"
    assert first.subject == TapGradient(0, "pos_embed", (2, 1))
    unused = next(token for token in range(27) if all(token not in back.made.ids for back in backs))
    nothing = explain(trainer, WeightGradient(EMBEDDING, (unused, 0)))
    assert (nothing.rule, nothing.value, recombined(nothing)) == (Rule.GIVEN, 0.0, 0.0)
    assert nothing.note


@pytest.mark.parametrize("name", ["names_spec", "sort_spec"])
def test_the_loss_is_that_of_its_tokens(name: str, request: pytest.FixtureRequest) -> None:
    trainer = with_gradient(request.getfixturevalue(name), 12)
    whole = explain(trainer, BatchLoss())
    assert whole.value == trainer.half.loss
    assert_recombines(whole)
    for term in whole.terms:
        (loss,) = term.operands
        assert isinstance(loss.subject, TokenLoss)
        token = explain(trainer, loss.subject)
        assert token.value == loss.value
        assert_recombines(token)
        logit = token.terms[0].operands[0]
        assert logit.subject is not None
        assert explain(trainer, logit.subject).value == logit.value


def test_a_batch_has_one_step_number_and_its_tokens_their_names(names_spec: RunSpec) -> None:
    """That of the weights, before its update, as everywhere else; the boundary is read as "start", comes as "end"."""
    trainer = with_gradient(names_spec, 3)
    whole = explain(trainer, BatchLoss())
    assert (whole.title, whole.step) == ("loss of the batch at step 3, before its update", 3)
    backs = sequences(trainer)
    row, last = next(
        (back.row, back.targets.index(0)) for back in backs if 0 in back.targets
    )  # where a name ends
    loss = explain(trainer, TokenLoss(row, last))
    assert loss.title == f"loss of token {last} in sequence {row}: “end” came"
    assert loss.terms[0].operands[0].label == "logit of “end”"
    gradient = explain(trainer, TapGradient(row, "logits", (last, 0)))
    assert gradient.title.startswith("gradient of logit of “end” at “")
    first = explain(trainer, TapGradient(row, "embed", (0, 1)))
    assert "at “start” (token 0)" in first.title


def test_what_a_clamp_stops_is_told(names_spec: RunSpec) -> None:
    trainer = with_gradient(names_spec, 3, *STRIPS)
    clamped = explain(trainer, TapGradient(0, "blocks.0.mlp.post", (1, CLAMPED_FEATURE)))
    assert clamped.value != 0.0
    assert "It is clamped" in clamped.note
    before = explain(trainer, TapGradient(0, "blocks.0.mlp.pre", (1, CLAMPED_FEATURE)))
    assert (before.value, recombined(before)) == (0.0, 0.0)
    assert "clamped" in {operand.label for operand in before.terms[0].operands}
    trainer.apply(SetScope("prediction"))
    trainer.forward()
    free = explain(trainer, TapGradient(0, "blocks.0.mlp.pre", (1, CLAMPED_FEATURE)))
    assert free.value != 0.0
    assert "clamped" not in free.note


@pytest.mark.parametrize("name", ["names_spec", "sort_spec"])
def test_explaining_changes_nothing(name: str, request: pytest.FixtureRequest) -> None:
    spec: RunSpec = request.getfixturevalue(name)
    asked, alone = (with_gradient(spec, 3) for _ in range(2))
    prompt = InPrompt(spec.prompt)
    subjects: tuple[Subject, ...] = (
        TapCell(prompt, "blocks.0.mlp.post", (1, 2)),
        TapCell(InBatch(1), "blocks.0.attn.z", (0, 1, 2)),
        TapGradient(2, "blocks.0.mlp.pre", (10, 1) if name == "sort_spec" else (0, 1)),
        WeightCell(EMBEDDING, (1, 1)),
        WeightGradient(EMBEDDING, (1, 1)),
        BatchLoss(),
    )
    gradient = asked.parameters.gradient.clone()
    for _ in range(2):
        for subject in subjects:
            assert explain(asked, subject) == explain(asked, subject)
        assert torch.equal(asked.parameters.gradient, gradient)
        assert asked.state_sha256() == alone.state_sha256()
        asked.train_step(), alone.train_step()
        gradient = asked.parameters.gradient.clone()
    assert asked.state_sha256() == alone.state_sha256()


def test_after_the_update_it_is_still_the_batch_of_that_step(names_spec: RunSpec) -> None:
    trainer = with_gradient(names_spec, 3)
    subjects = (
        TapGradient(1, "blocks.0.resid_mid", (2, 3)),
        WeightGradient("transformer.h.0.ln_1.weight", (2,)),
        BatchLoss(),
    )
    before = [explain(trainer, subject) for subject in subjects]
    trainer.update()
    assert [explain(trainer, subject) for subject in subjects] == before
    # Neither does what a hand changes then, which makes the next batch's pass another one.
    head = ParameterSlice("lm_head.weight", (5,))
    for command in (EditSlice(head, "scale", 3.0), SetHyperparameter("dropout", 0.5), *STRIPS, Undo()):
        trainer.apply(command)
        assert [explain(trainer, subject) for subject in subjects] == before
    trainer.restore(trainer.keyframe(), trainer.journal)
    with pytest.raises(ValueError, match="No step has been made"):
        explain(trainer, BatchLoss())
    assert {explanation.step for explanation in before} == {3}


@pytest.mark.parametrize(
    ("subject", "sentence"),
    [
        (TapGradient(8, "embed", (0, 0)), "8 sequences, counted from 0"),
        (TapGradient(0, "embed", (11, 0)), "no token 11"),
        (TapGradient(0, "embed", (0,)), "has 2 places"),
        (TapGradient(0, "blocks.7.mlp.pre", (0, 0)), "no activation called"),
        (TapGradient(0, "probs", (10, 0)), "made of the logits"),
        (TapGradient(0, "logits", (2, 0)), "does not count"),
        (TapGradient(0, "blocks.0.mlp.pre", (2, 0)), "does not count"),
        (TokenLoss(-1, 0), "8 sequences, counted from 0"),
        (TokenLoss(0, 2), "does not count"),
        (TokenLoss(0, 40), "does not count"),
        (WeightGradient(EMBEDDING, (3, 0)), "lies outside"),
        (TapCell(InPrompt(""), "embed", (0, 0)), "nothing to predict from"),
        (TapCell(InBatch(9), "embed", (0, 0)), "8 sequences, counted from 0"),
    ],
)
def test_what_is_not_there_is_a_sentence(sort_spec: RunSpec, subject: Subject, sentence: str) -> None:
    trainer = with_gradient(sort_spec, 1)
    with pytest.raises(ValueError, match=sentence):
        explain(trainer, subject)


def test_without_a_batch_or_its_gradient_there_is_a_sentence(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    for subject in (TapGradient(0, "embed", (0, 0)), WeightGradient(EMBEDDING, (0, 0)), BatchLoss()):
        with pytest.raises(ValueError, match="No step has been made since this run was opened"):
            explain(trainer, subject)
    trainer.train_step()
    trainer.forward()
    with pytest.raises(ValueError, match="has no gradient yet"):
        explain(trainer, WeightGradient(EMBEDDING, (0, 0)))
    assert explain(trainer, BatchLoss()).value == trainer.half.loss
    trainer.backward()
    trainer.apply(SetMuteTo("mean"))
    with pytest.raises(ValueError, match="half-made one was discarded"):
        explain(trainer, BatchLoss())
    assert explain(trainer, WeightCell(EMBEDDING, (0, 0))).rule is Rule.GIVEN
