"""The menu of a cell of the logit lens."""

from __future__ import annotations

from collections.abc import Callable

from weightdeck_desktop.panels.context_menu import ContextMenu


class LensMenu(ContextMenu):
    """Follows the cell's token over the steps, and has a number of the prediction explained."""

    def add_follow(self, token: str, act: Callable[[], None]) -> None:
        """Offer to follow `token`."""
        self.add_act(
            "lens_follow",
            self.tr("Follow “{0}” over the steps").format(token),
            self.tr("How likely every layer found it here, at the keyframes of this run"),
            act,
        )
