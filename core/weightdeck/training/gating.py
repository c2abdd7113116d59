"""What a run's strips and clamps do, with the means that they stand at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from weightdeck.data.batches import validation_batches
from weightdeck.data.corpus import Corpus
from weightdeck.model.gates import Gates, gates_of
from weightdeck.model.transformer import Rows, forward
from weightdeck.run.controls import Controls
from weightdeck.run.slices import SliceValues
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Mix, Neuron, Strip, all_strips

MEANS_BATCH = 512


class Gating:
    """Measures the means of parts and makes gates of controls. Owned by the trainer thread.

    A mean is measured when its strip is muted or its activation clamped, over the whole validation data with every
    strip open, and stays as it was then: in training it must be a constant. It is part of the controls, so that an
    undo brings it back.
    """

    def __init__(self, model: ModelSpec, weights: Mapping[str, Tensor], corpus: Corpus) -> None:
        self._model = model
        self._weights = weights
        self._corpus = corpus

    def settled(self, controls: Controls) -> Controls:
        """The controls with the means that their mix needs: those that they have, and the others measured now."""
        needed = means_needed(controls.mix, self._model)
        known = tuple((part, mean) for part, mean in controls.means if part in needed)
        missing = [part for part in needed if part not in dict(known)]
        return replace(controls, means=(*known, *self._measured(missing).items()))

    def gates(self, controls: Controls) -> Gates | None:
        """What settled controls do to a forward pass; None when they let everything through."""
        means = {part: torch.tensor(mean.array()) for part, mean in controls.means}
        return gates_of(controls.mix, self._model, means)

    @torch.no_grad()
    def _measured(self, parts: list[Strip | Neuron]) -> dict[Strip | Neuron, SliceValues]:
        """What each part writes, or is, on average over all real positions of the validation data, open."""
        if not parts:
            return {}
        taps = {part: _tap_of(part) for part in parts}
        sums: dict[str, Tensor] = {}
        positions = 0
        for ids_BT, targets_BT in validation_batches(self._corpus, MEANS_BATCH):
            scored = Rows.of_batch(torch.from_numpy(ids_BT), torch.from_numpy(targets_BT))
            rows = scored.without_targets()
            positions += len(rows.ids_N)
            for name, sum_ in self._sums(rows, frozenset(taps.values())).items():
                sums[name] = sums[name] + sum_ if name in sums else sum_
        return {part: SliceValues.of(self._mean(part, sums[tap] / positions)) for part, tap in taps.items()}

    def _sums(self, rows: Rows, wanted: frozenset[str]) -> dict[str, Tensor]:
        """Every wanted tap summed over the rows."""
        sums: dict[str, Tensor] = {}

        def add_up(name: str, value: Tensor) -> Tensor:
            if name in wanted:
                sums[name] = self._summed(name, value, rows)
            return value

        forward(self._model, self._weights, rows, add_up)
        return sums

    def _summed(self, name: str, value: Tensor, rows: Rows) -> Tensor:
        """(F,) sum over real positions, float64; of z (H, D)."""
        if not name.endswith("attn.z"):
            return value.sum(0, dtype=torch.float64)
        H, T, D = self._model.n_head, rows.tokens, self._model.head_size
        z_NHD = value.view(-1, H, T, D).transpose(1, 2).reshape(-1, H, D)
        if rows.cells_N is not None:
            z_NHD = z_NHD[rows.cells_N]
        return z_NHD.sum(0, dtype=torch.float64)

    def _mean(self, part: Strip | Neuron, mean: Tensor) -> Tensor:
        """Of a part, from the mean of its tap."""
        if isinstance(part, Neuron):
            return mean[part.feature]
        if part.head is None:
            return mean
        D = self._model.head_size
        weight_CC = self._weights[f"transformer.h.{part.block}.attn.c_proj.weight"].detach().double()
        return weight_CC[:, part.head * D : (part.head + 1) * D] @ mean[part.head]


def means_needed(mix: Mix, model: ModelSpec) -> list[Strip | Neuron]:
    """The parts and activations whose means a mix stands at, each once."""
    needed: list[Strip | Neuron] = [neuron for neuron, to in mix.clamps if to == "mean"]
    if mix.mute_to == "mean":
        needed += [strip for strip in all_strips(model) if mix.silences(strip)]
    return needed


def _tap_of(part: Strip | Neuron) -> str:
    if isinstance(part, Neuron):
        return part.tap
    return f"blocks.{part.block}." + ("mlp_out" if part.head is None else "attn.z")
