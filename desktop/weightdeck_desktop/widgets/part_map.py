"""A matrix of any size as a heat map: whole where every cell has room, else the part at which its scroll bars stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar
from weightdeck_desktop.widgets.heatmap import Cell
from weightdeck_desktop.widgets.snapped_limit import step_up
from weightdeck_desktop.widgets.value_map import Axis, ValueMap

Floats = NDArray[np.float32]
Place = tuple[int, int]  # row and column in the whole matrix

_SIZES = (1, 2, 4, 8, 16, 32)  # least px of a cell's side, to zoom through
_WALKS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
_FAR = 1 << 30


@dataclass(frozen=True, slots=True)
class Sides:
    """What rows and columns count, and what each is called; without names they are numbered."""

    rows: str = ""
    row_names: tuple[str, ...] = ()
    columns: str = ""
    column_names: tuple[str, ...] = ()


class _Part(ValueMap):
    """The visible cells; keys are its owner's, who knows the whole matrix."""

    key_pressed = Signal(object)  # QKeyEvent; the owner ignores what it has no use for

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.key_pressed.emit(event)

    def room_beside_axes(self, size: QSize) -> QSize:
        """What a map of `size` would have for its cells."""
        area = self._area()
        return QSize(
            size.width() - (self.width() - area.width()) - 2,
            size.height() - (self.height() - area.height()) - 2,
        )


