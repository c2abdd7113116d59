"""A plot of lines that is zoomed and panned, with a crosshair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QGraphicsSimpleTextItem, QWidget

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.crosshair import Crosshair
from weightdeck_desktop.widgets.curve import CrispLine, Curve, CurveStyle, Level, Source
from weightdeck_desktop.widgets.decimate import decimate, with_dashes
from weightdeck_desktop.widgets.graph import Graph
from weightdeck_desktop.widgets.number_axis import NumberAxis
from weightdeck_desktop.widgets.past_shade import PastShade
from weightdeck_desktop.widgets.placing import Placing

Floats = NDArray[np.float64]

_PAN_KEYS = {
    Qt.Key.Key_Left: (-0.1, 0.0),
    Qt.Key.Key_Right: (0.1, 0.0),
    Qt.Key.Key_Up: (0.0, 0.1),
    Qt.Key.Key_Down: (0.0, -0.1),
}
_ZOOM_KEYS = {Qt.Key.Key_Plus: 0.8, Qt.Key.Key_Equal: 0.8, Qt.Key.Key_Minus: 1.25}
_NO_LIMITS = {
    "xMin": -1e300,
    "xMax": 1e300,
    "yMin": -1e300,
    "yMax": 1e300,
    "minXRange": 0.0,
    "minYRange": 0.0,
}
_FAR = 100.0  # heights of the plot; the rasteriser overflows far outside


class Plot(Graph):
    """Lines over a horizontal and a vertical axis.

    Wheel: zoom around the pointer (over an axis: only that). Drag: move. Double-click or A: fit. Arrows, plus
    and minus do the same from the keyboard. While the user has not zoomed, the whole extent is shown.
    """

    hovered = Signal(object)  # the x value under the user's pointer, None when it leaves
    log_changed = Signal()  # the user has switched an axis between linear and logarithmic

    def __init__(self, x_title: str, y_title: str, parent: QWidget | None = None) -> None:
        super().__init__(NumberAxis("bottom", log_floor=1.0), NumberAxis("left"), parent)
        self._curves: dict[str, Curve] = {}
        self._levels: list[tuple[Level, CrispLine, QGraphicsSimpleTextItem]] = []
        self._fitted = True
        self._x_title = self.text_item(x_title)
        self._y_title = self.text_item(y_title)
        self._hint = self.text_item()
        self._past = PastShade(self.scene(), z=4.0)
        self._crosshair = Crosshair(self.scene(), z=5.0)
        self._make_actions()
        self.view_box.sigRangeChangedManually.connect(self._on_view_moved)
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)

    # What is shown

    def add_curve(self, name: str, style: CurveStyle) -> None:
        """Declare a curve; later ones lie on top."""
        curve = Curve(style, self.text_item(style.label))
        curve.label.setVisible(False)
        curve.label.setZValue(5.0)  # above the shade of the past, which would cover half of it
        curve.set_theme(self.theme)
        self.view_box.addItem(curve.item)
        self._curves[name] = curve

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
            self.view_box.removeItem(line)
            self.scene().removeItem(label)
        self._levels = [(level, CrispLine(angle=0), self.text_item(level.label)) for level in levels]
        for level, line, label in self._levels:
            self.view_box.addItem(line)
            line.setZValue(-1.0)
            label.setToolTip(level.tip)
        self._style_levels(self.theme)
        self.arrange()

    def set_extent(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """The whole of what there is to see, low < high, finite; snapped ends keep it from changing often."""
        changed = self.x_axis.set_extent(*x) | self.y_axis.set_extent(*y)
        if changed and self._fitted:
            self.fit()
        elif changed:
            self._limit()

    def set_y_title(self, title: str) -> None:
        """What the vertical axis shows, with its unit."""
        self._y_title.setText(title)

    def set_label(self, name: str, label: str) -> None:
        """What stands at the end of a curve."""
        if label != self._curves[name].label.text():
            self._curves[name].label.setText(label)
            self.arrange()

    def set_log(self, x: bool, y: bool) -> None:
        """Linear or logarithmic axes."""
        if (x, y) == (self.x_axis.log, self.y_axis.log):
            return
        self.x_axis.set_log(x)
        self.y_axis.set_log(y)
        self._log_x.setChecked(x)
        self._log_y.setChecked(y)
        self.fit()
        self.arrange()

    def set_hint(self, text: str) -> None:
        """A short sentence above the plot, while it has no data."""
        if text != self._hint.text():
            self._hint.setText(text)
            self._place_hint()

    def set_past(self, x: float | None) -> None:
        """Mark a moment of the past, and what came after it; None for none."""
        if x != self._past.x:
            self._past.x = x
            self._place_past()

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
        self.view_box.setLimits(**_NO_LIMITS)
        self.view_box.setRange(xRange=self.x_axis.extent, yRange=self.y_axis.extent, padding=0.0)
        self._limit()

    def drawn(self, name: str) -> tuple[Floats, Floats]:
        """The points of a curve as they are on the screen, px to the right of and above the corner of `area`."""
        return self._curves[name].x, self._curves[name].y

    def set_theme(self, theme: Theme) -> None:
        for item in (self._x_title, self._y_title, self._hint):
            item.setFont(theme.font(Type.SMALL))
            item.setBrush(theme.secondary)
        for curve in self._curves.values():
            curve.set_theme(theme)
        self._style_levels(theme)
        super().set_theme(theme)

    # Drawing

    def arrange(self) -> None:
        theme = self.theme
        top, bottom = theme.px(20), theme.px(24)
        labels = self.y_axis.labels(self.height() - top - bottom)
        left = max((self.text_width(label, Type.MONO_SMALL) for _, label in labels), default=0.0)
        right = max((self.text_width(item.text()) for item in self._labels()), default=0.0)
        step = theme.px(8)  # margins in steps: a label that grows by one figure does not shift the plot
        self.set_margins(-(-left // step) * step + step, top, -(-right // step) * step + step, bottom)
        self.refresh()
        self._place_levels()
        self._place_titles()
        self._place_hint()
        self._place_past()
        self._place_crosshair()

    def _labels(self) -> list[QGraphicsSimpleTextItem]:
        return [curve.label for curve in self._curves.values()] + [label for _, _, label in self._levels]

    def _style_levels(self, theme: Theme) -> None:
        for _, line, label in self._levels:
            line.setPen(theme.pen(theme.secondary, 1.0, Qt.PenStyle.DashLine))
            label.setFont(theme.font(Type.SMALL))
            label.setBrush(theme.secondary)

    def _points(self, curve: Curve) -> tuple[Floats, Floats]:
        """A curve's points in view and some beyond, so that lines reach the edge."""
        low, high = self.x_axis.low, self.x_axis.high
        source = curve.source
        if source is None:
            x, y = curve.points
            first, last = np.searchsorted(x, low), np.searchsorted(x, high, side="right")
            seen = slice(max(0, int(first) - 1), int(last) + 1)
            return x[seen], y[seen]
        columns = max(1, int(self.area.width()))
        if not self.x_axis.log:
            beyond = (high - low) / 2
            return source(low - beyond, high + beyond, 2 * columns)
        # Every decade for itself: a source may give fewer points where there are many, and on a logarithmic
        # axis the few of the first decade are as wide as all of the last.
        powers = range(int(np.ceil(np.log10(low))), int(np.ceil(np.log10(high))))
        edges = [low / 2, *(10.0**power for power in powers), high * 2]
        parts = [source(start, end, columns) for start, end in zip(edges, edges[1:], strict=False)]
        return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])

    def _draw(self, curve: Curve) -> None:
        # pyqtgraph's own downsampling takes 9 ms for a million points, makes a gap of a whole group for one NaN
        # in it, and on a logarithmic axis leaves out the first steps, which are the ones that matter there.
        area = self.area
        (left, right), (bottom, top) = self.x_axis.range, self.y_axis.range
        if area.isEmpty():
            return
        x_scale, y_scale = area.width() / (right - left), area.height() / (top - bottom)
        x, y = self._points(curve)
        x, y = self.x_axis.to_inner(x), self.y_axis.to_inner(y)
        seen = np.isfinite(x)
        far = _FAR * (top - bottom)
        curve.x, y = decimate((x[seen] - left) * x_scale, np.clip(y[seen], bottom - far, top + far))
        curve.y = (y - bottom) * y_scale
        x, y = with_dashes(curve.x, curve.y)
        curve.draw(left + x / x_scale, bottom + y / y_scale)

    def _place_levels(self) -> None:
        for level, line, _ in self._levels:
            line.setVisible(self._shows(level))
            if line.isVisible():
                line.setPos(self._inner_y(level.value))

    def _inner_y(self, value: float) -> float:
        return float(self.y_axis.to_inner(np.array([value]))[0])

    def _shows(self, level: Level) -> bool:
        bottom, top = self.y_axis.range
        return bool(bottom <= self._inner_y(level.value) <= top)

    def _place_labels(self) -> None:
        """Labels of levels in the right margin and of curves at their ends; none overlaps another."""
        theme, area = self.theme, self.area
        gap = theme.px(8)
        placing = Placing(area.top() - gap, area.bottom() + gap)
        bottom, top = self.y_axis.range
        for level, _, label in self._levels:
            y = area.bottom() - (self._inner_y(level.value) - bottom) / (top - bottom) * area.height()
            self._place_label(label, placing, QPointF(area.right() + gap, y), self._shows(level))
        ends = {name: self._end_of(curve) for name, curve in self._curves.items() if curve.label.text()}
        x = max((end.x() for end in ends.values()), default=0.0) + gap
        for name, curve in self._curves.items():
            end = ends.get(name, QPointF())
            seen = area.adjusted(-1.0, -1.0, 1.0, 1.0).contains(end)
            self._place_label(curve.label, placing, QPointF(x, end.y()), seen)

    def _end_of(self, curve: Curve) -> QPointF:
        """The last point of a curve in view, on the scene; its corner if there is none."""
        area = self.area
        seen = np.flatnonzero(~np.isnan(curve.y) & (curve.x <= area.width() + 1))
        if not len(seen):
            return QPointF()
        return QPointF(area.left() + curve.x[seen[-1]], area.bottom() - curve.y[seen[-1]])

    def _place_label(
        self, label: QGraphicsSimpleTextItem, placing: Placing, wanted: QPointF, seen: bool
    ) -> None:
        size = label.boundingRect()
        corner = placing.place(wanted.x(), wanted.y(), size.width(), size.height()) if seen else None
        label.setVisible(corner is not None)
        if corner is not None:
            label.setPos(corner)

    def _place_titles(self) -> None:
        """What the axes show: above the vertical one, and right of the last number of the horizontal one."""
        theme, area = self.theme, self.area
        taken = 0.0
        for place, label in self.x_axis.labels(area.width())[-1:]:
            taken = self._x_px(place) + self.text_width(label, Type.MONO_SMALL) / 2 + theme.px(6)
        size = self._x_title.boundingRect()
        x = max(min(area.right() + theme.px(8), self.width() - size.width()), taken)
        self._x_title.setVisible(x + size.width() <= self.width() + 1)
        self._x_title.setPos(x, area.bottom() + theme.px(14) - size.height() / 2)

    def _x_px(self, inner: float) -> float:
        """The place on the scene of an x in inner units."""
        left, right = self.x_axis.range
        return self.area.left() + (inner - left) / (right - left) * self.area.width()

    def _place_hint(self) -> None:
        self._hint.setPos(self.area.right() - self._hint.boundingRect().width(), 0.0)

    def _place_past(self) -> None:
        if self._past.x is not None or self._past.is_visible:
            inner = float(self.x_axis.to_inner(np.array([self._past.x or 0.0]))[0])
            self._past.place(self.area, self._x_px(inner), self.theme)

    def _place_crosshair(self) -> None:
        inner = float(self.x_axis.to_inner(np.array([self._crosshair.x]))[0])
        self._crosshair.place(self.area, self._x_px(inner), self.theme)

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

    def _limit(self) -> None:
        """Keep zooming between a ten-thousandth and three times the extent, and the view near it."""
        (left, right), (bottom, top) = self.x_axis.extent, self.y_axis.extent
        width, height = right - left, top - bottom
        self.view_box.setLimits(
            xMin=left - width,
            xMax=right + width,
            yMin=bottom - height,
            yMax=top + height,
            minXRange=width * 1e-4,
            minYRange=height * 1e-4,
        )

    def _on_log_toggled(self) -> None:
        self.set_log(self._log_x.isChecked(), self._log_y.isChecked())
        self.log_changed.emit()

    def _on_view_moved(self) -> None:
        self._fitted = False

    def _on_mouse_moved(self, at: QPointF) -> None:
        inside = self.area.contains(at)
        self.hovered.emit(self.x_axis.to_value(self.view_box.mapSceneToView(at).x()) if inside else None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _PAN_KEYS:
            x_share, y_share = _PAN_KEYS[key]
            (left, right), (bottom, top) = self.view_box.viewRange()
            self.view_box.translateBy(x=x_share * (right - left), y=y_share * (top - bottom))
        elif key in _ZOOM_KEYS:
            self.view_box.scaleBy((_ZOOM_KEYS[key], _ZOOM_KEYS[key]))
        else:
            event.ignore()  # not the base's: it would give the key to pyqtgraph's scene
            return
        self._fitted = False
