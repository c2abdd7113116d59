"""Slices by name: what is written can be read back, and what is addressed is what NumPy addresses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightdeck.run.layout import EMBEDDING, layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec

LAYOUT = layout(ModelSpec(2, 2, 8, 6, 5))


@st.composite
def slices(draw: st.DrawFn) -> ParameterSlice:
    info = draw(st.sampled_from(LAYOUT.tensors))
    index: list[int | tuple[int, int]] = []
    for size in info.shape[: draw(st.integers(0, len(info.shape)))]:
        first = draw(st.integers(0, size - 1))
        index.append(
            draw(st.one_of(st.just(first), st.integers(first + 1, size).map(lambda e, f=first: (f, e))))
        )
    return ParameterSlice(info.name, tuple(index))


@given(slices())
def test_what_is_written_can_be_read_back(target: ParameterSlice) -> None:
    assert ParameterSlice.parse(str(target)) == target
    assert ParameterSlice.parse(f"  {str(target).replace(',', ' , ')} ") == target


@given(slices())
def test_a_slice_is_what_numpy_makes_of_its_index(target: ParameterSlice) -> None:
    info = target.info(LAYOUT)
    part = np.empty(info.shape)[target.numpy_index()]
    assert target.shape(LAYOUT) == part.shape
    assert target.size(LAYOUT) == part.size
    assert target.is_single(LAYOUT) == (part.size == 1)


@pytest.mark.parametrize(
    "text", ["", "[1]", "wte[1", "wte[a]", "wte[1:2:3]", "wte[1,]", "wte[1.5]", "a b[1]", "wte[:]"]
)
def test_what_is_no_slice_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        ParameterSlice.parse(text)


@pytest.mark.parametrize("index", [(5,), (-1,), (0, 8), ((2, 2),), ((3, 1),), ((0, 6),), (0, 0, 0)], ids=str)
def test_what_lies_outside_is_refused(index: tuple[int | tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        ParameterSlice(EMBEDDING, index).info(LAYOUT)


def test_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no parameter called"):
        ParameterSlice("transformer.h.2.ln_1.weight").info(LAYOUT)
