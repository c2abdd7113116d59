"""How one stage changed over the steps: at the keyframes of the branch, and at what was seen since."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PySide6.QtWidgets import QGridLayout, QWidget

from weightdeck.run.inside import OverSteps
from weightdeck_desktop.panels.inspector_stage import Summary
from weightdeck_desktop.theme import Theme, dark_theme
from weightdeck_desktop.widgets.axes import snapped_range, tick_label, ticks
from weightdeck_desktop.widgets.mini_chart import Axes, Line, MiniChart
from weightdeck_desktop.widgets.text_line import TextLine


class Moment(NamedTuple):
    """A stage's statistics at one step."""

    mean: float
    std: float
    low: float
    high: float


class StageHistory(QWidget):
    """Four charts over steps of the whole tap, all heads together; masked cells are left out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._of = ("", "")  # text and tap that the moments are of
        self._moments: dict[int, Moment] = {}
        self._keyframes = 0
        self._over: OverSteps | None = None  # the newest keyframes, perhaps of what is not followed yet
        self._problem = ""
        self._note = ""
        self._has_keyframes = True
        self._words = TextLine()
        self._words.setObjectName("inspector_history_words")
        every = self.tr("Of all values of this stage for the prompt, by step; masked cells are left out.")
        self._charts = (
            MiniChart(self.tr("mean"), every),
            MiniChart(self.tr("spread σ"), self.tr("Standard deviation. {0}").format(every)),
            MiniChart(self.tr("least"), every),
            MiniChart(self.tr("largest"), every),
        )
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        grid.addWidget(self._words, 0, 0, 1, 2)
        for place, chart in enumerate(self._charts):
            chart.setObjectName(f"inspector_history_{place}")
            grid.addWidget(chart, 1 + place // 2, place % 2)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for part in (self._words, *self._charts):
            part.set_theme(theme)
        self._show()

    def show_over_steps(self, over: OverSteps, *, is_seen: bool) -> None:
        """The keyframes; what was seen live of the same prompt and tap stays.

        Of a prompt that is not `is_seen`, whose values come later, they are kept until it is followed.
        """
        self._over, self._problem = over, ""
        if is_seen:
            self._follow(over.text, over.tap)
        self._take_keyframes()
        self._show()

    def add_moment(self, text: str, tap: str, step: int, facts: Summary) -> None:
        """What is seen now; another prompt or tap begins anew."""
        self._follow(text, tap)
        moment = Moment(facts.mean, facts.std, facts.low, facts.high)
        if self._moments.get(step) != moment:
            self._moments[step] = moment
            if self.isVisible():
                self._show()

    def set_problem(self, sentence: str) -> None:
        """Why the keyframes could not be read; "" when nothing is wrong."""
        self._problem = sentence
        self._show()

    def forget(self) -> None:
        self._of, self._moments, self._keyframes, self._problem = ("", ""), {}, 0, ""
        self._over = None
        self._show()

    @property
    def moments(self) -> dict[int, Moment]:
        """By step, ascending."""
        return dict(sorted(self._moments.items()))

    def show_now(self, text: str, tap: str, *, has_keyframes: bool) -> None:
        """Draw what came of a prompt's tap while the page was hidden, and whether keyframes are read of it."""
        self._note, self._has_keyframes = "", has_keyframes
        self._follow(text, tap)
        self._show()

    def show_none(self, note: str) -> None:
        """What is shown has no history, and `note` says why; what is known of a prompt stays for later."""
        self._note = note
        self._show()

    def _follow(self, text: str, tap: str) -> None:
        if (text, tap) != self._of:
            self._of, self._moments, self._keyframes = (text, tap), {}, 0
            self._take_keyframes()

    def _take_keyframes(self) -> None:
        """Those that have come, if they are of what is followed."""
        over = self._over
        if over is None or (over.text, over.tap) != self._of:
            return
        columns = (over.steps, over.mean, over.std, over.low, over.high)
        read = {
            step: Moment(*numbers)
            for step, *numbers in zip(*(column.tolist() for column in columns), strict=True)
        }
        self._keyframes = len(read)
        self._moments = read | self._moments

    def _show(self) -> None:
        moments = self.moments
        remark = self._note or (self._problem if self._has_keyframes else "")
        self._words.set_text(remark or self._facts_words(len(moments)), mark="!" if remark else "")
        known = [(step, moment) for step, moment in moments.items() if np.isfinite(moment).all()]
        if not known or self._note:
            for chart in self._charts:
                chart.set_lines((), Axes((0.0, 1.0), (0.0, 1.0), (), ()))
            return
        steps = np.array([step for step, _ in known], dtype=np.float64)
        last = max(1.0, float(steps[-1]))
        step_ticks = ((0.0, "0"), (last, f"{last:,.0f}"))
        values = np.array([moment for _, moment in known], dtype=np.float64)
        for chart, column in zip(self._charts, values.T, strict=True):
            low, high = snapped_range(float(column.min()), float(column.max()))
            step, places = ticks(low, high, 3)
            y_ticks = tuple((place, tick_label(place, step)) for place in places)
            line = Line(self.tr("value"), steps, column, self._theme.text)
            chart.set_lines((line,), Axes((0.0, last), (low, high), step_ticks, y_ticks))

    def _facts_words(self, count: int) -> str:
        if not count:
            return self.tr("No keyframe of this run has been read yet.")
        if not self._has_keyframes:
            return self.tr("seen live: {0:,} · keyframes are read of prompt A alone").format(count)
        if not self._keyframes:
            return self.tr("seen live: {0:,} · no keyframes read yet").format(count)
        return self.tr("keyframes: {0:,} · seen live: {1:,}").format(
            self._keyframes, max(0, count - self._keyframes)
        )
