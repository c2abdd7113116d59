"""A notice lies over the foot of the panels: nothing moves when it comes or goes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QRect, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.window_bench import Heard
from weightdeck.run.document import Past, Place
from weightdeck.run.frame import Phase, Status
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.notice_bar import NoticeBar
from weightdeck_desktop.theme import light_theme
from weightdeck_desktop.window import Window

LONG = (
    "The loss climbs: it is 0.7 above its best. Undo the last change, or make the learning rate smaller. " * 3
)


def settle() -> None:
    for _ in range(3):
        QCoreApplication.processEvents()


def place(window: Window, widget: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def places(window: Window) -> dict[str, QRect]:
    docks = {key: dock.geometry() for key, dock in window._host.docks.items() if dock.isVisible()}
    return docks | {"host": place(window, window._host), "line": place(window, window._line)}


def button(bar: NoticeBar, name: str) -> BarButton:
    found = bar.findChild(BarButton, name)
    assert found is not None
    return found


@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize("workspace", ["watch", "inside"])
def test_nothing_moves_and_no_tab_is_covered(window: Window, workspace: str, scale: float) -> None:
    window.set_theme(light_theme(scale))
    window.show_workspace(workspace)
    window.resize(1280, 720)
    settle()
    before = places(window)
    for sentence in ("The planned 3,000 steps are done.", LONG):
        window.show_notice(sentence, [QAction("Continue", window), QAction("New seed", window)])
        settle()
        assert places(window) == before
        card = place(window, window._notice)
        assert window._notice.isVisible()
        host = place(window, window._host)
        assert card.right() == host.right()
        assert card.bottom() == place(window, window._line).top() - 1
        if sentence != LONG and scale == 1.0:
            assert card.top() > host.bottom() - 12, "over no more than the margin within a panel"
        assert window._notice.height() >= window._notice.heightForWidth(card.width())
        is_short = sentence != LONG
        assert not is_short or window._notice._text.height() < 2 * window._notice._text.fontMetrics().height()
        assert not is_short or card.width() < window._host.width() * (0.5 if scale == 1.0 else 0.8)
        assert window.childAt(card.center()) in (window._notice, *window._notice.findChildren(QWidget))
        for dock in window._host.docks.values():
            if dock.isVisible() and dock.x() >= 0:
                assert not place(window, dock._bar).intersects(card)
    window.show_notice("")
    settle()
    assert places(window) == before
    assert window._notices.isHidden(), "what is not there takes no clicks"


def test_two_notices_lie_one_above_the_other(window: Window) -> None:
    before = places(window)
    window.show_notice("A step was not kept.", is_error=True)
    window.files.show_news("Your run is kept.")
    settle()
    assert places(window) == before
    news, notice = place(window, window.files.news), place(window, window._notice)
    assert not news.intersects(notice)
    assert news.bottom() < notice.top()
    window.resize(1100, 700)
    settle()
    news = place(window, window.files.news)
    assert news.right() == place(window, window._host).right()
    window.show_notice("")
    settle()
    assert place(window, window.files.news).top() > news.top()


def test_what_stays_has_a_line_of_its_own(window: Window) -> None:
    window.files.show_problem("The disk is full.")
    settle()
    assert not place(window, window.files.banner).intersects(place(window, window._host))
    window.files.show_problem("")


def test_closing_a_notice_is_told_and_using_it_is_not(window: Window, qtbot: QtBot) -> None:
    heard = Heard(dismissed=window.notice_dismissed)
    act = QAction("Continue", window)
    act.setObjectName("continue")
    window.show_notice("Done.", [act])
    settle()
    qtbot.mouseClick(button(window._notice, "notice_continue"), Qt.MouseButton.LeftButton)
    assert heard.said == []
    window.show_notice("Done.")
    window.show_notice("")
    assert heard.said == []
    window.show_notice("Done.")
    settle()
    qtbot.keyClick(button(window._notice, "dismiss_notice"), Qt.Key.Key_Space)
    assert heard.said == [("dismissed",)]
    assert window._notice.text == ""


def test_escape_takes_the_newest_away(window: Window, qtbot: QtBot) -> None:
    heard = Heard(dismissed=window.notice_dismissed)
    window.show_notice("A step was not kept.")
    window.files.show_news("Your run is kept.")
    window.show_notice("Done.")  # where there was one: the newest now
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert (window._notice.text, window.files.news.text) == ("", "Your run is kept.")
    assert heard.said == [("dismissed",)]
    window.show_notice("Done.")
    window.files.show_news("The run is open.")
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert (window._notice.text, window.files.news.text) == ("Done.", "")
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert heard.said == [("dismissed",)] * 2


def test_escape_first_does_what_else_it_is_for(window: Window, qtbot: QtBot) -> None:
    window.show_notice("Done.")
    field = window._host.docks["predictions"].panel.findChild(QLineEdit)
    assert field is not None
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert window.focusWidget() is window
    assert window._notice.text == "Done."
    past = Past(Place(0, 3), 3, is_exact=True, problem="")
    window.show_status(Status(Phase.PAUSED, 1, 12, past=past), 2.5, 2.6)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window._notice.text == "Done."
    window.show_status(Status(Phase.PAUSED, 1, 12), 2.5, 2.6)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window._notice.text == ""


def test_another_workspace_gives_the_keyboard_to_no_notice(window: Window) -> None:
    window.show_notice("Done.", [QAction("Continue", window)])
    window.show_workspace("inside")
    settle()
    docks = window._host.docks
    docks["inspector"].panel.findChild(QLineEdit).setFocus()  # type: ignore[union-attr]
    window.show_workspace("watch")
    settle()
    assert window.focusWidget() is window
    stays = docks["predictions"].panel.findChild(QLineEdit)
    assert stays is not None
    stays.setFocus()
    window.show_workspace("turn")
    settle()
    assert window.focusWidget() is stays
    window.resize(1280, 720)  # the history goes behind the knobs
    docks["edits"].panel.findChild(QLineEdit).setFocus()  # type: ignore[union-attr]
    window.resize(1440, 900)
    settle()
    window.resize(1280, 720)
    settle()
    assert window.focusWidget() is window
