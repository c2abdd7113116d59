"""The bar above: how fast it trains, and numbers that repaint nothing but themselves."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QPaintEvent
from pytestqt.qtbot import QtBot

from tests.desktop.window_bench import button, run_signals, tell
from weightdeck.run.frame import Pace, Phase, Status
from weightdeck_desktop.pace_slider import notch_of, pace_at
from weightdeck_desktop.window import Window


class Paints(QObject):
    """Notes what is painted of the widgets that it watches."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[QRect] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.places.append(event.rect())
        return False


def test_the_opening_offers_full_speed_in_one_click(window: Window, qtbot: QtBot) -> None:
    heard = run_signals(window)
    tell(window, Phase.TRAINING, pace=Pace(opening=True), steps_per_s=2.0)
    assert window._bar._pace_label.text() == "opening"
    assert window._bar._slider.value() == notch_of(2.0)
    qtbot.mouseClick(button(window, "full_speed"), Qt.MouseButton.LeftButton)
    assert heard.said == [("pace", Pace())]


def test_the_slider_covers_slow_motion_to_full(window: Window, qtbot: QtBot) -> None:
    assert pace_at(0) == Pace(0.5)
    assert pace_at(10) == Pace()
    assert [notch_of(pace_at(notch).steps_per_s) for notch in range(11)] == list(range(11))
    tell(window, Phase.PAUSED)
    heard = run_signals(window)
    slider = window._bar._slider
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(1, slider.height() // 2))
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert heard.said == [("pace", Pace(0.5)), ("pace", Pace(1.0))]


def test_the_handle_stays_in_the_users_hand(window: Window, qtbot: QtBot) -> None:
    tell(window, Phase.TRAINING)
    slider = window._bar._slider
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(1, slider.height() // 2))
    tell(window, Phase.TRAINING, pace=Pace(64.0))
    assert slider.value() == 0
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton)
    tell(window, Phase.TRAINING, pace=Pace(64.0))
    assert slider.value() == notch_of(64.0)


def test_a_number_repaints_its_own_place_only(window: Window) -> None:
    tell(window, Phase.TRAINING, steps_per_s=74.0)
    readouts = window._bar._readouts
    places = {readout.key: readout.place for readout in readouts._readouts}
    paints = Paints()
    readouts.installEventFilter(paints)
    for _ in range(2):
        window.show_status(Status(Phase.TRAINING, 1, 13, steps_per_s=74.0), 2.5, 2.6)
        QCoreApplication.processEvents()
    assert paints.places == [places["step"]]
    assert {readout.key: readout.place for readout in readouts._readouts} == places


def test_at_the_opening_pace_nothing_is_said_of_the_time_left(window: Window) -> None:
    window.show_status(Status(Phase.TRAINING, 1, 5, Pace(), 1.0, 1e3, 2400.0), 3.2, 3.3)
    assert window._bar._readouts.accessibleDescription().endswith("left 40 min")
    window.show_status(Status(Phase.TRAINING, 1, 5, Pace(opening=True), 1.0, 1e3, 2400.0), 3.2, 3.3)
    assert window._bar._readouts.accessibleDescription().endswith("left –")
