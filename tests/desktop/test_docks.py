"""A panel's title line."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from weightdeck_desktop.docks import TitleBar
from weightdeck_desktop.theme import dark_theme


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(400, 100)
    page.show()
    return page


@pytest.fixture
def bar(page: QWidget) -> TitleBar:
    bar = TitleBar("browse", "Browse", page)
    bar.set_theme(dark_theme())
    bar.show()
    return bar


def picture(bar: TitleBar, width: int, aside: str) -> QImage:
    bar.resize(width, bar.height())
    bar.set_aside(aside)
    return bar.grab().toImage()


def test_an_aside_is_cut_only_where_enough_of_it_is_left(bar: TitleBar) -> None:
    assert picture(bar, 300, "step 600") != picture(bar, 300, "")
    assert picture(bar, 120, "step 600") == picture(bar, 120, "")  # "step…" says nothing
    assert picture(bar, 280, "transformer.h.0.attn.c_proj.weight") != picture(bar, 280, "")
