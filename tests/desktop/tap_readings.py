"""Readings of taps as the engine would give them, with numbers that tell every cell from every other."""

from __future__ import annotations

import numpy as np

from weightdeck.run.inside import Floats, TapReading, Taps
from weightdeck.run.layout import tap_shapes
from weightdeck.run.spec import ModelSpec
from weightdeck.run.subjects import InBatch, InPrompt, Where

MODEL = ModelSpec(n_layer=2, n_head=3, n_embd=12, block_size=8, vocab_size=5)
VOCABULARY = ("·", "a", "b", "c", "d")


def reading(text: str = "abca", seed: int = 1, where: Where | None = None) -> TapReading:
    """Every tap of a prompt: random, scores masked, patterns with rows that sum to 1."""
    ids = (0, *(VOCABULARY.index(letter) for letter in text))
    numbers = np.random.default_rng(seed)
    values: dict[str, Floats] = {}
    for tap, shape in tap_shapes(MODEL, len(ids)).items():
        drawn = numbers.normal(size=shape).astype(np.float32)
        if tap.endswith("attn_scores"):
            drawn[:, np.triu(np.ones(shape[1:], dtype=bool), 1)] = -np.inf
        values[tap] = drawn
    for block in range(MODEL.n_layer):
        scores = values[f"blocks.{block}.attn.attn_scores"]
        shares = np.exp(scores)
        values[f"blocks.{block}.attn.pattern"] = shares / shares.sum(-1, keepdims=True)
    gradients = {tap: -value for tap, value in values.items()} if isinstance(where, InBatch) else {}
    names = tuple(VOCABULARY[place] for place in ids)
    return TapReading(where or InPrompt(text), ids, names, values, gradients)


def taps(*readings: TapReading, step: int = 40, problem: str = "") -> Taps:
    return Taps(readings, problem, step)
