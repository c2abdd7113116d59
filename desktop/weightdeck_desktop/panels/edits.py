"""What was done to the run: every command in words, and undo and redo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QGridLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar
from weightdeck_desktop.widgets.knob_painting import paint_diamond
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.text_line import TextLine

_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class EditLine:
    """One thing the user did, in words. A whole drag is one line."""

    step: int
    words: str  # "scale block 0 attention to ×0.40"
    is_weight: bool  # a weight was edited, not a training setting changed
    is_undone: bool = False


class EditsPanel(Panel):
    """The history, newest first, with undo and redo above it."""

    key = "edits"

    undo_requested = Signal()
    redo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("History")
        self._undo, self._undo_words = BarButton("edits_undo"), TextLine()
        self._redo, self._redo_words = BarButton("edits_redo"), TextLine()
        self._undo.clicked.connect(self.undo_requested)
        self._redo.clicked.connect(self.redo_requested)
        buttons = QGridLayout()
        buttons.setColumnStretch(1, 1)
        buttons.setHorizontalSpacing(8)
        buttons.setVerticalSpacing(4)
        buttons.addWidget(self._undo, 0, 0)
        buttons.addWidget(self._undo_words, 0, 1)
        buttons.addWidget(self._redo, 1, 0)
        buttons.addWidget(self._redo_words, 1, 1)
        self._lines = _Lines(self)
        self._list = _LineList(self.tr("Nothing has been turned yet."))
        self._list.setModel(self._lines)
        self._list.setAccessibleName(self.tr("What was done to the run, newest first"))
        self._list.setToolTip(
            self.tr("Everything that changed the run beside training itself, with its step")
        )
        self.body.addLayout(buttons)
        self.body.addWidget(self._list, 1)
        self.show_undo("", "")

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for button in (self._undo, self._redo):
            button.set_theme(theme, height=28)
        for words in (self._undo_words, self._redo_words):
            words.set_theme(theme)
        self._list.set_theme(theme)

    def show_entries(self, lines: Sequence[EditLine]) -> None:
        """Show all entries, oldest first as they happened."""
        self._lines.show(lines)

    def show_undo(self, undo_title: str, redo_title: str) -> None:
        """What undo and redo would do; "" when there is nothing."""
        self._show_button(self._undo, self._undo_words, self.tr("Undo"), undo_title)
        self._show_button(self._redo, self._redo_words, self.tr("Redo"), redo_title)

    def clear(self) -> None:
        self._lines.show(())
        self.show_undo("", "")

    def table(self) -> list[list[str]] | None:
        lines = self._lines.lines
        if not lines:
            return None
        heading = [self.tr("step"), self.tr("what"), self.tr("undone")]
        return [heading, *([str(line.step), line.words, str(line.is_undone)] for line in lines)]

    def _show_button(self, button: BarButton, words: TextLine, name: str, title: str) -> None:
        button.setEnabled(bool(title))
        button.set_content(
            name, tip=f"{name}: {title}" if title else self.tr("{name}: nothing").format(name=name)
        )
        words.set_text(title or self.tr("nothing"))


_WIDE = 400  # px at 100 %: from here on the words of most edits and the step have room in one line


class _Lines(QAbstractListModel):
    """The entries, newest first; only what differs from what was shown is announced."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.lines: list[EditLine] = []

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self.line(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.tr("undone: {words}").format(words=line.words) if line.is_undone else line.words
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            what = self.data(index)
            return self.tr("{what}, step {step:,}").format(what=what, step=line.step)
        return None

    def line(self, index: _Index) -> EditLine:
        return self.lines[-1 - index.row()]

    def show(self, lines: Sequence[EditLine]) -> None:
        known, new = self.lines, list(lines)
        grown = len(new) - len(known)
        if grown < 0:
            self.beginResetModel()
            self.lines = new
            self.endResetModel()
            return
        changed = [place for place, line in enumerate(known) if line != new[place]]
        if grown:
            self.beginInsertRows(QModelIndex(), 0, grown - 1)
        self.lines = new
        if grown:
            self.endInsertRows()
        if changed:
            last = len(new) - 1
            self.dataChanged.emit(self.index(last - changed[-1]), self.index(last - changed[0]))


class _LineList(QListView):
    """Paints only the rows in sight: the list may be of any length."""

    def __init__(self, empty_words: str) -> None:
        super().__init__()
        self.setObjectName("edits_list")
        self._empty_words = empty_words
        self._theme = dark_theme()
        self._delegate = _LineDelegate(self)
        self.setItemDelegate(self._delegate)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBar(ThinScrollBar(Qt.Orientation.Vertical, self))
        self.setMinimumHeight(80)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._delegate.theme = theme
        bar = self.verticalScrollBar()
        assert isinstance(bar, ThinScrollBar)
        bar.set_theme(theme)
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.viewport().width() < self._theme.px(_WIDE)
        if is_narrow != self._delegate.is_narrow:
            self._delegate.is_narrow = is_narrow
            self.scheduleDelayedItemsLayout()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.model().rowCount():
            super().paintEvent(event)
        else:
            painter = QPainter(self.viewport())
            paint_no_data(painter, QRectF(self.viewport().rect()), self._theme, self._empty_words)
            painter.end()


class _LineDelegate(QStyledItemDelegate):
    """One row: diamond, words, step; the step stands below the words where the list is narrow."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = dark_theme()
        self.is_narrow = False

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(80, self.theme.px(42 if self.is_narrow else 25))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme = self.theme
        model = index.model()
        assert isinstance(model, _Lines)
        line = model.line(index)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.pen(theme.hand_outline))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        row = QRect(rect.left(), rect.top(), rect.width(), theme.px(25))
        room = row.adjusted(theme.px(22), 0, -theme.px(8), 0)
        step = model.tr("step {step:,}").format(step=line.step)
        painter.setFont(theme.font(Type.MONO_SMALL))
        painter.setPen(theme.pen(theme.secondary))
        if self.is_narrow:
            painter.drawText(room.translated(0, theme.px(17)), Qt.AlignmentFlag.AlignVCenter, step)
        else:
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, step)
            room.setWidth(room.width() - QFontMetrics(painter.font()).horizontalAdvance(step) - theme.px(8))
        if line.is_weight and not line.is_undone:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            centre = QPointF(row.left() + theme.px(11), row.center().y() + 0.5)
            paint_diamond(painter, theme, centre, theme.px(5))
        painter.setFont(theme.font(Type.BODY))
        painter.setPen(theme.pen(theme.secondary if line.is_undone else theme.text))
        words = painter.fontMetrics().elidedText(
            str(model.data(index)), Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()
