"""Lets every write, fsync and rename of a save fail in turn, or kills the program there, and looks at the disk then.

    PYTHONPATH=.:core python tests/faults/disk_harness.py --count 1000

Needs ``strace``, which makes the system calls fail. For each act of `ACTS`, each of its calls and each of `FAULTS`: the
old or the new content is whole afterwards, what was said to be saved is there, and once the disk is well again a
suspended save is made without being asked for. Prints a line a bad case and a summary; exit code 1 when one was bad.
"""

# ruff: noqa: T201  (a script that speaks to a terminal)

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.forked import Child, Tell, run
from weightdeck.run.document import Saving
from weightdeck.store.failures import CannotSave, FileProblem
from weightdeck.store.run_file import Changes, KeyframeKey, LogRow, RunFile, StoredKeyframe
from weightdeck.store.saver import Saver

CALLS = (
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "openat",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
)
FAULTS = ("error=ENOSPC", "error=EIO", "error=EROFS", "signal=KILL")
OLD = Changes([LogRow("branch", 0, 0, b"old")], notes={"desk": b"old" * 3000})
ROW = LogRow("metrics", 0, 1, b"new" * 2000)
KEYFRAME = StoredKeyframe(KeyframeKey(1, 0, 1, 0, False, 30_000), b"t" * 30_000, b"{}", ())
OTHER = Changes([LogRow("branch", 0, 0, b"other")], notes={"desk": b"other" * 2000})


@dataclass(frozen=True, slots=True)
class Places:
    """The files of a case."""

    run: Path
    other: Path  # another run, over which a copy is saved
    new: Path  # where nothing is


# Acts. Each is given the run, or None where there is none yet, and returns what has the run afterwards.


def commit(saver: Saver, places: Places) -> Saver:
    saver.write(Changes([ROW], notes={"desk": b"new" * 2000}))
    return saver


def keep(saver: Saver, places: Places) -> Saver:
    saver.write(Changes([ROW], [KEYFRAME]))
    return saver


def save_as(saver: Saver, places: Places) -> Saver:
    saver.write(Changes([ROW]))
    saver.move_to(places.new)
    return saver


def save_over(saver: Saver, places: Places) -> Saver:
    saver.write(Changes([ROW]))
    saver.copy_to(places.other)
    return saver


def create(saver: Saver, places: Places) -> Saver:
    return Saver.create(places.new, Changes([LogRow("branch", 0, 0, b"old"), ROW]))


def close(saver: Saver, places: Places) -> Saver:
    saver.write(Changes([ROW]))
    saver.close()
    return saver


def reopen(saver: Saver, places: Places) -> Saver:
    """A run that was killed before."""
    return Saver(RunFile.open(places.run))


ACTS: dict[str, Callable[[Saver, Places], Saver]] = {
    act.__name__: act for act in (commit, keep, save_as, save_over, create, close, reopen)
}


# The process to which it happens


def go_through(name: str, places: Places, tell: Tell) -> None:
    """Do the act when told to, and when told again see to what could not be done."""
    is_open = name != "reopen"
    saver = Saver(RunFile.open(places.run) if is_open else RunFile.create(None, Changes()))
    tell({"ready": True})
    tell.wait()
    try:
        saver = ACTS[name](saver, places)
        refused = ""
    except (CannotSave, FileProblem) as problem:
        refused = str(problem)
    tell({"refused": refused, **stand(saver)})
    tell.wait()
    if name == "close":
        return
    if refused and not is_open:
        saver = reopen(saver, places)
    saver._retry_s = 0.0
    saver.retry()
    tell(stand(saver))
    saver.close()


def stand(saver: Saver) -> dict[str, object]:
    return {"saved": saver.saving is Saving.SAVED, "problem": saver.problem, "path": str(saver.path)}


def killed(path: Path, tell: Tell) -> None:
    """Leave a file with a log beside it."""
    file = RunFile.open(path)
    file.commit(Changes([ROW]))
    os.kill(os.getpid(), signal.SIGKILL)


# The process that watches


