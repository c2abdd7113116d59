"""The libraries of the operating system that Qt needs and that no Python package brings along.

Qt aborts the process when one is missing, and blames xcb-cursor whichever it was; so they are looked for
before Qt is touched. Standard library only: the set-up reads this file before anything is installed.
"""

from __future__ import annotations

import ctypes
import sys
from typing import NamedTuple


class Library(NamedTuple):
    """A shared library, and the Debian package that has it."""

    soname: str
    package: str


# To import Qt and to draw without a screen.
OFFSCREEN = (
    Library("libEGL.so.1", "libegl1"),
    Library("libGL.so.1", "libgl1"),
    Library("libxkbcommon.so.0", "libxkbcommon0"),
    Library("libglib-2.0.so.0", "libglib2.0-0"),
    Library("libfontconfig.so.1", "libfontconfig1"),
    Library("libdbus-1.so.3", "libdbus-1-3"),
)
# For a window on an X server also. A Wayland desktop has its own; where it lacks one, Qt turns to X.
WINDOW = (
    Library("libxcb-cursor.so.0", "libxcb-cursor0"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    Library("libxcb-shape.so.0", "libxcb-shape0"),
)


def missing_libraries(*, window: bool) -> list[Library]:
    """What the machine lacks to draw without a screen or, with `window`, on one. Always empty off Linux."""
    if not sys.platform.startswith("linux"):
        return []
    return [library for library in OFFSCREEN + (WINDOW if window else ()) if not _loads(library.soname)]


def _loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True
