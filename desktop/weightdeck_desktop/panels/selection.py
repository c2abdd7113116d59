"""From one element of a tensor to its row, its column, its head and the whole, and back."""

from __future__ import annotations

from enum import Enum

from weightdeck.run.layout import Layout
from weightdeck.run.named_slices import smallest_named
from weightdeck.run.slices import ParameterSlice


class Extent(Enum):
    """How much of a tensor around one of its elements is meant."""

    ELEMENT = "element"
    ROW = "row"
    COLUMN = "column"
    HEAD = "head"  # a head's queries, keys, values or output
    TENSOR = "tensor"


def extents_of(tensor: str, layout: Layout) -> tuple[Extent, ...]:
    """The extents that a tensor has, the smallest first: a vector has no rows, most tensors have no heads."""
    shape = layout.by_name[tensor].shape
    lines = (Extent.ROW, Extent.COLUMN) if len(shape) == 2 else ()
    first = ParameterSlice(tensor, (0,) * len(shape))
    heads = (Extent.HEAD,) if smallest_named(first, layout).role is not None else ()
    return (Extent.ELEMENT, *lines, *heads, Extent.TENSOR)


def widened(tensor: str, row: int, column: int, extent: Extent, layout: Layout) -> ParameterSlice:
    """The slice of this extent around an element. Of a vector the element is `column`; its row is 0."""
    assert extent in extents_of(tensor, layout)
    shape = layout.by_name[tensor].shape
    element = ParameterSlice(tensor, (row, column) if len(shape) == 2 else (column,))
    match extent:
        case Extent.ELEMENT:
            return element
        case Extent.ROW:
            return ParameterSlice(tensor, (row,))
        case Extent.COLUMN:
            return ParameterSlice(tensor, ((0, shape[0]), column))
        case Extent.HEAD:
            return smallest_named(element, layout).target
        case Extent.TENSOR:
            return ParameterSlice(tensor)


def extent_of(target: ParameterSlice, layout: Layout) -> Extent | None:
    """How much of its tensor a slice is; None when it is no whole row, column or head."""
    row, column = corner(target, layout)
    ranges = target.extents(layout)
    for extent in extents_of(target.tensor, layout):
        if widened(target.tensor, row, column, extent, layout).extents(layout) == ranges:
            return extent
    return None


def corner(target: ParameterSlice, layout: Layout) -> tuple[int, int]:
    """Row and column of the first element of a slice; the row is 0 in a vector."""
    (row, _), (column, _) = map_extents(target, layout)
    return row, column


def map_extents(target: ParameterSlice, layout: Layout) -> tuple[tuple[int, int], tuple[int, int]]:
    """Half-open ranges of the rows and columns that a slice covers; a vector is one row."""
    *rows, columns = target.extents(layout)
    return (rows[0] if rows else (0, 1), columns)
