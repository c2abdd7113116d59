"""The list of an explanation's rows: a tree that is walked with the keyboard or the mouse."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from weightdeck.run.subjects import Subject
from weightdeck_desktop.panels.explain_painting import ExplainDelegate
from weightdeck_desktop.panels.explain_rows import AnyRow, Key, RowKind
from weightdeck_desktop.panels.row_list import WALKING, RowList

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
Index = QModelIndex | QPersistentModelIndex


class ExplainLines(QAbstractListModel):
    """The rows as Qt asks for them; each is read out with its operands and its value."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[AnyRow] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row_words(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.tip
        return None

    def show(self, rows: Sequence[AnyRow]) -> bool:
        """Take these; whether they are other rows than before, not the same ones with other numbers."""
        same = [row.key for row in rows] == [row.key for row in self.rows]
        if same:
            self.rows = list(rows)
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
        else:
            self.beginResetModel()
            self.rows = list(rows)
            self.endResetModel()
        return not same


class ExplainList(RowList):
    """Up and Down walk, Right and Left open and close, Enter goes down into a row, Backspace comes back."""

    lead_chosen = Signal(object)  # Subject: explain it instead
    toggled = Signal(object)  # Key: show what lies beneath a row, or hide it
    back_requested = Signal()
    walked = Signal()  # the cursor is on another row

    def __init__(self, message: str) -> None:
        self._painter = ExplainDelegate()
        super().__init__(self._painter, wide=1, message=message)
        self._lines = ExplainLines(self)
        self._heights: list[int] = []
        self.setModel(self._lines)
        self.setUniformItemSizes(False)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space still means play and pause
        self.setMouseTracking(True)
        self.selectionModel().currentChanged.connect(lambda _new, _old: self.walked.emit())

    @property
    def row(self) -> AnyRow | None:
        """The row under the cursor."""
        index = self.currentIndex()
        return self._lines.rows[index.row()] if index.isValid() else None

    @property
    def rows(self) -> Sequence[AnyRow]:
        return self._lines.rows

    def set_message(self, message: str) -> None:
        """What an empty list says."""
        self._message = message
        self.viewport().update()

    def show_rows(self, rows: Sequence[AnyRow], *, from_top: bool = False) -> None:
        """Show these. The cursor stays on its row, and what is read stays where it is, unless `from_top`."""
        key = self.row.key if self.row is not None else None
        place = self.verticalScrollBar().value()
        if self._lines.show(rows):
            self._keep_cursor(key, place, from_top=from_top)
        else:
            heights = self._row_heights()
            if heights != self._heights:  # a formula takes another line
                self.scheduleDelayedItemsLayout()
        self._heights = self._row_heights()

    def resizeEvent(self, event: QResizeEvent) -> None:
        # Whether a scroll bar is needed hangs on how lines are broken: they must not hang on the scroll bar.
        self._painter.width = self.width() - self.verticalScrollBar().sizeHint().width()
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.row
        key, alt = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if key == Qt.Key.Key_Backspace or (key == Qt.Key.Key_Left and alt):
            self.back_requested.emit()
        elif key in _ENTER and row is not None:
            if not event.isAutoRepeat():
                self._enter(row)
        elif key == Qt.Key.Key_Right and row is not None:
            if row.toggles is not None and not row.is_open:
                self.toggled.emit(row.toggles)
        elif key == Qt.Key.Key_Left and row is not None:
            self._close(row)
        elif key in WALKING:
            super().keyPressEvent(event)
        else:
            event.ignore()  # Qt would search for letters, which mean other things in this window

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        point = event.position().toPoint()
        index = self.indexAt(point)
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid():
            return
        row = self._lines.rows[index.row()]
        if row.toggles is not None and self._painter.sign_rect(row, self._rect(index)).contains(point):
            self.toggled.emit(row.toggles)
            return
        subject = self._subject_at(row, index, point)
        if subject is not None:
            self.lead_chosen.emit(subject)
        else:
            self._enter(row)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        row = self._lines.rows[index.row()] if index.isValid() else None
        leads = row is not None and (row.toggles is not None or any(row.leads))
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if leads else Qt.CursorShape.ArrowCursor)

    def _subject_at(self, row: AnyRow, index: QModelIndex, point: QPoint) -> Subject | None:
        """The subject of the factor under the pointer."""
        if row.kind is not RowKind.TERM:
            return None
        places = self._painter.term_places(row, self._rect(index))
        return next(
            (
                subject
                for where, subject in zip(places.factors, row.leads, strict=False)
                if where.contains(point)
            ),
            None,
        )

    def _rect(self, index: QModelIndex) -> QRect:
        rect = self.visualRect(index)
        rect.setWidth(self._painter.width)
        return rect

    def _enter(self, row: AnyRow) -> None:
        """Go down into the first that can be explained; a row that leads nowhere opens or closes."""
        subject = next((each for each in row.leads if each is not None), None)
        if subject is not None:
            self.lead_chosen.emit(subject)
        elif row.toggles is not None:
            self.toggled.emit(row.toggles)

    def _close(self, row: AnyRow) -> None:
        """Close a row; from one that is closed go up to the one that it stands beneath."""
        if row.is_open and row.toggles == row.key:
            self.toggled.emit(row.toggles)
            return
        parents = [
            place
            for place, other in enumerate(self._lines.rows[: self.currentIndex().row()])
            if other.is_open and other.toggles == other.key and row.key[: len(other.key)] == other.key
        ]
        if parents:
            self.setCurrentIndex(self._lines.index(parents[-1]))
        elif row.is_open and row.toggles is not None:
            self.toggled.emit(row.toggles)

    def _keep_cursor(self, key: Key | None, scrolled: int, *, from_top: bool) -> None:
        keys = [row.key for row in self._lines.rows]
        self.executeDelayedItemsLayout()
        if not keys:
            return
        # Without a current row Tab would lead to a list in which no key does anything that can be seen.
        place = keys.index(key) if key in keys and not from_top else 0
        self.setCurrentIndex(self._lines.index(place))
        self.verticalScrollBar().setValue(0 if from_top else scrolled)

    def _row_heights(self) -> list[int]:
        """Of the rows that may wrap: those of terms never change."""
        width = self._painter.width
        return [self._painter.height(row, width) for row in self._lines.rows if row.kind is not RowKind.TERM]


def row_words(row: AnyRow) -> str:
    """A row as it is read out: "norm 31, +1.924 × +0.311, +0.598"."""
    parts = (row.label, " × ".join(row.factors), row.symbol, row.value)
    return ", ".join(part for part in parts if part)