class Disk:
    """A folder of files for one case after another."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._trace = folder / "trace"
        self._ready = folder / "ready"
        self._ready.mkdir()
        for name, changes in (("run", OLD), ("other", OTHER)):
            RunFile.create(self._ready / f"{name}.weightdeck", changes).close()

    def calls_of(self, name: str) -> Counter[str]:
        """How often an act makes each call when nothing fails."""
        places = self._fresh(name)
        self._go(name, places, [])
        return Counter(re.findall(r"^(?:\d+ +)?(\w+)\(", self._trace.read_text(), re.MULTILINE))

    def faults_of(self, name: str, injections: list[str]) -> list[str]:
        """What was wrong after an act during which calls failed."""
        places = self._fresh(name)
        child = self._go(name, places, injections)
        if child.code == -signal.SIGKILL and "signal=KILL" in injections[0]:
            faults = []
        elif child.code != 0:
            return [f"it ended with {child.code}"]
        else:
            last = child.told[-1]
            is_well = last["saved"] or name == "close"  # which does not wait for better days
            faults = [] if is_well else [f"it is not saved when the disk is well again: {last['problem']}"]
        saved = {Path(thing["path"]) for thing in child.told if thing.get("saved")}
        if name == "save_over" and child.told[1:] and not child.told[1]["refused"]:
            saved.add(places.other)
        if name == "reopen":
            saved.add(places.run)
        for path, old in ((places.run, b"old"), (places.other, b"other"), (places.new, b"")):
            if old or path.exists():
                faults += self._faults_in(path, old, must_be_new=path in saved)
            elif path in saved:
                faults.append(f"{path.name} was said to be saved and is not there")
        return faults

    @staticmethod
    def _faults_in(path: Path, old: bytes, *, must_be_new: bool) -> Iterator[str]:
        try:
            file = RunFile.open(path)
        except FileProblem as problem:
            yield str(problem)
            return
        first, is_new = file.log[0].data, ROW in file.log
        if must_be_new and not is_new:
            yield f"{path.name} was said to be saved and is not"
        elif first != (b"old" if is_new else old):
            yield f"{path.name} is neither old nor new"
        file.close()

    def _fresh(self, name: str) -> Places:
        work = self._folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(self._ready, work)
        places = Places(*(work / f"{each}.weightdeck" for each in ("run", "other", "new")))
        if name == "reopen":
            run(lambda tell: killed(places.run, tell)).listen()
        return places

    def _go(self, name: str, places: Places, injections: list[str]) -> Child:
        """Have the act done under ``strace``, and then what is left when that is gone."""
        child = run(lambda tell: go_through(name, places, tell))
        assert child.listen(lambda thing: "ready" in thing)
        calls = f"trace={','.join('?' + call for call in CALLS)}"
        options = [part for injection in injections for part in ("-e", f"inject={injection}")]
        strace = subprocess.Popen(
            ["strace", "-f", "-p", str(child.process), "-o", str(self._trace), "-e", calls, *options],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert strace.stderr is not None
        first = strace.stderr.readline()
        assert "attached" in first, first
        child.go()
        child.listen(lambda thing: "refused" in thing)
        if child.code is None:
            strace.terminate()
        strace.communicate()
        child.go()
        child.listen()
        return child


def injections_of(calls: Counter[str], most: int) -> Iterator[list[str]]:
    """Every call failed alone, and all calls of one kind and all together for as long as the disk is ill."""
    for call, count in sorted(calls.items()):
        for fault in FAULTS:
            stride = -(-count // most)
            for occurrence in range(1, count + 1, stride):
                yield [f"{call}:{fault}:when={occurrence}"]
            if fault != "signal=KILL":
                yield [f"{call}:{fault}"]
    writing = [call for call in calls if call != "openat"]
    for fault in FAULTS[:-1]:
        yield [f"{call}:{fault}" for call in writing]


def main() -> int:
    parser = argparse.ArgumentParser(description="Let every call of a save fail in turn.")
    parser.add_argument(
        "--count", type=int, default=1000, help="of each call at most so many occurrences (default 1000)"
    )
    parser.add_argument("--only", choices=ACTS, help="one act")
    arguments = parser.parse_args()
    cases = bad = 0
    with tempfile.TemporaryDirectory() as folder:
        disk = Disk(Path(folder))
        for name in [arguments.only] if arguments.only else ACTS:
            calls = disk.calls_of(name)
            print(
                f"{name}: {', '.join(f'{count} {call}' for call, count in sorted(calls.items()))}", flush=True
            )
            for injections in injections_of(calls, arguments.count):
                faults = disk.faults_of(name, injections)
                cases += 1
                bad += bool(faults)
                for fault in faults:
                    print(f"{name} with {' '.join(injections)}: {fault}", flush=True)
    print(f"{cases} cases, {bad} bad")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
