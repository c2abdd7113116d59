"""The clock of the window: one panel a tick, what the hand waits for at once, and nobody is left waiting."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from weightdeck_desktop.controller import refresher as module
from weightdeck_desktop.controller.refresher import (
    AWAITING_TICK_MS,
    BETWEEN_SHOWS_S,
    TICK_MS,
    Refresher,
    Show,
)

URGENT = frozenset({"bars", "knobs"})


class Clock:
    """The refresher with a clock that stands until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.0
        self.interval_s = 0.1
        self.awaited = False
        self.rounds: list[list[str]] = []  # what the next pulls bring
        self.always: list[str] = []  # what every pull brings beside
        self.shown: list[str] = []
        self.pulls = 0
        self._parent = QObject()
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now_s))
        self.refresher = Refresher(
            self._pull, lambda: self.interval_s, lambda: self.awaited, URGENT, self._parent
        )

    def tick(self, after_s: float = 0.016) -> list[str]:
        """Let one tick pass; what it showed."""
        self.now_s += after_s
        before = len(self.shown)
        self.refresher._on_tick()
        return self.shown[before:]

    def ticks(self, count: int, after_s: float = 0.001) -> list[str]:
        """Let several pass; what they showed."""
        before = len(self.shown)
        for _ in range(count):
            self.tick(after_s)
        return self.shown[before:]

    def _pull(self) -> Mapping[str, Show]:
        self.pulls += 1
        names = [*(self.rounds.pop(0) if self.rounds else []), *self.always]
        # "loss:2" is the second picture of the panel "loss"
        return {name.split(":")[0]: lambda name=name: self.shown.append(name) for name in names}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


# At leisure


def test_a_tick_shows_one_panel(clock: Clock) -> None:
    clock.rounds = [["bars", "loss", "status"]]
    assert [clock.tick() for _ in range(4)] == [["bars"], ["loss"], ["status"], []]
    assert clock.pulls == 1


def test_what_is_wanted_most_comes_first_in_its_round(clock: Clock) -> None:
    clock.rounds = [["loss", "status", "knobs", "bars"]]
    assert [clock.tick() for _ in range(4)] == [["knobs"], ["bars"], ["loss"], ["status"]]


def test_the_next_round_waits_for_its_time(clock: Clock) -> None:
    clock.rounds = [["a"], ["b"]]
    assert clock.tick() == ["a"]
    assert clock.tick(0.09) == []
    assert clock.tick(0.02) == ["b"]


def test_the_next_round_waits_for_the_last_panel_of_this_one(clock: Clock) -> None:
    clock.rounds = [["a", "b"], ["c"]]
    assert clock.tick() == ["a"]
    assert clock.tick(5.0) == ["b"]
    assert clock.pulls == 1
    assert clock.tick() == ["c"]


def test_in_a_hurry_the_round_is_finished_and_the_next_follows_at_once(clock: Clock) -> None:
    clock.rounds = [["a", "b"], ["c"]]
    clock.interval_s = 60.0
    assert clock.tick() == ["a"]
    clock.refresher.hurry()
    assert [clock.tick(), clock.tick()] == [["b"], ["c"]]
    clock.rounds = [["d"]]
    assert clock.tick() == []  # one hurry, one round


def test_what_is_stopped_shows_nothing_more(clock: Clock) -> None:
    clock.rounds = [["a", "b"]]
    clock.tick()
    clock.refresher.stop()
    assert clock.tick() == []


# While the hand waits for its answer


def test_what_is_awaited_is_looked_for_at_every_tick_and_shown_at_once(clock: Clock) -> None:
    clock.interval_s = 60.0
    clock.rounds = [["loss"]]
    assert clock.tick() == ["loss"]
    clock.awaited = True
    clock.rounds = [[], [], ["knobs", "bars"]]
    assert [clock.tick(0.001) for _ in range(4)] == [[], [], ["knobs"], ["bars"]]
    assert clock.pulls == 5


def test_what_is_awaited_overtakes_what_is_left_of_a_round(clock: Clock) -> None:
    clock.rounds = [["loss", "weights", "status"]]
    clock.tick()
    clock.awaited = True
    clock.rounds = [["bars"]]
    assert clock.tick(0.001) == ["bars"]
    clock.awaited = False
    assert [clock.tick(), clock.tick()] == [["weights"], ["status"]]


def test_the_others_keep_their_pace(clock: Clock) -> None:
    clock.awaited = True
    clock.rounds = [["loss", "weights", "status"]]
    shown_at = [millisecond for millisecond in range(60) if clock.tick(0.001)]
    assert clock.shown == ["loss", "weights", "status"]
    gaps = [later - earlier for earlier, later in zip(shown_at, shown_at[1:], strict=False)]
    assert all(gap >= BETWEEN_SHOWS_S * 1000 for gap in gaps)


def test_a_newer_picture_takes_the_place_of_an_older(clock: Clock) -> None:
    clock.awaited = True
    clock.rounds = [["bars:1", "loss:1", "weights:1"], ["loss:2"], ["loss:3", "bars:3"]]
    assert [clock.tick(0.001) for _ in range(3)] == [["bars:1"], [], ["bars:3"]]
    clock.ticks(60)
    assert clock.shown == ["bars:1", "bars:3", "loss:3", "weights:1"]


def test_nobody_starves_beside_a_hand_that_never_rests(clock: Clock) -> None:
    clock.awaited = True
    clock.always = ["bars", "knobs"]
    clock.rounds = [["loss", "weights", "status"]]
    first_half = clock.ticks(490)
    assert set(first_half) == {"bars", "knobs"}
    shown = clock.ticks(1600)
    assert len(shown) == 1600
    assert {"loss", "weights", "status"} <= set(shown)
    hurried = [name for name in shown if name in URGENT]
    assert len(hurried) == 1597
    assert abs(hurried.count("bars") - hurried.count("knobs")) <= 3  # after each of the others it begins anew


def test_an_answer_after_a_long_rest_comes_before_everything_else(clock: Clock) -> None:
    clock.rounds = [["loss"]]
    clock.tick()
    clock.interval_s = 60.0
    clock.ticks(20, 0.016)
    clock.awaited = True
    clock.rounds = [["status", "loss", "knobs", "bars"]]
    assert clock.ticks(2) == ["knobs", "bars"]


# Its timer


def test_the_timer_is_faster_while_an_answer_is_awaited(clock: Clock) -> None:
    refresher = clock.refresher
    refresher.start()
    assert refresher._timer.interval() == TICK_MS
    clock.awaited = True
    refresher.hurry()
    assert refresher._timer.interval() == AWAITING_TICK_MS
    clock.tick()
    assert refresher._timer.interval() == AWAITING_TICK_MS
    clock.awaited = False
    clock.tick()
    assert refresher._timer.interval() == TICK_MS
    refresher.stop()


def test_its_own_timer_drives_it(qtbot: QtBot) -> None:
    parent = QObject()
    shown: list[str] = []
    refresher = Refresher(
        lambda: {"loss": lambda: shown.append("x")}, lambda: 0.0, lambda: False, URGENT, parent
    )
    refresher.start()
    qtbot.waitUntil(lambda: len(shown) >= 3)
    refresher.stop()
    seen = len(shown)
    qtbot.wait(3 * module.TICK_MS)
    assert len(shown) == seen
