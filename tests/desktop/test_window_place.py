"""The window lies whole on its screen, whatever the screen's size was last time."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QRect, QSize
from pytestqt.qtbot import QtBot

from weightdeck_desktop.settings import Settings
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.window import Window
from weightdeck_desktop.window_place import FRAME, place_on, size_on


@pytest.mark.parametrize(
    ("screen", "size"),
    [
        (QRect(0, 0, 1920, 1080), QSize(1440, 900)),
        (QRect(0, 0, 1440, 900), QSize(1424, 854)),
        (QRect(0, 27, 1280, 693), QSize(1264, 647)),
    ],
)
def test_the_first_window_has_room_with_its_frame(screen: QRect, size: QSize) -> None:
    assert size_on(screen, QSize(1440, 900)) == size
    assert screen.contains(QRect(screen.topLeft(), size.grownBy(FRAME)))


def test_a_place_that_is_whole_stays_and_another_comes_onto_the_screen() -> None:
    screen = QRect(100, 50, 1280, 720)
    whole = QRect(110, 80, 900, 600)
    assert place_on(screen, whole) == whole
    for window in (QRect(-400, 80, 900, 600), QRect(1200, 700, 900, 600), QRect(90, 40, 1440, 900)):
        placed = place_on(screen, window)
        assert screen.contains(placed.marginsAdded(FRAME))
        assert placed.size() == window.size().boundedTo(QSize(1264, 674))


def again(window: Window, settings: Settings, qtbot: QtBot) -> Window:
    """The window of the next start, shown."""
    panels = [type(each.panel)(key) for key, each in window._host.docks.items()]
    other = Window(panels, settings)
    qtbot.addWidget(other)
    other.set_theme(dark_theme())
    other.restore_state()
    other.show()
    QCoreApplication.processEvents()
    return other


def test_a_size_that_only_the_screen_chose_is_not_kept(
    window: Window, settings: Settings, qtbot: QtBot
) -> None:
    first = again(window, settings, qtbot)
    first.close_now()
    assert settings.geometry.isEmpty(), "on a larger screen it would stay small, with panels in tabs"
    later = again(window, settings, qtbot)
    later.resize(later.width() - 20, later.height())
    later.close_now()
    assert not settings.geometry.isEmpty()


def test_a_start_is_on_the_screen(window: Window, settings: Settings, qtbot: QtBot) -> None:
    screen = window.screen().availableGeometry()
    assert screen.width() < 1440, "else this shows nothing"
    first = again(window, settings, qtbot)
    assert screen.contains(QRect(screen.topLeft(), first.size().grownBy(FRAME)))
    first.close_now()
    window.setGeometry(400, 300, 1440, 900)
    window.save_state()
    later = again(window, settings, qtbot)
    assert screen.contains(later.geometry())
    assert later.height() + FRAME.top() + FRAME.bottom() <= screen.height()
    later.close_now()


@pytest.mark.parametrize("is_maximised", [True, False])
def test_the_full_screen_gives_back_what_was_before(window: Window, is_maximised: bool) -> None:
    if is_maximised:
        window.showMaximized()
    for _ in range(2):
        window.set_presenting(True)
        assert window.isFullScreen()
        window.set_presenting(False)
        assert not window.isFullScreen()
        assert window.isMaximized() == is_maximised
