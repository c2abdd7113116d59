"""Scores of attention patterns: made by hand, counted slowly, padded and not."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from weightdeck.data import load_corpus
from weightdeck.data.batches import Batch, validation_sample
from weightdeck.data.split import NO_TARGET
from weightdeck.model.moment import Moment
from weightdeck.model.transformer import Rows
from weightdeck.probes.heads import measure_heads
from weightdeck.run.heads import (
    FIRST,
    INDUCTION,
    PATTERNS,
    PREVIOUS,
    SAME,
    HeadLabel,
    HeadScores,
    labels,
    prompt_heads,
)
from weightdeck.run.spec import ModelSpec, RunSpec
from weightdeck.training.trainer import Trainer

Floats = NDArray[np.float32]
BLOCK = (5, 3, 8, 1)
IDS = BLOCK * 3


def attention(*places: int) -> Floats:
    """(T, T): from every position all attention on one place."""
    pattern = np.zeros((len(places), len(places)), dtype=np.float32)
    pattern[np.arange(len(places)), places] = 1.0
    return pattern


def even_attention(tokens: int) -> Floats:
    return (np.tri(tokens) / np.arange(1, tokens + 1)[:, None]).astype(np.float32)


def looking_back(distance: int) -> Floats:
    """All attention on the position `distance` back, and on the first where there is none."""
    return attention(*(max(0, q - distance) for q in range(len(IDS))))


def one_head(pattern_QK: Floats, ids: tuple[int, ...] = IDS) -> HeadScores:
    return prompt_heads(pattern_QK[None, None], ids)


def score(scores: HeadScores, pattern: str) -> float:
    return float(scores.scores[0, 0, PATTERNS.index(pattern)])


def named(scores: HeadScores) -> list[str]:
    return [label.pattern for label in labels(scores)[0][0]]


def test_each_pattern_is_found_where_it_is_and_nowhere_else() -> None:
    cases = {
        PREVIOUS: looking_back(1),
        FIRST: attention(*[0] * len(IDS)),
        SAME: looking_back(len(BLOCK)),
        INDUCTION: looking_back(len(BLOCK) - 1),
    }
    for pattern, weights in cases.items():
        scores = one_head(weights)
        assert score(scores, pattern) == 1.0
        assert named(scores) == [pattern], f"resting on the first token is not enough: {scores.scores}"


def test_any_earlier_occurrence_counts() -> None:
    """In the third round a head may look up the first, the second, or half of each."""
    both = (looking_back(3) + looking_back(7)) / 2
    both[:8] = looking_back(3)[:8]
    assert score(one_head(both), INDUCTION) == pytest.approx(1.0)
    both = (looking_back(4) + looking_back(8)) / 2
    both[:8] = looking_back(4)[:8]
    assert score(one_head(both), SAME) == pytest.approx(1.0)


def test_a_score_is_the_mean_attention() -> None:
    """What is half before it and half on itself."""
    scores = one_head((looking_back(1) + np.eye(len(IDS), dtype=np.float32)) / 2)
    assert score(scores, PREVIOUS) == pytest.approx(0.5)
    assert score(scores, INDUCTION) == 0.0
    assert labels(scores) == (((HeadLabel(PREVIOUS, pytest.approx(0.5)),),),)


def test_even_attention_names_nothing_and_scores_what_even_attention_scores() -> None:
    for ids in (IDS, (1, 2, 1), (0, 1, 2), (7,)):
        scores = one_head(even_attention(len(ids)), ids)
        assert named(scores) == []
        np.testing.assert_allclose(scores.scores[0, 0], scores.even, rtol=1e-6)


def test_patterns_that_coincide_are_not_measured() -> None:
    two = one_head(attention(0, 0), (4, 9))
    assert two.positions.tolist() == [0, 0, 0, 0], "the previous token is the first"
    assert named(two) == []
    # The first token again after one other: the same token is the first, and what came after it the previous.
    assert one_head(even_attention(3), (4, 9, 4)).positions.tolist() == [0, 0, 0, 0]
    # A double: the same token is the previous; induction means the second of the two itself.
    assert one_head(even_attention(4), (4, 9, 8, 8)).positions.tolist() == [1, 2, 0, 1]
    assert one_head(even_attention(len(IDS)), IDS).positions.tolist() == [10, 8, 6, 8]


def test_what_was_not_measured_is_no_number() -> None:
    scores = one_head(attention(0, 0, 0), (1, 2, 3))
    assert np.isnan(scores.scores[0, 0]).tolist() == [False, False, True, True]
    assert np.isnan(scores.even).tolist() == [False, False, True, True]
    assert named(scores) == [FIRST]
    lone = one_head(attention(0), (1,))
    assert np.isnan(lone.scores).all()
    assert np.isnan(lone.entropy).all()


def test_entropy_is_that_of_the_rows_after_the_first() -> None:
    assert one_head(looking_back(1)).entropy[0, 0] == 0.0
    expected = np.mean([math.log(choices) for choices in range(2, len(IDS) + 1)])
    assert one_head(even_attention(len(IDS))).entropy[0, 0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("score", "even", "name"),
    [
        (0.41, 0.1, True),
        (0.39, 0.1, False),
        (0.7, 0.45, True),
        (0.7, 0.55, False),
        (math.nan, math.nan, False),
    ],
)
def test_a_name_takes_a_score_and_a_gain(score: float, even: float, name: bool) -> None:
    scores = HeadScores(
        scores=np.array([[[0.0, score, 0.0, 0.0]]], dtype=np.float32),
        even=np.array([0.1, even, 0.1, 0.1], dtype=np.float32),
        positions=np.array([9, 9, 9, 9]),
        entropy=np.zeros((1, 1), dtype=np.float32),
    )
    assert named(scores) == ([FIRST] if name else [])


def test_two_names_come_the_stronger_first() -> None:
    """It looks up what came after, and rests on the first token while there is nothing to look up."""
    weights = looking_back(3)
    weights[:4] = attention(*[0] * len(IDS))[:4]
    weights[4:] *= 0.9
    weights[4:, 0] += 0.1
    ids = (*IDS[:5], 9, 10, 11, 12, 13, 14, 15)
    weights[5:] = attention(*[0] * len(IDS))[5:]
    assert named(one_head(weights, ids)) == [FIRST, INDUCTION]


def slow_scores(patterns_LHQK: Floats, ids: tuple[int, ...]) -> tuple[Floats, list[int]]:
    """Sums of attention (L, H, P) and numbers of positions, spelt out."""
    sums = np.zeros((*patterns_LHQK.shape[:2], len(PATTERNS)))
    positions = [0] * len(PATTERNS)
    for q in range(len(ids)):
        earlier = {k for k in range(q) if ids[k] == ids[q]}
        looked_at = {
            PREVIOUS: {q - 1} if q else set(),
            FIRST: {0} if q else set(),
            SAME: earlier,
            INDUCTION: {k + 1 for k in earlier},
        }
        for place, pattern in enumerate(PATTERNS):
            others = set().union(*(looked_at[other] for other in PATTERNS if other != pattern))
            if looked_at[pattern] and not looked_at[pattern] & others:
                positions[place] += 1
                sums[:, :, place] += patterns_LHQK[:, :, q, sorted(looked_at[pattern])].sum(-1)
    return sums, positions


@pytest.mark.parametrize(("dataset", "block_size"), [("names", 16), ("sort", 11), ("induction", 32)])
def test_a_padded_batch_equals_its_prompts_counted_slowly(dataset: str, block_size: int) -> None:
    corpus = load_corpus(dataset, block_size, seed=1)
    model = ModelSpec(2, 2, 8, block_size, corpus.tokenizer.vocab_size)
    moment = random_moment(model)
    sample = validation_sample(corpus, 40)
    measured = measure_heads(moment, sample)
    sums = np.zeros((2, 2, len(PATTERNS)))
    positions = np.zeros(len(PATTERNS), dtype=int)
    entropies, choosing = np.zeros((2, 2)), 0
    for ids in real_ids(sample):
        patterns = patterns_of(moment, ids)
        single = prompt_heads(patterns, ids)
        more, counted = slow_scores(patterns, ids)
        np.testing.assert_array_equal(single.positions, counted)
        np.testing.assert_allclose(np.nan_to_num(single.scores) * counted, more, atol=1e-5)
        sums += more
        positions += counted
        entropies += np.nan_to_num(single.entropy) * (len(ids) - 1)
        choosing += len(ids) - 1
    np.testing.assert_array_equal(measured.positions, positions)
    assert (positions > 0).all()
    np.testing.assert_allclose(measured.scores, sums / positions, atol=1e-5)
    np.testing.assert_allclose(measured.entropy, entropies / choosing, atol=1e-5)


def test_the_entropy_is_that_of_the_records(names_spec: RunSpec) -> None:
    from weightdeck.probes.layers import SAMPLE_ITEMS, LayerProbe

    trainer = Trainer(names_spec)
    _, statistics = LayerProbe(trainer).measure()
    measured = measure_heads(trainer.trained, validation_sample(trainer.corpus, SAMPLE_ITEMS))
    np.testing.assert_allclose(measured.entropy, statistics.entropy, atol=1e-6)


def test_measuring_leaves_arrays_that_nobody_can_change() -> None:
    scores = one_head(looking_back(1))
    for array in (scores.scores, scores.even, scores.positions, scores.entropy):
        assert not array.flags.writeable


def random_moment(model: ModelSpec) -> Moment:
    """Weights large enough for attention that is anything but even."""
    from weightdeck.run.layout import layout

    generator = torch.Generator().manual_seed(5)
    weights = {info.name: torch.randn(info.shape, generator=generator) for info in layout(model).tensors}
    return Moment(0, model, weights)


def real_ids(sample: Batch) -> list[tuple[int, ...]]:
    ids_BT, targets_BT = sample
    ends = [int(np.flatnonzero(row != NO_TARGET)[-1]) + 1 for row in targets_BT]
    return [tuple(row[:end].tolist()) for row, end in zip(ids_BT, ends, strict=True)]


def patterns_of(moment: Moment, ids: tuple[int, ...]) -> Floats:
    found: list[Floats] = []

    def keep(name: str, value: torch.Tensor) -> torch.Tensor:
        if name.endswith("attn.pattern"):
            found.append(value.numpy().copy())
        return value

    moment.logits(Rows.of_prompt(ids), keep)
    return np.stack(found)
