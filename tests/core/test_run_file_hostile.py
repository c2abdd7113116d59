"""Whatever lies at a path, opening it gives the run that was written or a sentence: no crash, no hang, no false run."""

from __future__ import annotations

import os
import random
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest

from tests.core.run_files import Owner, change, closed_file, full_changes, keyframe
from weightdeck.store.failures import DamagedFile, FileProblem, NotARunFile, cannot_open
from weightdeck.store.run_file import Changes, RunFile


def refused(path: Path, problem: type[FileProblem], words: str) -> None:
    """Both ways of opening refuse with a sentence that names the file, which stays as it is."""
    before = path.read_bytes() if path.is_file() else b""
    for opening in (RunFile.open, RunFile.open_copy):
        with pytest.raises(problem, match=words) as raised:
            opening(path)
        assert path.name in str(raised.value)
        assert str(raised.value).endswith(".")
    assert (path.read_bytes() if path.is_file() else b"") == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an empty file"),
        (b"PK\x03\x04" + bytes(200), "a zip archive"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "a PNG picture"),
        (b"\x80\x02}q\x00.", "a Python pickle"),
        (b"hello", "something else"),
        (bytes(100_000), "something else"),
        (b"SQLite format 3\0", "a database of another program"),
        (b"SQLite format 3\0" + b"\xff" * 5000, "a database of another program"),
    ],
)
def test_other_files_are_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "x.weightdeck"
    path.write_bytes(content)
    refused(path, NotARunFile, words)


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    refused(tmp_path, NotARunFile, "a folder")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", NotARunFile, "a pipe")
    with socket.socket(socket.AF_UNIX) as listening, chdir(tmp_path):  # such an address must be short
        listening.bind("socket")
        refused(tmp_path / "socket", NotARunFile, "a socket")
    refused(Path("/dev/zero"), NotARunFile, "a device")
    refused(tmp_path / "nothing", FileProblem, "There is no file")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    refused(tmp_path / "circle", FileProblem, "cannot be read")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON log BEGIN DELETE FROM log; END",
        "CREATE VIEW v AS SELECT * FROM log",
        "CREATE TABLE more (a)",
        "CREATE INDEX i ON log (step)",
        "CREATE VIRTUAL TABLE f USING fts5(a)",
        "ALTER TABLE log ADD COLUMN more INTEGER",
        "ALTER TABLE log RENAME COLUMN data TO content",
        "DROP TABLE pages",
        "ANALYZE",
    ],
)
def test_other_tables_are_not_opened(tmp_path: Path, statement: str) -> None:
    path = closed_file(tmp_path)
    change(path, statement)
    refused(path, NotARunFile, "other tables")


def test_another_program_and_a_newer_version_are_named(tmp_path: Path) -> None:
    path = closed_file(tmp_path)
    change(path, "PRAGMA user_version = 2")
    refused(path, NotARunFile, "newer Weightdeck")
    change(path, "PRAGMA application_id = 77")
    refused(path, NotARunFile, "another program")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log SET step = -1 WHERE position = 1",
        "UPDATE log SET kind = 'other' WHERE position = 1",
        "UPDATE log SET step = 'many' WHERE position = 1",
        "UPDATE log SET step = 1.5 WHERE position = 1",
        "UPDATE log SET data = NULL WHERE position = 1",
        "UPDATE log SET kind = CAST(x'ff' AS TEXT) WHERE position = 1",
        "UPDATE keyframes SET tensors = 7",
        "UPDATE keyframes SET pages = x'00'",
        "UPDATE notes SET name = CAST(x'ff' AS TEXT) WHERE name = 'desk'",
        "INSERT INTO seal VALUES (2, 0, x'', x'', x'', x'', x'')",
    ],
)
def test_impossible_values_are_found(tmp_path: Path, statement: str) -> None:
    """Even where the tables would forbid them: their rules are taken away and put back."""
    path = closed_file(tmp_path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    rules = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL").fetchall()
    connection.execute(
        "UPDATE sqlite_schema SET sql = replace(replace(sql, ') STRICT', ')'), 'NOT NULL', '')"
    )
    connection.close()
    change(path, "PRAGMA ignore_check_constraints = ON", statement)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    connection.executemany("UPDATE sqlite_schema SET sql = ?2 WHERE name = ?1", rules)
    connection.close()
    refused(path, DamagedFile, "damaged")


def test_two_tables_cannot_share_their_rows(tmp_path: Path) -> None:
    path = closed_file(tmp_path)
    change(
        path,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'log') "
        "WHERE name = 'keyframes'",
    )
    refused(path, DamagedFile, "structure")


