"""A panel's title line."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.title_bar import TitleBar, tabs_that_fit


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


@pytest.mark.parametrize(
    ("own", "room", "shown"),
    [
        (0, 440, (0, 1, 2, 3)),  # all of them, to the pixel
        (0, 439, (0, 1, 2)),
        (3, 439, (0, 1, 3)),
        (2, 320, (0, 2)),  # the button would not fit behind a third
        (1, 290, (0, 1)),
        (3, 270, (0, 3)),
        (3, 269, (3,)),
        (3, 10, (3,)),  # it is shown, and cut
    ],
)
def test_the_first_tabs_and_the_own_one_have_a_place(own: int, room: int, shown: tuple[int, ...]) -> None:
    assert tabs_that_fit([100, 100, 100, 80], own, gap=20, room=room, more=50) == shown


def test_a_long_name_is_cut_before_another_goes_into_the_menu(page: QWidget) -> None:
    bar = TitleBar("explain", "Where this number comes from", page)
    bar.set_tabs([("explain", "Where this number comes from"), ("expression", "Simple expression")])
    bar.set_theme(dark_theme())
    bar.show()
    for width, has_menu, is_cut in (
        (480, False, False),
        (396, False, True),
        (360, True, False),
        (200, True, True),
    ):
        bar.resize(width, bar.height())
        assert bar._others.isVisible() is has_menu, width
        assert bar.toolTip() == ("Where this number comes from" if is_cut else ""), width
        assert max(place.right() for place in bar._places) < bar._buttons[0].x()


@pytest.mark.parametrize("width", [150, 180, 240, 400, 800])  # px at 100 %
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_nothing_lies_over_a_name(bar: TitleBar, width: int, scale: float) -> None:
    bar.set_tabs([("browse", "Browse"), ("contributions", "Contributions"), ("embeddings", "Embeddings")])
    bar.set_theme(dark_theme(scale))
    bar.resize(round(width * scale), bar.height())
    own, *others = bar._places
    assert own.width() > 0
    end = max(place.right() for place in bar._places)
    if any(place.isEmpty() for place in others):
        assert bar._others.isVisible()
        assert bar._others.x() > end
        end = bar._others.geometry().right()
    assert end < bar._buttons[0].x()
    assert bar.toolTip() == ("Browse" if width < 240 else ""), "only where the name is cut"
