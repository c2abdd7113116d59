"""Where a number of the forward pass comes from, one line of arithmetic at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from weightdeck.probes import forward_attention as attention
from weightdeck.probes import forward_tokens as tokens
from weightdeck.probes.backward import Cell, Line, tail, written
from weightdeck.probes.explain_written import figure, next_token
from weightdeck.probes.forward import Forward
from weightdeck.probes.passes import ForwardPass
from weightdeck.run.explanation import Explanation, Operand, Rule, Term
from weightdeck.run.layout import tap_shapes
from weightdeck.run.spec import ModelSpec
from weightdeck.run.subjects import InBatch, TapCell

_LINES: dict[str, Callable[[Forward, str, Cell], Line]] = {
    "embed": tokens.token_vector,
    "pos_embed": tokens.position_vector,
    "resid_pre": tokens.entering,
    "ln1.normalized": tokens.normalized,
    "attn.q": attention.query_key_value,
    "attn.k": attention.query_key_value,
    "attn.v": attention.query_key_value,
    "attn.attn_scores": attention.score,
    "attn.pattern": attention.pattern,
    "attn.z": attention.gathered,
    "attn_out": attention.written,
    "resid_mid": tokens.after_attention,
    "ln2.normalized": tokens.normalized,
    "mlp.pre": tokens.before_neuron,
    "mlp.post": tokens.neuron,
    "mlp_out": tokens.written,
    "resid_post": tokens.after_mlp,
    "ln_final.normalized": tokens.normalized,
    "logits": tokens.logit,
    "probs": tokens.probability,
}
_TITLES = {  # {head} is with its block: 0.1
    "embed": "token vector, feature {feature}, of {token}",
    "pos_embed": "position vector, feature {feature}, of {token}",
    "resid_pre": "stream {feature} entering block {block} at {token}",
    "ln1.normalized": "first norm {feature} of block {block} at {token}",
    "attn.q": "query {feature} of head {head} at {token}",
    "attn.k": "key {feature} of head {head} at {token}",
    "attn.v": "value {feature} of head {head} at {token}",
    "attn.attn_scores": "score of head {head} from {token} to {other}",
    "attn.pattern": "attention of head {head} from {token} to {other}",
    "attn.z": "feature {feature} gathered by head {head} at {token}",
    "attn_out": "attention out {feature} of block {block} at {token}",
    "resid_mid": "stream {feature} after the attention of block {block} at {token}",
    "ln2.normalized": "second norm {feature} of block {block} at {token}",
    "mlp.pre": "neuron {feature} of block {block} before its nonlinearity at {token}",
    "mlp.post": "neuron {feature} of block {block} at {token}",
    "mlp_out": "MLP out {feature} of block {block} at {token}",
    "resid_post": "stream {feature} after block {block} at {token}",
    "ln_final.normalized": "final norm {feature} at {token}",
    "logits": "logit of {next} after {token}",
    "probs": "probability of {next} after {token}",
}


def explain_tap(made: ForwardPass, cell: TapCell, vocabulary: Sequence[str]) -> Explanation:
    """One line of the forward pass: what the number, as the rest of the pass used it, was computed from.

    Raises ``ValueError`` with a sentence when the pass has no such number.
    """
    check_cell(cell, made.model, len(made.ids))
    forward = Forward(made, vocabulary)
    tap, index = cell.tap, cell.index
    value = float(made.shown[tap][index])
    if math.isnan(value) and isinstance(made.where, InBatch):
        raise ValueError(
            f"The loss does not count at {forward.token(index[0])} of sequence {made.where.row}: {tap} was not "
            "computed there."
        )
    line = _clamped(forward, cell) or _LINES[tail(tap)](forward, tap, index)
    return Explanation(
        subject=cell,
        step=made.step,
        title=_title(forward, cell),
        value=value,
        rule=line.rule,
        symbols=line.symbols,
        numbers=_numbers(line, value),
        terms=line.terms,
        facts=line.facts,
        note=line.note or _dropped(line),
    )


def check_cell(cell: TapCell, model: ModelSpec, token_count: int) -> None:
    """Raise ``ValueError`` with a sentence when a sequence of so many tokens has no such number."""
    shapes = tap_shapes(model, token_count)
    if cell.tap not in shapes:
        raise ValueError(
            f"This model has no activation called {cell.tap!r}; it has {', '.join(_known(shapes))}."
        )
    shape, axes = shapes[cell.tap], _axes(cell.tap, shapes[cell.tap])
    if len(cell.index) != len(shape):
        raise ValueError(
            f"A number of {cell.tap} has {len(shape)} places ({', '.join(axes)}); {len(cell.index)} were given."
        )
    for axis, place, size in zip(axes, cell.index, shape, strict=True):
        if not 0 <= place < size:
            raise ValueError(f"{cell.tap} has no {axis} {place}: it counts from 0 to {size - 1}.")


def _known(shapes: dict[str, tuple[int, ...]]) -> list[str]:
    """The names of taps, those of the blocks once."""
    return list(dict.fromkeys(f"blocks.N.{tail(tap)}" if tail(tap) != tap else tap for tap in shapes))


def _axes(tap: str, shape: tuple[int, ...]) -> tuple[str, ...]:
    if tap.endswith(("attn_scores", "pattern")):
        return "head", "query", "key"
    last = "next token" if tap in ("logits", "probs") else "feature"
    return ("head", "token", last) if len(shape) == 3 else ("token", last)


def _clamped(forward: Forward, cell: TapCell) -> Line | None:
    """What there is to say where a clamp holds a number; None where none does."""
    if not forward.is_clamped(cell.tap, cell.index[-1]):
        return None
    value = float(forward.made.shown[cell.tap][cell.index])
    without = float(forward.made.raw[cell.tap][cell.index])
    note = f"A clamp holds it at {figure(value)}; without it, it would be {figure(without)}."
    return Line("held", (Term((Operand("clamp", value),)),), note=note, rule=Rule.GIVEN)


def _dropped(line: Line) -> str:
    """Whether dropout silenced the number as a whole."""
    is_dropped = all(any(operand.label == "dropped" for operand in term.operands) for term in line.terms)
    return "Dropout silenced it in this step." if is_dropped else ""


def _numbers(line: Line, value: float) -> str:
    """The line's formula with its real numbers."""
    terms = line.terms
    if line.rule is Rule.SUM:
        return written(terms, value)
    if line.rule is Rule.GIVEN:
        return figure(value)
    last = line.facts[-1].value
    if line.rule is Rule.SOFTMAX:
        inner = f"{figure(terms[0].value)} − {figure(line.facts[0].value)}".replace("− −", "+ ")
        return f"exp({inner}) / {figure(last)} = {figure(value)}"
    return f"{figure(terms[0].value)} × {figure(last)} = {figure(value)}"


def _title(forward: Forward, cell: TapCell) -> str:
    tap, index = cell.tap, cell.index
    is_per_head = len(index) == 3
    block = tap.split(".")[1] if tap.startswith("blocks.") else ""
    looks = tap.endswith(("attn_scores", "pattern"))
    predicts = tap in ("logits", "probs")
    title = _TITLES[tail(tap)].format(
        block=block,
        head=f"{block}.{index[0]}",
        feature=index[-1],
        token=forward.token(index[1] if is_per_head else index[0]),
        other=forward.token(index[-1]) if looks else "",
        next=f"“{next_token(forward.vocabulary[index[-1]])}”" if predicts else "",
    )
    where = cell.where
    return f"{title}, sequence {where.row}" if isinstance(where, InBatch) else title
