"""Records as bytes and back: a small JSON head with its length before it, then the arrays one after another; all of it
compressed, for most bins are empty.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weightdeck.run.bins import ACTIVATION_BINS, GRADIENT_BINS, WEIGHT_BINS
from weightdeck.run.frame import LayerStatistics, Record
from weightdeck.run.layout import Layout, tap_shapes
from weightdeck.run.spec import ModelSpec
from weightdeck.store.plain_codec import json_bytes, read_json, reading

_LENGTH = struct.Struct("<I")
_LONGEST_HEAD = 2**16
_COMPRESSION = 1  # the fastest: a tenth of the size already


@dataclass(frozen=True, slots=True)
class _Head:
    step: int
    exact: float | None
    points: tuple[str, ...]


def record_bytes(record: Record) -> bytes:
    """Bit for bit, also what is not finite: a model may be turned so far that its losses are not."""
    layers = record.layers
    head = json_bytes(_Head(record.step, record.exact, layers.points))
    arrays = (
        np.array(record.validation_loss, dtype="<f8"),
        record.weight_counts.astype("<i4", copy=False),
        record.gradient_counts.astype("<i4", copy=False),
        layers.mean.astype("<f4", copy=False),
        layers.std.astype("<f4", copy=False),
        layers.counts.astype("<i4", copy=False),
        layers.dead.astype("<f4", copy=False),
        layers.entropy.astype("<f4", copy=False),
    )
    parts = (_LENGTH.pack(len(head)), head, *(array.tobytes() for array in arrays))
    return zlib.compress(b"".join(parts), _COMPRESSION)


def read_record(data: bytes, layout: Layout) -> Record:
    """What `record_bytes` gave, of a run of a model with this layout; its arrays are read-only."""
    with reading("A record"):
        shapes = _shapes(layout)
        size = sum(math.prod(shape) * np.dtype(kind).itemsize for kind, shape in shapes)
        plain = _decompressed(data, _LENGTH.size + _LONGEST_HEAD + size)
        if len(plain) < _LENGTH.size:
            raise ValueError("It is cut off.")
        (head_end,) = _LENGTH.unpack_from(plain)
        head_end += _LENGTH.size
        if len(plain) != head_end + size:
            raise ValueError("It has not the size that a record of this model has.")
        head: _Head = read_json(_Head, plain[_LENGTH.size : head_end])
        _check_head(head, layout.model)
        arrays: list[NDArray[np.generic]] = []
        start = head_end
        for kind, shape in shapes:
            array = np.frombuffer(plain, kind, math.prod(shape), start).reshape(shape)
            if kind == "<i4" and (array < 0).any():
                raise ValueError("It has counts below 0.")
            start += array.nbytes
            arrays.append(array)
        loss, weights, gradients, mean, std, counts, dead, entropy = arrays
        layers = LayerStatistics(head.points, mean, std, counts, dead, entropy)  # type: ignore[arg-type]
        return Record(head.step, float(loss), weights, gradients, layers, head.exact)  # type: ignore[arg-type]


def _shapes(layout: Layout) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Type and shape of every array, in the order in which they are written."""
    tensors, model = len(layout.tensors), layout.model
    points = model.n_layer + 1
    return (
        ("<f8", ()),  # validation loss
        ("<i4", (tensors, WEIGHT_BINS.count)),
        ("<i4", (tensors, GRADIENT_BINS.count)),
        ("<f4", (points,)),  # mean
        ("<f4", (points,)),  # std
        ("<i4", (points, ACTIVATION_BINS.count)),
        ("<f4", (model.n_layer,)),  # dead
        ("<f4", (model.n_layer, model.n_head)),  # entropy
    )


def _check_head(head: _Head, model: ModelSpec) -> None:
    if head.step < 0:
        raise ValueError(f"A step is counted from 0; it is {head.step}.")
    if head.exact is not None and not 0.0 <= head.exact <= 1.0:
        raise ValueError(f"A share lies between 0 and 1; it is {head.exact:g}.")
    if len(head.points) != model.n_layer + 1 or not tap_shapes(model, 1).keys() >= set(head.points):
        raise ValueError("It is about other layers than this model has.")


def _decompressed(data: bytes, most: int) -> bytes:
    """Never more than `most` bytes, whatever `data` says."""
    engine = zlib.decompressobj()
    try:
        plain = engine.decompress(data, most)
    except zlib.error:
        raise ValueError("It is not compressed as it should be.") from None
    if not engine.eof or engine.unused_data:
        raise ValueError("It does not end where it should.")
    return plain
