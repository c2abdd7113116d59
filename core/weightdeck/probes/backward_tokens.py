"""Lines of the backward pass that stay at one token: head, layer norms, stream, MLP, embeddings.

Source of the formulas: ``weightdeck.model.reference.loss_and_gradients``. ``g(x)`` is d loss / d x.
"""

from __future__ import annotations

import math

import numpy as np

from weightdeck.probes.backward import Backward, Cell, Line, Norm, tail
from weightdeck.probes.passes import STREAM
from weightdeck.run.explanation import GELU_CUBIC, GELU_SCALE, Fact, Operand, Term
from weightdeck.run.layout import layout
from weightdeck.run.spec import Activation

_PASSED_ON = "The stream is a sum: it passes its gradient on, unchanged, to each number that was added."


def logit(back: Backward, cell: Cell) -> Line:
    """What was predicted minus what came, over the tokens that count."""
    position, token = cell
    share = Operand("1 / tokens that count", 1.0 / back.counted)
    terms = [Term((back.activation("probs", cell), share))]
    if back.targets[position] == token:
        terms.append(Term((Operand("it came", -1.0), share)))
    return Line("(p − came) / tokens that count", tuple(terms))


def final_norm(back: Backward, cell: Cell) -> Line:
    """From every logit of its token, through the head's weights."""
    position, feature = cell
    head = layout(back.made.model).head_name
    terms = (
        Term((*back.arriving("logits", (position, token)), back.weight(head, (token, feature))))
        for token in range(back.made.model.vocab_size)
    )
    return Line("sum of g(logit) × w", tuple(terms))


def stream(back: Backward, tap: str, cell: Cell) -> Line:
    """To what was added to it later, and through the layer norm that reads it."""
    following, norm = _readers(tap, back.made.model.n_layer)
    terms: list[Term] = []
    if following is not None and back.is_counted(following, cell[0]):
        terms.append(Term(back.arriving(following, cell)))
    if norm is None:
        return Line("g(stream)", tuple(terms), note=_PASSED_ON)
    through, facts = _through_norm(back, norm, cell)
    symbols = "g(n) × gain / σ − sum of g(n) × gain × (1 + u × u') / (C × σ)"
    return Line(symbols if following is None else f"g(stream) + {symbols}", (*terms, *through), facts)


def added(back: Backward, tap: str, cell: Cell) -> Line:
    """What a part wrote into the stream: the gradient of the sum."""
    block = tap.removesuffix(tail(tap))
    after = block + ("resid_mid" if tail(tap) == "attn_out" else "resid_post")
    return Line("g(stream)", (Term(back.arriving(after, cell)),), note=_PASSED_ON)


def embedding(back: Backward, cell: Cell) -> Line:
    """A token's or position's vector: through the dropout of their sum."""
    factors = (*back.arriving("blocks.0.resid_pre", cell), *back.kept(STREAM, cell))
    return Line("g(stream)" + (" × kept" if back.made.kept else ""), (Term(factors),), note=_PASSED_ON)


def neuron(back: Backward, tap: str, cell: Cell) -> Line:
    """A neuron's firing: from all that the MLP writes."""
    position, feature = cell
    block = tap.split(".")[1]
    terms = (
        Term(
            (
                *back.arriving(f"blocks.{block}.mlp_out", (position, written)),
                back.weight(f"transformer.h.{block}.mlp.c_proj.weight", (written, feature)),
            )
        )
        for written in range(back.made.model.n_embd)
    )
    return Line("sum of g(MLP out) × w", tuple(terms))


def before_neuron(back: Backward, tap: str, cell: Cell) -> Line:
    """A neuron before its nonlinearity: times the slope there, in the parts that float32 adds up."""
    x = float(back.made.shown[tap][cell])
    bend, density = _slope_parts(x, back.made.model.activation)
    arriving = back.arriving(tap.removesuffix("pre") + "post", cell)
    terms = (
        Term((*arriving, Operand("1 / 2", 0.5))),
        Term((*arriving, Operand("bend / 2", 0.5 * bend))),
        Term((*arriving, Operand("x times density", x * density))),
    )
    facts = (
        Fact("neuron before", "x", x),
        Fact("how far the curve has bent, -1 to 1", "b", bend),
        Fact("how fast it bends", "φ", density),
        Fact("slope of GELU", "GELU'(x)", 0.5 + 0.5 * bend + x * density),
    )
    return Line("g(neuron) × (1/2 + b/2 + x × φ)", terms, facts)


def second_norm(back: Backward, tap: str, cell: Cell) -> Line:
    """What the MLP reads: from every neuron before its nonlinearity."""
    position, feature = cell
    block = tap.split(".")[1]
    terms = (
        Term(
            (
                *back.arriving(f"blocks.{block}.mlp.pre", (position, unit)),
                back.weight(f"transformer.h.{block}.mlp.c_fc.weight", (unit, feature)),
            )
        )
        for unit in range(4 * back.made.model.n_embd)
    )
    return Line("sum of g(neuron before) × w", tuple(terms))


def _readers(tap: str, n_layer: int) -> tuple[str | None, str | None]:
    """Of a point of the stream: the next point, and the layer norm that reads it."""
    block = int(tap.split(".")[1])
    here = f"blocks.{block}."
    match tail(tap):
        case "resid_pre":
            return here + "resid_mid", here + "ln1.normalized"
        case "resid_mid":
            return here + "resid_post", here + "ln2.normalized"
        case _ if block == n_layer - 1:
            return None, "ln_final.normalized"
        case _:
            return f"blocks.{block + 1}.resid_pre", None


def _slope_parts(x: float, activation: Activation) -> tuple[float, float]:
    """Of GELU, x (1 + b) / 2: b at x, and half its slope there."""
    if activation == "gelu":
        return math.erf(x / math.sqrt(2.0)), math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
    tanh = math.tanh(GELU_SCALE * (x + GELU_CUBIC * x**3))
    return tanh, 0.5 * (1.0 - tanh * tanh) * GELU_SCALE * (1.0 + 3.0 * GELU_CUBIC * x * x)


def _through_norm(back: Backward, tap: str, cell: Cell) -> tuple[list[Term], tuple[Fact, ...]]:
    """The gradient of a layer norm's input: its own share, less what it does to the mean and to the spread, on which
    every feature depends.
    """
    position, feature = cell
    norm = Norm.of(back.made, tap, position)
    C = len(norm.unit_C)
    arriving = [
        (*back.arriving(tap, (position, other)), back.weight(norm.gain, (other,), "gain"))
        for other in range(C)
    ]
    terms = [Term((*arriving[feature], Operand("1 / σ", 1.0 / norm.spread)))]
    for other, factors in enumerate(arriving):
        shared = -(1.0 + norm.unit_C[feature] * norm.unit_C[other]) / (C * norm.spread)
        terms.append(Term((*factors, Operand("− (1 + u u') / (C σ)", float(shared)))))
    dunit_C = [math.prod(operand.value for operand in factors) for factors in arriving]
    facts = (
        Fact("mean of the token's features", "μ", norm.mean),
        Fact("their spread", "σ", norm.spread),
        Fact("this feature, normalized", "u", float(norm.unit_C[feature])),
        Fact("mean of g(n) × gain", "mean", math.fsum(dunit_C) / C),
        Fact("mean of g(n) × gain × u'", "along", float(np.dot(dunit_C, norm.unit_C)) / C),
    )
    return terms, facts
