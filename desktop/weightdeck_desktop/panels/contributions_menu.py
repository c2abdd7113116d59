"""The menu of a part of a logit."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal

from weightdeck.run.strips import Strip
from weightdeck_desktop.panels.context_menu import ContextMenu


class PartMenu(ContextMenu):
    """Opens a part where it is seen, and mutes the ones that have a channel strip."""

    mute_requested = Signal(object, bool)  # Strip; mute it, or open it again

    def add_look(self, act: Callable[[], None], *, is_head: bool) -> None:
        """Offer to look at what the part writes, or at what a head looks at."""
        self.add_act(
            "part_look",
            self.tr("Look at its attention") if is_head else self.tr("Look at it in the inspector"),
            self.tr("Show which token looks at which in this head")
            if is_head
            else self.tr("Show every value of this part, token by token"),
            act,
        )

    def add_mute(self, strip: Strip, *, muted: bool) -> None:
        """Offer to mute the part, or to open it again."""
        name = str(strip) if strip.head is None else self.tr("head {0}").format(strip)
        self.add_act(
            "part_mute",
            (self.tr("Open {0} again") if muted else self.tr("Mute {0}")).format(name),
            self.tr("Whether this part writes into the residual stream, as on its channel strip"),
            lambda: self.mute_requested.emit(strip, not muted),
        )
