"""Explanations of the forward pass: put together again they make the number that is displayed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random

import pytest

from tests.core.inside_runs import names_spec, some_ids, sort_spec, trained, turn_strips
from weightdeck.probes.explain import explain_tap
from weightdeck.probes.explain_written import figure
from weightdeck.probes.passes import ForwardPass, WholeBatchPass, prompt_pass
from weightdeck.run.explanation import Explanation, Rule, recombined, size
from weightdeck.run.layout import tap_shapes
from weightdeck.run.spec import ModelSpec
from weightdeck.run.subjects import InPrompt, TapCell, WeightCell
from weightdeck.training.trainer import Trainer

TOLERANCE = 4e-6  # of the sum of the terms' absolute values
CELLS = 10_000
NAMES = ModelSpec(3, 2, 16, 16, 27, tied=True)
SORT = ModelSpec(2, 3, 24, 11, 3, activation="gelu_tanh")


def explained(trainer: Trainer, made: ForwardPass, tap: str, *index: int) -> Explanation:
    return explain_tap(made, TapCell(made.where, tap, index), trainer.corpus.tokenizer.vocabulary)


def of_prompt(trainer: Trainer, tokens: int = 6) -> ForwardPass:
    return prompt_pass(trainer.now, "text", some_ids(trainer.spec.model, tokens))


def of_batch(trainer: Trainer) -> list[ForwardPass]:
    batch = trainer.newest_batch
    assert batch is not None
    whole = WholeBatchPass(batch, trainer.spec.model, with_gradients=False)
    return [whole.row(row) for row in range(batch.rows.sequences)]


def many_passes() -> Iterator[tuple[Trainer, ForwardPass]]:
    """Fresh and trained, with and without strips and clamps, of prompts and of batches with and without dropout."""
    for spec in (names_spec(NAMES), sort_spec(SORT), names_spec(NAMES, 0.2), sort_spec(SORT, 0.2)):
        for steps, with_strips in ((0, False), (30, False), (30, True)):
            trainer = trained(spec, steps)
            if with_strips:
                turn_strips(trainer)
                trainer.train_step()
            yield trainer, of_prompt(trainer, spec.model.block_size)
            if steps:
                yield from ((trainer, made) for made in of_batch(trainer)[:3])


def holds(explanation: Explanation) -> bool:
    if not math.isfinite(explanation.value):
        return recombined(explanation) == explanation.value
    return abs(recombined(explanation) - explanation.value) <= TOLERANCE * size(explanation)


def test_random_numbers_of_every_tap_are_made_again_from_their_operands() -> None:
    """And every operand is the number that it says it is, as displayed at its own place."""
    random = Random(5)
    passes = list(many_passes())
    taps_seen = set()
    count = 0
    while count < CELLS:
        trainer, made = random.choice(passes)
        shapes = tap_shapes(made.model, len(made.ids))
        tap = random.choice(list(shapes))
        index = tuple(random.randrange(size) for size in shapes[tap])
        if math.isnan(made.shown[tap][index]):
            continue
        found = explained(trainer, made, tap, *index)
        assert found.value == made.shown[tap][index]
        assert holds(found), (str(found.subject), recombined(found), found.value)
        for term in found.terms:
            assert 1 <= len(term.operands) <= 4
            for operand in term.operands:
                match operand.subject:
                    case TapCell(where, name, place):
                        assert (where, operand.value) == (made.where, made.shown[name][place])
                    case WeightCell(name, place):
                        assert operand.value == made.weights[name][place].item()
        taps_seen.add(tap)
        count += 1
    assert taps_seen == set(tap_shapes(NAMES, 1)) | set(tap_shapes(SORT, 1))


@pytest.mark.parametrize("model", [NAMES, ModelSpec(1, 1, 4, 16, 27)])
def test_a_probability_descends_to_embeddings_and_weights(model: ModelSpec) -> None:
    """Whichever operand is followed, the way ends at parameters, by numbers that each hold."""
    trainer = trained(names_spec(model), 10)
    made = of_prompt(trainer, 3)
    random = Random(6)
    waiting = [TapCell(made.where, "probs", (2, 4))]
    seen = set(waiting)
    parameters = set()
    for _ in range(2000):
        if not waiting:
            break
        cell = waiting.pop(random.randrange(len(waiting)))
        found = explained(trainer, made, cell.tap, *cell.index)
        assert holds(found)
        for subject in (operand.subject for term in found.terms for operand in term.operands):
            if isinstance(subject, WeightCell):
                parameters.add(subject.tensor)
            elif isinstance(subject, TapCell) and subject not in seen:
                seen.add(subject)
                waiting.append(subject)
    assert parameters == set(trainer.parameters.weights)


def test_a_neuron_is_told_in_words_and_numbers() -> None:
    trainer = trained(names_spec(ModelSpec(2, 2, 4, 16, 27)), 10)
    made = prompt_pass(trainer.now, "chri", trainer.corpus.prompt("chri").ids)
    found = explained(trainer, made, "blocks.1.mlp.pre", 4, 7)
    assert found.title == "neuron 7 of block 1 before its nonlinearity at “i” (token 4)"
    assert (found.rule, found.symbols, found.step, found.note) == (Rule.SUM, "b + sum of x × w", 10, "")
    assert [operand.label for operand in found.terms[1].operands] == ["norm 0", "weight"]
    assert found.terms[0].operands[0].subject == WeightCell("transformer.h.1.mlp.c_fc.bias", (7,))
    assert found.terms[3].operands[1].subject == WeightCell("transformer.h.1.mlp.c_fc.weight", (7, 2))
    assert found.terms[3].operands[0].subject == TapCell(InPrompt("chri"), "blocks.1.ln2.normalized", (4, 2))
    assert found.numbers.endswith(f" = {figure(found.value)}")
    neuron = explained(trainer, made, "blocks.1.mlp.post", 4, 7)
    assert neuron.title == "neuron 7 of block 1 at “i” (token 4)"
    assert neuron.symbols == "gelu(x) = x · P(x)"
    share = neuron.facts[-1].value
    assert neuron.numbers == f"{figure(found.value)} × {figure(share)} = {figure(neuron.value)}"
    assert neuron.terms[0].value == found.value
    assert neuron.terms[0].value * neuron.facts[-1].value == pytest.approx(neuron.value, rel=1e-6)


def test_the_boundary_is_called_start_where_it_is_read_and_end_where_it_is_predicted() -> None:
    trainer = trained(names_spec(NAMES), 0)
    made = prompt_pass(trainer.now, "ab", trainer.corpus.prompt("ab").ids)
    assert made.ids[0] == 0
    vector = explained(trainer, made, "embed", 0, 3)
    assert vector.title == "token vector, feature 3, of “start” (token 0)"
    assert vector.terms[0].operands[0].label == "vector of “start”"
    probability = explained(trainer, made, "probs", 0, 0)
    assert probability.title == "probability of “end” after “start” (token 0)"
    assert probability.terms[0].operands[0].label == "logit of “end”"
    assert explained(trainer, made, "logits", 2, 0).title == "logit of “end” after “b” (token 2)"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"),
        (-0.03125, "−0.03125"),
        (2.143044e-5, "2.143e-5"),
        (0.0006, "6e-4"),
        (12346.0, "1.235e4"),
        (-2.143044e-5, "−2.143e-5"),
        (-math.inf, "−∞"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_are_written_one_way(value: float, words: str) -> None:
    assert figure(value) == words


def test_a_norm_tells_its_mean_and_spread() -> None:
    trainer = trained(names_spec(NAMES), 10)
    made = of_prompt(trainer)
    found = explained(trainer, made, "blocks.2.ln1.normalized", 3, 5)
    assert found.symbols == "(x − mean) / spread × gain + bias"
    stream = made.shown["blocks.2.resid_pre"][3].astype(float)
    mean, spread = (fact.value for fact in found.facts)
    assert mean == pytest.approx(stream.mean())
    assert spread == pytest.approx(math.sqrt(stream.var() + 1e-5))


def test_a_softmax_begins_with_its_own_score_and_leaves_out_what_is_masked() -> None:
    trainer = trained(names_spec(NAMES), 10)
    made = of_prompt(trainer)
    found = explained(trainer, made, "blocks.0.attn.pattern", 1, 4, 2)
    assert found.rule is Rule.SOFTMAX
    assert [operand.label for term in found.terms for operand in term.operands] == [
        f"score to token {key}" for key in (2, 0, 1, 3, 4)
    ]
    assert len(explained(trainer, made, "probs", 2, 8).terms) == 27


def test_what_is_masked_is_minus_infinity_and_gets_nothing() -> None:
    trainer = trained(names_spec(NAMES), 0)
    made = of_prompt(trainer)
    score = explained(trainer, made, "blocks.0.attn.attn_scores", 1, 2, 4)
    assert (score.value, recombined(score), score.rule, size(score)) == (
        -math.inf,
        -math.inf,
        Rule.GIVEN,
        0.0,
    )
    assert score.note.startswith("Masked: ")
    assert (score.symbols, score.numbers) == ("−∞", "−∞")
    share = explained(trainer, made, "blocks.0.attn.pattern", 1, 2, 4)
    assert (share.value, recombined(share)) == (0.0, 0.0)
    assert share.note.startswith("Masked: ")


def test_strips_and_clamps_are_factors_terms_and_notes() -> None:
    trainer = trained(names_spec(ModelSpec(2, 2, 12, 16, 27)), 10)
    turn_strips(trainer)
    made = of_prompt(trainer)

    def labels(tap: str, *index: int) -> list[str]:
        found = explained(trainer, made, tap, *index)
        return [" x ".join(operand.label for operand in term.operands) for term in found.terms]

    assert labels("blocks.0.attn.z", 0, 1, 3)[1] == "attention to token 1 x value of token 1 x fader"
    assert labels("blocks.0.attn_out", 1, 0)[-1] == "mean of muted head 1"
    assert labels("blocks.0.mlp_out", 1, 0)[0] == "bias x fader"
    assert labels("blocks.1.mlp_out", 1, 0)[-1] == "mean of the muted MLP"
    clamped = explained(trainer, made, "blocks.1.mlp.post", 2, 3)
    without = made.raw["blocks.1.mlp.post"][2, 3]
    assert (clamped.rule, clamped.value) == (Rule.GIVEN, 1.5)
    assert clamped.note == f"A clamp holds it at 1.5; without it, it would be {figure(without)}."


def test_dropout_is_a_factor_and_says_when_it_silenced_a_number() -> None:
    trainer = trained(names_spec(NAMES, 0.5), 10)
    made = of_batch(trainer)[0]
    notes = set()
    for feature in range(16):
        found = explained(trainer, made, "blocks.0.mlp_out", 0, feature)
        label = found.terms[0].operands[-1].label
        assert (label, found.value == 0.0) in {("dropped", True), ("kept by dropout", False)}
        assert found.title.endswith(", sequence 0")
        notes.add(found.note)
    assert notes == {"", "Dropout silenced it in this step."}


@pytest.mark.parametrize(
    ("tap", "index", "sentence"),
    [
        (
            "blocks.3.resid_mid",
            (0, 0),
            "no activation called 'blocks.3.resid_mid'; it has embed, pos_embed, blocks.N",
        ),
        ("logits", (0,), r"logits has 2 places \(token, next token\); 1 were given."),
        ("embed", (6, 0), "embed has no token 6: it counts from 0 to 5."),
        ("blocks.0.attn.q", (-1, 0, 0), "blocks.0.attn.q has no head -1: it counts from 0 to 1."),
        ("blocks.0.attn.pattern", (0, 0, 6), "blocks.0.attn.pattern has no key 6: it counts from 0 to 5."),
    ],
)
def test_what_is_not_there_is_a_sentence(tap: str, index: tuple[int, ...], sentence: str) -> None:
    trainer = trained(names_spec(NAMES), 0)
    with pytest.raises(ValueError, match=sentence):
        explained(trainer, of_prompt(trainer), tap, *index)


def test_what_training_did_not_compute_is_a_sentence() -> None:
    trainer = trained(sort_spec(SORT), 1)
    made = of_batch(trainer)[1]
    with pytest.raises(ValueError, match=r"\(token 0\) of sequence 1: probs was not computed there"):
        explained(trainer, made, "probs", 0, 0)
