"""``bench engine``: headless training against a plain PyTorch loop of the same model, batches and threads."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from weightdeck.bench.plain_torch import PlainLoop
from weightdeck.headless import HeadlessRun
from weightdeck.run.presets import load_preset, preset_names

ALTERNATIONS = 7
STEPS = 150  # of each, in each alternation: over a second, and three recorded steps of the engine
WARM_UP_STEPS = 30


@dataclass(frozen=True, slots=True)
class Comparison:
    """Steps a second of the engine and of the plain loop, one pair for each alternation."""

    preset: str
    threads: int
    engine: tuple[float, ...]
    plain: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        return tuple(ours / theirs for ours, theirs in zip(self.engine, self.plain, strict=True))

    def as_result(self) -> dict[str, object]:
        """Medians; `spread` lies between the lowest and the highest ratio."""
        ratios = self.ratios
        return {
            "bench": "engine",
            "preset": self.preset,
            "ratio": round(statistics.median(ratios), 3),
            "spread": round(max(ratios) - min(ratios), 3),
            "threads": self.threads,
            "steps_per_s": round(statistics.median(self.engine), 1),
            "plain_steps_per_s": round(statistics.median(self.plain), 1),
            "ratios": [round(ratio, 3) for ratio in ratios],
        }


def run_bench(as_json: bool) -> int:
    """Measure every preset and print a line for each."""
    for preset in preset_names():
        result = compare(preset, ALTERNATIONS, STEPS, WARM_UP_STEPS).as_result()
        sys.stdout.write(json.dumps(result) if as_json else _sentence(result))
        sys.stdout.write("\n")
        sys.stdout.flush()
    return 0


def compare(preset: str, alternations: int, steps: int, warm_up_steps: int) -> Comparison:
    """Train both from the same weights over the same batches, in turns of `steps` steps.

    The engine does all that ``weightdeck train`` does (validation and histograms at the recorded steps); the
    plain loop only trains. Which of them goes first alternates too.
    """
    spec = load_preset(preset)
    run = HeadlessRun(spec)  # sets the threads for both
    loop = PlainLoop(spec, run.trainer.corpus)
    loop.model.load_state_dict(run.trainer.parameters.weights)
    steps_per_s(run.step, warm_up_steps)
    steps_per_s(loop.train_step, warm_up_steps)
    engine: list[float] = []
    plain: list[float] = []
    for turn in range(alternations):
        pair = [(engine, run.step), (plain, loop.train_step)]
        for speeds, step in pair if turn % 2 == 0 else reversed(pair):
            speeds.append(steps_per_s(step, steps))
    return Comparison(preset, spec.threads, tuple(engine), tuple(plain))


def steps_per_s(step: Callable[[], object], steps: int) -> float:
    """Speed of `steps` calls of `step`."""
    started_s = time.perf_counter()
    for _ in range(steps):
        step()
    return steps / (time.perf_counter() - started_s)


def _sentence(result: dict[str, object]) -> str:
    return (
        f"engine, {result['preset']}: {result['ratio']} times as fast as a plain PyTorch loop "
        f"({result['steps_per_s']} against {result['plain_steps_per_s']} steps/s)"
    )
