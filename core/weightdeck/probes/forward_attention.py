"""Lines of the forward pass that go between tokens: queries, keys, values, scores, pattern, and what comes of them.

Cells are (head, token, feature) or (head, query, key); of ``attn_out`` (token, feature).
"""

from __future__ import annotations

import math

from weightdeck.probes.backward import Cell, Line
from weightdeck.probes.forward import Forward
from weightdeck.probes.forward_tokens import softmax
from weightdeck.run.explanation import Operand, Rule, Term

_MADE = ("attn.q", "attn.k", "attn.v")  # in the order of c_attn's rows


def query_key_value(forward: Forward, tap: str, cell: Cell) -> Line:
    """One feature of a query, key or value: a linear map of what the first layer norm made."""
    head, position, feature = cell
    block, made = tap.removeprefix("blocks.").split(".", 1)
    model = forward.made.model
    row = _MADE.index(made) * model.n_embd + head * model.head_size + feature
    inputs = [
        forward.activation(f"norm {column}", f"blocks.{block}.ln1.normalized", (position, column))
        for column in range(model.n_embd)
    ]
    return Line("b + sum of x × w", forward.linear(f"transformer.h.{block}.attn.c_attn", row, inputs))


def score(forward: Forward, tap: str, cell: Cell) -> Line:
    """How well a query fits a key."""
    head, query, key = cell
    if key > query:
        mask = Term((Operand("mask", -math.inf),))
        note = f"Masked: {forward.token(key)} comes after {forward.token(query)}, which may not look ahead."
        return Line("−∞", (mask,), note=note, rule=Rule.GIVEN)
    D = forward.made.model.head_size
    scale = Operand(f"1 / sqrt({D})", 1.0 / math.sqrt(D))
    attn = tap.removesuffix("attn_scores")
    terms = (
        Term(
            (
                forward.activation(f"query {feature}", f"{attn}q", (head, query, feature)),
                forward.activation(f"key {feature}", f"{attn}k", (head, key, feature)),
                scale,
            )
        )
        for feature in range(D)
    )
    return Line(f"sum of q × k / sqrt({D})", tuple(terms))


def pattern(forward: Forward, tap: str, cell: Cell) -> Line:
    """The share of its attention that a token gives to another."""
    head, query, key = cell
    scores = tap.removesuffix("pattern") + "attn_scores"
    note = f"Masked: {forward.token(key)} comes later, and exp(−∞) is 0." if key > query else ""
    others = (other for other in range(query + 1) if other != key)
    terms = (
        Term((forward.activation(f"score to token {place}", scores, (head, query, place)),))
        for place in (key, *others)
    )
    return softmax(tuple(terms), note)


def gathered(forward: Forward, tap: str, cell: Cell) -> Line:
    """What a head takes along from the tokens that it looks at."""
    head, query, feature = cell
    attn = tap.removesuffix("z")
    fader = forward.fader(tap, head)
    terms = (
        Term(
            (
                forward.activation(f"attention to token {key}", f"{attn}pattern", (head, query, key)),
                *forward.kept(f"{attn}pattern", (head, query, key)),
                forward.activation(f"value of token {key}", f"{attn}v", (head, key, feature)),
                *fader,
            )
        )
        for key in range(query + 1)
    )
    return Line("sum of a × v", tuple(terms))


def written(forward: Forward, tap: str, cell: Cell) -> Line:
    """What attention adds to the stream: a linear map of what all heads gathered."""
    position, feature = cell
    model, block = forward.made.model, tap.split(".")[1]
    inputs = [
        forward.activation(
            f"head {block}.{head} feature {place}", f"blocks.{block}.attn.z", (head, position, place)
        )
        for head in range(model.n_head)
        for place in range(model.head_size)
    ]
    made = forward.linear(f"transformer.h.{block}.attn.c_proj", feature, inputs, forward.kept(tap, cell))
    return Line("b + sum of z × w", (*made, *forward.means(tap, feature)))
