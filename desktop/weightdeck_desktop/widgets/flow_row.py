"""Controls side by side that go on in the next line where the width ends."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget


class FlowRow(QWidget):
    """Gives every visible child its preferred size; its own height is fixed by how many lines that takes.

    Not a QLayout with height for width: a scroll area around such a layout never makes its contents smaller
    than they would like to be.
    """

    def __init__(self, *, gap: int = 10, line_gap: int = 4, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: list[QWidget] = []
        self._gap = gap
        self._line_gap = line_gap
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def add(self, part: QWidget) -> None:
        """Put a part at the end; the keyboard comes to it after the others, also when it is added late."""
        part.setParent(self)
        if self._parts:
            QWidget.setTabOrder(self._parts[-1], part)
        self._parts.append(part)

    def remove(self, part: QWidget) -> None:
        """Take a part out for good."""
        self._parts.remove(part)
        part.hide()
        part.deleteLater()
        self._arrange()

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        width = max((part.sizeHint().width() for part in self._visible()), default=0)
        return QSize(width, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # a child was shown, hidden, or wants another size
            self._arrange()
        return super().event(event)

    def _visible(self) -> list[QWidget]:
        return [part for part in self._parts if not part.isHidden()]

    def _arrange(self) -> None:
        lines: list[list[QWidget]] = []
        used = 0
        for part in self._visible():
            width = part.sizeHint().width()
            if lines and used + self._gap + width <= self.width():
                lines[-1].append(part)
                used += self._gap + width
            else:
                lines.append([part])
                used = width
        y = 0
        for line in lines:
            height = max(part.sizeHint().height() for part in line)
            x = 0
            for part in line:
                size = part.sizeHint()
                part.setGeometry(QRect(x, y + (height - size.height()) // 2, size.width(), size.height()))
                x += size.width() + self._gap
            y += height + self._line_gap
        self.setFixedHeight(max(0, y - self._line_gap))
