"""The knob of a weight: what it is told about a slice, and what may be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QMenu, QWidget

from weightdeck.run.scales import Scale
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.panels.context_menu import ContextMenu
from weightdeck_desktop.panels.knob_words import (
    gain_text,
    limit_text,
    reach_words,
    read_gain,
    read_weight,
    weight_text,
)
from weightdeck_desktop.panels.slice_acts import SliceAct, SliceState, add_slice_acts
from weightdeck_desktop.widgets.knob import Knob


class KnobKind(Enum):
    """What a weight knob's value is."""

    SINGLE = "single"  # the weight itself
    GAIN = "gain"  # a factor on a group as it was when pinned
    ALONG = "along"  # how far a group lies along a direction: the inner product with it


@dataclass(frozen=True, slots=True)
class KnobView:
    """A pinned slice as its knob shows it. `value`, `default` and `spread` are in the unit of its `kind`."""

    target: ParameterSlice
    title: str  # short plain words: "head [s, 31]"
    technical: str  # the slice as written: "lm_head.weight[5, 31]"
    scale: Scale
    kind: KnobKind
    value: float | None = None  # None until it has been read
    default: float | None = None
    spread: tuple[float, float] | None = None  # the tensor's central 95 %; None for groups
    reach: float | None = None  # nats; None until it has been measured
    edited: bool = False  # the user has turned it in this run
    held: float = 0.0  # share of the slice that is held
    gradient: float | None = None  # d loss / d `value`, nats; None before the first step
    along_words: str = ""  # which direction: "along itself", "along what it reads after “chri”"
    reads: bool = False  # there is an activation that the slice could be moved along
    size: int = 1  # how many numbers the slice holds

    @property
    def is_gain(self) -> bool:
        return self.kind is KnobKind.GAIN

    def write(self, value: float) -> str:
        """A value in the knob's unit."""
        return gain_text(value) if self.is_gain else weight_text(value)

    def read(self, text: str, now: float | None) -> float:
        """The value that was typed. Raises ``ValueError`` with a sentence."""
        return read_gain(text, now) if self.is_gain else read_weight(text, now)

    @property
    def range_text(self) -> str:
        """The turn from end to end."""
        if self.is_gain:
            return "0, ×1/8 … ×8"
        return f"{limit_text(self.scale.to_value(0.0))} … {limit_text(self.scale.to_value(1.0))}"


class WeightKnob(Knob):
    """A `Knob` that is told a `KnobView`, with a menu of its own. The Delete key asks to take it off the desk."""

    pin_requested = Signal()
    suggest_requested = Signal()
    remove_requested = Signal()
    browse_requested = Signal()
    slice_act = Signal(object, object)  # ParameterSlice, SliceAct

    def __init__(
        self, name: str, diameter: int = 56, caption_lines: int = 2, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, diameter, caption_lines, parent)
        self._view: KnobView | None = None
        self._copied: int | None = None
        self.menu_requested.connect(self.open_menu)
        self.reset_requested.connect(self.return_to_default)

    @property
    def view(self) -> KnobView | None:
        """What was shown last."""
        return self._view

    def show_view(self, view: KnobView, caption: str | None = None) -> None:
        """Show `view`; unless another is given, the caption is its direction where it has one, else its reach."""
        known = self._view
        self._view = view
        if known is None or _identity(known) != _identity(view):
            self.take_hand_off()
            self.set_scale(view.scale)
            self.set_wording(view.write, view.read)
        self.set_titles(
            view.title, caption if caption is not None else view.along_words or reach_words(view.reach)
        )
        self.set_default(view.default)
        self.set_spread(*(view.spread or (None, None)))
        self.set_reach(view.reach)
        self.set_edited(view.edited)
        self.set_held(view.held)
        self.set_value(view.value)
        tip = self._tip(view)
        if tip != self.toolTip():
            self.setToolTip(tip)

    def clear_view(self, title: str = "") -> None:
        """Forget the slice: a new run begins, or nothing is in the hand."""
        self._view = None
        self.take_hand_off()
        self.set_titles(title)
        self.set_spread(None, None)
        self.set_reach(None)
        self.set_edited(False)
        self.set_held(0.0)
        self.set_pending(False)
        self.set_value(None)
        self.setToolTip("")

    def show_can_paste(self, size: int | None) -> None:
        """How many numbers have been copied; None for none."""
        self._copied = size

    def return_to_default(self) -> None:
        """What a double click does: ask for the default value."""
        if self._view is not None and self._view.default is not None:
            self.enter_value(self._view.default)

    def open_menu(self, place: QPoint) -> None:
        """Open the menu of everything that can be done with the slice, at a global position."""
        menu = ContextMenu(self)
        view = self._view
        if view is not None:
            if view.value is not None:
                self._add_values(menu, view)
            state = SliceState(
                view.title, view.kind is KnobKind.SINGLE, view.reads, view.held, view.size == self._copied
            )
            # A direction is fixed when it is chosen: to choose it again gives another knob.
            is_same_again = view.kind is not KnobKind.ALONG
            add_slice_acts(
                menu,
                view.target,
                state,
                self.slice_act.emit,
                without=SliceAct.KNOB if is_same_again else None,
            )
            menu.addSeparator()
            menu.addAction(self.tr("Show in Browse"), self.browse_requested.emit)
        menu.addAction(self.tr("Pin another parameter…"), self.pin_requested.emit)
        menu.addAction(self.tr("Find six that show on this prompt"), self.suggest_requested.emit)
        if view is not None:
            remove = menu.addAction(self.tr("Take off the desk"), self.remove_requested.emit)
            remove.setToolTip(self.tr("Its weights stay as they are (Delete)"))
        menu.popup(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self._view is not None:
            self.take_hand_off()
            self.remove_requested.emit()
        else:
            super().keyPressEvent(event)

    def _add_values(self, menu: QMenu, view: KnobView) -> None:
        menu.addAction(self.tr("Type a value…"), self.open_editor)
        if view.default is not None:
            back = self.tr("Back to {value}").format(value=view.write(view.default))
            menu.addAction(back, self.return_to_default)

    def _tip(self, view: KnobView) -> str:
        what = {
            KnobKind.SINGLE: self.tr("Sets this one weight; training goes on from there."),
            KnobKind.GAIN: self.tr(
                "Scales all weights of this group together; ×1 is how they were when pinned."
            ),
            KnobKind.ALONG: self.tr(
                "Moves all weights of this group together {along}; the value is their length along that direction."
            ).format(along=view.along_words),
        }[view.kind]
        parts = [f"{view.technical} · {view.range_text}", what]
        if view.kind is KnobKind.ALONG and view.reach is not None:
            parts.append(reach_words(view.reach))
        if view.held >= 1.0:
            parts.append(self.tr("Held: training leaves it as it is. Your hand may still turn it."))
        elif view.held > 0.0:
            parts.append(
                self.tr("{share:.1%} of it is held: training leaves that as it is.").format(share=view.held)
            )
        parts.append(
            self.tr("Drag, wheel or arrow keys turn it (with Shift: finely), typing sets it. Training waits.")
        )
        if view.default is not None:
            parts.append(self.tr("Double click: back to {value}").format(value=view.write(view.default)))
        return "\n".join(parts)


def _identity(view: KnobView) -> tuple[object, ...]:
    """What a knob turns, and in which unit."""
    return (view.target, view.kind, view.along_words, view.scale)
