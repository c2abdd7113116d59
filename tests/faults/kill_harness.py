"""Kills the real session at random moments while it trains, is edited and saves, and looks at what the file then holds.

    PYTHONPATH=.:core python tests/faults/kill_harness.py --count 200 --seed 1

Every file is gone on with after a kill, `KILLS_A_FILE` times; some ends are clean ones. Nothing that the mailbox of the
session told may be missing afterwards: commands, bookmarks and saves at once, losses after `CURVE_S`. Prints a line a
bad kill and a summary; exit code 1 when one was bad, or when opening took longer than `OPEN_S` or left more than
`REDO_S` of training to be made again.
"""

# ruff: noqa: T201  (a script that speaks to a terminal)

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.forked import Child, Tell, run
from tests.faults.short_run import small_spec
from weightdeck.run.commands import EditSlice, SetHyperparameter
from weightdeck.run.document import NewRun, Place, SavedRun, SetBookmark
from weightdeck.run.frame import Phase
from weightdeck.run.layout import EMBEDDING
from weightdeck.run.queries import Hashes, SaveFile, StateHashes
from weightdeck.run.slices import ParameterSlice
from weightdeck.session import TrainerSession
from weightdeck.session.worker import Worker  # noqa: F401  (so that every process has torch from its parent)
from weightdeck.store.document import RunDocument
from weightdeck.store.opening import go_on, set_out
from weightdeck.store.run_file import RunFile
from weightdeck.training.trainer import Trainer

KILLS_A_FILE = 8
CLEAN_SHARE = 0.15  # of the ends
CURVE_S, REDO_S, OPEN_S = 1.0, 10.0, 2.0
LONGEST_LIFE_S = 1.5
POLL_S = 0.004
HUNG_S = 60.0


# The process that is killed


def live(path: Path, seed: int, tell: Tell) -> None:
    """Train and act at random for ever, telling what the session says that it has done."""
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: ended.append(number))
    session = TrainerSession()
    session.start(SavedRun(str(path)) if path.exists() else NewRun(small_spec(), str(path)))
    chance = random.Random(seed)
    acts = acting(session, path, chance, tell)
    wait_s = 0.0
    while not ended:
        listen(session, tell)
        if session.status.phase is Phase.FAILED:
            raise AssertionError(session.status.notice)
        if session.status.phase is not Phase.LOADING and time.monotonic() >= wait_s:
            next(acts)
            wait_s = time.monotonic() + chance.uniform(0.0, 0.05)
        time.sleep(POLL_S)
    session.close()
    assert session.join(HUNG_S)
    listen(session, tell)


def listen(session: TrainerSession, tell: Tell) -> None:
    delivery = session.take()
    document = delivery.status.document
    for answer in delivery.answers:
        # Before the commands, which may be in the new file already.
        if isinstance(answer.query, SaveFile):
            tell({"saved": answer.query.path, "problem": answer.problem, "moved": answer.query.go_on_there})
    if delivery.run is not None:
        tell({"begun": True})
    if delivery.metrics is not None:
        rows = [[int(row[0]), row[1]] for row in delivery.metrics.tolist()]
        tell({"rows": rows, "at_s": time.monotonic()})
    if delivery.journal:
        tell({"commands": [[entry.step, repr(entry.command)] for entry, _ in delivery.journal]})
    if document.bookmarks:
        tell({"bookmarks": [[mark.place.branch, mark.place.step] for mark in document.bookmarks]})
    if document.problem:
        tell({"problem": document.problem})
    for answer in delivery.answers:
        # With commands that came since, nobody could say which of them the hash includes.
        if isinstance(answer.value, Hashes) and not delivery.journal:
            tell({"step": answer.step, "state": answer.value.state_sha256})


