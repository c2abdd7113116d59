"""The loss panel: how unsure the model is, step by step, beside what counting letters would reach."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from weightdeck.run.frame import METRICS, ReferenceLosses
from weightdeck.run.history import History, Smoother
from weightdeck.run.words import perplexity_words
from weightdeck_desktop.panels.loss_curve import MetricCurve, points_of
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.smoothing_control import DEFAULT_SMOOTHING, SmoothingControl
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.axes import snapped_end, snapped_log_range, snapped_range
from weightdeck_desktop.widgets.check import Check
from weightdeck_desktop.widgets.curve import CurveStyle, Level
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.plot import Plot
from weightdeck_desktop.widgets.switch import Switch

_SHORTEST_AXIS = 50.0  # steps


@dataclass(frozen=True)
class _Quantity:
    metric: str  # of METRICS
    chip: str
    tip: str
    axis: str  # title of the vertical axis, with the unit
    is_noisy: bool = True  # drawn faint, with the smoothed course over it


class LossPanel(Panel):
    """Train loss (faint, and smoothed), validation loss, three reference levels; or another metric instead.

    Told with `show_references` once and `show_history` at each refresh, which takes only what is new.
    """

    key = "loss"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Loss")
        self._quantities = self._all_quantities()
        self._quantity = self._quantities[0]
        self._history: History | None = None
        self._references: ReferenceLosses | None = None
        self._hovered_x: float | None = None
        self._curve = MetricCurve(self._quantity.metric, DEFAULT_SMOOTHING)
        self._validation = (np.empty(0), np.empty(0))

        self._switch = Switch([(quantity.chip, quantity.tip) for quantity in self._quantities])
        self._switch.set_names("loss_quantity")
        self._switch.setAccessibleName(self.tr("What is plotted"))
        self._switch.chosen.connect(self._on_quantity_chosen)
        self._smoothing = SmoothingControl()
        self._smoothing.slider.valueChanged.connect(self._on_smoothing_moved)
        self._log_x = self._log_check(
            "loss_log_x",
            self.tr("log x"),
            self.tr("Logarithmic steps: as much room for 1 to 10 as for 100 to 1,000"),
        )
        self._log_y = self._log_check(
            "loss_log_y", self.tr("log y"), self.tr("Logarithmic values: equal heights are equal factors")
        )
        self._plot = self._make_plot()
        header = FlowRow()
        for widget in (self._switch, self._smoothing, self._log_x, self._log_y):
            header.add(widget)
        self.body.addWidget(header)
        self.body.addWidget(self._plot, 1)
        self._catch_up = QTimer(self, interval=0, singleShot=True)  # the rest of a long run, in pieces
        self._catch_up.timeout.connect(self._draw)
        self._show_quantity()

    # Told

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._switch.set_theme(theme)
        self._smoothing.set_theme(theme)
        self._log_x.set_theme(theme)
        self._log_y.set_theme(theme)
        self._plot.set_theme(theme)

    def show_references(self, references: ReferenceLosses) -> None:
        """The levels of the run that begins; NaN for one that is not known yet."""
        self._references = references
        self._show_levels()
        self._fit_extent()

    def show_history(self, history: History) -> None:
        """Draw what has come since the last call. A shorter or another history needs a `clear` before."""
        if history is not self._history:
            self._history = history
            self._show_sources()
        self._draw()

    def show_past(self, step: int | None) -> None:
        """Mark the moment of the past that is shown, after so many updates; None for now."""
        self._plot.set_past(None if step is None else float(step))

    def clear(self) -> None:
        """Forget the run; zoom and settings stay as they are."""
        self._history = None
        self._references = None
        self._hovered_x = None
        self._plot.hide_readout()
        self._plot.set_past(None)
        self._show_quantity()

    def table(self) -> list[list[str]] | None:
        if self._history is None or len(self._history) == 0:
            return None
        history = self._history
        smoother = Smoother(self._smoothing.value)
        validation = dict(zip(*(column.tolist() for column in history.validation()), strict=True))
        columns = [history.metric(name).tolist() for name in METRICS]
        header = ["step", "train_loss_nats", "learning_rate", "grad_norm_before_clipping", "update_ratio"]
        rows = [[*header, f"train_loss_nats_smoothed_{self._smoothing.value:g}", "validation_loss_nats"]]
        for step, loss, *others in zip(*columns, strict=True):
            numbers = (loss, *others, smoother.add(loss), validation.pop(step, None))
            rows.append([f"{step:.0f}", *("" if number is None else repr(number) for number in numbers)])
        rows += [[f"{step:.0f}", *[""] * len(METRICS), repr(loss)] for step, loss in validation.items()]
        return rows

    def state(self) -> dict[str, object]:
        """Settings that survive a restart."""
        return {
            "quantity": self._quantity.metric,
            "smoothing": self._smoothing.value,
            "log_x": self._log_x.isChecked(),
            "log_y": self._log_y.isChecked(),
        }

    def restore(self, state: dict[str, object]) -> None:
        """Take settings that `state` gave, perhaps those of another version."""
        smoothing = state.get("smoothing")
        if isinstance(smoothing, int | float) and math.isfinite(smoothing):
            self._smoothing.show_value(float(smoothing))
        self._plot.set_log(bool(state.get("log_x")), bool(state.get("log_y")))
        self._show_log_checks()
        metrics = [quantity.metric for quantity in self._quantities]
        if state.get("quantity") in metrics:
            place = metrics.index(str(state["quantity"]))
            self._switch.set_choice(place)
            self._quantity = self._quantities[place]
        self._show_quantity()

    # Drawing

    def _draw(self) -> None:
        history = self._history
        if history is None:
            return
        if not self._curve.take(history):
            self._catch_up.start()
        self._validation = history.validation()
        self._fit_extent()
        if self._shows_loss:
            self._plot.set_curve("validation", *self._validation)
        self._plot.refresh()
        self._show_hint()
        self._show_readout()

    def _fit_extent(self) -> None:
        """Let both axes hold everything, in steps so nice that they seldom change."""
        raw = self._curve.raw
        values = [raw.low, raw.high]
        steps = (
            float(self._history.metric("step")[-1])
            if self._history is not None and len(self._history)
            else 0.0
        )
        if self._shows_loss:
            if self._references is not None:
                known = self._references
                values += [known.uniform, known.unigram, known.bigram]
                if math.isnan(known.bigram):
                    values.append(0.7 * known.uniform)  # about where the other levels will lie
            values += self._validation[1].tolist()
            steps = max(steps, float(self._validation[0].max(initial=0.0)))
        values = [value for value in values if math.isfinite(value)]
        low, high = (min(values), max(values)) if values else (0.0, 4.0 if self._shows_loss else 1.0)
        if self._log_y.isChecked():
            high = max(high, 1e-12)
            y = snapped_log_range(low if low > 0.0 else high * 1e-4, high)
        else:
            y = snapped_range(low if self._shows_loss else min(0.0, low), high)
        self._plot.set_extent((0.0, snapped_end(steps, _SHORTEST_AXIS)), y)

    def _show_quantity(self) -> None:
        """Begin the chosen quantity's curves anew."""
        self._curve = MetricCurve(self._quantity.metric, self._smoothing.value)
        self._validation = (np.empty(0), np.empty(0))
        self._plot.set_y_title(self._quantity.axis)
        self._plot.set_label("smoothed", self.tr("train") if self._shows_loss else "")
        self._plot.set_curve("validation", *self._validation)
        self._show_aside()
        self._show_levels()
        self._show_sources()
        self._fit_extent()
        self._show_hint()
        self._draw()

    def _show_sources(self) -> None:
        noisy, steady = None, None
        if self._history is not None:
            raw = points_of(self._history, lambda: self._curve.raw)
            smoothed = points_of(self._history, lambda: self._curve.smoothed)
            noisy, steady = (raw, smoothed) if self._quantity.is_noisy else (None, raw)
        self._plot.set_source("raw", noisy)
        self._plot.set_source("smoothed", steady)
        self._plot.refresh()

    def _show_levels(self) -> None:
        references = self._references
        if references is None or not self._shows_loss:
            self._plot.set_levels(())
            return
        tip = self.tr("{name}: {loss:.3f} nats per letter, as unsure as among {words}. {what}")
        levels = (
            (
                "uniform",
                self.tr("uniform guess"),
                references.uniform,
                self.tr("Every letter equally likely: ln V."),
            ),
            (
                "unigram",
                self.tr("letter counts"),
                references.unigram,
                self.tr("Knows how often each letter comes."),
            ),
            (
                "bigram",
                self.tr("letter pairs"),
                references.bigram,
                self.tr("Knows which letter follows which."),
            ),
        )
        self._plot.set_levels(
            tuple(
                Level(loss, label, tip.format(name=name, loss=loss, words=perplexity_words(loss), what=what))
                for name, label, loss, what in levels
                if math.isfinite(loss)
            )
        )

    def _show_hint(self) -> None:
        is_empty = self._history is None or len(self._history) == 0
        self._plot.set_hint(self.tr("the curve begins with the first step") if is_empty else "")

    def _show_aside(self) -> None:
        smoothing = self.tr("smoothing {value:g}").format(value=self._smoothing.value)
        unit = self.tr("nats per letter") if self._shows_loss else self._quantity.chip
        self.set_aside(f"{unit} · {smoothing}" if self._quantity.is_noisy else unit)

    def _show_readout(self) -> None:
        history = self._history
        if self._hovered_x is None or history is None or len(self._curve.raw) == 0:
            self._plot.hide_readout()
            return
        steps = history.metric("step")[: len(self._curve.raw)]
        place = min(bisect_left(steps, self._hovered_x - 0.5), len(steps) - 1)
        step = float(steps[place])
        value = self._curve.raw.at(place)
        smooth = self._curve.smoothed.at(place) if place < len(self._curve.smoothed) else math.nan
        lines = [self.tr("step {step:,.0f}").format(step=step)]
        if self._shows_loss:
            rows = [(self.tr("train"), value), (self.tr("smoothed"), smooth)]
            seen = np.flatnonzero(self._validation[0] <= step)
            if len(seen):
                rows.append((self.tr("validation"), float(self._validation[1][seen[-1]])))
            width = max(len(name) for name, _ in rows)
            lines += [
                self.tr("{name} {loss} nats").format(name=name.ljust(width), loss=_three(loss))
                for name, loss in rows
            ]
            if math.isfinite(smooth):
                lines.append(self.tr("as unsure as among {words}").format(words=perplexity_words(smooth)))
        else:
            lines.append(f"{self._quantity.chip} {value:.3g}")
            if self._quantity.is_noisy:
                lines.append(self.tr("smoothed {value:.3g}").format(value=smooth))
        self._plot.show_readout(step, "\n".join(lines))

    # The user's acts

    def _on_quantity_chosen(self, place: int) -> None:
        self._quantity = self._quantities[place]
        self._show_quantity()

    def _on_smoothing_moved(self) -> None:
        self._smoothing.show_value(self._smoothing.value)
        self._curve.smooth(self._smoothing.value)
        self._show_aside()
        self._draw()

    def _on_log_clicked(self) -> None:
        self._plot.set_log(self._log_x.isChecked(), self._log_y.isChecked())
        self._fit_extent()

    def _on_plot_log_changed(self) -> None:
        self._show_log_checks()
        self._fit_extent()

    def _on_plot_hovered(self, x: float | None) -> None:
        self._hovered_x = x
        self._show_readout()

    # Made once

    @property
    def _shows_loss(self) -> bool:
        return self._quantity.metric == "train_loss"

    def _show_log_checks(self) -> None:
        self._log_x.setChecked(self._plot.x_axis.log)
        self._log_y.setChecked(self._plot.y_axis.log)

    def _all_quantities(self) -> tuple[_Quantity, ...]:
        return (
            _Quantity(
                "train_loss",
                self.tr("loss"),
                self.tr("How unsure the model is about the next letter, in nats (cross-entropy)"),
                self.tr("nats per letter"),
            ),
            _Quantity(
                "learning_rate",
                self.tr("learning rate"),
                self.tr("The size of a step, after warm-up and schedule (effective learning rate)"),
                self.tr("learning rate (no unit)"),
                is_noisy=False,
            ),
            _Quantity(
                "grad_norm",
                self.tr("gradient"),
                self.tr(
                    "How strongly the data pull at all weights together (gradient norm, before clipping)"
                ),
                self.tr("gradient norm before clipping (nats per unit of weight)"),
            ),
            _Quantity(
                "update_ratio",
                self.tr("update"),
                self.tr("How large one update is beside the weights themselves (update-to-weight ratio)"),
                self.tr("size of the update / size of the weights"),
            ),
        )

    def _log_check(self, name: str, text: str, tip: str) -> Check:
        check = Check(text)
        check.setObjectName(name)
        check.setAccessibleName(text)
        check.setToolTip(tip)
        check.clicked.connect(self._on_log_clicked)
        return check

    def _make_plot(self) -> Plot:
        plot = Plot(self.tr("steps"), self._quantity.axis)
        plot.setObjectName("loss_plot")
        plot.setAccessibleName(self.tr("Loss over steps"))
        plot.setAccessibleDescription(
            self.tr("Wheel: zoom. Drag: move. Double-click or A: show everything. Right click: axes.")
        )
        plot.add_curve("raw", CurveStyle(lambda theme: theme.secondary, alpha=0.45))
        plot.add_curve(
            "validation",
            CurveStyle(
                lambda theme: theme.ramp[2], 2.0, 1.0, self.tr("validation"), lambda theme: theme.ramp[3]
            ),
        )
        plot.add_curve("smoothed", CurveStyle(lambda theme: theme.text, 2.0))
        plot.hovered.connect(self._on_plot_hovered)
        plot.log_changed.connect(self._on_plot_log_changed)
        return plot


def _three(loss: float) -> str:
    return f"{loss:.3f}" if math.isfinite(loss) else "–"
