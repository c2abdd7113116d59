"""Very many small numbers as a grid of coloured cells, of which one is in the hand.

Letters: N cells, P pixels of height, Q pixels of width.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck_desktop.theme import Theme, dark_theme
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.outlines import paint_focus, paint_hand
from weightdeck_desktop.widgets.plain_tip import plain_tip
from weightdeck_desktop.widgets.walking import walked

_MOST = 40  # px at 100 %: side of a cell with its line
_RIM = 3  # px around the grid: room for the outline of the one in hand
_LINED = 4  # px: smaller cells have no line between them

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]


class _Form(NamedTuple):
    """Cells stand at every `pitch` px, `columns` in a row."""

    columns: int
    pitch: int


class NeuronGrid(QWidget):
    """Cells in the order that it is told, row by row. Click or arrow keys choose one, Enter or a double click opens it.

    What it tells are places in the values, not in the grid. Crossed cells are hollow with a cross whatever their value,
    marked ones have a corner; a cell without a number is hatched. All is one picture, made anew when a colour changed.
    """

    chosen = Signal(int)
    opened = Signal(int)
    menu_requested = Signal(int, QPoint)  # a cell, and where on the screen

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._theme: Theme = dark_theme()
        self._values_N: Floats | None = None
        self._limit = 1.0
        self._signed = True
        self._order_N: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._place_N: NDArray[np.intp] = np.empty(0, dtype=np.intp)  # where in the grid each value stands
        self._crossed_N: Flags = np.empty(0, dtype=np.bool_)
        self._marked_N: Flags = np.empty(0, dtype=np.bool_)
        self._choice = 0
        self._message = ""
        self._tip: Callable[[int], str] = str
        self._picture: QPixmap | None = None
        self._form = _Form(1, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def choice(self) -> int:
        return self._choice

    @property
    def order(self) -> tuple[int, ...]:
        """Which values the cells show, in reading order."""
        return tuple(self._order_N.tolist())

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self._repaint()

    def set_tip(self, tip: Callable[[int], str]) -> None:
        """Gives a cell's words when they are wanted."""
        self._tip = tip

    def set_cells(
        self,
        values_N: Floats | None,
        limit: float,
        *,
        signed: bool,
        order_N: NDArray[np.intp],
        crossed_N: Flags,
        marked_N: Flags,
    ) -> None:
        """Colours span [-limit, limit], unsigned [0, limit]; `order_N` has every place once. None: no data."""
        if values_N is not None and not values_N.size:
            values_N = None
        same = (
            values_N is not None
            and self._values_N is not None
            and (limit, signed) == (self._limit, self._signed)
            and np.array_equal(values_N, self._values_N, equal_nan=True)
            and np.array_equal(order_N, self._order_N)
            and np.array_equal(crossed_N, self._crossed_N)
            and np.array_equal(marked_N, self._marked_N)
        )
        self._values_N, self._limit, self._signed = values_N, limit, signed
        self._crossed_N, self._marked_N = crossed_N, marked_N
        self._order_N = order_N
        self._place_N = np.argsort(order_N)
        if not same:
            self._repaint()

    def set_choice(self, place: int) -> None:
        """Outline one cell."""
        if place != self._choice:
            self._choice = place
            self.update()

    def set_message(self, message: str) -> None:
        """Why there is no data; shown as long as there is none."""
        if message != self._message:
            self._message = message
            if self._values_N is None:
                self.setAccessibleDescription(message)
                self.update()

    def describe(self, words: str) -> None:
        """What the cell in hand says, for screen readers."""
        self.setAccessibleDescription(words)

    def cell_rect(self, place: int) -> QRectF:
        """Where the cell of a value lies, px."""
        row, column = divmod(int(self._place_N[place]), self._form.columns)
        pitch = self._form.pitch
        return QRectF(_RIM + column * pitch, _RIM + row * pitch, pitch, pitch)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(220), self._theme.px(120))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(100), self._theme.px(44))

    # What the user does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self._choose(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self.opened.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._values_N is None:
            event.ignore()
            return
        key, here = Qt.Key(event.key()), int(self._place_N[self._choice])
        place = walked(key, here, len(self._order_N) - 1, down=self._form.columns)
        if place is not None:
            self._choose(int(self._order_N[place]))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self._choice)
        else:
            event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        place = self._place_at(QPointF(event.pos())) if by_mouse else self._choice
        if self._values_N is None or place is None:
            event.ignore()
            return
        below = self.mapToGlobal(self.cell_rect(place).bottomLeft().toPoint())
        self.menu_requested.emit(place, event.globalPos() if by_mouse else below)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self._place_at(QPointF(event.pos()))
            if place is not None:
                rect = self.cell_rect(place).toAlignedRect()
                QToolTip.showText(event.globalPos(), plain_tip(self._tip(place)), self, rect)
                return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._repaint()

    def _choose(self, place: int) -> None:
        if place != self._choice:
            self.set_choice(place)
            self.chosen.emit(place)

    def _place_at(self, at: QPointF) -> int | None:
        columns, pitch = self._form
        column, row = int((at.x() - _RIM) // pitch), int((at.y() - _RIM) // pitch)
        place = row * columns + column
        inside = self._values_N is not None and 0 <= column < columns and 0 <= place < len(self._order_N)
        return int(self._order_N[place]) if inside else None

    # Painting

    def _measured(self) -> _Form:
        """The largest cells with which all fit."""
        count = max(1, len(self._order_N))
        width, height = max(1, self.width() - 2 * _RIM - 1), max(1, self.height() - 2 * _RIM - 1)
        pitch = max(1, min(math.isqrt(width * height // count), self._theme.px(_MOST)))
        while pitch > 1 and (width // pitch) * (height // pitch) < count:
            pitch -= 1
        rows = math.ceil(count / max(1, width // pitch))
        return _Form(math.ceil(count / rows), pitch)

    def _repaint(self) -> None:
        self._form = self._measured()
        self._picture = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.panel)
        if self._values_N is None:
            paint_no_data(painter, QRectF(self.rect()), theme, self._message)
        else:
            if self._picture is None:
                self._picture = self._drawn(self._values_N)
            painter.drawPixmap(_RIM, _RIM, self._picture)
            if self._choice < len(self._place_N):
                paint_hand(painter, self.cell_rect(self._choice), theme)
        if self.hasFocus():
            paint_focus(painter, self.rect(), theme)
        painter.end()

    def _drawn(self, values_N: Floats) -> QPixmap:
        theme, ratio, count = self._theme, self.devicePixelRatioF(), len(values_N)
        columns = self._form.columns
        pitch = max(1, round(self._form.pitch * ratio))
        line = 1 if self._form.pitch >= _LINED else 0
        side = pitch - line
        rows = math.ceil(count / columns)
        pixels_PQ = np.full((rows * pitch + line, columns * pitch + line), theme.panel.rgb(), dtype=np.uint32)
        y, x = np.arange(pixels_PQ.shape[0]), np.arange(pixels_PQ.shape[1])
        place_PQ = np.minimum(y // pitch, rows - 1)[:, None] * columns + np.minimum(x // pitch, columns - 1)
        lattice_PQ = (y % pitch < line)[:, None] | (x % pitch < line)
        exists_PQ = place_PQ < count
        pixels_PQ[lattice_PQ & exists_PQ] = theme.mixed(theme.panel, theme.line, 0.4).rgb()
        inner_PQ = ~lattice_PQ & exists_PQ
        cell = self._order_N[place_PQ[inner_PQ]]
        down = np.broadcast_to((y % pitch - line)[:, None], place_PQ.shape)[inner_PQ]
        right = np.broadcast_to(x % pitch - line, place_PQ.shape)[inner_PQ]
        edge = np.minimum(np.minimum(down, right), side - 1 - np.maximum(down, right)) == 0
        cross = (down == right) | (down + right == side - 1)
        ink = self._colours(values_N)[cell]
        hatch = ~np.isfinite(values_N)[cell]
        ink[hatch] = theme.panel.rgb()
        ink[hatch & cross] = theme.mixed(theme.panel, theme.line, 0.6).rgb()
        hollow = self._crossed_N[cell]
        ink[hollow] = theme.panel.rgb()
        ink[hollow & (cross | edge if side >= _LINED else edge)] = theme.secondary.rgb()
        corner = max(2, side // 3)
        held = self._marked_N[cell]
        ink[held & (down <= corner) & (right <= corner)] = theme.panel.rgb()
        ink[held & (down < corner) & (right < corner)] = theme.text.rgb()
        pixels_PQ[inner_PQ] = ink
        height, width = pixels_PQ.shape
        image = QImage(pixels_PQ.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        # A pixmap may share what it is made from, and the pixels end here.
        picture = QPixmap.fromImage(image.copy())
        picture.setDevicePixelRatio(ratio)
        return picture

    def _colours(self, values_N: Floats) -> NDArray[np.uint32]:
        """(N,) as a picture has them."""
        table = self._theme.diverging_table() if self._signed else self._theme.ramp_table()
        shares_N = np.nan_to_num(values_N.astype(np.float64), nan=0.0) / self._limit
        if self._signed:
            shares_N = (shares_N + 1.0) / 2.0
        places_N = np.rint(np.clip(shares_N, 0.0, 1.0) * 255.0).astype(np.intp)
        words = [QColor(*row).rgb() for row in table[:, :3].tolist()]
        result: NDArray[np.uint32] = np.array(words, dtype=np.uint32)[places_N]
        return result
