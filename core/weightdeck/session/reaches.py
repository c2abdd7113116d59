"""The reach of every pinned knob, measured one at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from weightdeck.probes.response import reach
from weightdeck.run.frame import Interest, Part, Reach
from weightdeck.run.scales import PinnedKnob
from weightdeck.training.trainer import Trainer

REACH_INTERVAL_S = 0.25  # one knob's reach at a time


@dataclass(slots=True)
class Reaches:
    """Keeps the newest reach of each knob of the interest. Owned by the trainer thread."""

    trainer: Trainer
    _found: dict[PinnedKnob, tuple[int, Reach | None]] = field(
        default_factory=dict
    )  # with the change they are of
    _measured_s: float = 0.0

    def watch(self, old: Interest, new: Interest) -> None:
        """Forget what nobody asks for any more."""
        if old.prompts[:1] != new.prompts[:1]:
            self._found.clear()
        for knob in set(old.knobs) - set(new.knobs):
            self._found.pop(knob, None)

    def due_in_s(self, interest: Interest, change: int, now_s: float) -> float | None:
        """Seconds until a reach is to be measured; None when all are of this change of the model."""
        if self._oldest(interest, change) is None:
            return None
        return max(0.0, self._measured_s + REACH_INTERVAL_S - now_s)

    def refresh(self, interest: Interest, change: int) -> None:
        """Measure the one that is the most out of date, if it is time."""
        now_s = time.monotonic()
        knob = self._oldest(interest, change)
        if knob is None or now_s - self._measured_s < REACH_INTERVAL_S:
            return
        self._measured_s = now_s
        prompt = self.trainer.corpus.prompt(interest.prompts[0])
        self._found[knob] = (change, reach(self.trainer, knob, prompt))

    def clear(self) -> None:
        """All that was measured is of another moment."""
        self._found.clear()

    @property
    def newest(self) -> tuple[Reach, ...]:
        return tuple(found for _, found in self._found.values() if found is not None)

    def _oldest(self, interest: Interest, change: int) -> PinnedKnob | None:
        if Part.KNOBS not in interest.parts or not interest.prompts:
            return None
        stale = [knob for knob in interest.knobs if self._age(knob) < change]
        return min(stale, key=self._age, default=None)

    def _age(self, knob: PinnedKnob) -> int:
        return self._found.get(knob, (-1, None))[0]
