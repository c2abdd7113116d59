"""The menu of a cell of the logit lens."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from weightdeck_desktop.panels.context_menu import ContextMenu


class LensMenu(ContextMenu):
    """Follows the cell's token over the steps, and has a number of the prediction explained."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)

    def add_follow(self, token: str, act: Callable[[], None]) -> None:
        """Offer to follow `token`."""
        self._add(
            "lens_follow",
            self.tr("Follow “{0}” over the steps").format(token),
            self.tr("How likely every layer found it here, at the keyframes of this run"),
            act,
        )

    def add_explain(self, act: Callable[[], None], *, is_prediction: bool) -> None:
        """Offer to have the number explained, which only those of the prediction can be."""
        tip = (
            self.tr("Show the formula with its real operands")
            if is_prediction
            else self.tr("Only in the last row: before it the model makes no prediction of its own")
        )
        action = self._add("cell_explain", self.tr("Where this number comes from"), tip, act)
        action.setEnabled(is_prediction)

    def _add(self, name: str, words: str, tip: str, act: Callable[[], None]) -> QAction:
        action = QAction(words.replace("&", "&&"), self)
        action.setObjectName(name)
        action.setToolTip(tip)
        action.triggered.connect(lambda _checked: act())
        self.addAction(action)
        return action
