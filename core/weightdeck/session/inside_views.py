"""The parts of a frame that show the inside of the model, each made by its probe from the present moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from weightdeck.data.batches import Batch, validation_sample
from weightdeck.probes.batches import batch_reading, no_batch
from weightdeck.probes.contributions import contributions
from weightdeck.probes.embeddings import EmbeddingProbe
from weightdeck.probes.heads import measure_heads
from weightdeck.probes.lens import lens
from weightdeck.probes.taps import read_batch_taps, read_taps
from weightdeck.run.frame import Interest, Part, Prompt
from weightdeck.run.heads import HeadScores
from weightdeck.run.inside import BatchReading, Contributions, Embeddings, Lens, Taps
from weightdeck.training.trainer import Trainer

HEAD_ITEMS = 64  # of the validation data, over which heads are measured; fewer
MOST_ATTENTION = 1 << 24  # where all their patterns together would be more numbers than this: 64 MiB


@dataclass(slots=True)
class InsideViews:
    """Makes what an interest asks for. Owned by the trainer thread."""

    trainer: Trainer
    makers: dict[Part, Callable[[Interest], Any]] = field(init=False)
    _embeddings: EmbeddingProbe = field(default_factory=EmbeddingProbe)
    _sample: Batch | None = None  # for the heads, drawn when somebody first asks

    def __post_init__(self) -> None:
        self.makers = {
            Part.TAPS: self._taps,
            Part.HEADS: self._heads,
            Part.LENS: self._lens,
            Part.CONTRIBUTIONS: self._contributions,
            Part.EMBEDDINGS: self._vectors,
            Part.BATCH: self._batch,
        }

    def _taps(self, interest: Interest) -> Taps:
        trainer = self.trainer
        if interest.batch_row is not None:
            names = trainer.corpus.tokenizer.vocabulary
            return read_batch_taps(
                trainer.newest_batch, trainer.spec.model, interest.batch_row, interest.taps, names
            )
        prompts = [trainer.corpus.prompt(text) for text in interest.prompts]
        return read_taps(trainer.now, prompts, interest.taps, interest.patches)

    def _heads(self, _interest: Interest) -> HeadScores:
        if self._sample is None:
            model = self.trainer.spec.model
            attention = model.n_layer * model.n_head * model.block_size**2  # numbers of one item
            items = max(1, min(HEAD_ITEMS, MOST_ATTENTION // attention))
            self._sample = validation_sample(self.trainer.corpus, items)
        return measure_heads(self.trainer.now, self._sample)

    def _lens(self, interest: Interest) -> Lens | None:
        prompt = self._first_prompt(interest)
        return None if prompt is None else lens(self.trainer.now, prompt)

    def _contributions(self, interest: Interest) -> Contributions | None:
        prompt = self._first_prompt(interest)
        if prompt is None:
            return None
        return contributions(self.trainer.now, prompt, interest.position, interest.token, interest.against)

    def _vectors(self, _interest: Interest) -> Embeddings:
        return self._embeddings.read(self.trainer.now.weights)

    def _batch(self, _interest: Interest) -> BatchReading:
        newest = self.trainer.newest_batch
        return no_batch(self.trainer.step) if newest is None else batch_reading(newest)

    def _first_prompt(self, interest: Interest) -> Prompt | None:
        return self.trainer.corpus.prompt(interest.prompts[0]) if interest.prompts else None
