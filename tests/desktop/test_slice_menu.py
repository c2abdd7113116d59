"""What menus say of a slice."""

from __future__ import annotations

import pytest

from weightdeck.run.layout import EMBEDDING, FINAL_NORM, HEAD, layout
from weightdeck.run.slices import ParameterSlice, held_share
from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.panels.slice_menu import slice_state

LAYOUT = layout(ModelSpec(1, 2, 16, 8, 5))
TENSOR = ParameterSlice(HEAD)
ROW = ParameterSlice(HEAD, (3,))
COLUMN = ParameterSlice(HEAD, ((0, 5), 7))
CROSSING = ParameterSlice(HEAD, (3, 7))


@pytest.mark.parametrize(
    ("target", "held", "share"),
    [
        (ROW, (), 0.0),
        (ROW, (TENSOR,), 1.0),
        (ROW, (ROW,), 1.0),
        (TENSOR, (ROW,), 1 / 5),
        (TENSOR, (ROW, ROW), 1 / 5),
        (TENSOR, (ROW, COLUMN), (16 + 5 - 1) / 80),
        (ROW, (COLUMN,), 1 / 16),
        (CROSSING, (COLUMN,), 1.0),
        (COLUMN, (CROSSING,), 1 / 5),
        (ParameterSlice(HEAD, (2,)), (ROW,), 0.0),
        (ParameterSlice(HEAD, ((0, 2),)), (ParameterSlice(HEAD, ((1, 4),)),), 0.5),
        (ParameterSlice(HEAD, ((2, 5),)), (ParameterSlice(HEAD, ((0, 2),)),), 0.0),
        (ParameterSlice(EMBEDDING, (3,)), (TENSOR,), 0.0),
        (ParameterSlice(FINAL_NORM), (ParameterSlice(FINAL_NORM, ((0, 4),)),), 1 / 4),
    ],
    ids=str,
)
def test_the_held_share_counts_every_number_once(
    target: ParameterSlice, held: tuple[ParameterSlice, ...], share: float
) -> None:
    assert held_share(target, LAYOUT, held) == pytest.approx(share)


def test_a_state_says_what_a_slice_allows() -> None:
    vocabulary = ("·", *"abcd")
    row = slice_state(ROW, LAYOUT, vocabulary, (TENSOR,), copied=16)
    assert (row.title, row.is_single, row.reads, row.held, row.can_paste) == (
        "head row c",
        False,
        True,
        1.0,
        True,
    )
    one = slice_state(CROSSING, LAYOUT, vocabulary, (), copied=16)
    assert (one.is_single, one.reads, one.held, one.can_paste) == (True, False, 0.0, False)
    gain = slice_state(ParameterSlice(FINAL_NORM), LAYOUT, vocabulary, (), copied=0)
    assert (gain.is_single, gain.reads, gain.can_paste) == (False, False, False)
