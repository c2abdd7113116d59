"""Run files whose seals are right and whose content no run can have made: a sentence, at once, and nothing else."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.core.watcher import Watcher
from weightdeck.headless import HeadlessRun
from weightdeck.run.commands import Command, EditSlice
from weightdeck.run.document import LEAST_BUDGET, Bookmark, Branch, NewRun, Place, SavedRun, SetBookmark
from weightdeck.run.frame import Phase
from weightdeck.run.journal import JournalEntry
from weightdeck.run.layout import FINAL_NORM
from weightdeck.run.presets import load_preset
from weightdeck.run.queries import CompareMoments
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.store.codec import bookmarks_bytes, branch_bytes, entry_bytes, metrics_bytes
from weightdeck.store.failures import FileProblem
from weightdeck.store.opening import open_document
from weightdeck.store.run_file import Changes, LogRow, RunFile, StoredKeyframe

STEPS = 12
# One after the other they make a gradient that is not finite.
OVERFLOW = tuple(
    EditSlice(ParameterSlice(name), op, value)
    for name, op, value in (
        ("transformer.h.1.ln_2.weight", "set", 1e6),
        ("transformer.h.1.mlp.c_fc.weight", "scale", 1e6),
        ("transformer.h.1.mlp.c_proj.weight", "scale", 0.0),
        (FINAL_NORM, "set", 1e6),
        ("lm_head.weight", "scale", 1e6),
    )
)
TWICE_TOO_MUCH = (EditSlice(ParameterSlice(FINAL_NORM), "add", 6e5),) * 2  # the second does not fit


@pytest.fixture
def honest(run_path: Path, names_spec: RunSpec) -> Path:
    """A short run that was closed."""
    run = HeadlessRun(NewRun(names_spec, str(run_path)))
    run.train(STEPS)
    run.close()
    return run_path


def forge(path: Path, *rows: LogRow, keyframes: Sequence[StoredKeyframe] = (), **notes: bytes) -> None:
    """Add to a file what its seals then cover."""
    file = RunFile.open(path)
    pages = {digest: file.page(digest) for stored in keyframes for digest in stored.pages}
    file.commit(Changes(rows, keyframes, (), pages, notes))
    file.close()


def commands(step: int, *given: Command) -> list[LogRow]:
    return [LogRow("command", 0, step, entry_bytes(JournalEntry(0, step, command))) for command in given]


def losses(first: int, end: int) -> LogRow:
    rows = np.array([(step, 1.0, 1e-3, 1.0, 1e-3) for step in range(first, end)])
    return LogRow("metrics", 0, end, metrics_bytes(rows))


def newest_keyframe(path: Path) -> StoredKeyframe:
    file = RunFile.open(path)
    stored = file.keyframe(file.keyframes[-1].number)
    file.close()
    return stored


def refused(path: Path, words: str) -> None:
    with pytest.raises(FileProblem) as problem:
        open_document(path)
    assert words in str(problem.value)
    assert str(problem.value).endswith(".")
    RunFile.open(path).close()  # it was let go


@pytest.mark.parametrize(
    "notes",
    [
        {"budget": b"x"},
        {"budget": b"-5"},
        {"budget": b"9" * 5000},
        {"branch": b"x"},
        {"branch": b"-1"},
        {"branch": b"1"},
        {"note": b"\xff"},
        {"note": b"a" * 30_000},
        {"desk": b"\xff"},
        {"names": b'{"x": "a name"}'},
        {"names": b'{"0": ["a name"]}'},
        {"names": b"[]"},
        {"bookmarks": b"[1]"},
    ],
    ids=",".join,
)
def test_notes_that_nobody_wrote_are_named(honest: Path, notes: dict[str, bytes]) -> None:
    forge(honest, **notes)
    refused(honest, "branch" if notes == {"branch": b"1"} else "note")


def test_bookmarks_of_moments_that_are_not_there_are_passed_over(honest: Path) -> None:
    there = Bookmark(Place(0, 3), "there")
    nowhere = (Bookmark(Place(7, 3), "no such branch"), Bookmark(Place(0, 99), "no such step"))
    forge(honest, bookmarks=bookmarks_bytes((there, *nowhere)), budget=b"5")
    document, _ = open_document(honest)
    assert document.status.bookmarks == (there,)
    assert document._notes.budget == LEAST_BUDGET
    document.close()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (LogRow("numerics", 0, STEPS, b"\xff"), "numerics"),
        (LogRow("record", 0, STEPS, b"rubbish"), "record"),
        (commands(10**12, TWICE_TOO_MUCH[0])[0], "step"),
        (LogRow("numerics", 0, 10**12, b"torch"), "step"),
        (losses(STEPS + 5, STEPS + 9), "losses"),
    ],
)
def test_a_log_that_no_run_wrote_is_named(honest: Path, row: LogRow, words: str) -> None:
    forge(honest, row)
    refused(honest, words)


def test_a_branch_with_other_settings_than_its_seed_is_named(honest: Path, names_spec: RunSpec) -> None:
    spec = replace(names_spec, threads=names_spec.threads + 1)
    forge(honest, LogRow("branch", 1, 0, branch_bytes(Branch(1, "", spec, 0, 0, 0, "torch"))))
    refused(honest, "Branch 1")


def test_a_chain_of_many_branches_is_read_at_once(honest: Path, names_spec: RunSpec) -> None:
    rows = [
        LogRow("branch", number, 0, branch_bytes(Branch(number, "", names_spec, number - 1, 0, 0, "torch")))
        for number in range(1, 5000)
    ]
    forge(honest, *rows)
    document, _ = open_document(honest)
    assert len(document.status.branches) == 5000
    document.close()


def test_a_keyframe_with_commands_that_came_later_is_named(honest: Path) -> None:
    stored = newest_keyframe(honest)
    rest = json.loads(stored.rest) | {"step": 5, "entries": 2}
    key = replace(stored.key, number=99, step=5, entries=2)
    forge(
        honest,
        *commands(STEPS, *OVERFLOW[:3]),
        keyframes=[replace(stored, key=key, rest=json.dumps(rest).encode())],
    )
    refused(honest, "keyframe")


def test_a_keyframe_has_no_more_edits_than_commands(honest: Path) -> None:
    run = HeadlessRun(SavedRun(str(honest)))
    run.apply(OVERFLOW[0])
    run.close()
    stored = newest_keyframe(honest)
    rest = json.loads(stored.rest)
    rest["done"] *= 200_000  # the same page again and again
    key = replace(stored.key, number=99)
    forge(honest, keyframes=[replace(stored, key=key, rest=json.dumps(rest).encode())])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    document, _ = open_document(honest)
    with pytest.raises(ValueError, match="more edits"):
        document.keyframe(key)
    assert document.way_to(document.head).keyframe.step == STEPS  # that of another keyframe
    document.close()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@pytest.mark.parametrize("journal", [TWICE_TOO_MUCH, OVERFLOW], ids=["command", "step"])
def test_what_cannot_be_computed_again_is_a_branch_from_where_it_could(
    honest: Path, watcher: Watcher, journal: tuple[Command, ...]
) -> None:
    forge(honest, *commands(STEPS, *journal), losses(STEPS, STEPS + 5))
    watcher.session.start(SavedRun(str(honest)))
    watcher.until(lambda: watcher.status.phase is Phase.PAUSED)
    document = watcher.status.document
    assert document.heads == (STEPS + 5, STEPS)
    assert document.branch == 1
    assert "cannot be computed again" in watcher.status.notice
    assert len(watcher.journal) == (1 if journal is TWICE_TOO_MUCH else len(journal))
    watcher.session.seek(Place(0, STEPS + 5))
    watcher.until(lambda: watcher.status.past is not None and bool(watcher.status.past.problem))
    number = watcher.session.ask(CompareMoments(Place(0, 2), Place(0, STEPS + 5), ("a",)))
    watcher.until(lambda: number in watcher.answers)
    assert "cannot be c" in watcher.answers[number].problem
    watcher.session.seek(Place(0, 2))
    watcher.until(lambda: watcher.status.past is not None and watcher.status.past.is_exact)


@pytest.mark.parametrize("journal", [TWICE_TOO_MUCH, OVERFLOW], ids=["command", "step"])
def test_the_same_without_a_window(honest: Path, journal: tuple[Command, ...]) -> None:
    forge(honest, *commands(STEPS, *journal), losses(STEPS, STEPS + 5))
    run = HeadlessRun(SavedRun(str(honest)))
    run.redo()
    assert run.document is not None
    assert run.trainer.step == STEPS
    assert run.document.branch.number == 1
    assert "cannot be computed again" in run.notice
    run.close()


def test_a_bookmark_is_of_a_moment_that_is_there(honest: Path) -> None:
    document, _ = open_document(honest)
    for place in (Place(0, -1), Place(0, STEPS + 1), Place(1, 0)):
        with pytest.raises(ValueError, match=r"has no .*\."):
            document.annotate(SetBookmark(place, "a name"))
    document.close()
    open_document(honest)[0].close()


# What a process does more than one that is idle: the seconds, the bytes, and what it said.
_MEASURE = """
import re, sys, time
from pathlib import Path
from weightdeck.store.opening import open_document, resume
def most():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
idle, started_s = most(), time.monotonic()
try:
    document, words = open_document(Path(sys.argv[1]))
    resume(document)
except ValueError as problem:
    words = str(problem)
print(time.monotonic() - started_s, most() - idle, words)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("is_damaged", [False, True])
def test_a_large_model_in_a_small_file_takes_no_memory(tmp_path: Path, is_damaged: bool) -> None:
    spec = load_preset("sort")
    spec = replace(spec, model=replace(spec.model, n_embd=2048, n_head=2, n_layer=3, vocab_size=3))
    assert spec.model.num_parameters > 10**8
    path = tmp_path / "small.weightdeck"
    row = LogRow("branch", 0, 0, branch_bytes(Branch(0, "", spec, None, 0, 0, "torch")))
    RunFile.create(path, Changes([row], notes={"note": b"a word of it"})).close()
    if is_damaged:
        path.write_bytes(path.read_bytes().replace(b"a word of it", b"a wold of it"))
    told = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path)], capture_output=True, text=True, check=True
    )
    seconds, size, words = told.stdout.strip().split(" ", 2)
    assert float(seconds) < 2.0
    assert int(size) < 2 * path.stat().st_size + 200_000_000
    assert words.endswith(".")
