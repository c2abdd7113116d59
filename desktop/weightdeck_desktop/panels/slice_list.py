"""A list of slices to choose from: title, and a bar and a number or the technical name beside or below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem, QWidget

from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.panels.row_list import WALKING, RowDelegate, RowList
from weightdeck_desktop.theme import Theme, Type

_Index = QModelIndex | QPersistentModelIndex
_WIDE = 460  # px at 100 %: from here on a title and its technical name have room in one line


@dataclass(frozen=True, slots=True)
class SliceRow:
    """A slice in a list. With a `number` its bar is `share` (-1 to 1) long; without, the technical name shows."""

    target: ParameterSlice
    title: str
    number: str = ""
    share: float = 0.0


class SliceList(RowList):
    """Emits only what the user does; `show_rows` keeps the chosen slice chosen wherever it has moved to."""

    chosen = Signal(object)  # ParameterSlice: clicked, or walked to by key
    opened = Signal(object)  # ParameterSlice: Enter or a double click
    menu_requested = Signal(object, object)  # ParameterSlice, global QPoint

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(_RowDelegate(), wide=_WIDE, parent=parent)
        self.setObjectName(name)
        self._rows = _Rows(self)
        self.setModel(self._rows)
        self.doubleClicked.connect(lambda index: self.opened.emit(self._rows.row(index).target))
        self.clicked.connect(lambda index: self.chosen.emit(self._rows.row(index).target))

    @property
    def rows(self) -> tuple[SliceRow, ...]:
        return self._rows.rows

    @property
    def current(self) -> ParameterSlice | None:
        """The slice that is chosen, if it is in the list."""
        index = self.currentIndex()
        return self._rows.row(index).target if index.isValid() else None

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.setMinimumHeight(theme.px(50))

    def show_rows(self, rows: Sequence[SliceRow]) -> None:
        """Show these slices."""
        current = self.current
        with QSignalBlocker(self.selectionModel()):
            self._rows.show(rows)
        self.show_current(current)

    def show_message(self, message: str) -> None:
        """What an empty list says."""
        if message != self._message:
            self._message = message
            self.setAccessibleDescription(message)
            self.viewport().update()

    def show_current(self, target: ParameterSlice | None) -> None:
        """Mark this slice as the chosen one, without scrolling; None, or one that is not in the list: none."""
        place = self._rows.place_of(target)
        with QSignalBlocker(self.selectionModel()):
            self.setCurrentIndex(self._rows.index(place) if place is not None else QModelIndex())
        self.viewport().update()

    def walk(self, rows: int) -> None:
        """Mark the slice so many rows further on, and bring it into sight; stays within the list."""
        if self.rows:
            place = min(max(self.currentIndex().row() + rows, 0), len(self.rows) - 1)
            self.setCurrentIndex(self._rows.index(place))
            self.scrollTo(self._rows.index(place))

    # What the user does

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walking and Enter; every other key goes on to the window: a list would take letters for a search."""
        if event.key() in WALKING and self.rows:
            super().keyPressEvent(event)
            self.chosen.emit(self.current)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current is not None:
            self.opened.emit(self.current)
        else:
            event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if not index.isValid():
            event.ignore()
            return
        below = self.viewport().mapToGlobal(
            self.visualRect(index).bottomLeft() + QPoint(self._theme.px(16), 0)
        )
        self.menu_requested.emit(self._rows.row(index).target, below if by_key else event.globalPos())


class _Rows(QAbstractListModel):
    """The rows; as long as their number stays, only what differs is announced."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: tuple[SliceRow, ...] = ()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.row(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.title}, {row.number or row.target}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.title}\n{row.target}"
        return None

    def row(self, index: _Index) -> SliceRow:
        return self.rows[index.row()]

    def place_of(self, target: ParameterSlice | None) -> int | None:
        return next((place for place, row in enumerate(self.rows) if row.target == target), None)

    def show(self, rows: Sequence[SliceRow]) -> None:
        new = tuple(rows)
        if len(new) != len(self.rows):
            self.beginResetModel()
            self.rows = new
            self.endResetModel()
            return
        changed = [place for place, (old, row) in enumerate(zip(self.rows, new, strict=True)) if old != row]
        self.rows = new
        if changed:
            self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))


class _RowDelegate(RowDelegate):
    """One row: title at the left; at the right bar and number, or the technical name."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        model = index.model()
        assert isinstance(model, _Rows)
        is_named = not model.row(index).number
        return QSize(80, self.theme.px(38 if is_named and self.is_narrow else 24))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme = self.theme
        model = index.model()
        assert isinstance(model, _Rows)
        row = model.row(index)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.raised)
            hand = theme.hand if theme.dark else theme.hand_outline
            painter.fillRect(rect.left(), rect.top(), theme.px(3), rect.height(), hand)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.pen(theme.hand_outline))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        room = rect.adjusted(theme.px(8), 0, -theme.px(8), 0)
        if row.number:
            room.setRight(self._paint_number(painter, row, room))
        else:
            room = self._paint_technical(painter, row, room)
        painter.setFont(theme.font(Type.BODY))
        painter.setPen(theme.pen(theme.text))
        words = painter.fontMetrics().elidedText(row.title, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()

    def _paint_number(self, painter: QPainter, row: SliceRow, room: QRect) -> int:
        """Paint bar and number; returns where they begin, px."""
        theme = self.theme
        painter.setFont(theme.font(Type.MONO_SMALL))
        painter.setPen(theme.pen(theme.text))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, row.number)
        width = QFontMetrics(painter.font()).horizontalAdvance("+0.0000")
        most, height = min(theme.px(64), room.width() // 5), theme.px(8)
        left = room.right() - width - theme.px(8) - most
        bar = QRectF(left, room.center().y() + 1 - height / 2, most, height)
        painter.fillRect(bar, theme.raised.lighter(130) if theme.dark else theme.raised.darker(108))
        bar.setWidth(max(1.0, abs(row.share) * most))
        painter.fillRect(bar, theme.positive if row.share > 0.0 else theme.negative)
        return left - theme.px(8)

    def _paint_technical(self, painter: QPainter, row: SliceRow, room: QRect) -> QRect:
        """Paint the technical name; returns the room that it leaves to the title."""
        theme = self.theme
        painter.setFont(theme.font(Type.MONO_SMALL))
        painter.setPen(theme.pen(theme.secondary))
        metrics = QFontMetrics(painter.font())
        if self.is_narrow:
            upper, lower = QRect(room), QRect(room)
            upper.setHeight(theme.px(22))
            lower.setTop(room.top() + theme.px(19))
            name = metrics.elidedText(str(row.target), Qt.TextElideMode.ElideMiddle, lower.width())
            painter.drawText(lower, Qt.AlignmentFlag.AlignTop, name)
            return upper
        name = metrics.elidedText(str(row.target), Qt.TextElideMode.ElideMiddle, int(room.width() * 0.55))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, name)
        left = QRect(room)
        left.setWidth(room.width() - metrics.horizontalAdvance(name) - theme.px(8))
        return left
