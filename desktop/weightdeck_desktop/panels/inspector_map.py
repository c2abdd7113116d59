"""A stage as colours, with its scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from weightdeck_desktop.panels.explain_words import short_figure
from weightdeck_desktop.panels.inspector_stage import Stage, magnitude
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.colour_scale import ColourScale
from weightdeck_desktop.widgets.part_map import PartMap, Sides
from weightdeck_desktop.widgets.snapped_limit import SnappedLimit
from weightdeck_desktop.widgets.text_line import TextLine


class StageMap(QWidget):
    """The map, and below it what its colours mean and which part is seen. Scales move in steps of 1, 2, 5."""

    pointed = Signal(object)  # (row, column) or None
    chosen = Signal(object)  # (row, column)
    menu_requested = Signal(object, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._limit = SnappedLimit(smallest=1e-9)
        self._unit = ""
        self._flat = ""  # why there is no scale
        self._map = PartMap("inspector_map")
        self._map.set_words(
            self.tr("Values of this stage"),
            self.tr("Tokens by features: arrow keys go from cell to cell, Enter explains one, + and − zoom."),
        )
        self._scale = ColourScale()
        self._scale.setToolTip(
            self.tr("Where the colours end; the largest 5 % of the values may lie beyond and look alike.")
        )
        self._words = TextLine()
        self._words.setObjectName("inspector_scale_words")
        legend = QHBoxLayout()
        legend.setSpacing(10)
        legend.addWidget(self._scale)
        legend.addWidget(self._words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._map, 1)
        column.addLayout(legend)
        self._map.pointed.connect(self.pointed)
        self._map.chosen.connect(self.chosen)
        self._map.menu_requested.connect(self.menu_requested)
        self._map.part_changed.connect(self._show_words)

    def set_theme(self, theme: Theme) -> None:
        for part in (self._map, self._scale, self._words):
            part.set_theme(theme)

    def show_stage(
        self, stage: Stage | None, column_word: str, column_names: Sequence[str], *, unit: str, message: str
    ) -> None:
        """Show these values, in `unit`; or `message`, why there are none."""
        self._unit = unit
        if stage is None:
            self._map.set_message(message)
            self._map.set_matrix(None, 1.0, signed=True)
            self._flat = ""
            self._scale.set_ends("", "", signed=True)
            self._words.set_text("")
            return
        size = magnitude(stage.values)
        limit = self._limit.fit(size) if stage.signed and size else 1.0
        sides = Sides(
            self.tr("token"), stage.tokens, "" if column_names else column_word, tuple(column_names)
        )
        self._map.set_matrix(stage.values, limit, signed=stage.signed, sides=sides)
        self._map.set_wrong(frozenset(stage.wrong))
        self._flat = "" if size > 0.0 else self.tr("all 0") if size == 0.0 else self.tr("no finite number")
        finite = stage.values[np.isfinite(stage.values)]
        beyond = (
            "+" if finite.size and float(np.abs(finite).max()) > limit else ""
        )  # what lies there looks alike
        end = f"{short_figure(limit)}{beyond}"
        low, high = ("", "") if self._flat else (f"−{end}", f"+{end}") if stage.signed else ("0", "1")
        self._scale.set_ends(low, high, signed=stage.signed)
        self._show_words()

    def set_selected(self, place: tuple[int, int] | None) -> None:
        """Outline the cell that is explained."""
        self._map.set_selected(place)

    def describe(self, words: str) -> None:
        """What stands under the cursor, for screen readers."""
        self._map.describe(words)

    def forget_scale(self) -> None:
        """Fit the next values freely."""
        self._limit.reset()

    def _show_words(self) -> None:
        seen, values = self._map.seen, self._map.values
        words = " · ".join(part for part in (self._flat, self._unit) if part)
        if seen is not None and values is not None:
            top, below, left, right = seen
            words = self.tr("rows {0}–{1} of {2:,}, columns {3}–{4} of {5:,} · {6}").format(
                top, below - 1, values.shape[0], left, right - 1, values.shape[1], words
            )
        self._words.set_text(words)
