"""Speed and health of a run as it trains: steps a second, and a warning when the loss climbs away from its best."""

from __future__ import annotations

import math
from collections import deque

from weightdeck.run.history import Smoother

SPEED_WINDOW_S = 1.0
WARN_ABOVE_BEST = 0.5  # nats
LOSS_SMOOTHING = 0.95
SETTLED_STEPS = 20  # before that many steps the smoothed loss says little


class Speedometer:
    """Steps and tokens a second over the last second, or over the last two steps where they are rarer."""

    def __init__(self) -> None:
        self._steps: deque[tuple[float, int]] = deque()  # when each step ended, and its tokens

    def interrupted(self) -> None:
        """Training stopped for now: the time until it goes on does not count."""
        self._steps.clear()

    def stepped(self, now_s: float, tokens: int) -> None:
        """A step of `tokens` scored tokens ended. Time is given by the caller, in seconds of any steady clock."""
        self._steps.append((now_s, tokens))
        while len(self._steps) > 2 and self._steps[1][0] < now_s - SPEED_WINDOW_S:
            self._steps.popleft()

    @property
    def steps_per_s(self) -> float | None:
        """None before two steps have followed each other."""
        return self._per_s(len(self._steps) - 1)

    @property
    def tokens_per_s(self) -> float | None:
        return (
            self._per_s(sum(tokens for _, tokens in self._steps) - self._steps[0][1]) if self._steps else None
        )

    def _per_s(self, amount: int) -> float | None:
        if len(self._steps) < 2:
            return None
        return amount / max(self._steps[-1][0] - self._steps[0][0], 1e-9)


class LossWatch:
    """Follows the smoothed training loss and says when it is well above its best."""

    def __init__(self) -> None:
        self._smoother = Smoother(LOSS_SMOOTHING)
        self._best = math.inf
        self._steps = 0

    def stepped(self, train_loss: float) -> None:
        self._smoother.add(train_loss)
        self._steps += 1
        if self._steps >= SETTLED_STEPS:
            self._best = min(self._best, self._smoother.value)

    @property
    def diverging(self) -> bool:
        """Whether the smoothed loss is more than half a nat above the best that it has been."""
        return self._smoother.value > self._best + WARN_ABOVE_BEST
