"""How each layer's activations changed over the recorded steps: four small charts and a histogram."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QSize
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from weightdeck.run.bins import ACTIVATION_BINS
from weightdeck.run.frame import LayerStatistics, Record
from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.mini_chart import Axes, Line, MiniChart
from weightdeck_desktop.widgets.snapped_limit import SnappedLimit

INSIDE = 0.999  # share of the values that the histogram's range holds


def point_title(tap: str) -> str:
    """Short words for a point of the residual stream: "embed" before the first block, else "block 1"."""
    if tap.endswith("resid_pre"):
        return QCoreApplication.translate("activations", "embed")
    return QCoreApplication.translate("activations", "block {number}").format(number=tap.split(".")[1])


class LayerLegend(QWidget):
    """One short stroke of colour and a name for every layer, on one line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._names: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def set_names(self, names: Sequence[str]) -> None:
        if tuple(names) != self._names:
            self._names = tuple(names)
            self.setAccessibleName(", ".join(names))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(0, QFontMetrics(self._theme.font(Type.SMALL)).height())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        metrics = QFontMetrics(theme.font(Type.SMALL))
        stroke, gap = theme.px(12), theme.px(4)
        each = [stroke + gap + metrics.horizontalAdvance(name) + 2 * gap for name in self._names]
        # Where not all fit, the first and the last say how the colours run.
        ends = {0, len(each) - 1} if sum(each) > self.width() else set(range(len(each)))
        painter = QPainter(self)
        painter.setFont(theme.font(Type.SMALL))
        x, middle = 0, self.height() // 2
        for place, name in enumerate(self._names):
            if place in ends:
                painter.setPen(theme.pen(theme.layer_colour(place, len(self._names)), 3))
                painter.drawLine(x, middle, x + stroke, middle)
                painter.setPen(theme.pen(theme.secondary))
                painter.drawText(x + stroke + gap, 0, each[place], self.height(), 0, name)
                x += each[place]


class ActivationHistory(QWidget):
    """Mean, standard deviation, dead neurons and attention entropy per layer, and one layer's histogram."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._records: tuple[Record, ...] = ()
        self._point = 0
        sample = self.tr("over the fixed validation sample, by step")
        self._mean = MiniChart(
            self.tr("mean"),
            self.tr("Mean of the residual stream's features, {sample}.").format(sample=sample),
        )
        self._std = MiniChart(
            self.tr("spread σ"),
            self.tr("Standard deviation of the residual stream's features, {sample}.").format(sample=sample),
        )
        self._dead = MiniChart(
            self.tr("dead, %"),
            self.tr("Share of MLP neurons that are above zero nowhere, {sample}.").format(sample=sample),
        )
        self._entropy = MiniChart(
            self.tr("entropy, nats"),
            self.tr(
                "Attention entropy, mean of the heads, {sample}; "
                "0: a head looks at one letter, higher: at many."
            ).format(sample=sample),
        )
        self._histogram = MiniChart(
            self.tr("values, % per bin · dashed: step 0"),
            self.tr(
                "Histogram of the chosen layer's residual stream over the fixed validation sample; the axis "
                "is linear near zero and logarithmic further out (asinh)."
            ),
        )
        self._limits = {chart: SnappedLimit() for chart in self._charts()}
        self._legend = LayerLegend()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        grid.addWidget(self._legend, 0, 0, 1, 2)
        for place, chart in enumerate((self._mean, self._std, self._dead, self._entropy)):
            grid.addWidget(chart, 1 + place // 2, place % 2)
        grid.addWidget(self._histogram, 3, 0, 1, 2)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._legend.set_theme(theme)
        for chart in self._charts():
            chart.set_theme(theme)
        self._show()

    def show_records(self, records: tuple[Record, ...]) -> None:
        """Show these records, oldest first; none shows that there is no data."""
        if records and self._records and records[-1] is self._records[-1]:
            return
        self._records = records
        self._show()

    def set_point(self, point: int) -> None:
        """Which point of the residual stream the histogram is of."""
        if point != self._point:
            self._point = point
            self._show()

    def clear(self) -> None:
        for limit in self._limits.values():
            limit.reset()
        self.show_records(())

    def _charts(self) -> tuple[MiniChart, ...]:
        return (self._mean, self._std, self._dead, self._entropy, self._histogram)

    def _show(self) -> None:
        if not self._records:
            for chart in self._charts():
                chart.set_lines((), Axes((0.0, 1.0), (0.0, 1.0), (), ()))
            return
        points = [point_title(tap) for tap in self._records[-1].layers.points]
        self._legend.set_names(points)
        blocks = points[1:]
        self._show_series(self._mean, points, lambda layers: layers.mean, signed=True)
        self._show_series(self._std, points, lambda layers: layers.std)
        self._show_series(self._dead, blocks, lambda layers: 100.0 * layers.dead)
        self._show_series(self._entropy, blocks, lambda layers: layers.entropy.mean(axis=1))
        self._show_histogram()

    def _show_series(
        self,
        chart: MiniChart,
        names: Sequence[str],
        read: Callable[[LayerStatistics], NDArray[np.floating]],
        *,
        signed: bool = False,
    ) -> None:
        """One line a layer, coloured as the layer; blocks alone keep the colours that they have elsewhere."""
        steps = np.asarray([record.step for record in self._records], dtype=np.float64)
        table = np.asarray(
            [read(record.layers) for record in self._records], dtype=np.float64
        )  # (steps, layers)
        layers = len(self._records[-1].layers.points)
        first = layers - len(names)
        lines = []
        for layer, name in enumerate(names):
            known = np.isfinite(table[:, layer])
            colour = self._theme.layer_colour(first + layer, layers)
            lines.append(Line(name, steps[known], table[known, layer], colour))
        largest = float(np.abs(table[np.isfinite(table)]).max(initial=0.0))
        limit = self._limits[chart].fit(largest)
        last = max(float(steps[-1]), 1.0)
        ticks = ((0.0, "0"), (limit, f"{limit:g}"))
        axes = Axes(
            x=(0.0, last),
            y=(-limit if signed else 0.0, limit),
            x_ticks=((0.0, "0"), (last, f"{last:,.0f}")),
            y_ticks=((-limit, f"−{limit:g}"), *ticks) if signed else ticks,
        )
        chart.set_lines(lines, axes)

    def _show_histogram(self) -> None:
        first, newest = self._records[0].layers, self._records[-1].layers
        point = min(self._point, len(newest.points) - 1)
        bins = ACTIVATION_BINS
        places = np.arcsinh(bins.centres / bins.linear)
        reach = self._limits[self._histogram].fit(bins.quantile_limit(newest.counts[point], INSIDE))
        end = float(np.arcsinh(reach / bins.linear))
        shares = [
            100.0 * counts[point] / max(1, counts[point].sum()) for counts in (first.counts, newest.counts)
        ]
        top = 1.1 * max(float(share.max()) for share in shares) or 1.0
        theme = self._theme
        lines = [
            Line(self.tr("step 0"), places, shares[0], theme.secondary, dashed=True),
            Line(
                point_title(newest.points[point]),
                places,
                shares[1],
                theme.layer_colour(point, len(newest.points)),
            ),
        ]
        axes = Axes(
            x=(-end, end),
            y=(0.0, top),
            x_ticks=((-end, f"−{reach:g}"), (0.0, "0"), (end, f"{reach:g}")),
            y_ticks=((0.0, "0"), (top / 1.1, f"{top / 1.1:.0f}")),
        )
        self._histogram.set_lines(lines, axes)
