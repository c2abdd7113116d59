"""From readings to what the stages show: numbers, where their colours end, bars, addresses. No widgets.

Letters: T tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QCoreApplication

from weightdeck.run.audit import Mismatch
from weightdeck.run.inside import Floats
from weightdeck.run.subjects import Subject, TapCell, TapGradient
from weightdeck_desktop.panels.attention_readings import MASK as MASK_STAGE
from weightdeck_desktop.panels.attention_readings import head_reading
from weightdeck_desktop.panels.inspector_export import tap_table
from weightdeck_desktop.panels.inspector_stage import magnitude
from weightdeck_desktop.panels.inspector_words import tap_block, tap_stage, unit_words
from weightdeck_desktop.panels.mismatches import wrong_numbers
from weightdeck_desktop.panels.tap_source import ShownTaps
from weightdeck_desktop.panels.transformer_stages import MASK, is_by_head, is_tap, shown_tap
from weightdeck_desktop.widgets.flow_parts import FlowBar, FlowCell
from weightdeck_desktop.widgets.plain_number import plain_number
from weightdeck_desktop.widgets.snapped_limit import SnappedLimit

_MOST_BARS = 16


@dataclass(frozen=True, slots=True)
class StageValues:
    values: Floats  # (pictures, rows, columns) or (rows, columns)
    limit: float  # where the colours end
    signed: bool

    @property
    def beyond(self) -> float | None:
        """The largest size of a number that lies beyond the colours; None when none does."""
        if not self.signed:
            return None
        known = self.values[np.isfinite(self.values)]  # what is masked has no colour
        largest = max(float(known.max()), -float(known.min())) if known.size else 0.0
        return largest if largest > self.limit else None

    @property
    def end(self) -> str:
        """The limit; a tiny one as `plain_number` writes it."""
        return f"{self.limit:g}".replace("e-0", "e-")

    @property
    def scale(self) -> str:
        """Where the colours end, in words; + where numbers lie beyond."""
        if not self.values.any():
            return _tr("all 0")
        if not self.signed:
            return "0–1"
        return f"±{self.end}" + ("" if self.beyond is None else "+")


class Limits:
    """Where the colours of stages end: one limit for all blocks, so that blocks can be compared. Calm from one step to
    the next; fitted freely where something else is shown, so that it does not hang on what was shown before.
    """

    def __init__(self) -> None:
        self._limits: dict[str, SnappedLimit] = {}
        self._of: tuple[object, ...] = ()  # what they were fitted to
        self._step = 0

    def reset(self) -> None:
        self._limits = {}

    def fit(self, shown: ShownTaps, taps: frozenset[str]) -> None:
        """Take the newest numbers of what is drawn."""
        # A sequence of the batch has other tokens at every step: it stays what it is.
        of = (shown.source, shown.where or shown.tokens, shown.patches, taps & shown.values.keys())
        if of != self._of or shown.step < self._step:
            self.reset()
        self._of, self._step = of, shown.step
        largest: dict[str, float] = {}
        for tap in taps & shown.values.keys():
            if shown.is_signed(tap):
                kind, size = tap_stage(tap), magnitude(shown.values[tap])
                largest[kind] = size if kind not in largest else float(np.fmax(largest[kind], size))
        for kind, size in largest.items():
            self._limits.setdefault(kind, SnappedLimit(1e-9)).fit(size)

    def of(self, shown: ShownTaps, tap: str) -> float:
        limit = self._limits.get(tap_stage(tap))
        return limit.value if shown.is_signed(tap) and limit is not None and limit.value else 1.0


def stage_values(shown: ShownTaps, stage: str, limits: Limits) -> StageValues | None:
    """What a stage shows; None where its tap has not come or has no numbers of this kind."""
    if stage.endswith(MASK):
        mask = _mask(shown, stage)
        return None if mask is None else StageValues(mask, 1.0, signed=False)
    values = shown.values.get(stage)
    if values is None:
        return None
    return StageValues(values, limits.of(shown, stage), shown.is_signed(stage))


def _mask(shown: ShownTaps, stage: str) -> Floats | None:
    """(T, T) 1 where a token may look; of a difference it is that of both."""
    block = tap_block(stage)
    assert block is not None
    if shown_tap(stage) not in shown.values:
        return None
    if shown.where is None:
        count = len(shown.ids)
        return np.tril(np.ones((count, count), dtype=np.float32))
    return head_reading(shown, block, 0).matrix(MASK_STAGE)


def index_of(cell: FlowCell) -> tuple[int, ...]:
    """The address of a number within its tap."""
    return (cell.picture, cell.row, cell.column) if is_by_head(cell.stage) else (cell.row, cell.column)


def subject_of(shown: ShownTaps, cell: FlowCell) -> Subject | None:
    """What explains a number; None where nothing does."""
    tap = shown_tap(cell.stage)
    if not is_tap(cell.stage) or tap not in shown.values:
        return None
    return shown.subject(tap, index_of(cell))


def cell_of(shown: ShownTaps, subject: Subject | None) -> FlowCell | None:
    """Where a number stands in what is shown; None where it is of another pass, or no number of a tap."""
    if not isinstance(subject, TapCell | TapGradient) or shown.subject(subject.tap, subject.index) != subject:
        return None
    return _flow_cell(subject.tap, subject.index)


def wrong_cells(shown: ShownTaps, mismatches: Sequence[Mismatch]) -> frozenset[FlowCell]:
    """Where numbers stand that are not what the reference says."""
    taps = {each.tap for each in mismatches} & shown.values.keys()
    return frozenset(
        _flow_cell(tap, index) for tap in taps for index in wrong_numbers(mismatches, shown, tap)
    )


def _flow_cell(tap: str, index: tuple[int, ...]) -> FlowCell:
    return FlowCell(tap, index[0] if len(index) == 3 else 0, index[-2], index[-1])


def next_bars(
    shown: ShownTaps, row: int, vocabulary: tuple[str, ...], mismatches: Sequence[Mismatch] = ()
) -> tuple[FlowBar, ...]:
    """The likeliest tokens after one of the prompt's; of a difference those that differ most."""
    probs_TV = shown.values.get("probs")
    if probs_TV is None or not len(probs_TV):
        return ()
    row = min(row, len(probs_TV) - 1)
    probs, signed = probs_TV[row], shown.is_signed("probs")
    wrong = {token for place, token in wrong_numbers(mismatches, shown, "probs") if place == row}
    sizes = np.where(np.isfinite(probs), np.abs(probs), np.float32(-1.0))
    best = np.argsort(-sizes, kind="stable")[:_MOST_BARS].tolist()
    largest = max(float(sizes[best[0]]), 1e-9) if signed else 1.0
    return tuple(
        FlowBar(
            vocabulary[token] if token < len(vocabulary) else str(token),
            float(probs[token]) / largest,
            ("!" if token in wrong else "") + plain_number(float(probs[token]), 3, "+" if signed else ""),
            signed,
            token in wrong,
        )
        for token in best
        if np.isfinite(probs[token])
    )


def seen_table(shown: ShownTaps, taps: frozenset[str]) -> list[list[str]]:
    """A row for every number of what is drawn, under a row of headings."""
    rows: list[list[str]] = []
    for tap in (name for name in shown.values if name in taps):
        headings, *cells = tap_table(shown, tap)
        unit = unit_words(tap, shown.source)
        rows = rows or [[*headings[:-1], "value", "unit"]]
        rows += [[*cell, unit] for cell in cells]
    return rows


def _tr(text: str) -> str:
    return QCoreApplication.translate("Transformer", text)
