"""Named points in a plane: with axes of one scale, and lines from one of them to some others."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPixmap,
)
from PySide6.QtWidgets import (
    QGraphicsPathItem,
    QGraphicsPixmapItem,
    QGraphicsSimpleTextItem,
    QSizePolicy,
    QWidget,
)

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.canvas import Canvas
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.vector_axes import VectorAxes
from weightdeck_desktop.widgets.vector_frame import VectorFrame
from weightdeck_desktop.widgets.vector_labels import place_labels

Floats = NDArray[np.float64]

_NEAR = 12  # px at 100 % at which the pointer means a point
_LOW = 200  # px at 100 %: a plane with a shorter side has small names
_RADIUS = 2.5  # px at 100 %
_MOST_ROUND = 1000  # points: more are drawn as small squares, which cost a fraction
_MOST_LABELS = 150  # names that are tried: of more the first have the best chance
_WALKS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}
_STEPS = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}


class VectorPlane(Canvas):
    """All points are drawn, and the names that have room; those of the shown point and of the ones near it always.

    Arrow keys go to the nearest point in their direction, Page keys to the one before or after, Home and End to the
    first and the last, Esc to none. What is chosen and shown its owner says.
    """

    pointed = Signal(object)  # place of the point under the pointer, None when there is none
    chosen = Signal(object)  # place of the point that was clicked or walked to; None: let it go
    menu_requested = Signal(int, QPoint)  # place of a point, and where on the screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frame = VectorFrame()
        self._names: tuple[str, ...] = ()
        self._points: Floats | None = None  # (V, 2); None: no data
        self._px = np.zeros((0, 2))  # (V, 2) where they are drawn; NaN where a number is not finite
        self._joined = False
        self._message = ""
        self._pointed: int | None = None
        self._choice: int | None = None
        self._shown: int | None = None
        self._near: tuple[int, ...] = ()
        self._sides: dict[int, int] = {}  # of the labels, as they were placed last
        self._area = QRectF()
        self._ground = QGraphicsPixmapItem()
        self.scene().addItem(self._ground)
        self._axes = VectorAxes(self)
        self._way, self._links, self._dots, self._near_dots, self._ring, self._plate = (
            self._shape(z) for z in range(2, 8)
        )
        self._labels: dict[int, QGraphicsSimpleTextItem] = {}  # made when they are first shown
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # Told

    def set_names(self, names: Sequence[str]) -> None:
        """What the points are called."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            for place, item in self._labels.items():
                item.setText(self._name(place))
            self._draw_points()

    def set_points(self, points: NDArray[np.float32] | None, *, joined: bool = False) -> None:
        """Show (V, 2), `joined` by a line in their order; None or no points: no data. What is not finite has no dot."""
        before = None if self._points is None else len(self._points)
        self._points = None if points is None or not len(points) else points.astype(np.float64)
        self._joined = joined
        count = None if self._points is None else len(self._points)
        if count != before:
            self._forget_places(count or 0)
            self.rebuild()
        else:
            self._draw_points()

    def set_axis_words(self, across: Sequence[str], up: Sequence[str]) -> None:
        """What the axes are, the longest wording first: the first that has room is shown."""
        self._axes.set_words(across, up)

    def set_choice(self, place: int | None) -> None:
        """Ring a point in the colour of the hand."""
        if place != self._choice:
            self._choice = place
            self._draw_shown()

    def set_shown(self, place: int | None, near: Sequence[int] = ()) -> None:
        """Join a point with others by lines; None for none."""
        if (place, tuple(near)) != (self._shown, self._near):
            self._shown, self._near = place, tuple(near)
            self._draw_shown()
            self._place_labels()

    def set_message(self, message: str) -> None:
        """Why there are no points; shown as long as there are none."""
        if message != self._message:
            self._message = message
            if self._points is None:
                self._paint_ground()

    def fit_anew(self) -> None:
        """Other vectors come: fit them freely, with no regard to those before."""
        self._frame.reset()
        self._sides.clear()

    # What it says when asked

    @property
    def points(self) -> Floats | None:
        return self._points

    @property
    def labelled(self) -> dict[int, QRectF]:
        """Where the names that are shown stand, px, by place."""
        return {place: item.sceneBoundingRect() for place, item in self._labels.items() if item.isVisible()}

    def point_px(self, place: int) -> QPointF:
        """Where a point is drawn."""
        x, y = self._px[place].tolist()
        return QPointF(x, y)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(240), self.theme.px(200))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(130), self.theme.px(84))

    # What the user does

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self._point_near(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._points is not None:
            self.chosen.emit(self._point_near(event.position()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        place = self._point_near(QPointF(event.pos())) if by_mouse else self._choice
        if place is None or self._points is None:
            event.ignore()
        elif by_mouse:
            self.menu_requested.emit(place, event.globalPos())
        else:
            self.menu_requested.emit(place, self.viewport().mapToGlobal(self.point_px(place).toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        known = np.flatnonzero(np.isfinite(self._px).all(1)).tolist() if self._points is not None else []
        if key == Qt.Key.Key_Escape and self._choice is not None:
            self.chosen.emit(None)
        elif not known or key not in (*_WALKS, *_STEPS, Qt.Key.Key_Home, Qt.Key.Key_End):
            event.ignore()
        elif key == Qt.Key.Key_End:
            self.chosen.emit(known[-1])
        elif self._choice not in known or key == Qt.Key.Key_Home:
            self.chosen.emit(known[0])
        elif key in _STEPS:
            place = known.index(self._choice) + _STEPS[key]
            self.chosen.emit(known[min(max(place, 0), len(known) - 1)])
        else:
            self.chosen.emit(self._beside(self._choice, _WALKS[key]))

    def _point_at(self, place: int | None) -> None:
        if place != self._pointed:
            self._pointed = place
            self.pointed.emit(place)

    def _point_near(self, at: QPointF) -> int | None:
        """The point that the pointer means: the nearest, or the one whose name it is over."""
        if self._points is None:
            return None
        away = np.hypot(self._px[:, 0] - at.x(), self._px[:, 1] - at.y())
        if np.isfinite(away).any():
            nearest = int(np.nanargmin(away))
            if away[nearest] <= self.theme.px(_NEAR):
                return nearest
        return next((place for place, rect in self.labelled.items() if rect.contains(at)), None)

    def _beside(self, place: int, direction: tuple[float, float]) -> int:
        """The nearest point that lies in a direction rather than aside of it; itself where there is none."""
        moves = self._px - self._px[place]
        along = moves @ np.array(direction)
        aside = np.abs(moves @ np.array((direction[1], direction[0])))
        with np.errstate(invalid="ignore"):
            far = np.where((along > 0.0) & (aside <= along), along + 2.0 * aside, np.inf)
        best = int(np.argmin(far))
        return best if np.isfinite(far[best]) else place

    # Drawing

    def set_theme(self, theme: Theme) -> None:
        self._sides.clear()
        super().set_theme(theme)

    def rebuild(self) -> None:
        theme = self.theme
        self._area = self._axes.room()
        self._axes.set_theme(theme)
        self._way.setPen(theme.pen(theme.line, alpha=0.7))
        self._links.setPen(theme.pen(theme.secondary))
        for item, colour in ((self._dots, theme.ramp[2]), (self._near_dots, theme.text)):
            item.setPen(theme.pen(theme.panel))
            item.setBrush(colour)
        self._plate.setPen(Qt.PenStyle.NoPen)
        self._plate.setBrush(theme.raised)
        for label in self._labels.values():
            label.setFont(self._name_font())
        self._paint_ground()
        self._draw_points()

    def _shape(self, z: int) -> QGraphicsPathItem:
        item = QGraphicsPathItem()
        item.setZValue(float(z))
        self.scene().addItem(item)
        return item

    def _name(self, place: int) -> str:
        return self._names[place] if place < len(self._names) else str(place)

    def _forget_places(self, count: int) -> None:
        """There are so many points now."""
        self.fit_anew()
        self._choice, self._shown, self._pointed = (
            place if place is not None and place < count else None
            for place in (self._choice, self._shown, self._pointed)
        )
        self._near = tuple(place for place in self._near if place < count)

    def _paint_ground(self) -> None:
        """Cross-hatch and a sentence while there are no points."""
        if self._points is not None:
            self._ground.setPixmap(QPixmap())
            return
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.viewport().size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self.theme.panel)
        painter = QPainter(picture)
        paint_no_data(painter, QRectF(self.viewport().rect()), self.theme, self._message)
        painter.end()
        self._ground.setPixmap(picture)

    def _draw_points(self) -> None:
        has_points = self._points is not None and self._area.width() > 8 and self._area.height() > 8
        self._way.setVisible(has_points)
        self._dots.setVisible(has_points)
        if not has_points or self._points is None:
            self._px = np.full((0 if self._points is None else len(self._points), 2), np.nan)
            self._axes.hide()
        else:
            known = np.isfinite(self._points.sum(1))
            if known.any():
                self._frame.fit(self._points[known], self._area)
            self._px = np.where(known[:, None], self._frame.to_px(self._points), np.nan)
            self._dots.setPath(self._dotted(range(len(self._px)), _RADIUS))
            way = QPainterPath()
            if self._joined and known.all():
                way.moveTo(self.point_px(0))
                for place in range(1, len(self._px)):
                    way.lineTo(self.point_px(place))
            self._way.setPath(way)
            self._axes.draw(self._frame)
        self._draw_shown()
        self._place_labels()

    def _dotted(self, places: Sequence[int], radius: float) -> QPainterPath:
        path, reach = QPainterPath(), radius * self.theme.scale
        path.setFillRule(Qt.FillRule.WindingFill)
        is_round = len(places) <= _MOST_ROUND
        for x, y in self._px[list(places)].tolist():
            if math.isnan(x):
                continue
            if is_round:
                path.addEllipse(QPointF(x, y), reach, reach)
            else:
                path.addRect(x - 1.0, y - 1.0, 2.0, 2.0)
        return path

    def _is_drawn(self, place: int | None) -> bool:
        return place is not None and place < len(self._px) and bool(np.isfinite(self._px[place]).all())

    def _draw_shown(self) -> None:
        links, ring = QPainterPath(), QPainterPath()
        near = [place for place in self._near if self._is_drawn(place)] if self._is_drawn(self._shown) else []
        if self._shown is not None:
            for place in near:
                links.moveTo(self.point_px(self._shown))
                links.lineTo(self.point_px(place))
        self._links.setPath(links)
        shown = [self._shown] if self._shown is not None and self._is_drawn(self._shown) else []
        self._near_dots.setPath(self._dotted([*near, *shown], _RADIUS + 1.0))
        if self._choice is not None and self._is_drawn(self._choice):
            reach = 6.0 * self.theme.scale
            ring.addEllipse(self.point_px(self._choice), reach, reach)
            if not self.theme.dark:  # the hand's yellow alone would not be seen on white
                ring.addEllipse(self.point_px(self._choice), reach - 2, reach - 2)
        self._ring.setPen(self.theme.pen(self.theme.hand_outline, 2.0 if self.theme.dark else 1.0))
        self._ring.setBrush(Qt.BrushStyle.NoBrush if self.theme.dark else self.theme.brush(self.theme.hand))
        self._ring.setPath(ring)

    def _place_labels(self) -> None:
        known = np.flatnonzero(np.isfinite(self._px).all(1))[:_MOST_LABELS].tolist()
        first = [place for place in (self._shown, *self._near, self._choice) if self._is_drawn(place)]
        wanted = dict.fromkeys([place for place in first if place is not None])
        must = len(wanted)
        wanted |= dict.fromkeys(place for place in self._sides if self._is_drawn(place))
        wanted |= dict.fromkeys(known)
        order = list(wanted)[:_MOST_LABELS]
        metrics = QFontMetricsF(self._name_font())
        height = 0.8 * metrics.height()  # between a letter and the next line there is room enough
        sizes = {place: (metrics.horizontalAdvance(self._name(place)), height) for place in order}
        apart = (_RADIUS + 2.0) * self.theme.scale
        points = np.where(np.isfinite(self._px), self._px, -1e6)
        placed = place_labels(points, sizes, order, self._area, apart=apart, before=self._sides, must=must)
        self._sides = {place: side for place, (side, _) in placed.items()}
        for place, item in self._labels.items():
            item.setVisible(place in placed)
        for place, (_, rect) in placed.items():
            item = self._label(place)
            item.setPos(rect.left(), rect.top() - 0.1 * metrics.height())
            item.setBrush(self.theme.text if self._shown is None or place in first else self.theme.secondary)
            item.setZValue(9.0 if place in first else 8.0)
        plate = QPainterPath()
        if self._shown is not None and self._shown in placed:
            plate.addRoundedRect(placed[self._shown][1].adjusted(-2, 0, 2, 0), 2, 2)
        self._plate.setPath(plate)

    def _name_font(self) -> QFont:
        """Small where the plane is low: its scale hangs on the shorter side, and the points lie close."""
        is_low = min(self._area.width(), self._area.height()) < self.theme.px(_LOW)
        return self.theme.font(Type.MONO_SMALL if is_low else Type.MONO_BODY)

    def _label(self, place: int) -> QGraphicsSimpleTextItem:
        if place not in self._labels:
            item = self.text_item(self._name(place))
            item.setFont(self._name_font())
            self._labels[place] = item
        item = self._labels[place]
        item.setVisible(True)
        return item
