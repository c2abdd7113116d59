"""Activations of a prompt, and statistics of every layer over a fixed sample of the validation split."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from weightdeck.data.batches import validation_sample
from weightdeck.model.moment import Moment
from weightdeck.model.transformer import Rows, cross_entropy
from weightdeck.probes.histograms import bin_index
from weightdeck.probes.predictions import frozen
from weightdeck.run.bins import ACTIVATION_BINS
from weightdeck.run.frame import ActivationMap, Floats, LayerStatistics, Prompt
from weightdeck.training.trainer import Trainer

SAMPLE_ITEMS = 128


class LayerProbe:
    """Measures the layers over one fixed validation sample. Owned by the trainer thread."""

    def __init__(self, trainer: Trainer) -> None:
        ids_BT, targets_BT = validation_sample(trainer.corpus, SAMPLE_ITEMS)
        self._trainer = trainer
        self._rows = Rows.of_batch(torch.from_numpy(ids_BT), torch.from_numpy(targets_BT))
        blocks = range(trainer.spec.model.n_layer)
        self._points = ("blocks.0.resid_pre", *(f"blocks.{block}.resid_post" for block in blocks))

    @torch.no_grad()
    def measure(self) -> tuple[float, LayerStatistics]:
        """Loss over the sample (nats per token), and the layers' statistics."""
        model = self._trainer.spec.model
        taps: dict[str, Tensor] = {}
        wanted = {*self._points}
        wanted |= {f"blocks.{b}.{tap}" for b in range(model.n_layer) for tap in ("mlp.pre", "attn.pattern")}

        def keep(name: str, value: Tensor) -> Tensor:
            if name in wanted:
                taps[name] = value
            return value

        scored = self._rows
        everywhere = scored.without_targets()
        logits_NV = self._trainer.trained.logits(everywhere, keep)
        logits_SV = logits_NV if scored.scored_S is None else logits_NV[scored.scored_S]
        loss = cross_entropy(logits_SV, scored).item()
        points = [taps[name] for name in self._points]
        dead = [(taps[f"blocks.{b}.mlp.pre"].amax(0) <= 0).float().mean() for b in range(model.n_layer)]
        counts = np.stack([_counts(x) for x in points])
        counts.setflags(write=False)
        return loss, LayerStatistics(
            points=self._points,
            mean=frozen(torch.stack([x.mean() for x in points])),
            std=frozen(torch.stack([x.std(correction=0) for x in points])),
            counts=counts,
            dead=frozen(torch.stack(dead)),
            entropy=frozen(
                torch.stack([self._entropy(taps[f"blocks.{b}.attn.pattern"]) for b in range(model.n_layer)])
            ),
        )

    def _entropy(self, pattern_BHQK: Tensor) -> Tensor:
        """(H,) mean entropy of the attention rows, nats, over real positions after the first."""
        H, T = self._trainer.spec.model.n_head, self._rows.tokens
        entropy_BHQ = -torch.special.xlogy(pattern_BHQK, pattern_BHQK).sum(-1).view(-1, H, T)
        rows_NH = entropy_BHQ.transpose(1, 2).reshape(-1, H)
        if self._rows.cells_N is not None:
            rows_NH = rows_NH[self._rows.cells_N]
        mean_H: Tensor = rows_NH[self._rows.positions_N > 0].mean(0)
        return mean_H


@torch.no_grad()
def activation_maps(moment: Moment, prompt: Prompt, tap: str) -> tuple[ActivationMap, ...]:
    """The stream as it enters block 0, then `tap` of every block, for one prompt; empty for a prompt without tokens."""
    if not prompt.ids:
        return ()
    blocks = range(moment.model.n_layer)
    name = "attn.pattern" if tap == "pattern" else tap
    wanted = ("blocks.0.resid_pre", *(f"blocks.{block}.{name}" for block in blocks))
    found: dict[str, Floats] = {}

    def keep(tap_name: str, value: Tensor) -> Tensor:
        if tap_name in wanted:
            found[tap_name] = frozen(value)
        return value

    moment.logits(Rows.of_prompt(prompt.ids), keep)
    return tuple(ActivationMap(tap_name, found[tap_name]) for tap_name in wanted)


def _counts(values: Tensor) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    index = bin_index(values.reshape(-1), ACTIVATION_BINS)
    return np.bincount(index, minlength=ACTIVATION_BINS.count).astype(np.int32)
