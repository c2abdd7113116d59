"""The ranking against sorting every parameter by hand."""

from __future__ import annotations

import numpy as np
import pytest

from weightdeck.run.frame import Prompt, Sensitivity
from weightdeck.run.layout import EMBEDDING, HEAD, Layout, layout
from weightdeck.run.ranking import PartChoice, matter_most, part_choices, ranked
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec

MODEL = ModelSpec(2, 2, 8, 6, 5)
LAYOUT = layout(MODEL)
CHOICES = (None, *part_choices(MODEL))


def sensitivity_of(layout: Layout, seed: int = 0) -> Sensitivity:
    """Rounded, so that many values are equal and many are zero."""
    rng = np.random.default_rng(seed)
    nats = tuple(np.round(rng.normal(0.0, 0.3, info.shape), 1).astype(np.float32) for info in layout.tensors)
    return Sensitivity(Prompt("a", (1,), ("a",), 0, ""), 2, -1.0, nats, (0.02,) * len(nats))


FOUND = sensitivity_of(LAYOUT)


def by_hand(within: PartChoice | None) -> list[tuple[ParameterSlice, float]]:
    """Every parameter of the part that moves anything, largest first."""
    slices = within.slices if within is not None else tuple(ParameterSlice(t.name) for t in LAYOUT.tensors)
    pairs = []
    for target in slices:
        nats = FOUND.nats[LAYOUT.index_of(target.tensor)]
        for place in np.ndindex(nats.shape):
            element = ParameterSlice(target.tensor, place)
            if target.covers(element, LAYOUT) and nats[place] != 0.0:
                pairs.append((element, float(nats[place])))
    return sorted(pairs, key=lambda pair: -abs(pair[1]))


@pytest.mark.parametrize("within", CHOICES, ids=lambda choice: choice.title if choice else "all")
@pytest.mark.parametrize("limit", [1, 7, 100, 10_000])
def test_the_largest_come_first_with_their_nats(within: PartChoice | None, limit: int) -> None:
    assert list(ranked(FOUND, LAYOUT, within, limit)) == by_hand(within)[:limit]


@pytest.mark.parametrize("within", CHOICES, ids=lambda choice: choice.title if choice else "all")
def test_those_that_matter_most_are_the_best_of_their_tensors(within: PartChoice | None) -> None:
    best: dict[str, ParameterSlice] = {}
    for element, _ in by_hand(within):
        best.setdefault(element.tensor, element)
    nats = [abs(_nats(element)) for element in best.values()]
    found = matter_most(FOUND, LAYOUT, within)
    assert len(found) == min(6, len(best))
    assert len({element.tensor for element in found}) == len(found)
    assert [abs(_nats(element)) for element in found] == nats[: len(found)]
    assert len(matter_most(FOUND, LAYOUT, within, count=2)) == min(2, len(best))


def _nats(element: ParameterSlice) -> float:
    return float(FOUND.nats[LAYOUT.index_of(element.tensor)][element.numpy_index()])


def test_where_nothing_matters_nothing_is_named() -> None:
    nothing = Sensitivity(
        FOUND.prompt, 0, 0.0, tuple(np.zeros_like(nats) for nats in FOUND.nats), FOUND.spreads
    )
    assert ranked(nothing, LAYOUT) == ()
    assert matter_most(nothing, LAYOUT) == ()


def test_every_parameter_is_in_a_part_and_no_part_has_one_twice() -> None:
    for model in (MODEL, ModelSpec(2, 2, 8, 6, 5, tied=True)):
        known = layout(model)
        reached = {info.name: np.zeros(info.shape, dtype=bool) for info in known.tensors}
        titles = [choice.title for choice in part_choices(model)]
        assert len(set(titles)) == len(titles)
        for choice in part_choices(model):
            inside = {info.name: np.zeros(info.shape, dtype=int) for info in known.tensors}
            for target in choice.slices:
                inside[target.tensor][target.numpy_index()] += 1
            assert max(count.max() for count in inside.values()) == 1, choice.title
            for name, count in inside.items():
                reached[name] |= count > 0
        assert all(each.all() for each in reached.values())


def test_parts_are_called_as_on_the_desk() -> None:
    titles = [choice.title for choice in part_choices(MODEL)]
    assert titles == [
        "embeddings",
        *("block 0", "head 0.0", "head 0.1", "MLP 0"),
        *("block 1", "head 1.0", "head 1.1", "MLP 1"),
        *("norms", "output head"),
    ]
    tied = part_choices(ModelSpec(1, 1, 8, 6, 5, tied=True))
    assert tied[0].title == "embeddings and output head"
    assert tied[0].slices[0] == ParameterSlice(EMBEDDING)
    assert not any(target.tensor == HEAD for choice in tied for target in choice.slices)
