"""The vectors that point most nearly where one of them points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem, QVBoxLayout, QWidget

from weightdeck_desktop.panels.embeddings_words import figure
from weightdeck_desktop.panels.row_list import WALKING, RowDelegate, RowList
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.plain_tip import plain_tip
from weightdeck_desktop.widgets.text_line import TextLine

_LINE = 20  # px at 100 %
_ROWS = 5
_FIGURE = "−0.00"
Index = QModelIndex | QPersistentModelIndex


class Neighbour(NamedTuple):
    """A vector near another."""

    place: int
    name: str
    cosine: float
    length: float


class Neighbours(QWidget):
    """Says whose neighbours they are, and lists them; a click or Enter chooses one. Brief: two lines of text alone."""

    chosen = Signal(int)  # place of a vector

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_brief = False
        self._near: tuple[Neighbour, ...] = ()
        self._words = ("", "")
        self._whose = TextLine(Type.BODY, secondary=False)
        self._whose.setObjectName("embeddings_whose")
        self._heading = TextLine()
        self._heading.setObjectName("embeddings_heading")
        self._list = NeighbourList()
        self._list.chosen.connect(self.chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._whose)
        column.addWidget(self._heading)
        column.addWidget(self._list)
        column.addStretch(1)

    def set_theme(self, theme: Theme) -> None:
        for part in (self._whose, self._heading, self._list):
            part.set_theme(theme)
        self._list.setFixedHeight(theme.px(_ROWS * _LINE) + 2)

    def set_brief(self, brief: bool) -> None:
        """Without the list, for a panel that is narrow."""
        self._is_brief = brief
        self._show()

    def show_neighbours(self, whose: str, near: Sequence[Neighbour], message: str) -> None:
        """`near` of a vector of which `whose` tells, nearest first; none: `message`, why."""
        self._near, self._words = tuple(near), (whose, message)
        self._list.show_neighbours(near)
        self._show()

    def _show(self) -> None:
        whose, message = self._words
        self._whose.set_text(whose)
        has_list = bool(self._near) and not self._is_brief
        if has_list:
            self._heading.set_text(self.tr("nearest · cosine · length"))
        elif self._near:
            said = ", ".join(f"{near.name} {figure(near.cosine, '+')}" for near in self._near)
            self._heading.set_text(self.tr("nearest: {0}").format(said))
        else:
            self._heading.set_text(message)
        self._heading.set_lines(1 if has_list or self._is_brief else 3)
        self._whose.setVisible(bool(whose) or self._is_brief)  # brief: its room stays, so that nothing jumps
        self._list.setVisible(has_list)


class NeighbourList(RowList):
    """Up and Down walk, Enter or a click chooses."""

    chosen = Signal(int)

    def __init__(self) -> None:
        self._lines: _Lines
        painter = _NeighbourDelegate()
        super().__init__(painter, wide=1)
        self._lines = _Lines(self)
        painter.lines = self._lines
        self.setModel(self._lines)
        self.setObjectName("embeddings_neighbours")
        self.setAccessibleName(self.tr("Nearest vectors"))
        tip = self.tr(
            "Name, cosine from −1 (opposite) to 1 (the same direction), and length. Enter goes to that vector."
        )
        self.setAccessibleDescription(tip)
        self.setToolTip(plain_tip(tip))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space still means play and pause
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.clicked.connect(self._choose)

    @property
    def rows(self) -> tuple[Neighbour, ...]:
        return self._lines.near

    def show_neighbours(self, near: Sequence[Neighbour]) -> None:
        """Show these; the cursor stays in its row."""
        row = self.currentIndex().row()
        self._lines.show(tuple(near))
        if near:
            self.setCurrentIndex(self._lines.index(min(max(row, 0), len(near) - 1)))
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._choose(self.currentIndex())
        elif event.key() in WALKING:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def _choose(self, index: Index) -> None:
        self.chosen.emit(self._lines.near[index.row()].place)


class _Lines(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.near: tuple[Neighbour, ...] = ()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        return 0 if parent.isValid() else len(self.near)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        near = self.near[index.row()]
        words = self.tr("{0}: cosine {1}, length {2}")
        return words.format(near.name, figure(near.cosine, "+"), figure(near.length))

    def show(self, near: tuple[Neighbour, ...]) -> None:
        if len(near) != len(self.near):
            self.beginResetModel()
            self.near = near
            self.endResetModel()
        elif near != self.near:
            self.near = near
            self.dataChanged.emit(self.index(0), self.index(len(near) - 1))


class _NeighbourDelegate(RowDelegate):
    """Name, cosine, length."""

    lines: _Lines

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, self.theme.px(_LINE))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, near, rect = self.theme, self.lines.near[index.row()], option.rect
        is_current = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.save()
        if is_current or option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme.raised)
        width = QFontMetrics(theme.font(Type.MONO_BODY)).horizontalAdvance(_FIGURE)
        length = QRect(rect.right() - width - theme.px(4), rect.top(), width, rect.height())
        cosine = length.translated(-width - theme.px(10), 0)
        name = QRect(rect.left() + theme.px(4), rect.top(), cosine.left() - rect.left() - 8, rect.height())
        painter.setFont(theme.font(Type.MONO_BODY))
        painter.setPen(theme.pen(theme.text))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        words = painter.fontMetrics().elidedText(near.name, Qt.TextElideMode.ElideRight, name.width())
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, words)
        painter.drawText(cosine, right, figure(near.cosine, "+"))
        painter.setPen(theme.pen(theme.secondary))
        painter.drawText(length, right, figure(near.length))
        if is_current:
            painter.setPen(theme.pen(theme.hand_outline))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        painter.restore()
