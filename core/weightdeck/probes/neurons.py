"""The neurons of a block over the validation data, and a model without memory: the same input, the same bits.

Letters: N real positions of a batch, B its items, T tokens of the longest, F neurons of a block, S strongest contexts.
"""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np
import torch
from torch import Tensor

from weightdeck.data.batches import Batch, validation_batches
from weightdeck.data.corpus import Corpus
from weightdeck.model.moment import Moment
from weightdeck.model.transformer import Rows
from weightdeck.probes.passes import prompt_pass
from weightdeck.probes.predictions import divergence, frozen, next_token_probs
from weightdeck.run.frame import Prompt
from weightdeck.run.inside import Context, NeuronStudy, SameAgain
from weightdeck.run.strips import Strip

STUDY_BATCH = 128  # items a slice, at most
STUDY_TOKENS = 4096  # and so many tokens, where one item has no more
STRONGEST = 6


def study_neurons(moment: Moment, corpus: Corpus, block: int) -> Generator[None, None, NeuronStudy]:
    """``mlp.post`` of a block at every real position of the validation data, through the moment's strips and clamps; a
    batch a slice.

    `moment` must keep its weights while training goes on (``Trainer.snapshot``). Of one item only the strongest
    position of a neuron counts among its strongest contexts; of equal values the first come first. Raises
    ``ValueError`` with a sentence when there is no such block.
    """
    Strip(block).check(moment.model)
    study = _Study(moment, block)
    items = max(1, min(STUDY_BATCH, STUDY_TOKENS // moment.model.block_size))
    for batch in validation_batches(corpus, items):
        study.add(batch)
        yield
    return study.result(corpus)


class _Study:
    """Sums over the batches that were added, in order from item 0."""

    def __init__(self, moment: Moment, block: int) -> None:
        F = 4 * moment.model.n_embd
        self._moment = moment
        self._block = block
        self._items = 0
        self._positions = 0
        self._active_F = torch.zeros(F, dtype=torch.long)
        self._sum_F = torch.zeros(F, dtype=torch.float64)
        self._values_SF = torch.full((0, F), -math.inf)  # strongest first
        self._places_SF = torch.zeros((0, F), dtype=torch.long)  # item * block_size + position

    @torch.no_grad()
    def add(self, batch: Batch) -> None:
        ids_BT, targets_BT = batch
        rows = Rows.of_batch(torch.from_numpy(ids_BT), torch.from_numpy(targets_BT)).without_targets()
        post_NF = self._post(rows)
        B, T = ids_BT.shape
        self._positions += len(post_NF)
        self._active_F += (post_NF > 0.0).sum(0)
        self._sum_F += post_NF.sum(0, dtype=torch.float64)

        grid_NF = post_NF
        if rows.cells_N is not None:
            grid_NF = torch.full((B * T, post_NF.shape[1]), -math.inf).index_copy_(0, rows.cells_N, post_NF)
        values_BF, position_BF = grid_NF.view(B, T, -1).max(1)
        items_B1 = torch.arange(self._items, self._items + B)[:, None]
        self._items += B
        places_BF = items_B1 * self._moment.model.block_size + position_BF
        values, order = torch.cat((self._values_SF, values_BF)).sort(stable=True, dim=0, descending=True)
        self._values_SF = values[:STRONGEST]
        self._places_SF = torch.cat((self._places_SF, places_BF)).gather(0, order[:STRONGEST])

    def _post(self, rows: Rows) -> Tensor:
        taps: dict[str, Tensor] = {}

        def keep(name: str, value: Tensor) -> Tensor:
            if name == f"blocks.{self._block}.mlp.post":
                taps[name] = value
            return value

        self._moment.logits(rows, keep)
        (post_NF,) = taps.values()
        return post_NF

    def result(self, corpus: Corpus) -> NeuronStudy:
        split = corpus.validation
        item_SF, position_SF = np.divmod(self._places_SF.numpy(), self._moment.model.block_size)
        ids = {
            item: tuple(split.inputs_NT[item, : split.lengths_N[item]].tolist())
            for item in np.unique(item_SF).tolist()
        }
        contexts = zip(item_SF.T.tolist(), position_SF.T.tolist(), self._values_SF.t().tolist(), strict=True)
        return NeuronStudy(
            block=self._block,
            step=self._moment.step,
            positions=self._positions,
            active=frozen(self._active_F.double() / self._positions),
            mean=frozen(self._sum_F / self._positions),
            largest=frozen(self._values_SF[0]),
            strongest=tuple(
                tuple(
                    Context(item, ids[item], position, value)
                    for item, position, value in zip(*places, strict=True)
                )
                for places in contexts
            ),
        )


def run_again(moment: Moment, prompt: Prompt, dropped: int | None) -> SameAgain:
    """Two passes of one prompt, every number of every tap compared bit by bit, and one without the token at position
    `dropped`. Through strips and clamps.

    Raises ``ValueError`` with a sentence when there is no such token, or none would be left.
    """
    count = len(prompt.ids)
    if not count:
        raise ValueError("The prompt has no token: there is nothing to run again.")
    if dropped is not None and not 0 <= dropped < count:
        raise ValueError(f"The prompt has {count} tokens, counted from 0: there is no {dropped}.")
    if dropped is not None and count == 1:
        raise ValueError("Without its only token there is nothing to predict from.")
    first, second = (prompt_pass(moment, prompt.text, prompt.ids).shown for _ in range(2))
    differing = sum(
        int((value.view(np.uint32) != second[name].view(np.uint32)).sum()) for name, value in first.items()
    )
    probs = next_token_probs(moment, prompt.ids)
    without = None
    if dropped is not None:
        without = next_token_probs(moment, (*prompt.ids[:dropped], *prompt.ids[dropped + 1 :]))
    return SameAgain(
        text=prompt.text,
        step=moment.step,
        tokens=prompt.tokens,
        numbers=sum(value.size for value in first.values()),
        differing=differing,
        probs=probs,
        dropped=dropped,
        probs_without=without,
        divergence=None if without is None else divergence(probs, without),
    )
