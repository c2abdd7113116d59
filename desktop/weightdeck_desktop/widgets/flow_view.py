"""A hand on a flow: pointer, wheel and keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from weightdeck_desktop.widgets.flow_canvas import FlowCanvas
from weightdeck_desktop.widgets.flow_hits import Hit, adds_at, hit, next_stop, stop_rect
from weightdeck_desktop.widgets.flow_parts import FlowCell, Stop, StopKind
from weightdeck_desktop.widgets.plain_tip import plain_tip

_WAYS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
_WALKING = (*_WAYS, Qt.Key.Key_Home, Qt.Key.Key_End)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_PAN = 60  # px that an arrow key with Ctrl moves
_NOTCH = 1.25  # zoom of a notch of the wheel or a press of + or -
_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
_MARGIN = 8  # px around what the keyboard has come to


class FlowView(FlowCanvas):
    """A click on a stage looks at it, a double click on a number has it explained, a drag moves, Ctrl and the wheel
    zoom. Arrow keys walk from stop to stop, with Shift from number to number, with Ctrl they move; Enter is a click,
    Shift+Enter a double click; + and - zoom, 0 fits.
    """

    band_turned = Signal(str)  # its key: open it, or close it
    stage_clicked = Signal(str, int)  # its key, and the picture; -1 for the caption or a whole stage
    cell_opened = Signal(object)  # FlowCell
    chip_clicked = Signal(int)
    pointed = Signal(object)  # FlowCell under the pointer or the keyboard's cursor, or None
    menu_requested = Signal(object, object, QPoint)  # Stop; FlowCell or None; where on the screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stop: Stop | None = None
        self._cell: FlowCell | None = None
        self._press: QPoint | None = None  # of a click that may become a drag
        self._dragged: QPoint | None = None  # where the drag was last
        self._tips: Callable[[Stop], str] = lambda stop: stop.key
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor)

    def set_tips(self, tips: Callable[[Stop], str]) -> None:
        """What is said of a stop in a tooltip, gathered when it is pointed at."""
        self._tips = tips

    @property
    def stop(self) -> Stop | None:
        """Where the keyboard stands."""
        return self._stop

    @property
    def cell(self) -> FlowCell | None:
        """The number under the pointer or the keyboard's cursor."""
        return self._cell

    def fit(self) -> None:
        """All of it, or from its beginning as much as can be."""
        self.set_zoom(self.fit_zoom)
        self._scroll_to(QPointF(0.0, 0.0))

    def zoom_by_notches(self, notches: int) -> None:
        """In or out around the middle."""
        self.set_zoom(self.zoom * _NOTCH**notches)

    # Pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._press = event.position().toPoint()
            self._dragged = self._press if event.button() == Qt.MouseButton.MiddleButton else None
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._press is None:
            self._point_at(event.position())
            return
        if self._dragged is None:
            if (at - self._press).manhattanLength() < QApplication.startDragDistance():
                return
            self._dragged = self._press
        self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        moved = at - self._dragged
        self._dragged = at
        self._pan(-moved.x(), -moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        was_click = self._press is not None and self._dragged is None
        self._press = self._dragged = None
        self._point_at(event.position())
        found = self._hit(event.position())
        if was_click and found is not None and event.button() == Qt.MouseButton.LeftButton:
            self._click(found)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        cell = self.cell_at(self._in_plan(event.position()))
        if cell is not None:
            self.cell_opened.emit(cell)
            return
        found = self._hit(event.position())
        if found is not None and found.stop.kind is not StopKind.STAGE:
            self._click(found)  # who clicks a chevron or a chip fast clicks it twice

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._set_cell(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        if event.modifiers() & _CTRL:
            turned = delta.y() or delta.x()
            self.zoom_to(self.zoom * _NOTCH ** (turned / 120.0), event.position())
        elif event.modifiers() & _SHIFT:
            self._pan(-(delta.y() or delta.x()), 0)
        else:
            self._pan(-delta.x(), -delta.y())
        self._point_at(event.position())
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            at = QPointF(self.viewport().mapFromGlobal(event.globalPos()))
            found = self._hit(at)
            if found is not None:
                self.menu_requested.emit(found.stop, self.cell_at(self._in_plan(at)), event.globalPos())
        elif self._stop is not None:
            rect = stop_rect(self.plan, self._stop)
            if rect is not None:
                below = self.viewport().mapToGlobal(self.mapFromScene(rect.bottomLeft()))
                own = self._cell is not None and self._cell.stage == self._stop.key
                self.menu_requested.emit(self._stop, self._cell if own else None, below)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key in _WAYS and modifiers == _CTRL:
            down, right = _WAYS[key]
            self._pan(right * _PAN, down * _PAN)
        elif key in _WAYS and modifiers == _SHIFT:
            self._walk_cells(*_WAYS[key])
        elif key in _WALKING and not modifiers:
            self._go_to(next_stop(self.plan, self._stop, key))
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) and not modifiers:
            page = self.viewport().height() - 2 * _MARGIN
            self._pan(0, page if key == Qt.Key.Key_PageDown else -page)
        elif key in _ENTER and not event.isAutoRepeat() and not modifiers & ~_SHIFT:
            self._enter(opens_number=bool(modifiers & _SHIFT))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus) and not modifiers & ~_SHIFT:
            self.zoom_by_notches(-1 if key == Qt.Key.Key_Minus else 1)
        elif key == Qt.Key.Key_0 and not modifiers:
            self.fit()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_key and (self._stop is None or stop_rect(self.plan, self._stop) is None):
            self._go_to(next_stop(self.plan, None, Qt.Key.Key_Home))
        self._show_marks()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show_marks()

    # How

    def _show_marks(self) -> None:
        super()._show_marks()
        stop = self._stop if self.hasFocus() else None
        self._items.set_mark("stop", None if stop is None else stop_rect(self.plan, stop))
        self._items.set_mark("pointed", None if self._cell is None else self.cell_rect(self._cell))

    def _click(self, found: Hit) -> None:
        stop = found.stop
        if self._stop != stop:
            self._stop = stop
            self._show_marks()
        match stop.kind:
            case StopKind.BAND:
                self.band_turned.emit(stop.key)
            case StopKind.CHIP:
                self.chip_clicked.emit(int(stop.key))
            case StopKind.STAGE:
                self.stage_clicked.emit(stop.key, -1 if found.picture is None else found.picture)

    def _enter(self, *, opens_number: bool) -> None:
        stop = self._stop
        if stop is None or stop_rect(self.plan, stop) is None:
            return
        cell = self._cell if self._cell is not None and self._cell.stage == stop.key else None
        if not opens_number:
            self._click(Hit(stop, None if cell is None else cell.picture))
        elif cell is not None:
            self.cell_opened.emit(cell)

    def _go_to(self, stop: Stop | None) -> None:
        if stop is None:
            return
        self._stop = stop
        if self._cell is not None and self._cell.stage != stop.key:
            self._set_cell(None)
        rect = stop_rect(self.plan, stop)
        assert rect is not None
        self._reveal(rect)
        self._show_marks()
        self.setAccessibleDescription(self._tips(stop))

    def _walk_cells(self, down: int, right: int) -> None:
        """From number to number of the stage that the keyboard is at, and on into its next picture."""
        stop = self._stop
        shape = None if stop is None or stop.kind is not StopKind.STAGE else self.shape_of(stop.key)
        if stop is None or shape is None:
            return
        pictures, rows, columns = shape
        if self._cell is None or self._cell.stage != stop.key:
            self._set_cell(FlowCell(stop.key, 0, 0, 0))
        else:
            picture, row, column = self._cell.picture, self._cell.row + down, self._cell.column + right
            if column < 0 < picture:
                picture, column = picture - 1, columns - 1
            elif column >= columns and picture + 1 < pictures:
                picture, column = picture + 1, 0
            row, column = min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)
            self._set_cell(FlowCell(stop.key, min(picture, pictures - 1), row, column))
        rect = None if self._cell is None else self.cell_rect(self._cell)
        if rect is not None:
            self._reveal(rect)

    def _point_at(self, at: QPointF) -> None:
        found = self._hit(at)
        self._set_cell(self.cell_at(self._in_plan(at)))
        shape = Qt.CursorShape.ArrowCursor
        if found is not None:
            placed = next((band for band in self.plan.bands if band.band.key == found.stop.key), None)
            if placed is None or placed.band.can_open:
                shape = Qt.CursorShape.PointingHandCursor
        self.viewport().setCursor(shape)
        # Set here, not answered when Qt asks: a view that looks at every event of its viewport pays at each repaint.
        tip = "" if found is None else plain_tip(self._tips(found.stop))
        if found is None and adds_at(self.plan, self._in_plan(at)):
            tip = self.tr("added, number by number")
        self.viewport().setToolTip(tip)

    def _set_cell(self, cell: FlowCell | None) -> None:
        if cell != self._cell:
            self._cell = cell
            self._items.set_mark("pointed", None if cell is None else self.cell_rect(cell))
            self.pointed.emit(cell)

    def _hit(self, at: QPointF) -> Hit | None:
        return hit(self.plan, self._in_plan(at))

    def _in_plan(self, at: QPointF) -> QPointF:
        """The middle of the pixel at a place of the viewport."""
        return QPointF(self.mapToScene(QPoint(int(at.x()), int(at.y())))) + QPointF(0.5, 0.5)

    def _pan(self, right: float, down: float) -> None:
        across, along = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() + round(right))
        along.setValue(along.value() + round(down))

    def _reveal(self, rect: QRectF) -> None:
        """Move as little as shows a place, with some room around it."""
        self.ensureVisible(rect, _MARGIN, _MARGIN)
