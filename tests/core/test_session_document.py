"""A run as a document, through the session: opening, going back, branches, files that fail."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.core.watcher import DEADLINE_S, ONE, ROW, Watcher
from weightdeck.run.commands import EditSlice, SetHyperparameter, SetMuteTo, SetStrip, Undo
from weightdeck.run.document import (
    Bookmark,
    KeepDesk,
    NameBranch,
    NewRun,
    Place,
    SavedRun,
    Saving,
    SetBookmark,
    WriteNote,
)
from weightdeck.run.frame import Interest, Part, Phase
from weightdeck.run.journal import Journal
from weightdeck.run.queries import Hashes, SaveFile, StateHashes
from weightdeck.run.spec import RunSpec
from weightdeck.run.strips import Strip, StripSetting
from weightdeck.training.trainer import Trainer, replay

Opened = Callable[[NewRun | SavedRun], Watcher]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens a source in a session of its own; all are closed afterwards."""
    watchers: list[Watcher] = []

    def open_source(source: NewRun | SavedRun) -> Watcher:
        watcher = Watcher()
        watchers.append(watcher)
        watcher.session.start(source)
        watcher.until(lambda: watcher.status.phase is not Phase.LOADING)
        return watcher

    yield open_source
    for watcher in watchers:
        closed(watcher)


def closed(watcher: Watcher) -> None:
    watcher.session.close()
    assert watcher.session.join(DEADLINE_S)


def hashes(watcher: Watcher) -> Hashes:
    """What the moment that is shown is."""
    number = watcher.session.ask(StateHashes())
    watcher.until(lambda: number in watcher.answers)
    value = watcher.answers[number].value
    assert isinstance(value, Hashes)
    return value


def train(watcher: Watcher, step: int) -> None:
    watcher.session.play(until_step=step)
    watcher.until(lambda: watcher.status.step == step and watcher.status.phase is Phase.PAUSED)


def turn(watcher: Watcher) -> None:
    """Commands of several kinds."""
    watcher.session.submit(EditSlice(ROW, "scale", 1.5))
    watcher.session.submit(EditSlice(ONE, "set", 0.75))
    watcher.session.submit(SetMuteTo("mean"))
    watcher.session.submit(SetStrip(Strip(0, 1), StripSetting(muted=True)))
    watcher.session.submit(SetHyperparameter("learning_rate", 2e-3))
    watcher.session.submit(Undo())
    watcher.ask(ONE)


def began(watcher: Watcher, runs: int) -> None:
    watcher.until(lambda: len(watcher.runs) == runs and watcher.status.phase is Phase.PAUSED)


def journal_of(watcher: Watcher) -> Journal:
    journal = Journal()
    for entry in watcher.journal:
        journal.append(entry)
    return journal


def sought(watcher: Watcher, step: int, branch: int = 0) -> None:
    watcher.session.seek(Place(branch, step))
    watcher.until(
        lambda: (
            watcher.status.past is not None
            and watcher.status.past.place == Place(branch, step)
            and watcher.status.past.is_exact
        )
    )


def test_what_is_opened_again_goes_on_as_if_it_had_never_stopped(
    opened: Opened, names_spec: RunSpec, tmp_path: Path
) -> None:
    path = tmp_path / "run.weightdeck"
    first = opened(NewRun(names_spec, str(path)))
    train(first, 17)
    turn(first)
    train(first, 23)
    before, rows, journal, records = hashes(first), first.rows, first.journal, first.records
    assert first.status.document.saving is Saving.SAVED
    closed(first)
    assert [each.name for each in tmp_path.iterdir()] == ["run.weightdeck"]
    again = opened(SavedRun(str(path)))
    assert again.status.step == 23
    assert hashes(again) == before
    np.testing.assert_array_equal(again.rows, rows)
    assert again.journal == journal
    assert [record.step for record in again.records] == [record.step for record in records]
    assert again.status.undo_title == first.status.undo_title
    train(again, 31)
    again.session.submit(Undo())
    train(again, 40)
    reference = replay(names_spec, journal_of(again), 40)
    assert hashes(again).state_sha256 == reference.state_sha256()


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


def test_bookmarks_notes_and_desk_are_kept(opened: Opened, names_spec: RunSpec, tmp_path: Path) -> None:
    path = tmp_path / "run.weightdeck"
    watcher = opened(NewRun(names_spec, str(path)))
    train(watcher, 8)
    watcher.session.annotate(SetBookmark(Place(0, 8), " first words "))
    sought(watcher, 3)
    watcher.session.annotate(SetBookmark(Place(0, 3), "early"))
    watcher.session.annotate(SetBookmark(Place(0, 5), "gone"))
    watcher.session.annotate(SetBookmark(Place(0, 5), ""))
    watcher.session.annotate(WriteNote("a note"))
    watcher.session.annotate(KeepDesk('{"knobs": []}'))
    with pytest.raises(ValueError, match="at most"):
        watcher.session.annotate(WriteNote("x" * 100_000))
    closed(watcher)
    document = opened(SavedRun(str(path))).status.document
    assert document.bookmarks == (Bookmark(Place(0, 3), "early"), Bookmark(Place(0, 8), "first words"))
    assert (document.note, document.desk) == ("a note", '{"knobs": []}')
    assert {0, 3, 8} <= set(document.keyframes)


