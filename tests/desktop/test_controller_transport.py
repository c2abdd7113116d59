"""Playing, beginning again, and what is said when a run ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.desktop.fakes import FakeSession, FakeWindow, fake_panels, run_info, small_spec
from weightdeck.run.document import Past, Place
from weightdeck.run.frame import Pace, Phase, Status
from weightdeck.run.half_step import Breakpoint, HalfStep, Stage, Watched
from weightdeck_desktop.controller.hand import Hand
from weightdeck_desktop.controller.run_state import RunState
from weightdeck_desktop.controller.timeline import TimeDesk
from weightdeck_desktop.controller.transport import SLOW_MOTION, Transport
from weightdeck_desktop.settings import Settings


class Bench:
    """A transport between fakes."""

    def __init__(self, settings: Settings, *, starts_itself: bool = True) -> None:
        self.session = FakeSession()
        self.window = FakeWindow()
        hand = Hand(self.session, self.window.mock.show_notice, self.window)
        self.state = RunState()
        time = TimeDesk(self.session, self.window, fake_panels(), self.state, hand)
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


AWAY = {"phase": Phase.PAUSED, "past": Past(Place(0, 3), 3, is_exact=True)}  # the session rests in the past


def test_the_end_of_the_run_once_closed_does_not_come_back_from_the_past(bench: Bench) -> None:
    bench.begin()
    finished = Status(Phase.FINISHED, 1, 3000)
    assert "3,000" in bench.notice(finished)[0]
    assert bench.notice(replace(finished, **AWAY))[0] == "", "its buttons are of now"
    assert "3,000" in bench.notice(finished)[0], "nobody has closed it"
    bench.window.notice_dismissed.emit()
    bench.window.mock.show_notice.reset_mock()
    for status in (finished, replace(finished, **AWAY), replace(finished, phase=Phase.PAUSED), finished):
        bench.transport.show_status(status)  # the one before the last is told while it is on its way back
    assert all(call.args[0] == "" for call in bench.window.mock.show_notice.call_args_list)
    bench.transport.show_status(replace(finished, phase=Phase.TRAINING))
    assert "3,000" in bench.notice(finished)[0], "it has trained again"


def test_closing_something_else_does_not_close_the_end(bench: Bench) -> None:
    bench.begin()
    refused = Status(Phase.FINISHED, 1, 3000, notice="This is not a number.")
    assert bench.notice(refused)[0] == "This is not a number."
    bench.window.notice_dismissed.emit()
    bench.window.mock.show_notice.reset_mock()
    bench.transport.show_status(refused)
    bench.window.mock.show_notice.assert_not_called()
    assert "3,000" in bench.notice(replace(refused, notice=""))[0]


def test_the_planned_steps_are_those_that_were_planned(bench: Bench) -> None:
    settings = small_spec().hyperparameters
    beyond = Status(Phase.FINISHED, 1, 3500, hyperparameters=settings)
    assert bench.notice(beyond)[0] == "The planned 3,000 steps are done."


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


# A step by its parts

FORWARD = HalfStep(Stage.FORWARD, 2.1)
BACKWARD = HalfStep(Stage.BACKWARD, 2.1, 1.5, 0.7)


def made(bench: Bench, step: int, half: HalfStep | None = None, **fields: Any) -> bool:
    """Whether an update is what was made last, once the session has told how far it is."""
    fields = {"phase": Phase.PAUSED, "run": 1} | fields
    bench.transport.show_status(Status(step=step, half=half or HalfStep(), **fields))
    return bench.transport.update_made


def test_the_next_part_is_asked_for(bench: Bench) -> None:
    bench.window.next_part_requested.emit()
    assert bench.session.calls == [("next_part",)]


def test_the_past_makes_no_parts_and_says_why(bench: Bench) -> None:
    hand = bench.transport._time._hand
    hand.lock("You are looking at step 5.")
    bench.window.next_part_requested.emit()
    bench.window.step_requested.emit()
    assert bench.session.calls == []
    bench.window.mock.show_notice.assert_called_with("You are looking at step 5.")


def test_it_is_known_that_an_update_was_made_by_hand(bench: Bench) -> None:
    assert not made(bench, 4)
    bench.window.next_part_requested.emit()
    assert not made(bench, 4), "it has not been made yet"
    assert not made(bench, 4, FORWARD)
    assert not made(bench, 4, BACKWARD)
    assert made(bench, 5)
    assert made(bench, 5), "as long as nothing else is"
    assert not made(bench, 5, FORWARD)
    assert not made(bench, 5), "an edit threw the half away"


def test_three_parts_between_two_looks_are_an_update_too(bench: Bench) -> None:
    made(bench, 4)
    bench.window.next_part_requested.emit()
    assert made(bench, 5)


def test_a_whole_step_is_no_update_by_parts(bench: Bench) -> None:
    made(bench, 4)
    bench.window.next_part_requested.emit()
    made(bench, 4, FORWARD)
    bench.window.step_requested.emit()
    assert not made(bench, 5)
    bench.window.play_requested.emit()
    assert not made(bench, 30, phase=Phase.TRAINING)


def test_in_slow_motion_each_update_shows(bench: Bench) -> None:
    slow = {"phase": Phase.TRAINING, "pace": SLOW_MOTION}
    made(bench, 4, **slow)
    assert not made(bench, 4, FORWARD, **slow)
    assert made(bench, 5, **slow)
    bench.window.step_requested.emit()
    assert not made(bench, 6, **slow | {"phase": Phase.PAUSED})


def test_another_run_or_an_earlier_step_is_no_update(bench: Bench) -> None:
    made(bench, 4)
    bench.window.next_part_requested.emit()
    assert made(bench, 5)
    assert not made(bench, 3)
    assert not made(bench, 9, run=2)
    bench.begin()
    assert not made(bench, 12, run=2, phase=Phase.TRAINING)


# Slow motion


def test_slow_motion_comes_and_goes_with_the_pace_of_before(bench: Bench) -> None:
    window, session = bench.window, bench.session
    bench.transport.show_status(Status(Phase.TRAINING, 1, 4, Pace(64.0)))
    window.slow_motion_requested.emit(True)
    window.mock.show_slow_motion.assert_called_with(True)
    bench.transport.show_status(Status(Phase.TRAINING, 1, 5, SLOW_MOTION))
    window.pace_changed.emit(Pace(2.0))
    bench.transport.show_status(Status(Phase.TRAINING, 1, 5, Pace(2.0, by_parts=True)))
    window.slow_motion_requested.emit(False)
    window.mock.show_slow_motion.assert_called_with(False)
    assert session.calls == [
        ("set_pace", Pace(0.5, by_parts=True)),
        ("set_pace", Pace(2.0, by_parts=True)),
        ("set_pace", Pace(64.0)),
    ]


def test_two_quick_presses_are_on_and_off(bench: Bench) -> None:
    bench.transport.show_status(Status(Phase.TRAINING, 1, 4, Pace(8.0)))
    bench.window.slow_motion_requested.emit(True)
    bench.transport.show_status(Status(Phase.TRAINING, 1, 4, Pace(8.0)))  # told before it was asked
    bench.window.mock.show_slow_motion.assert_called_with(True)
    bench.window.slow_motion_requested.emit(False)
    assert bench.session.calls == [("set_pace", SLOW_MOTION), ("set_pace", Pace(8.0))]


def test_full_speed_ends_slow_motion(bench: Bench) -> None:
    bench.window.slow_motion_requested.emit(True)
    bench.window.pace_changed.emit(Pace())
    assert bench.session.calls[-1] == ("set_pace", Pace())
    bench.window.mock.show_slow_motion.assert_called_with(False)
    bench.window.pace_changed.emit(Pace(4.0))
    assert bench.session.calls[-1] == ("set_pace", Pace(4.0))


# Breakpoints


def test_a_breakpoint_that_was_met_offers_to_go_on_and_to_be_changed(bench: Bench) -> None:
    low = Breakpoint(Watched.LOSS, 2.5, above=False)
    bench.window.breakpoints_changed.emit((low,))
    assert bench.session.calls == [("set_breakpoints", (low,))]
    met = Status(
        Phase.PAUSED, 1, 7, notice="Paused by your breakpoint: ...", half=FORWARD, breakpoints=(low,)
    )
    assert bench.notice(met) == ("Paused by your breakpoint: ...", ["continue", "breakpoints"], False)
    bench.actions["continue"].trigger()
    assert bench.session.calls[-1] == ("play", None)
    bench.actions["breakpoints"].trigger()
    bench.window.mock.open_breakpoints.assert_called_once_with()
    past = Past(Place(0, 3), 3, is_exact=True)
    assert bench.notice(replace(met, notice="Something else.", past=past))[1] == []
