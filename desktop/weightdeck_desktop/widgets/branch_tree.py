"""A small tree of branches: who came from whom, how far each has come, and which one trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from weightdeck_desktop.theme import Theme, Type, dark_theme

_NUMBER = Qt.ItemDataRole.UserRole
_ROW_HEIGHT = 30  # px at 100 %
_INDENT = 16
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class BranchLine:
    """One branch. `parent` is None for the first; `left_at` is the step at which it left its parent."""

    number: int
    name: str
    parent: int | None
    left_at: int
    newest: int
    is_training: bool


@dataclass(frozen=True, slots=True)
class BranchRow:
    """A branch in its place: for each level from 1 to its own whether that level goes on below this row."""

    line: BranchLine
    goes_on: tuple[bool, ...]


def ordered(lines: Sequence[BranchLine]) -> list[BranchRow]:
    """The rows of the tree: each branch after its parent, siblings by the step at which they left."""
    children: dict[int | None, list[BranchLine]] = {}
    for line in sorted(lines, key=lambda line: (line.left_at, line.number)):
        children.setdefault(line.parent, []).append(line)
    rows: list[BranchRow] = []
    waiting = [BranchRow(line, ()) for line in reversed(children.get(None, []))]
    while waiting:
        row = waiting.pop()
        rows.append(row)
        own = children.get(row.line.number, [])
        waiting += [BranchRow(line, (*row.goes_on, line is not own[-1])) for line in reversed(own)]
    return rows


class BranchTree(QListWidget):
    """A double click or Enter chooses a branch, F2 renames it; lives on the GUI thread."""

    chosen = Signal(int)  # number of the branch
    renamed = Signal(int, str)  # the new name is neither empty nor the old one

    def __init__(self, longest_name: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("branch_tree")
        self.setAccessibleName(self.tr("Branches"))
        self.setToolTip(self.tr("Every line of training of this run. Enter switches to one, F2 renames it."))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self._delegate = _RowDelegate(longest_name, self)
        self.setItemDelegate(self._delegate)
        self.itemDoubleClicked.connect(lambda item: self.chosen.emit(item.data(_NUMBER)))

    def set_theme(self, theme: Theme) -> None:
        self._delegate.theme = theme
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def set_branches(self, lines: Sequence[BranchLine]) -> None:
        """Show these branches; the current one stays current, at first it is the one that trains."""
        rows = ordered(lines)
        before, self._delegate.rows = self._delegate.rows, tuple(rows)
        if [_identity(row) for row in rows] == [_identity(row) for row in before]:
            self._show_progress(rows, before)
            return
        kept = self.current_branch
        self.clear()
        for place, row in enumerate(rows):
            item = QListWidgetItem(row.line.name)
            item.setData(_NUMBER, row.line.number)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, self._aloud(row.line))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            self.addItem(item)
            if row.line.number == kept or (kept is None and row.line.is_training):
                self.setCurrentRow(place)

    def aside(self, line: BranchLine) -> str:
        """What is written beside a branch's name."""
        words = self.tr("step {newest:,}").format(newest=line.newest)
        if line.parent is not None:
            origin = self.tr("from step {left:,}").format(left=line.left_at)
            words = words if origin == line.name else f"{origin} · {words}"  # its first name says it
        return self.tr("current · {0}").format(words) if line.is_training else words

    def natural_size(self) -> QSize:
        """Room in which no row is cut and none is hidden."""
        return self._delegate.natural_size()

    @property
    def current_branch(self) -> int | None:
        """Number of the branch that the keys act on."""
        return int(self.currentItem().data(_NUMBER)) if self.currentRow() >= 0 else None

    def select_training(self) -> None:
        """Make the branch that trains the current one."""
        place = next((n for n, row in enumerate(self._delegate.rows) if row.line.is_training), -1)
        self.setCurrentRow(place)

    def rename_current(self) -> None:
        """Let the user type another name for the current branch."""
        if self.currentRow() >= 0:
            self.editItem(self.currentItem())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.state() is QAbstractItemView.State.EditingState:
            event.accept()  # the line has done with it: Enter may not choose the branch, too
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.current_branch is not None and not event.isAutoRepeat():
                self.chosen.emit(self.current_branch)
        else:
            super().keyPressEvent(event)

    def _show_progress(self, rows: Sequence[BranchRow], before: Sequence[BranchRow]) -> None:
        """The same tree goes on: nothing is built anew, for a name may be being typed."""
        for place, (row, old) in enumerate(zip(rows, before, strict=True)):
            if row != old:
                self.item(place).setData(Qt.ItemDataRole.AccessibleTextRole, self._aloud(row.line))

    def _aloud(self, line: BranchLine) -> str:
        return f"{line.name}, {self.aside(line)}"


