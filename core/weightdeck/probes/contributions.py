"""How much every part adds to one token's logit: direct logit attribution (Elhage et al. 2021, "A Mathematical
Framework for Transformer Circuits").

The residual stream is a sum of what the parts wrote. The last layer norm subtracts the mean of the features, divides by
their spread, then multiplies by its gain and adds its bias. With the spread that it has at this input all of that but
the bias is linear, so that each part's share of the logit is its inner product with one vector, the `direction`.

Letters: T tokens, C features, H heads, D features of a head, V vocabulary, P parts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from weightdeck.model.gates import Gates
from weightdeck.model.moment import Moment
from weightdeck.model.transformer import NORM_EPSILON, Rows, forward
from weightdeck.run.frame import Prompt
from weightdeck.run.inside import Contribution, Contributions
from weightdeck.run.layout import FINAL_NORM, layout

FINAL_TAP = "ln_final.normalized"
IN_STREAM = ("embed", ".resid_pre", ".attn_out", ".resid_mid", ".mlp_out", ".resid_post")  # how such taps end


@torch.no_grad()
def contributions(
    moment: Moment, prompt: Prompt, position: int | None, token: int | None, against: int | None
) -> Contributions | None:
    """The parts of the logit of `token` (None: the likeliest) after the token at `position` (None: the last), minus
    those of `against`; None when the prompt has no token. Through strips and clamps, in float64 from the float32 taps.

    For a moment a window may still ask about the prompt or the run that it showed before: a position that the prompt
    does not have is the last, and a token that this model does not have counts as None. What clamps changed is a part
    of its own, "clamps", where they changed something.
    """
    if not prompt.ids:
        return None
    last = len(prompt.ids) - 1
    place = position if position is not None and 0 <= position <= last else last
    streams = _Streams(moment.gates)
    logits_V = forward(moment.model, moment.weights, Rows.of_prompt(prompt.ids), streams.keep)[place].double()
    chosen = _known(token, moment)
    chosen = int(logits_V.argmax()) if chosen is None else chosen
    other = _known(against, moment)

    weights = moment.weights
    head_VC = weights[layout(moment.model).head_name]
    out_C = head_VC[chosen].double()
    logit = logits_V[chosen]
    if other is not None:
        out_C = out_C - head_VC[other].double()
        logit = logit - logits_V[other]
    x_C = streams.passed[f"blocks.{moment.model.n_layer - 1}.resid_post"][place].double()
    scaled_C = weights[FINAL_NORM].double() * out_C / (x_C.var(correction=0) + NORM_EPSILON).sqrt()
    direction_C = scaled_C - scaled_C.mean()

    written = _written(moment, streams, place)
    values_P = torch.stack(list(written.values())) @ direction_C
    parts = [Contribution(part, value) for part, value in zip(written, values_P.tolist(), strict=True)]
    bias_C = weights[FINAL_NORM.removesuffix("weight") + "bias"].double()
    parts.append(Contribution("final norm bias", (bias_C @ out_C).item()))
    clamped = [
        (change_TC[place] @ (out_C if tap == FINAL_TAP else direction_C)).item()
        for tap, change_TC in streams.clamped.items()
    ]
    if any(clamped):
        parts.append(Contribution("clamps", sum(clamped)))
    return Contributions(
        text=prompt.text,
        tokens=prompt.tokens,
        position=place,
        token=chosen,
        against=other,
        logit=logit.item(),
        parts=tuple(parts),
    )


@dataclass(slots=True)
class _Streams:
    """A tap that acts as the gates do and keeps what is before their clamps, what goes on, and what clamps changed."""

    gates: Gates | None
    opened: dict[str, Tensor] = field(default_factory=dict)
    passed: dict[str, Tensor] = field(default_factory=dict)
    # (T, C), float64, of the taps that lie in the stream, and of the last layer norm
    clamped: dict[str, Tensor] = field(default_factory=dict)

    def keep(self, name: str, value: Tensor) -> Tensor:
        if self.gates is not None:
            value = replace(self.gates, clamps={})(name, value)
        self.opened[name] = value
        if self.gates is not None and name in self.gates.clamps:
            value = self.gates.clamped(name, value)
            if name.endswith((*IN_STREAM, FINAL_TAP)):
                self.clamped[name] = value.double() - self.opened[name].double()
        self.passed[name] = value
        return value


def _written(moment: Moment, streams: _Streams, place: int) -> dict[str, Tensor]:
    """What every part writes into the stream at one token, before clamps: (C,), float64."""
    model, weights = moment.model, moment.weights
    written = {tap: streams.opened[tap][place].double() for tap in ("embed", "pos_embed")}
    for block in range(model.n_layer):
        b, projection = f"blocks.{block}.", f"transformer.h.{block}.attn.c_proj."
        weight_HDC = weights[projection + "weight"].double().t().view(model.n_head, model.head_size, -1)
        z_HD = streams.passed[b + "attn.z"][:, place].double()
        heads_HC = torch.einsum("hd,hdc->hc", z_HD, weight_HDC)
        means_HC = None if moment.gates is None else moment.gates.added.get(b + "attn_out")
        if means_HC is not None:
            heads_HC = heads_HC + means_HC
        written |= {f"head {block}.{head}": heads_HC[head] for head in range(model.n_head)}
        written[f"attention bias {block}"] = weights[projection + "bias"].double()
        written[f"mlp {block}"] = streams.opened[b + "mlp_out"][place].double()
    return written


def _known(token: int | None, moment: Moment) -> int | None:
    return token if token is not None and 0 <= token < moment.model.vocab_size else None
