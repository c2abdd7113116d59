"""The menu of a stage, a picture or a token of the transformer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu

from weightdeck.run.inside import Patch
from weightdeck.run.strips import Strip
from weightdeck_desktop.panels.context_menu import ContextMenu, add_act, prepare


class StageMenu(ContextMenu):
    """Inspects, explains, mutes, and puts an activation of A into B."""

    mute_requested = Signal(object, bool)  # Strip; mute it, or open it again
    patch_requested = Signal(object)  # Patch

    def add_part(self, part: Strip, *, muted: bool) -> None:
        """Offer to mute a head or an MLP, or to open it again."""
        name = str(part) if part.head is None else self.tr("head {0}").format(part)
        words = self.tr("Open {0} again") if muted else self.tr("Mute {0}")
        self.add_act(
            "part_mute",
            words.format(name),
            self.tr("Whether it writes into the residual stream, as on its channel strip"),
            lambda: self.mute_requested.emit(part, not muted),
        )

    def add_patches(self, patches: Sequence[tuple[Patch, str]], why_not: str) -> None:
        """Offer to put these of A, with their words, into B; `why_not` says why none can be."""
        self.addSeparator()
        if len(patches) > 3:
            menu = QMenu(self.tr("Put into B, of A"), self)
            menu.setObjectName("patches_menu")
            prepare(menu)
            self.addMenu(menu)
            words = "{0}"
        else:
            menu, words = self, self.tr("Put A’s {0} into B")
        for place, (patch, what) in enumerate(patches):
            entry = add_act(
                menu,
                f"patch_{place}",
                words.format(what),
                why_not or self.tr("For B’s prediction only: training and losses are not touched"),
                lambda patch=patch: self.patch_requested.emit(patch),  # type: ignore[misc]
            )
            entry.setEnabled(not why_not)
