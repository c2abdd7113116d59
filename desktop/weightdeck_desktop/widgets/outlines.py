"""Outlines around what is in the hand, and around what has the keyboard."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from weightdeck_desktop.theme import Theme


def paint_hand(painter: QPainter, rect: QRectF, theme: Theme) -> None:
    """In the colour of the hand, on a wider line so that it is seen on any colour."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(theme.pen(theme.window if theme.dark else theme.hand_outline, 4.0))
    painter.drawRect(rect)
    painter.setPen(theme.pen(theme.hand, 2.0))
    painter.drawRect(rect)


def paint_focus(painter: QPainter, rect: QRect | QRectF, theme: Theme) -> None:
    """Just within `rect`: the keyboard is here."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(theme.pen(theme.hand_outline))
    painter.drawRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5))