def loaded(path: Path) -> object:
    """All that a run file gives, or the kind of its refusal."""
    try:
        file = RunFile.open(path)
    except FileProblem as problem:
        return type(problem)
    parts = (
        list(file.log),
        [file.keyframe(key.number) for key in file.keyframes],
        [file.page(digest) for key in file.keyframes for digest in file.keyframe(key.number).pages],
        [file.note(name) for name in ("desk", "text")],
    )
    file.close()
    return parts


def test_a_flipped_bit_is_found_or_changes_nothing(tmp_path: Path) -> None:
    path = closed_file(tmp_path)
    whole, expected = path.read_bytes(), loaded(path)
    assert path.read_bytes() == whole
    choice = random.Random(0)
    bits = [*range(0, 800, 3), *choice.sample(range(800, 8 * len(whole)), 300)]
    found = 0
    for bit in bits:
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        result = loaded(path)
        assert result in (expected, DamagedFile, NotARunFile), f"bit {bit}"
        found += result != expected
        if result != expected:
            assert path.read_bytes() == flipped
    assert found > 150


@pytest.mark.parametrize("part", [b"CREATE TABLE log", b"STRICT", b"keyframes", b"position"])
def test_tables_that_are_not_text_are_found(tmp_path: Path, part: bytes) -> None:
    path = closed_file(tmp_path)
    path.write_bytes(path.read_bytes().replace(part, b"\xa0" + part[1:]))
    assert loaded(path) in (DamagedFile, NotARunFile)


def test_a_file_that_is_cut_off_is_found(tmp_path: Path) -> None:
    path = closed_file(tmp_path)
    whole = path.read_bytes()
    for length in (99, 100, 500, 4095, 4096, *range(5000, len(whole), 4001), len(whole) - 1):
        path.write_bytes(whole[:length])
        refused(path, DamagedFile, "cut off")


def garbage(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(50_000))


def nothing_in_it(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("make", [garbage, nothing_in_it, os.mkfifo, Path.mkdir])
def test_strange_companions(tmp_path: Path, ending: str, make: Callable[[Path], object]) -> None:
    path = closed_file(tmp_path)
    before, expected = path.read_bytes(), loaded(path)
    make(path.with_name(path.name + ending))
    assert loaded(path) in (expected, DamagedFile, FileProblem)
    assert path.read_bytes() == before


def test_the_log_of_another_run_is_not_mixed_in(tmp_path: Path) -> None:
    path = closed_file(tmp_path)
    owner = Owner(path)
    assert owner.heard() == "open"
    for text in ("one", "two", "three"):
        owner.commit(text)
        owner.heard()
    owner.kill()
    other = tmp_path / "other.weightdeck"
    RunFile.create(other, Changes([*full_changes().rows] * 9, notes={"desk": b"mine"})).close()
    path.with_name(f"{path.name}-wal").rename(tmp_path / "other.weightdeck-wal")
    refused(other, DamagedFile, "damaged")
    (tmp_path / "other.weightdeck-wal").unlink()
    RunFile.open(other).close()


_MEASURE = """
import re, sys
from pathlib import Path
from weightdeck.store.failures import FileProblem
from weightdeck.store.run_file import RunFile
def most():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
idle = most()
try:
    RunFile.open(Path(sys.argv[1])).close()
except FileProblem:
    pass
print(most() - idle)
"""


@pytest.mark.parametrize("is_whole", [True, False])
def test_memory_stays_below_twice_the_file_and_200_megabytes(tmp_path: Path, is_whole: bool) -> None:
    path = tmp_path / "big.weightdeck"
    RunFile.create(path, Changes(keyframes=[keyframe(1, size=60_000_000)])).close()
    if not is_whole:
        change(path, "UPDATE keyframes SET step = 11")
    told = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path)], capture_output=True, text=True, check=True
    )
    assert 0 < int(told.stdout) < 2 * path.stat().st_size + 200_000_000


def test_an_error_that_is_not_of_the_database_means_damage() -> None:
    problem = cannot_open(sqlite3.OperationalError("Could not decode to UTF-8"), Path("a.weightdeck"))
    assert isinstance(problem, DamagedFile)
