"""The outline that says which graphics view the keyboard acts on."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QGraphicsRectItem, QGraphicsView

from weightdeck_desktop.theme import Theme

_BY_KEY = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class FocusRing:
    """An item along the edge of a view whose scene is in pixels; the view tells it of focus, size and theme."""

    def __init__(self, view: QGraphicsView) -> None:
        self._view = view
        self._item = QGraphicsRectItem()
        self._item.setZValue(100.0)
        self._item.setVisible(False)
        view.scene().addItem(self._item)

    def set_theme(self, theme: Theme) -> None:
        self._item.setPen(theme.pen(theme.hand_outline))

    def fit(self) -> None:
        """The view has another size."""
        self._item.setRect(QRectF(self._view.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def follow(self, event: QFocusEvent) -> None:
        """Shown while the view has a focus that came by key."""
        self._item.setVisible(event.gotFocus() and event.reason() in _BY_KEY)
