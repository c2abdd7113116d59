"""When the next step is due. Pace is for the eye only: it never changes what a step computes."""

from __future__ import annotations

from weightdeck.run.frame import Pace

OPENING_DOUBLES_EVERY_S = 8.0
PARTS = 3  # of a step, each of which is waited for in slow motion


class Pacer:
    """Tells how long to wait before the next step, in slow motion before its next part. Time is given by the caller, in
    seconds of any steady clock.
    """

    def __init__(self) -> None:
        self.pace = Pace()
        self._due_s = 0.0
        self._trained_s = 0.0  # time spent training at the opening pace
        self._last_s: float | None = None  # of the last step made without a pause since

    def set_pace(self, pace: Pace) -> None:
        if pace != self.pace:
            self.pace = pace
            self._due_s = 0.0
            self._trained_s = 0.0

    def interrupted(self) -> None:
        """Training stopped for now: the time until it goes on does not count."""
        self._last_s = None

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next step is due; 0 when it is."""
        return max(0.0, self._due_s - now_s) if self._interval_s() > 0.0 else 0.0

    def stepped(self, now_s: float, full_speed: float | None) -> None:
        """A step was made, in slow motion a part of one. The opening pace ends by itself when it has reached
        `full_speed` (steps/s).
        """
        if self._last_s is not None:
            self._trained_s += now_s - self._last_s
        self._last_s = now_s
        interval_s = self._interval_s()
        late_s = now_s - self._due_s
        self._due_s = (self._due_s if late_s < interval_s else now_s) + interval_s
        if self.pace.opening and full_speed is not None and interval_s * full_speed < 1.0:
            self.set_pace(Pace())

    def _interval_s(self) -> float:
        if self.pace.opening:
            return float(2.0 ** (-self._trained_s / OPENING_DOUBLES_EVERY_S))
        if not self.pace.steps_per_s:
            return 0.0
        return 1.0 / self.pace.steps_per_s / (PARTS if self.pace.by_parts else 1)
