"""Numbers of a stage as pictures: colours from a table, as many as there are pixels for.

Letters: G pictures of a stage, R rows, C columns of each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainterPath, QPixmap

from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.downsample import numbers_behind

Floats = NDArray[np.float32]
Places = NDArray[np.uint8]

_UNDER = 0.32  # how much is left of the colours of rows that are not followed


class StagePictures:
    """The numbers of one stage and their colours: signed ones around 0 on the diverging table, others on the ramp.

    Of numbers that share a pixel the one furthest from 0 is seen, and pointed at.
    """

    def __init__(self) -> None:
        self.values: Floats | None = None  # (G, R, C)
        self._places: Places | None = None  # (G, R, C) in the colour table
        self._signed = True
        self._limit = 1.0

    def set_values(self, values: Floats | None, limit: float, *, signed: bool) -> bool:
        """Take other numbers, whose colours end at `limit`; whether anything that is seen differs."""
        if values is None or values.size == 0:
            had_some, self.values, self._places = self.values is not None, None, None
            return had_some
        cells = values[np.newaxis] if values.ndim == 2 else values
        scaled = cells * (127.5 / limit) + 127.5 if signed else cells * (255.0 / limit)
        places = np.clip(np.nan_to_num(scaled, nan=127.5), 0.0, 255.0).round().astype(np.uint8)
        before, was, was_signed = self._places, self.values, self._signed
        self.values, self._places, self._limit, self._signed = cells, places, limit, signed
        if was is None or before is None or was_signed != signed or was.shape != cells.shape:
            return True
        is_same = np.array_equal(before, places) and np.array_equal(np.isfinite(was), np.isfinite(cells))
        return not is_same

    @property
    def limit(self) -> float:
        """Where the colours end."""
        return self._limit

    def pixmap(self, picture: int, width: int, height: int, theme: Theme, followed: int | None) -> QPixmap:
        """A picture of at most `width` by `height` pixels; the rows but a `followed` one are softened."""
        assert self.values is not None
        assert self._places is not None
        places = self._reduced(self._places[picture], height, width)
        colours = _colours(theme, signed=self._signed)[places]
        rows = len(self._places[picture])
        if followed is not None and followed < rows:
            soft = _softened(theme, signed=self._signed)[places]
            keep = slice(*_pixels_of(followed, rows, len(places)))
            soft[keep] = colours[keep]
            colours = soft
        image = QImage(
            colours.data,
            colours.shape[1],
            colours.shape[0],
            4 * colours.shape[1],
            QImage.Format.Format_RGB32,
        )
        return QPixmap.fromImage(
            image.copy()
        )  # a pixmap may share what it is made from, and `colours` ends here

    def hatches(self, picture: int, rect: QRectF) -> tuple[QPainterPath, QPainterPath]:
        """The cells within `rect` that hold no number, and those that are masked (-inf)."""
        assert self.values is not None
        values = self.values[picture]
        return _outline(np.isnan(values), rect), _outline(np.isneginf(values), rect)

    @property
    def is_finite(self) -> bool:
        return self.values is not None and bool(np.isfinite(self.values).all())

    def cell_at(self, picture: int, x: float, y: float, width: float, height: float) -> tuple[int, int]:
        """Row and column of what is seen at (x, y) of a picture of that size."""
        assert self.values is not None
        values = self.values[picture]
        top, bottom = _behind(y, height, values.shape[0])
        left, right = _behind(x, width, values.shape[1])
        part = np.nan_to_num(np.abs(values[top:bottom, left:right]), nan=-1.0, posinf=-1.0)
        row, column = np.unravel_index(int(part.argmax()), part.shape)
        return top + int(row), left + int(column)

    def _reduced(self, places: Places, height: int, width: int) -> Places:
        for axis, pixels in enumerate((height, width)):
            count = places.shape[axis]
            if pixels >= count:
                continue
            starts = np.arange(pixels) * count // pixels
            high = np.maximum.reduceat(places, starts, axis)
            if not self._signed:
                places = high
                continue
            low = np.minimum.reduceat(places, starts, axis)
            places = np.where(high.astype(np.int16) + low >= 255, high, low)
        return places


def _behind(offset: float, length: float, count: int) -> tuple[int, int]:
    if count > int(length):
        return numbers_behind(offset, length, count)
    place = min(max(int(offset / length * count), 0), count - 1)
    return place, place + 1


def _pixels_of(row: int, rows: int, pixels: int) -> tuple[int, int]:
    first = row * pixels // rows
    return first, max(first + 1, (row + 1) * pixels // rows)


def _outline(cells: NDArray[np.bool_], rect: QRectF) -> QPainterPath:
    """The true cells, those beside one another in one."""
    path = QPainterPath()
    rows, columns = cells.shape
    width, height = rect.width() / columns, rect.height() / rows
    for row in np.flatnonzero(cells.any(1)).tolist():
        edges = np.flatnonzero(np.diff(cells[row].astype(np.int8), prepend=0, append=0)).tolist()
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            path.addRect(rect.x() + start * width, rect.y() + row * height, (end - start) * width, height)
    return path


def _colours(theme: Theme, *, signed: bool) -> NDArray[np.uint32]:
    """(256,) colours as a 32-bit image holds them."""
    table = (theme.diverging_table() if signed else theme.ramp_table()).astype(np.uint32)
    return _packed(table)


def _softened(theme: Theme, *, signed: bool) -> NDArray[np.uint32]:
    table = (theme.diverging_table() if signed else theme.ramp_table()).astype(np.float32)
    ground = np.array([theme.panel.red(), theme.panel.green(), theme.panel.blue(), 255], np.float32)
    mixed = (ground + (table - ground) * _UNDER).astype(np.uint32)
    return _packed(mixed)


def _packed(table: NDArray[np.uint32]) -> NDArray[np.uint32]:
    red, green, blue = table[:, 0], table[:, 1], table[:, 2]
    return np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
