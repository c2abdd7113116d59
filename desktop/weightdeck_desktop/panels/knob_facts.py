"""What is known about the knob in hand, as captions with values below them."""

from __future__ import annotations

from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from weightdeck.run.frame import DataCost
from weightdeck_desktop.panels.comparison_words import cost_figures, cost_tip
from weightdeck_desktop.panels.knob_trace import KnobTrace
from weightdeck_desktop.panels.knob_words import (
    gradient_text,
    since_words,
    spread_text,
    verdict_words,
)
from weightdeck_desktop.panels.weight_knob import KnobView
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.even_grid import EvenGrid
from weightdeck_desktop.widgets.plain_number import plain_number
from weightdeck_desktop.widgets.text_line import TextLine
from weightdeck_desktop.widgets.trace_chart import Course, TraceChart

_UNKNOWN = "…"  # it will come
_NOTHING = "–"  # there is none


class KnobFacts(QWidget):
    """Six facts in columns, what training did about the user's last turn, and where there is room its chart."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._range = _Fact(
            "range",
            self.tr("range"),
            self.tr("From the left end of the turn to the right one; typing goes further"),
        )
        self._reach = _Fact(
            "reach",
            self.tr("reach"),
            self.tr("The largest change of the prediction over the whole range: KL(now || turned), in nats"),
        )
        self._cost = _Fact("cost", self.tr("on the data, nats"), "")
        self._gradient = _Fact(
            "gradient",
            self.tr("gradient"),
            self.tr(
                "d loss / d value on the newest step's batch, in nats: which way training pulls the knob (the other "
                "way) and how hard"
            ),
        )
        self._initial = _Fact(
            "initial", self.tr("at step 0"), self.tr("Its value before any training, in the knob's own unit")
        )
        self._spread = _Fact(
            "spread",
            self.tr("most of its tensor"),
            self.tr("The central 95 % of all weights of the same tensor: the inner arc of the ring"),
        )
        self._since = _Fact(
            "since",
            since_words(0),
            self.tr(
                "What training did about your last turn of this knob: the share of the turn that it took back, or by "
                "which it went on the same way. Less than 5 % is left alone."
            ),
        )
        self._columns = EvenGrid(row_gap=4, column_gap=12)
        for fact in (self._range, self._reach, self._cost, self._gradient, self._initial, self._spread):
            self._columns.add(fact)
        self._chart = TraceChart(
            self.tr("The knob since your last turn"),
            self.tr(
                "Its value over the steps since your last turn: dashed where it was before, the diamond is you"
            ),
        )
        self._chart.setObjectName("in_hand_trace")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._columns)
        column.addWidget(self._since)
        column.addWidget(self._chart, 1)
        self.clear()

    def set_theme(self, theme: Theme) -> None:
        for fact in self._all():
            fact.set_theme(theme)
        self._columns.set_column_width(theme.px(130))
        self._chart.set_theme(theme)

    def show_view(self, view: KnobView, initial: float | None) -> None:
        """What the knob's view says; `initial` is its value at step 0 in the knob's unit, None where not known yet."""
        self._range.say(view.range_text)
        self._reach.say(
            _UNKNOWN
            if view.reach is None
            else self.tr("{nats} nats").format(nats=plain_number(view.reach, 2))
        )
        self._gradient.say(self.tr("no step yet") if view.gradient is None else gradient_text(view.gradient))
        edges = view.spread or ()
        self._spread.say(" … ".join(spread_text(edge) for edge in edges) or self.tr("none (a group)"))
        self._initial.say(_UNKNOWN if initial is None else view.write(initial))

    def show_cost(self, cost: DataCost | None, *, of_last: bool) -> None:
        """What the way from the baseline to now costs on the data; None where there is no baseline.

        The baseline is the model without the user's last change if `of_last`, else a moment of the past.
        """
        self._cost.rename(
            self.tr("this turn costs, nats") if of_last else self.tr("since the baseline, nats")
        )
        self._cost.say(_NOTHING if cost is None else cost_figures(cost))
        self._cost.explain("" if cost is None else cost_tip(cost))

    def show_trace(self, trace: KnobTrace | None, view: KnobView) -> None:
        """What training did since the user's last turn of this knob; None where there was none."""
        if trace is None:
            self._since.rename(since_words(0))
            # An edit made elsewhere has no story, and undo or a change of what it is a part of ends one.
            self._since.say(
                self.tr("not followed since") if view.edited else self.tr("not turned by hand yet")
            )
            self._chart.show_course(None)
            return
        verdict = trace.verdict
        self._since.rename(since_words(verdict.steps))
        self._since.say(verdict_words(verdict, is_held=view.held >= 1.0))
        self._chart.show_course(Course(trace.before, trace.after, *trace.points), view.write)

    def clear(self) -> None:
        """Nothing is in the hand."""
        for fact in self._all():
            fact.say(_NOTHING)
        self._cost.rename(self.tr("on the data, nats"))
        self._cost.explain("")
        self._since.rename(since_words(0))
        self._chart.show_course(None)

    def rows(self) -> list[list[str]]:
        """Every fact as shown."""
        return [[fact.caption, fact.text] for fact in self._all()]

    def _all(self) -> tuple[_Fact, ...]:
        return (
            self._range,
            self._reach,
            self._cost,
            self._gradient,
            self._initial,
            self._spread,
            self._since,
        )


class _Fact(QWidget):
    """A caption and the value below it. Assistive technology hears both as one."""

    def __init__(self, key: str, caption: str, tip: str) -> None:
        super().__init__()
        self._caption, self._value = TextLine(), TextLine(Type.MONO_BODY, secondary=False)
        self._value.setObjectName(f"in_hand_{key}")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._caption)
        column.addWidget(self._value)
        self._caption.set_text(caption)
        self.explain(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)  # nothing between the two

    def set_theme(self, theme: Theme) -> None:
        self._caption.set_theme(theme)
        self._value.set_theme(theme)

    @property
    def caption(self) -> str:
        return self._caption.text

    @property
    def text(self) -> str:
        return self._value.text

    def rename(self, caption: str) -> None:
        self._caption.set_text(caption)

    def say(self, text: str) -> None:
        self._value.set_text(text)
        self._value.setAccessibleName(f"{self.caption}: {text}")

    def explain(self, tip: str) -> None:
        if tip != self.toolTip():
            self.setToolTip(tip)
