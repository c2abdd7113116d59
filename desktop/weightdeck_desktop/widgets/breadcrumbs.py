"""The way to where one is: names with arrows between them, each of which leads back to its place."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme

_ARROW = " › "
_CUT = "… › "


class Breadcrumbs(QWidget):
    """One line: the last names that have room, the place where one is in full ink. Left and Right walk over the names,
    Enter or a click goes there.
    """

    chosen = Signal(int)  # by the user: a place among the names

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(self.tr("The way here"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setToolTip(
            self.tr("The way here. Left and Right walk over it, Enter or a click goes back there")
        )
        self._theme: Theme = dark_theme()
        self._names: tuple[str, ...] = ()
        self._cursor = 0

    @property
    def names(self) -> tuple[str, ...]:
        return self._names

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def set_names(self, names: Sequence[str]) -> None:
        """The way from its beginning to where one is."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            self._cursor = max(0, len(names) - 1)
            self._tell()

    def sizeHint(self) -> QSize:
        return QSize(0, self._metrics().height() + self._theme.px(8))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = event.key(), event.modifiers() == Qt.KeyboardModifier.NoModifier
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and plain and self._names:
            step = -1 if key == Qt.Key.Key_Left else 1
            self._cursor = min(max(self._cursor + step, 0), len(self._names) - 1)
            self._tell()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self._choose(self._cursor)
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self._choose(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().x())
        leads = place is not None and place < len(self._names) - 1
        self.setCursor(Qt.CursorShape.PointingHandCursor if leads else Qt.CursorShape.ArrowCursor)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), f"{_ARROW.join(self._names)}\n{self.toolTip()}", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setFont(theme.font(Type.MONO_SMALL))
        painter.setPen(theme.pen(theme.secondary))
        rects = self._rects()
        first = min(rects, default=0)
        if first:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, _CUT)
        for place, rect in rects.items():
            is_last = place == len(self._names) - 1
            painter.setPen(theme.pen(theme.text if is_last else theme.secondary))
            words = self._metrics().elidedText(
                self._names[place], Qt.TextElideMode.ElideMiddle, rect.width() + 1
            )
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, words)
            if not is_last:
                painter.drawText(
                    QRect(rect.right() + 1, 0, self.width(), self.height()),
                    Qt.AlignmentFlag.AlignVCenter,
                    _ARROW,
                )
        if self.hasFocus() and self._names:
            painter.setPen(theme.pen(theme.hand_outline))
            painter.drawRect(rects.get(self._cursor, self.rect()).adjusted(-1, 1, 0, -2))
        painter.end()

    def _choose(self, place: int) -> None:
        if 0 <= place < len(self._names) - 1:
            self.chosen.emit(place)

    def _tell(self) -> None:
        here = self._names[self._cursor] if self._names else ""
        self.setAccessibleName(self.tr("The way here: {0}").format(_ARROW.join(self._names)))
        self.setAccessibleDescription(here)
        self.update()

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._theme.font(Type.MONO_SMALL))

    def _rects(self) -> dict[int, QRect]:
        """Where the names stand that have room. The one under the cursor is always among them."""
        metrics = self._metrics()
        arrow = metrics.horizontalAdvance(_ARROW)
        widths = [metrics.horizontalAdvance(name) + 1 for name in self._names]
        end = len(widths) if not self.hasFocus() else self._cursor + 1
        first = end
        used = 0
        while first and (
            first == end or used + arrow + widths[first - 1] + metrics.horizontalAdvance(_CUT) <= self.width()
        ):
            first -= 1
            used += widths[first] + (arrow if first < end - 1 else 0)
        rects: dict[int, QRect] = {}
        x = metrics.horizontalAdvance(_CUT) if first else 1
        for place in range(first, len(widths)):
            width = min(widths[place], self.width() - x)
            if width <= 0:
                break
            rects[place] = QRect(x, 0, width, self.height())
            x += width + arrow
        return rects

    def _place_at(self, x: float) -> int | None:
        """The name at `x`; what is cut off stands for the last of the names that have no room."""
        rects = self._rects()
        first = min(rects, default=0)
        if first and x < rects[first].left():
            return first - 1
        return next((place for place, rect in rects.items() if rect.left() <= x <= rect.right()), None)
