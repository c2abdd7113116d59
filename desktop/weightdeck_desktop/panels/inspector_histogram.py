"""What a stage's values are like as a whole: statistics in words, their histogram, and every token's length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from weightdeck_desktop.panels.explain_words import short_figure
from weightdeck_desktop.panels.inspector_stage import Stage, Summary, histogram, lengths, summary
from weightdeck_desktop.theme import Theme, dark_theme
from weightdeck_desktop.widgets.axes import snapped_end, tick_label, ticks
from weightdeck_desktop.widgets.mini_chart import Axes, Line, MiniChart
from weightdeck_desktop.widgets.text_line import TextLine

_WIDE = 520  # px at 100 %: both charts side by side
_TOKEN = 22  # px at 100 % for a token's name


class StageStatistics(QWidget):
    """Told with `show_stage`; works only while it is visible."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._stage: Stage | None = None
        self._facts = TextLine(secondary=False)
        self._facts.setObjectName("inspector_facts")
        self._facts.set_lines(2)
        self._histogram = MiniChart(
            self.tr("histogram: values in each bin"),
            self.tr("How many of the values shown lie where, in even bins; masked cells are left out."),
        )
        self._histogram.setObjectName("inspector_histogram")
        self._lengths = MiniChart(
            self.tr("length of every token's vector"),
            self.tr("Euclidean length: the square root of the sum of a row's squares."),
        )
        self._lengths.setObjectName("inspector_lengths")
        self._charts = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._charts.setSpacing(6)
        self._charts.addWidget(self._histogram, 3)
        self._charts.addWidget(self._lengths, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._facts)
        column.addLayout(self._charts, 1)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for part in (self._facts, self._histogram, self._lengths):
            part.set_theme(theme)
        self._show()

    def show_stage(self, stage: Stage | None, message: str) -> None:
        """Show this stage, or why there is none."""
        self._stage = stage
        self._show()
        if stage is None:
            self._facts.set_text(message)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = self.width() >= self._theme.px(_WIDE)
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        if direction != self._charts.direction():
            self._charts.setDirection(direction)
        self._show_lengths()

    def _show(self) -> None:
        stage = self._stage
        facts = None if stage is None else summary(stage.values)
        counted = None if stage is None else histogram(stage.values)
        if stage is None or facts is None or counted is None:
            empty = Axes((0.0, 1.0), (0.0, 1.0), (), ())
            self._histogram.set_lines((), empty)
            self._lengths.set_lines((), empty)
            self._facts.set_text("" if stage is None else self.tr("No value is a finite number."))
            return
        self._facts.set_text(self._facts_words(stage, facts, counted.every))
        heights = counted.counts.astype(np.float64)
        top = snapped_end(float(heights.max()), 1.0)
        low, high = float(counted.edges[0]), float(counted.edges[-1])
        line = Line(
            self.tr("values in this bin"),
            np.repeat(counted.edges, 2),
            np.concatenate(([0.0], np.repeat(heights, 2), [0.0])),
            self._theme.text,
        )
        self._histogram.set_lines(
            (line,), Axes((low, high), (0.0, top), _ticks(low, high, 5), _ticks(0.0, top, 2))
        )
        self._show_lengths()

    def _show_lengths(self) -> None:
        stage = self._stage
        if stage is None:
            return
        values = lengths(stage.values)
        top = snapped_end(float(values.max()), 1e-6)
        count = len(values)
        line = Line(
            self.tr("length"),
            np.repeat(np.arange(count + 1, dtype=np.float64), 2),
            np.concatenate(([0.0], np.repeat(values, 2), [0.0])),
            self._theme.text,
        )
        x_ticks = _token_ticks(stage.tokens, self._lengths.width() / self._theme.px(_TOKEN))
        self._lengths.set_lines((line,), Axes((0.0, float(count)), (0.0, top), x_ticks, _ticks(0.0, top, 2)))

    def _facts_words(self, stage: Stage, facts: Summary, every: int) -> str:
        words = self.tr(
            "mean {mean} · spread σ {std} · least {low} · largest {high} · above zero {above:.0%}"
        ).format(
            mean=short_figure(facts.mean),
            std=short_figure(facts.std),
            low=short_figure(facts.low),
            high=short_figure(facts.high),
            above=facts.above,
        )
        if facts.numbers < stage.values.size:
            words += self.tr(" · {0:,} masked").format(stage.values.size - facts.numbers)
        if every > 1:
            words += self.tr(" · histogram of every {0}th").format(every)
        return words


def _ticks(low: float, high: float, most: int) -> tuple[tuple[float, str], ...]:
    step, values = ticks(low, high, most)
    return tuple((value, tick_label(value, step)) for value in values)


def _token_ticks(tokens: Sequence[str], fitting: float) -> tuple[tuple[float, str], ...]:
    stride = max(1, int(np.ceil(len(tokens) / max(1.0, fitting))))
    return tuple((place + 0.5, tokens[place]) for place in range(0, len(tokens), stride))
