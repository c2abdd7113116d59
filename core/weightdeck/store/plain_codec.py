"""Plain frozen data as JSON and back.

Nothing that is read is believed: every value has exactly the declared type (true is no number, 3.0 no whole number),
every object exactly the declared fields. Floats come back bit for bit; a `ParameterSlice` is its written form, and the
numbers of a slice are base64.
"""

from __future__ import annotations

import base64
import json
import math
import reprlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import lru_cache
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from weightdeck.run import commands
from weightdeck.run.slices import ParameterSlice, SliceValues

# What a command is called in a file. A name that has been used stays as it is.
COMMAND_KINDS: dict[str, type[Any]] = {
    "set_hyperparameter": commands.SetHyperparameter,
    "edit_slice": commands.EditSlice,
    "reinitialise": commands.Reinitialise,
    "add_noise": commands.AddNoise,
    "paste": commands.Paste,
    "hold_slices": commands.HoldSlices,
    "set_strip": commands.SetStrip,
    "set_clamp": commands.SetClamp,
    "set_scope": commands.SetScope,
    "set_mute_to": commands.SetMuteTo,
    "reset_strips": commands.ResetStrips,
    "undo": commands.Undo,
    "redo": commands.Redo,
}
_KIND_OF = {command: kind for kind, command in COMMAND_KINDS.items()}
MOST_VALUES = 500_000  # in one piece of JSON: each takes up to some hundred bytes of memory
LONGEST_SLICE = 200  # characters of its written form
MOST_DIMENSIONS = 32
LONGEST_SENTENCE = 300


def json_bytes(value: object) -> bytes:
    """Frozen dataclasses, tuples, numbers, texts and None as UTF-8. Half of a surrogate pair, which is no character,
    becomes "?".
    """
    text = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def read_json(kind: Any, data: bytes) -> Any:
    """A value of the type `kind`. Raises ``ValueError`` with a sentence when `data` is none."""
    return _typed(kind, json_value(data), "it")


