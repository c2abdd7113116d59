"""How a place without data looks everywhere: cross-hatch, never an empty box that could be read as zero."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QFontMetricsF, QPainter

from weightdeck_desktop.theme import Theme, Type


def paint_no_data(painter: QPainter, rect: QRectF, theme: Theme, text: str = "") -> None:
    """Fill `rect` with cross-hatch, and put `text` on a plain plate in its middle."""
    painter.fillRect(rect, theme.panel)
    painter.fillRect(rect, QBrush(theme.faded(theme.line, 0.35), Qt.BrushStyle.DiagCrossPattern))
    if not text:
        return
    font = theme.font(Type.BODY)
    flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
    room = rect.adjusted(theme.px(16), 0, -theme.px(16), 0)
    plate = QFontMetricsF(font).boundingRect(room, flags, text)
    padding = theme.px(8)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.brush(theme.panel))
    painter.drawRoundedRect(plate.adjusted(-padding, -padding / 2, padding, padding / 2), 4, 4)
    painter.setPen(theme.pen(theme.secondary))
    painter.setFont(font)
    painter.drawText(room, flags, text)
