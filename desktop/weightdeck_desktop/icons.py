"""Our own icons, drawn in ``resources/icons`` with a 16-unit grid, in whatever colour the theme asks for."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from weightdeck.resources import resource


def icon_pixmap(name: str, size: int, colour: QColor, device_pixel_ratio: float = 1.0) -> QPixmap:
    """The icon `name`, `size` logical pixels wide. Raises ``FileNotFoundError`` for an unknown name."""
    return _rendered(name, size, colour.name(QColor.NameFormat.HexArgb), device_pixel_ratio)


@lru_cache(maxsize=256)
def _rendered(name: str, size: int, colour: str, device_pixel_ratio: float) -> QPixmap:
    text = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    opaque = QColor(colour)
    renderer = QSvgRenderer(QByteArray(text.replace("currentColor", opaque.name()).encode()))
    pixmap = QPixmap(round(size * device_pixel_ratio), round(size * device_pixel_ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(opaque.alphaF())
    renderer.render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(device_pixel_ratio)
    return pixmap
