"""Two moments of the run, or of two of its branches, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from weightdeck.run.document import DocumentStatus, Place
from weightdeck.run.queries import MomentComparison
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.panels.compare_chooser import MomentChooser
from weightdeck_desktop.panels.compare_table import CompareTable
from weightdeck_desktop.panels.compare_words import (
    SMOOTHING,
    Curve,
    csv_rows,
    journal_rows,
    loss_words,
    place_words,
    prediction_rows,
    setting_rows,
    smoothed_until,
    tensor_rows,
)
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.axes import snapped_end, snapped_range
from weightdeck_desktop.widgets.curve import CurveStyle
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.plot import Plot
from weightdeck_desktop.widgets.switch import Switch
from weightdeck_desktop.widgets.text_line import TextLine

_SHORTEST_AXIS = 50.0  # steps
_NO_CURVE: Curve = np.empty((0, 2))


class ComparePanel(Panel):
    """Told of the document with `show_document`, of what was asked with `show_waiting`, and of the answer."""

    key = "compare"

    comparison_requested = Signal(object, object)  # Place A, Place B

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Compare")
        self._document = DocumentStatus()
        self._vocabulary: tuple[str, ...] = ()
        self._comparison: MomentComparison | None = None
        self._is_waiting = False
        self._problem = ""
        self._curves = (_NO_CURVE, _NO_CURVE)
        self._a, self._b = MomentChooser("A"), MomentChooser("B")
        for chooser in (self._a, self._b):
            chooser.chosen.connect(self._ask)
        self._swap = BarButton("compare_swap")
        self._swap.set_content(self.tr("Swap"), tip=self.tr("Make A of what B is, and B of what A is"))
        self._swap.clicked.connect(self._on_swap_clicked)
        self._again = BarButton("compare_again")
        self._again.set_content(
            self.tr("Compare"),
            tip=self.tr("Compare both moments as they are now, with the present prompts"),
        )
        self._again.clicked.connect(self._ask)
        self._note = TextLine()
        self._note.setObjectName("compare_note")
        self._note.set_lines(2)
        self._switch = Switch(
            [
                (self.tr("loss"), self.tr("Both loss curves, smoothed as in the loss panel")),
                (
                    self.tr("predictions"),
                    self.tr("The next token after the present prompts: B, and A as a dashed ghost"),
                ),
                (self.tr("weights"), self.tr("How far every tensor moved from A to B (root mean square)")),
                (self.tr("settings"), self.tr("Training settings, strips, holds and seed that differ")),
                (self.tr("history"), self.tr("What was done to the one and not to the other")),
            ]
        )
        self._switch.set_names("compare_shows")
        self._switch.setAccessibleName(self.tr("What is compared"))
        self._switch.chosen.connect(self._on_switch_chosen)
        self._plot = self._make_plot()
        self._loss = TextLine(secondary=False)
        self._loss.setObjectName("compare_loss")
        self._loss.set_lines(3)
        self._tables = self._make_tables()
        self._lay_out()
        self._show_comparison()

    # Told

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for chooser in (self._a, self._b):
            chooser.set_theme(theme)
        for button in (self._swap, self._again):
            button.set_theme(theme, height=26)
        self._switch.set_theme(theme)
        self._note.set_theme(theme)
        self._loss.set_theme(theme)
        self._plot.set_theme(theme)
        self._plot.setMinimumHeight(theme.px(120))
        for table in self._tables:
            table.set_theme(theme)

    def set_vocabulary(self, vocabulary: Sequence[str]) -> None:
        """What each token is called."""
        self._vocabulary = tuple(vocabulary)

    def show_document(self, document: DocumentStatus, shown: Place | None) -> None:
        """The branches and bookmarks to choose from; `shown` is the moment of the past that is shown, None for now."""
        self._document = document
        self._a.show_document(document, shown)
        self._b.show_document(document, shown)
        self._show_note()

    def show_places(self, a: Place, b: Place | None) -> None:
        """Choose two moments; None for `b`: now, as it moves on."""
        self._a.set_place(a)
        if b is None:
            self._b.set_now()
        else:
            self._b.set_place(b)

    @property
    def places(self) -> tuple[Place, Place]:
        """The two moments that are chosen."""
        return self._a.place, self._b.place

    def show_waiting(self) -> None:
        """The comparison is being made; what was shown before stays until it is there."""
        self._is_waiting = True
        self._show_note()

    def show_comparison(self, comparison: MomentComparison) -> None:
        """The answer."""
        self._take(comparison, "")

    def show_problem(self, problem: str) -> None:
        """Why there is no answer."""
        self._take(None, problem)

    def clear(self) -> None:
        self._take(None, "")

    def table(self) -> list[list[str]] | None:
        return None if self._comparison is None else csv_rows(self._comparison, self._vocabulary)

    # Showing

    def _take(self, comparison: MomentComparison | None, problem: str) -> None:
        self._comparison, self._problem, self._is_waiting = comparison, problem, False
        self._show_comparison()
        self._show_note()

    def _show_comparison(self) -> None:
        found = self._comparison
        if found is None:
            self._curves = (_NO_CURVE, _NO_CURVE)
            self._loss.set_text("")
            self.set_aside("")
            for table in self._tables:
                table.show_rows(())
        else:
            self._curves = (
                smoothed_until(found.losses[0], found.a),
                smoothed_until(found.losses[1], found.b),
            )
            self._loss.set_text(loss_words(*self._curves))
            words = self.tr("A: {0} · B: {1}")
            self.set_aside(
                words.format(place_words(found.a, self._document), place_words(found.b, self._document))
            )
            rows = (
                prediction_rows(found, self._vocabulary),
                tensor_rows(found),
                setting_rows(found),
                journal_rows(found),
            )
            for table, shown in zip(self._tables, rows, strict=True):
                table.show_rows(shown)
        self._show_curves()

    def _show_curves(self) -> None:
        values = np.concatenate([curve[:, 1] for curve in self._curves])
        steps = np.concatenate([curve[:, 0] for curve in self._curves])
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 4.0)
        self._plot.set_extent(
            (0.0, snapped_end(float(steps.max(initial=0.0)), _SHORTEST_AXIS)), snapped_range(low, high)
        )
        for name, curve in zip(("a", "b"), self._curves, strict=True):
            self._plot.set_curve(name, curve[:, 0], curve[:, 1])
        self._plot.hide_readout()
        self._plot.set_hint("" if len(values) else self.tr("no curve: compare two moments"))

    def _show_note(self) -> None:
        """What there is to know or to do besides what is shown."""
        if self._is_waiting:
            self._note.set_text(self.tr("Going to both moments to compare them…"))
        elif self._problem:
            self._note.set_text(self._problem, mark="!")
        else:
            self._note.set_text(self._advice())

    def _advice(self) -> str:
        found, document = self._comparison, self._document
        if found is not None and (found.a, found.b) != self.places:
            return self.tr("Shown: {0} and {1}; now is {2}. Press Compare for the newest.").format(
                place_words(found.a, document),
                place_words(found.b, document),
                place_words(self._newest(), document),
            )
        if found is not None and found.a == found.b:
            return self.tr("A and B are the same moment: choose another for one of them.")
        if len(document.branches) < 2 and not document.bookmarks:
            return self.tr(
                "One branch, no bookmark. For more to compare: bookmark a moment on the timeline, "
                "or go back and play from there."
            )
        return ""

    def _newest(self) -> Place:
        document = self._document
        return Place(document.branch, document.heads[document.branch] if document.heads else 0)

    def _on_plot_hovered(self, x: float | None) -> None:
        longest = max(self._curves, key=len)
        if x is None or not len(longest):
            self._plot.hide_readout()
            return
        place = min(max(0, round(x)), len(longest) - 1)
        lines = [self.tr("step {0:,}").format(place)]
        losses = [float(curve[place, 1]) for curve in self._curves if place < len(curve)]
        lines += [
            self.tr("{0} {1:.3f} nats").format(letter, curve[place, 1])
            for letter, curve in zip("AB", self._curves, strict=True)
            if place < len(curve)
        ]
        if len(losses) == 2:
            lines.append(self.tr("B − A {0:+.3f}").format(losses[1] - losses[0]))
        self._plot.show_readout(float(place), "\n".join(lines))

    # The user's acts

    def _ask(self) -> None:
        self.comparison_requested.emit(*self.places)

    def _on_swap_clicked(self) -> None:
        (a, b), (a_is_now, b_is_now) = self.places, (self._a.follows_now, self._b.follows_now)
        for chooser, place, is_now in ((self._a, b, b_is_now), (self._b, a, a_is_now)):
            if is_now:
                chooser.set_now()
            else:
                chooser.set_place(place)
        self._ask()

    def _on_switch_chosen(self, place: int) -> None:
        self._pages.setCurrentIndex(place)

    # Made once

    def _make_plot(self) -> Plot:
        plot = Plot(self.tr("steps"), self.tr("nats per letter, smoothing {0:g}").format(SMOOTHING))
        plot.setObjectName("compare_plot")
        plot.setAccessibleName(self.tr("Loss of A and of B over steps"))
        plot.setAccessibleDescription(
            self.tr("Wheel: zoom. Drag: move. Double-click or A: show everything. Right click: axes.")
        )
        plot.add_curve(
            "a", CurveStyle(lambda theme: theme.ramp[2], 3.0, 1.0, "A", lambda theme: theme.ramp[3])
        )
        plot.add_curve("b", CurveStyle(lambda theme: theme.text, 1.5, 1.0, "B"))
        plot.hovered.connect(self._on_plot_hovered)
        return plot

    def _make_tables(self) -> tuple[CompareTable, CompareTable, CompareTable, CompareTable]:
        rows = self.tr("Up and Down: the rows, one by one.")
        return (
            CompareTable("compare_predictions", self.tr("Predictions in A and in B"), rows),
            CompareTable("compare_weights", self.tr("Weight differences by tensor"), rows),
            CompareTable("compare_settings", self.tr("Settings that differ"), rows),
            CompareTable("compare_journal", self.tr("What was done only in one of them"), rows),
        )

    def _lay_out(self) -> None:
        acts = FlowRow()
        acts.add(self._again)
        acts.add(self._swap)
        shows = FlowRow()
        shows.add(self._switch)
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        loss = QWidget()
        column = QVBoxLayout(loss)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._plot, 1)
        column.addWidget(self._loss)
        self._pages.addWidget(loss)
        for table in self._tables:
            self._pages.addWidget(table)
        self.body.setSpacing(6)
        for part in (self._a, self._b, acts, shows):
            self.body.addWidget(part)
        self.body.addWidget(pages, 1)
        self.body.addWidget(self._note)
