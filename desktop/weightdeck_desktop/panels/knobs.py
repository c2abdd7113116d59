"""The desk: knobs of the training settings, and six knobs pinned to weights."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from weightdeck.run.scales import Scale, hyperparameter_scale
from weightdeck.run.spec import HYPERPARAMETERS, Hyperparameter, Hyperparameters
from weightdeck.run.words import number
from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.weight_knob import KnobView, WeightKnob
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.even_grid import EvenGrid
from weightdeck_desktop.widgets.knob import Knob
from weightdeck_desktop.widgets.text_line import TextLine
from weightdeck_desktop.widgets.typed_value import read_value

TRAINING_KNOBS = ("learning_rate", "batch_size", "weight_decay", "dropout", "grad_clip")
WEIGHT_KNOBS = 6
_PERCENT = ("weight_decay", "dropout")


class GesturePhase(Enum):
    """Where in a gesture a turn comes; the turns from BEGIN to END are one undo entry, ONCE is one alone."""

    BEGIN = "begin"
    MOVE = "move"
    END = "end"
    ONCE = "once"


class KnobsPanel(Panel):
    """Five training knobs and six weight knobs. Emits only what the user does with them.

    A double click comes as a typed default.
    """

    key = "knobs"

    training_turned = Signal(str, float, object)  # hyperparameter, value, GesturePhase
    weight_grabbed = Signal(int)
    weight_turned = Signal(int, float)
    weight_released = Signal(int)
    weight_typed = Signal(int, float)
    selected = Signal(int)  # the user has put the hand on this weight knob
    repin_requested = Signal(int)
    suggest_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Knobs")
        self._training_heading = TextLine()
        self._training_heading.set_text(self.tr("training"))
        self._weights_heading = TextLine()
        self._weights_heading.set_text(self.tr("weights · pointers follow training"))
        self._suggest = BarButton("knobs_suggest", Look.LINK)
        self._suggest.set_content(
            self.tr("find six that show on this prompt"),
            tip=self.tr("Pin six parameters whose turning changes the prediction after this prompt"),
        )
        self._suggest.clicked.connect(self.suggest_requested)
        self._training = {name: _TrainingKnob(HYPERPARAMETERS[name]) for name in TRAINING_KNOBS}
        self._weights = tuple(WeightKnob(f"weight_knob_{index}") for index in range(WEIGHT_KNOBS))
        self._training_grid = EvenGrid()
        self._weights_grid = EvenGrid(row_gap=8)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._suggest)
        self.body.addWidget(self._training_heading)
        self.body.addWidget(self._training_grid)
        self.body.addWidget(self._weights_heading)
        self.body.addWidget(self._weights_grid)
        self.body.addLayout(foot)
        self.body.addStretch(1)
        for name, knob in self._training.items():
            self._training_grid.add(knob)
            self._connect_training(name, knob)
        for index, weight_knob in enumerate(self._weights):
            self._weights_grid.add(weight_knob)
            self._connect_weight(index, weight_knob)

    # What it is told

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for heading in (self._training_heading, self._weights_heading):
            heading.set_theme(theme)
        for knob in (*self._training.values(), *self._weights):
            knob.set_theme(theme)
        self._suggest.set_theme(theme, height=20)
        self._training_grid.set_column_width(theme.px(56))
        self._weights_grid.set_column_width(theme.px(92))

    def set_enabled_engine(self, enabled: bool) -> None:
        """Whether there is an engine to turn anything in."""
        for part in (*self._training.values(), *self._weights, self._suggest):
            part.setEnabled(enabled)

    def show_training(self, now: Hyperparameters, initial: Hyperparameters) -> None:
        """Show the settings; those that differ from the run's `initial` ones were turned by the user."""
        for name, knob in self._training.items():
            knob.show_setting(getattr(now, name), getattr(initial, name))

    def show_weights(self, views: Sequence[KnobView]) -> None:
        """Show the six pinned slices."""
        for knob, view in zip(self._weights, views, strict=True):
            knob.show_view(view)

    def show_pending(self, index: int, pending: bool = True) -> None:
        """Whether a change of this weight knob is still on its way to the model."""
        self._weights[index].set_pending(pending)

    def show_selected(self, index: int | None) -> None:
        """Mark the weight knob that is in the user's hand."""
        for place, knob in enumerate(self._weights):
            knob.set_selected(place == index)

    def clear(self) -> None:
        for knob in self._training.values():
            knob.set_value(None)
        for weight_knob in self._weights:
            weight_knob.clear_view()

    def table(self) -> list[list[str]] | None:
        shown: list[tuple[str, str, Knob]]
        shown = [(name, knob.accessibleName(), knob) for name, knob in self._training.items()]
        shown += [
            (knob.view.technical, knob.view.title, knob) for knob in self._weights if knob.view is not None
        ]
        rows = [[name, title, repr(knob.number)] for name, title, knob in shown if knob.number is not None]
        heading = [self.tr("parameter"), self.tr("name"), self.tr("value (a factor for groups)")]
        return [heading, *rows] if rows else None

    # The user's acts

    def _connect_training(self, name: str, knob: _TrainingKnob) -> None:
        def turn(phase: GesturePhase) -> None:
            assert knob.number is not None
            self.training_turned.emit(name, knob.number, phase)

        knob.grabbed.connect(lambda: turn(GesturePhase.BEGIN))
        knob.turned.connect(lambda _value: turn(GesturePhase.MOVE))
        knob.released.connect(lambda: turn(GesturePhase.END))
        knob.typed.connect(lambda _value: turn(GesturePhase.ONCE))

    def _connect_weight(self, index: int, knob: WeightKnob) -> None:
        knob.grabbed.connect(lambda: self.weight_grabbed.emit(index))
        knob.turned.connect(lambda value: self.weight_turned.emit(index, value))
        knob.released.connect(lambda: self.weight_released.emit(index))
        knob.typed.connect(lambda value: self.weight_typed.emit(index, value))
        knob.taken_in_hand.connect(lambda: self.selected.emit(index))
        knob.pin_requested.connect(lambda: self.repin_requested.emit(index))
        knob.suggest_requested.connect(self.suggest_requested)


