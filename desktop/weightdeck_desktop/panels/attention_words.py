"""What is said of an attention head: how sure it is, and which patterns it was measured to follow. No widgets.

Letters: Q tokens that look (queries), K tokens looked at (keys), P patterns.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from weightdeck.run.heads import (
    FIRST,
    INDUCTION,
    PATTERNS,
    PREVIOUS,
    SAME,
    HeadLabel,
    HeadScores,
    prompt_heads,
)
from weightdeck.run.inside import Floats


def pattern_words(pattern: str) -> str:
    """A pattern as it is shown."""
    return {
        PREVIOUS: _tr("previous token"),
        FIRST: _tr("first token"),
        SAME: _tr("same token"),
        INDUCTION: _tr("induction"),
    }[pattern]


def label_words(labels: tuple[HeadLabel, ...]) -> str:
    """A head's names, the strongest first, with their scores; "" for a head without one."""
    return ", ".join(f"{pattern_words(label.pattern)} {label.score:.2f}" for label in labels)


def short_label_words(labels: tuple[HeadLabel, ...]) -> str:
    """The strongest of a head's names in a word, with its score."""
    words = {
        PREVIOUS: _tr("previous"),
        FIRST: _tr("first"),
        SAME: _tr("same"),
        INDUCTION: _tr("induction"),
    }
    return f"{words[labels[0].pattern]} {labels[0].score:.2f}" if labels else ""


def entropies(pattern_QK: Floats) -> NDArray[np.float64]:
    """(Q,) entropy of every row, nats; NaN for a row that has no finite value."""
    known_QK = np.where(np.isfinite(pattern_QK), pattern_QK, 0.0).astype(np.float64)
    logs_QK = np.log(np.where(known_QK > 0.0, known_QK, 1.0))
    nats_Q: NDArray[np.float64] = -(known_QK * logs_QK).sum(1)
    nats_Q[~np.isfinite(pattern_QK).any(1)] = np.nan
    return np.abs(nats_Q)  # no -0.0


def head_entropy(pattern_QK: Floats) -> float:
    """Mean entropy of the tokens after the first, which has no choice; nats, NaN where there are none."""
    return float(entropies(pattern_QK)[1:].mean()) if len(pattern_QK) > 1 else math.nan


def unsure_words(nats: float) -> str:
    """ "as unsure as among 2.3 tokens (0.83 nats)"; "" for NaN."""
    if math.isnan(nats):
        return ""
    return _tr("as unsure as among {0:.1f} tokens ({1:.2f} nats)").format(math.exp(nats), nats)


def prompt_scores(pattern_QK: Floats, ids: tuple[int, ...]) -> Floats:
    """(P,) attention to the places of every pattern in one prompt, as `HeadScores` defines them; NaN without places."""
    scores_P: Floats = prompt_heads(pattern_QK[None, None], ids).scores[0, 0]
    return scores_P


def score_lines(measured: HeadScores | None, block: int, head: int, here_P: Floats | None) -> str:
    """A line for each pattern: the score over the validation data, what even attention gets, and on this prompt."""
    if measured is None:
        return _tr("Patterns are not measured yet.")
    lines = []
    for place, pattern in enumerate(PATTERNS):
        score = float(measured.scores[block, head, place])
        if math.isnan(score):
            lines.append(_tr("{0}: never possible in the data").format(pattern_words(pattern)))
            continue
        line = _tr("{0}: {1:.2f} (even attention {2:.2f}; {3:,} positions)").format(
            pattern_words(pattern), score, float(measured.even[place]), int(measured.positions[place])
        )
        if here_P is not None and not math.isnan(here_P[place]):
            line += _tr(", on this prompt {0:.2f}").format(here_P[place])
        lines.append(line)
    return "\n".join(lines)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Attention", text)
