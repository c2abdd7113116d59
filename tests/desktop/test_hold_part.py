"""A whole part of the model is held, and let go, by one button under What matters."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.fakes import VOCABULARY, small_spec
from weightdeck.run.layout import layout
from weightdeck.run.ranking import PartChoice, part_choices
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.panels.browse import BrowsePanel
from weightdeck_desktop.theme import dark_theme

LAYOUT = layout(small_spec().model)
PARTS = part_choices(LAYOUT.model)
BLOCK = next(part for part in PARTS if part.title == "block 0")


@pytest.fixture
def panel(qtbot: QtBot) -> BrowsePanel:
    panel = BrowsePanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.resize(400, 500)
    panel.set_layout(LAYOUT, VOCABULARY)
    panel.set_enabled_engine(True)
    panel.show_what_matters(3)
    panel.show()
    return panel


def child(panel: BrowsePanel, name: str) -> QWidget:
    found = panel.findChild(QWidget, name)
    assert isinstance(found, QWidget)
    return found


def choose(panel: BrowsePanel, part: PartChoice) -> None:
    box = child(panel, "browse_part")
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(1 + PARTS.index(part))
    box.activated.emit(box.currentIndex())


def button(panel: BrowsePanel) -> BarButton:
    found = child(panel, "browse_hold_part")
    assert isinstance(found, BarButton)
    return found


def test_without_a_part_there_is_nothing_to_hold(panel: BrowsePanel) -> None:
    assert not button(panel).isEnabled()
    choose(panel, BLOCK)
    assert button(panel).isEnabled()


def test_the_chosen_part_is_held_and_let_go_as_a_whole(panel: BrowsePanel) -> None:
    heard: list[tuple[tuple[ParameterSlice, ...], bool]] = []
    panel.hold_requested.connect(lambda targets, held: heard.append((targets, held)))
    choose(panel, BLOCK)
    QTest.mouseClick(button(panel), Qt.MouseButton.LeftButton)
    assert heard == [(BLOCK.slices, True)]
    panel.show_held(BLOCK.slices[1:])
    assert button(panel).text() == "Hold part", "one of its tensors is free"
    panel.show_held(BLOCK.slices)
    assert button(panel).text() == "Let go"
    QTest.keyClick(button(panel), Qt.Key.Key_Space)
    assert heard[1:] == [(BLOCK.slices, False)]


def test_a_part_inside_a_held_one_is_held(panel: BrowsePanel) -> None:
    head = next(part for part in PARTS if part.title == "head 0.1")
    panel.show_held(BLOCK.slices)
    choose(panel, head)
    assert button(panel).text() == "Let go"
