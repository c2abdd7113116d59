"""How a knob looks: a picture of what it is told, and of nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QPainter, QPen, QPixmap, QPolygonF

from weightdeck_desktop.theme import Theme, Type

SWEEP = 300.0
_GRAIN = 1200  # positions of the pointer that can be told apart: a quarter of a degree
_COARSE = 150  # of the ends of the inner arc, which is only a hint


@dataclass(frozen=True, slots=True)
class KnobLook:
    """Everything that shows. Positions run from 0 (fully left) to 1; None where nothing is known."""

    value_text: str = "…"
    title: str = ""
    caption: str = ""
    position: float | None = None
    default: float | None = None
    low: float | None = None  # ends of the inner arc
    high: float | None = None
    is_edited: bool = False
    held: float = 0.0  # share: above 0 a pin, at 1 a double ring too
    is_idle: bool = False  # nothing depends on it: the ring is hatched
    is_pending: bool = False
    is_focused: bool = False
    is_selected: bool = False
    is_enabled: bool = True


def grained(position: float) -> float:
    """`position` as finely as the eye tells it apart, so that smaller moves repaint nothing."""
    return round(position * _GRAIN) / _GRAIN


def coarse(position: float) -> float:
    """The same for the ends of the inner arc."""
    return round(position * _COARSE) / _COARSE


class KnobPainter:
    """Paints one knob of `diameter` px at 100 % in one theme, with `caption_lines` below its title.

    What a motorised knob changes all the time (pointer, arc, value) is a handful of strokes; all the rest is
    kept as one picture until it changes.
    """

    def __init__(self, theme: Theme, diameter: int, caption_lines: int) -> None:
        self._theme = theme
        self._radius = theme.px(diameter) / 2
        self._unit = self._radius / 28  # strokes are given for the 56 px knob
        self._margin = theme.px(6)  # around the ring: centre tick and focus ring
        self._caption_lines = caption_lines
        self.value_font = theme.font(
            Type.LOSS if diameter > 70 else Type.VALUE if diameter > 50 else Type.MONO_BODY
        )
        self._title_font = theme.font(Type.BODY if diameter > 70 else Type.SMALL)
        self._strong_font = QFont(theme.font(Type.TITLE))
        self._strong_font.setPixelSize(self._title_font.pixelSize())
        self._caption_font = theme.font(Type.SMALL)
        value = QFontMetricsF(self.value_font)
        self._figure_width = value.horizontalAdvance("0")
        self._value_height = math.ceil(value.height())
        self._value_ascent = value.ascent()
        self._title_height = QFontMetrics(self._title_font).height()
        self._caption_height = QFontMetrics(self._caption_font).height()
        self._trained_pen = self._arc_pen(theme.secondary, 4 * self._unit)
        self._hand_pen = self._arc_pen(theme.hand, 4 * self._unit)
        self._outline_pen = self._arc_pen(theme.hand_outline, 4 * self._unit + 2)
        self._pointer_pen = self._arc_pen(theme.text, 3 * self._unit)
        self._text_pen = theme.pen(theme.text)
        self._locked_pen = self._arc_pen(theme.line, 3 * self._unit)
        self._faded_pen = theme.pen(theme.secondary)
        self._face = QPixmap()
        self._face_key: tuple[KnobLook, int, float] | None = None

    @property
    def least_width(self) -> int:
        """Room for the ring and for seven figures."""
        return math.ceil(max(2 * (self._radius + self._margin), 7 * self._figure_width))

    @property
    def height(self) -> int:
        """Of the ring and all lines of text."""
        captions = self._caption_lines * self._caption_height
        wider = (
            self._title_height - self._caption_height if self._caption_lines > 1 else 0
        )  # a title's second line
        return self._title_top + self._title_height + captions + wider + 1

    def value_rect(self, width: int) -> QRect:
        """Where the value is written in a knob `width` wide."""
        return QRect(0, self._value_top, width, self._value_height)

    def paint(self, painter: QPainter, look: KnobLook, width: int) -> None:
        """Paint the whole knob, centred in `width`."""
        key = (
            replace(look, value_text="", position=None, is_pending=False),
            width,
            painter.device().devicePixelRatioF(),
        )
        if key != self._face_key:
            self._face_key = key
            self._face = self._painted_face(*key)
        painter.drawPixmap(0, 0, self._face)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if look.position is not None:
            centre = QPointF(width / 2, self._margin + self._radius)
            self._paint_arc(painter, look, look.position, centre)
            painter.setPen(self._pointer_pen if look.is_enabled else self._locked_pen)
            self._paint_pointer(painter, look.position, centre)
        left = (width - len(look.value_text) * self._figure_width) / 2
        painter.setFont(self.value_font)
        painter.setPen(self._text_pen if look.is_enabled else self._faded_pen)
        painter.drawText(QPointF(left, self._value_top + self._value_ascent), look.value_text)
        if look.is_pending:
            painter.drawText(
                QPointF(width - left + self._theme.px(3), self._value_top + self._value_ascent), "…"
            )

    def _paint_arc(self, painter: QPainter, look: KnobLook, position: float, centre: QPointF) -> None:
        if look.default is None or look.default == position:
            return
        box = _box(centre, self._radius - 2 * self._unit)
        start, span = _qt_arc(look.default, position)
        if look.is_edited and self._outline_pen.color() != self._hand_pen.color():
            painter.setPen(self._outline_pen)
            painter.drawArc(box, start, span)
        painter.setPen(self._hand_pen if look.is_edited else self._trained_pen)
        painter.drawArc(box, start, span)

    def _paint_pointer(self, painter: QPainter, position: float, centre: QPointF) -> None:
        turn = math.radians((position - 0.5) * SWEEP)
        away = QPointF(math.sin(turn), -math.cos(turn))
        rim = self._radius - 11.5 * self._unit
        painter.drawLine(QLineF(centre + away * (rim - 8 * self._unit), centre + away * rim))

    def _painted_face(self, look: KnobLook, width: int, pixel_ratio: float) -> QPixmap:
        """Everything but pointer, arc and value."""
        pixmap = QPixmap(round(width * pixel_ratio), round(self.height * pixel_ratio))
        pixmap.setDevicePixelRatio(pixel_ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        centre = QPointF(width / 2, self._margin + self._radius)
        self._paint_ring(painter, look, centre)
        self._paint_marks(painter, look, centre)
        self._paint_titles(painter, look, width)
        painter.end()
        return pixmap

    def _paint_ring(self, painter: QPainter, look: KnobLook, centre: QPointF) -> None:
        theme, unit, radius = self._theme, self._unit, self._radius
        painter.setPen(theme.pen(theme.line, unit))
        top = centre.y() - radius
        painter.drawLine(QLineF(centre.x(), top - 4 * unit, centre.x(), top - unit))
        track = self._arc_pen(theme.faded(theme.line, 0.85 if look.is_idle else 0.4), 4 * unit)
        if look.is_idle:
            track.setDashPattern([0.4, 0.8])
        painter.setPen(track)
        painter.drawArc(_box(centre, radius - 2 * unit), *_qt_arc(0.0, 1.0))
        if look.low is not None and look.high is not None and look.is_enabled:
            painter.setPen(self._arc_pen(theme.line, 2 * unit))
            painter.drawArc(_box(centre, radius - 6.5 * unit), *_qt_arc(look.low, look.high))
        painter.setPen(theme.pen(theme.line))
        painter.setBrush(theme.raised)
        cap = radius - 9.5 * unit
        painter.drawEllipse(centre, cap, cap)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if look.held >= 1.0:
            painter.setPen(theme.pen(theme.text, 1.5))
            painter.drawEllipse(centre, cap + 1, cap + 1)
            painter.drawEllipse(centre, cap + 4 * unit, cap + 4 * unit)

    def _paint_marks(self, painter: QPainter, look: KnobLook, centre: QPointF) -> None:
        theme = self._theme
        if look.is_focused:
            radius = self._radius + self._margin - 2
            if theme.hand_outline != theme.hand:
                painter.setPen(theme.pen(theme.hand_outline, 4))
                painter.drawEllipse(centre, radius, radius)
            painter.setPen(theme.pen(theme.hand, 2))
            painter.drawEllipse(centre, radius, radius)
        corner = self._radius * 0.88
        if look.is_edited:
            paint_diamond(painter, theme, centre + QPointF(corner, -corner), theme.px(5))
        if look.held > 0.0:
            paint_pin(painter, theme, centre + QPointF(-corner, -corner))

    def _paint_titles(self, painter: QPainter, look: KnobLook, width: int) -> None:
        """A long title may take a line from the caption, but for its last one."""
        theme = self._theme
        top = self._title_top
        painter.setFont(self._strong_font if look.is_selected else self._title_font)
        painter.setPen(theme.pen(theme.text if look.is_selected else theme.secondary))
        titles = _folded(look.title, width, max(1, self._caption_lines), painter.fontMetrics())
        for line in titles:
            painter.drawText(QRect(0, top, width, self._title_height), Qt.AlignmentFlag.AlignHCenter, line)
            top += self._title_height
        painter.setFont(self._caption_font)
        painter.setPen(theme.pen(theme.secondary))
        left = self._caption_lines + 1 - len(titles)
        for line in _folded(look.caption, width, left, painter.fontMetrics()):
            painter.drawText(QRect(0, top, width, self._caption_height), Qt.AlignmentFlag.AlignHCenter, line)
            top += self._caption_height

    def _arc_pen(self, colour: QColor, width: float) -> QPen:
        pen = QPen(self._theme.pen(colour, width))
        pen.setColor(colour)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen

    @property
    def _value_top(self) -> int:
        return round(2 * self._radius + self._margin + self._theme.px(3))

    @property
    def _title_top(self) -> int:
        return self._value_top + self._value_height


def paint_diamond(painter: QPainter, theme: Theme, centre: QPointF, radius: float) -> None:
    """The sign of an edit, everywhere the same."""
    painter.setPen(theme.pen(theme.hand_outline))
    painter.setBrush(theme.hand)
    x, y = centre.x(), centre.y()
    painter.drawPolygon(
        QPolygonF(
            [QPointF(x, y - radius), QPointF(x + radius, y), QPointF(x, y + radius), QPointF(x - radius, y)]
        )
    )
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_pin(painter: QPainter, theme: Theme, centre: QPointF) -> None:
    unit = theme.px(1)
    painter.setPen(theme.pen(theme.text, 1.5 * unit))
    painter.drawLine(QLineF(centre, centre + QPointF(0, 6 * unit)))
    painter.setPen(theme.pen(theme.hand_outline))
    painter.setBrush(theme.hand)
    painter.drawEllipse(centre - QPointF(0, unit), 3.5 * unit, 3.5 * unit)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _box(centre: QPointF, radius: float) -> QRectF:
    return QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)


def _qt_arc(first: float, last: float) -> tuple[int, int]:
    """Start and span of an arc as Qt counts: in 1/16 degree, anticlockwise from three o'clock."""
    return round((90 - (first - 0.5) * SWEEP) * 16), round((first - last) * SWEEP * 16)


def _folded(text: str, width: int, lines: int, metrics: QFontMetrics) -> list[str]:
    """The text in one line, or where that is too narrow and `lines` permits in two of nearly equal length."""
    width -= metrics.horizontalAdvance(" ")  # knobs stand side by side: their words must not run together
    words = text.split()
    parts = [text]
    if lines > 1 and len(words) > 1 and metrics.horizontalAdvance(text) > width:
        splits = [[" ".join(words[:at]), " ".join(words[at:])] for at in range(1, len(words))]
        parts = min(splits, key=lambda split: max(map(metrics.horizontalAdvance, split)))
    return [metrics.elidedText(part, Qt.TextElideMode.ElideRight, width) for part in parts]
