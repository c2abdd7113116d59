"""How the prediction depends on the knob in hand, over its whole turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from weightdeck_desktop.panels.knob_words import tick_text
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.token_words import next_tokens
from weightdeck_desktop.panels.weight_knob import KnobKind, KnobView
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.response_plot import MOST_CURVES, Mark, ResponsePlot

_GAIN_TICKS = ((0.0, "0"), (0.125, "×1/8"), (0.5, "×1/2"), (1.0, "×1"), (2.0, "×2"), (4.0, "×4"), (8.0, "×8"))
_LIMIT_TICKS = (-1.0, -0.1, 0.0, 0.1, 1.0)  # of every other kind of knob, in shares of its limit


class ResponsePanel(Panel):
    """The next token's leading probabilities over the range of the knob in hand; a click goes there."""

    key = "response"

    value_chosen = Signal(float)  # in the knob's unit

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Response")
        self._view: KnobView | None = None
        self._shown: tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...]] | None = None
        self._plot = ResponsePlot(self.tr("What the whole turn of the knob in your hand does"))
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
        view: KnobView,
    ) -> None:
        """Show `probs` (P, V), probabilities of the V tokens called `labels` at the P ascending `values` of `view`."""
        names = next_tokens(labels)
        shown = self._view
        self._view = view
        scale = view.scale
        if shown is None or (shown.scale, shown.kind) != (scale, view.kind) or self._shown is None:
            self._plot.show_axis(_ticks(view), self._describe)
        positions = np.array([scale.to_position(value) for value in values.tolist()])
        shares = np.asarray(probs, dtype=np.float64)
        self._shown = (values.astype(np.float64), shares, names)
        # By the highest point of each: that stays while the knob turns, and so do the styles of the curves.
        strongest = np.argsort(-np.nan_to_num(shares).max(axis=0), kind="stable")[:MOST_CURVES]
        self._plot.show_curves(positions, [(names[token], shares[:, token]) for token in strongest.tolist()])
        self.set_aside(
            {
                KnobKind.SINGLE: self.tr("next-token probability over the value of the weight"),
                KnobKind.GAIN: self.tr("next-token probability over the gain of the group"),
                KnobKind.ALONG: self.tr("next-token probability over the length along the direction"),
            }[view.kind]
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
        assert self._view is not None
        heading = {
            KnobKind.SINGLE: self.tr("value"),
            KnobKind.GAIN: self.tr("factor"),
            KnobKind.ALONG: self.tr("length along the direction"),
        }[self._view.kind]
        rows = [
            [repr(value), *map(repr, row)]
            for value, row in zip(values.tolist(), shares.tolist(), strict=True)
        ]
        return [[heading, *(self.tr("P({token})").format(token=label) for label in labels)], *rows]

    def _mark(self, value: float | None) -> Mark | None:
        if value is None or self._view is None:
            return None
        return Mark(self._view.scale.to_position(value), self._view.write(value))

    def _describe(self, position: float) -> str:
        assert self._view is not None
        return self._view.write(self._view.scale.to_value(position))

    def _on_plot_chosen(self, position: float) -> None:
        assert self._view is not None
        self.value_chosen.emit(self._view.scale.to_value(position))


def _ticks(view: KnobView) -> list[tuple[float, str]]:
    """Positions on the turn and what is written there."""
    scale = view.scale
    if view.is_gain:
        return [(scale.to_position(value), words) for value, words in _GAIN_TICKS]
    places = [share * scale.to_value(1.0) for share in _LIMIT_TICKS]
    return [(scale.to_position(value), tick_text(value)) for value in places]
