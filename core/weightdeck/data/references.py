"""How well models that know almost nothing predict a corpus: the reference lines of the loss."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from weightdeck.data.corpus import Corpus
from weightdeck.data.split import NO_TARGET, Split
from weightdeck.run.frame import ReferenceLosses


def reference_losses(corpus: Corpus) -> ReferenceLosses:
    """Nats per token over the validation split's targets that count, the same that a model's loss counts.

    Uniform knows the vocabulary's size, unigram the shares of the tokens, bigram their shares after each
    token. Both are counted on the training split's targets, with one added to every count.
    """
    vocab_size = corpus.tokenizer.vocab_size
    before, after = _pairs(corpus.train)
    counts_VV = np.zeros((vocab_size, vocab_size), dtype=np.int64)
    np.add.at(counts_VV, (before, after), 1)
    counts_V = counts_VV.sum(axis=0)
    log_unigram_V = np.log((counts_V + 1) / (counts_V.sum() + vocab_size))
    log_bigram_VV = np.log((counts_VV + 1) / (counts_VV.sum(axis=1, keepdims=True) + vocab_size))
    before, after = _pairs(corpus.validation)
    return ReferenceLosses(
        uniform=math.log(vocab_size),
        unigram=float(-log_unigram_V[after].mean()),
        bigram=float(-log_bigram_VV[before, after].mean()),
    )


def _pairs(split: Split) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every target that counts and the token before it."""
    counts = split.targets_NT != NO_TARGET
    return split.inputs_NT[counts], split.targets_NT[counts]
