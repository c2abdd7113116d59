"""Numbers of a stage as pictures: colours from a table, as many as there are pixels for.

Letters: G pictures of a stage, R rows, C columns of each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPixmap

from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.downsample import numbers_behind

Floats = NDArray[np.float32]
Places = NDArray[np.uint8]

_UNDER = 0.32  # how much is left of the colours of rows that are not followed


class StagePictures:
    """The numbers of one stage and their colours: signed ones around 0 on the diverging table, others on the ramp.

    Of numbers that share a pixel the one furthest from 0 is seen, and pointed at. Where there is none (NaN), or it is
    masked (-inf), a picture is transparent: the ground shows.
    """

    def __init__(self) -> None:
        self.values: Floats | None = None  # (G, R, C)
        self._known: Floats | None = None  # the same, NaN where nothing is seen
        self._places: Places | None = None  # in the colour table
        self._signed = True
        self._limit = 1.0

    @property
    def shape(self) -> tuple[int, ...] | None:
        """(G, R, C); None without numbers."""
        return None if self.values is None else self.values.shape

    def set_values(self, values: Floats | None, limit: float, *, signed: bool) -> bool:
        """Take other numbers, whose colours end at `limit`; whether anything that is seen differs."""
        if values is None or values.size == 0:
            had_some, self.values, self._places = self.values is not None, None, None
            return had_some
        before, was, was_signed = self._places, self._known, self._signed
        cells = values[np.newaxis] if values.ndim == 2 else values
        finite = np.isfinite(cells)
        known = cells if finite.all() else np.where(finite, cells, np.float32(np.nan))
        self.values, self._known, self._limit, self._signed = cells, known, limit, signed
        self._places = self._in_table(known)
        if was is None or before is None or was_signed != signed or was.shape != known.shape:
            return True
        return not (np.array_equal(before, self._places) and np.array_equal(np.isnan(was), np.isnan(known)))

    def pixmap(self, picture: int, width: int, height: int, theme: Theme, followed: int | None) -> QPixmap:
        """A picture of at most `width` by `height` pixels; the rows but a `followed` one are softened."""
        assert self._known is not None
        assert self._places is not None
        cells, places = self._known[picture], self._places[picture]
        if height < cells.shape[0] or width < cells.shape[1]:
            cells = self._reduced(cells, height, width)
            places = self._in_table(cells)
        colours = _colours(theme, signed=self._signed)[places]
        rows = self._known.shape[1]
        if followed is not None and followed < rows:
            soft = _softened(theme, signed=self._signed)[places]
            keep = slice(*_pixels_of(followed, rows, len(places)))
            soft[keep] = colours[keep]
            colours = soft
        unknown = np.isnan(cells)
        if unknown.any():
            colours = np.where(unknown, np.uint32(0), colours)
        colours = np.ascontiguousarray(colours)  # taps come in any order of memory
        image = QImage(
            colours.data,
            colours.shape[1],
            colours.shape[0],
            4 * colours.shape[1],
            QImage.Format.Format_ARGB32,
        )
        # A pixmap may share what it is made from, and `colours` ends here.
        return QPixmap.fromImage(image.copy())

    def cell_at(self, picture: int, x: float, y: float, width: float, height: float) -> tuple[int, int]:
        """Row and column of what is seen at (x, y) of a picture of that size."""
        assert self._known is not None
        cells = self._known[picture]
        top, bottom = _behind(y, height, cells.shape[0])
        left, right = _behind(x, width, cells.shape[1])
        part = cells[top:bottom, left:right]
        if np.isnan(part).all():
            return top, left
        seen = np.nanmax(part)
        if self._signed and np.nanmin(part) < -seen:
            seen = np.nanmin(part)
        row, column = np.argwhere(part == seen)[0]
        return top + int(row), left + int(column)

    def _in_table(self, cells: Floats) -> Places:
        """The places of numbers in the colour table; of those that are none, that of 0."""
        zero, scale = (127.5, 127.5) if self._signed else (0.0, 255.0)
        scaled = np.nan_to_num(cells * (scale / self._limit) + zero, nan=zero)
        return np.rint(np.clip(scaled, 0.0, 255.0)).astype(np.uint8)

    def _reduced(self, cells: Floats, height: int, width: int) -> Floats:
        for axis, pixels in enumerate((height, width)):
            count = cells.shape[axis]
            if pixels >= count:
                continue
            starts = np.arange(pixels) * count // pixels
            high = np.fmax.reduceat(cells, starts, axis)
            low = np.fmin.reduceat(cells, starts, axis)
            cells = np.where(low < -high, low, high) if self._signed else high
        return cells


def _behind(offset: float, length: float, count: int) -> tuple[int, int]:
    if count > int(length):
        return numbers_behind(offset, length, count)
    place = min(max(int(offset / length * count), 0), count - 1)
    return place, place + 1


def _pixels_of(row: int, rows: int, pixels: int) -> tuple[int, int]:
    first = row * pixels // rows
    return first, max(first + 1, (row + 1) * pixels // rows)


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
