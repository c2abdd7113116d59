"""Which patterns the attention of every head follows.

Letters: H heads, B sequences, T tokens.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from weightdeck.data.batches import Batch
from weightdeck.model.moment import Moment
from weightdeck.model.transformer import Rows
from weightdeck.run.heads import Floats, HeadScores, score_heads


@torch.no_grad()
def measure_heads(moment: Moment, sample: Batch) -> HeadScores:
    """Scores over every real position of a batch, for example of ``validation_sample``."""
    ids_BT, targets_BT = sample
    B, T = ids_BT.shape
    rows = Rows.of_batch(torch.from_numpy(ids_BT), torch.from_numpy(targets_BT))
    patterns: list[Floats] = []

    def keep(name: str, value: Tensor) -> Tensor:
        if name.endswith("attn.pattern"):
            patterns.append(value.reshape(B, moment.model.n_head, T, T).numpy())
        return value

    moment.logits(rows.without_targets(), keep)
    real_BT = np.ones((B, T), dtype=bool)
    if rows.cells_N is not None:
        real_BT.fill(False)
        real_BT.flat[rows.cells_N.numpy()] = True
    return score_heads(np.stack(patterns), ids_BT, real_BT)
