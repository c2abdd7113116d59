"""Parameters and commands in plain words, the same in the window, the menus and the headless log."""

from __future__ import annotations

import math
from collections.abc import Sequence

from weightdeck.run.commands import Command, EditSlice, SetHyperparameter, Undo
from weightdeck.run.layout import EMBEDDING, FINAL_NORM, HEAD, POSITIONS
from weightdeck.run.slices import Index, ParameterSlice
from weightdeck.run.spec import HYPERPARAMETERS

_TENSOR_WORDS = {
    EMBEDDING: "embed",
    POSITIONS: "position",
    FINAL_NORM: "final norm",
    "transformer.ln_f.bias": "final norm bias",
    HEAD: "head",
}
_BLOCK_WORDS = {
    "ln_1.weight": "norm 1",
    "ln_1.bias": "norm 1 bias",
    "attn.c_attn.weight": "query key value",
    "attn.c_attn.bias": "query key value bias",
    "attn.c_proj.weight": "attention",
    "attn.c_proj.bias": "attention bias",
    "ln_2.weight": "norm 2",
    "ln_2.bias": "norm 2 bias",
    "mlp.c_fc.weight": "MLP in",
    "mlp.c_fc.bias": "MLP in bias",
    "mlp.c_proj.weight": "MLP out",
    "mlp.c_proj.bias": "MLP out bias",
}


def tensor_title(name: str) -> str:
    """Short words for a tensor: "head", "embed", "block 1 attention"."""
    if name.startswith("transformer.h."):
        _, _, block, rest = name.split(".", 3)
        return f"block {block} {_BLOCK_WORDS.get(rest, rest)}"
    return _TENSOR_WORDS.get(name, name)


def slice_title(target: ParameterSlice, vocabulary: Sequence[str]) -> str:
    """Short words for a slice: "head [s, 31]", "embed row i", "block 0 attention"."""
    title = tensor_title(target.tensor)
    if not target.index:
        return title
    first, *rest = target.index
    names_token = target.tensor in (EMBEDDING, HEAD)
    first_words = vocabulary[first] if names_token and isinstance(first, int) else _index_words(first)
    if not rest:
        return f"{title} row {first_words}"
    return f"{title} [{', '.join([first_words, *(_index_words(i) for i in rest)])}]"


def command_title(command: Command, vocabulary: Sequence[str]) -> str:
    """What a command does, as a menu would say it: "scale block 0 attention to ×0.40"."""
    if isinstance(command, SetHyperparameter):
        label = HYPERPARAMETERS[command.name].label if command.name in HYPERPARAMETERS else command.name
        return f"set {label} to {number(command.value)}"
    if isinstance(command, EditSlice):
        title = slice_title(command.target, vocabulary)
        if command.op == "scale":
            return f"scale {title} {'by' if command.reference is None else 'to'} ×{command.value:.2f}"
        if command.op == "add":
            return f"add {command.value:+.3f} to {title}"
        return f"set {title} to {command.value:+.3f}"
    return "undo" if isinstance(command, Undo) else "redo"


def number(value: float) -> str:
    """A setting as a person would write it: "3e-3", "0.10", "32"."""
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    if abs(value) >= 0.01:
        return f"{value:.3g}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def perplexity_words(loss: float, unit: str = "letter") -> str:
    """A loss in nats per token in plain words: exp(loss) equally likely choices, "9 letters"."""
    choices = math.exp(min(loss, 50.0))
    if choices >= 1e6:
        return f"over a million {unit}s"
    text = f"{choices:.0f}" if choices >= 9.5 else f"{choices:.1f}"
    return f"{text} {unit}s"


def _index_words(index: Index) -> str:
    return str(index) if isinstance(index, int) else f"{index[0]}…{index[1] - 1}"