def test_save_as_goes_on_there_and_a_copy_does_not(
    opened: Opened, names_spec: RunSpec, tmp_path: Path
) -> None:
    watcher = opened(NewRun(names_spec))
    assert watcher.status.document.saving is Saving.MEMORY
    train(watcher, 4)
    for query, saved_to in (
        (SaveFile(str(tmp_path / "a.weightdeck"), go_on_there=True), "a.weightdeck"),
        (SaveFile(str(tmp_path / "b.weightdeck"), go_on_there=False), "a.weightdeck"),
    ):
        number = watcher.session.ask(query)
        watcher.until(lambda number=number: number in watcher.answers)
        assert watcher.answers[number].value == query.path
        watcher.until(lambda saved_to=saved_to: Path(watcher.status.document.path).name == saved_to)
        assert watcher.status.document.saving is Saving.SAVED
        train(watcher, watcher.status.step + 4)
    end = hashes(watcher)
    number = watcher.session.ask(SaveFile(str(tmp_path / "no" / "c.weightdeck"), go_on_there=True))
    watcher.until(lambda: number in watcher.answers)
    assert watcher.answers[number].problem.endswith(".")
    assert Path(watcher.status.document.path).name == "a.weightdeck"
    closed(watcher)
    assert hashes(opened(SavedRun(str(tmp_path / "a.weightdeck")))) == end
    assert opened(SavedRun(str(tmp_path / "b.weightdeck"))).status.step == 8


def test_what_cannot_be_opened_leaves_the_run_as_it_is(
    opened: Opened, names_spec: RunSpec, tmp_path: Path
) -> None:
    watcher = opened(NewRun(names_spec))
    train(watcher, 4)
    now = hashes(watcher)
    (tmp_path / "x.weightdeck").write_text("not a run")
    for path in (tmp_path / "missing.weightdeck", tmp_path / "x.weightdeck", tmp_path):
        watcher.session.open_run(SavedRun(str(path)))
        watcher.until(lambda: bool(watcher.refused))
        assert watcher.refused.pop().endswith(".")
    assert hashes(watcher) == now


HOLDER = """
import sys
from pathlib import Path
from weightdeck.store.run_file import RunFile
file = RunFile.open(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


def test_a_file_that_is_open_comes_as_a_copy(opened: Opened, names_spec: RunSpec, tmp_path: Path) -> None:
    path = tmp_path / "run.weightdeck"
    first = opened(NewRun(names_spec, str(path)))
    train(first, 6)
    end = hashes(first)
    closed(first)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        second = opened(SavedRun(str(path)))
        assert second.status.document.saving is Saving.READ_ONLY
        assert "open" in second.status.document.problem
        assert hashes(second) == end
        train(second, 9)
        closed(second)
        holder.kill()
    again = opened(SavedRun(str(path)))
    assert again.status.document.saving is Saving.SAVED
    assert hashes(again) == end


def test_a_run_made_elsewhere_goes_on_from_its_keyframe_as_a_branch(
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


def test_a_run_that_was_finished_is_finished_when_it_is_opened(
    opened: Opened, names_spec: RunSpec, tmp_path: Path
) -> None:
    path = tmp_path / "run.weightdeck"
    watcher = opened(NewRun(names_spec, str(path)))
    watcher.session.play()
    watcher.until_phase(Phase.FINISHED)
    sought(watcher, 7)
    assert watcher.status.phase is Phase.PAUSED
    watcher.session.return_to_now()
    watcher.until_phase(Phase.FINISHED)
    closed(watcher)
    assert opened(SavedRun(str(path))).status.phase is Phase.FINISHED


def test_that_saving_goes_on_is_told_also_while_nothing_trains(
    opened: Opened, names_spec: RunSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weightdeck.store.saver.RETRY_S", 0.05)
    path, away = tmp_path / "run.weightdeck", tmp_path / "away"
    watcher = opened(NewRun(names_spec, str(path)))
    train(watcher, 5)
    for name in ("run.weightdeck", "run.weightdeck-wal"):
        (away / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).rename(away / name)
    watcher.session.annotate(WriteNote("while it was away"))
    watcher.until(lambda: watcher.status.document.saving is Saving.SUSPENDED)
    for name in ("run.weightdeck-wal", "run.weightdeck"):
        (away / name).rename(tmp_path / name)
    watcher.until(lambda: watcher.status.document.saving is Saving.SAVED)
    closed(watcher)
    assert opened(SavedRun(str(path))).status.document.note == "while it was away"


def test_a_file_that_was_made_and_could_not_be_opened_is_taken_up_later(
    opened: Opened, names_spec: RunSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weightdeck.store.saver.RETRY_S", 0.05)
    path = tmp_path / "run.weightdeck"

    def fails(_folder: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr("weightdeck.store.copies._sync_folder", fails)
        watcher = opened(NewRun(names_spec, str(path)))
        assert path.exists()
        assert watcher.status.document.saving is Saving.SUSPENDED
        train(watcher, 5)
    watcher.until(lambda: watcher.status.document.saving is Saving.SAVED)
    end = hashes(watcher)
    closed(watcher)
    assert hashes(opened(SavedRun(str(path)))) == end


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
