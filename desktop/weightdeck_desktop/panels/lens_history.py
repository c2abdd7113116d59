"""The lens over steps: how likely every point of the model found one token, keyframe by keyframe."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from weightdeck.run.inside import OverSteps
from weightdeck_desktop.panels.lens_words import point_names, probability_words
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.lens_curves import LensCurves
from weightdeck_desktop.widgets.text_line import TextLine


class LensHistory(QWidget):
    """Curves with a line above that says of what, and one below with the numbers of the step that is pointed at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._over: OverSteps | None = None
        self._followed = ""  # in words
        self._problem = ""
        self._pointed: int | None = None
        self._words = TextLine(secondary=False)
        self._words.setObjectName("lens_history_words")
        self._curves = LensCurves("lens_curves", self._step_words)
        self._curves.setAccessibleName(self.tr("Probability of the token over steps"))
        self._curves.setAccessibleDescription(
            self.tr("A curve for each point of the model; Left, Right, Home and End go from step to step.")
        )
        self._readout = TextLine()
        self._readout.setObjectName("lens_history_readout")
        self._readout.set_lines(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._words)
        column.addWidget(self._curves, 1)
        column.addWidget(self._readout)
        self._curves.pointed.connect(self._on_step_pointed)
        self._show()

    @property
    def over(self) -> OverSteps | None:
        return self._over

    def set_theme(self, theme: Theme) -> None:
        for part in (self._words, self._curves, self._readout):
            part.set_theme(theme)

    def set_followed(self, words: str) -> None:
        """Which token is followed, after which; "" for none."""
        self._followed = words
        self._words.set_text(words)

    def show_over_steps(self, over: OverSteps) -> None:
        """The newest keyframes."""
        self._over, self._problem = over, ""
        self._show()

    def set_problem(self, sentence: str) -> None:
        """Why the keyframes could not be read; what was read before stays."""
        self._problem = sentence
        self._show_words()

    def forget(self) -> None:
        self._over, self._problem = None, ""
        self._show()

    def _show(self) -> None:
        over = self._over
        self._pointed = None
        if over is None:
            self._curves.show_curves(np.empty(0, dtype=np.int64), np.empty((0, 0), dtype=np.float32), ())
        else:
            self._curves.show_curves(over.steps, over.lens, point_names(over.points))
        self._show_words()

    def _show_words(self) -> None:
        self._curves.set_message(self._problem or self.tr("Reading the keyframes of this run …"))
        if self._problem:
            self._readout.set_text(self._problem, mark="!")
        elif self._over is None:
            self._readout.set_text("")
        elif self._pointed is not None:
            self._readout.set_text(self._step_words(self._pointed))
        else:
            steps = self._over.steps
            words = self.tr("Read at {0:,} keyframes, steps {1:,} to {2:,}: what each layer would have said.")
            self._readout.set_text(
                words.format(len(steps), int(steps[0]), int(steps[-1])) if len(steps) else ""
            )

    def _step_words(self, place: int) -> str:
        """The step, then every point with its probability, the prediction first."""
        over = self._over
        if over is None:
            return ""
        pairs = zip(point_names(over.points), over.lens[place].tolist(), strict=True)
        points = " · ".join(f"{name} {probability_words(prob)}" for name, prob in reversed(list(pairs)))
        return self.tr("step {0:,}: {1}").format(int(over.steps[place]), points)

    def _on_step_pointed(self, place: int | None) -> None:
        self._pointed = place
        self._show_words()
