"""A run file gives back what was committed, has one writer, and never says "saved" when it is not."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.core.run_files import (
    FIRST,
    PAGES,
    SECOND,
    THIRD,
    Owner,
    change,
    closed_file,
    full_changes,
    keyframe,
    names_in,
    row,
)
from weightdeck.store.failures import CannotSave, DamagedFile, FileInUse
from weightdeck.store.run_file import Changes, RunFile


@contextmanager
def no_file_over(size: int) -> Iterator[None]:
    """Every write beyond `size` bytes fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def assert_holds_all(file: RunFile) -> None:
    changes = full_changes()
    assert list(file.log) == list(changes.rows)
    assert file.keyframes == [stored.key for stored in changes.keyframes]
    assert [file.keyframe(number) for number in (1, 2)] == list(changes.keyframes)
    assert {digest: file.page(digest) for digest in (FIRST, SECOND)} == {
        digest: PAGES[digest] for digest in (FIRST, SECOND)
    }
    assert (file.note("desk"), file.note("text"), file.note("other")) == (b"knobs", b"a thought", b"")


def test_a_new_file_holds_its_first_commit(tmp_path: Path) -> None:
    path = tmp_path / "50 % #1?.weightdeck"
    file = RunFile.create(path, full_changes())
    assert_holds_all(file)
    assert not file.is_read_only
    file.close()
    assert names_in(tmp_path) == [path.name]
    again = RunFile.open(path)
    assert_holds_all(again)
    assert again.size == path.stat().st_size
    again.close()


def test_a_file_in_memory_does_the_same() -> None:
    file = RunFile.create(None, full_changes())
    assert_holds_all(file)
    file.commit(Changes([row(9)]))
    assert file.path is None
    assert file.log[-1] == row(9)
    file.close()


def test_commits_add_to_the_file(tmp_path: Path) -> None:
    path = closed_file(tmp_path)
    file = RunFile.open(path)
    file.commit(Changes([row(9), row(10)], notes={"desk": b"other knobs"}))
    file.commit(Changes(keyframes=[keyframe(3, THIRD, FIRST)], pages=PAGES))
    file.commit(Changes())
    file.close()
    again = RunFile.open(path)
    assert list(again.log) == [*full_changes().rows, row(9), row(10)]
    assert again.note("desk") == b"other knobs"
    assert again.keyframe(3) == keyframe(3, THIRD, FIRST)
    assert again.page(THIRD) == PAGES[THIRD]
    again.close()


def test_a_page_goes_with_the_last_keyframe_that_needs_it(tmp_path: Path) -> None:
    path = closed_file(tmp_path)
    file = RunFile.open(path)
    file.commit(Changes(dropped=[1]))
    assert [key.number for key in file.keyframes] == [2]
    assert file.page(SECOND) == PAGES[SECOND]
    with pytest.raises(DamagedFile, match="missing"):
        file.page(FIRST)
    file.close()
    RunFile.open(path).close()


def test_creating_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mine.weightdeck"
    path.write_bytes(b"dear to me")
    with pytest.raises(CannotSave, match="already"):
        RunFile.create(path, full_changes())
    assert path.read_bytes() == b"dear to me"
    assert names_in(tmp_path) == [path.name]


def test_creating_in_no_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(CannotSave, match="No such file"):
        RunFile.create(tmp_path / "nowhere" / "a.weightdeck", full_changes())


def test_a_second_opening_is_refused_and_the_first_keeps_its_lock(tmp_path: Path) -> None:
    path = closed_file(tmp_path)
    file = RunFile.open(path)
    (tmp_path / "link").symlink_to(path)
    for name in (path, tmp_path / "link"):
        for opening in (RunFile.open, RunFile.open_copy):
            with pytest.raises(FileInUse, match="this program"):
                opening(name)
    with pytest.raises(CannotSave, match="this run itself"):
        file.copy_to(path)
    # Had any of them opened and closed the file, the lock would be gone now.
    stranger = Owner(path)
    assert stranger.heard() == "FileInUse"
    stranger.stop()
    file.close()
    RunFile.open(path).close()


def test_of_four_processes_one_is_the_writer_and_its_kill_frees_the_file(tmp_path: Path) -> None:
    path = closed_file(tmp_path)
    for round_number in range(5):
        racers = [Owner(path) for _ in range(4)]
        heard = [racer.heard() for racer in racers]
        assert sorted(heard) == ["FileInUse"] * 3 + ["open"]
        writer = racers[heard.index("open")]
        writer.commit(f"round {round_number}")
        assert writer.heard() == str(4 + round_number)
        for racer in racers:
            racer.kill()
    file = RunFile.open(path)
    assert len(file.log) == 9
    assert file.note("last") == b"round 4\n"
    file.close()


