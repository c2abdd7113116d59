"""Why the loss of the newest batch would move as it does with one number of an activation: the backward pass, one line
of arithmetic at a time.
"""

from __future__ import annotations

import math

from weightdeck.probes.backward import Backward, Cell, Line, position_of, tail, written
from weightdeck.probes.backward_attention import attention, first_norm, gathered, key, query, score, value
from weightdeck.probes.backward_tokens import (
    added,
    before_neuron,
    embedding,
    final_norm,
    logit,
    neuron,
    second_norm,
    stream,
)
from weightdeck.probes.explain import check_cell
from weightdeck.run.explanation import Explanation
from weightdeck.run.subjects import TapCell, TapGradient

_LINES = {
    "resid_pre": stream,
    "ln1.normalized": first_norm,
    "attn.q": query,
    "attn.k": key,
    "attn.v": value,
    "attn.attn_scores": score,
    "attn.pattern": attention,
    "attn.z": gathered,
    "attn_out": added,
    "resid_mid": stream,
    "ln2.normalized": second_norm,
    "mlp.pre": before_neuron,
    "mlp.post": neuron,
    "mlp_out": added,
    "resid_post": stream,
}
_OUTSIDE_BLOCKS = {
    "embed": embedding,
    "pos_embed": embedding,
    "ln_final.normalized": final_norm,
    "logits": logit,
}
_CLAMPED = "It is clamped: nothing before it gets any of this."


def explain_gradient(back: Backward, subject: TapGradient) -> Explanation:
    """One line of the backward pass of a sequence. `value` is autograd's float32 number: the gradient of the activation
    as the rest of the pass used it, after strips and clamps.

    Raises ``ValueError`` with a sentence when there is no such number, or when it has no gradient.
    """
    tap, cell = subject.tap, subject.index
    _check(back, tap, cell)
    line = _line(back, tap, cell)
    found = float(back.made.gradients[tap][cell])
    note = f"{line.note} {_CLAMPED if back.is_clamped(tap, cell) else ''}".strip()
    return Explanation(
        subject=subject,
        step=back.made.step,
        title=f"gradient of {back.words(tap, cell)}",
        value=found,
        rule=line.rule,
        symbols=line.symbols,
        numbers=written(line.terms, found),
        terms=line.terms,
        facts=line.facts,
        note=note,
        related=(("the number itself", TapCell(back.made.where, tap, cell)),),
    )


def _line(back: Backward, tap: str, cell: Cell) -> Line:
    outside = _OUTSIDE_BLOCKS.get(tap)
    return _LINES[tail(tap)](back, tap, cell) if outside is None else outside(back, cell)


def _check(back: Backward, tap: str, cell: Cell) -> None:
    """Raise ``ValueError`` with a sentence when a cell has no gradient."""
    check_cell(TapCell(back.made.where, tap, cell), back.made.model, back.tokens)
    if tap == "probs":
        raise ValueError("Probabilities have no gradient of their own: the loss is made of the logits.")
    if math.isnan(back.made.gradients[tap][cell]):
        where = f"{back.token(position_of(cell))} of sequence {back.row}"
        raise ValueError(f"The loss does not count at {where}: {tap} was not computed there.")
