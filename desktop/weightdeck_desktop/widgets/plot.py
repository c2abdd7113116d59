"""A plot of lines that is zoomed and panned, with a crosshair; drawn by Qt's own items (see canvas.py)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent, QPixmap, QWheelEvent
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QGraphicsSimpleTextItem, QWidget

from weightdeck_desktop.theme import Type
from weightdeck_desktop.widgets.axes import Axis
from weightdeck_desktop.widgets.axes_picture import AxesPicture
from weightdeck_desktop.widgets.canvas import Canvas, line_path
from weightdeck_desktop.widgets.crosshair import Crosshair
from weightdeck_desktop.widgets.curve import Curve, CurveStyle, Level, Source
from weightdeck_desktop.widgets.decimate import decimate
from weightdeck_desktop.widgets.placing import Placing

Floats = NDArray[np.float64]

_PAN_KEYS = {
    Qt.Key.Key_Left: (-0.1, 0.0),
    Qt.Key.Key_Right: (0.1, 0.0),
    Qt.Key.Key_Up: (0.0, 0.1),
    Qt.Key.Key_Down: (0.0, -0.1),
}
_ZOOM_KEYS = {Qt.Key.Key_Plus: 0.8, Qt.Key.Key_Equal: 0.8, Qt.Key.Key_Minus: 1.25}


class Plot(Canvas):
    """Lines over a horizontal and a vertical axis.

    Wheel: zoom around the pointer (over an axis: only that). Drag: move. Double-click or A: fit. Arrows, plus
    and minus do the same from the keyboard. While the user has not zoomed, the whole extent is shown.
    """

    hovered = Signal(object)  # the x value under the user's pointer, None when it leaves
    log_changed = Signal()  # the user has switched an axis between linear and logarithmic

    def __init__(self, x_title: str, y_title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.x_axis = Axis(log_floor=1.0)
        self.y_axis = Axis()
        self._x_title = x_title
        self._y_title = y_title
        self._fitted = True
        self._area = QRectF()
        self._drag_from: QPointF | None = None
        scene = self.scene()
        self._ground = scene.addPixmap(QPixmap())
        self._ground.setZValue(-2.0)
        self._clip = scene.addRect(QRectF(), Qt.PenStyle.NoPen)
        self._clip.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsChildrenToShape)
        self._curves: dict[str, Curve] = {}
        self._levels: list[tuple[Level, QGraphicsPathItem, QGraphicsSimpleTextItem]] = []
        self._hint = self.text_item(z=1.0)
        self._crosshair = Crosshair(self, z=5.0)
        self._make_actions()

    # What is shown

    def add_curve(self, name: str, style: CurveStyle) -> None:
        """Declare a curve; later ones lie on top."""
        item = QGraphicsPathItem(self._clip)
        label = self.text_item(style.label, z=2.0)
        label.setVisible(False)
        self._curves[name] = Curve(style, item, label)

    def set_curve(self, name: str, x: Floats, y: Floats) -> None:
        """Show these points, x ascending; a y that is not finite is a gap. Draws only what changed."""
        curve = self._curves[name]
        curve.source = None
        curve.points = np.array(x, dtype=np.float64), np.where(np.isfinite(y), y, np.nan)
        self._draw(curve)
        self._place_labels()

    def set_source(self, name: str, source: Source | None) -> None:
        """Take a curve's points from `source` at every `refresh` and zoom; None: an empty curve."""
        self._curves[name].source = source
        self._curves[name].points = np.empty(0), np.empty(0)

    def set_levels(self, levels: tuple[Level, ...]) -> None:
        """Replace the dashed reference lines."""
        if levels == tuple(level for level, _, _ in self._levels):
            return
        for _, line, label in self._levels:
            self.scene().removeItem(line)
            self.scene().removeItem(label)
        self._levels = [(level, QGraphicsPathItem(), self.text_item(level.label, z=2.0)) for level in levels]
        for level, line, label in self._levels:
            line.setZValue(-1.0)
            self.scene().addItem(line)
            label.setToolTip(level.tip)
        self.rebuild()

    def set_extent(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """The whole of what there is to see, low < high, finite; snapped ends keep it from changing often."""
        changed = self.x_axis.set_extent(*x) | self.y_axis.set_extent(*y)
        if changed and self._fitted:
            self.fit()

    def set_y_title(self, title: str) -> None:
        """What the vertical axis shows, with its unit."""
        if title != self._y_title:
            self._y_title = title
            self.rebuild()

    def set_label(self, name: str, label: str) -> None:
        """What stands at the end of a curve."""
        self._curves[name].label.setText(label)

    def set_log(self, x: bool, y: bool) -> None:
        """Linear or logarithmic axes."""
        if (x, y) == (self.x_axis.log, self.y_axis.log):
            return
        self.x_axis.set_log(x)
        self.y_axis.set_log(y)
        self._log_x.setChecked(x)
        self._log_y.setChecked(y)
        self.fit()

    def set_hint(self, text: str) -> None:
        """A short sentence above the plot, while it has no data."""
        if text != self._hint.text():
            self._hint.setText(text)
            self._place_hint()

    def show_readout(self, x: float, text: str) -> None:
        """A vertical line at `x` with lines of text beside it."""
        self._crosshair.show(x, text)
        self._place_crosshair()

    def hide_readout(self) -> None:
        self._crosshair.hide()

    def refresh(self) -> None:
        """Draw what is new of every curve."""
        for curve in self._curves.values():
            self._draw(curve)
        self._place_labels()

    def fit(self) -> None:
        """Show the whole extent, and follow it as it grows."""
        self._fitted = True
        self.x_axis.fit()
        self.y_axis.fit()
        self.rebuild()

    def drawn(self, name: str) -> tuple[Floats, Floats]:
        """The points of a curve as they are on the screen, in pixels."""
        return self._curves[name].x, self._curves[name].y

    # Drawing

    def rebuild(self) -> None:
        theme = self.theme
        size = self.viewport().size()
        right = max((self.text_width(item.text()) for item in self._labels()), default=0.0)
        ticks = self.y_axis.ticks(max(2, int(size.height() / theme.px(36))))
        left = max((self.text_width(label, Type.MONO_SMALL) for _, label in ticks), default=0.0)
        step = theme.px(8)  # margins in steps: a label that grows by one figure does not shift the plot
        left = -(-left // step) * step + step
        right = -(-right // step) * step + step
        self._area = QRectF(left, theme.px(20), size.width() - left - right, size.height() - theme.px(44))
        self._area = QRectF(self._area.toRect())
        if self._area.width() < 8 or self._area.height() < 8:
            return
        self._clip.setRect(self._area)
        picture = AxesPicture(
            size,
            self._area,
            [(self._x_place(value), label) for value, label in self._x_ticks()],
            [(self._y_place(value), label) for value, label in ticks],
            self._x_title,
            self._y_title,
        )
        self._ground.setPixmap(picture.paint(theme, self.devicePixelRatioF()))
        for curve in self._curves.values():
            curve.item.setPen(
                theme.pen(curve.style.colour(theme), curve.style.width, alpha=curve.style.alpha)
            )
            curve.label.setFont(theme.font(Type.SMALL))
            curve.label.setBrush(curve.style.label_colour(theme))
            self._draw(curve)
        for level, line, label in self._levels:
            line.setPen(theme.pen(theme.secondary, 1.0, Qt.PenStyle.DashLine))
            label.setFont(theme.font(Type.SMALL))
            label.setBrush(theme.secondary)
            y = round(self._y_place(level.value)) + 0.5
            line.setPath(line_path(np.array([self._area.left(), self._area.right()]), np.array([y, y])))
            line.setVisible(self._area.top() <= y <= self._area.bottom() + 1)
        self._place_labels()
        self._place_hint()
        self._place_crosshair()

    def _labels(self) -> list[QGraphicsSimpleTextItem]:
        return [curve.label for curve in self._curves.values()] + [label for _, _, label in self._levels]

    def _x_px(self, values: Floats) -> Floats:
        return self._area.left() + self.x_axis.to_unit(values) * self._area.width()

    def _y_px(self, values: Floats) -> Floats:
        units = np.clip(self.y_axis.to_unit(values), -100.0, 100.0)  # the rasteriser overflows far outside
        return self._area.bottom() - units * self._area.height()

    def _x_ticks(self) -> list[tuple[float, str]]:
        widest = self.text_width("1,000,000", Type.MONO_SMALL) + self.theme.px(16)
        return self.x_axis.ticks(max(2, int(self._area.width() / widest)))

    def _x_place(self, value: float) -> float:
        return self._area.left() + self.x_axis.place(value) * self._area.width()

    def _y_place(self, value: float) -> float:
        return self._area.bottom() - self.y_axis.place(value) * self._area.height()

    def _points(self, curve: Curve) -> tuple[Floats, Floats]:
        """A curve's points in view and some beyond, so that lines reach the edge."""
        low, high = self.x_axis.low, self.x_axis.high
        source = curve.source
        if source is None:
            x, y = curve.points
            seen = slice(
                max(0, int(np.searchsorted(x, low)) - 1), int(np.searchsorted(x, high, side="right")) + 1
            )
            return x[seen], y[seen]
        columns = max(1, int(self._area.width()))
        if not self.x_axis.log:
            beyond = (high - low) / 2
            return source(low - beyond, high + beyond, 2 * columns)
        # Every decade for itself: a source may give fewer points where there are many, and on a logarithmic
        # axis the few of the first decade are as wide as all of the last.
        edges = [
            low / 2,
            *(10.0**p for p in range(int(np.ceil(np.log10(low))), int(np.ceil(np.log10(high))))),
            high * 2,
        ]
        parts = [source(start, end, columns) for start, end in zip(edges, edges[1:], strict=False)]
        return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])

    def _draw(self, curve: Curve) -> None:
        if self._area.width() < 8:
            return
        x, y = self._points(curve)
        x, y = self._x_px(x), self._y_px(y)
        seen = np.isfinite(x)
        x, y = decimate(x[seen], y[seen])
        if not (np.array_equal(x, curve.x) and np.array_equal(y, curve.y, equal_nan=True)):
            curve.x, curve.y = x, y
            curve.item.setPath(line_path(x, y))

    def _place_labels(self) -> None:
        """Labels of levels in the right margin and of curves at their ends; none overlaps another."""
        if self._area.width() < 8:
            return
        theme, area = self.theme, self._area
        placing = Placing(area.top() - theme.px(8), area.bottom() + theme.px(8))
        for level, _, label in self._levels:
            y = self._y_place(level.value)
            self._place_label(label, placing, area.right() + theme.px(8), y, area.top() <= y <= area.bottom())
        ends = {name: self._end_of(curve) for name, curve in self._curves.items() if curve.label.text()}
        x = max((end.x() for end in ends.values()), default=0.0) + theme.px(8)
        for name, curve in self._curves.items():
            end = ends.get(name, QPointF())
            seen = end.x() >= area.left() and area.top() <= end.y() <= area.bottom()
            self._place_label(curve.label, placing, x, end.y(), seen)

    def _end_of(self, curve: Curve) -> QPointF:
        """The last point of a curve in view; left of the plot if there is none."""
        seen = np.flatnonzero(~np.isnan(curve.y) & (curve.x <= self._area.right() + 1))
        return QPointF(curve.x[seen[-1]], curve.y[seen[-1]]) if len(seen) else QPointF(-1.0, -1.0)

    def _place_label(
        self, label: QGraphicsSimpleTextItem, placing: Placing, x: float, y: float, seen: bool
    ) -> None:
        label.setVisible(seen)
        if seen:
            size = label.boundingRect()
            label.setPos(placing.place(x, y, size.width(), size.height()))

    def _place_hint(self) -> None:
        self._hint.setFont(self.theme.font(Type.SMALL))
        self._hint.setBrush(self.theme.secondary)
        size = self._hint.boundingRect()
        self._hint.setPos(self._area.right() - size.width(), 0.0)

    def _place_crosshair(self) -> None:
        self._crosshair.place(self._area, self._x_place(self._crosshair.x), self.theme)

    # The user's acts

    def _make_actions(self) -> None:
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        fit = QAction(self.tr("Show everything"), self)
        fit.setShortcut("A")
        fit.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        fit.triggered.connect(self.fit)
        self._log_x = QAction(self.tr("Logarithmic horizontal axis"), self, checkable=True)
        self._log_y = QAction(self.tr("Logarithmic vertical axis"), self, checkable=True)
        for action in (self._log_x, self._log_y):
            action.triggered.connect(self._on_log_toggled)
        self.addActions([fit, self._log_x, self._log_y])

    def _on_log_toggled(self) -> None:
        self.set_log(self._log_x.isChecked(), self._log_y.isChecked())
        self.log_changed.emit()

    def _zoom(self, factor: float, at: QPointF) -> None:
        area = self._area
        over_x_axis, over_y_axis = at.y() > area.bottom(), at.x() < area.left()
        if not over_y_axis:
            self.x_axis.zoom(factor, (at.x() - area.left()) / area.width())
        if not over_x_axis:
            self.y_axis.zoom(factor, (area.bottom() - at.y()) / area.height())
        self._fitted = False
        self.rebuild()

    def _pan(self, x_share: float, y_share: float) -> None:
        self.x_axis.pan(x_share)
        self.y_axis.pan(y_share)
        self._fitted = False
        self.rebuild()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._area.isEmpty():
            return
        self._zoom(0.85 ** (event.angleDelta().y() / 120.0), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag_from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at, area = event.position(), self._area
        if area.isEmpty():
            return
        if self._drag_from is not None:
            moved = at - self._drag_from
            self._drag_from = at
            self._pan(-moved.x() / area.width(), moved.y() / area.height())
        inside = area.contains(at)
        self.hovered.emit(self.x_axis.to_value((at.x() - area.left()) / area.width()) if inside else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag_from = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _PAN_KEYS:
            self._pan(*_PAN_KEYS[key])
        elif key in _ZOOM_KEYS:
            self._zoom(_ZOOM_KEYS[key], self._area.center())
        else:
            super().keyPressEvent(event)
