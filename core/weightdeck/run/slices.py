"""A part of one parameter tensor, addressed by name: the thing that a knob turns and a command edits."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weightdeck.run.layout import Layout, TensorInfo

Index = int | tuple[int, int]  # one position, or a half-open range

_TEXT = re.compile(r"^\s*([\w.]+)\s*(?:\[([^\]]*)\])?\s*$")


@dataclass(frozen=True, slots=True)
class ParameterSlice:
    """`tensor` with one index for each leading dimension; dimensions without an index are taken whole.

    Written ``lm_head.weight[5, 31]``, ``transformer.wte.weight[9]``, ``...c_attn.weight[0:16]``.
    """

    tensor: str
    index: tuple[Index, ...] = ()

    def __str__(self) -> str:
        if not self.index:
            return self.tensor
        parts = (str(i) if isinstance(i, int) else f"{i[0]}:{i[1]}" for i in self.index)
        return f"{self.tensor}[{', '.join(parts)}]"

    @classmethod
    def parse(cls, text: str) -> ParameterSlice:
        """Read the written form. Raises ``ValueError`` with a sentence when it is not one."""
        match = _TEXT.match(text)
        if match is None:
            raise ValueError(f"{text!r} is not a parameter: write a name like lm_head.weight[5, 31].")
        name, inside = match.groups()
        return cls(name, tuple(_parse_index(part, text) for part in inside.split(",")) if inside else ())

    def info(self, layout: Layout) -> TensorInfo:
        """The tensor that this slice is part of. Raises ``ValueError`` when the slice does not fit the model."""
        info = layout.by_name.get(self.tensor)
        if info is None:
            raise ValueError(f"This model has no parameter called {self.tensor!r}.")
        if len(self.index) > len(info.shape):
            raise ValueError(
                f"{self.tensor} has {len(info.shape)} dimensions; {self} names {len(self.index)}."
            )
        for dimension, (index, size) in enumerate(zip(self.index, info.shape, strict=False)):
            first, last = (index, index) if isinstance(index, int) else (index[0], index[1] - 1)
            if not 0 <= first <= last < size:
                raise ValueError(
                    f"{self} lies outside {self.tensor}: dimension {dimension} runs from 0 to {size - 1}."
                )
        return info

    def numpy_index(self) -> tuple[int | slice, ...]:
        """For ``array[...]``; an integer index drops its dimension."""
        return tuple(i if isinstance(i, int) else slice(*i) for i in self.index)

    def shape(self, layout: Layout) -> tuple[int, ...]:
        """Shape of the slice, integer dimensions dropped."""
        info = self.info(layout)
        ranges = tuple(i[1] - i[0] for i in self.index if not isinstance(i, int))
        return ranges + info.shape[len(self.index) :]

    def size(self, layout: Layout) -> int:
        return math.prod(self.shape(layout))

    def extents(self, layout: Layout) -> tuple[tuple[int, int], ...]:
        """The half-open range of every dimension of the tensor that the slice covers."""
        shape = self.info(layout).shape
        given = tuple((i, i + 1) if isinstance(i, int) else i for i in self.index)
        return given + tuple((0, size) for size in shape[len(given) :])

    def covers(self, other: ParameterSlice, layout: Layout) -> bool:
        """Whether every number of `other` belongs to this slice."""
        if self.tensor != other.tensor:
            return False
        pairs = zip(self.extents(layout), other.extents(layout), strict=True)
        return all(a <= c and d <= b for (a, b), (c, d) in pairs)

    def overlaps(self, other: ParameterSlice, layout: Layout) -> bool:
        """Whether some number belongs to both slices."""
        if self.tensor != other.tensor:
            return False
        pairs = zip(self.extents(layout), other.extents(layout), strict=True)
        return all(a < d and c < b for (a, b), (c, d) in pairs)

    def is_single(self, layout: Layout) -> bool:
        """Whether the slice is one number."""
        return self.size(layout) == 1


@dataclass(frozen=True, slots=True)
class SliceValues:
    """The numbers of a slice as plain data that can be compared, journalled and stored."""

    shape: tuple[int, ...]
    data: bytes  # float32, little-endian, in C order

    @classmethod
    def of(cls, values: ArrayLike) -> SliceValues:
        array = np.asarray(values, dtype="<f4")
        return cls(array.shape, array.tobytes())

    def array(self) -> NDArray[np.float32]:
        """A read-only view, in the slice's shape."""
        return np.frombuffer(self.data, dtype="<f4").reshape(self.shape)


@dataclass(frozen=True, slots=True)
class Direction:
    """A direction in the space of a slice, of length 1 and fixed when it was chosen.

    "own": the slice's own values. "read": the activation that the slice reads after `prompt`; for several rows, each
    row's share is what it writes for that activation, so that the move makes what is written stronger and is no
    constant, which a layer norm would cancel. Source: ``weightdeck.probes.directions``.
    """

    kind: Literal["own", "read"]
    values: SliceValues
    length: float  # Euclidean, of the slice when the direction was chosen
    prompt: str = ""


def are_held(targets: Iterable[ParameterSlice], layout: Layout, held: Sequence[ParameterSlice]) -> bool:
    """Whether each of the slices lies in one of those that are `held`."""
    return all(any(each.covers(target, layout) for each in held) for target in targets)


def held_share(target: ParameterSlice, layout: Layout, held: Sequence[ParameterSlice]) -> float:
    """The share of a slice that is held, 0 to 1; the slices that are `held` may overlap."""
    extents = target.extents(layout)
    is_held = np.zeros([end - first for first, end in extents], dtype=np.bool_)
    for each in held:
        if each.tensor == target.tensor:
            pairs = zip(each.extents(layout), extents, strict=True)
            common = tuple(slice(max(a - c, 0), max(b - c, 0)) for (a, b), (c, _) in pairs)
            is_held[common] = True
    return float(is_held.mean())


def _parse_index(part: str, text: str) -> Index:
    try:
        if ":" in part:
            first, last = part.split(":")
            return int(first), int(last)
        return int(part)
    except ValueError:
        raise ValueError(
            f"{part.strip()!r} in {text!r} is not an index: use numbers like 5 or ranges like 0:16."
        ) from None
