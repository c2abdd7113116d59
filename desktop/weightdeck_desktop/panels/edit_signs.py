"""The small signs before the lines of the history: what kind of thing was changed, told without colour."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from weightdeck_desktop.panels.edit_lines import EditKind
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.knob_painting import paint_diamond


def paint_edit_sign(painter: QPainter, theme: Theme, kind: EditKind, centre: QPointF) -> None:
    """Paint the sign of a kind, about 10 px high at 100 %; a training setting has none."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    match kind:
        case EditKind.WEIGHT:
            paint_diamond(painter, theme, centre, theme.px(5))
        case EditKind.HOLD:
            _paint_pin(painter, theme, centre)
        case EditKind.MUTE:
            _paint_hatched(painter, theme, centre)
        case EditKind.STRIP:
            _paint_fader(painter, theme, centre)
        case EditKind.SETTING:
            pass


def _paint_pin(painter: QPainter, theme: Theme, centre: QPointF) -> None:
    unit = theme.px(1)
    painter.setPen(theme.pen(theme.text, 1.5 * unit))
    painter.drawLine(QLineF(centre, centre + QPointF(0, 5.5 * unit)))
    painter.setPen(theme.pen(theme.hand_outline))
    painter.setBrush(theme.hand)
    painter.drawEllipse(centre - QPointF(0, 1.5 * unit), 3.2 * unit, 3.2 * unit)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_hatched(painter: QPainter, theme: Theme, centre: QPointF) -> None:
    """As the meter of a muted strip."""
    reach, gap = theme.px(4.5), theme.px(3)
    left, top = centre.x() - reach, centre.y() - reach
    box = QRectF(left, top, 2 * reach, 2 * reach)
    painter.setPen(theme.pen(theme.text))
    for offset in range(gap, 4 * reach, gap):  # lines at 45 degrees, cut at the border
        low, high = max(0, offset - 2 * reach), min(2 * reach, offset)
        painter.drawLine(QLineF(left + low, top + offset - low, left + high, top + offset - high))
    painter.drawRect(box)


def _paint_fader(painter: QPainter, theme: Theme, centre: QPointF) -> None:
    unit = theme.px(1)
    painter.setPen(theme.pen(theme.secondary, unit))
    painter.drawLine(QLineF(centre - QPointF(0, 5.5 * unit), centre + QPointF(0, 5.5 * unit)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.text)
    handle = QRectF(centre.x() - 4 * unit, centre.y() - unit, 8 * unit, 3.5 * unit)
    painter.drawRoundedRect(handle, unit, unit)
    painter.setBrush(Qt.BrushStyle.NoBrush)