def _identity(row: BranchRow) -> tuple[object, ...]:
    """What of a row its place and its name depend on."""
    return row.line.number, row.line.name, row.line.parent, row.goes_on


class _RowDelegate(QStyledItemDelegate):
    """Lines of descent, a filled or hollow dot (it trains, or not), the name, and how far it has come."""

    def __init__(self, longest_name: int, tree: BranchTree) -> None:
        super().__init__(tree)
        self.theme: Theme = dark_theme()
        self.rows: tuple[BranchRow, ...] = ()
        self._tree = tree
        self._longest_name = longest_name

    def natural_size(self) -> QSize:
        """Room for all rows."""
        theme = self.theme
        names, asides = QFontMetrics(theme.font(Type.TITLE)), QFontMetrics(theme.font(Type.MONO_SMALL))
        widths = [
            self._name_left(row)
            + names.horizontalAdvance(row.line.name)
            + theme.px(24)
            + asides.horizontalAdvance(self._tree.aside(row.line))
            + theme.px(12)
            for row in self.rows
        ]
        return QSize(max(widths, default=0), len(self.rows) * theme.px(_ROW_HEIGHT))

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(80, self.theme.px(_ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme = self.theme
        row = self.rows[index.row()]
        rect: QRect = option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.raised)
            painter.fillRect(rect.left(), rect.top(), theme.px(3), rect.height(), theme.hand_outline)
        self._paint_descent(painter, rect, row)
        aside = self._tree.aside(row.line)
        room = rect.adjusted(self._name_left(row), 0, -theme.px(12), 0)
        painter.setFont(theme.font(Type.MONO_SMALL))
        painter.setPen(theme.secondary)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, aside)
        room.setRight(room.right() - painter.fontMetrics().horizontalAdvance(aside) - theme.px(16))
        painter.setFont(theme.font(Type.TITLE if row.line.is_training else Type.BODY))
        painter.setPen(theme.text)
        name = painter.fontMetrics().elidedText(row.line.name, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, name)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setObjectName("branch_name")
        editor.setAccessibleName(self._tree.tr("New name of the branch"))
        editor.setToolTip(
            self._tree.tr("A name of 1 to {0} characters. Enter sets, Esc cancels.").format(
                self._longest_name
            )
        )
        editor.setMaxLength(self._longest_name)
        editor.setFont(self.theme.font(Type.BODY))
        editor.setText(self.rows[index.row()].line.name)
        return editor

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        """Nothing: Qt asks for it also when the branch has grown, and would overwrite what is being typed."""

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        left = self._name_left(self.rows[index.row()]) - self.theme.px(4)
        editor.setGeometry(option.rect.adjusted(left, 2, -self.theme.px(8), -2))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        """Ask for the name; what is shown changes when the caller tells of it."""
        assert isinstance(editor, QLineEdit)
        name = editor.text().strip()
        line = self.rows[index.row()].line
        if name and name != line.name:
            self._tree.renamed.emit(line.number, name)

    def _name_left(self, row: BranchRow) -> int:
        return self.theme.px(12 + _INDENT * len(row.goes_on) + 16)

    def _paint_descent(self, painter: QPainter, rect: QRect, row: BranchRow) -> None:
        theme = self.theme
        painter.setPen(theme.pen(theme.line))
        middle = rect.center().y() + 0.5
        own = len(row.goes_on)
        for level, goes_on in enumerate(row.goes_on, start=1):
            x = rect.left() + theme.px(12 + _INDENT * (level - 1) + 5) + 0.5
            if level == own:
                bottom = rect.bottom() + 1.0 if goes_on else middle
                painter.drawLine(QPointF(x, rect.top()), QPointF(x, bottom))
                painter.drawLine(QPointF(x, middle), QPointF(x + theme.px(_INDENT - 5), middle))
            elif goes_on:
                painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom() + 1.0))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        centre = QPointF(rect.left() + theme.px(12 + _INDENT * own + 5) + 0.5, middle)
        painter.setPen(theme.pen(theme.text, 1.5))
        painter.setBrush(theme.text if row.line.is_training else theme.panel)
        if row.line.is_training:  # as the play button: told without colour
            reach = theme.px(5)
            corners = [QPointF(-reach * 0.7, -reach), QPointF(reach, 0), QPointF(-reach * 0.7, reach)]
            painter.drawPolygon(QPolygonF([centre + corner for corner in corners]))
        else:
            painter.drawEllipse(centre, theme.px(3.5), theme.px(3.5))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
