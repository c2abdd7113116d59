"""What travels between the trainer's process and the one that checks displayed numbers: plain data, no torch.

Letters: K numbers of one tap, D dimensions of that tap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.audit import Mismatch
from weightdeck.run.frame import Frame
from weightdeck.run.slices import SliceValues
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Mix, Neuron, Strip
from weightdeck.run.subjects import InPrompt

SAMPLE = 256  # numbers that one check draws of a frame

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ShownTap:
    """A tap of one prompt, or some rows at its end, as a frame has it."""

    prompt: str
    ids: tuple[int, ...]
    tap: str
    values: Floats
    first: int = 0  # place along the first dimension where `values` begins


@dataclass(frozen=True, slots=True)
class ShownNumbers:
    """Numbers of one tap that were on the screen."""

    prompt: str
    ids: tuple[int, ...]
    tap: str
    index_KD: NDArray[np.int64]  # as ``weightdeck.run.layout.tap_shapes`` counts
    values_K: Floats


@dataclass(frozen=True, slots=True)
class AuditTask:
    """Numbers that were shown, with the model that made them."""

    step: int
    model: ModelSpec
    weights: Floats  # (layout.length,): the flat buffer
    mix: Mix
    means: tuple[tuple[Strip | Neuron, SliceValues], ...]
    shown: tuple[ShownNumbers, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What one check found."""

    checked: int = 0
    passed_over: int = 0  # of a model that has left the range of float32
    worst: float = 0.0  # difference over the largest absolute value of the tap
    wrong: int = 0
    mismatches: tuple[Mismatch, ...] = ()  # the first ``MOST_MISMATCHES`` of them


def shows_taps(frame: Frame) -> bool:
    """Whether `shown_taps` may find any."""
    return bool(frame.predictions or frame.activations or frame.taps)


def shown_taps(frame: Frame) -> Iterator[ShownTap]:
    """Every tap of a prompt that a frame shows: probabilities, activations, taps.

    Not those of the batch, which went through dropout and other weights, and not those with activations of another
    prompt in them: the reference knows neither.
    """
    for prediction in frame.predictions or ():
        prompt = prediction.prompt
        yield ShownTap(prompt.text, prompt.ids, "probs", prediction.probs[None], len(prompt.ids) - 1)
    if frame.activations is not None:
        for prompt, maps in zip(frame.activations.prompts, frame.activations.maps, strict=True):
            for each in maps:
                yield ShownTap(prompt.text, prompt.ids, each.tap, each.values)
    if frame.taps is not None:
        for reading in frame.taps.readings:
            if isinstance(reading.where, InPrompt) and not reading.patches:
                for tap, values in reading.values.items():
                    yield ShownTap(reading.where.text, reading.ids, tap, values)


def sample(frame: Frame, generator: np.random.Generator) -> tuple[ShownNumbers, ...]:
    """About `SAMPLE` numbers, spread over all the taps; of very many taps, over `SAMPLE` of them."""
    taps = list(shown_taps(frame))
    if len(taps) > SAMPLE:
        chosen = generator.choice(len(taps), SAMPLE, replace=False)
        taps = [taps[index] for index in np.sort(chosen)]
    each = math.ceil(SAMPLE / max(1, len(taps)))
    return tuple(_drawn(tap, each, generator) for tap in taps if tap.values.size)


def _drawn(tap: ShownTap, count: int, generator: np.random.Generator) -> ShownNumbers:
    size = tap.values.size
    flat_K = np.arange(size) if size <= count else np.unique(generator.integers(size, size=count))
    index_KD = np.stack(np.unravel_index(flat_K, tap.values.shape), axis=-1).astype(np.int64)
    values_K = tap.values[tuple(index_KD.T)]
    index_KD[:, 0] += tap.first
    return ShownNumbers(tap.prompt, tap.ids, tap.tap, index_KD, values_K)
