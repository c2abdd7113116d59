"""Ctrl+K: every action by name, found with a few of its letters."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar

_KEY = Qt.ItemDataRole.UserRole
_SHORTCUT = Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex


def rank(typed: str, text: str) -> int | None:
    """How well `text` fits what was typed, higher is better; None if its letters are not in it in this order.

    A letter counts 1, at the start of a word 4 more, right after the one before it 3 more. Of all ways to
    find the letters the best counts; spaces do not.
    """
    text = text.casefold()
    scores = {-1: 0}  # best score by the place of the last letter found
    for letter in (each for each in typed.casefold() if not each.isspace()):
        following: dict[int, int] = {}
        for at, each in enumerate(text):
            if each == letter:
                worth = 1 + 4 * (at == 0 or not text[at - 1].isalnum())
                ways = [
                    score + worth + (3 if 0 <= last == at - 1 else 0)
                    for last, score in scores.items()
                    if last < at
                ]
                if ways:
                    following[at] = max(ways)
        if not following:
            return None
        scores = following
    return max(scores.values())


class CommandPalette(QDialog):
    """A field and the actions that fit, the best first; arrows choose, Enter runs, Esc leaves."""

    chosen = Signal(str)  # id of the action; the window carries it out

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("command_palette")
        self.setAccessibleName(self.tr("Find an action"))
        self._entries: list[tuple[str, str, QAction]] = []
        self._recent: tuple[str, ...] = ()
        self._field = QLineEdit(self)
        self._field.setObjectName("palette_field")
        self._field.setAccessibleName(self.tr("Name of an action"))
        self._field.setToolTip(self.tr("Type a few letters of what you want to do"))
        self._field.setPlaceholderText(self.tr("What do you want to do?"))
        self._field.setFrame(False)
        self._field.textEdited.connect(self._show_matches)
        self._field.installEventFilter(self)
        self._list = QListWidget(self)
        self._list.setObjectName("palette_list")
        self._list.setAccessibleName(self.tr("Actions that fit"))
        self._list.setFrameShape(QListWidget.Shape.NoFrame)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setUniformItemSizes(True)
        self._scroll_bar = ThinScrollBar(Qt.Orientation.Vertical)
        self._list.setVerticalScrollBar(self._scroll_bar)
        self._list.itemClicked.connect(lambda _item: self._choose())
        self._delegate = _EntryDelegate(self._list)
        self._list.setItemDelegate(self._delegate)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 10)
        column.addWidget(self._field)
        column.addWidget(self._list, 1)

    def set_theme(self, theme: Theme) -> None:
        self._delegate.theme = theme
        self._scroll_bar.set_theme(theme)
        self._field.setFont(theme.font(Type.VALUE))
        self._field.setMinimumHeight(theme.px(36))

    def open_with(self, entries: Iterable[tuple[str, str, QAction]], recent: tuple[str, ...]) -> None:
        """Open over the parent with (id, group title, action).

        The ids in `recent` come first while nothing is typed.
        """
        self._entries = list(entries)
        self._recent = recent
        self._field.clear()
        self._show_matches("")
        theme = self._delegate.theme
        parent = self.parentWidget()
        assert theme is not None
        assert parent is not None
        size = QSize(min(theme.px(560), parent.width() - 32), min(theme.px(420), parent.height() - 80))
        self.resize(size)
        self.move(parent.mapToGlobal(QPoint((parent.width() - size.width()) // 2, theme.px(60))))
        self.show()
        self._field.setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._delegate.theme
        assert theme is not None
        painter = QPainter(self)
        painter.setPen(theme.pen(theme.line))
        painter.setBrush(theme.panel)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._field and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            by = step.get(Qt.Key(event.key()), 0)
            if by:
                row = min(max(self._list.currentRow() + by, 0), self._list.count() - 1)
                self._list.setCurrentRow(row)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose()
                return True
        return super().eventFilter(watched, event)

    def _show_matches(self, typed: str) -> None:
        ranked = []
        for order, (key, group, action) in enumerate(self._entries):
            score = rank(typed, _name(group, action))
            if score is not None:
                recency = self._recent.index(key) if not typed and key in self._recent else len(self._recent)
                ranked.append((not typed and not action.isEnabled(), recency, -score, order))
        self._list.clear()
        for _, _, _, order in sorted(ranked):
            key, group, action = self._entries[order]
            item = QListWidgetItem(_name(group, action))
            item.setToolTip(action.toolTip())
            item.setData(_KEY, key)
            item.setData(_SHORTCUT, action.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
            if not action.isEnabled():
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self._list.addItem(item)
        self._list.setCurrentRow(0)

    def _choose(self) -> None:
        if self._list.currentRow() >= 0:
            item = self._list.currentItem()
            if item.flags() & Qt.ItemFlag.ItemIsEnabled:
                self.close()
                self.chosen.emit(item.data(_KEY))


class _EntryDelegate(QStyledItemDelegate):
    """Name at the left, shortcut at the right."""

    theme: Theme | None = None

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(100, self.theme.px(30) if self.theme else 30)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme = self.theme
        if theme is None:
            return
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.raised)
            painter.fillRect(rect.left(), rect.top(), theme.px(3), rect.height(), theme.hand)
        enabled = bool(state & QStyle.StateFlag.State_Enabled)
        inner = rect.adjusted(theme.px(12), 0, -theme.px(12), 0)
        shortcut = str(index.data(_SHORTCUT))
        painter.setFont(theme.font(Type.MONO_SMALL))
        painter.setPen(theme.secondary if enabled else theme.line)
        room = painter.fontMetrics().horizontalAdvance(shortcut) + theme.px(16)
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, shortcut)
        painter.setFont(theme.font(Type.BODY))
        painter.setPen(theme.text if enabled else theme.line)
        words = painter.fontMetrics().elidedText(
            str(index.data()), Qt.TextElideMode.ElideRight, inner.width() - room
        )
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, words)


def _name(group: str, action: QAction) -> str:
    return f"{group}: {action.text().replace('&&', '&')}"
