"""The history's list: paints only the rows in sight, whatever its length, and hears which one was chosen."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from weightdeck_desktop.panels.edit_lines import EditLines, Index, Standing
from weightdeck_desktop.panels.edit_signs import paint_edit_sign
from weightdeck_desktop.panels.row_list import WALKING, RowDelegate, RowList
from weightdeck_desktop.theme import Type

_WIDE = 400  # px at 100 %: from here on the words of most edits and the step have room in one line
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class EditList(RowList):
    """A click, or Enter, chooses a row."""

    chosen = Signal(QModelIndex)  # by the user

    def __init__(self, lines: EditLines, empty_words: str) -> None:
        super().__init__(_LineDelegate(lines), wide=_WIDE, message=empty_words)
        self._lines = lines
        self._pressed = QPersistentModelIndex()
        self.setModel(lines)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space still means play and pause
        self.setMouseTracking(True)
        self.setMinimumHeight(80)
        lines.rowsInserted.connect(self._on_rows_inserted)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER:
            if self.currentIndex().isValid() and not event.isAutoRepeat():
                self.chosen.emit(self.currentIndex())
        elif event.key() in WALKING:
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

    def _on_rows_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        """Somebody who has scrolled down to read goes on reading the same lines."""
        bar = self.verticalScrollBar()
        if bar.value() > 0:
            place = bar.value() + last - first + 1  # Qt counts in rows here
            self.executeDelayedItemsLayout()
            bar.setValue(place)


class _LineDelegate(RowDelegate):
    """One row: sign, words, step; the step stands below the words where the list is narrow."""

    def __init__(self, lines: EditLines) -> None:
        super().__init__()
        self._lines = lines

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
