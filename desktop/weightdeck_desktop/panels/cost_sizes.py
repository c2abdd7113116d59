"""A shape that is turned by hand: what may be typed or stepped, and how its sizes go together."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QCoreApplication

from weightdeck.run.costs import Shape

RANGES = {
    "n_layer": (1, 1_000),
    "n_embd": (1, 100_000),
    "n_head": (1, 1_000),
    "block_size": (1, 10_000_000),
    "vocab_size": (1, 10_000_000),
}


def read_size(text: str) -> int:
    """A whole number, thousands marked or not. Raises ``ValueError`` with a sentence."""
    digits = text.strip().replace(",", "").replace(" ", "").replace("_", "")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 20:
        raise ValueError(
            _tr("“{0}” is not a whole number: type one like 768 or 50,257.").format(text.strip())
        )
    return int(digits)


def with_size(shape: Shape, name: str, value: int) -> Shape:
    """The shape with one size changed. Another width keeps the heads' size as nearly as it can be shared evenly.

    Raises ``ValueError`` with a sentence for a size out of `RANGES`, and for heads that do not share the features.
    """
    low, high = RANGES[name]
    if not low <= value <= high:
        sentence = _tr("{size} must lie between {low:,} and {high:,}; {value:,} does not.")
        raise ValueError(sentence.format(size=size_name(name), low=low, high=high, value=value))
    if name == "n_embd":
        return replace(shape, n_embd=value, n_head=_nearest_divisor(value, value / shape.head_size))
    if name == "n_head" and shape.n_embd % value:
        sentence = _tr("{features:,} features cannot be shared evenly among {heads:,} heads.")
        raise ValueError(sentence.format(features=shape.n_embd, heads=value))
    sizes: dict[str, Any] = {name: value}
    return replace(shape, **sizes)


def stepped(shape: Shape, name: str, *, up: bool) -> Shape:
    """The next larger or smaller: one block, one head's width, the next number of heads that fits, twice or half of the
    rest. At the end of a range nothing changes.
    """
    low, high = RANGES[name]
    now: int = getattr(shape, name)
    match name:
        case "n_layer":
            value = now + (1 if up else -1)
        case "n_embd":
            value = now + (shape.head_size if up else -shape.head_size)
        case "n_head":
            fitting = [d for d in _divisors(shape.n_embd) if (d > now if up else d < now)]
            value = (min(fitting) if up else max(fitting)) if fitting else now
        case _:
            value = min(2 * now, high) if up else max(now // 2, low)
    return with_size(shape, name, value) if low <= value <= high else shape


def size_name(name: str) -> str:
    return {
        "n_layer": _tr("blocks"),
        "n_embd": _tr("features"),
        "n_head": _tr("heads"),
        "block_size": _tr("context"),
        "vocab_size": _tr("vocabulary"),
    }[name]


def size_tip(name: str) -> str:
    """What the size is, its range and its keys."""
    what = {
        "n_layer": _tr("How many blocks follow one another (n_layer). Up and Down: one more or less."),
        "n_embd": _tr(
            "Numbers that stand for each token (n_embd). The heads keep their size as nearly as possible. Up and Down: "
            "one head's width."
        ),
        "n_head": _tr(
            "Heads of attention in each block (n_head): they must share the features evenly. Up and Down: the next "
            "number that fits."
        ),
        "block_size": _tr(
            "Tokens that the model looks back on at most (block_size). Up and Down: twice, half."
        ),
        "vocab_size": _tr("Possible tokens (vocab_size). Up and Down: twice, half."),
    }[name]
    low, high = RANGES[name]
    return what + "\n" + _tr("Type {low:,} to {high:,}; Enter sets, Esc cancels.").format(low=low, high=high)


def _nearest_divisor(number: int, wanted: float) -> int:
    most = RANGES["n_head"][1]
    return min((d for d in _divisors(number) if d <= most), key=lambda divisor: abs(divisor - wanted))


def _divisors(number: int) -> list[int]:
    small = [divisor for divisor in range(1, math.isqrt(number) + 1) if number % divisor == 0]
    return [*small, *(number // divisor for divisor in reversed(small) if divisor**2 != number)]


def _tr(text: str) -> str:
    return QCoreApplication.translate("CostSizes", text)
