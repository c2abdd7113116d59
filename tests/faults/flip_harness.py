"""Damages a run file in one place after another, opens it each time, and says whether that was noticed and mended.

    PYTHONPATH=.:core python tests/faults/flip_harness.py --count 2000 --cuts 500 --seed 1

A case is one flipped bit, or the file cut off at a length. It is good when the file opens and tells the very same as
before, down to the state of the model at its newest moment, or when opening is refused with a sentence and what
`salvage` gives tells nothing but what the undamaged file told. Prints a line a bad case and a summary; exit code 1 when
one was bad, when a process crashed, or when a case took longer than `LIMIT_S`.
"""

# ruff: noqa: T201  (a script that speaks to a terminal)

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.faults.short_run import Told, head_sha256, make_document
from weightdeck.run.document import Place
from weightdeck.store.document import RunDocument
from weightdeck.store.failures import DamagedFile, FileProblem
from weightdeck.store.notes import Notes
from weightdeck.store.opening import go_on, set_out
from weightdeck.store.run_file import RunFile
from weightdeck.store.salvage import salvage
from weightdeck.training.trainer import Trainer

LIMIT_S = 10.0  # a case
BATCH = 100  # cases a process
HASHED_EVERY = 10  # of the recovered files so many are also replayed to their newest moment


