"""The terms of an expression, one a row: an input and a weight that can be changed, and their product."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem, QWidget

from weightdeck.run.commands import LARGEST_VALUE
from weightdeck_desktop.panels.explain_words import WIDEST, exact, figure, term_tip
from weightdeck_desktop.panels.expression_sum import Expression, Factor
from weightdeck_desktop.panels.row_list import WALKING, RowDelegate, RowList
from weightdeck_desktop.theme import Type
from weightdeck_desktop.widgets.knob_gesture import begins_value
from weightdeck_desktop.widgets.typed_value import read_value
from weightdeck_desktop.widgets.value_editor import ValueEditor

STEP = 0.1  # of an input, by key
_WIDE = 320  # px at 100 %: from here on a row has room in one line
_TYPED = "-0.000000000e-00"  # as wide as a number with all its digits gets
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_INPUT, _WEIGHT = 0, 1
Index = QModelIndex | QPersistentModelIndex


class ExpressionLines(QAbstractListModel):
    """The terms in the order in which they are shown."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.expression: Expression | None = None
        self.order: list[int] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        return 0 if parent.isValid() else len(self.order)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        assert self.expression is not None
        term = self.expression.term(self.order[index.row()])
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            factors = " × ".join(f"{operand.label} {figure(operand.value)}" for operand in term.operands)
            return f"{factors} = {figure(term.value)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return term_tip(term)
        return None

    def show(self, expression: Expression | None, order: Sequence[int]) -> None:
        if list(order) != self.order:
            self.beginResetModel()
            self.expression, self.order = expression, list(order)
            self.endResetModel()
            return
        self.expression = expression
        if self.order:
            self.dataChanged.emit(self.index(0), self.index(len(self.order) - 1))

    def factors(self, row: int) -> tuple[Factor | None, Factor | None]:
        assert self.expression is not None
        return self.expression.factors(self.order[row])


class ExpressionList(RowList):
    """Up and Down walk, Left and Right choose input or weight, Enter or a digit opens it, Shift+Up and Down step."""

    input_entered = Signal(object, float)  # Cell: if this input were so
    weight_entered = Signal(object, float)  # ParameterSlice: set it
    reset_requested = Signal()

    def __init__(self, message: str) -> None:
        self._lines: ExpressionLines
        self._painter = _TermDelegate()
        super().__init__(self._painter, wide=_WIDE, message=message)
        self._lines = ExpressionLines(self)
        self._painter.lines = self._lines
        self.setModel(self._lines)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click Space still means play and pause
        self.setMouseTracking(True)
        self._can_turn = True
        self._editor = ValueEditor(self.viewport())
        self._editor.setObjectName("expression_editor")
        self._editor.accepted.connect(self._on_accepted)
        self._edited: tuple[int, Factor] | None = None  # place of the term, and what is being typed over

    @property
    def labels(self) -> list[str]:
        """The terms in the order of the rows."""
        expression = self._lines.expression
        if expression is None:
            return []
        return [expression.pre.terms[place].operands[0].label for place in self._lines.order]

    @property
    def editor(self) -> ValueEditor:
        return self._editor

    def set_message(self, message: str) -> None:
        """What an empty list says."""
        self._message = message
        self.viewport().update()

    def set_can_turn(self, can_turn: bool) -> None:
        """Whether weights can be changed now."""
        self._can_turn = can_turn

    def show_expression(self, expression: Expression | None, order: Sequence[int]) -> None:
        """Show these terms; the cursor stays on its own."""
        current = self.currentIndex()
        place = self._lines.order[current.row()] if current.isValid() else None
        self._lines.show(expression, order)
        if self._editor.isVisible():
            self.executeDelayedItemsLayout()
            self._place_editor()
        if order and not self.currentIndex().isValid():
            row = list(order).index(place) if place is not None and place in order else 0
            self.setCurrentIndex(self._lines.index(row))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, shifted = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._painter.column = _INPUT if key == Qt.Key.Key_Left else _WEIGHT
            self.viewport().update()
        elif shifted and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(STEP if key == Qt.Key.Key_Up else -STEP)
        elif key in _ENTER:
            self._open("")
        elif begins_value(event):
            self._open(event.text())
        elif key == Qt.Key.Key_Escape:
            self.reset_requested.emit()
        elif key in WALKING:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.executeDelayedItemsLayout()
        if self._editor.isVisible():
            self._place_editor()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if (
            event.button() == Qt.MouseButton.LeftButton
            and self._column_at(event.position().toPoint()) is not None
        ):
            self._painter.column = self._column_at(event.position().toPoint()) or 0
            self._open("")

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        is_over = self._column_at(event.position().toPoint()) is not None
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor if is_over else Qt.CursorShape.ArrowCursor)

    def cell_rect(self, row: int, column: int) -> QRect:
        """Where the input (0) or the weight (1) of a row stands."""
        return self._painter.columns(self.visualRect(self._lines.index(row)))[1 + column]

    def _column_at(self, point: QPoint) -> int | None:
        index = self.indexAt(point)
        if not index.isValid():
            return None
        factors = self._lines.factors(index.row())
        return next(
            (
                column
                for column in (_INPUT, _WEIGHT)
                if factors[column] is not None and self.cell_rect(index.row(), column).contains(point)
            ),
            None,
        )

    def _chosen(self) -> Factor | None:
        """The number under the cursor; where a term has only one, that."""
        if not self.currentIndex().isValid():
            return None
        factors = self._lines.factors(self.currentIndex().row())
        return factors[self._painter.column] or factors[1 - self._painter.column]

    def _open(self, typed: str) -> None:
        factor = self._chosen()
        if factor is None or (factor.weight is not None and not self._can_turn):
            return
        self.scrollTo(self.currentIndex())
        self._edited = (self._lines.order[self.currentIndex().row()], factor)
        self._editor.setFont(self._theme.font(Type.MONO_SMALL))
        self._place_editor()
        parser = _parser(factor.value)
        self._editor.open_with(typed or exact(factor.value), parser, self._theme, selected=not typed)

    def _place_editor(self) -> None:
        """Over the number that is typed over, which has moved with its row or with the width."""
        if self._edited is None or self._edited[0] not in self._lines.order:
            return
        place, factor = self._edited
        row = self._lines.order.index(place)
        cells = [None if other is None else other.cell for other in self._lines.factors(row)]
        column = cells.index(factor.cell)
        margin = self._theme.px(6)
        cell = self.cell_rect(row, column).adjusted(-2 * margin, 0, margin, 0)
        width = self._editor.fontMetrics().horizontalAdvance(_TYPED) + 3 * margin
        left = cell.right() + 1 - max(width, cell.width())
        self._editor.setGeometry(max(0, left), cell.top(), max(width, cell.width()), cell.height())

    def _step(self, by: float) -> None:
        factor = self._chosen()
        if factor is not None and factor.weight is None:
            self.input_entered.emit(factor.cell, factor.value + by)

    def _on_accepted(self, value: float) -> None:
        assert self._edited is not None
        _, factor = self._edited
        if factor.weight is None:
            self.input_entered.emit(factor.cell, value)
        elif value != factor.value:
            self.weight_entered.emit(factor.weight, value)


