"""The timeline with its buttons: the past, bookmarks, branches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from weightdeck.run.document import Bookmark, Branch, DocumentStatus, Past, Place
from weightdeck.run.frame import METRICS
from weightdeck.run.history import History
from weightdeck.run.presets import load_preset
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.timeline_bar import TimelineBar
from weightdeck_desktop.timeline_document import bookmarks_on, forks_on, lineage
from weightdeck_desktop.widgets.branch_tree import BranchTree
from weightdeck_desktop.widgets.name_editor import NameEditor
from weightdeck_desktop.widgets.plain_tip import plain_tip
from weightdeck_desktop.widgets.timeline_strip import TimelineStrip

SPEC = load_preset("names")
BRANCHES = (
    Branch(0, "main", SPEC, None, 0, 0, ""),
    Branch(1, "wide rate", SPEC, 0, 600, 2, ""),
    Branch(2, "no head", SPEC, 1, 900, 3, ""),
    Branch(3, "again", SPEC, 0, 0, 0, ""),
)
DOCUMENT = DocumentStatus(
    branch=2,
    branches=BRANCHES,
    heads=(1240, 1010, 1240, 300),
    bookmarks=(
        Bookmark(Place(0, 521), "before the mute"),
        Bookmark(Place(0, 700), "elsewhere"),
        Bookmark(Place(2, 1000), "own"),
    ),
    keyframes=tuple(range(0, 1241, 50)),
)
ONE = DocumentStatus(branches=BRANCHES[:1], heads=(1240,))
PAST = Past(Place(2, 840), 800, is_exact=False)


def history(steps: int) -> History:
    rows = np.zeros((steps, len(METRICS)))
    rows[:, METRICS.index("step")] = np.arange(steps)
    rows[:, METRICS.index("train_loss")] = np.linspace(3.3, 2.0, steps)
    made = History()
    made.add_metrics(rows)
    return made


@pytest.fixture
def bar(qtbot: QtBot) -> Iterator[TimelineBar]:
    """A run of 1,240 steps with one branch, in a window 1,280 px wide."""
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    column.setContentsMargins(0, 0, 0, 0)
    bar = TimelineBar(window)
    column.addWidget(bar)
    column.addStretch(1)
    bar.set_theme(dark_theme())
    bar.show_document(ONE)
    bar.show_run(1240, history(1240))
    window.resize(1280, 300)
    window.show()
    qtbot.waitExposed(window)
    yield bar
    window.hide()


def heard(bar: TimelineBar) -> list[tuple[object, ...]]:
    said: list[tuple[object, ...]] = []
    for name in (
        *("sought", "released", "now_requested", "play_from_here_requested"),
        *("bookmark_requested", "branch_chosen", "branch_renamed", "compare_requested"),
    ):
        getattr(bar, name).connect(lambda *values, name=name: said.append((name, *values)))
    return said


def part(bar: TimelineBar, name: str) -> BarButton:
    found = bar.window().findChild(BarButton, name)
    assert found is not None
    return found


def strip(bar: TimelineBar) -> TimelineStrip:
    found = bar.findChild(TimelineStrip)
    assert found is not None
    return found


def editor(bar: TimelineBar) -> NameEditor:
    found = bar.window().findChild(NameEditor, "bookmark_name")
    assert found is not None
    return found


def tree(bar: TimelineBar) -> BranchTree:
    found = bar.findChild(BranchTree)
    assert found is not None
    return found


def open_tree(bar: TimelineBar) -> None:
    bar.show_document(DOCUMENT)
    part(bar, "branch").click()


def test_a_branch_is_its_parents_up_to_where_it_left_them() -> None:
    assert lineage(DOCUMENT) == {2: 1240, 1: 900, 0: 600}
    assert [bookmark.name for bookmark in bookmarks_on(DOCUMENT)] == ["before the mute", "own"]
    assert forks_on(DOCUMENT) == [(600, "main"), (900, "wide rate"), (0, "again")]
    assert lineage(replace(DOCUMENT, branch=3)) == {3: 1240, 0: 0}
    assert bookmarks_on(DocumentStatus()) == forks_on(DocumentStatus()) == []


def test_the_buttons_of_the_past_come_and_move_nothing(bar: TimelineBar) -> None:
    bar.show_document(DOCUMENT)
    QCoreApplication.processEvents()
    before = strip(bar).geometry(), part(bar, "bookmark").geometry()
    assert part(bar, "timeline_now").isHidden() or not part(bar, "timeline_now").isVisible()
    bar.show_past(PAST)
    QCoreApplication.processEvents()
    now, play, branch = (part(bar, name) for name in ("timeline_now", "play_from_here", "branch"))
    assert now.isVisible()
    assert play.isVisible()
    assert branch.isVisible()
    assert (strip(bar).geometry(), part(bar, "bookmark").geometry()) == before
    places = [button.mapTo(bar, QPoint()).x() for button in (now, play, branch, part(bar, "bookmark"))]
    assert places == sorted(places)
    assert play.mapTo(bar, QPoint(play.width(), 0)).x() <= branch.x()
    bar.show_past(None)
    assert not now.isVisible()


@pytest.mark.parametrize(("width", "scale"), [(320, 1.0), (720, 1.0), (1280, 1.0), (480, 2.0), (1280, 2.0)])
def test_everything_stays_inside_and_apart(bar: TimelineBar, width: int, scale: float) -> None:
    bar.set_theme(light_theme(scale))
    bar.show_document(DOCUMENT)
    bar.show_past(PAST)
    bar.window().resize(width, 300)
    QCoreApplication.processEvents()
    assert bar.window().width() == width
    for name in ("timeline_now", "play_from_here", "bookmark", "branch"):
        button = part(bar, name)
        assert bar.rect().contains(button.mapTo(bar, button.rect().topLeft())), name
        assert bar.rect().contains(button.mapTo(bar, button.rect().bottomRight())), name
    bar.grab()


def test_the_hand_sees_the_buttons_at_once(bar: TimelineBar) -> None:
    said = heard(bar)
    strip(bar).setFocus()
    QTest.keyClick(strip(bar), Qt.Key.Key_Left)
    assert part(bar, "play_from_here").isVisible()
    QTest.keyClick(strip(bar), Qt.Key.Key_Return)
    QTest.keyClick(strip(bar), Qt.Key.Key_Escape)
    assert said == [
        ("sought", 1239),
        ("released", 1239),
        ("play_from_here_requested",),
        ("now_requested",),
    ]
    assert not part(bar, "play_from_here").isVisible()


def test_now_and_play_from_here_ask(bar: TimelineBar) -> None:
    bar.show_past(PAST)
    said = heard(bar)
    part(bar, "play_from_here").click()
    part(bar, "timeline_now").click()
    assert said == [("play_from_here_requested",), ("now_requested",)]


def test_a_bookmark_is_named_after_its_step_until_the_user_says_better(bar: TimelineBar) -> None:
    said = heard(bar)
    bar.open_bookmark()
    assert editor(bar).text() == "step 1,240"
    assert editor(bar).hasFocus()
    bar.show_run(1300, history(1300))  # training goes on while the name is typed
    QTest.keyClicks(editor(bar), " before the rise ")
    QTest.keyClick(editor(bar), Qt.Key.Key_Return)
    assert said == [("bookmark_requested", "before the rise", 1240)]
    assert not editor(bar).isVisible()


def test_an_empty_name_takes_a_bookmark_away(bar: TimelineBar) -> None:
    bar.show_document(DOCUMENT)
    bar.show_past(Past(Place(2, 521), 521, is_exact=True))
    said = heard(bar)
    part(bar, "bookmark").click()
    assert editor(bar).text() == "before the mute"
    QTest.keyClick(editor(bar), Qt.Key.Key_Return)
    assert said == []  # the name is as it was
    bar.open_bookmark()
    editor(bar).clear()
    QTest.keyClick(editor(bar), Qt.Key.Key_Return)
    assert said == [("bookmark_requested", "", 521)]


def test_esc_and_no_name_at_an_unnamed_moment_say_nothing(bar: TimelineBar) -> None:
    said = heard(bar)
    strip(bar).setFocus()
    bar.open_bookmark()
    QTest.keyClick(editor(bar), Qt.Key.Key_Escape)
    assert strip(bar).hasFocus()
    bar.open_bookmark()
    editor(bar).clear()
    QTest.keyClick(editor(bar), Qt.Key.Key_Return)
    assert said == []


def test_bookmarks_edits_and_forks_lie_on_the_strip(bar: TimelineBar) -> None:
    bar.show_document(DOCUMENT)
    bar.show_edits([(160, "mute head 0.1")])
    found = {word for x in range(strip(bar).width()) for word in strip(bar).words_at(x)[1:]}
    assert {"mute head 0.1", "bookmark: before the mute", "bookmark: own"} <= found
    assert "branch “again” goes another way" in found
    assert "bookmark: elsewhere" not in found


def test_a_branch_is_shown_when_there_is_another(bar: TimelineBar) -> None:
    assert not part(bar, "branch").isVisible()
    bar.show_document(DOCUMENT)
    assert part(bar, "branch").isVisible()
    assert part(bar, "branch").accessibleName() == "Branch no head"


def test_without_branches_the_strip_has_their_room(bar: TimelineBar) -> None:
    bar.show_document(ONE)
    QCoreApplication.processEvents()
    alone = strip(bar).width()
    end = part(bar, "bookmark").geometry().right()
    assert bar.width() - end <= 16, "nothing stands in the middle of empty room"
    bar.show_document(DOCUMENT)
    QCoreApplication.processEvents()
    assert strip(bar).width() < alone
    assert part(bar, "bookmark").geometry().right() == end
    assert part(bar, "branch").text() == "no head"


def test_another_branch_moves_nothing(bar: TimelineBar) -> None:
    bar.show_document(DOCUMENT)
    QCoreApplication.processEvents()
    before = strip(bar).geometry()
    bar.clear()
    QCoreApplication.processEvents()
    assert strip(bar).geometry() == before
    bar.show_document(replace(DOCUMENT, branch=1))
    QCoreApplication.processEvents()
    assert strip(bar).geometry() == before
    bar.clear()
    bar.show_document(ONE)
    assert not part(bar, "branch").isVisible()


def test_the_name_of_a_branch_from_a_step_is_not_cut(bar: TimelineBar) -> None:
    branches = (BRANCHES[0], replace(BRANCHES[1], name="from step 3,000"))
    bar.show_document(DocumentStatus(branch=1, branches=branches, heads=(1240, 1010)))
    assert part(bar, "branch").text() == "from step 3,000"


def test_the_tree_switches_by_key(bar: TimelineBar) -> None:
    open_tree(bar)
    said = heard(bar)
    assert tree(bar).current_branch == 2
    QTest.keyClick(tree(bar), Qt.Key.Key_Up)
    QTest.keyClick(tree(bar), Qt.Key.Key_Return)
    assert said == [("branch_chosen", 1)]
    assert not tree(bar).isVisible()


def test_to_choose_the_branch_that_trains_only_closes(bar: TimelineBar) -> None:
    open_tree(bar)
    said = heard(bar)
    assert not part(bar, "switch_branch").isEnabled()
    assert not part(bar, "compare_branch").isEnabled()
    QTest.keyClick(tree(bar), Qt.Key.Key_Return)
    assert said == []
    assert not tree(bar).isVisible()


def test_the_tree_compares_and_renames(bar: TimelineBar) -> None:
    open_tree(bar)
    said = heard(bar)
    tree(bar).setCurrentRow(0)
    part(bar, "rename_branch").click()
    line = tree(bar).viewport().findChild(QWidget, "branch_name")
    assert line is not None
    QTest.keyClicks(line, "first")
    QTest.keyClick(line, Qt.Key.Key_Return)
    QCoreApplication.processEvents()
    assert said == [("branch_renamed", 0, "first")]
    assert tree(bar).isVisible()
    part(bar, "compare_branch").click()
    assert said[1:] == [("compare_requested", 0)]
    assert not tree(bar).isVisible()


def test_what_it_is_told_it_does_not_say(bar: TimelineBar) -> None:
    said = heard(bar)
    bar.show_document(DOCUMENT)
    bar.show_past(PAST)
    bar.show_run(1300, history(1300))
    bar.show_edits([(3, "a")])
    bar.show_past(None)
    bar.clear()
    assert said == []
    assert bar.step == 0


def test_a_name_is_no_html(bar: TimelineBar) -> None:
    branches = (BRANCHES[0], replace(BRANCHES[1], name="<b>wide</b>"))
    bar.show_document(DocumentStatus(branch=1, branches=branches, heads=(1240, 1010)))
    assert "&lt;b&gt;wide" in part(bar, "branch").toolTip()
    assert plain_tip("a < b") == "a < b"
