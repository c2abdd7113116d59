"""Parameters and commands in plain words, the same in the window, the menus and the headless log."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from weightdeck.run.commands import (
    AddNoise,
    Command,
    EditSlice,
    HoldSlices,
    Paste,
    Redo,
    Reinitialise,
    ResetStrips,
    SetClamp,
    SetHyperparameter,
    SetMuteTo,
    SetScope,
    SetStrip,
    Undo,
)
from weightdeck.run.layout import EMBEDDING, FINAL_NORM, HEAD, POSITIONS, Layout
from weightdeck.run.named_slices import NamedSlice, smallest_named
from weightdeck.run.ranking import part_choices
from weightdeck.run.slices import Direction, Index, ParameterSlice
from weightdeck.run.spec import HYPERPARAMETERS

# What a vocabulary calls the token that starts and ends a text; nobody can type it as a letter.
BOUNDARY = "·"
LONGEST_PROMPT = 16  # characters that a title shows of a prompt: its last

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


def part_title(named: NamedSlice) -> str:
    """Short words for a named slice: "head", "block 1 query bias", "head 1.2 output"."""
    target = named.target
    if named.role is None:
        return tensor_title(target.tensor)
    block = target.tensor.split(".")[2]
    whose = f"block {block}" if named.head is None else f"head {named.head}"
    return f"{whose} {named.role}{' bias' if target.tensor.endswith('.bias') else ''}"


def slice_title(target: ParameterSlice, vocabulary: Sequence[str], layout: Layout) -> str:
    """Short words for a slice: "head [s, 31]", "embed row i", "head 1.2 query", "block 0 MLP out column 5".

    Numbers count within the tensor, as in the written form. Raises ``ValueError`` when the slice does not fit.
    """
    named = smallest_named(target, layout)
    title = part_title(named)
    extents = target.extents(layout)
    places = [None if a == b else a for a, b in zip(extents, named.extents, strict=True)]
    row, column = (*places, None, None)[:2]
    boundary = "end" if target.tensor == layout.head_name else "start"
    has_tokens = target.tensor in (EMBEDDING, HEAD)
    tokens = [boundary if token == BOUNDARY else token for token in vocabulary] if has_tokens else []
    if column is None:
        return title if row is None else f"{title} {_row_words(target.tensor, row, tokens)}"
    if row is None:
        return f"{title} {'columns' if _is_range(column) else 'column'} {_index_words(column)}"
    return f"{title} [{_index_words(row, tokens)}, {_index_words(column)}]"


def slices_title(targets: Sequence[ParameterSlice], vocabulary: Sequence[str], layout: Layout) -> str:
    """Short words for several slices: the part of the model that they make up, or the first and how many more."""
    if len(targets) > 1:
        for choice in part_choices(layout.model):
            if set(choice.slices) == set(targets):
                return choice.title
    first = slice_title(targets[0], vocabulary, layout)
    return first if len(targets) == 1 else f"{first} and {len(targets) - 1} more"


def along_words(along: Direction) -> str:
    """What a slice is moved along: "along itself", "along what it reads after “chri”"."""
    if along.kind == "own":
        return "along itself"
    prompt = along.prompt
    shown = prompt if len(prompt) <= LONGEST_PROMPT else f"…{prompt[1 - LONGEST_PROMPT :]}"
    return f"along what it reads after “{shown}”"


def command_title(command: Command, vocabulary: Sequence[str], layout: Layout) -> str:
    """What a command does, as a menu would say it: "scale block 0 attention to ×0.40"."""
    match command:
        case HoldSlices(targets):
            what = slices_title(targets, vocabulary, layout)
        case EditSlice(target) | Reinitialise(target) | AddNoise(target) | Paste(target):
            what = slice_title(target, vocabulary, layout)
        case _:
            what = ""
    return _COMMAND_WORDS[type(command)](command, what)


def _edit_words(command: EditSlice, what: str) -> str:
    value, along = command.value, command.along
    signed = _decimals(value, "+.3f")
    if along is not None:
        return f"move {what} {along_words(along)} {'to' if command.op == 'set' else 'by'} {signed}"
    match command.op:
        case "add":
            return f"add {signed} to {what}"
        case _ if value == 0.0:
            return f"zero {what}"
        case "scale":
            return f"scale {what} {'by' if command.reference is None else 'to'} ×{_decimals(value, '.2f')}"
        case "set":
            return f"set {what} to {signed}"


def _setting_words(command: SetHyperparameter, _what: str) -> str:
    known = HYPERPARAMETERS.get(command.name)
    return f"set {command.name if known is None else known.label} to {number(command.value)}"


def _strip_words(command: SetStrip, _what: str) -> str:
    """What is true of the strip from now on: the command does not know what it changed."""
    setting = command.setting
    states = [word for word, is_on in (("muted", setting.muted), ("solo", setting.solo)) if is_on]
    if setting.gain != 1.0:
        states.append(f"fader {_decimals(setting.gain, '.2f')}")
    return f"strip {command.strip}: {', '.join(states) or 'open'}"


def _clamp_words(command: SetClamp, _what: str) -> str:
    match command.to:
        case None:
            return f"let go of {command.neuron}"
        case "mean":
            return f"hold {command.neuron} at its mean"
        case value:
            return f"hold {command.neuron} at {_decimals(value, '.2f')}"


def _scope_words(command: SetScope, _what: str) -> str:
    where = "prediction only" if command.scope == "prediction" else "training and prediction"
    return f"strips act in {where}"


def _counted(word: str, count: int) -> str:
    return word if count == 1 else f"{word} {count} changes"


_COMMAND_WORDS: dict[type[Any], Callable[[Any, str], str]] = {
    SetHyperparameter: _setting_words,
    EditSlice: _edit_words,
    Reinitialise: lambda c, what: f"re-initialise {what}" if c.draw else f"back to step 0: {what}",
    AddNoise: lambda _, what: f"add noise to {what}",
    Paste: lambda _, what: f"paste into {what}",
    HoldSlices: lambda c, what: f"{'hold' if c.held else 'let go of'} {what}",
    SetStrip: _strip_words,
    SetClamp: _clamp_words,
    SetScope: _scope_words,
    SetMuteTo: lambda c, _: f"muted strips go to {'their mean' if c.mute_to == 'mean' else 'zero'}",
    ResetStrips: lambda *_: "open all strips",
    Undo: lambda c, _: _counted("undo", c.count),
    Redo: lambda c, _: _counted("redo", c.count),
}


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


def _decimals(value: float, form: str) -> str:
    """A number in a format such as ".3f"; one smaller than its last decimal as "2.0e-5"."""
    if value == 0.0 or abs(value) >= 10.0 ** -int(form[-2]):
        return format(value, form)
    mantissa, exponent = f"{value:{form[:-3]}.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def _row_words(tensor: str, row: Index, tokens: Sequence[str]) -> str:
    """Rows by what they stand for; of a vector, whose places are no rows, as in the written form."""
    words = _index_words(row, tokens)
    if tensor.endswith(".bias") or ".ln_" in tensor:
        return f"[{words}]"
    if tensor == POSITIONS:
        return words
    noun = "neuron" if tensor.endswith("mlp.c_fc.weight") else "row"
    return f"{noun}{'s' if _is_range(row) else ''} {words}"


def _index_words(index: Index, tokens: Sequence[str] = ()) -> str:
    first, last = (index, index) if isinstance(index, int) else (index[0], index[1] - 1)
    ends = [tokens[place] if tokens else str(place) for place in (first, last)]
    return ends[0] if first == last else "…".join(ends)


def _is_range(index: Index) -> bool:
    return not isinstance(index, int) and index[1] - index[0] > 1
