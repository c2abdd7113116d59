"""Trains a run in one go and again with many interruptions, and compares every bit.

    PYTHONPATH=.:core python tests/faults/resume_harness.py --steps 1000 --count 20 --seed 1

The preset "sort" with its dropout, with commands on the way, on one and on two compute threads. An interruption is a
clean stop or a kill at any moment. Prints what was compared; exit code 1 when a loss or the state differs.
"""

# ruff: noqa: T201  (a script that speaks to a terminal)

from __future__ import annotations

import argparse
import hashlib
import random
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.faults.forked import Tell, run
from weightdeck.headless import HeadlessRun
from weightdeck.run.commands import Command, EditSlice, Redo, SetHyperparameter, SetStrip, Undo
from weightdeck.run.document import NewRun, SavedRun
from weightdeck.run.layout import EMBEDDING
from weightdeck.run.presets import load_preset
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.run.strips import Strip, StripSetting
from weightdeck.training.trainer import Trainer

Plan = list[tuple[int, Command]]  # commands with their steps


def plan_of(steps: int, chance: random.Random) -> Plan:
    """A command about every twenty steps, of several kinds."""
    plan: Plan = []
    for step in sorted(chance.sample(range(steps), steps // 20)):
        row = ParameterSlice(EMBEDDING, (chance.randrange(3),))
        plan.append(
            (
                step,
                chance.choice(
                    (
                        EditSlice(row, "scale", chance.uniform(0.5, 1.5)),
                        EditSlice(row, "add", chance.uniform(-0.1, 0.1)),
                        SetHyperparameter("learning_rate", chance.uniform(1e-4, 1e-3)),
                        SetHyperparameter("dropout", chance.uniform(0.05, 0.2)),
                        SetStrip(Strip(0, 1), StripSetting(gain=chance.uniform(0.5, 1.5))),
                    )
                ),
            )
        )
        if chance.random() < 0.3:
            plan += [(step, Undo()), (step, Redo())][: chance.randrange(1, 3)]
    return plan


def in_one_go(spec: RunSpec, plan: Plan, steps: int, tell: Tell) -> None:
    """Without a document."""
    trainer = Trainer(spec)
    losses = []
    while trainer.step < steps:
        for _, command in [each for each in plan if each[0] == trainer.step]:
            trainer.apply(command)
        losses.append(trainer.train_step()[1])
    tell({"state": trainer.state_sha256(), "losses": digest_of(losses)})


def a_while(path: Path, spec: RunSpec, plan: Plan, steps: int, tell: Tell) -> None:
    """Begin the run or go on with it, until its end or a request to stop."""
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: ended.append(number))
    work = HeadlessRun(SavedRun(str(path)) if path.exists() else NewRun(spec, str(path)))
    work.redo()
    while work.trainer.step < steps and not ended:
        for step, command in plan[len(work.trainer.journal) :]:
            if step == work.trainer.step:
                work.apply(command)
        work.step()
        tell({"step": work.trainer.step})
    assert work.document is not None
    if work.trainer.step == steps:
        losses = work.document.metrics(0)[:, 1].tolist()
        branches = len(work.document.status.branches)
        tell({"state": work.trainer.state_sha256(), "losses": digest_of(losses), "branches": branches})
    work.close()


def digest_of(losses: list[float]) -> str:
    return hashlib.sha256(repr(losses).encode()).hexdigest()


def interrupted(
    path: Path, spec: RunSpec, plan: Plan, steps: int, *, stops: list[int], chance: random.Random
) -> dict[str, Any]:
    """What the run told at its end, with an interruption a little after each of `stops`."""
    kills = 0
    for stop in stops:
        child = run(lambda tell: a_while(path, spec, plan, steps, tell))
        child.listen(lambda thing, stop=stop: thing.get("step", 0) >= stop)
        time.sleep(chance.uniform(0.0, 0.02))
        if chance.random() < 0.5:
            child.kill()
            kills += 1
        else:
            child.stop()
    last = run(lambda tell: a_while(path, spec, plan, steps, tell))
    last.listen()
    return {**last.told[-1], "kills": kills}


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare an interrupted run with one in one go.")
    parser.add_argument("--steps", type=int, default=1000, help="of each run (default 1000)")
    parser.add_argument("--count", type=int, default=20, help="how many interruptions (default 20)")
    parser.add_argument("--seed", type=int, default=1, help="of commands and interruptions (default 1)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="of compute (default 1 2)")
    arguments = parser.parse_args()
    bad = 0
    for threads in arguments.threads:
        chance = random.Random(arguments.seed + threads)
        spec = replace(load_preset("sort"), threads=threads)
        assert spec.hyperparameters.dropout > 0.0
        plan = plan_of(arguments.steps, chance)
        whole = run(lambda tell, s=spec, p=plan: in_one_go(s, p, arguments.steps, tell))
        whole.listen()
        stops = sorted(chance.sample(range(1, arguments.steps), arguments.count))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a run.weightdeck"
            told = interrupted(path, spec, plan, arguments.steps, stops=stops, chance=chance)
        is_same = all(whole.told[0][name] == told.get(name) for name in ("state", "losses"))
        bad += not is_same or told["branches"] != 1
        print(
            f"{threads} threads: {arguments.steps:,} steps, {len(plan)} commands, {len(stops)} interruptions "
            f"({told['kills']} kills): {'the same' if is_same else 'NOT the same'} losses and state",
            flush=True,
        )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
