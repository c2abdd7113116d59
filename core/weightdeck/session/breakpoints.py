"""Where training is to pause by itself."""

from __future__ import annotations

from weightdeck.run.half_step import Breakpoint, HalfStep, Watched


class Breakpoints:
    """Tells when one is met. What was met at a step lets that step pass from then on. Owned by the trainer thread."""

    def __init__(self) -> None:
        self.all: tuple[Breakpoint, ...] = ()
        self._passed: tuple[int, set[Breakpoint]] = (-1, set())

    def met(self, step: int, half: HalfStep) -> str:
        """A sentence about the first that is met before the update of `step`; "" for none."""
        if self._passed[0] != step:
            self._passed = (step, set())
        passed = self._passed[1]
        found = [each for each in self.all if each not in passed and each.is_met(step, half)]
        passed.update(found)
        return _words(found[0], step, half) if found else ""


def _words(met: Breakpoint, step: int, half: HalfStep) -> str:
    side = "above" if met.above else "below"
    match met.watched:
        case Watched.STEP:
            return f"Paused by your breakpoint at step {step:,}."
        case Watched.LOSS:
            assert half.loss is not None
            return (
                f"Paused by your breakpoint: the loss of this batch, {half.loss:.4g} nats, is {side} {met.value:g}. "
                "The update has not been made."
            )
        case Watched.GRADIENT_NORM:
            assert half.gradient_norm is not None
            return (
                f"Paused by your breakpoint: the gradient norm, {half.gradient_norm:.4g}, is {side} {met.value:g}. "
                "The update has not been made."
            )
