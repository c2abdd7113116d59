"""The menu of a token of the batch."""

from __future__ import annotations

from collections.abc import Callable

from weightdeck_desktop.panels.context_menu import ContextMenu


class BatchMenu(ContextMenu):
    """Has a loss explained, or a whole sequence looked into."""

    def add_explain_loss(self, act: Callable[[], None]) -> None:
        """Offer to have the loss of the token explained."""
        self.add_act(
            "batch_explain",
            self.tr("Where this loss comes from"),
            self.tr("Show the formula with its real operands"),
            act,
        )

    def add_look(self, row: int, act: Callable[[], None]) -> None:
        """Offer to look inside a sequence."""
        self.add_act(
            "batch_look",
            self.tr("Look inside sequence {0}").format(row),
            self.tr("Show this sequence in the transformer and the inspector, with its gradients"),
            act,
        )
