"""Lines of the backward pass that go between tokens: attention's output, pattern, scores, queries, keys, values.

Source of the formulas: ``weightdeck.model.reference.loss_and_gradients``. ``g(x)`` is d loss / d x. Cells are
(head, token, feature) or (head, query, key).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from weightdeck.probes.backward import Backward, Cell, Line
from weightdeck.run.explanation import Operand, Rule, Term

MADE = ("attn.q", "attn.k", "attn.v")  # in the order of c_attn's rows


def first_norm(back: Backward, tap: str, cell: Cell) -> Line:
    """What attention reads: from its query, key and value in every head."""
    position, feature = cell
    block, C = int(tap.split(".")[1]), back.made.model.n_embd
    terms = (
        Term(
            (
                *back.arriving(*made_cell(block, row, position, C, back.made.model.head_size)),
                back.weight(f"transformer.h.{block}.attn.c_attn.weight", (row, feature)),
            )
        )
        for row in range(3 * C)
    )
    return Line("sum of g(query) × w + g(key) × w + g(value) × w", tuple(terms))


def made_cell(block: int, row: int, position: int, n_embd: int, head_size: int) -> tuple[str, Cell]:
    """The query, key or value that a row of c_attn makes at a token."""
    part, within = divmod(row, n_embd)
    head, feature = divmod(within, head_size)
    return f"blocks.{block}.{MADE[part]}", (head, position, feature)


def gathered(back: Backward, tap: str, cell: Cell) -> Line:
    """What a head gathered: from all that attention writes."""
    head, position, feature = cell
    block = tap.split(".")[1]
    if not back.is_counted(f"blocks.{block}.attn_out", position):
        return _nothing(
            "The loss does not count at this token, and the last block passes nothing on to others."
        )
    column = head * back.made.model.head_size + feature
    terms = (
        Term(
            (
                *back.arriving(f"blocks.{block}.attn_out", (position, written)),
                back.weight(f"transformer.h.{block}.attn.c_proj.weight", (written, column)),
            )
        )
        for written in range(back.made.model.n_embd)
    )
    return Line("sum of g(attention out) × w", tuple(terms))


def attention(back: Backward, tap: str, cell: Cell) -> Line:
    """How much a token looks at another: how far what that one holds would help."""
    head, query, key = cell
    block = _block(tap)
    terms = (
        Term(
            (
                *back.arriving(block + "attn.z", (head, query, feature)),
                *back.kept(tap, cell),
                back.activation(block + "attn.v", (head, key, feature)),
            )
        )
        for feature in range(back.made.model.head_size)
    )
    note = "The mask keeps this at 0 whatever its gradient." if key > query else ""
    return Line("sum of g(gathered) × value", tuple(terms), note=note)


def score(back: Backward, tap: str, cell: Cell) -> Line:
    """Through the softmax: its own share, less what it takes from all the others."""
    head, query, key = cell
    if key > query:
        return _nothing("The mask hides the tokens that come later.")
    pattern = _block(tap) + "attn.pattern"
    own = back.activation(pattern, cell)
    less = Operand(f"− {own.label}", -own.value)
    terms = [Term((*back.arriving(pattern, cell), own))]
    for other in range(query + 1):
        place = (head, query, other)
        terms.append(Term((*back.arriving(pattern, place), back.activation(pattern, place), less)))
    return Line("g(a) × a − a × sum of g(a') × a'", tuple(terms))


def query(back: Backward, tap: str, cell: Cell) -> Line:
    """From the scores of all tokens that it looks at."""
    head, position, feature = cell
    pairs = (((head, position, key), (head, key, feature)) for key in range(position + 1))
    return _through_scores(back, _block(tap), "attn.k", pairs, "sum of g(score) × key / √D")


def key(back: Backward, tap: str, cell: Cell) -> Line:
    """From the scores of all tokens that look at it."""
    head, position, feature = cell
    pairs = (((head, asking, position), (head, asking, feature)) for asking in range(position, back.tokens))
    return _through_scores(back, _block(tap), "attn.q", pairs, "sum of g(score) × query / √D")


def value(back: Backward, tap: str, cell: Cell) -> Line:
    """From what every token that looks at it gathered."""
    head, position, feature = cell
    block = _block(tap)
    pattern = block + "attn.pattern"
    terms = (
        Term(
            (
                *back.arriving(block + "attn.z", (head, asking, feature)),
                *back.kept(pattern, (head, asking, position)),
                back.activation(pattern, (head, asking, position)),
            )
        )
        for asking in range(position, back.tokens)
    )
    return Line("sum of g(gathered) × attention", tuple(terms))


def _through_scores(
    back: Backward, block: str, other: str, pairs: Iterable[tuple[Cell, Cell]], symbols: str
) -> Line:
    scale = Operand(f"1 / √{back.made.model.head_size}", 1.0 / math.sqrt(back.made.model.head_size))
    terms = (
        Term(
            (*back.arriving(block + "attn.attn_scores", scored), back.activation(block + other, held), scale)
        )
        for scored, held in pairs
    )
    return Line(symbols, tuple(terms))


def _nothing(note: str) -> Line:
    return Line("0", (Term((Operand("nothing", 0.0),)),), note=note, rule=Rule.GIVEN)


def _block(tap: str) -> str:
    """The block's prefix of a tap: "blocks.0."."""
    return ".".join(tap.split(".", 2)[:2]) + "."