class PartMap(QWidget):
    """Arrow keys, Home, End and Page keys move a cursor, a click or Enter chooses its cell; + and - zoom.

    What is not finite is cross-hatched. All places that it is told and tells are those of the whole matrix.
    """

    pointed = Signal(object)  # Place under the pointer or the cursor, None when the pointer has left
    chosen = Signal(object)  # Place: clicked, or Enter on it
    menu_requested = Signal(object, QPoint)  # Place, and where on the screen
    part_changed = Signal()  # other cells are seen: scrolled, zoomed or of another size

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """`name`: object name of the map, beginning of those of its bars."""
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._values: Floats | None = None  # (R, C)
        self._limit = 1.0
        self._signed = True
        self._sides = Sides()
        self._selected: Place | None = None
        self._wrong: frozenset[Place] = frozenset()
        self._cursor: Place = (0, 0)
        self._zoom = 0
        self._seen = (0, 0, 0, 0)  # first row, the one after the last, the same of columns
        self._map = _Part(self)
        self._map.setObjectName(name)
        self._upright = ThinScrollBar(Qt.Orientation.Vertical, self)
        self._level = ThinScrollBar(Qt.Orientation.Horizontal, self)
        self._upright.setObjectName(f"{name}_rows")
        self._level.setObjectName(f"{name}_columns")
        for bar in (self._upright, self._level):
            bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            bar.hide()
            bar.valueChanged.connect(self._show_part)
        self._map.key_pressed.connect(self._on_key_pressed)
        self._map.pointed.connect(self._on_pointed)
        self._map.cell_chosen.connect(self._on_cell_chosen)
        self._map.cell_menu_requested.connect(self._on_menu_requested)
        self.setFocusProxy(self._map)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_words(self, title: str, tip: str) -> None:
        """Accessible name and what the map's cells are for."""
        self._map.setAccessibleName(title)
        self._map.setAccessibleDescription(tip)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for part in (self._map, self._upright, self._level):
            part.set_theme(theme)
        self._arrange()

    def set_matrix(
        self, values: Floats | None, limit: float, *, signed: bool, sides: Sides | None = None
    ) -> None:
        """Show (rows, columns), and in `sides` what they are. The array is kept, not copied; None or empty: no data."""
        if values is not None and not values.size:
            values = None
        sides = sides or Sides()
        same_form = sides == self._sides and (
            values.shape == self._values.shape
            if values is not None and self._values is not None
            else values is self._values
        )
        self._values, self._limit, self._signed, self._sides = values, limit, signed, sides
        if values is not None:
            self._cursor = self._clamped(*self._cursor)
        if same_form:
            self._show_part()
        else:
            self._arrange()

    def set_message(self, message: str) -> None:
        """Why there is no data; shown as long as there is none."""
        self._map.set_message(message)

    def set_selected(self, place: Place | None) -> None:
        """Outline a cell; None for none."""
        if place != self._selected:
            self._selected = place
            self._show_selection()

    def set_wrong(self, places: frozenset[Place]) -> None:
        """Outline cells whose numbers are wrong."""
        if places != self._wrong:
            self._wrong = places
            self._show_wrong()

    def describe(self, words: str) -> None:
        """What stands under the cursor, for screen readers."""
        self._map.setAccessibleDescription(words)

    def cell_rect(self, place: Place) -> QRect:
        """Where a visible cell lies in this widget, px."""
        top, _, left, _ = self._seen
        return self._map.cell_rect(Cell(0, place[0] - top, place[1] - left)).toAlignedRect()

    @property
    def values(self) -> Floats | None:
        return self._values

    @property
    def cursor_place(self) -> Place:
        """Where the keyboard stands."""
        return self._cursor

    @property
    def seen(self) -> tuple[int, int, int, int] | None:
        """First row, the one after the last, and the same of columns, of a part; None where all is seen."""
        if self._values is None or self._seen == (0, self._values.shape[0], 0, self._values.shape[1]):
            return None
        return self._seen

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._theme.px(96))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(100), self._theme.px(56))

    # What the user does

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._set_zoom(self._zoom + (1 if turned.y() > 0 else -1))
        elif self.seen is not None:
            sideways = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            _scroll(self._level, turned.y() if sideways else turned.x())
            _scroll(self._upright, 0 if sideways else turned.y())
        else:
            event.ignore()

    def _on_key_pressed(self, event: QKeyEvent) -> None:
        if self._values is None:
            event.ignore()
            return
        key, (row, column) = Qt.Key(event.key()), self._cursor
        if key in _WALKS:
            down, right = _WALKS[key]
            self._walk(row + down, column + right)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._walk(row, 0 if key == Qt.Key.Key_Home else _FAR)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            page = max(1, self._seen[1] - self._seen[0] - 1)
            self._walk(row + (page if key == Qt.Key.Key_PageDown else -page), column)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self._cursor)
        elif event.text() in ("+", "="):
            self._set_zoom(self._zoom + 1)
        elif event.text() == "-":
            self._set_zoom(self._zoom - 1)
        else:
            event.ignore()

    def _walk(self, row: int, column: int) -> None:
        self._cursor = self._clamped(row, column)
        self._reveal()
        self.pointed.emit(self._cursor)

    def _on_pointed(self, cell: Cell | None) -> None:
        self.pointed.emit(None if cell is None else self._place(cell))

    def _on_cell_chosen(self, cell: Cell) -> None:
        self._cursor = self._place(cell)
        self.chosen.emit(self._cursor)

    def _on_menu_requested(self, cell: Cell, at: QPoint) -> None:
        self.menu_requested.emit(self._place(cell), at)

    def _set_zoom(self, zoom: int) -> None:
        zoom = min(max(zoom, 0), len(_SIZES) - 1)
        if zoom != self._zoom:
            self._zoom, cursor = zoom, self._cursor
            self._arrange()
            self._cursor = cursor  # the part that is seen follows it, not it the part
            self._reveal()

    # Which part is seen

    def _place(self, cell: Cell) -> Place:
        return cell.row + self._seen[0], cell.column + self._seen[2]

    def _clamped(self, row: int, column: int) -> Place:
        assert self._values is not None
        rows, columns = self._values.shape
        return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)

    def _reveal(self) -> None:
        """Scroll as little as shows the cursor."""
        row, column = self._cursor
        for bar, place in ((self._upright, row), (self._level, column)):
            if place < bar.value():
                bar.setValue(place)
            elif place >= bar.value() + bar.pageStep():
                bar.setValue(place - bar.pageStep() + 1)
        self._cursor = (row, column)
        self._show_cursor()

    def _arrange(self) -> None:
        """Find the part that fits; the names of another part may leave another room, once."""
        before = self._map.room_beside_axes(self.size())
        self._place_bars()
        self._show_part()
        if self._map.room_beside_axes(self.size()) != before:
            self._place_bars()
            self._show_part()

    def _place_bars(self) -> None:
        """Give the map and its bars their places: a bar is there where not all cells fit beside it."""
        rows, columns = (1, 1) if self._values is None else self._values.shape
        thick = self._upright.sizeHint().width()
        room = self._map.room_beside_axes(QSize(self.width() - thick, self.height() - thick))
        side = self._theme.px(_SIZES[self._zoom]) if self._zoom else 1
        has_level, has_upright = columns * side > room.width(), rows * side > room.height()
        width = self.width() - (thick if has_upright else 0)
        height = self.height() - (thick if has_level else 0)
        self._map.setGeometry(0, 0, width, height)
        self._upright.setGeometry(width, 0, thick, height)
        self._level.setGeometry(0, height, width, thick)
        for bar, is_there, count, length in (
            (self._upright, has_upright, rows, room.height()),
            (self._level, has_level, columns, room.width()),
        ):
            fitting = max(1, length // side) if is_there else count
            bar.blockSignals(True)
            bar.setRange(0, count - fitting)
            bar.setPageStep(fitting)
            bar.blockSignals(False)
            bar.setVisible(is_there)

    def _show_part(self) -> None:
        if self._values is None:
            self._map.set_values(None, 1.0, signed=self._signed)
            self._map.set_selection(None)
            return
        top, left = self._upright.value(), self._level.value()
        below, right = top + self._upright.pageStep(), left + self._level.pageStep()
        part = self._values[top:below, left:right]
        finite = np.isfinite(part)
        if not finite.all():
            part = np.where(finite, part, np.float32(np.nan))
        moved = (top, below, left, right) != self._seen
        self._seen = (top, below, left, right)
        row, column = self._cursor  # it goes with the part: what has no cell to be seen in cannot be chosen
        self._cursor = (min(max(row, top), below - 1), min(max(column, left), right - 1))
        self._map.set_values(part, self._limit, signed=self._signed)
        self._map.set_axes(
            Axis(self._sides.rows, self._named(self._sides.row_names, top, below)),
            Axis(self._sides.columns, self._named(self._sides.column_names, left, right)),
        )
        self._show_selection()
        self._show_wrong()
        self._show_cursor()
        if moved:
            self.part_changed.emit()

    def _named(self, names: tuple[str, ...], first: int, last: int) -> tuple[tuple[int, int, str], ...]:
        if names:
            return tuple((place - first, place - first + 1, names[place]) for place in range(first, last))
        metrics = QFontMetrics(self._theme.font(Type.MONO_SMALL))
        apart = metrics.horizontalAdvance(str(last)) + self._theme.px(15)
        step = int(step_up(max(1.0, apart * (last - first) / max(1, self._map.width()))))
        begin = -(-first // step) * step
        return tuple((place - first, place - first + 1, str(place)) for place in range(begin, last, step))

    def _show_selection(self) -> None:
        top, below, left, right = self._seen
        place = self._selected
        is_seen = (
            self._values is not None
            and place is not None
            and top <= place[0] < below
            and left <= place[1] < right
        )
        if place is None or not is_seen:
            self._map.set_selection(None)
        else:
            row, column = place[0] - top, place[1] - left
            self._map.set_selection(((row, row + 1), (column, column + 1)))

    def _show_wrong(self) -> None:
        top, below, left, right = self._seen
        seen = (place for place in self._wrong if top <= place[0] < below and left <= place[1] < right)
        self._map.set_wrong(frozenset((row - top, column - left) for row, column in seen))

    def _show_cursor(self) -> None:
        row, column = self._cursor
        self._map.set_cursor(row - self._seen[0], column - self._seen[2])


def _scroll(bar: ThinScrollBar, turned: int) -> None:
    """By an eighth of what is seen for each notch of a wheel, which is 120."""
    bar.setValue(bar.value() - round(turned / 120 * max(1, bar.pageStep() // 8)))
