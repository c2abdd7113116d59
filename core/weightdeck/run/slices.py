"""A part of one parameter tensor, addressed by name: the thing that a knob turns and a command edits."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

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

    def is_single(self, layout: Layout) -> bool:
        """Whether the slice is one number."""
        return self.size(layout) == 1


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
