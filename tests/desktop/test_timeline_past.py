"""How a panel looks that shows the past."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.theme import Theme, dark_theme, light_theme
from weightdeck_desktop.window import Window

WORDS = "STEP 840 (PAST)"


class Filled(Panel):
    key = "filled"
    title = "Filled"

    def __init__(self) -> None:
        super().__init__()
        self.body.addWidget(QLabel("0.440"))


@pytest.fixture
def panel(qtbot: QtBot) -> Filled:
    panel = Filled()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.resize(300, 200)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def picture(panel: QWidget) -> QImage:
    QCoreApplication.processEvents()
    return panel.grab().toImage()


def border(image: QImage) -> list[int]:
    """The pixels along the upper edge, in the middle of the frame."""
    return [image.pixel(x, 1) for x in range(image.width())]


@pytest.mark.parametrize("theme", [dark_theme(), light_theme()])
def test_the_past_has_a_dashed_frame_and_now_has_none(panel: Filled, theme: Theme) -> None:
    panel.set_theme(theme)
    now = picture(panel)
    panel.set_past(840)
    past = picture(panel)
    colours = border(past)
    dashes = sum(a != b for a, b in zip(colours, colours[1:], strict=False))
    assert dashes > 20
    assert now.copy(2, 2, 296, 196) == past.copy(2, 2, 296, 196)  # inside nothing changes
    panel.set_past(None)
    assert picture(panel) == now


def test_the_frame_follows_size_and_theme(panel: Filled) -> None:
    panel.set_past(840)
    dark = set(border(picture(panel)))
    panel.resize(400, 120)
    panel.set_theme(light_theme())
    image = picture(panel)
    assert image.pixel(398, 60) != image.pixel(395, 60) or image.pixel(398, 66) != image.pixel(395, 66)
    assert light_theme().secondary.rgb() in border(image)
    assert light_theme().secondary.rgb() not in dark


def test_the_title_says_which_step(panel: Filled) -> None:
    said: list[str] = []
    panel.aside_changed.connect(said.append)
    panel.set_aside("nats per letter")
    panel.set_past(840)
    panel.set_past(840)
    panel.set_aside("bits per letter")
    panel.set_past(841)
    panel.set_past(None)
    assert said == [
        "nats per letter",
        f"{WORDS} · nats per letter",
        f"{WORDS} · bits per letter",
        "STEP 841 (PAST) · bits per letter",
        "bits per letter",
    ]


def test_the_past_names_its_step_once(panel: Filled) -> None:
    panel.set_aside("“chri”", 840)
    assert panel.aside == "“chri” · step 840"
    panel.set_past(840)
    assert panel.aside == f"{WORDS} · “chri”"
    panel.set_aside("“chri”", 800)  # what is shown is on its way still
    assert panel.aside == f"{WORDS} · “chri” · step 800"
    panel.set_past(None)
    assert panel.aside == "“chri” · step 800"


def test_the_mouse_does_not_feel_the_frame(panel: Filled) -> None:
    panel.set_past(840)
    assert panel.childAt(1, 100) is None
    assert isinstance(panel.childAt(150, 100), QLabel)


def test_the_window_has_the_timeline_below_its_transport_bar(window: Window) -> None:
    window.resize(1280, 720)
    QCoreApplication.processEvents()
    assert (window.width(), window.height()) == (1280, 720)
    assert window.timeline.width() == 1280
    assert window.timeline.y() == window._bar.geometry().bottom() + 1
