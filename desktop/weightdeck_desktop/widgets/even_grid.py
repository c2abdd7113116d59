"""Parts of equal width in as many columns as fit."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget


class EvenGrid(QWidget):
    """Lays its parts out in rows of equal length; its own height is fixed by how many rows that takes.

    Not a QLayout with height for width, for the reason given in flow_row.py.
    """

    def __init__(self, *, row_gap: int = 4, column_gap: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: list[QWidget] = []
        self._row_gap = row_gap
        self._column_gap = column_gap
        self._column_width = 1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def add(self, part: QWidget) -> None:
        """Put a part behind the others."""
        part.setParent(self)
        part.show()  # a parent that is visible already does not do it
        self._parts.append(part)
        self._arrange()

    def remove(self, part: QWidget) -> None:
        """Let go of a part: it is hidden and belongs to nobody."""
        self._parts.remove(part)
        part.setParent(None)
        self._arrange()

    def set_column_width(self, least: int) -> None:
        """No column gets narrower than `least` px."""
        self._column_width = least
        self.updateGeometry()
        self._arrange()

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._column_width, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Rows are filled evenly: six parts stand in 6, 3 + 3 or 2 + 2 + 2, never in 4 + 2."""
        if not self._parts:
            self.setFixedHeight(0)
            return
        gap = self._column_gap
        fitting = min(len(self._parts), max(1, (self.width() + gap) // (self._column_width + gap)))
        rows = math.ceil(len(self._parts) / fitting)
        columns = math.ceil(len(self._parts) / rows)
        height = max(max(part.minimumHeight(), part.minimumSizeHint().height()) for part in self._parts)
        for place, part in enumerate(self._parts):
            row, column = divmod(place, columns)
            left = column * (self.width() + gap) // columns
            right = (column + 1) * (self.width() + gap) // columns - gap
            part.setGeometry(left, row * (height + self._row_gap), right - left, height)
        self.setFixedHeight(rows * (height + self._row_gap) - self._row_gap)
