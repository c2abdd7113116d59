"""The desk's knobs as a settings file can keep them."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable
from typing import Any

from weightdeck.run.commands import EditSlice, check_command
from weightdeck.run.layout import Layout
from weightdeck.run.slices import Direction, ParameterSlice, SliceValues
from weightdeck_desktop.controller.pins import Origin, Pin, pin
from weightdeck_desktop.panels.knobs import MOST_WEIGHT_KNOBS


def remembered(pins: Iterable[Pin]) -> list[dict[str, Any]]:
    """What a JSON file keeps of the pins."""
    return [
        {
            "target": str(each.target),
            "origin": each.origin.value,
            **({} if each.along is None else {"along": _written(each.along)}),
        }
        for each in pins
    ]


def recalled(kept: list[Any] | None, layout: Layout) -> list[Pin] | None:
    """The pins that still fit the model; what is damaged is left out. None where nothing usable was kept."""
    if kept is None:
        return None
    pins = []
    for entry in kept[:MOST_WEIGHT_KNOBS]:
        try:
            target = ParameterSlice.parse(entry["target"])
            along = _read(entry["along"]) if "along" in entry else None
            check_command(EditSlice(target, "set", 0.0, along=along), layout)
            pins.append(pin(target, layout, Origin(entry["origin"]), along))
        except (KeyError, TypeError, ValueError, OverflowError):
            continue
    return None if kept and not pins else pins


def _written(along: Direction) -> dict[str, Any]:
    return {
        "kind": along.kind,
        "shape": list(along.values.shape),
        "values": base64.b64encode(along.values.data).decode(),
        "length": along.length,
        "prompt": along.prompt,
    }


def _read(entry: dict[str, Any]) -> Direction:
    """Raises ``ValueError``, ``OverflowError``, ``KeyError`` or ``TypeError`` for what is no direction."""
    values = SliceValues(tuple(map(int, entry["shape"])), base64.b64decode(entry["values"], validate=True))
    length = float(entry["length"])
    if entry["kind"] not in ("own", "read") or not 0.0 <= length < math.inf:
        raise ValueError("A direction is its slice's own or what that reads, and its slice has a length.")
    return Direction(entry["kind"], values, length, str(entry["prompt"]))
