"""States in which the desk says something that is not so, or does what nobody asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.desktop.running import small_names, train_until, until, window_on
from weightdeck.run.commands import EditSlice, HoldSlices
from weightdeck.run.frame import Reach
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.strips import Strip
from weightdeck_desktop.app import Parts
from weightdeck_desktop.offscreen import live
from weightdeck_desktop.panels.edit_lines import Standing

HEAD = "lm_head.weight"


@pytest.fixture
def turning() -> Iterator[Parts]:
    with window_on(small_names()) as parts:
        parts.window.show_workspace("turn")
        train_until(parts, 10)
        until(parts, lambda: all(pin.value is not None for pin in parts.deck._knobs.pins))
        yield parts


def settled(parts: Parts) -> None:
    """Until the window has heard of everything that was done."""
    until(parts, lambda: parts.deck.frame is not None)
    until(parts, lambda: parts.deck.frame.last_command >= parts.deck.last_submitted)  # type: ignore[union-attr]
    live(0.3)


def test_the_hold_key_holds_a_column_that_a_held_row_crosses(turning: Parts) -> None:
    deck = turning.deck
    deck._hand.submit(HoldSlices((ParameterSlice(HEAD, (3,)),)))
    column = ParameterSlice(HEAD, ((0, 27), 7))
    deck._knobs.add(column)
    settled(turning)
    turning.window.hold_requested.emit()
    settled(turning)
    assert column in deck.status.held, deck.status.notice


def test_a_knobs_story_outlives_the_undo_of_something_else(turning: Parts) -> None:
    deck = turning.deck
    deck._knobs._on_view_typed(0, 0.5)
    settled(turning)
    train_until(turning, 20)
    deck._strips.mute(Strip(0, 0), muted=True)
    settled(turning)
    turning.window.undo_requested.emit()
    settled(turning)
    assert deck._knobs.pins[0].trace is not None


def test_a_turn_right_after_an_undo_has_a_story(turning: Parts) -> None:
    deck = turning.deck
    deck._knobs._on_view_typed(0, 0.5)
    settled(turning)
    turning.window.undo_requested.emit()
    deck._knobs._on_view_typed(0, 0.7)
    settled(turning)
    assert deck._knobs.pins[0].trace is not None


def test_enter_twice_on_a_line_goes_to_that_line(turning: Parts) -> None:
    deck = turning.deck
    for row in range(6):
        deck._hand.submit(EditSlice(ParameterSlice(HEAD, (row, 3)), "set", 0.1))
    settled(turning)
    shown = turning.panels.edits._list
    shown.setCurrentIndex(shown.model().index(2, 0))  # two undos away
    QTest.keyClick(shown, Qt.Key.Key_Return)
    QTest.keyClick(shown, Qt.Key.Key_Return)
    settled(turning)
    in_force = [line for line in deck._state.log.lines if line.standing is Standing.IN_FORCE]
    assert len(in_force) == 4


def test_what_a_mute_costs_is_not_called_a_turn_of_the_knob_in_hand(turning: Parts) -> None:
    deck, facts = turning.deck, turning.panels.in_hand._facts
    deck._strips.mute(Strip(0, 0), muted=True)
    settled(turning)
    until(turning, lambda: deck._state.cost is not None)
    live(0.3)
    assert not ("this turn" in facts._cost.caption and "±" in facts._cost.text)


def test_a_held_knob_is_not_taken_off_the_desk(turning: Parts) -> None:
    deck = turning.deck
    held = deck._knobs.pins[0]
    deck._hand.submit(HoldSlices((held.target,)))
    settled(turning)
    for pin in deck._knobs.pins:
        pin.reach = Reach(pin.knob, deck.status.step, 0.0 if pin is held else 1.0)
    deck._knobs._aimed_at = None
    deck._knobs._asked = None
    deck._knobs.aim_quiet_knobs(deck.status)
    assert deck._knobs._asked is None
