"""One head of one reading: its matrices stage by stage, and what is said of their cells. No widgets.

Letters: H heads, Q tokens that look (queries), K tokens looked at (keys).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from weightdeck.run.inside import Floats
from weightdeck_desktop.panels.attention_words import entropies, unsure_words
from weightdeck_desktop.panels.inspector_words import value_words
from weightdeck_desktop.panels.tap_source import ShownTaps, TapSource
from weightdeck_desktop.panels.token_words import given_tokens
from weightdeck_desktop.widgets.plain_number import plain_number

SCORES, MASK, SOFTMAX = range(3)  # stages of attention, in order of computation
_NAMED = 4  # tokens that a line of words names


def pattern_tap(block: int) -> str:
    return f"blocks.{block}.attn.pattern"


def scores_tap(block: int) -> str:
    return f"blocks.{block}.attn.attn_scores"


@dataclass(frozen=True, slots=True)
class HeadReading:
    """A head's attention in what is shown. `pattern` and `scores` are (Q, K), None where they have not come."""

    block: int
    head: int
    tokens: tuple[str, ...]  # as a person meets them
    ids: tuple[int, ...]
    pattern: Floats | None
    scores: Floats | None
    is_share: bool  # whether `pattern` has shares of attention: no difference, no gradient
    is_gradient: bool

    def matrix(self, stage: int) -> Floats | None:
        """(Q, K) of a stage, NaN where a masked token has no share; of the mask 1 where a token may look, else 0."""
        if stage == SOFTMAX:
            return None if self.pattern is None else np.where(_masked(self.pattern), np.nan, self.pattern)
        if stage == SCORES or self.scores is None:
            return self.scores
        if self.is_gradient:  # nothing in a gradient tells the mask from a place that does not count
            return np.tril(np.ones_like(self.scores))
        # -inf, and nothing else, says in the scores that a place is masked.
        return np.where(np.isneginf(self.scores), np.float32(0.0), np.float32(1.0))

    def tap(self, stage: int) -> str:
        """Whose numbers a stage shows; the mask is part of the scores."""
        return pattern_tap(self.block) if stage == SOFTMAX else scores_tap(self.block)

    def cell_words(self, stage: int, query: int, key: int, remark: str = "") -> str:
        """What a cell says; a `remark` stands beside its number."""
        values = self.matrix(stage)
        assert values is not None
        value = float(values[query, key])
        words = _tr("{0} looks at {1} · ").format(self.tokens[query], self.tokens[key])
        aside = f" · {remark}" if remark else ""
        if stage == MASK:
            return words + (_tr("it may") if value else _tr("masked: it comes later"))
        if stage == SCORES and np.isneginf(value):
            return words + _tr("−∞, masked: it comes later") + aside
        if stage == SOFTMAX and self.pattern is not None and _masked(self.pattern)[query, key]:
            return words + _tr("masked: it comes later and gets nothing") + aside
        if stage == SCORES or not self.is_share:
            return words + value_words(value) + aside
        unsure = unsure_words(float(entropies(values[query : query + 1])[0]))
        return words + _tr("{0} · {1} {2}").format(plain_number(value, 4) + aside, self.tokens[query], unsure)

    def end_words(self, *, is_key: bool, token: int) -> str:
        """The strongest lines of one token, in words."""
        assert self.pattern is not None
        weights = self.pattern[:, token] if is_key else self.pattern[token]
        known = np.where(np.isfinite(weights), weights, np.float32(0.0))
        best = [
            place for place in np.argsort(-np.abs(known), kind="stable")[:_NAMED].tolist() if known[place]
        ]
        sign = "" if self.is_share else "+"
        named = ", ".join(
            f"{self.tokens[place]} {plain_number(float(known[place]), 3, sign)}" for place in best
        )
        words = _tr("{0} is looked at by: {1}") if is_key else _tr("{0} looks at: {1}")
        return words.format(self.tokens[token], named or _tr("nothing"))


def head_reading(shown: ShownTaps, block: int, head: int) -> HeadReading:
    """A head of what is shown, as far as its taps have come."""
    pattern, scores = shown.values.get(pattern_tap(block)), shown.values.get(scores_tap(block))
    return HeadReading(
        block,
        head,
        given_tokens(shown.tokens),
        shown.ids,
        None if pattern is None else pattern[head],
        None if scores is None else scores[head],
        not shown.is_signed(pattern_tap(block)),
        shown.source is TapSource.GRADIENT,
    )


def head_table(reading: HeadReading) -> list[list[str]]:
    """A row for every pair of tokens, under a row of headings; a stage that has not come is empty."""
    rows = [
        ["block", "head", "query", "token", "key", "looked at", "score", "may look", "share of attention"]
    ]
    mask = reading.matrix(MASK)
    for query, looks in enumerate(reading.tokens):
        for key, seen in enumerate(reading.tokens):
            place = (query, key)
            rows.append(
                [
                    *(str(reading.block), str(reading.head), str(query), looks, str(key), seen),
                    "" if reading.scores is None else f"{reading.scores[place]:.9g}",
                    "" if mask is None else f"{mask[place]:g}",
                    "" if reading.pattern is None else f"{reading.pattern[place]:.9g}",
                ]
            )
    return rows


def all_patterns(shown: ShownTaps, blocks: Sequence[int]) -> dict[int, Floats]:
    """(H, Q, K) of every block whose pattern has come."""
    return {block: shown.values[pattern_tap(block)] for block in blocks if pattern_tap(block) in shown.values}


def _masked(pattern_QK: Floats) -> NDArray[np.bool_]:
    """(Q, K) which tokens come later and got nothing: a number there would be a wrong one, and is shown."""
    return np.triu(np.ones(pattern_QK.shape, dtype=np.bool_), 1) & (pattern_QK == 0.0)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Attention", text)
