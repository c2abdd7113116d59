"""The logit lens in words: its points, its cells, and the tokens in them. No widgets.

Letters: P points of the residual stream, T tokens of the prompt, K best tokens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from weightdeck.run.inside import Lens, OverSteps
from weightdeck_desktop.panels.token_words import given_tokens, next_tokens
from weightdeck_desktop.widgets.plain_number import plain_number

_LONGEST = 14  # characters of a prompt in a title


def token_names(vocabulary: Sequence[str]) -> tuple[str, ...]:
    """Names of the tokens that may come next; those that leave nothing to see are spelt."""
    return _spelt(next_tokens(vocabulary))


def prompt_names(tokens: Sequence[str]) -> tuple[str, ...]:
    """Names of the tokens of a prompt."""
    return _spelt(given_tokens(tokens))


def token_name(names: Sequence[str], token: int) -> str:
    """A token by its name, or by its number where the vocabulary is not known."""
    return names[token] if token < len(names) else f"{token}"


def place_names(names: Sequence[str]) -> tuple[str, ...]:
    """Tokens of a prompt with their places, which tell two of one name apart."""
    return tuple(f"{place} {name}" for place, name in enumerate(names))


def prompt_words(text: str) -> str:
    """A prompt in quotation marks, cut where it is long."""
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return _tr("“{0}”").format(short)


def point_names(points: Sequence[str]) -> tuple[str, ...]:
    """The points in the order of computation, in plain words; the last is the model's own prediction."""
    return (*(point_words(point) for point in points[:-1]), _tr("prediction")) if points else ()


def point_words(point: str) -> str:
    """A tap of the residual stream as a place on the way."""
    block, _, stage = point.removeprefix("blocks.").partition(".")
    words = {
        "resid_pre": _tr("before block {0}"),
        "resid_mid": _tr("after attention {0}"),
        "resid_post": _tr("after block {0}"),
    }
    return words[stage].format(block)


def probability_words(prob: float) -> str:
    """A probability, to two decimals and more where it is tiny."""
    return plain_number(prob, 2) if math.isfinite(prob) else _tr("not a number")


def nats_words(nats: float) -> str:
    return plain_number(nats, 2) if math.isfinite(nats) else _tr("not a number")


def with_unit(nats: float) -> str:
    """Nats beside a token, where a bare number would be taken for its probability."""
    return _tr("{0} nats").format(nats_words(nats)) if math.isfinite(nats) else nats_words(nats)


def best_words(lens: Lens, names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """(P, T) the likeliest token of every cell; of what is not a number none is."""
    return tuple(
        tuple(
            token_name(names, token) if math.isfinite(prob) else ""
            for token, prob in zip(tokens, probs, strict=True)
        )
        for tokens, probs in zip(lens.best[:, :, 0].tolist(), lens.probs[:, :, 0].tolist(), strict=True)
    )


def following_words(lens: Lens) -> tuple[tuple[str, ...], ...]:
    """(P, T) the prompt's own next token in every cell; after the last one nothing follows."""
    return ((*prompt_names(lens.tokens)[1:], ""),) * len(lens.points)


def cell_words(lens: Lens, names: Sequence[str], point: int, position: int) -> str:
    """All that a cell knows: where it is, its best tokens, the divergence, and the prompt's own next token."""
    place = _tr("{0}, at “{1}” (token {2})").format(
        point_names(lens.points)[point], prompt_names(lens.tokens)[position], position
    )
    best = ", ".join(
        f"{token_name(names, token)} {probability_words(prob)}"
        for token, prob in zip(
            lens.best[point, position].tolist(), lens.probs[point, position].tolist(), strict=True
        )
    )
    parts = [f"{place}: {best}"]
    if point < len(lens.points) - 1:
        nats = nats_words(float(lens.divergence[point, position]))
        parts.append(_tr("{0} nats from the prediction").format(nats))
    if position + 1 < len(lens.ids):
        following = prompt_names(lens.tokens)[position + 1]
        prob = probability_words(float(lens.following[point, position]))
        parts.append(_tr("what comes next, “{0}”: {1}").format(following, prob))
    return " · ".join(parts)


def lens_rows(lens: Lens, names: Sequence[str]) -> list[list[str]]:
    """Every cell as a row of a CSV file."""
    best = lens.best.shape[-1]
    heading = ["point", "position", "token", "kl_to_prediction_nats", "own_next_token_probability"]
    for rank in range(1, best + 1):
        heading += [f"best_{rank}", f"probability_{rank}"]
    rows = [heading]
    for point, tap in enumerate(lens.points):
        for position, token in enumerate(prompt_names(lens.tokens)):
            own = float(lens.following[point, position])
            row = [tap, str(position), token, f"{float(lens.divergence[point, position]):.7g}"]
            row.append("" if math.isnan(own) else f"{own:.7g}")
            for rank in range(best):
                row.append(token_name(names, int(lens.best[point, position, rank])))
                row.append(f"{float(lens.probs[point, position, rank]):.7g}")
            rows.append(row)
    return rows


def history_rows(over: OverSteps) -> list[list[str]]:
    """The probability of the followed token at every point and keyframe, as rows of a CSV file."""
    steps = over.steps.tolist()
    rows = [
        [str(step), *(f"{prob:.7g}" for prob in probs)]
        for step, probs in zip(steps, over.lens.tolist(), strict=True)
    ]
    return [["step", *over.points], *rows]


def _spelt(names: Sequence[str]) -> tuple[str, ...]:
    unseen = {
        " ": _tr("space"),
        "\n": _tr("newline"),
        "\t": _tr("tab"),
        "\r": _tr("return"),
        "": _tr("empty"),
    }
    return tuple(unseen.get(name, name) for name in names)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Lens", text)
