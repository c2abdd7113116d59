"""What a mix of channel strips does to the forward pass: a tap that changes some activations and passes the others on.

Letters as in ``weightdeck.model.transformer``. A head's gain multiplies its z, which is linear in what it writes; a
head muted to its mean writes that mean instead, a constant. An MLP's gain multiplies all that it writes, bias included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Mix, Neuron, Strip

Means = Mapping[Strip | Neuron, Tensor]  # (C,) what a part writes on average; () what a neuron is on average


@dataclass(frozen=True, slots=True)
class Gates:
    """A tap for ``transformer.forward``: factors first, then what is added, then clamps."""

    factors: Mapping[str, Tensor]  # by tap: (H, 1, 1) for attn.z, () for mlp_out
    added: Mapping[str, Tensor]  # by tap: (P, C), a row for every part that writes there, heads in order
    clamps: Mapping[str, tuple[Tensor, Tensor]]  # by tap: (F,) which features, and their values

    def __call__(self, name: str, value: Tensor) -> Tensor:
        factor = self.factors.get(name)
        if factor is not None:
            grouped = value.view(-1, *factor.shape[:1], *value.shape[1:]) if factor.ndim else value
            value = (grouped * factor.to(value.dtype)).view(value.shape)
        added = self.added.get(name)
        if added is not None:
            value = value + added.sum(0).to(value.dtype)
        return self.clamped(name, value)

    def clamped(self, name: str, value: Tensor) -> Tensor:
        """The value with its clamped features where they are held."""
        clamp = self.clamps.get(name)
        if clamp is None:
            return value
        which_F, values_F = clamp
        return torch.where(which_F, values_F.to(value.dtype), value)


def gates_of(mix: Mix, model: ModelSpec, means: Means) -> Gates | None:
    """The tap of a mix; None when it lets everything through. `means` has what is muted or held to its mean."""
    if mix.is_neutral:
        return None
    factors: dict[str, Tensor] = {}
    added: dict[str, Tensor] = {}
    for block in range(model.n_layer):
        heads = [Strip(block, head) for head in range(model.n_head)]
        gains = [_factor(mix, head) for head in heads]
        if any(gain != 1.0 for gain in gains):
            factors[f"blocks.{block}.attn.z"] = torch.tensor(gains).view(-1, 1, 1)
        mlp = Strip(block)
        if _factor(mix, mlp) != 1.0:
            factors[f"blocks.{block}.mlp_out"] = torch.tensor(_factor(mix, mlp))
        if mix.mute_to == "mean":
            for tap, strips in (("attn_out", heads), ("mlp_out", [mlp])):
                if any(mix.silences(strip) for strip in strips):
                    none = torch.zeros(model.n_embd)
                    written = [means[strip] if mix.silences(strip) else none for strip in strips]
                    added[f"blocks.{block}.{tap}"] = torch.stack(written)
    return Gates(factors, added, _clamps(mix, model, means))


def _factor(mix: Mix, strip: Strip) -> float:
    return 0.0 if mix.silences(strip) else mix.of(strip).gain


def _clamps(mix: Mix, model: ModelSpec, means: Means) -> dict[str, tuple[Tensor, Tensor]]:
    clamps: dict[str, tuple[Tensor, Tensor]] = {}
    for neuron, to in mix.clamps:
        width = neuron.width(model)
        which_F, values_F = clamps.setdefault(
            neuron.tap, (torch.zeros(width, dtype=torch.bool), torch.zeros(width))
        )
        which_F[neuron.feature] = True
        values_F[neuron.feature] = means[neuron] if isinstance(to, str) else to
    return clamps
