"""The knob of a training setting."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from PySide6.QtCore import QPoint

from weightdeck.run.scales import Scale, hyperparameter_scale
from weightdeck.run.spec import Hyperparameter
from weightdeck.run.words import number
from weightdeck_desktop.panels.context_menu import ContextMenu
from weightdeck_desktop.widgets.knob import Knob
from weightdeck_desktop.widgets.typed_value import read_value

_PERCENT = ("weight_decay", "dropout")


class GesturePhase(Enum):
    """Where in a gesture a turn comes; the turns from BEGIN to END are one undo entry, ONCE is one alone."""

    BEGIN = "begin"
    MOVE = "move"
    END = "end"
    ONCE = "once"


class _WholeNumbers(NamedTuple):
    """A scale whose values are whole numbers."""

    scale: Scale

    def to_position(self, value: float) -> float:
        return self.scale.to_position(value)

    def to_value(self, position: float) -> float:
        return float(round(self.scale.to_value(position)))


class TrainingKnob(Knob):
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
        menu = ContextMenu(self)
        menu.addAction(self.tr("Type a value…"), self.open_editor)
        menu.addAction(self.tr("Back to {value}").format(value=number(self._initial)), self._return)
        menu.popup(place)
