"""Which knobs matter: single parameters in the order of how much a turn of each would move a prediction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.frame import Sensitivity
from weightdeck.run.layout import EMBEDDING, POSITIONS, Layout, layout
from weightdeck.run.named_slices import strip_slices
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Strip


@dataclass(frozen=True, slots=True)
class PartChoice:
    """A part of the model that a ranking can be limited to."""

    title: str
    slices: tuple[ParameterSlice, ...]  # no two of them overlap


def part_choices(model: ModelSpec) -> tuple[PartChoice, ...]:
    """The parts in order of computation: the embeddings; every block whole, its heads and its MLP; all layer norms; the
    output head. Every parameter is in at least one. A tied head is the embedding and has no choice of its own.
    """
    known = layout(model)
    embeddings = (ParameterSlice(EMBEDDING), ParameterSlice(POSITIONS))
    choices = [PartChoice("embeddings and output head" if model.tied else "embeddings", embeddings)]
    for block in range(model.n_layer):
        tensors = tuple(ParameterSlice(info.name) for info in known.tensors if info.block == block)
        choices.append(PartChoice(f"block {block}", tensors))
        choices += [
            PartChoice(f"head {strip}", strip_slices(strip, model))
            for strip in (Strip(block, head) for head in range(model.n_head))
        ]
        choices.append(PartChoice(str(Strip(block)), strip_slices(Strip(block), model)))
    norms = tuple(ParameterSlice(info.name) for info in known.tensors if ".ln_" in info.name)
    choices.append(PartChoice("norms", norms))
    if not model.tied:
        choices.append(PartChoice("output head", (ParameterSlice(known.head_name),)))
    return tuple(choices)


def ranked(
    found: Sensitivity, layout: Layout, within: PartChoice | None = None, limit: int = 100
) -> tuple[tuple[ParameterSlice, float], ...]:
    """The `limit` single parameters that would move the prediction most, with their signed nats, largest |nats| first.

    Only those in the part `within`, if there is one. What moves nothing at all is left out.
    """
    slices = _slices(layout, within)
    parts = [_nats_of(target, found, layout) for target in slices]
    nats = np.concatenate([part.ravel() for part in parts])
    ends = np.cumsum([part.size for part in parts])
    result = []
    for place in _largest_first(np.abs(nats), limit):
        number = int(np.searchsorted(ends, place, side="right"))
        inside = place - (int(ends[number]) - parts[number].size)
        result.append((_element(slices[number], inside, layout), float(nats[place])))
    return tuple(result)


def matter_most(
    found: Sensitivity, layout: Layout, within: PartChoice | None = None, count: int = 6
) -> tuple[ParameterSlice, ...]:
    """The `count` single parameters that would move the prediction most, at most one of each tensor."""
    best: dict[str, tuple[float, ParameterSlice]] = {}
    for target in _slices(layout, within):
        sizes = np.abs(_nats_of(target, found, layout)).ravel()
        inside = int(sizes.argmax())
        least, _ = best.get(target.tensor, (0.0, None))
        if sizes[inside] > least:
            best[target.tensor] = (float(sizes[inside]), _element(target, inside, layout))
    largest_first = sorted(best.values(), key=lambda pair: -pair[0])
    return tuple(element for _, element in largest_first[:count])


def _slices(layout: Layout, within: PartChoice | None) -> tuple[ParameterSlice, ...]:
    if within is not None:
        return within.slices
    return tuple(ParameterSlice(info.name) for info in layout.tensors)


def _nats_of(target: ParameterSlice, found: Sensitivity, layout: Layout) -> NDArray[np.float32]:
    return found.nats[layout.index_of(target.tensor)][target.numpy_index()]


def _largest_first(sizes: NDArray[np.float32], limit: int) -> list[int]:
    """Places of the `limit` largest that are not zero; equal ones in their order."""
    places = np.flatnonzero(sizes)
    if len(places) > limit:
        least = np.partition(sizes[places], -limit)[-limit]
        places = places[sizes[places] >= least]
    order = np.argsort(-sizes[places], kind="stable")[:limit]
    return [int(place) for place in places[order]]


def _element(target: ParameterSlice, inside: int, layout: Layout) -> ParameterSlice:
    """The single parameter at flat place `inside` of a slice."""
    extents = target.extents(layout)
    place = np.unravel_index(inside, [end - first for first, end in extents])
    index = tuple(first + int(offset) for (first, _), offset in zip(extents, place, strict=True))
    return ParameterSlice(target.tensor, index)
