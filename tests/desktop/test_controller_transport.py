"""Playing, beginning again, and what is said when a run ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.desktop.fakes import FakeSession, FakeWindow, fake_panels, run_info
from weightdeck.run.frame import Pace, Phase, Status
from weightdeck_desktop.controller.hand import Hand
from weightdeck_desktop.controller.run_state import RunState
from weightdeck_desktop.controller.timeline import TimeDesk
from weightdeck_desktop.controller.transport import Transport
from weightdeck_desktop.settings import Settings


class Bench:
    """A transport between fakes."""

    def __init__(self, settings: Settings, *, starts_itself: bool = True) -> None:
        self.session = FakeSession()
        self.window = FakeWindow()
        hand = Hand(self.session, self.window.mock.show_notice, self.window)
        time = TimeDesk(self.session, self.window, fake_panels(), RunState(), hand)
        self.transport = Transport(self.session, self.window, settings, time, starts_itself=starts_itself)
        self._runs = 0

    def begin(self) -> list[tuple[Any, ...]]:
        """A run gets ready; what the session is asked then."""
        self._runs += 1
        self.session.calls.clear()
        self.transport.begin(run_info(self._runs))
        return list(self.session.calls)

    def notice(self, status: Status) -> tuple[str, list[str], bool]:
        """What the window is told to say of `status`: sentence, names of the actions, whether it is an error."""
        self.window.mock.show_notice.reset_mock()
        self.transport.show_status(status)
        (text, actions), options = self.window.mock.show_notice.call_args
        self.actions = {action.objectName(): action for action in actions}
        return text, list(self.actions), options["is_error"]


@pytest.fixture
def bench(settings: Settings) -> Bench:
    return Bench(settings)


def test_the_first_run_trains_by_itself_at_the_opening_pace(bench: Bench) -> None:
    assert bench.begin() == [("set_pace", Pace(opening=True)), ("play", None)]
    bench.window.mock.set_enabled_engine.assert_called_with(True)
    bench.window.mock.hints.start.assert_called_once_with()


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"opening_pace": False}, [("play", None)]),
        ({"start_by_itself": False}, []),
    ],
)
def test_the_user_may_prefer_another_start(
    settings: Settings, changes: dict[str, bool], asked: list[tuple[Any, ...]]
) -> None:
    settings.preferences = replace(settings.preferences, **changes)
    assert Bench(settings).begin() == asked


def test_who_builds_the_window_may_forbid_the_start(settings: Settings) -> None:
    assert Bench(settings, starts_itself=False).begin() == []


@pytest.mark.parametrize(
    ("phase", "new_seed", "goes_on"),
    [
        (Phase.TRAINING, False, True),
        (Phase.HELD, False, True),
        (Phase.PAUSED, False, False),
        (Phase.FINISHED, False, False),
        (Phase.FINISHED, True, True),
        (Phase.PAUSED, True, True),
    ],
)
def test_a_run_begun_again_goes_on_if_the_last_did_or_its_seed_is_new(
    bench: Bench, phase: Phase, new_seed: bool, goes_on: bool
) -> None:
    bench.begin()
    bench.transport.show_status(Status(phase))
    bench.session.calls.clear()
    bench.window.reset_requested.emit(new_seed)
    ((name, seed),) = bench.session.calls
    assert name == "reset"
    assert (seed is not None) is new_seed
    assert bench.begin() == ([("play", None)] if goes_on else [])


@pytest.mark.parametrize(
    ("phase", "for_new", "goes_on"),
    [
        (Phase.TRAINING, True, True),
        (Phase.PAUSED, True, False),
        (Phase.TRAINING, False, False),  # a run from a file stays where it was left
    ],
)
def test_a_new_run_goes_on_if_the_last_did_and_one_from_a_file_waits(
    bench: Bench, phase: Phase, for_new: bool, goes_on: bool
) -> None:
    bench.begin()
    bench.transport.show_status(Status(phase))
    bench.transport.leave(for_new)
    assert bench.begin() == ([("play", None)] if goes_on else [])


def test_the_bar_speaks_to_the_session(bench: Bench) -> None:
    window = bench.window
    window.play_requested.emit()
    window.pause_requested.emit()
    window.step_requested.emit()
    window.pace_changed.emit(Pace(3.0))
    assert bench.session.calls == [("play", None), ("pause",), ("step_once",), ("set_pace", Pace(3.0))]


def test_a_finished_run_can_be_continued_or_begun_anew(bench: Bench) -> None:
    bench.begin()
    text, names, is_error = bench.notice(Status(Phase.FINISHED, step=3000))
    assert "3,000" in text
    assert names == ["continue", "new_seed"]
    assert not is_error
    bench.session.calls.clear()
    bench.actions["continue"].trigger()
    assert bench.session.calls == [("play", None)]
    bench.actions["new_seed"].trigger()
    assert bench.session.calls[-1][0] == "reset"
    assert isinstance(bench.session.calls[-1][1], int)


def test_a_stopped_run_says_why_and_offers_the_undo(bench: Bench) -> None:
    undone: list[bool] = []
    bench.window.undo_requested.connect(lambda: undone.append(True))
    stopped = Status(Phase.STOPPED, notice="Step 8 was not kept.", undo_title="set rate to 10")
    assert bench.notice(stopped) == ("Step 8 was not kept.", ["undo"], True)
    assert "set rate to 10" in bench.actions["undo"].toolTip()
    bench.actions["undo"].trigger()
    assert undone == [True]
    assert bench.notice(Status(Phase.STOPPED, notice="Step 9 was not kept."))[1] == []


def test_a_failed_engine_leaves_nothing_to_press(bench: Bench) -> None:
    assert bench.notice(Status(Phase.FAILED, notice="The engine stopped.")) == (
        "The engine stopped.",
        [],
        True,
    )
    bench.window.mock.set_enabled_engine.assert_called_with(False)


def test_what_was_said_is_not_said_again_and_goes_when_it_is_over(bench: Bench) -> None:
    warning = Status(Phase.TRAINING, notice="The loss climbs.")
    assert bench.notice(warning) == ("The loss climbs.", [], False)
    bench.window.mock.show_notice.reset_mock()
    bench.transport.show_status(replace(warning, step=9))
    bench.window.mock.show_notice.assert_not_called()
    assert bench.notice(Status(Phase.TRAINING))[0] == ""
