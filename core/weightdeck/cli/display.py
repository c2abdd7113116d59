"""Whether Qt can start here. It aborts the process where it cannot, so this is asked before Qt is loaded."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from weightdeck.cli.failure import NO_DISPLAY, CommandError
from weightdeck.system_libraries import missing_libraries


def require_window() -> None:
    """Raise `CommandError` with a sentence and exit code 3 when no window can open."""
    if not sys.platform.startswith("linux"):
        return
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    on_screen = platform == "" or platform.startswith(("xcb", "wayland"))
    if on_screen and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise CommandError(
            "There is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set. "
            "`weightdeck train` and `weightdeck shot` work without one.",
            NO_DISPLAY,
        )
    _require_libraries(window=on_screen)
    if on_screen and not (_wayland_answers() or _x_answers()):
        raise CommandError(
            "The display does not answer: DISPLAY or WAYLAND_DISPLAY is set, but nothing listens there, or "
            "this user may not use it. `weightdeck train` and `weightdeck shot` work without one.",
            NO_DISPLAY,
        )


def require_drawing() -> None:
    """Raise `CommandError` with a sentence and exit code 3 when Qt cannot even draw without a screen."""
    _require_libraries(window=False)


def _require_libraries(*, window: bool) -> None:
    missing = missing_libraries(window=window)
    if missing:
        sonames = ", ".join(library.soname for library in missing)
        packages = " ".join(library.package for library in missing)
        raise CommandError(
            f"Qt needs system libraries that are missing here: {sonames}. "
            f"On Debian and Ubuntu: sudo apt-get install {packages}",
            NO_DISPLAY,
        )


def _wayland_answers() -> bool:
    """Whether the compositor's socket is there."""
    name = os.environ.get("WAYLAND_DISPLAY")
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    return bool(name) and Path(folder, name or "").is_socket()


def _x_answers() -> bool:
    """Whether the X server lets this process in."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    refused = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not refused
