"""How much every part writes into the residual stream: the meters of the channel strips."""

from __future__ import annotations

import torch
from torch import Tensor

from weightdeck.model.moment import Moment
from weightdeck.model.transformer import Rows, forward
from weightdeck.probes.predictions import frozen
from weightdeck.run.frame import Prompt, StripLevels


@torch.no_grad()
def strip_levels(moment: Moment, prompt: Prompt) -> StripLevels | None:
    """The levels of every part for one prompt; None when it has no token.

    What a head writes is its share of the attention's output, without the bias, which belongs to no head. No part
    reads what it writes itself, so one pass shows it open and as its strip stands. A clamped feature of ``mlp_out``
    stands in both; one of ``attn_out``, the sum of the heads, is in no head's level.
    """
    if not prompt.ids:
        return None
    model, gates = moment.model, moment.gates
    arrived: dict[str, Tensor] = {}  # what the parts make, before their strips
    passed: dict[str, Tensor] = {}

    def keep(name: str, value: Tensor) -> Tensor:
        arrived[name] = value
        passed[name] = value if gates is None else gates(name, value)
        return passed[name]

    forward(model, moment.weights, Rows.of_prompt(prompt.ids), keep)
    written: list[Tensor] = []
    open_: list[Tensor] = []
    for block in range(model.n_layer):
        b = f"blocks.{block}."
        weight_CC = moment.weights[f"transformer.h.{block}.attn.c_proj.weight"]
        weight_HDC = weight_CC.t().view(model.n_head, model.head_size, model.n_embd)
        heads_HTC = passed[b + "attn.z"] @ weight_HDC
        means_HC = None if gates is None else gates.added.get(b + "attn_out")
        if means_HC is not None:
            heads_HTC = heads_HTC + means_HC[:, None]
        mlp_TC = arrived[b + "mlp_out"]
        if gates is not None:
            mlp_TC = gates.clamped(b + "mlp_out", mlp_TC)
        written.append(torch.cat((_size(heads_HTC), _size(passed[b + "mlp_out"][None]))))
        open_.append(torch.cat((_size(arrived[b + "attn.z"] @ weight_HDC), _size(mlp_TC[None]))))
    stream = [passed[f"blocks.{block}.resid_pre"] for block in range(model.n_layer)]
    stream.append(passed[f"blocks.{model.n_layer - 1}.resid_post"])
    return StripLevels(
        written=frozen(torch.stack(written)),
        open=frozen(torch.stack(open_)),
        stream=frozen(_size(torch.stack(stream))),
    )


def _size(x_PTC: Tensor) -> Tensor:
    """(P,) root mean squares over tokens and features."""
    return x_PTC.square().mean((1, 2)).sqrt()
