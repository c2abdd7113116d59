"""Where the window is and how large: whole on the screen, its frame too."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QRect, QSize
from PySide6.QtGui import QGuiApplication

WANTED = QSize(1440, 900)
# No system tells how wide its frame is before the window is shown; none of those that we know has a wider one.
FRAME = QMargins(8, 38, 8, 8)  # px


def first_size() -> QSize:
    """The size of a window that nobody has sized yet."""
    return size_on(QGuiApplication.primaryScreen().availableGeometry(), WANTED)


def is_cut_to_screen(size: QSize) -> bool:
    """Whether it is the first size on a screen too small for the wanted one: nobody chose it, and a larger screen gives
    more.
    """
    return WANTED != first_size() == size


def on_its_screen(window: QRect) -> QRect:
    """A place of an earlier start (without its frame), brought onto the screen that it is on today."""
    screen = QGuiApplication.screenAt(window.center()) or QGuiApplication.primaryScreen()
    return place_on(screen.availableGeometry(), window)


def size_on(available: QRect, wanted: QSize) -> QSize:
    """As much of the size as has room on a screen, of which `available` is free."""
    return wanted.boundedTo(available.marginsRemoved(FRAME).size())


def place_on(available: QRect, window: QRect) -> QRect:
    """The place itself if it lies within `available` and leaves room for a frame; else one that does."""
    room = available.marginsRemoved(FRAME)
    placed = QRect(window.topLeft(), size_on(available, window.size()))
    if not available.contains(placed):
        placed.moveLeft(max(room.left(), min(placed.left(), room.right() + 1 - placed.width())))
        placed.moveTop(max(room.top(), min(placed.top(), room.bottom() + 1 - placed.height())))
    return placed
