"""Explanations as a small names model would give them, made by hand: no engine, numbers that add up."""

from __future__ import annotations

import math

from weightdeck.run.explanation import Explanation, Fact, Operand, Rule, Term
from weightdeck.run.subjects import InPrompt, Subject, TapCell, WeightCell

PROMPT = InPrompt("chri")
POST = TapCell(PROMPT, "blocks.1.mlp.post", (3, 71))
PRE = TapCell(PROMPT, "blocks.1.mlp.pre", (3, 71))
PROBABILITY = TapCell(PROMPT, "probs", (3, 19))
FC, FC_BIAS = "transformer.h.1.mlp.c_fc.weight", "transformer.h.1.mlp.c_fc.bias"
LARGEST = {
    31: (1.924, 0.311),
    7: (-0.870, -0.402),
    12: (1.105, 0.214),
    40: (0.660, -0.288),
    3: (-0.512, 0.301),
}
BIAS = -0.0312
FEATURES = 48


def norm(feature: int) -> TapCell:
    return TapCell(PROMPT, "blocks.1.ln2.normalized", (3, feature))


def weight(feature: int) -> WeightCell:
    return WeightCell(FC, (71, feature))


def pre(step: int = 1240, *, features: int = FEATURES, scale: float = 1.0) -> Explanation:
    """The sum of a neuron: a bias and as many products as there are features."""
    terms = [Term((Operand("bias", BIAS, WeightCell(FC_BIAS, (71,))),))]
    for feature in range(features):
        x, w = LARGEST.get(feature, (0.2 * math.sin(feature + 1), 0.3 * math.cos(3 * feature)))
        operands = (
            Operand(f"norm {feature}", x * scale, norm(feature)),
            Operand("weight", w, weight(feature)),
        )
        terms.append(Term(operands))
    value = math.fsum(term.value for term in terms)
    return Explanation(
        subject=PRE,
        step=step,
        title="neuron 71 of block 1 at “i” (token 3), before its nonlinearity",
        value=value,
        rule=Rule.SUM,
        symbols="b + Σ x·w",
        numbers=f"{BIAS} + {value - BIAS:.4f} = {value:.4f}",
        terms=tuple(terms),
    )


def gelu(x: float) -> float:
    return 0.5 * x * (1.0 + math.erf(x / math.sqrt(2.0)))


def post(step: int = 1240, *, scale: float = 1.0) -> Explanation:
    """What the neuron makes of its sum."""
    x = pre(scale=scale).value
    return Explanation(
        subject=POST,
        step=step,
        title="neuron 71 of block 1 at “i” (token 3)",
        value=gelu(x),
        rule=Rule.GELU,
        symbols="gelu(x) = x · Φ(x)",
        numbers=f"gelu({x:.4f}) = {gelu(x):.4f}",
        terms=(Term((Operand("pre 71", x, PRE),)),),
    )


def weight_change(step: int = 1240) -> Explanation:
    """Why a weight changed: one step of AdamW."""
    old, rate, decay, m, divisor = 0.31253, 3e-3, 0.1, -1.2e-4, 1.96e-4
    terms = (
        Term((Operand("old value", old),)),
        Term((Operand("− rate", -rate), Operand("decay", decay), Operand("old value", old))),
        Term((Operand("− rate", -rate), Operand("m̂", m), Operand("1 / (√v̂ + ε)", 1.0 / divisor))),
    )
    return Explanation(
        subject=weight(31),
        step=step,
        title="weight from feature 31 to neuron 71 of block 1",
        value=math.fsum(term.value for term in terms),
        rule=Rule.SUM,
        symbols="w − rate · decay · w − rate · m̂ / (√v̂ + ε)",
        numbers="0.31253 − 0.003 × 0.1 × 0.31253 − 0.003 × −1.2e-4 / 1.96e-4 = 0.314273",
        terms=terms,
        facts=(
            Fact("gradient", "g", -2.31e-4),
            Fact("length of the whole gradient", "|G|", 1.19),
            Fact("clip factor", "c", 0.84),
            Fact("averaged gradient, corrected for its start", "m̂", m),
            Fact("typical size of the gradient", "√v̂ + ε", divisor),
        ),
        note="The learning rate is still warming up.",
    )


def softmax(step: int = 1240, *, tokens: int = 27, masked: bool = False) -> Explanation:
    """A probability: the scores of all tokens, the one asked about first."""
    scores = [2.1, *(1.5 * math.sin(2.0 * token) for token in range(1, tokens))]
    if masked:
        scores[-1] = -math.inf
    whole = math.fsum(math.exp(score) for score in scores)
    return Explanation(
        subject=PROBABILITY,
        step=step,
        title="probability of “s” after “chri”",
        value=math.exp(scores[0]) / whole,
        rule=Rule.SOFTMAX,
        symbols="exp(s) / Σ exp(t)",
        numbers=f"{math.exp(scores[0]):.4f} / {whole:.4f} = {math.exp(scores[0]) / whole:.4f}",
        terms=tuple(
            Term((Operand(f"logit {place}", score, logit(place)),)) for place, score in enumerate(scores)
        ),
        note="Scores of later tokens are masked: their share is 0." if masked else "",
        related=(("why the first logit is what it is", logit(0)),),
    )


def logit(token: int) -> Subject:
    return TapCell(PROMPT, "logits", (3, token))
