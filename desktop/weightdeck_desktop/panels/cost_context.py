"""What a longer context costs: operations or memory for each token, and where looking back takes the most of it."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from weightdeck.run.costs import Growth, Shape, activation_growth, flops_growth
from weightdeck_desktop.panels.cost_words import short_bytes, short_number
from weightdeck_desktop.theme import Theme, dark_theme
from weightdeck_desktop.widgets.axes import snapped_log_range
from weightdeck_desktop.widgets.curve import CurveStyle
from weightdeck_desktop.widgets.plot import Plot
from weightdeck_desktop.widgets.switch import Switch
from weightdeck_desktop.widgets.text_line import TextLine

_BEYOND = 10.0  # times the longer of the context and the crossing, at least
_POINTS = 97
_WIDE = 760  # px at 100 %


class CostContext(QWidget):
    """A plot over the context, both axes logarithmic, with a line where what grows overtakes what does not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = dark_theme()
        self._shape: Shape | None = None
        self._name = ""
        self._switch = Switch(
            [
                (
                    self.tr("operations"),
                    self.tr("Floating-point operations of a forward pass for each token"),
                ),
                (
                    self.tr("memory"),
                    self.tr("Bytes that training keeps for the backward pass for each token"),
                ),
            ]
        )
        self._switch.set_names("cost_quantity")
        self._switch.setAccessibleName(self.tr("What is plotted over the context"))
        self._switch.chosen.connect(self._draw)
        self._words = TextLine(secondary=False)
        self._words.setObjectName("cost_crossing")
        self._plot = _ContextPlot("", "")  # both titles stand at the top: below there is no room for one
        self._plot.setObjectName("cost_plot")
        self._plot.setAccessibleName(self.tr("Cost of a token over the context"))
        self._plot.setToolTip(
            self.tr(
                "Point: both costs at a context. Wheel or plus and minus: zoom. Drag or arrows: move. A: all"
            )
        )
        self._plot.add_curve(
            "fixed", CurveStyle(lambda theme: theme.secondary, 2.0, 1.0, self.tr("the rest"))
        )
        self._plot.add_curve(
            "growing",
            CurveStyle(
                lambda theme: theme.ramp[2], 2.0, 1.0, self.tr("attention"), lambda theme: theme.ramp[3]
            ),
        )
        self._plot.add_curve("whole", CurveStyle(lambda theme: theme.text, 1.0, 0.7))
        self._plot.set_extent((1.0, 10.0), (1.0, 10.0))
        self._plot.set_log(True, True)
        self._plot.hovered.connect(self._on_plot_hovered)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._head = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._head.addWidget(self._switch, 0, Qt.AlignmentFlag.AlignLeft)
        self._head.addWidget(self._words, 1)
        column.addLayout(self._head)
        column.addWidget(self._plot, 1)

    @property
    def growth(self) -> Growth | None:
        """What is plotted; None before there is a shape."""
        if self._shape is None:
            return None
        return (flops_growth, activation_growth)[self._switch.choice](self._shape)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for part in (self._switch, self._words, self._plot):
            part.set_theme(theme)
        self._plot.setMinimumHeight(theme.px(88))
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """The sentence beside the switch where there is room for both."""
        way, is_wide = QBoxLayout.Direction, self.width() >= self._theme.px(_WIDE)
        self._head.setDirection(way.LeftToRight if is_wide else way.TopToBottom)
        self._head.setSpacing(self._theme.px(12 if is_wide else 4))
        self._words.set_lines(1 if is_wide else 2)

    def show_shape(self, shape: Shape, name: str) -> None:
        """Plot a model's costs; `name` is what the sentence calls it."""
        if (shape, name) != (self._shape, self._name):
            self._shape, self._name = shape, name
            self._draw()

    def _draw(self) -> None:
        growth, shape = self.growth, self._shape
        if growth is None or shape is None:
            return
        end = 10.0 ** math.ceil(math.log10(_BEYOND * max(growth.crossing, shape.block_size)))
        tokens = np.geomspace(1.0, end, _POINTS)
        growing = growth.slope * tokens
        fixed = np.full(_POINTS, float(growth.fixed))
        self._plot.set_extent((1.0, end), snapped_log_range(growth.fixed / 100.0, growing[-1]))
        self._plot.set_curve("fixed", tokens, fixed)
        self._plot.set_curve("growing", tokens, growing)
        self._plot.set_curve("whole", tokens, growing + fixed)
        titles = (
            self.tr("operations a token, by context in tokens; the thin line is both together"),
            self.tr("bytes a token, by context in tokens; the thin line is both together"),
        )
        self._plot.set_y_title(titles[self._switch.choice])
        self._plot.arrange()
        self._words.set_text(self._sentence(growth, shape))
        self._on_plot_hovered(None)

    def _sentence(self, growth: Growth, shape: Shape) -> str:
        share = growth.slope * shape.block_size / growth.at(shape.block_size)
        return self.tr(
            "{name}: attention between tokens is {share:.1f} % at a context of {context:,}; from {crossing:,.0f} on it "
            "is more than half."
        ).format(name=self._name, context=shape.block_size, share=100 * share, crossing=growth.crossing)

    def _on_plot_hovered(self, tokens: float | None) -> None:
        """Both costs at the context under the pointer, else at the crossing."""
        growth = self.growth
        if growth is None:
            return
        at = round(max(1.0, growth.crossing if tokens is None else tokens))
        write = (short_number, short_bytes)[self._switch.choice]
        words = self.tr("{tokens:,} tokens\nattention {growing}\nthe rest {fixed}").format(
            tokens=at, growing=write(growth.slope * at), fixed=write(growth.fixed)
        )
        self._plot.show_readout(float(at), words)


class _ContextPlot(Plot):
    """There is no context of less than a token to zoom out to."""

    def _limit(self) -> None:
        super()._limit()
        self.view_box.setLimits(xMin=0.0)  # one token where the axis is logarithmic
