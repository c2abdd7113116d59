"""Breakpoints: what may be typed, the dialog that lists them, and who keeps them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.fakes import FakeWindow
from tests.desktop.window_bench import Heard, button, tell
from weightdeck.run.frame import Phase, Status
from weightdeck.run.half_step import Breakpoint, HalfStep, Stage, Watched
from weightdeck_desktop.breakpoint_dialog import BreakpointDialog
from weightdeck_desktop.breakpoint_list import Breakpoints
from weightdeck_desktop.breakpoint_words import (
    LAST_STEP,
    MOST_BREAKPOINTS,
    breakpoint_words,
    breakpoints_tip,
    read_breakpoint,
)
from weightdeck_desktop.controller.breakpoints import BreakpointDesk, is_at_breakpoint
from weightdeck_desktop.settings import Settings
from weightdeck_desktop.theme import Theme, dark_theme, light_theme
from weightdeck_desktop.window import Window

LARGE = Breakpoint(Watched.GRADIENT_NORM, 5)
LOW = Breakpoint(Watched.LOSS, 1.5, above=False)
AT = Breakpoint(Watched.STEP, 1000)
THREE = (LARGE, LOW, AT)


# Words


def test_a_breakpoint_in_words() -> None:
    assert [breakpoint_words(each) for each in THREE] == [
        "when the gradient norm is above 5",
        "when the loss of the batch is below 1.5",
        "at step 1,000",
    ]
    assert "let training pause by itself" in breakpoints_tip(())


@pytest.mark.parametrize(
    ("text", "value"),
    [("1000", 1000), ("1,000", 1000), (" 1 000 ", 1000), ("12,345,678", 12_345_678), ("1e3", 1000), ("0", 0)],
)
def test_a_step_as_it_may_be_typed(text: str, value: int) -> None:
    assert read_breakpoint(Watched.STEP, text, above=True) == Breakpoint(Watched.STEP, value)


@pytest.mark.parametrize(
    ("watched", "text", "words"),
    [
        (Watched.LOSS, "", "Type the number"),
        (Watched.LOSS, "low", "“low” is not a number"),
        (Watched.LOSS, "1,5", "“1,5” is not a number"),
        (Watched.LOSS, "-1", "from 0 up"),
        (Watched.LOSS, "nan", "from 0 up"),
        (Watched.GRADIENT_NORM, "1e999", "from 0 up"),
        (Watched.STEP, "1.5", "whole numbers"),
        (Watched.STEP, str(LAST_STEP + 1), "No run gets so far"),
        (Watched.STEP, "9" * 40, "No run gets so far"),
        (Watched.STEP, "x" * 40, "…” is not a number"),
    ],
)
def test_what_is_none_gets_a_sentence(watched: Watched, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_breakpoint(watched, text, above=True)


# The dialog


class Owner:
    """Opens the dialog and does as it asks, as the window does."""

    def __init__(self, qtbot: QtBot, breakpoints: Breakpoints = (), theme: Theme | None = None) -> None:
        self.qtbot = qtbot
        self.window = QWidget()
        self.window.resize(1280, 720)
        qtbot.addWidget(self.window)
        self.window.show()
        self.dialog = BreakpointDialog(breakpoints, theme or dark_theme(), self.window)
        self.heard = Heard(changed=self.dialog.changed)
        self.dialog.changed.connect(self.dialog.show_breakpoints)
        self.dialog.open()
        QCoreApplication.processEvents()

    @property
    def wanted(self) -> Breakpoints:
        """What the user asked for last."""
        (_, breakpoints) = self.heard.said[-1]
        assert isinstance(breakpoints, tuple)
        return breakpoints

    @property
    def problem(self) -> str:
        label = self.dialog.findChild(QLabel, "breakpoints_problem")
        assert label is not None
        return label.text()

    @property
    def value(self) -> QLineEdit:
        line = self.dialog.findChild(QLineEdit, "breakpoint_value")
        assert line is not None
        return line

    def choose(self, name: str, words: str) -> None:
        """Choose in a list by the keyboard."""
        box = self.dialog.findChild(QComboBox, name)
        assert box is not None
        box.setFocus()
        self.qtbot.keyClick(box, Qt.Key.Key_Home)
        while box.currentText() != words:
            self.qtbot.keyClick(box, Qt.Key.Key_Down)

    def enter(self, text: str) -> None:
        self.value.selectAll()
        self.qtbot.keyClicks(self.value, text)
        self.qtbot.keyClick(self.value, Qt.Key.Key_Return)

    def part(self, name: str) -> QAbstractButton:
        found = self.dialog.findChild(QAbstractButton, name)
        assert found is not None
        return found

    def lines(self) -> list[str]:
        rows = self.dialog._list._rows
        return [row._switch.text() for row in rows if row.isVisible()]


@pytest.fixture
def owner(qtbot: QtBot) -> Iterator[Owner]:
    owner = Owner(qtbot)
    yield owner
    owner.dialog.close()


def test_breakpoints_are_made_by_the_keyboard_alone(owner: Owner) -> None:
    assert owner.value.hasFocus()
    assert owner.dialog._none.isVisible()
    owner.enter("5")
    owner.choose("breakpoint_watched", "loss of the batch")
    owner.enter("1.5")  # a loss is waited for to be low
    owner.choose("breakpoint_watched", "step")
    assert not owner.dialog._line._side.isVisible()
    owner.enter("1,000")
    assert owner.wanted == THREE
    assert owner.lines() == [breakpoint_words(each) for each in THREE]
    assert not owner.dialog._none.isVisible()
    assert owner.value.hasFocus()
    assert owner.value.text() == ""


def test_the_side_can_be_chosen(owner: Owner) -> None:
    owner.choose("breakpoint_side", "below")
    owner.enter("0.01")
    assert owner.wanted == (Breakpoint(Watched.GRADIENT_NORM, 0.01, above=False),)


def test_a_bad_number_gets_a_sentence_and_loses_nothing(owner: Owner) -> None:
    owner.enter("5,3")
    assert owner.heard.said == []
    assert "not a number" in owner.problem
    assert owner.dialog._sign.isVisible()
    assert owner.value.text() == "5,3"
    assert owner.value.hasFocus()
    owner.enter("5.3")
    assert owner.problem == ""
    assert not owner.dialog._sign.isVisible()
    assert owner.wanted == (Breakpoint(Watched.GRADIENT_NORM, 5.3),)


def test_the_same_twice_is_refused(qtbot: QtBot) -> None:
    off = Breakpoint(Watched.GRADIENT_NORM, 7, is_on=False)
    owner = Owner(qtbot, (LARGE, off))
    owner.enter("5")
    assert "already" in owner.problem
    owner.enter("7")
    assert "switched off" in owner.problem
    assert owner.heard.said == []
    owner.dialog.close()


def test_there_is_room_for_some(qtbot: QtBot) -> None:
    many = tuple(Breakpoint(Watched.STEP, step) for step in range(MOST_BREAKPOINTS))
    owner = Owner(qtbot, many)
    owner.enter("5")
    assert owner.heard.said == []
    assert str(MOST_BREAKPOINTS) in owner.problem
    owner.dialog.close()


def test_the_newest_of_many_can_be_seen(qtbot: QtBot) -> None:
    owner = Owner(qtbot, tuple(Breakpoint(Watched.STEP, step) for step in range(MOST_BREAKPOINTS - 1)))
    bar = owner.dialog._list.verticalScrollBar()
    assert (bar.value(), bar.maximum() > 0) == (0, True)
    owner.enter("5")
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())
    newest = owner.dialog._list._rows[-1]
    assert (
        owner.dialog._list.viewport()
        .rect()
        .contains(newest.mapTo(owner.dialog._list.viewport(), newest.rect().center()))
    )
    owner.dialog.close()


def test_each_has_a_switch_and_can_be_removed(qtbot: QtBot) -> None:
    owner = Owner(qtbot, THREE)
    switch = owner.part("breakpoint_1")
    switch.setFocus()
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    off = Breakpoint(Watched.LOSS, 1.5, above=False, is_on=False)
    assert owner.wanted == (LARGE, off, AT)
    assert owner.part("breakpoint_1") is switch, "it keeps the focus"
    assert switch.hasFocus()
    assert not switch.isChecked()
    for name, left, focus in (
        ("breakpoint_remove_0", (off, AT), "breakpoint_remove_0"),
        ("breakpoint_remove_1", (off,), "breakpoint_remove_0"),
        ("breakpoint_remove_0", (), "breakpoint_value"),
    ):
        owner.part(name).setFocus()
        qtbot.keyClick(owner.part(name), Qt.Key.Key_Space)
        assert owner.wanted == left
        assert owner.lines() == [breakpoint_words(each) for each in left]
        held = owner.dialog.focusWidget()
        assert held is not None
        assert held.objectName() == focus
    owner.dialog.close()


def test_telling_asks_for_nothing(owner: Owner) -> None:
    for breakpoints in (THREE, (), (AT,), tuple(reversed(THREE))):
        owner.dialog.show_breakpoints(breakpoints)
        assert owner.lines() == [breakpoint_words(each) for each in breakpoints]
    assert owner.heard.said == []


@pytest.mark.parametrize(
    "theme", [dark_theme(), light_theme(1.5), dark_theme(2.0)], ids=["dark", "light", "large"]
)
def test_every_control_of_it_says_what_it_is_and_fits(qtbot: QtBot, theme: Theme) -> None:
    owner = Owner(qtbot, THREE, theme)
    kinds = (QAbstractButton, QComboBox, QLineEdit)
    controls = [each for kind in kinds for each in owner.dialog.findChildren(kind) if each.isVisible()]
    assert len(controls) == 11
    for each in controls:
        assert each.objectName()
        assert each.accessibleName(), each.objectName()
        assert each.toolTip(), each.objectName()
        assert each.width() >= each.minimumSizeHint().width(), each.objectName()
    assert len({each.objectName() for each in controls}) == len(controls)
    assert owner.dialog.width() <= 1240
    assert owner.dialog.height() <= 680
    owner.dialog.close()


# In the window


def test_the_window_opens_it_by_key_and_button_and_tells_it(window: Window, qtbot: QtBot) -> None:
    heard = Heard(changed=window.breakpoints_changed)
    tell(window, Phase.PAUSED)
    window.show_breakpoints((LOW,))
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_B, modifiers)
    dialog = window.findChild(BreakpointDialog)
    assert dialog is not None
    qtbot.keyClicks(dialog._line._value, "5")
    qtbot.keyClick(dialog._line._value, Qt.Key.Key_Return)
    assert heard.said == [("changed", (LOW, LARGE))]
    window.show_breakpoints((LOW, LARGE))
    assert len(dialog._list._rows) == 2
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    qtbot.mouseClick(button(window, "breakpoints_button"), Qt.MouseButton.LeftButton)
    again = [each for each in window.findChildren(BreakpointDialog) if each.isVisible()]
    assert [len(each._list._rows) for each in again] == [2]
    again[0].close()


# Who keeps them


class Told:
    """The part of a session that is told of breakpoints."""

    def __init__(self) -> None:
        self.breakpoints: list[Breakpoints] = []

    def set_breakpoints(self, breakpoints: Breakpoints) -> None:
        self.breakpoints.append(breakpoints)


def test_a_change_goes_to_the_session_and_to_whoever_shows_them(settings: Settings) -> None:
    session, window = Told(), FakeWindow()
    desk = BreakpointDesk(session, window, settings)  # type: ignore[arg-type]
    assert desk is not None
    window.mock.show_breakpoints.assert_called_once_with(())
    window.breakpoints_changed.emit(THREE)
    assert session.breakpoints == [THREE]
    window.mock.show_breakpoints.assert_called_with(THREE)


def test_they_come_back_switched_off(settings: Settings) -> None:
    first = FakeWindow()
    desk = BreakpointDesk(Told(), first, settings)  # type: ignore[arg-type]
    assert desk is not None
    first.breakpoints_changed.emit(THREE)
    session, window = Told(), FakeWindow()
    again = BreakpointDesk(session, window, settings)  # type: ignore[arg-type]
    assert again is not None
    (shown,) = window.mock.show_breakpoints.call_args.args
    assert [(each.watched, each.value, each.above) for each in shown] == [
        (each.watched, each.value, each.above) for each in THREE
    ]
    assert not any(each.is_on for each in shown)
    assert session.breakpoints == []


def test_a_list_that_somebody_else_wrote_is_read_without_trust(settings: Settings) -> None:
    good = {"watched": "loss", "value": 2, "above": False}
    settings.breakpoints = [
        *(good, good, "x", 7, None, {}, {"watched": "moon", "value": 1, "above": True}),
        *({"watched": "loss", "value": value, "above": True} for value in (-1, float("nan"), "1", 10**400)),
        *({"watched": "step", "value": value, "above": True} for value in (1.5, 1e300)),
        {"watched": "step", "value": 5, "above": 1},
    ]  # type: ignore[list-item]
    window = FakeWindow()
    desk = BreakpointDesk(Told(), window, settings)  # type: ignore[arg-type]
    assert desk is not None
    (shown,) = window.mock.show_breakpoints.call_args.args
    assert shown == (Breakpoint(Watched.LOSS, 2.0, above=False, is_on=False),)
    settings.breakpoints = [{"watched": "step", "value": step, "above": True} for step in range(50)]
    window = FakeWindow()
    BreakpointDesk(Told(), window, settings)  # type: ignore[arg-type]
    assert len(window.mock.show_breakpoints.call_args.args[0]) == MOST_BREAKPOINTS


def test_training_is_at_a_breakpoint_only_while_it_waits_there() -> None:
    low = Status(Phase.PAUSED, 1, 7, half=HalfStep(Stage.FORWARD, 1.4), breakpoints=THREE)
    assert is_at_breakpoint(low)
    assert is_at_breakpoint(Status(Phase.PAUSED, 1, 1000, breakpoints=THREE))
    assert not is_at_breakpoint(Status(Phase.TRAINING, 1, 1000, breakpoints=THREE))
    assert not is_at_breakpoint(Status(Phase.PAUSED, 1, 8, breakpoints=THREE))
    high = HalfStep(Stage.FORWARD, 1.6)
    assert not is_at_breakpoint(Status(Phase.PAUSED, 1, 7, half=high, breakpoints=THREE))
