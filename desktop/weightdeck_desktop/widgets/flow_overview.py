"""The whole of a flow in small, with a frame around what is seen of it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from weightdeck_desktop.theme import Theme, dark_theme
from weightdeck_desktop.widgets.flow_plan import FlowPlan


class FlowOverview(QWidget):
    """Stands beside the flow while not all of it is seen. A press or a drag moves what is seen there."""

    moved = Signal(QPointF)  # the user's: the middle of what is to be seen, as the plan counts

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._plan: FlowPlan | None = None
        self._seen = QRectF()
        self._map: QPixmap | None = None
        self.setObjectName("flow_overview")
        self.setAccessibleName(self.tr("Overview"))
        self.setToolTip(self.tr("The whole model; the frame is what is seen of it. Drag in it to move."))
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._redraw()

    def set_plan(self, plan: FlowPlan) -> None:
        self._plan = plan
        self._redraw()

    def set_seen(self, seen: QRectF) -> None:
        """The rectangle of the plan that is seen."""
        if seen != self._seen:
            self._seen = QRectF(seen)
            self.update()

    @property
    def frame(self) -> QRectF:
        """Where the frame around what is seen lies, px."""
        x, y = self._scales()
        seen = self._seen
        return QRectF(seen.x() * x, seen.y() * y, seen.width() * x, seen.height() * y)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._move_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._move_to(event.position())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._redraw()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._map is None:
            self._map = self._drawn()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._map)
        frame = self.frame.adjusted(0.5, 0.5, -1.5, -1.5)
        painter.setBrush(self._theme.brush(self._theme.text, 0.08))
        painter.setPen(self._theme.pen(self._theme.text))
        painter.drawRect(frame)
        painter.end()

    def _move_to(self, at: QPointF) -> None:
        x, y = self._scales()
        if self._plan is not None:
            self.moved.emit(QPointF(at.x() / x, at.y() / y))

    def _scales(self) -> tuple[float, float]:
        if self._plan is None:
            return 1.0, 1.0
        return self.width() / max(1.0, self._plan.width), self.height() / max(1.0, self._plan.height)

    def _redraw(self) -> None:
        self._map = None
        self.update()

    def _drawn(self) -> QPixmap:
        theme, ratio = self._theme, self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme.window)
        if self._plan is None:
            return picture
        painter = QPainter(picture)
        painter.scale(*self._scales())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.panel)
        for band in self._plan.bands:
            painter.drawRect(band.rect)
        painter.setBrush(theme.line)
        for placed in self._plan.stages.values():
            for tile in placed.tiles:
                painter.drawRect(tile)
        for chip in self._plan.chips:
            painter.drawRect(chip)
        painter.end()
        return picture
