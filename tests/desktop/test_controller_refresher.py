"""The clock of the window: one panel a tick, and no news before the last are shown."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from weightdeck_desktop.controller import refresher as module
from weightdeck_desktop.controller.refresher import Refresher, Show


class Clock:
    """The refresher with a clock that stands until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.0
        self.interval_s = 0.1
        self.rounds: list[list[str]] = []  # what the next pulls bring
        self.shown: list[str] = []
        self.pulls = 0
        self._parent = QObject()
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now_s))
        self.refresher = Refresher(self._pull, lambda: self.interval_s, self._parent)

    def tick(self, after_s: float = 0.016) -> list[str]:
        """Let one tick pass; what it showed."""
        self.now_s += after_s
        before = len(self.shown)
        self.refresher._on_tick()
        return self.shown[before:]

    def _pull(self) -> list[Show]:
        self.pulls += 1
        names = self.rounds.pop(0) if self.rounds else []
        return [lambda name=name: self.shown.append(name) for name in names]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_tick_shows_one_panel(clock: Clock) -> None:
    clock.rounds = [["status", "bars", "loss"]]
    assert [clock.tick() for _ in range(4)] == [["status"], ["bars"], ["loss"], []]
    assert clock.pulls == 1


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


def test_its_own_timer_drives_it(qtbot: QtBot) -> None:
    parent = QObject()
    shown: list[str] = []
    refresher = Refresher(lambda: [lambda: shown.append("x")], lambda: 0.0, parent)
    refresher.start()
    qtbot.waitUntil(lambda: len(shown) >= 3)
    refresher.stop()
    seen = len(shown)
    qtbot.wait(3 * module.TICK_MS)
    assert len(shown) == seen
