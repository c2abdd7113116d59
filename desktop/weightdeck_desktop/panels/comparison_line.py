"""Before and after: with what the prediction is compared, and what came of it, in lines of fixed places."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from weightdeck.run.frame import Baseline, DataCost, Prediction
from weightdeck_desktop.panels.comparison_words import (
    baseline_words,
    cost_tip,
    cost_words,
    dashed_words,
    lacking_words,
    moved_words,
)
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.choice_box import ChoiceBox
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.kept_press import KeptPress
from weightdeck_desktop.widgets.text_line import TextLine


class ComparisonLine(QWidget):
    """Chooser of the baseline with its buttons, and what is said of the comparison."""

    baseline_chosen = Signal(object)  # Baseline
    mark_requested = Signal()
    before_pressed = Signal()
    before_released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._baseline = Baseline.LAST
        self._prediction: Prediction | None = None
        self._baseline_step: int | None = None
        self._names: Sequence[str] = ()
        self._is_difference = False
        self._data_cost: DataCost | None = None
        self._is_awaited = False  # the baseline was chosen, and nothing of it has come yet
        self._chooser = ChoiceBox()
        self._mark = QPushButton(self.tr("Mark"))
        self._before = QPushButton(self.tr("Before"))
        self._heading = TextLine()
        self._dashed = TextLine()
        self._before_line = TextLine(secondary=False)
        self._moved = TextLine()
        self._cost = TextLine()
        self._lines = QGridLayout()
        self._fill_chooser()
        self._name_buttons()
        self._build()

    @property
    def baseline(self) -> Baseline:
        """With what predictions are compared."""
        return self._baseline

    def set_baseline(self, baseline: Baseline) -> None:
        self._baseline = baseline
        self._chooser.setCurrentIndex(list(Baseline).index(baseline))
        self._show_words()

    def show_prediction(
        self,
        prediction: Prediction | None,
        baseline_step: int | None,
        names: Sequence[str],
        *,
        is_difference: bool = False,
    ) -> None:
        """Say how a prediction compares with its baseline, that of `baseline_step`; None says nothing.

        Beside the difference of two prompts, which has no dashed outlines, only "before" is told.
        """
        if prediction is not self._prediction:
            self._is_awaited = False
        self._prediction, self._baseline_step, self._names = prediction, baseline_step, names
        self._is_difference = is_difference
        self._show_words()

    def show_cost(self, cost: DataCost | None) -> None:
        """Say what the way from the baseline to now costs on the data; None while that is not known."""
        self._data_cost = cost
        self._cost.setToolTip("" if cost is None else cost_tip(cost))
        self._show_words()

    def set_locked(self, why: str) -> None:
        """Why no moment can be marked now; "" where it can."""
        self._mark.setEnabled(not why)
        self._mark.setToolTip(why or self.tr("Keep this moment to compare with (Ctrl+M)"))

    def show_before(self, shown: bool) -> None:
        """Whether the bars show the baseline in place of the present."""
        self._dashed.setVisible(not shown)
        self._before_line.setVisible(shown)  # in the same place and as high

    def set_theme(self, theme: Theme) -> None:
        self._chooser.set_theme(theme)
        for line in (self._heading, self._dashed, self._before_line, self._moved, self._cost):
            line.set_theme(theme)
        for button in (self._mark, self._before):
            button.setFont(theme.font(Type.SMALL))
            button.setStyleSheet(
                f"QPushButton {{ background: {theme.panel.name()}; color: {theme.text.name()};"
                f" border: 1px solid {theme.line.name()}; border-radius: 4px;"
                f" padding: {theme.px(3)}px {theme.px(8)}px; }}"
                f"QPushButton:hover {{ background: {theme.raised.name()}; }}"
                f"QPushButton:pressed {{ background: {theme.raised.name()}; border-color: {theme.text.name()}; }}"
                f"QPushButton:focus {{ border-color: {theme.hand_outline.name()}; }}"
                f"QPushButton:disabled {{ color: {theme.line.name()}; }}"
            )
        self._fit_lines()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_lines()

    def _fill_chooser(self) -> None:
        self._chooser.setObjectName("prediction_baseline")
        self._chooser.setAccessibleName(self.tr("Compare with"))
        self._chooser.setToolTip(
            self.tr(
                "What the dashed outlines show: the same step without your last change, the model as it was when "
                "training was last started, or a moment that you marked"
            )
        )
        words = {
            Baseline.LAST: self.tr("without your last change"),
            Baseline.PLAY: self.tr("at the last play"),
            Baseline.MARK: self.tr("marked moment"),
        }
        self._chooser.addItems([words[baseline] for baseline in Baseline])
        self._chooser.activated.connect(self._on_baseline_activated)

    def _name_buttons(self) -> None:
        self._mark.setObjectName("prediction_mark")
        self._mark.setAccessibleName(self.tr("Mark"))
        self.set_locked("")
        self._mark.clicked.connect(lambda _checked: self.mark_requested.emit())
        self._before.setObjectName("prediction_before")
        self._before.setAccessibleName(self.tr("Before"))
        self._before.setToolTip(self.tr("Press and keep: the bars show what the dashed outlines show (B)"))
        KeptPress(self._before).kept.connect(self._on_before_kept)
        for button in (self._mark, self._before):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space still means play and pause

    def _build(self) -> None:
        self._heading.set_text(self.tr("next letter"))
        self._dashed.setObjectName("prediction_dashed")
        self._dashed.setToolTip(
            self.tr(
                "How far the present prediction is from the dashed one "
                "(Kullback-Leibler divergence, nats; 0 means the same)"
            )
        )
        self._before_line.setObjectName("prediction_before_words")
        self._before_line.hide()
        self._moved.setObjectName("prediction_moved")
        self._moved.setToolTip(
            self.tr("The letters whose probability changed most, in percentage points, from half a point on")
        )
        self._cost.setObjectName("prediction_cost")
        controls = FlowRow(gap=6)
        for part in (self._chooser, self._mark, self._before):
            controls.add(part)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setVerticalSpacing(0)
        self._lines.addWidget(self._heading, 0, 0)
        self._lines.setColumnStretch(1, 1)
        self._lines.addWidget(self._moved, 1, 0, 1, 2)
        self._lines.addWidget(self._cost, 2, 0, 1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(controls)
        column.addLayout(self._lines)

    def _fit_lines(self) -> None:
        """The heading has room beside the longest that is said of the baseline, or it is left out."""
        words = self.tr("dashed: as at step 100,000, last play · 10.00 nats")
        heading = self._heading.natural_width(self._heading.text) + 12
        is_wide = heading + self._dashed.natural_width(words) <= self.width()
        self._heading.setVisible(is_wide)
        self._lines.setColumnMinimumWidth(0, heading if is_wide else 0)
        for line in (self._dashed, self._before_line):
            self._lines.removeWidget(line)
            self._lines.addWidget(line, 0, 1 if is_wide else 0, 1, 1 if is_wide else 2)
            line.set_alignment(Qt.AlignmentFlag.AlignRight if is_wide else Qt.AlignmentFlag.AlignLeft)

    def _show_words(self) -> None:
        prediction = self._prediction
        if prediction is None or self._is_awaited:
            waiting = "…" if self._is_awaited else ""
            self._dashed.set_text(waiting)
            self._moved.set_text(waiting)
            self._cost.set_text(
                waiting if self._data_cost is None else cost_words(self._data_cost, compares=True)
            )
            self._before_line.set_text(waiting)
            return
        if self._is_difference:
            self._dashed.set_text("")
            self._moved.set_text(self.tr("bars: the probability after A minus that after B"))
        else:
            self._dashed.set_text(dashed_words(prediction, self._baseline, self._baseline_step))
            self._moved.set_text(moved_words(prediction, self._names))
        self._cost.set_text(cost_words(self._data_cost, compares=prediction.before is not None))
        self._before_line.set_text(self._before_words(prediction))

    def _before_words(self, prediction: Prediction) -> str:
        if prediction.before is None:
            return self.tr("no before: {why}").format(why=lacking_words(self._baseline))
        what = baseline_words(self._baseline, self._baseline_step)
        return self.tr("BEFORE: {what}").format(what=what)

    def _on_baseline_activated(self, place: int) -> None:
        if list(Baseline)[place] is self._baseline:
            return
        self._baseline = list(Baseline)[place]
        self._is_awaited = self._prediction is not None
        self.show_cost(None)
        self._show_words()
        self.baseline_chosen.emit(self.baseline)

    def _on_before_kept(self, kept: bool) -> None:
        if kept:
            self.before_pressed.emit()
        else:
            self.before_released.emit()
