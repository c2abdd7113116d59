"""What a change of the model costs on the data."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from weightdeck.data.batches import validation_sample
from weightdeck.model.moment import Moment
from weightdeck.model.transformer import Rows
from weightdeck.run.frame import DataCost
from weightdeck.training.trainer import Trainer

SAMPLE_ITEMS = 256


class CostProbe:
    """Compares two moments over one fixed validation sample. Owned by the trainer thread."""

    def __init__(self, trainer: Trainer) -> None:
        ids_BT, targets_BT = validation_sample(trainer.corpus, SAMPLE_ITEMS)
        self._rows = Rows.of_batch(torch.from_numpy(ids_BT), torch.from_numpy(targets_BT))
        self._items_S = _items(self._rows)

    @torch.no_grad()
    def measure(self, now: Moment, before: Moment) -> DataCost:
        """The mean difference of the losses, now - before, nats per token, and its standard error over items.

        The tokens of an item are not independent, items are: each is a cluster, and the mean a ratio of sums. With
        d_i the sum of the differences in item i, n_i its tokens, I items, and r = sum d_i / sum n_i,

            error^2 = I / (I - 1) * sum (d_i - r n_i)^2 / (sum n_i)^2

        (Cochran 1977, Sampling Techniques, chapter 9A: clusters of unequal sizes, ratio estimate). Both moments see the
        same tokens, so what they have in common drops out.
        """
        differences_S = self._losses(now) - self._losses(before)
        tokens = len(differences_S)
        items = self._rows.sequences
        nats = differences_S.mean().item()
        residuals_B = torch.zeros(items, dtype=torch.float64)
        residuals_B.index_add_(0, self._items_S, differences_S - nats)
        variance = items / (items - 1) * residuals_B.square().sum().item() / tokens**2
        return DataCost(nats, math.sqrt(variance), items, now.step)

    def _losses(self, moment: Moment) -> Tensor:
        """(S,) loss of every scored row, nats."""
        log_probs_SV = moment.logits(self._rows).double().log_softmax(1)
        return -log_probs_SV.gather(1, self._rows.targets_S[:, None])[:, 0]


def _items(rows: Rows) -> Tensor:
    """(S,) the item that every scored row belongs to."""
    cells_N = torch.arange(rows.sequences * rows.tokens) if rows.cells_N is None else rows.cells_N
    items_N = cells_N // rows.tokens
    return items_N if rows.scored_S is None else items_N[rows.scored_S]