def _parser(now: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = read_value(text, now)
        if abs(value) > LARGEST_VALUE:
            words = QCoreApplication.translate(
                "ExpressionList", "{0:g} is too large: the model can only hold numbers up to {1:g}."
            )
            raise ValueError(words.format(value, LARGEST_VALUE))
        return value

    return parse


class _TermDelegate(RowDelegate):
    """Label, input × weight = product; the factors stand below where the list is narrow."""

    lines: ExpressionLines

    def __init__(self) -> None:
        super().__init__()
        self.column = _INPUT

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, self.theme.px(42 if self.is_narrow else 24))

    def columns(self, rect: QRect) -> tuple[QRect, QRect, QRect, QRect]:
        """Label, input, weight, product."""
        theme = self.theme
        metrics = QFontMetrics(theme.font(Type.MONO_SMALL))
        figure_, sign, gap = metrics.horizontalAdvance(WIDEST), theme.px(20), theme.px(4)
        line = theme.px(21 if self.is_narrow else 24)
        right = rect.right() - gap
        product = QRect(right - figure_, rect.top(), figure_, line)
        if self.is_narrow:
            top, left = rect.top() + line, rect.left() + theme.px(16)
            first = QRect(left, top, figure_, line)
        else:
            top = rect.top()
            first = QRect(product.left() - 2 * (sign + figure_), top, figure_, line)
        second = QRect(first.right() + 1 + sign, top, figure_, line)
        end = product.left() if self.is_narrow else first.left() - theme.px(12)
        label = QRect(rect.left() + gap, rect.top(), end - gap - rect.left() - gap, line)
        return label, first, second, product

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        expression = self.lines.expression
        if expression is None:
            return
        theme, place = self.theme, self.lines.order[index.row()]
        label, *cells, product = self.columns(option.rect)
        factors = self.lines.factors(index.row())
        is_current = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.save()
        if option.state & QStyle.StateFlag.State_MouseOver or is_current:
            painter.fillRect(option.rect, theme.raised)
        painter.setFont(theme.font(Type.BODY))
        painter.setPen(theme.pen(theme.text))
        words = painter.fontMetrics().elidedText(
            expression.pre.terms[place].operands[0].label, Qt.TextElideMode.ElideRight, label.width()
        )
        painter.drawText(label, Qt.AlignmentFlag.AlignVCenter, words)
        painter.setFont(theme.font(Type.MONO_SMALL))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(product, flags, figure(expression.term(place).value))
        painter.setPen(theme.pen(theme.secondary))
        sign = QRect(cells[1].right() + 1, cells[1].top(), theme.px(20), cells[1].height())
        painter.drawText(sign, Qt.AlignmentFlag.AlignCenter, "=")
        if factors[0] is not None and factors[1] is not None:
            sign.moveLeft(cells[0].right() + 1)
            painter.drawText(sign, Qt.AlignmentFlag.AlignCenter, "×")
        for column, (cell, factor) in enumerate(zip(cells, factors, strict=True)):
            if factor is not None:
                is_chosen = is_current and (column == self.column or factors[1 - column] is None)
                self._paint_factor(painter, cell, factor, is_chosen=is_chosen)
        painter.restore()

    def _paint_factor(self, painter: QPainter, cell: QRect, factor: Factor, *, is_chosen: bool) -> None:
        theme = self.theme
        painter.setPen(theme.pen(theme.hand_outline if factor.is_changed else theme.text))
        painter.drawText(
            cell, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, figure(factor.value)
        )
        if factor.is_changed:  # your hand
            r = theme.px(3.5)
            at = QPointF(cell.left() - theme.px(5), cell.center().y() + 0.5)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(theme.hand)
            painter.drawPolygon(
                QPolygonF([at + QPointF(x, y) for x, y in ((0, -r), (r, 0), (0, r), (-r, 0))])
            )
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if is_chosen:
            painter.setPen(theme.pen(theme.hand_outline))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(cell.adjusted(-theme.px(2), theme.px(2), theme.px(2), -theme.px(3)))
