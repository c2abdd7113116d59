"""The knob in the user's hand, large, with what is known about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.panels.knob_words import range_words, spread_text
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.weight_knob import KnobView, WeightKnob
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.text_line import TextLine


class InHandPanel(Panel):
    """One weight knob and its facts. Emits the same acts as a weight knob on the desk, without an index."""

    key = "in_hand"

    weight_grabbed = Signal()
    weight_turned = Signal(float)
    weight_released = Signal()
    weight_typed = Signal(float)
    repin_requested = Signal()
    suggest_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("In your hand")
        self._knob = WeightKnob("in_hand_knob", 88, 1)
        self._facts = _Facts()
        upper = QHBoxLayout()
        upper.setSpacing(16)
        upper.addWidget(self._knob, 4, Qt.AlignmentFlag.AlignVCenter)
        upper.addWidget(self._facts, 5, Qt.AlignmentFlag.AlignVCenter)
        self._default = BarButton("in_hand_default")
        self._default.set_content(
            self.tr("Default"), tip=self.tr("Set the value that the knob had when it was pinned")
        )
        self._zero = BarButton("in_hand_zero")
        self._zero.set_content(self.tr("Zero"), tip=self.tr("Set the value to 0 and see what depends on it"))
        self._pin = BarButton("in_hand_pin")
        self._pin.set_content(
            self.tr("Pin another…"), tip=self.tr("Choose another parameter of the model for this knob")
        )
        self._buttons = FlowRow(gap=8, line_gap=8)
        for button in (self._default, self._zero, self._pin):
            self._buttons.add(button)
        self.body.addLayout(upper, 1)
        self.body.addWidget(self._buttons)
        self._knob.grabbed.connect(self.weight_grabbed)
        self._knob.turned.connect(self.weight_turned)
        self._knob.released.connect(self.weight_released)
        self._knob.typed.connect(self.weight_typed)
        self._knob.pin_requested.connect(self.repin_requested)
        self._knob.suggest_requested.connect(self.suggest_requested)
        self._default.clicked.connect(self._knob.return_to_default)
        self._zero.clicked.connect(lambda: self._knob.enter_value(0.0))
        self._pin.clicked.connect(self.repin_requested)
        self._is_engine_enabled = True
        self._show_enabled()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._knob.set_theme(theme)
        self._facts.set_theme(theme)
        for button in (self._default, self._zero, self._pin):
            button.set_theme(theme)

    def set_enabled_engine(self, enabled: bool) -> None:
        """Whether there is an engine to turn anything in."""
        self._is_engine_enabled = enabled
        self._show_enabled()

    def show_knob(
        self, view: KnobView | None, initial: float | None = None, edited_step: int | None = None
    ) -> None:
        """Show the knob in hand, or none.

        `initial` is its value at step 0 in the knob's unit, `edited_step` where the user turned it last.
        """
        if view is None:
            self.clear()
            return
        edited = "" if edited_step is None else self.tr("edited at step {step:,}").format(step=edited_step)
        self._knob.show_view(view, caption=edited)
        self._facts.show_facts(view, initial)
        self.set_aside(view.technical)
        self._show_enabled()

    def show_pending(self, pending: bool) -> None:
        """Whether a change is still on its way to the model."""
        self._knob.set_pending(pending)

    def clear(self) -> None:
        self._knob.clear_view()
        self._facts.clear()
        self.set_aside("")
        self._show_enabled()

    def table(self) -> list[list[str]] | None:
        view = self._knob.view
        if view is None:
            return None
        return [
            [self.tr("fact"), self.tr("value")],
            [self.tr("parameter"), view.technical],
            *self._facts.rows(),
        ]

    def _show_enabled(self) -> None:
        """Only what can be done now is offered."""
        view = self._knob.view
        is_known = self._is_engine_enabled and view is not None and view.value is not None
        self._knob.setEnabled(is_known)
        self._zero.setEnabled(is_known)
        self._default.setEnabled(is_known and view is not None and view.default is not None)
        self._pin.setEnabled(self._is_engine_enabled and view is not None)


class _Facts(QWidget):
    """Captions with values below them, in a column of fixed rows."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, tuple[TextLine, TextLine]] = {}
        column = QGridLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setVerticalSpacing(0)
        facts = (
            (
                "range",
                self.tr("range"),
                self.tr("From the left end of the turn to the right one; typing goes further"),
            ),
            (
                "reach",
                self.tr("reach"),
                self.tr(
                    "The largest change of the prediction over the whole range: KL(now || turned), in nats"
                ),
            ),
            (
                "spread",
                self.tr("most of its tensor"),
                self.tr("The central 95 % of all weights of the same tensor: the inner arc of the ring"),
            ),
            (
                "initial",
                self.tr("at step 0"),
                self.tr("Its value before any training, in the knob's own unit"),
            ),
        )
        for row, (key, caption, tip) in enumerate(facts):
            label, value = TextLine(), TextLine(Type.VALUE, secondary=False)
            label.set_text(caption)
            for line in (label, value):
                line.setToolTip(tip)
            value.setObjectName(f"in_hand_{key}")
            column.addWidget(label, 3 * row, 0)
            column.addWidget(value, 3 * row + 1, 0)
            column.setRowMinimumHeight(3 * row + 2, 4)
            self._lines[key] = (label, value)
        self.clear()

    def set_theme(self, theme: Theme) -> None:
        for lines in self._lines.values():
            for line in lines:
                line.set_theme(theme)

    def show_facts(self, view: KnobView, initial: float | None) -> None:
        self._say("range", range_words(view.is_gain))
        self._say("reach", "…" if view.reach is None else self.tr("{nats:.2f} nats").format(nats=view.reach))
        edges = view.spread or ()
        spread = " … ".join(spread_text(edge) for edge in edges) or self.tr("none (a group)")
        self._say("spread", spread)
        self._say("initial", "…" if initial is None else view.write(initial))

    def clear(self) -> None:
        for key in self._lines:
            self._say(key, "–")

    def rows(self) -> list[list[str]]:
        """Every fact as shown."""
        return [[label.text, value.text] for label, value in self._lines.values()]

    def _say(self, key: str, text: str) -> None:
        label, value = self._lines[key]
        value.set_text(text)
        value.setAccessibleName(f"{label.text}: {text}")
