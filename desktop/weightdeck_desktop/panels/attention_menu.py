"""The menu of a head."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from weightdeck.run.strips import Strip
from weightdeck_desktop.panels.context_menu import ContextMenu


class HeadMenu(ContextMenu):
    """Mutes a head or opens it again, and has a number explained."""

    mute_requested = Signal(object, bool)  # Strip; mute it, or open it again

    def __init__(self, owner: QWidget, head: Strip, *, muted: bool) -> None:
        super().__init__(owner)
        words = self.tr("Open head {0} again") if muted else self.tr("Mute head {0}")
        self.add_act(
            "head_mute",
            words.format(head),
            self.tr("Whether this head writes into the residual stream, as on its channel strip"),
            lambda: self.mute_requested.emit(head, not muted),
        )