class _WholeNumbers(NamedTuple):
    """A scale whose values are whole numbers."""

    scale: Scale

    def to_position(self, value: float) -> float:
        return self.scale.to_position(value)

    def to_value(self, position: float) -> float:
        return float(round(self.scale.to_value(position)))


class _TrainingKnob(Knob):
    """The small knob of one training setting."""

    def __init__(self, setting: Hyperparameter) -> None:
        super().__init__(f"training_knob_{setting.name}", 44)
        self._setting = setting
        self._initial: float | None = None
        scale = hyperparameter_scale(setting.name)
        self.set_scale(_WholeNumbers(scale) if setting.integer else scale)
        self.set_wording(number, self._read)
        self.set_titles(setting.label)
        turn = self.tr("{low} … {high}").format(
            low=number(scale.to_value(0.0)), high=number(scale.to_value(1.0))
        )
        typed = self.tr("typed: {low} … {high}").format(
            low=number(setting.minimum), high=number(setting.maximum)
        )
        self.setToolTip(
            "\n".join(
                (
                    f"{setting.name} · {turn} ({typed})",
                    setting.help,
                    self.tr("Takes effect at the next step. Double click: back to where the run began."),
                )
            )
        )
        self.menu_requested.connect(self._on_menu_requested)
        self.reset_requested.connect(self._return)

    def show_setting(self, now: float, initial: float) -> None:
        """Show the value and where the run began."""
        self._initial = initial
        self.set_default(initial)
        self.set_edited(now != initial)
        self.set_value(now)

    def _read(self, text: str, now: float | None) -> float:
        value = read_value(text, now, takes_percent=self._setting.name in _PERCENT)
        return float(self._setting.check(value))

    def _return(self) -> None:
        if self._initial is not None:
            self.enter_value(self._initial)

    def _on_menu_requested(self, place: QPoint) -> None:
        if self._initial is None:
            return
        menu = QMenu(self)
        menu.setObjectName(f"{self.objectName()}_menu")
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction(self.tr("Type a value…"), self.open_editor)
        menu.addAction(self.tr("Back to {value}").format(value=number(self._initial)), self._return)
        menu.popup(place)
