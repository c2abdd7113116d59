"""What the rows and columns of every tensor are, in words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from weightdeck.run.layout import EMBEDDING, HEAD, POSITIONS, Layout
from weightdeck_desktop.panels.token_words import given_tokens, next_tokens
from weightdeck_desktop.widgets.value_map import Axis


def tensor_axes(tensor: str, layout: Layout, vocabulary: Sequence[str]) -> tuple[Axis, Axis]:
    """The axes of a tensor's map, rows and columns; a vector is one row."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("TensorAxes", text)

    feature, output, source = tr("feature"), tr("output"), tr("input")
    if tensor in (EMBEDDING, HEAD):
        tokens = next_tokens(vocabulary) if tensor == layout.head_name else given_tokens(vocabulary)
        names = tuple((place, place + 1, name) for place, name in enumerate(tokens))
        return Axis(tr("token"), names), Axis(feature)
    if tensor == POSITIONS:
        return Axis(tr("position")), Axis(feature)
    heads = _heads(layout)
    if tensor.endswith(".attn.c_attn.weight"):
        return Axis(output, heads), Axis(source)
    if tensor.endswith(".attn.c_attn.bias"):
        return Axis(), Axis(output, heads)
    if len(layout.by_name[tensor].shape) == 2:
        return Axis(output), Axis(source)
    is_norm = ".ln_" in tensor
    return Axis(), Axis(feature if is_norm else output)


def place_words(axis: Axis, place: int) -> str:
    """One position on an axis: "token s", "feature 12"; with heads "key 1 · output 70"."""
    for first, last, name in axis.names:
        if first <= place < last:
            return f"{axis.word} {name}" if last == first + 1 else f"{name} · {axis.word} {place}"
    return f"{axis.word} {place}"


def _heads(layout: Layout) -> tuple[tuple[int, int, str], ...]:
    """Rows of the attention's input: the query of every head, then the keys, then the values."""
    width, count = layout.model.head_size, layout.model.n_head
    words = (
        QCoreApplication.translate("TensorAxes", "query"),
        QCoreApplication.translate("TensorAxes", "key"),
        QCoreApplication.translate("TensorAxes", "value"),
    )
    return tuple(
        ((part * count + head) * width, (part * count + head + 1) * width, f"{word} {head}")
        for part, word in enumerate(words)
        for head in range(count)
    )
