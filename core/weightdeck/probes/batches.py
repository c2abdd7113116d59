"""The sequences of the newest batch with the loss of every token.

Letters: B sequences, T tokens of the longest, N real positions, S scored ones, V vocabulary.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from weightdeck.model.transformer import cross_entropy
from weightdeck.probes.predictions import frozen
from weightdeck.run.inside import BatchReading, Ints
from weightdeck.training.newest import NewestBatch


@torch.no_grad()
def batch_reading(newest: NewestBatch) -> BatchReading:
    """From the logits that the step itself computed, dropout included. `loss` is the step's own, bit for bit; each
    token's loss is one of the numbers that it is the mean of.
    """
    rows = newest.rows
    B, T = rows.sequences, rows.tokens
    cells_N = torch.arange(B * T) if rows.cells_N is None else rows.cells_N
    cells_S = cells_N if rows.scored_S is None else cells_N[rows.scored_S]
    # As ``cross_entropy`` does, so that the bits are the same.
    log_probs_VS = newest.logits_SV.t().log_softmax(0)
    losses_S = -log_probs_VS.gather(0, rows.targets_S[None])[0]
    return BatchReading(
        step=newest.step,
        ids=_ints(torch.zeros(B * T, dtype=torch.long).index_copy_(0, cells_N, rows.ids_N).view(B, T)),
        targets=_ints(
            torch.full((B * T,), -1, dtype=torch.long).index_copy_(0, cells_S, rows.targets_S).view(B, T)
        ),
        losses=frozen(torch.full((B * T,), math.nan).index_copy_(0, cells_S, losses_S).view(B, T)),
        lengths=_ints(torch.bincount(cells_N // T, minlength=B)),
        loss=cross_entropy(newest.logits_SV, rows).item(),
    )


def no_batch(step: int) -> BatchReading:
    """The reading of a moment whose batch is not known: before the first step, or taken up from a keyframe."""
    none_BT = torch.zeros(0, 0)
    return BatchReading(
        step=step,
        ids=_ints(none_BT),
        targets=_ints(none_BT),
        losses=frozen(none_BT),
        lengths=_ints(torch.zeros(0)),
        loss=math.nan,
    )


def _ints(values: Tensor) -> Ints:
    copied: Ints = np.array(values.numpy(), dtype=np.int64)
    copied.setflags(write=False)
    return copied
