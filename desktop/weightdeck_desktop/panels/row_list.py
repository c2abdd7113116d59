"""What the history and the lists of slices have in common: rows that grow where the list is narrow."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyledItemDelegate, QWidget

from weightdeck_desktop.theme import Theme, dark_theme
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar
from weightdeck_desktop.widgets.no_data import paint_no_data

WALKING = (
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
)


class RowDelegate(QStyledItemDelegate):
    """Paints a row with `theme`; its list says whether it `is_narrow`."""

    def __init__(self) -> None:
        super().__init__()
        self.theme = dark_theme()
        self.is_narrow = False


class RowList(QListView):
    """Rows painted by `delegate`, narrow below `wide` px (at 100 %); an empty list says `message`."""

    def __init__(
        self, delegate: RowDelegate, *, wide: int, message: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = dark_theme()
        self._delegate = delegate
        self._wide = wide
        self._message = message
        delegate.setParent(self)
        self.setItemDelegate(delegate)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll_bar = ThinScrollBar(Qt.Orientation.Vertical, self)
        self.setVerticalScrollBar(self._scroll_bar)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._delegate.theme = theme
        self._scroll_bar.set_theme(theme)
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.viewport().width() < self._theme.px(self._wide)
        if is_narrow != self._delegate.is_narrow:
            self._delegate.is_narrow = is_narrow
            self.scheduleDelayedItemsLayout()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.model().rowCount():
            super().paintEvent(event)
        else:
            painter = QPainter(self.viewport())
            paint_no_data(painter, QRectF(self.viewport().rect()), self._theme, self._message)
            painter.end()
