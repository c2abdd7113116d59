"""Parts of parameter tensors that do something of their own, such as the rows that make one head's queries.

Letters: C n_embd, D head size. ``attn.c_attn`` makes queries, keys and values, C rows each, D of them for each head;
the D columns of ``attn.c_proj.weight`` that belong to a head write what it gathered into the residual stream.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from weightdeck.run.layout import Layout, layout
from weightdeck.run.slices import Index, ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Strip, all_strips

Role = Literal["query", "key", "value", "output"]
MADE: tuple[Role, ...] = ("query", "key", "value")  # what the rows of c_attn make, in this order
Extents = tuple[tuple[int, int], ...]

_READS = {
    "attn.c_attn.weight": "ln1.normalized",
    "attn.c_proj.weight": "attn.z",
    "mlp.c_fc.weight": "ln2.normalized",
    "mlp.c_proj.weight": "mlp.post",
}


@dataclass(frozen=True, slots=True)
class NamedSlice:
    """A whole tensor (no role), the share of it that plays one role, or one head's share of that."""

    target: ParameterSlice
    extents: Extents  # of the target, see ``ParameterSlice.extents``
    role: Role | None = None
    head: Strip | None = None


@lru_cache(maxsize=64)
def named_slices(model: ModelSpec) -> tuple[NamedSlice, ...]:
    """Every tensor in state-dict order, then what plays a role in each block, then what does so in each head."""
    tensors = [NamedSlice(ParameterSlice(info.name), _whole(info.shape)) for info in layout(model).tensors]
    blocks = [named for block in range(model.n_layer) for named in _makers(model, block, None)]
    heads = [
        named
        for head in all_strips(model)
        if head.head is not None
        for named in (*_makers(model, head.block, head), _output(model, head))
    ]
    return (*tensors, *blocks, *heads)


def smallest_named(target: ParameterSlice, layout: Layout) -> NamedSlice:
    """The smallest named slice that `target` lies in. Raises ``ValueError`` when it does not fit the model."""
    extents = target.extents(layout)
    return next(
        named for named in _smallest_first(layout.model)[target.tensor] if _lies_in(extents, named.extents)
    )


def slice_of(tensor: str, index: Sequence[Index], whole: Extents) -> ParameterSlice:
    """A slice in its shortest form: no index for what is taken whole at the end. `whole`: the tensor's extents."""
    used = len(index)
    while used and index[used - 1] == whole[used - 1]:
        used -= 1
    return ParameterSlice(tensor, tuple(index[:used]))


def strip_slices(strip: Strip, model: ModelSpec) -> tuple[ParameterSlice, ...]:
    """Every parameter that belongs to a part alone: to a head its queries, keys, values and output, to an MLP its four
    tensors. The bias of the attention's output is shared by its heads and belongs to none.
    """
    if strip.head is not None:
        return tuple(named.target for named in named_slices(model) if named.head == strip)
    return tuple(
        ParameterSlice(f"transformer.h.{strip.block}.mlp.{name}")
        for name in ("c_fc.weight", "c_fc.bias", "c_proj.weight", "c_proj.bias")
    )


def written_by(strip: Strip, model: ModelSpec) -> ParameterSlice:
    """The weights by which a part writes into the residual stream."""
    if strip.head is None:
        return ParameterSlice(f"transformer.h.{strip.block}.mlp.c_proj.weight")
    return next(
        named.target for named in named_slices(model) if named.head == strip and named.role == "output"
    )


def read_tap(tensor: str, layout: Layout) -> str | None:
    """Name of the activation whose features the columns of a tensor are multiplied with; None for biases, gains,
    positions and, unless it is the output head too, the embedding.
    """
    if tensor == layout.head_name:
        return "ln_final.normalized"
    if not tensor.startswith("transformer.h."):
        return None
    _, _, block, rest = tensor.split(".", 3)
    return f"blocks.{block}.{_READS[rest]}" if rest in _READS else None


def reads_activation(target: ParameterSlice, layout: Layout) -> bool:
    """Whether `target` can be moved along the activation that it reads.

    It takes two columns: a single one reads a single number, and along that it could only move as along itself.
    """
    if read_tap(target.tensor, layout) is None:
        return False
    _, (first, end) = target.extents(layout)
    return end - first > 1


@lru_cache(maxsize=64)
def _smallest_first(model: ModelSpec) -> Mapping[str, tuple[NamedSlice, ...]]:
    """The named slices of every tensor. Where two are equal, as with a single head, the larger thing names them."""
    found: dict[str, list[NamedSlice]] = {}
    for named in named_slices(model):
        found.setdefault(named.target.tensor, []).append(named)
    return {tensor: tuple(sorted(parts, key=_size)) for tensor, parts in found.items()}


def _makers(model: ModelSpec, block: int, head: Strip | None) -> Iterator[NamedSlice]:
    """What makes the queries, keys and values of a block or of one of its heads: rows of weights, then biases."""
    C, D = model.n_embd, model.head_size
    start, count = (0, C) if head is None or head.head is None else (head.head * D, D)
    for kind, columns in (("weight", ((0, C),)), ("bias", ())):
        for place, role in enumerate(MADE):
            rows = (place * C + start, place * C + start + count)
            target = ParameterSlice(f"transformer.h.{block}.attn.c_attn.{kind}", (rows,))
            yield NamedSlice(target, (rows, *columns), role, head)


def _output(model: ModelSpec, head: Strip) -> NamedSlice:
    """What writes a head's share into the residual stream."""
    assert head.head is not None
    C, D = model.n_embd, model.head_size
    extents = ((0, C), (head.head * D, (head.head + 1) * D))
    target = slice_of(f"transformer.h.{head.block}.attn.c_proj.weight", extents, ((0, C), (0, C)))
    return NamedSlice(target, extents, "output", head)


def _whole(shape: tuple[int, ...]) -> Extents:
    return tuple((0, size) for size in shape)


def _size(named: NamedSlice) -> int:
    return math.prod(end - first for first, end in named.extents)


def _lies_in(inner: Extents, outer: Extents) -> bool:
    return all(a <= c and d <= b for (c, d), (a, b) in zip(inner, outer, strict=True))