def test_what_a_killed_process_committed_is_there(tmp_path: Path) -> None:
    path = closed_file(tmp_path)
    owner = Owner(path)
    assert owner.heard() == "open"
    for step in range(30):
        owner.commit("again")
        assert owner.heard() == str(4 + step)
    owner.kill()
    assert path.with_name(f"{path.name}-wal").stat().st_size > 0
    file = RunFile.open(path)
    assert len(file.log) == 34
    file.close()
    assert names_in(tmp_path) == [path.name]


def test_a_log_cut_short_loses_only_its_end_and_a_damaged_one_is_found(tmp_path: Path) -> None:
    path = closed_file(tmp_path)
    owner = Owner(path)
    assert owner.heard() == "open"
    for _ in range(10):
        owner.commit("again")
        owner.heard()
    owner.kill()
    log = path.with_name(f"{path.name}-wal")
    whole = log.read_bytes()
    for place in (3, 17, 40, 60, len(whole) // 2):
        log.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        before = path.read_bytes(), log.read_bytes()
        with pytest.raises(DamagedFile):
            RunFile.open(path)
        assert (path.read_bytes(), log.read_bytes()) == before
    log.write_bytes(whole[:-100])
    file = RunFile.open(path)
    assert len(file.log) == 13
    file.close()


def test_a_failed_commit_changes_nothing_and_can_be_given_again(tmp_path: Path) -> None:
    path = closed_file(tmp_path)
    file = RunFile.open(path)
    file.commit(Changes([row(9)]))
    changes = Changes([row(10)], [keyframe(3, THIRD, size=300_000)], [2], PAGES, {"desk": b"new"})
    for _ in range(2):
        with no_file_over(50_000), pytest.raises(CannotSave, match="cannot be written"):
            file.commit(changes)
        assert file.log[-1] == row(9)
        assert [key.number for key in file.keyframes] == [1, 2]
        assert (file.note("desk"), file.page(FIRST)) == (b"knobs", PAGES[FIRST])
    stranger = Owner(path)
    assert stranger.heard() == "FileInUse"
    stranger.stop()
    file.commit(changes)
    file.commit(Changes([row(11)]))
    file.close()
    again = RunFile.open(path)
    assert list(again.log) == [*full_changes().rows, row(9), row(10), row(11)]
    assert again.keyframe(3) == keyframe(3, THIRD, size=300_000)
    assert [key.number for key in again.keyframes] == [1, 3]
    again.close()


def test_what_the_tables_forbid_is_no_trouble_with_the_disk(tmp_path: Path) -> None:
    path = closed_file(tmp_path)
    file = RunFile.open(path)
    with pytest.raises(sqlite3.IntegrityError):
        file.commit(Changes([row(9), row(-1)]))
    with pytest.raises(KeyError):
        file.commit(Changes([row(9)], dropped=[77]))
    file.commit(Changes([row(9)]))
    file.close()
    again = RunFile.open(path)
    assert list(again.log) == [*full_changes().rows, row(9)]
    again.close()


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    file = RunFile.open(closed_file(tmp_path))
    file._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(CannotSave, match="No space left"):
        file.commit(Changes(keyframes=[keyframe(3, size=1_000_000)]))
    file._connection.execute("PRAGMA max_page_count = 1000000")
    file.commit(Changes(keyframes=[keyframe(3, size=1_000_000)]))
    file.close()


@pytest.mark.parametrize("ending", ["", "-wal"])
def test_a_file_that_vanished_takes_no_commit_until_it_is_back(tmp_path: Path, ending: str) -> None:
    path = closed_file(tmp_path)
    file = RunFile.open(path)
    file.commit(Changes([row(9)]))
    moved, away = path.with_name(path.name + ending), tmp_path / "away"
    moved.rename(away)
    with pytest.raises(CannotSave, match="moved, removed or replaced"):
        file.commit(Changes([row(10)]))
    moved.write_bytes(b"another one")
    with pytest.raises(CannotSave, match="moved, removed or replaced"):
        file.commit(Changes([row(10)]))
    away.rename(moved)
    file.commit(Changes([row(10)]))
    file.close()
    again = RunFile.open(path)
    assert list(again.log[-2:]) == [row(9), row(10)]
    again.close()


def test_a_file_that_was_moved_away_holds_every_commit_when_closed(tmp_path: Path) -> None:
    path = closed_file(tmp_path)
    file = RunFile.open(path)
    file.commit(Changes([row(9)]))
    path.rename(tmp_path / "moved.weightdeck")
    file.close()
    again = RunFile.open(tmp_path / "moved.weightdeck")
    assert again.log[-1] == row(9)
    again.close()


@pytest.mark.parametrize("path_in_memory", [True, False])
def test_a_copy_is_whole_and_alone(tmp_path: Path, path_in_memory: bool) -> None:
    file = RunFile.create(None if path_in_memory else tmp_path / "a.weightdeck", full_changes())
    folder = tmp_path / "copies"
    folder.mkdir()
    copy = folder / "b.weightdeck"
    for _ in range(2):
        file.copy_to(copy)
        assert names_in(folder) == [copy.name]
        opened = RunFile.open(copy)
        assert_holds_all(opened)
        opened.close()
    file.close()


def test_a_copy_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    file = RunFile.create(None, Changes(keyframes=[keyframe(3, size=300_000)]))
    target = tmp_path / "b.weightdeck"
    target.write_bytes(b"as before")
    with no_file_over(50_000), pytest.raises(CannotSave, match="cannot be written"):
        file.copy_to(target)
    assert target.read_bytes() == b"as before"
    assert names_in(tmp_path) == [target.name]
    file.close()


def test_a_copy_replaces_no_run_that_is_open_and_joins_no_strangers_log(tmp_path: Path) -> None:
    target = closed_file(tmp_path)
    file = RunFile.create(None, full_changes())
    owner = Owner(target)
    assert owner.heard() == "open"
    with pytest.raises(CannotSave, match="another program"):
        file.copy_to(target)
    owner.commit("mine")
    owner.heard()
    owner.kill()
    with pytest.raises(CannotSave, match="was not closed"):
        file.copy_to(target)
    here = RunFile.open(target)
    with pytest.raises(CannotSave, match="this program"):
        file.copy_to(target)
    here.close()
    file.copy_to(target)
    (tmp_path / "folder").mkdir()
    with pytest.raises(CannotSave, match="not a file"):
        file.copy_to(tmp_path / "folder")
    file.close()


def test_a_private_copy_of_a_run_that_is_being_written(tmp_path: Path) -> None:
    path = closed_file(tmp_path)
    owner = Owner(path)
    assert owner.heard() == "open"
    lengths = []
    for _ in range(8):
        for _ in range(40):
            owner.commit("meanwhile")
        copy = RunFile.open_copy(path)
        assert copy.is_read_only
        assert copy.path == path
        assert [each.step for each in copy.log[4:]] == list(range(4, len(copy.log)))
        lengths.append(len(copy.log))
        copy.copy_to(tmp_path / "saved.weightdeck")
        with pytest.raises(CannotSave, match="this run itself"):
            copy.copy_to(path)
        copy.close()
    assert lengths == sorted(lengths)
    owner.stop()
    file = RunFile.open(path)
    assert len(file.log) == 4 + 8 * 40
    file.close()
    RunFile.open(tmp_path / "saved.weightdeck").close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log SET kind = 'record' WHERE position = 1",
        "UPDATE log SET branch = 1 WHERE position = 1",
        "UPDATE log SET step = 2 WHERE position = 1",
        "UPDATE log SET data = x'00' WHERE position = 3",
        "UPDATE log SET digest = zeroblob(32) WHERE position = 3",
        "UPDATE log SET position = 9 WHERE position = 3",
        "DELETE FROM log WHERE position = 3",
        "DELETE FROM log WHERE position = 0",
        "INSERT INTO log SELECT position + 4, kind, branch, step, data, digest FROM log",
        "UPDATE keyframes SET number = 5 WHERE number = 2",
        "UPDATE keyframes SET branch = 5 WHERE number = 2",
        "UPDATE keyframes SET step = 5 WHERE number = 2",
        "UPDATE keyframes SET entries = 5 WHERE number = 2",
        "UPDATE keyframes SET kept = 1 WHERE number = 2",
        "UPDATE keyframes SET tensors = x'00' WHERE number = 2",
        "UPDATE keyframes SET rest = x'00' WHERE number = 2",
        "UPDATE keyframes SET pages = x'' WHERE number = 2",
        "UPDATE keyframes SET digest = x'' WHERE number = 2",
        "DELETE FROM keyframes WHERE number = 1",
        "INSERT INTO keyframes SELECT 4, 0, step, entries, kept, tensors, rest, pages, digest FROM keyframes LIMIT 1",
        "UPDATE pages SET data = x'00'",
        "UPDATE pages SET digest = zeroblob(32) WHERE length(data) = 800",
        "DELETE FROM pages WHERE length(data) = 800",
        "INSERT INTO pages VALUES (zeroblob(32), x'00')",
        "UPDATE notes SET name = 'tex' WHERE name = 'text'",
        "UPDATE notes SET data = x'00' WHERE name = 'text'",
        "UPDATE notes SET digest = x'00' WHERE name = 'text'",
        "DELETE FROM notes WHERE name = 'text'",
        "INSERT INTO notes VALUES ('more', x'00', x'00')",
        "UPDATE seal SET length = 3",
        "UPDATE seal SET log = x'00'",
        "UPDATE seal SET keyframes = x'00'",
        "UPDATE seal SET pages = x'00'",
        "UPDATE seal SET notes = x'00'",
        "UPDATE seal SET digest = x'00'",
        "DELETE FROM seal",
    ],
)
def test_any_change_by_another_hand_is_found(tmp_path: Path, statement: str) -> None:
    path = closed_file(tmp_path)
    change(path, statement)
    before = path.read_bytes()
    with pytest.raises(DamagedFile, match="is damaged"):
        RunFile.open(path)
    assert path.read_bytes() == before
    assert names_in(tmp_path) == [path.name]
