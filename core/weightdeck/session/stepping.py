"""Makes steps, or parts of steps, at the pace that was asked for, and pauses where it was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from weightdeck.run.frame import Phase
from weightdeck.run.half_step import HalfStep
from weightdeck.session.breakpoints import Breakpoints
from weightdeck.session.live_run import LiveRun
from weightdeck.session.pacer import Pacer
from weightdeck.training.trainer import StepMetrics


class Stop(NamedTuple):
    """Why training does not go on by itself."""

    phase: Phase
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a step. Without `metrics` it is half made."""

    metrics: StepMetrics | None
    seconds: float  # that it took, earlier parts included
    met: str  # a sentence about the breakpoint that stopped it; "" for none


class Stepper:
    """Owned by the trainer thread. `is_called` says whether a message waits."""

    def __init__(self, is_called: Callable[[], bool]) -> None:
        self.pacer = Pacer()
        self.breakpoints = Breakpoints()
        self.until_step: int | None = None  # where this play is to pause
        self.beyond_plan = False  # the user went on past max_iters
        self._is_called = is_called
        self._spent_s = 0.0  # on the step that is half made
        self._threw_away = False  # a command cost the last half step: the next is made to its end

    def rewound(self) -> None:
        """Another run trains."""
        self.beyond_plan = False
        self._threw_away, self._spent_s = False, 0.0
        self.pacer.interrupted()

    def threw_away(self) -> None:
        """A command cost the half-made step."""
        self._threw_away, self._spent_s = True, 0.0

    def reason_to_stop(self, live: LiveRun) -> Stop | None:
        """Why the next step, or the rest of the one in hand, is not to be made by itself; None when it is."""
        step = live.trainer.step
        if live.is_half_made:  # a breakpoint may have been set since
            met = self.breakpoints.met(step, live.trainer.half)
            return Stop(Phase.PAUSED, met) if met else None
        if self.until_step is not None and step >= self.until_step:
            return Stop(Phase.PAUSED)
        planned = live.trainer.hyperparameters.max_iters
        if self.until_step is None and not self.beyond_plan and step >= planned:
            return Stop(Phase.FINISHED)
        met = self.breakpoints.met(step, HalfStep())
        return Stop(Phase.PAUSED, met) if met else None

    def make(self, live: LiveRun, *, to_the_end: bool = False, one_part: bool = False) -> Made:
        """Make a step, or what is left of the one in hand. Unless it is to go `to_the_end`, it stays half made when a
        message waits; however many commands come, every second half step is finished. `one_part` makes a part of it.

        Raises ``NotFiniteError`` when the step was not kept.
        """
        started_s = time.monotonic() - self._spent_s
        self._spent_s = 0.0
        met = ""

        def leaves_off() -> bool:
            nonlocal met
            met = self.breakpoints.met(live.trainer.step, live.trainer.half)
            waits = not (to_the_end or self._threw_away) and self._is_called()
            return bool(met) or one_part or waits

        metrics = live.step(leaves_off)
        now_s = time.monotonic()
        seconds = now_s - started_s
        if metrics is None:
            self._spent_s = 0.0 if one_part or met else seconds
        else:
            self._threw_away = False
        if metrics is not None or one_part:
            self.pacer.stepped(now_s, full_speed=1.0 / max(seconds, 1e-9))
        return Made(metrics, seconds, met)
