"""The desk's knobs as a document and a settings file keep them."""

from __future__ import annotations

import base64
import json
import math
import time
from collections.abc import Iterable, Sequence
from typing import Any

from weightdeck.run.commands import LARGEST_VALUE, EditSlice, check_command
from weightdeck.run.document import KeepDesk
from weightdeck.run.frame import RunInfo, Status
from weightdeck.run.layout import Layout
from weightdeck.run.session import Session
from weightdeck.run.slices import Direction, ParameterSlice, SliceValues
from weightdeck_desktop.controller.pins import Origin, Pin, pin
from weightdeck_desktop.panels.knobs import MOST_WEIGHT_KNOBS
from weightdeck_desktop.settings import Settings

KEEP_EVERY_S = 2.0  # at most so often while the knobs change all the time


class DeskMemory:
    """Keeps the knobs on the desk with the document, and for new runs of a preset in the settings. Lives on the GUI
    thread.
    """

    def __init__(self, session: Session, settings: Settings) -> None:
        self._session = session
        self._settings = settings
        self._info: RunInfo | None = None
        self._path: str | None = None  # of the document; None before the first
        self._kept = ""  # what the document has been told
        self._kept_s = 0.0

    def begin(
        self, info: RunInfo, status: Status, pins: Sequence[Pin]
    ) -> tuple[list[Pin] | None, list[Pin] | None]:
        """A run begins. Returns the knobs that the preset's last run had, and those of the document: what it was kept
        with, or for a branch of the one that is open already its `pins`. None where there are none.
        """
        document = status.document
        is_known = document.path == self._path and (document.path != "" or document.branch > 0)
        self._info, self._path = info, document.path
        self._kept_s = time.monotonic()
        last = recalled(self._settings.knobs(info.spec.preset), info.layout)
        if is_known:
            return last, list(pins)
        self._kept = document.desk
        return last, recalled(_knobs_of(document.desk), info.layout)

    def see(self, status: Status) -> None:
        """Take where the document is now: it may have been saved elsewhere."""
        if self._info is not None:
            self._path = status.document.path

    def remember(self, pins: Iterable[Pin]) -> None:
        """For the next new run of this preset."""
        if self._info is not None:
            self._settings.set_knobs(self._info.spec.preset, remembered(pins))

    def keep(self, pins: Iterable[Pin], *, at_once: bool = False) -> None:
        """Keep the knobs with the document if they are others than before; not too often, unless `at_once`."""
        now_s = time.monotonic()
        if self._info is None or not (at_once or now_s - self._kept_s >= KEEP_EVERY_S):
            return
        self._kept_s = now_s
        text = json.dumps({"knobs": remembered(pins, with_references=True)})
        if text != self._kept:
            self._kept = text
            self._session.annotate(KeepDesk(text))


def remembered(pins: Iterable[Pin], *, with_references: bool = False) -> list[dict[str, Any]]:
    """What a JSON file keeps of the pins; for the same run also what counts as x1 of each group."""
    return [
        {
            "target": str(each.target),
            "origin": each.origin.value,
            **({} if each.along is None else {"along": _written(each.along)}),
            **({"reference": each.reference} if with_references and each.reference else {}),
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
            reference = float(entry["reference"]) if "reference" in entry else None
            if reference is not None and not 0.0 < reference <= LARGEST_VALUE:
                continue
            pins.append(pin(target, layout, Origin(entry["origin"]), along, reference))
        except (KeyError, TypeError, ValueError, OverflowError):
            continue
    return None if kept and not pins else pins


def _knobs_of(desk: str) -> list[Any] | None:
    """The knobs in what a document kept; None for what this program has not written."""
    try:
        knobs = json.loads(desk)["knobs"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return knobs if isinstance(knobs, list) else None


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
