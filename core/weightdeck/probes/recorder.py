"""The small fixed set that is recorded at fixed steps, whoever watches."""

from __future__ import annotations

from weightdeck.probes.histograms import TensorHistograms
from weightdeck.probes.layers import LayerProbe
from weightdeck.probes.samples import exact_share
from weightdeck.run.bins import GRADIENT_BINS, WEIGHT_BINS
from weightdeck.run.frame import Record
from weightdeck.training.trainer import Trainer


class Recorder:
    """Makes the record of a run's present step. Owned by the trainer thread."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._layers = LayerProbe(trainer)
        self._histograms = TensorHistograms(trainer.parameters.layout)

    def record(self) -> Record:
        """Loss and layers over the validation sample, and every tensor's histograms. The gradient is the newest
        step's, all zero before the first.
        """
        trainer = self._trainer
        loss, layers = self._layers.measure()
        return Record(
            step=trainer.step,
            validation_loss=loss,
            weight_counts=self._histograms.count(trainer.parameters.flat, WEIGHT_BINS),
            gradient_counts=self._histograms.count(trainer.parameters.gradient, GRADIENT_BINS),
            layers=layers,
            exact=exact_share(trainer)[0] if trainer.corpus.has_answers else None,
        )
