"""``bench threads``: headless training with other numbers of compute threads than the preset's.

It only suggests: a preset keeps its own number, on which the bits of its runs depend. Beside a window every further
thread also costs the window its core, which this does not measure.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from dataclasses import replace

import torch

from weightdeck.bench.engine import steps_per_s
from weightdeck.headless import HeadlessRun
from weightdeck.run.presets import load_preset, preset_names

ALTERNATIONS = 7
STEPS = 100  # of each, in each alternation
WARM_UP_STEPS = 30
MOST_THREADS = 8
WORTH_IT = 1.1  # a smaller gain is not worth other bits


def run_bench(as_json: bool) -> int:
    """Measure every preset and print a line for each."""
    for preset in preset_names():
        result = measure(preset, range(1, min(os.cpu_count() or 1, MOST_THREADS) + 1), ALTERNATIONS, STEPS)
        sys.stdout.write(json.dumps(result) if as_json else _sentence(result))
        sys.stdout.write("\n")
        sys.stdout.flush()
    return 0


def measure(preset: str, counts: range, alternations: int, steps: int) -> dict[str, object]:
    """Median speed with each number of threads over that with the preset's own, in turns of `steps` steps."""
    own = load_preset(preset).threads
    runs = {n: HeadlessRun(replace(load_preset(preset), threads=n)) for n in sorted({own, *counts})}
    speeds: dict[int, list[float]] = {n: [] for n in runs}
    for turn in range(alternations + 1):
        for n, run in runs.items():
            torch.set_num_threads(n)
            speed = steps_per_s(run.step, steps if turn else WARM_UP_STEPS)
            if turn:
                speeds[n].append(speed)
    ratios = {
        n: statistics.median(speed / base for speed, base in zip(speeds[n], speeds[own], strict=True))
        for n in runs
    }
    fastest = max(ratios, key=ratios.__getitem__)
    return {
        "bench": "threads",
        "preset": preset,
        "threads": own,
        "ratios": {str(n): round(ratio, 3) for n, ratio in ratios.items()},
        "suggested": fastest if ratios[fastest] >= WORTH_IT else own,
    }


def _sentence(result: dict[str, object]) -> str:
    return (
        f"threads, {result['preset']}: speed over the preset's {result['threads']} thread(s) {result['ratios']}; "
        f"`weightdeck train --threads {result['suggested']}` would be the fastest here"
    )
