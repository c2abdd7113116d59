"""The desk: knobs of the training settings, and as many pinned to weights as the user likes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from weightdeck.run.spec import HYPERPARAMETERS, Hyperparameters
from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.panels.lockable import LockablePanel
from weightdeck_desktop.panels.training_knob import GesturePhase, TrainingKnob
from weightdeck_desktop.panels.weight_knob import KnobView, WeightKnob
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.even_grid import EvenGrid
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.knob import Knob
from weightdeck_desktop.widgets.text_line import TextLine

TRAINING_KNOBS = ("learning_rate", "batch_size", "weight_decay", "dropout", "grad_clip")
MOST_WEIGHT_KNOBS = 24
_AT_FIRST = 6  # so many places stand empty until a run says what is pinned


class KnobsPanel(LockablePanel):
    """Five training knobs and up to 24 weight knobs. Emits only what the user does with them.

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
    remove_requested = Signal(int)
    browse_requested = Signal(int)
    add_requested = Signal()
    suggest_requested = Signal()
    slice_act = Signal(object, object)  # ParameterSlice, SliceAct

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Knobs")
        self._training_heading = TextLine()
        self._training_heading.set_text(self.tr("training"))
        self._weights_heading = TextLine()
        self._weights_heading.set_text(self.tr("weights · pointers follow training"))
        self._none = TextLine()
        self._none.setObjectName("knobs_none")
        self._none.set_lines(2)
        self._none.set_text(
            self.tr("No weight knob is on the desk: add one, or find six that show on this prompt.")
        )
        self._none.hide()
        self._add = BarButton("knobs_add", Look.LINK)
        self._add.clicked.connect(self.add_requested)
        self._suggest = BarButton("knobs_suggest", Look.LINK)
        self._suggest.set_content(
            self.tr("find six that show on this prompt"),
            tip=self.tr("Pin six parameters whose turning changes the prediction after this prompt"),
        )
        self._suggest.clicked.connect(self.suggest_requested)
        self._training = {name: TrainingKnob(HYPERPARAMETERS[name]) for name in TRAINING_KNOBS}
        self._weights: list[WeightKnob] = []
        self._copied: int | None = None
        self._training_grid = EvenGrid()
        self._weights_grid = EvenGrid(row_gap=8)
        for name, knob in self._training.items():
            self._training_grid.add(
                knob
            )  # before the buttons below: Tab goes from part to part as they were added
            self._connect_training(name, knob)
        foot = FlowRow(gap=24)
        foot.add(self._add)
        foot.add(self._suggest)
        self.body.addWidget(self._training_heading)
        self.body.addWidget(self._training_grid)
        self.body.addWidget(self._weights_heading)
        self.body.addWidget(self._weights_grid)
        self.body.addWidget(self._none)
        self.body.addWidget(foot)
        self.body.addStretch(1)
        self._place_knobs(_AT_FIRST)
        self._show_enabled()

    # What it is told

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for line in (self._training_heading, self._weights_heading, self._none):
            line.set_theme(theme)
        for knob in (*self._training.values(), *self._weights):
            knob.set_theme(theme)
        for button in (self._add, self._suggest):
            button.set_theme(theme, height=20)
        self._training_grid.set_column_width(theme.px(56))
        self._weights_grid.set_column_width(theme.px(96))

    def set_enabled_engine(self, enabled: bool) -> None:
        if not enabled:
            focused = self.focusWidget()
            if focused is not None:
                focused.clearFocus()  # or Qt would hand it from knob to knob as these are disabled, and each took it
        super().set_enabled_engine(enabled)

    def show_training(self, now: Hyperparameters, initial: Hyperparameters) -> None:
        """Show the settings; those that differ from the run's `initial` ones were turned by the user."""
        for name, knob in self._training.items():
            knob.show_setting(getattr(now, name), getattr(initial, name))

    def show_weights(self, views: Sequence[KnobView]) -> None:
        """Show the pinned slices, at most `MOST_WEIGHT_KNOBS`."""
        assert len(views) <= MOST_WEIGHT_KNOBS
        if len(views) != len(self._weights):
            self._place_knobs(len(views))
            self._show_enabled()
        for knob, view in zip(self._weights, views, strict=True):
            knob.show_view(view)

    def show_can_paste(self, size: int | None) -> None:
        """How many numbers have been copied: slices that hold as many can be pasted into. None for none."""
        self._copied = size
        for knob in self._weights:
            knob.show_can_paste(size)

    def show_pending(self, index: int, pending: bool = True) -> None:
        """Whether a change of this weight knob is still on its way to the model; one not shown yet has none."""
        if index < len(self._weights):
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
            (_written(knob.view), knob.view.title, knob) for knob in self._weights if knob.view is not None
        ]
        rows = [[name, title, repr(knob.number)] for name, title, knob in shown if knob.number is not None]
        heading = [
            self.tr("parameter"),
            self.tr("name"),
            self.tr("value (of a group: a factor, or its length along a direction)"),
        ]
        return [heading, *rows] if rows else None

    # The weight knobs that there are

    def _place_knobs(self, count: int) -> None:
        """Have `count` weight knobs, in the order of the keyboard too."""
        while len(self._weights) > count:
            knob = self._weights.pop()
            knob.take_hand_off()
            had_focus = knob.hasFocus()
            self._weights_grid.remove(knob)
            knob.deleteLater()
            if had_focus:
                heir = self._weights[-1] if self._weights else self._add
                heir.setFocus(Qt.FocusReason.OtherFocusReason)
        for index in range(len(self._weights), count):
            knob = WeightKnob(f"weight_knob_{index}")
            if self._theme is not None:
                knob.set_theme(self._theme)
            knob.show_can_paste(self._copied)
            self._connect_weight(index, knob)
            self._weights_grid.add(knob)
            before = self._weights[-1] if self._weights else self._training[TRAINING_KNOBS[-1]]
            QWidget.setTabOrder(before, knob)
            self._weights.append(knob)
        self._weights_grid.setVisible(count > 0)
        self._none.setVisible(count == 0)

    def _show_enabled(self) -> None:
        """Only what can be done now is offered."""
        can_turn = self.can_turn
        for part in (*self._training.values(), *self._weights, self._suggest):
            part.setEnabled(can_turn)
        is_full = len(self._weights) >= MOST_WEIGHT_KNOBS
        self._add.setEnabled(can_turn and not is_full)
        self._add.set_content(
            self.tr("+ add a knob…"),
            tip=self.tr("The desk holds {most} knobs: take one off first (Delete)").format(
                most=MOST_WEIGHT_KNOBS
            )
            if is_full
            else self.tr(
                "Find any parameter of the model, or a group of them, and put a knob for it on the desk"
            ),
        )

    # The user's acts

    def _connect_training(self, name: str, knob: TrainingKnob) -> None:
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
        knob.remove_requested.connect(lambda: self.remove_requested.emit(index))
        knob.browse_requested.connect(lambda: self.browse_requested.emit(index))
        knob.suggest_requested.connect(self.suggest_requested)
        knob.slice_act.connect(self.slice_act)


def _written(view: KnobView) -> str:
    """The slice, and the direction of a knob that has one."""
    return " ".join(part for part in (view.technical, view.along_words) if part)
