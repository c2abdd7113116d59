"""The knob in the user's hand, large, with what is known about it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from weightdeck.run.frame import DataCost
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.panels.knob_facts import KnobFacts
from weightdeck_desktop.panels.knob_trace import KnobTrace
from weightdeck_desktop.panels.lockable import LockablePanel
from weightdeck_desktop.panels.slice_acts import SliceAct
from weightdeck_desktop.panels.weight_knob import KnobView, WeightKnob
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.even_grid import EvenGrid
from weightdeck_desktop.widgets.kept_press import KeptPress


class InHandPanel(LockablePanel):
    """One weight knob and its facts. Emits the same acts as a weight knob on the desk, without an index."""

    key = "in_hand"

    weight_grabbed = Signal()
    weight_turned = Signal(float)
    weight_released = Signal()
    weight_typed = Signal(float)
    repin_requested = Signal()
    remove_requested = Signal()
    browse_requested = Signal()
    suggest_requested = Signal()
    slice_act = Signal(object, object)  # ParameterSlice, SliceAct
    before_pressed = Signal()  # show the prediction as it was before ...
    before_released = Signal()  # ... until now

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("In your hand")
        self._knob = WeightKnob("in_hand_knob", 88, 2)
        self._facts = KnobFacts()
        upper = QHBoxLayout()
        upper.setSpacing(16)
        upper.addWidget(self._knob, 4, Qt.AlignmentFlag.AlignVCenter)
        upper.addWidget(self._facts, 8)
        self._hold = BarButton("in_hand_hold")
        self._default = BarButton("in_hand_default")
        self._default.set_content(
            self.tr("Default"), tip=self.tr("Set the value that the knob had when it was pinned")
        )
        self._zero = BarButton("in_hand_zero")
        self._zero.set_content(self.tr("Zero"), tip=self.tr("Set to 0 and see what depends on it"))
        self._reinitialise = BarButton("in_hand_reinitialise")
        self._reinitialise.set_content(
            self.tr("Re-initialise"), tip=self.tr("Draw new random numbers as at the start of a run")
        )
        self._before = BarButton("in_hand_before")
        self._before.set_content(
            self.tr("Before"),
            tip=self.tr("Press and keep: the prediction as it was before, until you let go"),
        )
        self._more = BarButton("in_hand_acts")
        self._more.set_content(
            self.tr("More…"), tip=self.tr("Everything else: noise, copy and paste, another knob")
        )
        self._buttons = (
            self._hold,
            self._default,
            self._zero,
            self._reinitialise,
            self._before,
            self._more,
        )
        row = EvenGrid(row_gap=6, column_gap=8)
        for button in self._buttons:
            row.add(button)
        self._row = row
        self.body.addLayout(upper, 1)
        self.body.addWidget(row)
        self._connect()
        self._view: KnobView | None = None
        self.clear()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._knob.set_theme(theme)
        self._facts.set_theme(theme)
        for button in self._buttons:
            button.set_theme(theme, height=28)
        # Wide enough for every word, with half of the usual room around it.
        widest = max(button.sizeHint().width() for button in self._buttons)
        self._row.set_column_width(widest - theme.px(14))

    def show_knob(
        self, view: KnobView | None, initial: float | None = None, edited_step: int | None = None
    ) -> None:
        """Show the knob in hand, or none.

        `initial` is its value at step 0 in the knob's unit, `edited_step` where the user turned it last.
        """
        if view is None:
            self.clear()
            return
        self._view = view
        edited = "" if edited_step is None else self.tr("edited at step {step:,}").format(step=edited_step)
        self._knob.show_view(view, caption=edited)
        self._facts.show_view(view, initial)
        self.set_aside(" · ".join(part for part in (view.technical, view.along_words) if part))
        self._show_enabled()

    def show_cost(self, cost: DataCost | None, *, of_last: bool) -> None:
        """What the way from the baseline to now costs on the data; the baseline is the model without the user's last
        change if `of_last`. None where there is no baseline.
        """
        if self._view is not None:
            self._facts.show_cost(cost, of_last=of_last)

    def show_trace(self, trace: KnobTrace | None) -> None:
        """What training did since the user last turned this knob; None where the user has not."""
        if self._view is not None:
            self._facts.show_trace(trace, self._view)

    def show_can_paste(self, size: int | None) -> None:
        """How many numbers have been copied: slices that hold as many can be pasted into. None for none."""
        self._knob.show_can_paste(size)

    def show_pending(self, pending: bool) -> None:
        """Whether a change is still on its way to the model."""
        self._knob.set_pending(pending)

    def clear(self) -> None:
        self._view = None
        self._knob.clear_view(self.tr("no knob"))
        self._facts.clear()
        self.set_aside("")
        self._show_enabled()

    def table(self) -> list[list[str]] | None:
        view = self._view
        if view is None:
            return None
        return [
            [self.tr("fact"), self.tr("value")],
            [self.tr("parameter"), view.technical],
            *self._facts.rows(),
        ]

    def _show_enabled(self) -> None:
        """Only what can be done now is offered."""
        view = self._view
        is_there = self._is_engine_enabled and view is not None
        can_turn = is_there and self.can_turn
        is_known = can_turn and view is not None and view.value is not None
        for button in (self._hold, self._zero, self._reinitialise):
            button.setEnabled(is_known)
        self._default.setEnabled(is_known and view is not None and view.default is not None)
        # The knob keeps the focus while another one in the hand is being read.
        for part in (self._knob, self._more):
            part.setEnabled(can_turn)
        self._before.setEnabled(is_there)  # to look is no change
        if view is not None and view.held >= 1.0:
            self._hold.set_content(self.tr("Let go"), tip=self.tr("Let training change it again"))
        else:
            self._hold.set_content(
                self.tr("Hold"),
                tip=self.tr(
                    "Keep it as it is, bit for bit, while the rest trains; your hand may still turn it"
                ),
            )

    # The user's acts

    def _connect(self) -> None:
        knob = self._knob
        knob.grabbed.connect(self.weight_grabbed)
        knob.turned.connect(self.weight_turned)
        knob.released.connect(self.weight_released)
        knob.typed.connect(self.weight_typed)
        knob.pin_requested.connect(self.repin_requested)
        knob.remove_requested.connect(self.remove_requested)
        knob.browse_requested.connect(self.browse_requested)
        knob.suggest_requested.connect(self.suggest_requested)
        knob.slice_act.connect(self.slice_act)
        self._hold.clicked.connect(self._on_hold_clicked)
        self._default.clicked.connect(knob.return_to_default)
        self._zero.clicked.connect(lambda: self._ask(SliceAct.ZERO))
        self._reinitialise.clicked.connect(lambda: self._ask(SliceAct.REINITIALISE))
        KeptPress(self._before).kept.connect(
            lambda kept: (self.before_pressed if kept else self.before_released).emit()
        )
        self._more.clicked.connect(self._on_more_clicked)

    def _ask(self, act: SliceAct) -> None:
        assert self._view is not None
        self.slice_act.emit(self._view.target, act)

    def _on_hold_clicked(self) -> None:
        assert self._view is not None
        self._ask(SliceAct.LET_GO if self._view.held >= 1.0 else SliceAct.HOLD)

    def _on_more_clicked(self) -> None:
        self._knob.open_menu(self._more.mapToGlobal(QPoint(0, self._more.height())))
