"""The timeline's strip: the hand on it, what it is told, what it says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.timeline_marks import Mark, MarkKind
from weightdeck_desktop.widgets.timeline_strip import TimelineStrip

LEFT, RIGHT = 12, 1012  # px: one step each
NONE = Qt.KeyboardModifier.NoModifier
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def strip(qtbot: QtBot) -> Iterator[TimelineStrip]:
    """A run of 1,000 steps, one px each, with the keyboard on it."""
    strip = TimelineStrip()
    qtbot.addWidget(strip)
    strip.set_theme(dark_theme())
    strip.set_end_room(150)
    strip.resize(RIGHT + 150, strip.height())
    run(strip, 1000)
    strip.show()
    qtbot.waitExposed(strip)
    strip.setFocus()
    yield strip
    strip.hide()


def run(strip: TimelineStrip, newest: int) -> None:
    steps = np.arange(newest, dtype=float)
    strip.set_run(newest, steps, 3.0 - steps / max(1, newest))


def heard(strip: TimelineStrip) -> list[tuple[object, ...]]:
    said: list[tuple[object, ...]] = []
    for name, signal in (
        ("sought", strip.sought),
        ("released", strip.released),
        ("now", strip.now_requested),
        ("entered", strip.entered),
    ):
        signal.connect(lambda *values, name=name: said.append((name, *values)))
    return said


def at(step: int) -> QPoint:
    return QPoint(LEFT + step, 15)


def press(strip: TimelineStrip, step: int) -> None:
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, NONE, at(step))


def release(strip: TimelineStrip, step: int) -> None:
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, NONE, at(step))


def turn_wheel(strip: TimelineStrip, units: int, modifiers: Qt.KeyboardModifier = NONE) -> None:
    place = QPointF(at(500))
    event = QWheelEvent(
        place,
        strip.mapToGlobal(place),
        QPoint(),
        QPoint(0, units),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(strip, event)


def test_a_drag_seeks_each_step_and_says_where_it_ended(strip: TimelineStrip) -> None:
    said = heard(strip)
    press(strip, 300)
    QTest.mouseMove(strip, at(310))
    QTest.mouseMove(strip, at(305))
    release(strip, 305)
    assert said == [("sought", 300), ("sought", 310), ("sought", 305), ("released", 305)]
    assert strip.step == 305
    assert strip.is_past


def test_a_drag_beyond_the_ends_stays_inside(strip: TimelineStrip) -> None:
    said = heard(strip)
    press(strip, 300)
    QTest.mouseMove(strip, QPoint(1, 15))
    QTest.mouseMove(strip, QPoint(RIGHT + 90, 15))
    assert said == [("sought", 300), ("sought", 0), ("sought", 1000)]
    release(strip, 1090)
    assert said[-1] == ("now",)  # let go at the end of the run
    assert not strip.is_past


def test_a_press_at_now_asks_for_nothing(strip: TimelineStrip) -> None:
    said = heard(strip)
    press(strip, 1000)
    release(strip, 1000)
    assert said == []


@pytest.mark.parametrize(
    ("key", "modifiers", "step"),
    [
        (Qt.Key.Key_Left, NONE, 499),
        (Qt.Key.Key_Right, NONE, 501),
        (Qt.Key.Key_Down, SHIFT, 490),
        (Qt.Key.Key_Right, SHIFT, 510),
        (Qt.Key.Key_Left, CTRL, 400),
        (Qt.Key.Key_PageUp, NONE, 550),
        (Qt.Key.Key_PageDown, NONE, 450),
        (Qt.Key.Key_Home, NONE, 0),
    ],
)
def test_keys_move_and_let_go_when_they_rest(
    qtbot: QtBot, strip: TimelineStrip, key: Qt.Key, modifiers: Qt.KeyboardModifier, step: int
) -> None:
    strip.set_past(500, 500, True)
    said = heard(strip)
    QTest.keyClick(strip, key, modifiers)
    assert said == [("sought", step)]
    with qtbot.waitSignal(strip.released) as waited:
        pass
    assert waited.args == [step]


def test_from_now_the_first_key_goes_one_step_back(strip: TimelineStrip) -> None:
    said = heard(strip)
    QTest.keyClick(strip, Qt.Key.Key_Right)
    assert said == []
    QTest.keyClick(strip, Qt.Key.Key_Left)
    assert said == [("sought", 999)]


@pytest.mark.parametrize("key", [Qt.Key.Key_End, Qt.Key.Key_Escape])
def test_esc_and_end_return_to_now(strip: TimelineStrip, key: Qt.Key) -> None:
    strip.set_past(500, 500, True)
    said = heard(strip)
    QTest.keyClick(strip, Qt.Key.Key_Left)
    QTest.keyClick(strip, key)
    assert said == [("sought", 499), ("now",)]  # and nothing is let go afterwards
    strip.set_now()
    said.clear()
    QTest.keyClick(strip, key)
    assert said == []
    assert strip.step == 1000


def test_enter_in_the_past_ends_the_move_first(strip: TimelineStrip) -> None:
    said = heard(strip)
    QTest.keyClick(strip, Qt.Key.Key_Return)
    assert said == []
    QTest.keyClick(strip, Qt.Key.Key_Left)
    QTest.keyClick(strip, Qt.Key.Key_Return)
    assert said == [("sought", 999), ("released", 999), ("entered",)]


def test_the_wheel_moves_by_whole_notches(strip: TimelineStrip) -> None:
    strip.set_past(500, 500, True)
    said = heard(strip)
    turn_wheel(strip, -60)
    assert said == []
    turn_wheel(strip, -60)
    turn_wheel(strip, 240, SHIFT)
    assert said == [("sought", 499), ("sought", 519)]


def test_losing_the_focus_lets_go(strip: TimelineStrip) -> None:
    said = heard(strip)
    QTest.keyClick(strip, Qt.Key.Key_Left)
    strip.clearFocus()
    assert said == [("sought", 999), ("released", 999)]


def test_to_be_disabled_lets_go_of_a_drag(strip: TimelineStrip) -> None:
    said = heard(strip)
    press(strip, 300)
    strip.setEnabled(False)
    assert said == [("sought", 300), ("released", 300)]
    run(strip, 1200)
    assert strip.maximum() == 1200


def test_space_and_letters_are_left_to_the_window(strip: TimelineStrip) -> None:
    said = heard(strip)
    for key in (Qt.Key.Key_Space, Qt.Key.Key_F, Qt.Key.Key_Period):
        QTest.keyClick(strip, key)
    assert said == []


def test_a_mark_near_the_pointer_draws_it(strip: TimelineStrip) -> None:
    strip.set_marks([Mark(420, MarkKind.EDIT, "mute head 0.1"), Mark(5000, MarkKind.FORK, "later")])
    said = heard(strip)
    press(strip, 424)
    QTest.mouseMove(strip, at(425))
    QTest.mouseMove(strip, at(417))
    release(strip, 417)
    assert said == [("sought", 420), ("sought", 425), ("sought", 420), ("released", 420)]


def test_nothing_it_is_told_is_said(strip: TimelineStrip) -> None:
    said = heard(strip)
    run(strip, 1100)
    strip.set_marks([Mark(3, MarkKind.BOOKMARK, "a")])
    strip.set_keyframes([0, 100])
    strip.set_past(500, 490, False)
    strip.set_past(500, 500, True)
    strip.set_now()
    strip.clear()
    assert said == []


def test_the_run_does_not_grow_below_the_pointer(strip: TimelineStrip) -> None:
    said = heard(strip)
    press(strip, 300)
    run(strip, 2000)
    QTest.mouseMove(strip, at(400))
    release(strip, 400)
    assert said == [("sought", 300), ("sought", 400), ("released", 400)]
    press(strip, 400)  # now each px is two steps
    assert said[-1] == ("sought", 800)


def test_what_is_told_of_an_earlier_seek_does_not_pull_the_hand_back(strip: TimelineStrip) -> None:
    press(strip, 300)
    QTest.mouseMove(strip, at(350))
    strip.set_past(300, 300, True)
    assert strip.step == 350
    release(strip, 350)
    strip.set_past(350, 340, False)
    strip.set_past(120, 120, True)  # the caller goes elsewhere
    assert strip.step == 120


def test_what_is_told_after_a_seek_at_rest_counts(strip: TimelineStrip) -> None:
    press(strip, 300)
    strip.set_past(300, 300, True)
    release(strip, 300)
    strip.set_past(120, 120, True)
    assert strip.step == 120


def test_assistive_technology_reads_and_sets_the_step(qtbot: QtBot, strip: TimelineStrip) -> None:
    said = heard(strip)
    interface = QAccessible.queryAccessibleInterface(strip)
    assert interface.role() is QAccessible.Role.Slider
    assert interface.text(QAccessible.Text.Name) == "Timeline"
    assert interface.text(QAccessible.Text.Description) == "step 1,000, now"
    strip.set_past(840, 800, False)
    assert interface.text(QAccessible.Text.Description) == "step 840 of 1,000, past"
    assert interface.valueInterface().currentValue() == 840
    assert interface.valueInterface().maximumValue() == 1000
    interface.valueInterface().setCurrentValue(77)
    assert said == [("sought", 77)]
    with qtbot.waitSignal(strip.released):
        pass


def test_the_words_name_what_lies_there(strip: TimelineStrip) -> None:
    strip.set_marks(
        [Mark(420, MarkKind.EDIT, "mute head 0.1"), Mark(422, MarkKind.BOOKMARK, "before")]
        + [Mark(600, MarkKind.EDIT, f"edit {n}") for n in range(8)]
    )
    strip.set_keyframes([0, 100, 420])
    assert strip.words_at(LEFT + 300) == ["step 300 · loss 2.700"]
    assert strip.words_at(LEFT + 419) == [
        "step 420 · loss 2.580",
        "mute head 0.1",
        "bookmark: before (step 422)",
        "kept whole: it shows at once",
    ]
    assert strip.words_at(LEFT + 600)[-1] == "and 2 more"
    assert strip.words_at(RIGHT + 50) == ["step 1,000"]  # no update has measured it yet
    QTest.mouseMove(strip, at(300))
    assert QToolTip.text() == "step 300 · loss 2.700"
    QToolTip.hideText()


@pytest.mark.parametrize("newest", [1, 2, 100_000_000])
def test_any_length_of_run_can_be_walked(strip: TimelineStrip, newest: int) -> None:
    strip.clear()
    steps = np.array([0.0, newest - 1.0])[:newest]
    strip.set_run(newest, steps, np.full(len(steps), 2.0))
    strip.set_keyframes(list(range(0, newest, max(1, newest // 50))))
    said = heard(strip)
    strip.grab()
    QTest.keyClick(strip, Qt.Key.Key_Left)
    QTest.keyClick(strip, Qt.Key.Key_Home)
    press(strip, 500)
    release(strip, 500)
    assert said[0] == ("sought", newest - 1)
    assert strip.step in (0, newest // 2)
    strip.grab()


def test_an_empty_run_says_so_and_cannot_be_moved(strip: TimelineStrip) -> None:
    filled = strip.grab().toImage()
    strip.clear()
    strip.set_run(0, np.empty(0), np.empty(0))
    said = heard(strip)
    press(strip, 10)
    release(strip, 10)
    QTest.keyClick(strip, Qt.Key.Key_Left)
    turn_wheel(strip, -120)
    assert said == []
    assert strip.grab().toImage() != filled
    assert strip.accessibleDescription() == "step 0, now"


@pytest.mark.parametrize("theme", [dark_theme(), light_theme(), dark_theme(2.0)])
def test_the_picture_tells_now_pending_and_exact_apart(strip: TimelineStrip, theme: object) -> None:
    strip.set_theme(theme)  # type: ignore[arg-type]
    pictures = [strip.grab().toImage()]
    strip.set_past(840, 800, False)
    pictures.append(strip.grab().toImage())
    strip.set_past(840, 840, True)
    pictures.append(strip.grab().toImage())
    strip.set_now()
    assert pictures[0] != pictures[1] != pictures[2] != pictures[0]
    assert strip.grab().toImage() == pictures[0]


def test_each_kind_of_mark_is_seen(strip: TimelineStrip) -> None:
    bare = strip.grab().toImage()
    for kind in MarkKind:
        strip.set_marks([Mark(700, kind, "x")])
        marked = strip.grab().toImage()
        changed = [
            x
            for x in range(bare.width())
            if any(bare.pixel(x, y) != marked.pixel(x, y) for y in range(bare.height()))
        ]
        assert changed, kind
        assert LEFT + 690 <= changed[0] <= changed[-1] <= LEFT + 710, kind
