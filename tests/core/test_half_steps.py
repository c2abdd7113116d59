"""A step in three moves, slow motion and breakpoints: when training waits, never what it computes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.core.opened import Opened, hashes, journal_of, train
from tests.core.watcher import ONE, Watcher, headless
from weightdeck.run.commands import EditSlice
from weightdeck.run.document import NewRun, Place, SavedRun
from weightdeck.run.frame import Interest, Pace, Part, Phase
from weightdeck.run.half_step import Breakpoint, HalfStep, Stage, Watched
from weightdeck.run.queries import SaveFile
from weightdeck.run.spec import RunSpec
from weightdeck.training.replay import replay
from weightdeck.training.trainer import Trainer


def settled(watcher: Watcher) -> HalfStep:
    """How far the step in hand is when everything that was sent has been dealt with."""
    watcher.ask(ONE)
    watcher.take()
    return watcher.status.half


def test_forward_backward_and_update_are_one_step(ready: Watcher, names_spec: RunSpec) -> None:
    reference = Trainer(names_spec)
    for step in range(3):
        loss, norm = reference.forward(), reference.backward()
        rate = names_spec.hyperparameters.learning_rate_at(step)
        ready.session.next_part()
        assert settled(ready) == HalfStep(Stage.FORWARD, loss, learning_rate=rate)
        ready.session.next_part()
        clip = reference.half.clip
        assert settled(ready) == HalfStep(Stage.BACKWARD, loss, norm, clip, rate)
        assert len(ready.rows) == step  # the update has not been made
        ready.session.next_part()
        assert settled(ready) == HalfStep()
        reference.update()
        assert (ready.status.step, ready.status.phase) == (step + 1, Phase.PAUSED)
        assert hashes(ready).state_sha256 == reference.state_sha256()
    assert ready.weights_sha256() == headless(names_spec, 3)


def test_a_step_that_was_begun_is_finished_by_step_and_by_play(ready: Watcher, names_spec: RunSpec) -> None:
    ready.session.next_part()
    ready.session.step_once()
    assert (settled(ready), ready.status.step) == (HalfStep(), 1)
    ready.session.next_part()
    ready.session.next_part()
    ready.session.play(until_step=4)
    ready.until(lambda: ready.status.step == 4 and ready.status.phase is Phase.PAUSED)
    assert ready.weights_sha256() == headless(names_spec, 4)


@pytest.mark.parametrize("parts", [1, 2])
def test_an_edit_throws_the_half_away_and_the_batch_comes_again(
    ready: Watcher, names_spec: RunSpec, parts: int
) -> None:
    ready.session.step_once()
    for _ in range(parts):
        ready.session.next_part()
    begun = settled(ready)
    number = ready.session.submit(EditSlice(ONE, "set", 1.5))
    assert settled(ready) == HalfStep()
    assert "thrown away" in ready.status.notice
    ready.session.next_part()
    assert settled(ready).loss != begun.loss  # other weights
    ready.session.step_once()
    settled(ready)
    assert [(entry.number, entry.step) for entry in ready.journal] == [(number, 1)]
    journal = replay(names_spec, journal_of(ready), 2)
    assert hashes(ready).state_sha256 == journal.state_sha256()


def test_a_gradient_can_be_seen_before_its_update(ready: Watcher) -> None:
    ready.session.watch(Interest(parts=frozenset({Part.HISTOGRAMS})))
    ready.until(lambda: any(frame.histograms is not None for frame in ready.frames))
    assert ready.newest(Part.HISTOGRAMS).histograms.gradients is None
    ready.session.next_part()
    ready.session.next_part()
    ready.until(lambda: ready.newest(Part.HISTOGRAMS).histograms.gradients is not None)
    assert (ready.status.step, ready.newest(Part.HISTOGRAMS).step) == (0, 0)


def test_slow_motion_shows_every_part_and_gives_the_same_bits(ready: Watcher, names_spec: RunSpec) -> None:
    ready.session.set_pace(Pace(30.0, by_parts=True))
    ready.session.play(until_step=3)
    seen: set[Stage] = set()

    def is_done() -> bool:
        seen.add(ready.status.half.stage)
        return ready.status.phase is Phase.PAUSED and ready.status.step == 3

    ready.until(is_done)
    assert seen == set(Stage)
    assert ready.weights_sha256() == headless(names_spec, 3)


def test_a_pause_at_full_speed_is_between_two_steps(ready: Watcher, names_spec: RunSpec) -> None:
    for _ in range(5):
        ready.session.play()
        ready.until(lambda step=ready.status.step: ready.status.step > step)
        ready.session.pause()
        assert settled(ready) == HalfStep()
    assert ready.weights_sha256() == headless(names_spec, ready.status.step)


def test_a_half_step_waits_while_the_past_is_shown(ready: Watcher, names_spec: RunSpec) -> None:
    train(ready, 6)
    ready.session.next_part()
    ready.session.next_part()
    half = settled(ready)
    ready.session.seek(Place(0, 3))
    ready.until(lambda: ready.status.past is not None and ready.status.past.is_exact)
    assert hashes(ready).state_sha256 == _state(names_spec, 3)
    ready.session.next_part()  # of a moment of the past there is no step in hand
    settled(ready)
    ready.session.return_to_now()
    assert settled(ready) == half
    assert ready.status.past is None
    ready.session.next_part()
    assert settled(ready) == HalfStep()
    assert (ready.status.step, hashes(ready).state_sha256) == (7, _state(names_spec, 7))


@pytest.mark.parametrize("parts", [1, 2])
def test_a_half_step_is_not_part_of_what_is_saved(
    parts: int, opened: Opened, names_spec: RunSpec, run_path: Path, tmp_path: Path
) -> None:
    """Neither when the file is closed, nor in a copy, nor when another run is opened."""
    watcher = opened(NewRun(names_spec, str(run_path)))
    train(watcher, 4)
    for _ in range(parts):
        watcher.session.next_part()
    copy = tmp_path / "copy.weightdeck"
    number = watcher.session.ask(SaveFile(str(copy), go_on_there=False))
    watcher.until(lambda: number in watcher.answers)
    assert settled(watcher).stage is Stage(parts)
    watcher.session.open_run(SavedRun(str(copy)))
    watcher.until(lambda: len(watcher.runs) == 2)
    assert (settled(watcher), hashes(watcher).state_sha256) == (HalfStep(), _state(names_spec, 4))
    again = opened(SavedRun(str(run_path)))
    again.session.step_once()
    assert (settled(again), again.status.step) == (HalfStep(), 5)
    assert hashes(again).state_sha256 == _state(names_spec, 5)


def test_a_half_step_stays_behind_when_another_branch_is_played(ready: Watcher, names_spec: RunSpec) -> None:
    train(ready, 6)
    ready.session.next_part()
    ready.session.seek(Place(0, 3))
    ready.session.play_from_here()
    ready.until(lambda: len(ready.runs) == 2)
    assert (settled(ready), ready.status.step) == (HalfStep(), 3)
    ready.session.next_part()
    assert settled(ready).stage is Stage.FORWARD
    ready.session.switch_to(0)
    ready.until(lambda: len(ready.runs) == 3)
    assert (settled(ready), ready.status.step) == (HalfStep(), 6)
    ready.session.step_once()
    settled(ready)
    assert hashes(ready).state_sha256 == _state(names_spec, 7)


@pytest.mark.parametrize("by", ["play", "step", "parts", "slow motion"])
def test_a_breakpoint_stops_whoever_makes_the_step(by: str, ready: Watcher, names_spec: RunSpec) -> None:
    norms = [row[3] for row in metrics_of(names_spec, 3)]
    ready.session.set_breakpoints((Breakpoint(Watched.GRADIENT_NORM, 0.0),))
    for step, norm in enumerate(norms):
        if by == "step":
            ready.session.step_once()
        elif by == "parts":
            ready.session.next_part()
            ready.session.next_part()
        else:
            ready.session.set_pace(Pace(60.0, by_parts=by == "slow motion"))
            ready.session.play()
        ready.until(
            lambda step=step: ready.status.step == step and "has not been made" in ready.status.notice
        )
        half = settled(ready)
        assert (half.stage, half.gradient_norm, ready.status.phase) == (Stage.BACKWARD, norm, Phase.PAUSED)
        assert hashes(ready).state_sha256 == _state(names_spec, step)
        ready.session.next_part()
        settled(ready)
    assert hashes(ready).state_sha256 == _state(names_spec, 3)


@pytest.mark.parametrize(
    ("parts", "watched"),
    [(1, Watched.LOSS), (2, Watched.LOSS), (2, Watched.GRADIENT_NORM)],
)
def test_a_breakpoint_that_the_step_in_hand_has_crossed_stops_before_its_update(
    parts: int, watched: Watched, ready: Watcher, names_spec: RunSpec
) -> None:
    """One that was set, or changed, when the number was there already."""
    for _ in range(parts):
        ready.session.next_part()
    half = settled(ready)
    ready.session.set_breakpoints((Breakpoint(watched, 1e-3), Breakpoint(watched, 2e-3)))
    ready.session.play(until_step=1)
    ready.until(lambda: "has not been made" in ready.status.notice)
    assert (settled(ready), ready.status.step, ready.status.phase) == (half, 0, Phase.PAUSED)
    ready.session.play(until_step=1)
    ready.until(lambda: ready.status.step == 1)
    assert hashes(ready).state_sha256 == _state(names_spec, 1)


def metrics_of(spec: RunSpec, steps: int) -> list[tuple[float, ...]]:
    trainer = Trainer(spec)
    return [trainer.train_step() for _ in range(steps)]


def test_it_pauses_before_the_update_that_would_cross_a_gradient_norm(
    ready: Watcher, names_spec: RunSpec
) -> None:
    norms = [row[3] for row in metrics_of(names_spec, 40)]
    limit = sorted(norms[1:])[-2]  # one step after the first is above it, and perhaps the first
    crossing = [step for step, norm in enumerate(norms) if norm > limit]
    ready.session.set_breakpoints((Breakpoint(Watched.GRADIENT_NORM, limit),))
    for step in crossing:
        ready.session.play()
        ready.until(lambda: ready.status.phase is Phase.PAUSED and bool(ready.status.notice))
        half = settled(ready)
        assert (ready.status.step, half.stage) == (step, Stage.BACKWARD)
        assert half.gradient_norm == norms[step]
        assert len(ready.rows) == step
        assert hashes(ready).state_sha256 == _state(names_spec, step)
    ready.session.play()
    ready.until_phase(Phase.FINISHED)
    assert ready.weights_sha256() == headless(names_spec, 40)


def test_it_pauses_before_the_update_once_the_loss_is_low(ready: Watcher, names_spec: RunSpec) -> None:
    losses = [row[1] for row in metrics_of(names_spec, 40)]
    limit = sorted(losses)[1]
    ready.session.set_breakpoints((Breakpoint(Watched.LOSS, limit, above=False),))
    ready.session.play()
    ready.until(lambda: ready.status.phase is Phase.PAUSED and "breakpoint" in ready.status.notice)
    half = settled(ready)
    assert (ready.status.step, half.stage) == (losses.index(min(losses)), Stage.FORWARD)
    assert half.loss == min(losses)


def test_it_pauses_at_a_step_once(ready: Watcher) -> None:
    ready.session.set_breakpoints(
        (Breakpoint(Watched.STEP, 5), Breakpoint(Watched.STEP, 9, is_on=False), Breakpoint(Watched.STEP, 12))
    )
    ready.until(lambda: len(ready.status.breakpoints) == 3)
    for step in (5, 12):
        ready.session.play()
        ready.until(lambda step=step: ready.status.phase is Phase.PAUSED and ready.status.step == step)
    ready.session.play()
    ready.until_phase(Phase.FINISHED)


def test_a_breakpoint_that_nothing_reaches_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="number from 0 up"):
        Breakpoint(Watched.LOSS, float("nan"))
    with pytest.raises(ValueError, match="whole numbers"):
        Breakpoint(Watched.STEP, 1.5)


def test_dropout_is_the_same_in_three_moves(watcher: Watcher, sort_spec: RunSpec) -> None:
    spec = replace(sort_spec, record_interval=50)
    watcher.session.start(NewRun(spec))
    watcher.until(lambda: bool(watcher.runs))
    for _ in range(6):
        watcher.session.next_part()
    settled(watcher)
    assert watcher.weights_sha256() == headless(spec, 2)


def _state(spec: RunSpec, steps: int) -> str:
    trainer = Trainer(spec)
    for _ in range(steps):
        trainer.train_step()
    return trainer.state_sha256()
