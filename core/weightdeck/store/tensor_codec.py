"""The state of a run as safetensors and back: every parameter under its name in the state dict, its moments as
``exp_avg.NAME`` and ``exp_avg_sq.NAME``, and the step among the metadata.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from weightdeck.run.layout import Layout
from weightdeck.store.plain_codec import json_value

_LENGTH = struct.Struct("<Q")
_PREFIXES = ("", "exp_avg.", "exp_avg_sq.")  # of the rows of a state


def tensors_bytes(state: NDArray[np.float32], step: int, layout: Layout) -> bytes:
    """`state` is (3, parameters), as of `Keyframe`."""
    parts = {name: state[row, start:end].reshape(shape) for name, row, start, end, shape in _parts(layout)}
    return save(parts, {"step": str(step)})


def read_tensors(data: bytes, step: int, layout: Layout) -> NDArray[np.float32]:
    """The state, (3, parameters), all of it finite. Raises ``ValueError`` with a sentence."""
    # Not by the library, which takes repeated names and any shape, and copies everything once more.
    if len(data) < _LENGTH.size:
        raise ValueError("The tensors are cut off.")
    (header_end,) = _LENGTH.unpack_from(data)
    header_end += _LENGTH.size
    expected = {name: shape for name, _, _, _, shape in _parts(layout)}
    if header_end + 4 * 3 * layout.num_parameters != len(data):
        raise ValueError("The tensors have not the size that those of this model have.")
    header = json_value(data[_LENGTH.size : header_end])
    if not isinstance(header, dict) or header.pop("__metadata__", None) != {"step": str(step)}:
        raise ValueError(f"The tensors are not those of step {step:,}.")
    if header.keys() != expected.keys():
        raise ValueError("The tensors are not those of this model.")
    ranges = sorted(_range(header[name], shape, name) for name, shape in expected.items())
    end = 0
    for first, last in ranges:
        if first != end:
            raise ValueError("The tensors overlap, or leave a gap.")
        end = last
    state = np.empty((3, layout.num_parameters), dtype=np.float32)
    for name, row, first, last, shape in _parts(layout):
        start, _ = _range(header[name], shape, name)
        state[row, first:last] = np.frombuffer(data, "<f4", last - first, header_end + start)
    if not np.isfinite(state).all():
        raise ValueError("The tensors hold numbers that are not finite.")
    if (state[2] < 0.0).any():
        raise ValueError("The averages of squared gradients are below 0.")
    return state


def _parts(layout: Layout) -> Iterator[tuple[str, int, int, int, tuple[int, ...]]]:
    """Of every tensor: its name, row, first and last + 1 column, and shape."""
    for row, prefix in enumerate(_PREFIXES):
        end = 0
        for info in layout.tensors:
            start, end = end, end + info.size
            yield prefix + info.name, row, start, end, info.shape


def _range(entry: object, shape: tuple[int, ...], name: str) -> tuple[int, int]:
    """Where the bytes of a tensor lie, when its description is that of float32 numbers in this shape."""
    if isinstance(entry, dict) and entry.keys() == {"dtype", "shape", "data_offsets"}:
        offsets = entry["data_offsets"]
        is_whole = isinstance(offsets, list) and [type(each) for each in offsets] == [int, int]
        is_ours = entry["dtype"] == "F32" and _same(entry["shape"], shape)
        if is_whole and is_ours and offsets[1] - offsets[0] == 4 * int(np.prod(shape)):
            return offsets[0], offsets[1]
    raise ValueError(f"The tensor {name} is not described as it should be.")


def _same(found: object, shape: tuple[int, ...]) -> bool:
    return isinstance(found, list) and found == list(shape) and all(type(each) is int for each in found)
