"""What is good of a damaged run file comes into a new one, and nothing else."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.faults.short_run import Told, head_sha256, make_document
from weightdeck.run.document import Bookmark, Place
from weightdeck.store import salvage as salvaging
from weightdeck.store.document import RunDocument
from weightdeck.store.failures import DamagedFile, FileProblem
from weightdeck.store.opening import open_document, resume
from weightdeck.store.run_file import Changes, LogRow, RunFile
from weightdeck.store.salvage import salvage
from weightdeck.store.schema import PAGE_SIZE, new_database


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three branches that was closed."""
    path = tmp_path_factory.mktemp("whole") / "a run.weightdeck"
    make_document(path).close()
    return path


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    path = tmp_path / "a run.weightdeck"
    path.write_bytes(whole.read_bytes())
    return path


def told_by(path: Path) -> Told:
    file = RunFile.open(path)
    told = Told.by(file)
    file.close()
    return told


def pages_of(path: Path, table: str) -> list[int]:
    """The pages of a table's tree, its root first, without the chains of long rows."""
    database = sqlite3.connect(path)
    (root,) = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    database.close()
    data = path.read_bytes()
    found, waiting = [], [root]
    while waiting:
        number = waiting.pop(0)
        found.append(number)
        page = data[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        if page[0] in (2, 5):
            cells = [int.from_bytes(page[12 + 2 * i : 14 + 2 * i]) for i in range(int.from_bytes(page[3:5]))]
            waiting += [int.from_bytes(page[start : start + 4]) for start in cells]
            waiting.append(int.from_bytes(page[8:12]))
    return found


def wipe(path: Path, *pages: int) -> None:
    data = bytearray(path.read_bytes())
    for number in pages:
        data[(number - 1) * PAGE_SIZE : number * PAGE_SIZE] = b"\xff" * PAGE_SIZE
    path.write_bytes(data)


def flip_in(path: Path, content: bytes) -> None:
    """Change one bit where the file has `content`."""
    data = bytearray(path.read_bytes())
    assert data.count(content) == 1
    data[data.index(content)] ^= 1
    path.write_bytes(data)


def test_the_tables_are_where_salvage_looks_for_them() -> None:
    roots = dict(new_database().execute("SELECT name, rootpage FROM sqlite_schema"))
    expected = (salvaging._KEYFRAMES_ROOT, salvaging._NOTES_ROOT, salvaging._SEAL_ROOT)
    assert (roots["keyframes"], roots["notes"], roots["seal"]) == expected


@pytest.mark.parametrize("pages", [[1], [1, 2, 3]])
def test_everything_comes_back_when_only_what_leads_to_it_is_lost(run: Path, pages: list[int]) -> None:
    before = told_by(run)
    wipe(run, *pages)
    damaged = run.read_bytes()
    recovered, words = salvage(run)
    assert recovered == run.with_name("a run (recovered).weightdeck")
    assert told_by(recovered) == before
    assert "Nothing was lost." in words
    assert run.read_bytes() == damaged


def test_a_second_recovery_leaves_the_first(run: Path) -> None:
    first, second, third = (salvage(run)[0] for _ in range(3))
    assert [path.name for path in (first, second, third)] == [
        "a run (recovered).weightdeck",
        "a run (recovered 2).weightdeck",
        "a run (recovered 3).weightdeck",
    ]
    assert told_by(first) == told_by(third)


def test_a_bad_keyframe_is_left_out_and_computed_again(run: Path) -> None:
    before = told_by(run)
    document = RunDocument.of_file(RunFile.open(run))
    head = head_sha256(document)
    document.close()
    last = max(before.keyframes, key=lambda found: found[0].number)
    flip_in(run, last[1][-600:])
    with pytest.raises(DamagedFile):
        RunFile.open(run)
    recovered, words = salvage(run)
    after = told_by(recovered)
    assert after.log == before.log
    assert after.notes == before.notes
    assert set(before.keyframes) - set(after.keyframes) == {last}
    assert "Lost: some keyframes" in words
    document = RunDocument.of_file(RunFile.open(recovered))
    assert head_sha256(document) == head
    document.close()


def test_the_log_ends_before_its_first_bad_row_and_what_came_later_goes(run: Path) -> None:
    before = told_by(run)
    place = next(i for i, row in enumerate(before.log) if row.kind == "branch" and row.branch == 1)
    flip_in(run, before.log[place].data)
    recovered, words = salvage(run)
    after = told_by(recovered)
    assert after.log == before.log[:place]
    assert after.keyframes.items() <= before.keyframes.items()
    assert f"({len(before.log) - place:,} of {len(before.log):,} entries)" in words
    document = RunDocument.of_file(RunFile.open(recovered))
    assert document.status.bookmarks == (Bookmark(Place(0, 60), "the end"),)
    assert [branch.number for branch in document.status.branches] == [0]
    assert document.head == Place(0, 60)
    document.close()


def test_without_any_keyframe_it_is_computed_from_the_beginning(run: Path) -> None:
    before = told_by(run)
    document = RunDocument.of_file(RunFile.open(run))
    head = head_sha256(document)
    document.close()
    wipe(run, *pages_of(run, "keyframes"))
    recovered, words = salvage(run)
    after = told_by(recovered)
    assert after.log == before.log
    assert {(key.branch, key.step) for key, _, _ in after.keyframes} == {(0, 0), (2, 0)}
    # What is made again is what was there.
    assert {found[1:] for found in after.keyframes} <= {found[1:] for found in before.keyframes}
    assert "made again from its settings and seed" in words
    document = RunDocument.of_file(RunFile.open(recovered))
    assert head_sha256(document) == head
    document.close()


def test_bad_notes_cost_only_themselves(run: Path) -> None:
    before = told_by(run)
    flip_in(run, b"It learned to sort.")
    recovered, words = salvage(run)
    after = told_by(recovered)
    assert after.notes == before.notes | {"note": b""}
    assert (after.log, after.keyframes) == (before.log, before.keyframes)
    assert "Lost: some bookmarks, names or notes." in words


def test_what_only_the_write_ahead_log_holds_is_recovered(run: Path, tmp_path: Path) -> None:
    file = RunFile.open(run)
    row = LogRow("numerics", 2, 20, b"another machine")
    file.commit(Changes([row], notes={"note": b"a later thought"}))
    copy = tmp_path / "copy" / "a run.weightdeck"
    copy.parent.mkdir()
    for suffix in ("", "-wal"):
        copy.with_name(copy.name + suffix).write_bytes(run.with_name(run.name + suffix).read_bytes())
    told = Told.by(file)
    file.close()
    wipe(copy, 1)
    recovered, words = salvage(copy)
    assert told_by(recovered) == told
    assert told.log[-1] == row
    assert "Nothing was lost." in words


def test_nothing_is_recovered_of_nothing(run: Path) -> None:
    before = told_by(run)
    flip_in(run, before.log[0].data)
    with pytest.raises(DamagedFile, match="nothing of it can be recovered"):
        salvage(run)
    assert list(run.parent.iterdir()) == [run]


def test_what_cannot_be_saved_is_told(run: Path) -> None:
    long = run.rename(run.with_name(f"{'x' * 240}.weightdeck"))  # the new name would be too long
    with pytest.raises(FileProblem, match=r"could be recovered, but .* too long"):
        salvage(long)
    assert list(run.parent.iterdir()) == [long]


def test_opening_a_damaged_document_opens_what_is_good_in_it(run: Path) -> None:
    wipe(run, pages_of(run, "seal")[0])
    document, words = open_document(run)
    assert document.status.path.endswith("a run (recovered).weightdeck")
    assert "is damaged" in words
    assert "was recovered into" in words
    trainer, way, notice = resume(document)
    assert (trainer.step, way, notice) == (20, None, "")
    document.close()
