"""What training did about the user's last turn of a knob."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

MOST_POINTS = 512
LEFT_ALONE = 0.05  # a smaller share of the turn is no answer to it


class Answer(Enum):
    """How training answered a turn."""

    NOTHING_MOVED = "nothing moved"  # the turn ended where it began: there is nothing to answer
    NO_STEP = "no step"  # none has been made since
    LEFT_ALONE = "left alone"
    PULLED_BACK = "pulled back"
    PAST_BEFORE = "past before"  # pulled back beyond where the turn began
    RAN_ON = "ran on"  # training moved it further the way that the hand had turned


@dataclass(frozen=True, slots=True)
class Verdict:
    """`share` is the part of the turn that training took back, below 0 where it went on; `steps` have been made."""

    answer: Answer
    share: float
    steps: int


@dataclass(slots=True)
class KnobTrace:
    """The value of one knob, in its unit, from the user's last turn on. Holds at most `MOST_POINTS` readings.

    Nothing is known before `edited` has been called.
    """

    before: float = 0.0  # where the turn began
    after: float = 0.0  # where the hand left it
    _steps: list[int] = field(default_factory=list)
    _values: list[float] = field(default_factory=list)
    _stride: float = 0.0  # steps from one kept reading to the next

    def edited(self, step: int, before: float, after: float) -> None:
        """A new story begins: after `step` updates the user turned the knob from `before` to `after`."""
        self.before, self.after = before, after
        self._steps, self._values, self._stride = [step], [after], 0.0

    def read(self, step: int, value: float) -> None:
        """Add where the knob stands after `step` updates. One of the newest reading's step takes its place."""
        steps, values = self._steps, self._values
        assert steps
        assert step >= steps[-1]
        if step == steps[-1] or (len(steps) > 1 and step - steps[-2] < self._stride):
            steps[-1], values[-1] = step, value
            return
        steps.append(step)
        values.append(value)
        if len(steps) > MOST_POINTS:
            self._thin()

    @property
    def points(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Steps, ascending, and values: the turn itself and the readings since."""
        return np.array(self._steps, dtype=np.int64), np.array(self._values, dtype=np.float64)

    @property
    def verdict(self) -> Verdict:
        """How training has answered so far."""
        turn = self.after - self.before
        steps = self._steps[-1] - self._steps[0]
        if turn == 0.0:
            return Verdict(Answer.NOTHING_MOVED, 0.0, steps)
        share = (self.after - self._values[-1]) / turn
        if steps == 0:
            return Verdict(Answer.NO_STEP, share, steps)
        if abs(share) < LEFT_ALONE:
            answer = Answer.LEFT_ALONE
        elif share < 0.0:
            answer = Answer.RAN_ON
        else:
            answer = Answer.PAST_BEFORE if share > 1.0 else Answer.PULLED_BACK
        return Verdict(answer, share, steps)

    def _thin(self) -> None:
        """Keep every other reading, the first and the newest among them."""
        newest = self._steps[-1], self._values[-1]
        self._steps, self._values = self._steps[:-1:2], self._values[:-1:2]
        self._steps.append(newest[0])
        self._values.append(newest[1])
        self._stride = (self._steps[-1] - self._steps[0]) / (MOST_POINTS // 2)