def json_value(data: bytes) -> object:
    """JSON without repeated keys, NaN and infinities. Raises ``ValueError`` with a sentence for anything else."""
    if sum(data.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise ValueError("It holds more values than this program ever writes.")
    try:
        value: object = json.loads(
            data.decode("utf-8"), object_pairs_hook=_without_repeats, parse_constant=_no_constant
        )
    except RecursionError:
        raise ValueError("It is nested more deeply than this program ever writes.") from None
    except ValueError as problem:
        raise ValueError(f"It is no JSON as this program writes it: {problem}.") from None
    return value


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Says in a ``ValueError`` what it was that cannot be read, in a sentence that is not too long to be shown."""
    try:
        yield
    except ValueError as problem:
        reason = str(problem)
        if len(reason) > LONGEST_SENTENCE:
            reason = reason[:LONGEST_SENTENCE] + " ..."
        raise ValueError(f"{what} cannot be read: {reason}") from None


def _plain(value: Any) -> object:
    if isinstance(value, ParameterSlice):
        return str(value)
    if isinstance(value, SliceValues):
        return {"shape": value.shape, "data": base64.b64encode(value.data).decode("ascii")}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, np.generic):
        return value.item()  # a script may put NumPy's numbers into a command
    if not is_dataclass(value):
        return value
    plain = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    kind = _KIND_OF.get(type(value))
    return plain if kind is None else {"kind": kind, **plain}


def _typed(kind: Any, plain: object, name: str) -> Any:
    """`name` is what a problem's sentence calls the value."""
    if kind in _READERS:
        return _READERS[kind](plain, name)
    if is_dataclass(kind):
        return _object(kind, plain, name)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        return _tuple(arguments, plain, name)
    if origin is Literal:
        if plain in arguments and isinstance(plain, str):
            return plain
        raise ValueError(f"{name} must be one of {', '.join(arguments)}; it is {reprlib.repr(plain)}.")
    return _one_of(arguments, plain, name)


def _object(kind: Any, plain: object, name: str) -> Any:
    if not isinstance(plain, dict):
        raise ValueError(f"{name} must be an object; it is {reprlib.repr(plain)}.")
    hints = _hints(kind)
    expected = {"kind", *hints} if kind in _KIND_OF else set(hints)
    if plain.keys() != expected:
        odd = sorted(plain.keys() ^ expected)
        raise ValueError(f"{name} has not the fields that it should have: see {reprlib.repr(odd)}.")
    return kind(**{field: _typed(hint, plain[field], field) for field, hint in hints.items()})


def _tuple(kinds: tuple[Any, ...], plain: object, name: str) -> tuple[Any, ...]:
    if not isinstance(plain, list):
        raise ValueError(f"{name} must be a list; it is {reprlib.repr(plain)}.")
    if kinds[-1] is Ellipsis:
        return tuple(_typed(kinds[0], each, name) for each in plain)
    if len(plain) != len(kinds):
        raise ValueError(f"{name} must have {len(kinds)} parts; it has {len(plain):,}.")
    return tuple(_typed(kind, each, name) for kind, each in zip(kinds, plain, strict=True))


def _one_of(kinds: tuple[Any, ...], plain: object, name: str) -> Any:
    """Objects are told apart by their kind or by their fields, anything else by its type."""
    if isinstance(plain, dict):
        for kind in kinds:
            if _is_meant(kind, plain):
                return _object(kind, plain, name)
    else:
        for kind in kinds:
            if not is_dataclass(kind):
                try:
                    return _typed(kind, plain, name)
                except ValueError:
                    continue
    raise ValueError(f"{name} is none of what it may be; it is {reprlib.repr(plain)}.")


def _is_meant(kind: Any, plain: dict[str, object]) -> bool:
    if kind in _KIND_OF:
        return plain.get("kind") == _KIND_OF[kind]
    return is_dataclass(kind) and plain.keys() == {field.name for field in fields(kind)}


@lru_cache(maxsize=64)
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _whole(plain: object, name: str) -> int:
    if type(plain) is not int or not -(2**63) <= plain < 2**63:
        raise ValueError(f"{name} must be a whole number of 64 bits; it is {reprlib.repr(plain)}.")
    return plain


def _number(plain: object, name: str) -> float:
    """A whole number stays one: it may be what the user's command held."""
    if type(plain) is float and math.isfinite(plain):
        return plain
    if type(plain) is int:
        return _whole(plain, name)
    raise ValueError(f"{name} must be a finite number; it is {reprlib.repr(plain)}.")


def _text(plain: object, name: str) -> str:
    if not isinstance(plain, str):
        raise ValueError(f"{name} must be a text; it is {reprlib.repr(plain)}.")
    try:
        plain.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{name} holds half of a character.") from None
    return plain


def _switch(plain: object, name: str) -> bool:
    if not isinstance(plain, bool):
        raise ValueError(f"{name} must be true or false; it is {reprlib.repr(plain)}.")
    return plain


def _nothing(plain: object, name: str) -> None:
    if plain is not None:
        raise ValueError(f"{name} must be null; it is {reprlib.repr(plain)}.")


def _slice(plain: object, name: str) -> ParameterSlice:
    text = _text(plain, name)
    if len(text) > LONGEST_SLICE:
        raise ValueError(f"{name} is no slice of a parameter: it has {len(text):,} characters.")
    target = ParameterSlice.parse(text)
    if str(target) != text:
        raise ValueError(f"{name} is not written as this program writes it: {text!r}.")
    return target


def _values(plain: object, name: str) -> SliceValues:
    if not isinstance(plain, dict) or plain.keys() != {"shape", "data"}:
        raise ValueError(f"{name} must have a shape and data; it is {reprlib.repr(plain)}.")
    shape = _typed(tuple[int, ...], plain["shape"], "shape")
    data = _bytes(_text(plain["data"], "data"))
    if len(shape) > MOST_DIMENSIONS or min(shape, default=1) < 1 or 4 * math.prod(shape) != len(data):
        raise ValueError(
            f"{name} has {len(data):,} bytes, which are not those of a shape {reprlib.repr(shape)}."
        )
    values = SliceValues(shape, data)
    if not np.isfinite(values.array()).all():
        raise ValueError(f"{name} has numbers that are not finite.")
    return values


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError("What should be base64 is not.") from None


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no finite number")


_READERS: dict[Any, Callable[[object, str], Any]] = {
    int: _whole,
    float: _number,
    str: _text,
    bool: _switch,
    NoneType: _nothing,
    ParameterSlice: _slice,
    SliceValues: _values,
}
