"""The knob of a weight: what it is told about a slice, and what may be done with it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

from weightdeck.run.scales import Scale
from weightdeck_desktop.panels.knob_words import (
    gain_text,
    range_words,
    reach_words,
    read_gain,
    read_weight,
    weight_text,
)
from weightdeck_desktop.widgets.knob import Knob


@dataclass(frozen=True, slots=True)
class KnobView:
    """A pinned slice as its knob shows it. `value`, `default` and `spread` are in the knob's own unit.

    That unit is the number itself for a single weight, and for a group (`is_gain`) a factor on the reference
    that was pinned.
    """

    title: str  # short plain words: "head [s, 31]"
    technical: str  # the slice as written: "lm_head.weight[5, 31]"
    scale: Scale
    is_gain: bool
    value: float | None = None  # None until it has been read
    default: float | None = None
    spread: tuple[float, float] | None = None  # the tensor's central 95 %; None for groups
    reach: float | None = None  # nats; None until it has been measured
    edited: bool = False  # the user has turned it in this run

    def write(self, value: float) -> str:
        """A value in the knob's unit."""
        return gain_text(value) if self.is_gain else weight_text(value)


class WeightKnob(Knob):
    """A `Knob` that is told a `KnobView`, with a menu of its own."""

    pin_requested = Signal()
    suggest_requested = Signal()

    def __init__(
        self, name: str, diameter: int = 56, caption_lines: int = 2, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, diameter, caption_lines, parent)
        self._view: KnobView | None = None
        self.menu_requested.connect(self._on_menu_requested)
        self.reset_requested.connect(self.return_to_default)

    @property
    def view(self) -> KnobView | None:
        """What was shown last."""
        return self._view

    def show_view(self, view: KnobView, caption: str | None = None) -> None:
        """Show `view`; the caption is its reach unless another is given."""
        known = self._view
        self._view = view
        if known is None or (known.technical, known.scale) != (view.technical, view.scale):
            self.set_scale(view.scale)
            self.set_wording(view.write, read_gain if view.is_gain else read_weight)
            self._show_tip(view)
        elif known.default != view.default:
            self._show_tip(view)
        self.set_titles(view.title, reach_words(view.reach) if caption is None else caption)
        self.set_default(view.default)
        self.set_spread(*(view.spread or (None, None)))
        self.set_reach(view.reach)
        self.set_edited(view.edited)
        self.set_value(view.value)

    def clear_view(self) -> None:
        """Forget the slice: a new run begins."""
        self._view = None
        self.set_titles("")
        self.set_spread(None, None)
        self.set_reach(None)
        self.set_edited(False)
        self.set_pending(False)
        self.set_value(None)
        self.setToolTip("")

    def return_to_default(self) -> None:
        """What a double click does: ask for the default value."""
        if self._view is not None and self._view.default is not None:
            self.enter_value(self._view.default)

    def _show_tip(self, view: KnobView) -> None:
        parts = [f"{view.technical} · {range_words(view.is_gain)}"]
        if view.is_gain:
            parts.append(
                self.tr("Scales all weights of this group together; ×1 is how they were when pinned.")
            )
        else:
            parts.append(self.tr("Sets this one weight; training goes on from there."))
        parts.append(
            self.tr("Drag, wheel or arrow keys turn it (with Shift: finely), typing sets it. Training waits.")
        )
        if view.default is not None:
            parts.append(self.tr("Double click: back to {value}").format(value=view.write(view.default)))
        self.setToolTip("\n".join(parts))

    def _on_menu_requested(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setObjectName(f"{self.objectName()}_menu")
        menu.aboutToHide.connect(menu.deleteLater)
        view = self._view
        if view is not None and view.value is not None:
            menu.addAction(self.tr("Type a value…"), self.open_editor)
            if view.default is not None:
                back = self.tr("Back to {value}").format(value=view.write(view.default))
                menu.addAction(back, self.return_to_default)
            menu.addAction(self.tr("Set to zero"), lambda: self.enter_value(0.0))
            menu.addSeparator()
        menu.addAction(self.tr("Pin another parameter…"), self.pin_requested.emit)
        menu.addAction(self.tr("Find six that show on this prompt"), self.suggest_requested.emit)
        menu.popup(place)
