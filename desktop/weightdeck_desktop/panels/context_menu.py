"""A context menu that is there for one opening."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMargins
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

_MARGINS = QMargins(0, 4, 0, 4)  # Fusion cuts a title at the very top


class ContextMenu(QMenu):
    """Shows its tips, leaves room for its titles and deletes itself once it is closed."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self.setObjectName(f"{owner.objectName()}_menu")
        self.aboutToHide.connect(self.deleteLater)
        prepare(self)

    def add_act(self, name: str, words: str, tip: str, act: Callable[[], None]) -> QAction:
        """Add an entry that does `act`; `words` are shown as they are."""
        return add_act(self, name, words, tip, act)

    def add_explain(self, act: Callable[[], None], why_not: str = "") -> QAction:
        """Add the question where the number under the pointer comes from; `why_not` says why it cannot be asked."""
        tip = why_not or self.tr("Show the formula with its real operands")
        action = self.add_act("cell_explain", self.tr("Where this number comes from"), tip, act)
        action.setEnabled(not why_not)
        return action


def add_act(menu: QMenu, name: str, words: str, tip: str, act: Callable[[], None]) -> QAction:
    """Add an entry that does `act` to a menu, or to a submenu."""
    action = QAction(words.replace("&", "&&"), menu)
    action.setObjectName(name)
    action.setToolTip(tip)
    action.triggered.connect(lambda _checked: act())
    menu.addAction(action)
    return action


def prepare(menu: QMenu) -> None:
    """Give a submenu the same room and tips."""
    menu.setToolTipsVisible(True)
    menu.setContentsMargins(_MARGINS)
