"""The parts of a frame, each made by its probe from the present moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from weightdeck.model.moment import Moment
from weightdeck.probes.cost import CostProbe
from weightdeck.probes.histograms import TensorHistograms
from weightdeck.probes.knobs import read_knobs
from weightdeck.probes.layers import activation_maps
from weightdeck.probes.predictions import frozen, predict
from weightdeck.probes.response import response
from weightdeck.probes.samples import generate
from weightdeck.probes.sensitivity import sensitivity
from weightdeck.probes.strips import strip_levels
from weightdeck.run.frame import (
    Activations,
    DataCost,
    Histograms,
    Interest,
    KnobReading,
    Part,
    Prediction,
    Prompt,
    Record,
    Response,
    Sample,
    Sensitivity,
    StripLevels,
    TensorValues,
)
from weightdeck.session.inside_views import InsideViews
from weightdeck.training.trainer import Trainer


@dataclass(slots=True)
class Views:
    """Makes what an interest asks for. Owned by the trainer thread."""

    trainer: Trainer
    record: Record | None = None  # the newest
    _histograms: TensorHistograms = field(init=False)
    _cost: CostProbe = field(init=False)
    _inside: InsideViews = field(init=False)
    _makers: dict[Part, Callable[[Interest, Moment | None], Any]] = field(init=False)

    def __post_init__(self) -> None:
        self._histograms = TensorHistograms(self.trainer.parameters.layout)
        self._cost = CostProbe(self.trainer)
        self._inside = InsideViews(self.trainer)
        self._makers = {
            Part.PREDICTIONS: self._predictions,
            Part.SAMPLES: self._samples,
            Part.HISTOGRAMS: self._weights,
            Part.ACTIVATIONS: self._activations,
            Part.KNOBS: self._readings,
            Part.RESPONSE: self._response,
            Part.COST: self._data_cost,
            Part.STRIPS: self._levels,
            Part.SENSITIVITY: self._sensitivity,
            Part.TENSOR: self._tensor,
        }

    def make(self, part: Part, interest: Interest, before: Moment | None) -> Any:
        """The field of a frame that is called ``part.value``; `before` is the baseline."""
        inside = self._inside.makers.get(part)
        return self._makers[part](interest, before) if inside is None else inside(interest)

    def _first_prompt(self, interest: Interest) -> Prompt | None:
        return self.trainer.corpus.prompt(interest.prompts[0]) if interest.prompts else None

    def _predictions(self, interest: Interest, before: Moment | None) -> tuple[Prediction, ...]:
        now = self.trainer.now
        made = (predict(now, self.trainer.corpus.prompt(text), before) for text in interest.prompts)
        return tuple(prediction for prediction in made if prediction is not None)

    def _samples(self, interest: Interest, _before: Moment | None) -> tuple[Sample, ...]:
        return generate(self.trainer, interest.sampling, interest.prompts[0] if interest.prompts else "")

    def _weights(self, _interest: Interest, _before: Moment | None) -> Histograms:
        return self._histograms.now(self.trainer)

    def _activations(self, interest: Interest, _before: Moment | None) -> Activations:
        prompts = tuple(self.trainer.corpus.prompt(text) for text in interest.prompts)
        now, record = self.trainer.now, self.record
        return Activations(
            tap=interest.activation_tap,
            prompts=prompts,
            maps=tuple(activation_maps(now, prompt, interest.activation_tap) for prompt in prompts),
            statistics=record.layers if record is not None else None,
            statistics_step=record.step if record is not None else 0,
        )

    def _readings(self, interest: Interest, _before: Moment | None) -> tuple[KnobReading, ...]:
        in_hand = interest.in_hand
        knobs = interest.knobs
        if in_hand is not None and in_hand not in knobs:
            knobs = (*knobs, in_hand)
        return read_knobs(self.trainer, knobs)

    def _response(self, interest: Interest, _before: Moment | None) -> Response | None:
        prompt = self._first_prompt(interest)
        if interest.in_hand is None or prompt is None:
            return None
        return response(self.trainer, interest.in_hand, prompt)

    def _data_cost(self, _interest: Interest, before: Moment | None) -> DataCost | None:
        return None if before is None else self._cost.measure(self.trainer.now, before)

    def _levels(self, interest: Interest, _before: Moment | None) -> StripLevels | None:
        prompt = self._first_prompt(interest)
        return None if prompt is None else strip_levels(self.trainer.now, prompt)

    def _sensitivity(self, interest: Interest, _before: Moment | None) -> Sensitivity | None:
        prompt = self._first_prompt(interest)
        return None if prompt is None else sensitivity(self.trainer.now, prompt, interest.sensitive_token)

    def _tensor(self, interest: Interest, _before: Moment | None) -> TensorValues | None:
        if not interest.tensor:
            return None
        values = frozen(self.trainer.parameters.tensor(interest.tensor))
        return TensorValues(interest.tensor, values, self.trainer.holds.mask(interest.tensor))
