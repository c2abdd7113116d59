"""Which part of a grid is seen: rows and columns that share the room, or scroll where they are too many."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QWidget

from weightdeck_desktop.theme import Theme
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar

Place = tuple[int, int]  # row and column


class SeenPart(QObject):
    """Has two scroll bars at the edges of a grid, each there only where not all cells have the least size.

    Lengths are px in the grid's widget.
    """

    scrolled = Signal()

    def __init__(self, name: str, grid: QWidget) -> None:
        """`name`: beginning of the bars' object names."""
        super().__init__(grid)
        self.area = QRect()  # of the cells
        self.cell = (1.0, 1.0)  # height and width
        self._count = (0, 0)  # rows and columns
        self._upright = ThinScrollBar(Qt.Orientation.Vertical, grid)
        self._level = ThinScrollBar(Qt.Orientation.Horizontal, grid)
        self._upright.setObjectName(f"{name}_rows")
        self._level.setObjectName(f"{name}_columns")
        for bar in (self._upright, self._level):
            bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            bar.hide()
            bar.valueChanged.connect(self.scrolled)

    @property
    def origin(self) -> Place:
        """The first row and column that are seen."""
        return self._upright.value(), self._level.value()

    @property
    def rows(self) -> range:
        return range(self._upright.value(), self._upright.value() + self._upright.pageStep())

    @property
    def columns(self) -> range:
        return range(self._level.value(), self._level.value() + self._level.pageStep())

    def set_theme(self, theme: Theme) -> None:
        self._upright.set_theme(theme)
        self._level.set_theme(theme)

    def fit(self, room: QRect, count: Place, least: Place, most: Place) -> None:
        """Share `room` among `count` cells, none of which is smaller than `least` or larger than `most` (height,
        width).
        """
        thick = self._upright.sizeHint().width()
        has_level = count[1] * least[1] > room.width()
        has_upright = count[0] * least[0] > room.height() - (thick if has_level else 0)
        has_level = count[1] * least[1] > room.width() - (thick if has_upright else 0)
        self._count = count
        self.area = room.adjusted(0, 0, -thick if has_upright else 0, -thick if has_level else 0)
        height = _fit_bar(self._upright, count[0], self.area.height(), least[0], is_there=has_upright)
        width = _fit_bar(self._level, count[1], self.area.width(), least[1], is_there=has_level)
        self.cell = (min(height, float(most[0])), min(width, float(most[1])))
        self._upright.setGeometry(self.area.right() + 1, self.area.top(), thick, self.area.height())
        self._level.setGeometry(self.area.left(), self.area.bottom() + 1, self.area.width(), thick)

    def empty(self, room: QRect) -> None:
        """There are no cells."""
        self.area, self._count = room, (0, 0)
        self._upright.hide()
        self._level.hide()

    def cell_rect(self, place: Place) -> QRectF:
        """Where a cell lies; outside of `area` when it is not seen."""
        height, width = self.cell
        (row, column), (top, left) = place, self.origin
        return QRectF(
            self.area.x() + (column - left) * width, self.area.y() + (row - top) * height, width, height
        )

    def place_at(self, point: QPoint) -> Place | None:
        if not self.area.contains(point):
            return None
        height, width = self.cell
        row = int((point.y() - self.area.y()) / height) + self.origin[0]
        column = int((point.x() - self.area.x()) / width) + self.origin[1]
        return (row, column) if row < self._count[0] and column < self._count[1] else None

    def reveal(self, place: Place) -> None:
        """Scroll as little as shows a cell."""
        for bar, at in zip((self._upright, self._level), place, strict=True):
            if at < bar.value():
                bar.setValue(at)
            elif at >= bar.value() + bar.pageStep():
                bar.setValue(at - bar.pageStep() + 1)

    def turn(self, event: QWheelEvent) -> None:
        """By a cell for each notch of the wheel; ignored where all is seen."""
        if self._upright.isHidden() and self._level.isHidden():
            event.ignore()
            return
        turned = event.angleDelta()
        sideways = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier) or self._upright.isHidden()
        bar, notches = (self._level, turned.x() or turned.y()) if sideways else (self._upright, turned.y())
        bar.setValue(bar.value() - round(notches / 120))


def _fit_bar(bar: ThinScrollBar, count: int, room: int, least: int, *, is_there: bool) -> float:
    """Have `bar` go through `count` cells; the length of each."""
    fitting = min(count, max(1, room // least)) if is_there else count
    bar.blockSignals(True)
    bar.setRange(0, count - fitting)
    bar.setPageStep(fitting)
    bar.blockSignals(False)
    bar.setVisible(is_there)
    return max(1.0, room / fitting)