def acting(session: TrainerSession, path: Path, chance: random.Random, tell: Tell) -> Iterator[None]:
    """What a person might do, one thing after another."""
    session.play()
    while True:
        match chance.choices(range(7), (10, 6, 2, 2, 1, 1, 1))[0]:
            case 0:
                target = ParameterSlice(EMBEDDING, (chance.randrange(3), chance.randrange(12)))
                session.submit(EditSlice(target, "set", chance.uniform(-0.2, 0.2)))
            case 1:
                session.submit(SetHyperparameter("learning_rate", chance.uniform(1e-4, 1e-3)))
            case 2:
                session.play()
            case 3:
                session.pause()
                session.ask(StateHashes())
            case 4:
                status = session.status
                session.annotate(
                    SetBookmark(Place(status.document.branch, status.step), f"{chance.random()}")
                )
            case 5 | 6 as which:
                name = path.with_name(f"{path.stem}-{chance.randrange(10**9)}.weightdeck")
                tell({"asked": str(name)})
                session.ask(SaveFile(str(name), go_on_there=which == 5))
        yield


# What it told


@dataclass(slots=True)
class Acknowledged:
    """What must be in the file at `path`."""

    path: Path
    commands: set[tuple[int, str]] = field(default_factory=set)
    bookmarks: set[tuple[int, int]] = field(default_factory=set)
    rows: set[tuple[int, float]] = field(default_factory=set)
    states: dict[int, tuple[int, str]] = field(default_factory=dict)  # by step: commands until then, hash
    copies: dict[Path, set[tuple[int, str]]] = field(default_factory=dict)  # commands that each must have
    problems: list[str] = field(default_factory=list)

    def take(self, told: list[dict[str, Any]], until_s: float) -> None:
        """Take in what a process told; of the losses, those before `until_s`."""
        asked: dict[str, set[tuple[int, str]]] = {}
        for thing in told:
            match thing:
                case {"commands": commands}:
                    self.commands |= {(step, words) for step, words in commands}
                case {"rows": rows, "at_s": at_s} if at_s < until_s:
                    self.rows |= {(step, loss) for step, loss in rows}
                case {"bookmarks": bookmarks}:
                    self.bookmarks = {(branch, step) for branch, step in bookmarks}
                case {"asked": name}:
                    asked[name] = set(self.commands)
                case {"saved": _, "problem": problem} if problem:
                    self.problems.append(problem)
                case {"saved": name, "moved": moved}:
                    self.copies[Path(name)] = asked[name]
                    if moved:
                        self.path = Path(name)
                case {"step": step, "state": state}:
                    self.states[step] = (len([each for each in self.commands if each[0] <= step]), state)
                case {"problem": problem}:
                    self.problems.append(problem)


# The process that looks at the file


def look(acknowledged: Acknowledged, tell: Tell) -> None:
    """Tell the faults of what is in the file, and how long it took to open."""
    started_s = time.monotonic()
    document = RunDocument.of_file(RunFile.open(acknowledged.path))
    opened_s = time.monotonic() - started_s
    way = document.way_to(document.head)
    trainer = Trainer(document.branch.spec)
    set_out(way, trainer)
    started_s = time.monotonic()
    while go_on(way, trainer):
        pass
    redone_s = time.monotonic() - started_s
    faults = list(missing(document, acknowledged, trainer))
    document.close()
    for path, commands in acknowledged.copies.items():
        copy = RunDocument.of_file(RunFile.open(path))
        if not commands <= commands_of(copy):
            faults.append(f"the saved file {path} lacks commands")
        copy.close()
    tell({"faults": faults, "opened_s": opened_s, "redone_s": redone_s, "head": document.head.step})


