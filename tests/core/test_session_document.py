"""A run as a document, through the session: opening, saving, files that fail."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.core.opened import Opened, closed, hashes, journal_of, sought, train, turn
from weightdeck.run.commands import Undo
from weightdeck.run.document import (
    Bookmark,
    KeepDesk,
    NewRun,
    Place,
    SavedRun,
    Saving,
    SetBookmark,
    WriteNote,
)
from weightdeck.run.frame import Phase
from weightdeck.run.queries import SaveFile
from weightdeck.run.spec import RunSpec
from weightdeck.training.replay import replay


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
