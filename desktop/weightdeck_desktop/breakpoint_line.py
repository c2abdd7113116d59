"""The line in which a breakpoint is made: what is watched, above or below, and the value."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from weightdeck.run.half_step import Watched
from weightdeck_desktop.breakpoint_words import LAST_STEP, read_breakpoint, watched_title
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.choice_box import ChoiceBox

_WATCHED = (Watched.GRADIENT_NORM, Watched.LOSS, Watched.STEP)
_LONGEST = 40  # characters of a value


class BreakpointLine(QWidget):
    """`added` and `refused` come of the user's acts only. What was typed stays until it was taken."""

    added = Signal(object)  # Breakpoint
    refused = Signal(str)  # a sentence about what was typed

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._what = self._make_choice(
            "breakpoint_watched",
            self.tr("What is watched"),
            self.tr(
                "What training is to pause for: the norm of the gradient, the loss of a batch, or a step"
            ),
        )
        for watched in _WATCHED:
            self._what.addItem(watched_title(watched))
        self._what.activated.connect(lambda _place: self._on_what_chosen())
        self._side = self._make_choice(
            "breakpoint_side",
            self.tr("Above or below"),
            self.tr("Pause at the first step with a number above the value, or with one below it"),
        )
        self._side.addItem(self.tr("above"))
        self._side.addItem(self.tr("below"))
        self._value = QLineEdit(self)
        self._value.setObjectName("breakpoint_value")
        self._value.setAccessibleName(self.tr("Value"))
        self._value.setMaxLength(_LONGEST)
        self._value.returnPressed.connect(self._on_add)
        self._add = BarButton("breakpoint_add", parent=self)
        self._add.set_content(
            self.tr("Add"), "", self.tr("Add this breakpoint to the list, switched on (Enter in the value)")
        )
        self._add.clicked.connect(self._on_add)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for part in (self._what, self._side):
            self._row.addWidget(part)
        self._row.addWidget(self._value, 1)
        self._row.addWidget(self._add)
        self._show_what()

    def set_theme(self, theme: Theme) -> None:
        for box in (self._what, self._side):
            box.set_theme(theme)
        self._value.setFont(theme.font(Type.MONO_SMALL))
        self._value.setMinimumWidth(theme.px(96))
        self._add.set_theme(theme, height=24)
        self._row.setSpacing(theme.px(6))

    def taken(self) -> None:
        """What was typed is in the list: room for the next."""
        self._value.clear()
        self.focus_value()

    def focus_value(self) -> None:
        self._value.setFocus()
        self._value.selectAll()

    @property
    def _watched(self) -> Watched:
        return _WATCHED[self._what.currentIndex()]

    def _make_choice(self, name: str, label: str, tip: str) -> ChoiceBox:
        box = ChoiceBox(self)
        box.setObjectName(name)
        box.setAccessibleName(label)
        box.setToolTip(tip)
        return box

    def _show_what(self) -> None:
        """What can be said of it, and the values that it takes."""
        watched = self._watched
        self._side.setVisible(watched is not Watched.STEP)
        example, tip = self._value_words(watched)
        self._value.setPlaceholderText(self.tr("for example {0}").format(example))
        self._value.setToolTip(tip)
        self._value.setAccessibleDescription(tip)

    def _value_words(self, watched: Watched) -> tuple[str, str]:
        """An example of a value, and what it is with its range."""
        match watched:
            case Watched.STEP:
                tip = self.tr("The number of updates after which training pauses: 0 to {0:,}")
                return "1,000", tip.format(LAST_STEP)
            case Watched.LOSS:
                tip = self.tr("Loss of one step's batch, before its update, in nats per letter: from 0 up")
                return "1.5", tip
            case Watched.GRADIENT_NORM:
                tip = self.tr("Length of the whole gradient, before clip shortens it (L2 norm): from 0 up")
                return "5", tip

    def _on_what_chosen(self) -> None:
        """A loss is waited for to be low, a gradient to be large; a number that was typed stays."""
        self._side.setCurrentIndex(1 if self._watched is Watched.LOSS else 0)
        self._show_what()

    def _on_add(self) -> None:
        try:
            made = read_breakpoint(self._watched, self._value.text(), above=self._side.currentIndex() == 0)
        except ValueError as problem:
            self.refused.emit(str(problem))
            self.focus_value()
            return
        self.added.emit(made)
