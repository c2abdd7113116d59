"""How the fader of a channel strip looks, with the level meter in its groove."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.knob_painting import paint_diamond, paint_pin

_SMALLEST_NAME = 0.8  # of the font's size: narrow strips write their names so small


@dataclass(frozen=True, slots=True)
class FaderLook:
    """Everything that shows. Lengths of the meter are in px from the bottom of the groove."""

    name: str = ""
    position: float | None = None  # of the cap, 0 (bottom) to 1; None where nothing is known
    level: int | None = None  # what is written; None where nothing is known
    silenced_level: int = 0  # what would be written if it were not silenced
    is_silenced: bool = False
    is_edited: bool = False
    is_held: bool = False
    is_pending: bool = False
    is_focused: bool = False
    is_enabled: bool = True


def name_width(theme: Theme, name: str) -> int:
    """Width in px that a strip needs for its name."""
    return round(_SMALLEST_NAME * QFontMetrics(theme.font(Type.SMALL)).horizontalAdvance(name)) + 2


class FaderPainter:
    """Paints one fader of `size` px in one theme and colour.

    Levels move all the time: what they change is one rectangle. All the rest is kept as pictures.
    """

    def __init__(self, theme: Theme, colour: QColor, size: QSize, pixel_ratio: float) -> None:
        self._theme = theme
        self._colour = colour
        self._size = size
        self._pixel_ratio = pixel_ratio
        self._name_height = QFontMetrics(theme.font(Type.SMALL)).height()
        top = self._name_height + theme.px(9)
        width = min(theme.px(14), size.width() - theme.px(8))
        self.groove = QRect((size.width() - width) // 2, top, width, size.height() - top - theme.px(4))
        self.meter = self.groove.adjusted(2, 2, -2, -2)
        self._cap_size = QSize(min(theme.px(20), size.width() - theme.px(3)), theme.px(10))
        self._face = QPixmap()
        self._face_look: FaderLook | None = None
        self._hatch: QPixmap | None = None
        self._caps: dict[tuple[bool, bool], QPixmap] = {}

    @staticmethod
    def least_height(theme: Theme) -> int:
        """Height in px below which the cap has no way to go."""
        return QFontMetrics(theme.font(Type.SMALL)).height() + theme.px(9 + 90)

    @property
    def travel(self) -> int:
        """Way of the cap from bottom to top, px."""
        return max(1, self.groove.height() - self._cap_size.height())

    def cap_centre(self, position: float) -> QPointF:
        bottom = self.groove.bottom() + 1 - self._cap_size.height() / 2
        return QPointF(self._size.width() / 2, bottom - round(position * self.travel))

    def paint(self, painter: QPainter, look: FaderLook) -> None:
        face_look = replace(
            look,
            position=None,
            level=None if look.level is None else 0,
            silenced_level=0,
            is_edited=False,
        )
        if face_look != self._face_look:
            self._face_look = face_look
            self._face = self._painted_face(face_look)
        painter.drawPixmap(0, 0, self._face)
        if look.is_silenced and look.silenced_level:
            self._paint_hatch(painter, look.silenced_level)
        if look.level:
            top = self.meter.bottom() + 1 - look.level
            painter.fillRect(self.meter.left(), top, self.meter.width(), look.level, self._colour)
        if look.position is not None:
            cap = self._cap(look.is_edited, look.is_enabled)
            centre = self.cap_centre(look.position)
            size = cap.deviceIndependentSize()
            painter.drawPixmap(centre - QPointF(size.width() / 2, size.height() / 2), cap)

    def _paint_hatch(self, painter: QPainter, height: int) -> None:
        if self._hatch is None:
            self._hatch = self._painted_hatch()
        ratio, meter = self._pixel_ratio, self.meter
        top = meter.height() - height
        source = QRectF(0, top * ratio, meter.width() * ratio, height * ratio)
        place = QRectF(meter.left(), meter.top() + top, meter.width(), height)
        painter.drawPixmap(place, self._hatch, source)

    def _painted_face(self, look: FaderLook) -> QPixmap:
        """Name, groove, the tick at the middle, and the ring of the focus."""
        theme = self._theme
        pixmap = self._blank(self._size)
        pixmap.fill(theme.panel)  # opaque: a meter that moves must not have the page below it painted again
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_name(painter, look)
        groove = QRectF(self.groove)
        painter.setPen(theme.pen(theme.faded(theme.line, 0.45)))
        painter.setBrush(theme.raised if look.is_enabled else theme.panel)
        painter.drawRoundedRect(groove.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        if look.is_held:  # a double frame, as the double ring of a held knob
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(theme.pen(theme.hand_outline))
            painter.drawRoundedRect(groove.adjusted(-2.5, -2.5, 2.5, 2.5), 4, 4)
        if look.level is None:
            painter.fillRect(self.meter, QBrush(theme.faded(theme.line, 0.5), Qt.BrushStyle.DiagCrossPattern))
        middle = self.cap_centre(0.5).y()
        reach = theme.px(4)
        painter.setPen(theme.pen(theme.line))
        painter.drawLine(QLineF(groove.left() - reach, middle, groove.left() - 1, middle))
        painter.drawLine(QLineF(groove.right() + 1, middle, groove.right() + reach, middle))
        if look.is_focused:
            painter.setPen(theme.pen(theme.hand_outline, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            ring = QRectF(0, 0, self._size.width(), self._size.height()).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(ring, theme.px(4), theme.px(4))
        painter.end()
        return pixmap

    def _paint_name(self, painter: QPainter, look: FaderLook) -> None:
        theme = self._theme
        room = self._size.width() - 2
        font = QFont(theme.font(Type.SMALL))
        needed = QFontMetrics(font).horizontalAdvance(look.name)
        if needed > room:
            font.setPixelSize(round(font.pixelSize() * max(_SMALLEST_NAME, room / needed)))
        font.setStrikeOut(look.is_silenced)
        painter.setFont(font)
        is_plain = look.is_enabled and not look.is_silenced
        painter.setPen(theme.text if is_plain else theme.secondary if look.is_enabled else theme.line)
        place = QRect(0, theme.px(2), self._size.width(), self._name_height)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, look.name)
        if look.is_held:
            paint_pin(painter, theme, QPointF(theme.px(5), place.top() + theme.px(3)))
        if look.is_pending:
            below = QPointF(self._size.width() / 2, place.bottom() + theme.px(3))
            gap = theme.px(4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.text)
            for offset in (-gap, 0, gap):
                painter.drawEllipse(below + QPointF(offset, 0), theme.px(1), theme.px(1))

    def _painted_hatch(self) -> QPixmap:
        """Stripes of 45 degrees as high as the meter can be."""
        size = self.meter.size()
        pixmap = self._blank(size)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        stripe = QPen(self._theme.pen(self._colour, self._theme.px(2)))
        painter.setPen(stripe)
        width, pitch = size.width(), self._theme.px(5)
        for bottom in range(0, size.height() + width + pitch, pitch):
            painter.drawLine(QLineF(-1, bottom + 1, width + 1, bottom - width - 1))
        painter.end()
        return pixmap

    def _cap(self, is_edited: bool, is_enabled: bool) -> QPixmap:
        known = self._caps.get((is_edited, is_enabled))
        if known is None:
            known = self._caps[is_edited, is_enabled] = self._painted_cap(is_edited, is_enabled)
        return known

    def _painted_cap(self, is_edited: bool, is_enabled: bool) -> QPixmap:
        """The cap with a line across its middle, or with the sign of an edit."""
        theme = self._theme
        margin = theme.px(3)  # the sign is higher than the cap
        size = self._cap_size
        pixmap = self._blank(QSize(size.width() + 2, size.height() + 2 * margin))
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(1, margin, size.width(), size.height())
        painter.setPen(theme.pen(theme.panel, 1.5))
        painter.setBrush(theme.text if is_enabled else theme.line)
        painter.drawRoundedRect(box, 2, 2)
        if is_edited:
            # Its outline is in the hand's own colour on the dark theme: on the bright cap it needs a darker one.
            painter.setPen(theme.pen(theme.panel, theme.px(4)))
            centre, reach = box.center(), theme.px(5)
            corners = (QPointF(0, -reach), QPointF(reach, 0), QPointF(0, reach), QPointF(-reach, 0))
            painter.drawPolygon([centre + corner for corner in corners])
            paint_diamond(painter, theme, centre, reach)
        else:
            painter.setPen(theme.pen(theme.panel))
            painter.drawLine(QLineF(box.left() + 3, box.center().y(), box.right() - 3, box.center().y()))
        painter.end()
        return pixmap

    def _blank(self, size: QSize) -> QPixmap:
        pixmap = QPixmap(size * self._pixel_ratio)
        pixmap.setDevicePixelRatio(self._pixel_ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        return pixmap
