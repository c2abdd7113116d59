"""The menu of a token of the batch."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction

from weightdeck_desktop.panels.context_menu import ContextMenu


class BatchMenu(ContextMenu):
    """Has a loss explained, or a whole sequence looked into."""

    def add_explain(self, act: Callable[[], None]) -> None:
        """Offer to have the loss of the token explained."""
        self._add(
            "batch_explain",
            self.tr("Where this loss comes from"),
            self.tr("Show the formula with its real operands"),
            act,
        )

    def add_look(self, row: int, act: Callable[[], None]) -> None:
        """Offer to look inside a sequence."""
        self._add(
            "batch_look",
            self.tr("Look inside sequence {0}").format(row),
            self.tr("Show this sequence in the transformer and the inspector, with its gradients"),
            act,
        )

    def _add(self, name: str, words: str, tip: str, act: Callable[[], None]) -> None:
        action = QAction(words, self)
        action.setObjectName(name)
        action.setToolTip(tip)
        action.triggered.connect(lambda _checked: act())
        self.addAction(action)
