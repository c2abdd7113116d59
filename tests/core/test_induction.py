"""The data set of repeated blocks, and that its preset learns to look them up."""

from __future__ import annotations

import numpy as np
import pytest

from weightdeck.data.batches import validation_sample
from weightdeck.data.induction import CHARACTERS, PERIODS, InductionCorpus, repeats
from weightdeck.data.split import NO_TARGET
from weightdeck.headless import HeadlessRun
from weightdeck.probes.heads import measure_heads
from weightdeck.probes.samples import generate
from weightdeck.run.frame import Sampling
from weightdeck.run.heads import INDUCTION, HeadScores, labels
from weightdeck.run.presets import load_preset

BLOCK_SIZE = 32


@pytest.fixture(scope="module")
def corpus() -> InductionCorpus:
    return InductionCorpus(BLOCK_SIZE, seed=1)


def block(item: str) -> str:
    return item[: item.index(item[0], 1)]


def heads_of(run: HeadlessRun) -> HeadScores:
    return measure_heads(run.trainer.trained, validation_sample(run.trainer.corpus, 128))


def named(scores: HeadScores) -> list[tuple[int, int]]:
    """Blocks and heads that are called induction heads."""
    return [
        (block, head)
        for block, row in enumerate(labels(scores))
        for head, found in enumerate(row)
        if INDUCTION in (label.pattern for label in found)
    ]


def test_the_characters_are_64_that_can_be_seen() -> None:
    assert len(set(CHARACTERS)) == 64
    assert all(character.isprintable() and not character.isspace() for character in CHARACTERS)


def test_an_item_is_a_block_of_distinct_characters_again_and_again(corpus: InductionCorpus) -> None:
    for item in corpus.train.items + corpus.validation.items:
        period = len(block(item))
        assert len(item) == BLOCK_SIZE + 1
        assert period in PERIODS
        assert len(set(item)) == period
        assert all(item[place] == item[place - period] for place in range(period, len(item)))


def test_arrays_say_what_the_items_say(corpus: InductionCorpus) -> None:
    for split in (corpus.train, corpus.validation):
        for row in range(0, len(split), 97):
            ids, _ = corpus.tokenizer.encode(split.items[row])
            period = len(block(split.items[row]))
            assert split.inputs_NT[row].tolist() == ids[:-1]
            assert split.targets_NT[row].tolist() == [NO_TARGET] * period + ids[period + 1 :]
        assert (split.lengths_N == BLOCK_SIZE).all()


def test_held_out_blocks_are_fresh(corpus: InductionCorpus) -> None:
    sides = [{block(item) for item in split.items} for split in (corpus.train, corpus.validation)]
    assert not sides[0] & sides[1]
    assert 400 < len(corpus.validation) < 700
    assert len(corpus.train) > 15_000


def test_periods_and_characters_are_even(corpus: InductionCorpus) -> None:
    blocks = [block(item) for item in corpus.train.items]
    expected = len(blocks) / len(PERIODS)
    periods = np.bincount([len(text) for text in blocks])[PERIODS[0] :]
    assert (abs(periods - expected) < 5 * expected**0.5).all()
    counts = np.array([sum(character in text for text in blocks) for character in CHARACTERS])
    assert (abs(counts - counts.mean()) < 5 * counts.mean() ** 0.5).all()
    firsts = np.array([sum(text[0] == character for text in blocks) for character in CHARACTERS])
    assert (abs(firsts - firsts.mean()) < 5 * firsts.mean() ** 0.5).all()


def test_draws_are_pinned_for_good(corpus: InductionCorpus) -> None:
    """Old journals replay only while these stay."""
    assert corpus.train.items[0] == "FmVTkuwFmVTkuwFmVTkuwFmVTkuwFmVTk"
    assert corpus.validation.items[0] == "s#KYQp7lIs#KYQp7lIs#KYQp7lIs#KYQp"


@pytest.mark.parametrize("text", ["abcabca", "aa", "aaaa", "machinemac", "abcdefghabcdefgha"])
def test_what_repeats_is_right(corpus: InductionCorpus, text: str) -> None:
    assert repeats(text)
    assert corpus.verdict(text) == "right"


@pytest.mark.parametrize("text", ["", "a", "abc", "abcabcc", "abcbc", "abab" + "a" * 4])
def test_what_does_not_repeat_is_wrong(corpus: InductionCorpus, text: str) -> None:
    assert corpus.verdict(text) == "wrong"


def test_it_contains_its_items_alone(corpus: InductionCorpus) -> None:
    item = corpus.validation.items[3]
    assert corpus.contains(item)
    assert corpus.contains(corpus.train.items[3])
    assert not corpus.contains(item[:-1])
    assert not corpus.contains("machinemac")


def test_openings_have_begun_again(corpus: InductionCorpus) -> None:
    openings = corpus.openings(6)
    assert len(set(openings)) == 6
    assert len({len(text) for text in openings}) == 1
    for text in openings:
        assert repeats(text)
        assert any(item.startswith(text) for item in corpus.validation.items)


def test_a_prompt_that_repeats_nothing_has_a_sentence(corpus: InductionCorpus) -> None:
    assert "once a character comes again" in corpus.prompt("machine").problem
    assert corpus.prompt("machinem").problem == ""
    assert corpus.prompt("ab!").problem.startswith(
        "Left out: !. This model knows only a to z, A to Z, 0 to 9, #, @. The model learns"
    )
    assert "comes again" not in corpus.prompt("").problem
    assert corpus.prompt(load_preset("induction").prompt).problem == ""


def test_a_context_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32; it is 31"):
        InductionCorpus(31, seed=1)


def test_no_induction_head_is_named_before_training() -> None:
    for seed in (1, 2, 3):
        assert named(heads_of(HeadlessRun(load_preset("induction").with_seed(seed)))) == []


@pytest.mark.slow
def test_the_preset_learns_to_look_up_what_came_after() -> None:
    run = HeadlessRun(load_preset("induction"))
    assert run.trainer.validation_loss() > 4.0
    assert run.history.records[-1].exact == 0.0
    run.train(1000)
    assert run.trainer.validation_loss() < 0.3
    assert run.history.records[-1].exact > 0.95
    scores = heads_of(run)
    assert named(scores)
    assert all(block == 1 for block, _ in named(scores)), "block 0 has nothing to look it up in"
    samples = generate(run.trainer, Sampling(temperature=0.0), "")
    assert [sample.verdict for sample in samples] == ["right"] * len(samples)