def missing(document: RunDocument, acknowledged: Acknowledged, trainer: Trainer) -> Iterator[str]:
    lost = acknowledged.commands - commands_of(document)
    if lost:
        yield f"{len(lost)} commands are lost, such as {min(lost)}"
    rows = {(int(row[0]), row[1]) for row in document.metrics(document.branch.number).tolist()}
    if acknowledged.rows - rows:
        yield f"{len(acknowledged.rows - rows)} losses are lost, from step {min(acknowledged.rows - rows)[0]} on"
    marks = {(mark.place.branch, mark.place.step) for mark in document.status.bookmarks}
    if not acknowledged.bookmarks <= marks:
        yield f"bookmarks are lost: {acknowledged.bookmarks - marks}"
    steps = [entry.step for entry in document.journal(document.branch.number)]
    for step, (commands, state) in acknowledged.states.items():
        if step == trainer.step and commands == len(steps) and state != trainer.state_sha256():
            yield f"the state of step {step} is another one"
    for step in sorted(acknowledged.states)[-2:]:
        commands, state = acknowledged.states[step]
        if commands != sum(each <= step for each in steps) or step > document.head.step:
            continue  # commands came at the same step later, or the losses up to it were not written yet
        way = document.way_to(Place(document.branch.number, step))
        set_out(way, trainer)
        while go_on(way, trainer):
            pass
        if trainer.state_sha256() != state:
            yield f"the state of step {step} is another one"


def commands_of(document: RunDocument) -> set[tuple[int, str]]:
    return {(entry.step, repr(entry.command)) for entry in document.journal(document.branch.number)}


# The process that watches


@dataclass(slots=True)
class Tally:
    kills: int = 0
    clean: int = 0
    bad: int = 0
    commands: int = 0
    saves: int = 0
    states: int = 0
    worst_open_s: float = 0.0
    worst_redo_s: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.kills} kills and {self.clean} clean ends, {self.bad} bad; {self.commands:,} commands, "
            f"{self.saves} saves and {self.states} states acknowledged; worst: {self.worst_open_s:.3f} s to open, "
            f"{self.worst_redo_s:.3f} s to make again"
        )


def end_at_random(child: Child, chance: random.Random, tally: Tally) -> float:
    """End the process at some moment; losses told before the returned one must be in the file."""
    if chance.random() < 0.1:
        time.sleep(chance.uniform(0.0, 0.3))  # while it opens the file or makes it
    elif child.listen(lambda thing: "begun" in thing):
        listened_s = time.monotonic() + chance.uniform(0.0, LONGEST_LIFE_S)
        child.listen(lambda _: time.monotonic() >= listened_s)
    if child.code is not None:
        return 0.0
    if chance.random() < CLEAN_SHARE:
        child.stop()
        tally.clean += 1
        return time.monotonic()
    tally.kills += 1
    return child.kill() - CURVE_S


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill the session at random moments.")
    parser.add_argument("--count", type=int, default=200, help="how many ends (default 200)")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments (default 1)")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.count):
            if number % KILLS_A_FILE == 0:
                acknowledged = Acknowledged(Path(folder) / f"run{number}.weightdeck")
            path, seed = acknowledged.path, chance.randrange(2**32)
            child = run(lambda tell, path=path, seed=seed: live(path, seed, tell))
            until_s = end_at_random(child, chance, tally)
            acknowledged.take(child.told, until_s)
            faults = [f"it ended by itself with {child.code}"] * (child.code not in (0, -signal.SIGKILL))
            faults += acknowledged.problems
            if acknowledged.path.exists():
                looker = run(lambda tell, acknowledged=acknowledged: look(acknowledged, tell))
                looker.listen()
                found = looker.told[-1] if looker.told else {"faults": ["it cannot be opened"]}
                faults += found["faults"]
                tally.worst_open_s = max(tally.worst_open_s, found.get("opened_s", 0.0))
                tally.worst_redo_s = max(tally.worst_redo_s, found.get("redone_s", 0.0))
            elif any("begun" in thing for thing in child.told):
                faults.append("there is no file")
            tally.commands += sum(len(thing.get("commands", ())) for thing in child.told)
            tally.saves += sum("saved" in thing for thing in child.told)
            tally.states += sum("state" in thing for thing in child.told)
            tally.bad += bool(faults)
            for fault in faults:
                print(f"end {number}: {fault}", flush=True)
    print(tally)
    return 1 if tally.bad or tally.worst_open_s > OPEN_S or tally.worst_redo_s > REDO_S else 0


if __name__ == "__main__":
    sys.exit(main())
