"""How the prediction depends on the knob in hand, over its whole turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from weightdeck.run.scales import Scale
from weightdeck_desktop.panels.knob_words import gain_text, weight_text
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.token_words import next_tokens
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.response_plot import MOST_CURVES, Mark, ResponsePlot

_GAIN_TICKS = ((0.0, "0"), (0.125, "×1/8"), (0.5, "×1/2"), (1.0, "×1"), (2.0, "×2"), (4.0, "×4"), (8.0, "×8"))
_WEIGHT_TICKS = ((-4.0, "−4"), (-0.4, "−0.4"), (0.0, "0"), (0.4, "0.4"), (4.0, "4"))


class ResponsePanel(Panel):
    """The next token's leading probabilities over the range of the knob in hand; a click goes there."""

    key = "response"

    value_chosen = Signal(float)  # in the knob's unit

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Response")
        self._scale: Scale | None = None
        self._is_gain = False
        self._shown: tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...]] | None = None
        self._plot = ResponsePlot(self.tr("Take a weight knob in your hand to see what its whole turn does"))
        self._plot.setObjectName("response_plot")
        self._plot.setAccessibleName(self.tr("Probability of the next token over the whole turn of the knob"))
        self._plot.setToolTip(
            self.tr("Click, or arrow keys and Enter: set the knob to that place of its turn, from end to end")
        )
        self._plot.chosen.connect(self._on_plot_chosen)
        self.body.addWidget(self._plot, 1)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._plot.set_theme(theme)

    def show_response(
        self,
        values: NDArray[np.floating],
        probs: NDArray[np.floating],
        labels: Sequence[str],
        scale: Scale,
        *,
        is_gain: bool,
    ) -> None:
        """Show `probs` (P, V), probabilities of the V tokens called `labels` at the P ascending `values`."""
        names = next_tokens(labels)
        if self._scale != scale or self._is_gain != is_gain or self._shown is None:
            self._scale, self._is_gain = scale, is_gain
            ticks = _GAIN_TICKS if is_gain else _WEIGHT_TICKS
            self._plot.show_axis(
                [(scale.to_position(value), words) for value, words in ticks], self._describe
            )
        positions = np.array([scale.to_position(value) for value in values.tolist()])
        shares = np.asarray(probs, dtype=np.float64)
        self._shown = (values.astype(np.float64), shares, names)
        # By the highest point of each: that stays while the knob turns, and so do the styles of the curves.
        strongest = np.argsort(-np.nan_to_num(shares).max(axis=0), kind="stable")[:MOST_CURVES]
        self._plot.show_curves(positions, [(names[token], shares[:, token]) for token in strongest.tolist()])
        self.set_aside(
            self.tr("next-token probability over the gain of the group")
            if is_gain
            else self.tr("next-token probability over the value of the weight")
        )

    def show_place(self, present: float | None, default: float | None) -> None:
        """Mark where the knob stands and its default, in the knob's unit."""
        self._plot.show_marks(self._mark(present), self._mark(default))

    def clear(self) -> None:
        self._shown = None
        self._plot.clear_curves()
        self.set_aside("")

    def table(self) -> list[list[str]] | None:
        if self._shown is None:
            return None
        values, shares, labels = self._shown
        heading = self.tr("factor") if self._is_gain else self.tr("value")
        rows = [
            [repr(value), *map(repr, row)]
            for value, row in zip(values.tolist(), shares.tolist(), strict=True)
        ]
        return [[heading, *(self.tr("P({token})").format(token=label) for label in labels)], *rows]

    def _mark(self, value: float | None) -> Mark | None:
        if value is None or self._scale is None:
            return None
        return Mark(self._scale.to_position(value), self._write(value))

    def _write(self, value: float) -> str:
        return gain_text(value) if self._is_gain else weight_text(value)

    def _describe(self, position: float) -> str:
        assert self._scale is not None
        return self._write(self._scale.to_value(position))

    def _on_plot_chosen(self, position: float) -> None:
        assert self._scale is not None
        self.value_chosen.emit(self._scale.to_value(position))
