from __future__ import annotations

import math
from collections import Counter

import pytest

from weightdeck.data import load_corpus
from weightdeck.data.references import reference_losses


def predictions(item: str, dataset: str) -> list[tuple[str, str]]:
    """What counts of an item: (token before, token to predict), spelt out from the text."""
    text = f".{item}." if dataset == "names" else item
    first = {"names": 1, "sort": 6, "induction": item.find(item[0], 1) + 1}[dataset]
    return [(text[i - 1], text[i]) for i in range(first, len(text))]


@pytest.mark.parametrize(
    ("dataset", "block_size", "vocabulary"), [("names", 16, 27), ("sort", 11, 3), ("induction", 32, 64)]
)
def test_reference_losses_equal_a_slow_count(dataset: str, block_size: int, vocabulary: int) -> None:
    corpus = load_corpus(dataset, block_size, seed=3)
    singles: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    befores: Counter[str] = Counter()
    for item in corpus.train.items:
        for before, after in predictions(item, dataset):
            singles[after] += 1
            pairs[before, after] += 1
            befores[before] += 1
    unigram = bigram = 0.0
    measured = 0
    for item in corpus.validation.items:
        for before, after in predictions(item, dataset):
            unigram -= math.log((singles[after] + 1) / (singles.total() + vocabulary))
            bigram -= math.log((pairs[before, after] + 1) / (befores[before] + vocabulary))
            measured += 1
    references = reference_losses(corpus)
    assert references.uniform == pytest.approx(math.log(vocabulary), abs=1e-12)
    assert references.unigram == pytest.approx(unigram / measured, abs=1e-12)
    assert references.bigram == pytest.approx(bigram / measured, abs=1e-12)


def test_more_knowledge_predicts_better() -> None:
    references = reference_losses(load_corpus("names", 16, seed=1))
    assert references.bigram < references.unigram - 0.3 < references.uniform - 0.6