@dataclass(frozen=True, slots=True)
class Damage:
    """A flipped bit, or a length at which the file is cut."""

    flipped: int | None = None
    length: int | None = None

    def do(self, data: bytes) -> bytes:
        if self.length is not None:
            return data[: self.length]
        assert self.flipped is not None
        damaged = bytearray(data)
        damaged[self.flipped // 8] ^= 1 << self.flipped % 8
        return bytes(damaged)


@dataclass(frozen=True, slots=True)
class Case:
    """How one went. `fault` is "" for a good one."""

    damage: str
    outcome: str
    fault: str
    words: str
    took_s: float


# In the process that opens what is damaged


class Bench:
    """The undamaged file and what it tells."""

    def __init__(self, original: Path) -> None:
        self.data = original.read_bytes()
        file = RunFile.open(original)
        self.told = Told.by(file)
        document = RunDocument.of_file(file)
        self.head = head_sha256(document)
        self._states: dict[Place, str] = {}
        self.document = document

    def check(self, path: Path, damage: Damage, number: int) -> Case:
        """Open the file at `path` after it was damaged."""
        path.write_bytes(damage.do(self.data))
        started_s = time.monotonic()
        outcome, fault, words = self._opened(path, number)
        took_s = time.monotonic() - started_s
        if took_s > LIMIT_S:
            fault = fault or "it took too long"
        return Case(str(damage), outcome, fault, words, took_s)

    def _opened(self, path: Path, number: int) -> tuple[str, str, str]:
        damaged = path.read_bytes()
        try:
            file = RunFile.open(path)
        except FileProblem as problem:
            kind, words = type(problem).__name__, str(problem)
        else:
            told = Told.by(file)
            document = RunDocument.of_file(file)
            is_same = told == self.told and head_sha256(document) == self.head
            document.close()
            return "opened", "" if is_same else "it opened and tells something else", ""
        try:
            recovered, more = salvage(path)
        except DamagedFile as problem:
            recovered, more = None, str(problem)
        words = f"{words} {more}"
        if path.read_bytes() != damaged:
            return kind, "the damaged file was changed", words
        if recovered is None:
            return f"{kind}, nothing recovered", "", words
        file = RunFile.open(recovered)
        fault = self._is_beyond(Told.by(file))
        document = RunDocument.of_file(file)
        if not fault and number % HASHED_EVERY == 0 and head_sha256(document) != self._state(document.head):
            fault = "the recovered file comes to another state"
        document.close()
        recovered.unlink()
        return f"{kind}, recovered", fault, words

    def _is_beyond(self, told: Told) -> str:
        """What a recovered file tells that the original did not."""
        if told.log != self.told.log[: len(told.log)]:
            return "the recovered log is no beginning of the original"
        known = {moment(*each): pages for each, pages in self.told.keyframes.items()}
        if any(known.get(moment(*each)) != pages for each, pages in told.keyframes.items()):
            return "a recovered keyframe is not one of the original's"
        mine, theirs = self._notes(told), self._notes(self.told)
        if not set(mine.bookmarks) <= set(theirs.bookmarks) or not mine.names.items() <= theirs.names.items():
            return "a recovered bookmark or name is not one of the original's"
        if mine.note not in ("", theirs.note) or mine.desk not in ("", theirs.desk):
            return "a recovered text is not the original's"
        return ""

    @staticmethod
    def _notes(told: Told) -> Notes:
        return Notes(lambda name: told.notes.get(name, b""))

    def _state(self, place: Place) -> str:
        if place not in self._states:
            way = self.document.way_to(place)
            trainer = Trainer(self.document.spec_of(place.branch))
            set_out(way, trainer)
            while go_on(way, trainer):
                pass
            self._states[place] = trainer.state_sha256()
        return self._states[place]


def moment(key: object, tensors: bytes, rest: bytes) -> tuple[object, ...]:
    """A keyframe without the number that it has in its file: one that is made anew has another."""
    return key.branch, key.step, key.entries, tensors, rest  # type: ignore[attr-defined]


def run_child(original: Path, first: int, arguments: argparse.Namespace) -> None:
    bench = Bench(original)
    damages = list(damages_of(len(bench.data), arguments))[first : first + BATCH]
    with tempfile.TemporaryDirectory(dir=original.parent) as folder:
        for number, damage in enumerate(damages, first):
            print(f"{number}", file=sys.stderr, flush=True)
            case = bench.check(Path(folder) / "a run.weightdeck", damage, number)
            print(json.dumps(asdict(case)), flush=True)
    bench.document.close()


def damages_of(size: int, arguments: argparse.Namespace) -> Iterator[Damage]:
    chance = random.Random(arguments.seed)
    for flipped in chance.sample(range(8 * size), arguments.count):
        yield Damage(flipped=flipped)
    for length in chance.sample(range(size), arguments.cuts):
        yield Damage(length=length)


# In the process that watches


def main() -> int:
    parser = argparse.ArgumentParser(description="Damage a run file in many places.")
    parser.add_argument("--count", type=int, default=2000, help="how many flipped bits (default 2000)")
    parser.add_argument("--cuts", type=int, default=500, help="how many lengths (default 500)")
    parser.add_argument("--seed", type=int, default=1, help="of the places (default 1)")
    parser.add_argument("--verbose", action="store_true", help="print what was said about every case")
    parser.add_argument("--child", nargs=2, metavar=("FILE", "FIRST"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        run_child(Path(arguments.child[0]), int(arguments.child[1]), arguments)
        return 0
    bad = 0
    outcomes: Counter[str] = Counter()
    slowest_s = 0.0
    with tempfile.TemporaryDirectory() as folder:
        original = Path(folder) / "original.weightdeck"
        make_document(original).close()
        for first in range(0, arguments.count + arguments.cuts, BATCH):
            child = [sys.executable, "-m", "tests.faults.flip_harness", "--child", str(original), str(first)]
            options = [f"--{name}={getattr(arguments, name)}" for name in ("count", "cuts", "seed")]
            done = subprocess.run([*child, *options], capture_output=True, text=True, check=False)
            for case in (Case(**json.loads(line)) for line in done.stdout.splitlines()):
                outcomes[case.outcome] += 1
                slowest_s = max(slowest_s, case.took_s)
                bad += bool(case.fault)
                if case.fault or arguments.verbose:
                    print(f"{case.damage}: {case.outcome}: {case.fault or 'good'}: {case.words}", flush=True)
            if done.returncode != 0:
                bad += 1
                print(f"crashed with {done.returncode}:\n{done.stderr[-2000:]}", flush=True)
    for outcome, count in outcomes.most_common():
        print(f"{count:6,} {outcome}")
    print(f"{sum(outcomes.values()):,} cases, {bad} bad, the slowest took {slowest_s:.2f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
