"""The history's list: paints only the rows in sight, whatever its length, and hears which one was chosen."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from weightdeck_desktop.panels.edit_lines import EditLines, Index, Standing
from weightdeck_desktop.panels.edit_signs import paint_edit_sign
from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar
from weightdeck_desktop.widgets.no_data import paint_no_data

_WIDE = 400  # px at 100 %: from here on the words of most edits and the step have room in one line
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_MOVES = (
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
)


class EditList(QListView):
    """A click, or Enter, chooses a row."""

    chosen = Signal(QModelIndex)  # by the user

    def __init__(self, lines: EditLines, empty_words: str) -> None:
        super().__init__()
        self._lines = lines
        self._empty_words = empty_words
        self._theme = dark_theme()
        self._pressed = QPersistentModelIndex()
        self._delegate = _LineDelegate(lines, self)
        self.setModel(lines)
        self.setItemDelegate(self._delegate)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space still means play and pause
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBar(ThinScrollBar(Qt.Orientation.Vertical, self))
        self.setMinimumHeight(80)
        lines.rowsInserted.connect(self._on_rows_inserted)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._delegate.theme = theme
        bar = self.verticalScrollBar()
        assert isinstance(bar, ThinScrollBar)
        bar.set_theme(theme)
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER:
            if self.currentIndex().isValid() and not event.isAutoRepeat():
                self.chosen.emit(self.currentIndex())
        elif event.key() in _MOVES:
            super().keyPressEvent(event)
        else:
            event.ignore()  # Qt would search for letters, which mean other things in this window

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = QPersistentModelIndex(self.indexAt(event.position().toPoint()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A choice, but for the second release of a double click: its undos would be made twice."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        pressed, self._pressed = self._pressed, QPersistentModelIndex()
        if index.isValid() and pressed == index:
            self.chosen.emit(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        leads = index.isValid() and bool(self._lines.moves(index))
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if leads else Qt.CursorShape.ArrowCursor)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.viewport().width() < self._theme.px(_WIDE)
        if is_narrow != self._delegate.is_narrow:
            self._delegate.is_narrow = is_narrow
            self.scheduleDelayedItemsLayout()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._lines.rowCount():
            super().paintEvent(event)
        else:
            painter = QPainter(self.viewport())
            paint_no_data(painter, QRectF(self.viewport().rect()), self._theme, self._empty_words)
            painter.end()

    def _on_rows_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        """Somebody who has scrolled down to read goes on reading the same lines."""
        bar = self.verticalScrollBar()
        if bar.value() > 0:
            place = bar.value() + last - first + 1  # Qt counts in rows here
            self.executeDelayedItemsLayout()
            bar.setValue(place)


class _LineDelegate(QStyledItemDelegate):
    """One row: sign, words, step; the step stands below the words where the list is narrow."""

    def __init__(self, lines: EditLines, parent: QWidget) -> None:
        super().__init__(parent)
        self._lines = lines
        self.theme = dark_theme()
        self.is_narrow = False

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, self.theme.px(42 if self.is_narrow else 25))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = self.theme
        line = self._lines.line(index)
        is_undone = line is not None and line.standing is not Standing.IN_FORCE
        rect: QRect = option.rect
        painter.save()
        self._paint_ground(painter, rect, option.state, self._lines.moves(index))
        row = QRect(rect.left(), rect.top(), rect.width(), theme.px(25))
        room = row.adjusted(theme.px(22), 0, -theme.px(8), 0)
        aside = self._aside(index)
        painter.setFont(theme.font(Type.MONO_SMALL))
        painter.setPen(theme.pen(theme.secondary))
        if self.is_narrow:
            painter.drawText(room.translated(0, theme.px(17)), Qt.AlignmentFlag.AlignVCenter, aside)
        else:
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, aside)
            width = QFontMetrics(painter.font()).horizontalAdvance(aside)
            room.setWidth(room.width() - width - theme.px(8))
        if line is not None and not is_undone:
            centre = QPointF(row.left() + theme.px(11), row.center().y() + 0.5)
            paint_edit_sign(painter, theme, line.kind, centre)
        painter.setFont(theme.font(Type.BODY))
        painter.setPen(theme.pen(theme.secondary if is_undone or line is None else theme.text))
        words = painter.fontMetrics().elidedText(
            str(self._lines.data(index)), Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()

    def _aside(self, index: Index) -> str:
        line = self._lines.line(index)
        if line is None:
            return self._lines.tr("step 0")
        words = self._lines.tr("step {step:,}")
        if line.standing is Standing.CUT_OFF:
            words = self._lines.tr("replaced · step {step:,}")
        return words.format(step=line.step)

    def _paint_ground(
        self, painter: QPainter, rect: QRect, state: QStyle.StateFlag, moves: int | None
    ) -> None:
        """A row that leads somewhere lights up under the pointer; a bar stands where the run is now."""
        theme = self.theme
        if state & QStyle.StateFlag.State_MouseOver and moves:
            painter.fillRect(rect, theme.raised)
        if moves == 0:
            bar = QRect(rect.left(), rect.top() + 3, theme.px(3), rect.height() - 6)
            painter.fillRect(bar, theme.hand_outline)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.pen(theme.hand_outline))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
