"""``bench seek``: going back to random steps of a long run that is kept in a file, and what keeping it costs."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from weightdeck.bench.engine import steps_per_s
from weightdeck.headless import HeadlessRun
from weightdeck.run.document import SUFFIX, NewRun, Place
from weightdeck.run.frame import Delivery, Interest, Part, Phase
from weightdeck.run.presets import load_preset
from weightdeck.run.spec import RunSpec
from weightdeck.session import TrainerSession

PRESET = "names"
STEPS = 10_000
SEEKS = 200
SEED = 1
ALTERNATIONS = 7
SAVING_STEPS = (
    300  # of each, in each alternation: some seconds, so that every interval of saving comes several times
)
WARM_UP_STEPS = 30
LONGEST_WAIT_S = 600.0
# What the window's panels of a usual workspace ask of a moment.
INTEREST = Interest(
    frozenset({Part.PREDICTIONS, Part.HISTOGRAMS, Part.ACTIVATIONS, Part.KNOBS}),
    (load_preset(PRESET).prompt,),
)


def run_bench(as_json: bool) -> int:
    """Measure and print one line."""
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), STEPS, SEEKS, ALTERNATIONS, SAVING_STEPS).as_result()
    sys.stdout.write(json.dumps(result) if as_json else _sentence(result))
    sys.stdout.write("\n")
    return 0


@dataclass(frozen=True, slots=True)
class Measured:
    """Times from the call to the frame, and speeds in turn."""

    steps: int
    nearest_s: tuple[float, ...]  # to the first picture of the past: a keyframe's
    exact_s: tuple[float, ...]  # to the picture of the sought step itself
    file_bytes: int
    keyframes: int
    saving: tuple[float, ...]  # steps a second that are kept in a file
    plain: tuple[float, ...]  # and that are not

    def as_result(self) -> dict[str, object]:
        """Milliseconds; `saving_ratio` is the speed with a file over that without, the median of pairs."""
        ratios = [kept / lost for kept, lost in zip(self.saving, self.plain, strict=True)]
        return {
            "bench": "seek",
            "preset": PRESET,
            "steps": self.steps,
            "seeks": len(self.exact_s),
            "nearest_p50_ms": _ms(self.nearest_s, 50),
            "nearest_p95_ms": _ms(self.nearest_s, 95),
            "nearest_max_ms": _ms(self.nearest_s, 100),
            "exact_p50_ms": _ms(self.exact_s, 50),
            "exact_p95_ms": _ms(self.exact_s, 95),
            "exact_max_ms": _ms(self.exact_s, 100),
            "file_mb": round(self.file_bytes / 1e6, 1),
            "keyframes": self.keyframes,
            "saving_ratio": round(statistics.median(ratios), 3),
            "saving_spread": round(max(ratios) - min(ratios), 3),
        }


def measure(folder: Path, steps: int, seeks: int, alternations: int, saving_steps: int) -> Measured:
    """Train a run in a file of `folder`, seek in it, and train in turns with and without a file."""
    spec = load_preset(PRESET)
    watcher = _Watcher(spec, folder / f"long{SUFFIX}")
    try:
        watcher.train(steps)
        draw = np.random.default_rng(SEED)
        times = [watcher.seek(int(step)) for step in draw.integers(0, steps, seeks)]
        document = watcher.delivery.status.document
    finally:
        watcher.close()
    saving, plain = _speeds(spec, folder, alternations, saving_steps)
    return Measured(
        steps=steps,
        nearest_s=tuple(nearest_s for nearest_s, _ in times),
        exact_s=tuple(exact_s for _, exact_s in times),
        file_bytes=document.bytes,
        keyframes=len(document.keyframes),
        saving=saving,
        plain=plain,
    )


class _Watcher:
    """The window's part, without a window."""

    def __init__(self, spec: RunSpec, path: Path) -> None:
        longer = replace(spec, hyperparameters=replace(spec.hyperparameters, max_iters=STEPS))
        self._session = TrainerSession()
        self._session.start(NewRun(longer, str(path)))
        self.delivery = Delivery(self._session.status)
        self._until(lambda: self.delivery.status.phase is Phase.PAUSED)
        self._session.watch(INTEREST)

    def train(self, steps: int) -> None:
        self._session.play(until_step=steps)
        self._until(lambda: self.delivery.status.step == steps and self.delivery.status.phase is Phase.PAUSED)

    def seek(self, step: int) -> tuple[float, float]:
        """Seconds to the first picture of the past, and to that of the step itself."""
        self._session.return_to_now()
        self._until(lambda: self.delivery.status.past is None)
        started_s = time.perf_counter()
        self._session.seek(Place(0, step))
        self._until(self._shows_past)
        nearest_s = time.perf_counter() - started_s
        self._until(lambda: self._shows_past() and self._shown() == step)
        return nearest_s, time.perf_counter() - started_s

    def close(self) -> None:
        self._session.close()
        self._session.join(LONGEST_WAIT_S)

    def _shows_past(self) -> bool:
        frame = self.delivery.frame
        return frame is not None and frame.is_past and frame.predictions is not None

    def _shown(self) -> int | None:
        return None if self.delivery.frame is None else self.delivery.frame.step

    def _until(self, holds: Callable[[], bool]) -> None:
        end_s = time.monotonic() + LONGEST_WAIT_S
        while not holds():
            assert time.monotonic() < end_s, f"still {self.delivery.status}"
            time.sleep(0.001)
            self.delivery = self._session.take()


def _speeds(
    spec: RunSpec, folder: Path, alternations: int, steps: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Steps a second of a run that is kept in a file, and of one that is not, in turns."""
    kept, plain = HeadlessRun(NewRun(spec, str(folder / f"kept{SUFFIX}"))), HeadlessRun(spec)
    speeds: dict[HeadlessRun, list[float]] = {kept: [], plain: []}
    for run in speeds:
        steps_per_s(run.step, WARM_UP_STEPS)
    for turn in range(alternations):
        order = list(speeds) if turn % 2 == 0 else list(reversed(speeds))
        for run in order:
            speeds[run].append(steps_per_s(run.step, steps))
    kept.close()
    return tuple(speeds[kept]), tuple(speeds[plain])


def _ms(seconds: tuple[float, ...], percent: int) -> float:
    return round(float(np.percentile(seconds, percent)) * 1000.0, 1)


def _sentence(result: dict[str, object]) -> str:
    return (
        f"seek, {result['steps']:,} steps: nearest picture {result['nearest_p95_ms']} ms, exact "
        f"{result['exact_p95_ms']} ms (95 of 100); file {result['file_mb']} MB; training with a file at "
        f"{result['saving_ratio']} of its speed without"
    )
