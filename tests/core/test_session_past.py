"""A run as a document, through the session: other moments, and branches that begin there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.core.opened import Opened, began, closed, hashes, sought, train, turn
from tests.core.watcher import ONE, ROW
from weightdeck.run.commands import EditSlice
from weightdeck.run.document import (
    NameBranch,
    NewRun,
    Place,
    SavedRun,
)
from weightdeck.run.frame import Interest, Part, Phase
from weightdeck.run.journal import Journal
from weightdeck.run.queries import Hashes
from weightdeck.run.spec import RunSpec
from weightdeck.training.replay import replay
from weightdeck.training.trainer import Trainer


def test_any_step_of_the_past_is_what_it_was(opened: Opened, names_spec: RunSpec, tmp_path: Path) -> None:
    settings = replace(names_spec.hyperparameters, dropout=0.1)
    spec = replace(names_spec, hyperparameters=settings)
    watcher = opened(NewRun(spec, str(tmp_path / "run.weightdeck")))
    was: dict[int, Hashes] = {0: hashes(watcher)}
    for step in range(1, 30):
        train(watcher, step)
        if step % 7 == 0:
            turn(watcher)
        was[step] = hashes(watcher)
    now = hashes(watcher)
    watcher.session.watch(Interest(frozenset({Part.PREDICTIONS}), ("chri",)))
    for step in (3, 28, 14, 13, 0, 7, 29):
        sought(watcher, step)
        assert hashes(watcher) == was[step]
        watcher.until(lambda step=step: watcher.frames[-1].is_past and watcher.frames[-1].step == step)
    watcher.session.return_to_now()
    watcher.until(lambda: watcher.status.past is None)
    assert hashes(watcher) == now
    watcher.until(lambda: not watcher.frames[-1].is_past)


def test_nothing_can_be_changed_in_the_past(opened: Opened, names_spec: RunSpec) -> None:
    watcher = opened(NewRun(names_spec))
    train(watcher, 9)
    now = hashes(watcher)
    sought(watcher, 4)
    watcher.session.submit(EditSlice(ONE, "set", 3.0))
    watcher.session.play()
    watcher.session.step_once()
    watcher.until(lambda: "past" in watcher.status.notice)
    watcher.session.return_to_now()
    watcher.until(lambda: watcher.status.past is None)
    assert hashes(watcher) == now
    assert watcher.journal == []


def test_a_branch_goes_its_own_way_and_the_old_one_stays(
    opened: Opened, names_spec: RunSpec, tmp_path: Path
) -> None:
    path = tmp_path / "run.weightdeck"
    watcher = opened(NewRun(names_spec, str(path)))
    train(watcher, 6)
    turn(watcher)
    train(watcher, 20)
    trunk, trunk_rows = hashes(watcher), watcher.rows
    sought(watcher, 12)
    watcher.session.play_from_here()
    began(watcher, 2)
    assert watcher.status.document.branch == 1
    assert (watcher.status.document.branches[1].parent, watcher.status.document.branches[1].step) == (0, 12)
    train(watcher, 20)
    assert hashes(watcher) == trunk, "nothing was turned: the same bits"
    np.testing.assert_array_equal(watcher.rows, trunk_rows)
    watcher.session.submit(EditSlice(ROW, "add", 0.5))
    train(watcher, 25)
    twig = hashes(watcher)
    watcher.session.switch_to(0)
    began(watcher, 3)
    assert hashes(watcher) == trunk
    assert len(watcher.rows) == 20
    watcher.session.annotate(NameBranch(1, "turned"))
    closed(watcher)
    again = opened(SavedRun(str(path)))
    assert again.status.step == 20
    assert [branch.name for branch in again.status.document.branches][1] == "turned"
    assert again.status.document.heads == (20, 25)
    again.session.switch_to(1)
    began(again, 2)
    assert hashes(again) == twig
    sought(again, 6, branch=1)
    assert again.status.past is not None


def test_play_on_the_way_to_a_branch_plays_there(opened: Opened, names_spec: RunSpec) -> None:
    watcher = opened(NewRun(names_spec))
    train(watcher, 30)
    watcher.session.seek(Place(0, 25))
    watcher.session.play_from_here()
    watcher.session.play(until_step=28)
    watcher.until(lambda: len(watcher.runs) == 2 and watcher.status.step == 28)
    document = watcher.status.document
    assert (document.branch, document.heads) == (1, (30, 28))


def test_training_waits_for_a_look_at_the_past_and_goes_on(opened: Opened, names_spec: RunSpec) -> None:
    settings = replace(names_spec.hyperparameters, max_iters=3_000)
    watcher = opened(NewRun(replace(names_spec, hyperparameters=settings)))
    watcher.session.play()
    watcher.until_step(10)
    sought(watcher, 5)
    step = watcher.status.step
    sought(watcher, 4)
    assert (watcher.status.phase, watcher.status.step) == (Phase.PAUSED, step)
    watcher.session.return_to_now()
    watcher.until_step(step + 10)
    sought(watcher, 3)
    watcher.session.pause()
    watcher.session.return_to_now()
    watcher.until(lambda: watcher.status.past is None)
    assert watcher.status.phase is Phase.PAUSED


def test_reset_is_a_branch_at_step_0_and_a_new_seed_one_of_its_own(
    opened: Opened, names_spec: RunSpec
) -> None:
    watcher = opened(NewRun(names_spec))
    start = hashes(watcher)
    train(watcher, 5)
    watcher.session.reset()
    began(watcher, 2)
    assert hashes(watcher) == start
    watcher.session.reset(names_spec.seed + 1)
    began(watcher, 3)
    assert hashes(watcher) != start
    assert watcher.runs[-1].spec.seed == names_spec.seed + 1
    document = watcher.status.document
    assert [branch.parent for branch in document.branches] == [None, 0, None]
    assert document.heads == (5, 0, 0)
    train(watcher, 3)
    headless = replay(replace(names_spec, seed=names_spec.seed + 1), Journal(), 3)
    assert hashes(watcher).state_sha256 == headless.state_sha256()


def test_of_a_run_made_elsewhere_only_keyframes_are_shown(
    opened: Opened, names_spec: RunSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.weightdeck"
    first = opened(NewRun(names_spec, str(path)))
    train(first, 6)
    first.session.play(until_step=11)
    first.until(lambda: first.status.step == 11)
    closed(first)
    monkeypatch.setattr("weightdeck.training.trainer.NUMERICS_REVISION", 99)
    again = opened(SavedRun(str(path)))
    assert again.status.step == 11, "there was a keyframe at the end"
    again.session.seek(Place(0, 8))
    again.until(lambda: again.status.past is not None)
    assert again.status.past is not None
    assert not again.status.past.is_exact
    assert again.status.past.shown <= 8
    assert "arithmetic" in again.status.past.problem


def test_samples_of_a_moment_are_the_same_at_every_visit(opened: Opened, names_spec: RunSpec) -> None:
    watcher = opened(NewRun(names_spec))
    train(watcher, 30)
    watcher.session.watch(Interest(frozenset({Part.SAMPLES}), ("chri",)))
    seen, frames = [], watcher.frames
    for _ in range(2):
        sought(watcher, 25)
        watcher.until(lambda: frames[-1].is_past and frames[-1].step == 25 and frames[-1].samples is not None)
        seen.append(frames[-1].samples)
        sought(watcher, 3)
    assert seen[0] == seen[1]


def test_watching_the_past_changes_nothing(opened: Opened, names_spec: RunSpec) -> None:
    watcher = opened(NewRun(names_spec))
    for step in range(4, 40, 4):
        train(watcher, step)
        sought(watcher, step // 2)
        watcher.session.return_to_now()
    train(watcher, 40)
    trainer = Trainer(names_spec)
    for _ in range(40):
        trainer.train_step()
    assert hashes(watcher).state_sha256 == trainer.state_sha256()
