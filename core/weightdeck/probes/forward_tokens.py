"""Lines of the forward pass that stay at one token: embeddings, the stream, layer norms, the MLP, the output.

Cells are (token, feature).
"""

from __future__ import annotations

import math

from weightdeck.probes.backward import Cell, Line, Norm
from weightdeck.probes.explain_written import given_token, next_token
from weightdeck.probes.forward import Forward
from weightdeck.probes.passes import STREAM
from weightdeck.run.explanation import GELU_CUBIC, GELU_SCALE, Fact, Operand, Rule, Term
from weightdeck.run.layout import EMBEDDING, POSITIONS, layout

_GELU = "gelu(x) = x · P(x)"


def token_vector(forward: Forward, _tap: str, cell: Cell) -> Line:
    position, feature = cell
    token = forward.made.ids[position]
    parameter = forward.weight(
        EMBEDDING, (token, feature), f"vector of “{given_token(forward.vocabulary[token])}”"
    )
    return Line("w", (Term((parameter,)),), rule=Rule.GIVEN)


def position_vector(forward: Forward, _tap: str, cell: Cell) -> Line:
    parameter = forward.weight(POSITIONS, cell, f"vector of position {cell[0]}")
    return Line("w", (Term((parameter,)),), rule=Rule.GIVEN)


def entering(forward: Forward, tap: str, cell: Cell) -> Line:
    """The stream as it enters a block: both embeddings, or what the block before left."""
    block = int(tap.split(".")[1])
    if block > 0:
        before = forward.activation(f"stream after block {block - 1}", f"blocks.{block - 1}.resid_post", cell)
        return Line("x", (Term((before,)),), rule=Rule.GIVEN)
    kept = forward.kept(STREAM, cell)
    token = forward.activation("token vector", "embed", cell)
    position = forward.activation("position vector", "pos_embed", cell)
    return Line("token + position", (Term((token, *kept)), Term((position, *kept))))


def after_attention(forward: Forward, tap: str, cell: Cell) -> Line:
    block = tap.removesuffix("resid_mid")
    return Line("x + attention", _sum(forward, cell, f"{block}resid_pre", f"{block}attn_out", "attention"))


def after_mlp(forward: Forward, tap: str, cell: Cell) -> Line:
    block = tap.removesuffix("resid_post")
    return Line("x + MLP", _sum(forward, cell, f"{block}resid_mid", f"{block}mlp_out", "MLP"))


def _sum(forward: Forward, cell: Cell, stream: str, added: str, label: str) -> tuple[Term, ...]:
    before = forward.activation("stream before", stream, cell)
    return Term((before,)), Term((forward.activation(label, added, cell),))


def normalized(forward: Forward, tap: str, cell: Cell) -> Line:
    """A layer norm's output, gain and bias included (Ba et al. 2016)."""
    position, feature = cell
    norm = Norm.of(forward.made, tap, position)
    scale = Operand("1 / spread", 1.0 / norm.spread)
    gain = forward.weight(norm.gain, (feature,), "gain")
    bias = forward.weight(norm.gain.removesuffix("weight") + "bias", (feature,), "bias")
    stream = forward.activation(f"stream {feature}", norm.source, cell)
    return Line(
        "(x − mean) / spread × gain + bias",
        (Term((stream, scale, gain)), Term((Operand("− mean", -norm.mean), scale, gain)), Term((bias,))),
        (Fact("mean of the stream", "mean", norm.mean), Fact("its spread", "spread", norm.spread)),
    )


def before_neuron(forward: Forward, tap: str, cell: Cell) -> Line:
    """A neuron before its nonlinearity."""
    position, neuron = cell
    block = tap.split(".")[1]
    inputs = [
        forward.activation(f"norm {column}", f"blocks.{block}.ln2.normalized", (position, column))
        for column in range(forward.made.model.n_embd)
    ]
    return Line("b + sum of x × w", forward.linear(f"transformer.h.{block}.mlp.c_fc", neuron, inputs))


def neuron(forward: Forward, tap: str, cell: Cell) -> Line:
    """A neuron: its input through the GELU (Hendrycks and Gimpel 2016)."""
    before = forward.activation(f"neuron {cell[1]} before", tap.removesuffix("post") + "pre", cell)
    x = before.value
    if forward.made.model.activation == "gelu":
        share = 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))
        fact = Fact("share of a normal distribution below x", "P(x)", share)
        return Line(_GELU, (Term((before,)),), (fact,), rule=Rule.GELU)
    tanh = math.tanh(GELU_SCALE * (x + GELU_CUBIC * x**3))
    facts = (
        Fact("tanh of sqrt(2 / pi) × (x + 0.044715 × x^3)", "t", tanh),
        Fact("(1 + t) / 2", "P(x)", 0.5 * (1.0 + tanh)),
    )
    return Line(_GELU, (Term((before,)),), facts, rule=Rule.GELU_TANH)


def written(forward: Forward, tap: str, cell: Cell) -> Line:
    """What the MLP adds to the stream: a linear map of its neurons."""
    position, feature = cell
    block = tap.split(".")[1]
    neurons = [
        forward.activation(f"neuron {place}", f"blocks.{block}.mlp.post", (position, place))
        for place in range(4 * forward.made.model.n_embd)
    ]
    after = (*forward.kept(tap, cell), *forward.fader(tap))
    made = forward.linear(f"transformer.h.{block}.mlp.c_proj", feature, neurons, after)
    return Line("b + sum of x × w", (*made, *forward.means(tap, feature)))


def logit(forward: Forward, _tap: str, cell: Cell) -> Line:
    position, token = cell
    head = layout(forward.made.model).head_name
    terms = (
        Term(
            (
                forward.activation(f"final norm {column}", "ln_final.normalized", (position, column)),
                forward.weight(head, (token, column)),
            )
        )
        for column in range(forward.made.model.n_embd)
    )
    return Line("sum of x × w", tuple(terms))


def probability(forward: Forward, _tap: str, cell: Cell) -> Line:
    position, token = cell
    others = (other for other in range(len(forward.vocabulary)) if other != token)
    terms = (
        Term(
            (
                forward.activation(
                    f"logit of “{next_token(forward.vocabulary[place])}”", "logits", (position, place)
                ),
            )
        )
        for place in (token, *others)
    )
    return softmax(tuple(terms))


def softmax(terms: tuple[Term, ...], note: str = "") -> Line:
    """The share of the first among the exponentials of all."""
    highest = max(term.value for term in terms)
    facts = (
        Fact("highest of all", "m", highest),
        Fact("sum of the exponentials", "s", math.fsum(math.exp(term.value - highest) for term in terms)),
    )
    return Line("exp(x − m) / s", terms, facts, note, Rule.SOFTMAX)
