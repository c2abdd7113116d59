"""Lets four processes race for one run file, again and again, and kills the one that gets it.

    PYTHONPATH=.:core python tests/faults/race_harness.py --count 200 --seed 1

Exactly one may get it for writing each time; the others are told at once that it is in use, and read a whole copy. The
writer is killed, and the next opening, of one process or of four that race again, must get the file with all that was
committed. Prints a line a bad race and a summary; exit code 1 when one was bad.
"""

# ruff: noqa: T201  (a script that speaks to a terminal)

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.forked import Child, Tell, run
from tests.faults.short_run import make_document
from weightdeck.store.failures import FileInUse
from weightdeck.store.run_file import Changes, RunFile

RACERS = 4
HEAD_START_S = 0.02  # until all of them are at the line
COMMITS = 3


def race(path: Path, start_s: float, tell: Tell) -> None:
    """Try to get the file at a moment; who gets it writes a little and keeps it."""
    while time.monotonic() < start_s:
        pass
    try:
        file = RunFile.open(path)
    except FileInUse:
        copy = RunFile.open_copy(path)
        tell({"copy": len(copy.log)})
        copy.close()
    else:
        write(file, tell)
        signal.pause()


def write(file: RunFile, tell: Tell) -> None:
    count = int(file.note("count") or 0)
    for commit in range(COMMITS):
        count += 1
        file.commit(Changes(notes={"count": f"{count}".encode()}))
        if commit == 0:
            tell({"writer": count})
    tell({"last": count})


def look(path: Path, tell: Tell) -> None:
    """Get the file that nobody has, and let it go again."""
    file = RunFile.open(path)
    tell({"count": int(file.note("count") or 0)})
    file.close()


def made(path: Path, tell: Tell) -> None:
    make_document(path).close()


class Races:
    """Race after race for one file."""

    def __init__(self, path: Path, seed: int) -> None:
        self._path = path
        self._chance = random.Random(seed)
        self._count = 0  # what was committed

    def run(self) -> list[str]:
        """One race; what was wrong with it."""
        start_s = time.monotonic() + HEAD_START_S
        racers = [run(lambda tell: race(self._path, start_s, tell)) for _ in range(RACERS)]
        for racer in racers:
            racer.listen(lambda thing: "copy" in thing or "writer" in thing)
        writers = [racer for racer in racers if any("writer" in thing for thing in racer.told)]
        faults = [] if len(writers) == 1 else [f"{len(writers)} writers"]
        for racer in racers:
            if racer in writers:
                faults += self._end(racer)
            else:
                racer.listen()
                faults += [] if racer.code == 0 else [f"one that did not get it ended with {racer.code}"]
        if self._chance.random() < 0.5:
            faults += self._open()
        return faults

    def _end(self, writer: Child) -> list[str]:
        """Kill the writer, now or when it has written everything."""
        if self._chance.random() < 0.5:
            writer.listen(lambda thing: "last" in thing)
        writer.kill()
        first = writer.told[0]["writer"]
        fault = [f"it had {first - 1} and not {self._count} commits"] * (first <= self._count)
        self._count = max(next(iter(thing.values())) for thing in writer.told)
        return fault

    def _open(self) -> list[str]:
        """Open the file that nobody has any more."""
        opener = run(lambda tell: look(self._path, tell))
        opener.listen()
        if not opener.told:
            return ["after the writer was killed the file could not be opened"]
        found = opener.told[0]["count"]
        return [f"it had {found} and not {self._count} commits"] * (found < self._count)


def main() -> int:
    parser = argparse.ArgumentParser(description="Let four processes race for one run file.")
    parser.add_argument("--count", type=int, default=200, help="how many races (default 200)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills (default 1)")
    arguments = parser.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a run.weightdeck"
        run(lambda tell: made(path, tell)).listen()
        races = Races(path, arguments.seed)
        for number in range(arguments.count):
            faults = races.run()
            bad += bool(faults)
            for fault in faults:
                print(f"race {number}: {fault}", flush=True)
    print(f"{arguments.count} races of {RACERS}, {bad} bad")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
