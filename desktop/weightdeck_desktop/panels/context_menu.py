"""A context menu that is there for one opening."""

from __future__ import annotations

from PySide6.QtCore import QMargins
from PySide6.QtWidgets import QMenu, QWidget

_MARGINS = QMargins(0, 4, 0, 4)  # Fusion cuts a title at the very top


class ContextMenu(QMenu):
    """Shows its tips, leaves room for its titles and deletes itself once it is closed."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self.setObjectName(f"{owner.objectName()}_menu")
        self.aboutToHide.connect(self.deleteLater)
        prepare(self)


def prepare(menu: QMenu) -> None:
    """Give a submenu the same room and tips."""
    menu.setToolTipsVisible(True)
    menu.setContentsMargins(_MARGINS)
