"""A line of text that gives way where it is told to."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.text_line import TextLine

WORDS = "residual stream in the middle of block 0 · r · feature 21 · +0.0312 (blocks.0.resid_mid)"


@pytest.mark.parametrize(
    ("elide", "kept", "lost"),
    [
        (Qt.TextElideMode.ElideRight, "residual stream", "+0.0312"),
        (Qt.TextElideMode.ElideMiddle, "0312 (blocks.0.resid_mid)", "· r ·"),
    ],
)
def test_what_is_too_long_gives_way(qtbot: QtBot, elide: Qt.TextElideMode, kept: str, lost: str) -> None:
    line = TextLine(elide=elide)
    qtbot.addWidget(line)
    line.set_theme(dark_theme())
    line.set_text(WORDS)
    line.resize(300, 20)
    assert kept in line._shown()
    assert lost not in line._shown()
    assert line.accessibleName() == WORDS
    line.resize(2000, 20)
    assert line._shown() == WORDS
