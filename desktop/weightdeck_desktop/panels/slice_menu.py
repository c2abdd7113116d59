"""The context menu of what is shown: the acts on the parameters behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from weightdeck.run.layout import Layout
from weightdeck.run.named_slices import reads_activation
from weightdeck.run.slices import ParameterSlice, held_share
from weightdeck.run.words import slice_title
from weightdeck_desktop.panels.context_menu import ContextMenu, prepare
from weightdeck_desktop.panels.slice_acts import SliceState, add_slice_acts

Describe = Callable[[ParameterSlice], SliceState]  # what a menu must know of a slice, asked when it opens


class SliceMenu(ContextMenu):
    """Offers what can be done with one slice or several."""

    slice_act = Signal(object, object)  # ParameterSlice, SliceAct

    def __init__(self, owner: QWidget, describe: Describe) -> None:
        super().__init__(owner)
        self._describe = describe

    def add_slice(self, target: ParameterSlice) -> None:
        """Add the acts on `target`."""
        add_slice_acts(self, target, self._describe(target), self.slice_act.emit)

    def add_slice_menu(self, words: str, target: ParameterSlice) -> None:
        """Add a submenu called `words` with the acts on `target`."""
        submenu = QMenu(words, self)
        prepare(submenu)
        add_slice_acts(submenu, target, self._describe(target), self.slice_act.emit)
        self.addMenu(submenu)


def slice_state(
    target: ParameterSlice,
    layout: Layout,
    vocabulary: Sequence[str],
    held: Sequence[ParameterSlice],
    copied: int,
) -> SliceState:
    """What menus say of a slice; `held` are the slices that are held, `copied` how many numbers can be pasted."""
    size = target.size(layout)
    return SliceState(
        title=slice_title(target, vocabulary, layout),
        is_single=size == 1,
        reads=reads_activation(target, layout),
        held=held_share(target, layout, held),
        can_paste=size == copied,
    )
