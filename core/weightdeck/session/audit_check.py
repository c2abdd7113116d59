"""Displayed numbers against the float64 reference. NumPy only: it runs in a process without torch.

Letters: K numbers of one tap, H heads; D dimensions of a tap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from weightdeck.model import reference
from weightdeck.model.reference_strips import Floats, Strips
from weightdeck.run.audit import MOST_MISMATCHES, Mismatch
from weightdeck.run.layout import layout
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Mix, Strip
from weightdeck.session.audit_task import AuditTask, Findings, ShownNumbers

# A displayed number was computed in float32, whose spacing is 1.2e-7 of a number: after a few hundred operations the
# taps of ordinary models differ from the reference by up to about 1e-6 of their largest value. A wrong cell, step, head
# or mask differs by parts of a whole.
TOLERANCE = 1e-5
# Some models multiply a rounding: a softmax of scores around 1,000 makes 1e-4 of 1e-7. So what exceeds the tolerance is
# weighed against what becomes of the reference when all that passes through it is nudged: by 16 spacings of float32,
# for the roundings of a sum. (A nudge of one, and its outcome taken 16 times, is too little where softmax bends.)
NUDGE = 16.0 * float(np.finfo(np.float32).eps)
NUDGES = 16  # passes with everything nudged: in some of them two scores that are almost equal change places
ROOM = 2.0  # times what a nudge does; in runs of learning rate 0.3 to 10 differences were no larger than that once
# Beyond this float32 overflows where float64 does not: a layer norm squares and adds up.
LARGEST = 1e15

Taps = Mapping[str, Floats]


def check(task: AuditTask) -> Findings:
    """Compute again what was shown, and compare."""
    with np.errstate(all="ignore"):  # a model that has diverged is no reason to warn
        return _Check(task).findings()


class _Check:
    """One task; of each prompt the passes that it needs."""

    def __init__(self, task: AuditTask) -> None:
        self._task = task
        self._flat = task.weights.astype(np.float64)
        self._means = {part: mean.array().astype(np.float64) for part, mean in task.means}
        self._passes: dict[tuple[int, ...], Taps | None] = {}
        self._nudged: dict[tuple[int, ...], list[Taps]] = {}

    def findings(self) -> Findings:
        found = Findings()
        for shown in self._task.shown:
            found = self._with(found, shown)
        return found

    def _with(self, found: Findings, shown: ShownNumbers) -> Findings:
        taps = self._taps(shown.ids)
        if taps is None:
            return replace(found, passed_over=found.passed_over + len(shown.values_K))
        tap = taps[shown.tap]
        scale = _scale(tap)
        expected_K = tap[tuple(shown.index_KD.T)]
        difference_K = _difference(expected_K, shown.values_K.astype(np.float64)) / scale
        wrong_K = difference_K > TOLERANCE
        if wrong_K.any():
            wrong_K &= difference_K > ROOM * self._rounding(shown.ids, shown.tap, tap) / scale
        mismatches = [
            Mismatch(
                self._task.step,
                shown.prompt,
                shown.tap,
                tuple(index_D.tolist()),
                float(value),
                float(expected),
            )
            for index_D, value, expected in zip(
                shown.index_KD[wrong_K], shown.values_K[wrong_K], expected_K[wrong_K], strict=True
            )
        ]
        return replace(
            found,
            checked=found.checked + len(expected_K),
            worst=max(found.worst, float(difference_K.max(initial=0.0))),
            wrong=found.wrong + len(mismatches),
            mismatches=(*found.mismatches, *mismatches)[:MOST_MISMATCHES],
        )

    def _taps(self, ids: tuple[int, ...]) -> Taps | None:
        """None when float32 cannot hold them."""
        if ids not in self._passes:
            taps = self._pass(ids, Strips(self._task.mix, self._means))
            self._passes[ids] = taps if _is_within_float32(self._flat, taps) else None
        return self._passes[ids]

    def _rounding(self, ids: tuple[int, ...], tap: str, plain: Floats) -> float:
        """By how much a nudge of everything before it moves a tap, which is `plain` without."""
        if ids not in self._nudged:
            nudge = _Nudge(self._task.mix, self._means)
            self._nudged[ids] = [self._pass(ids, nudge) for _ in range(NUDGES)]
        return max(float(_difference(plain, nudged[tap]).max(initial=0.0)) for nudged in self._nudged[ids])

    def _pass(self, ids: tuple[int, ...], strips: Strips) -> Taps:
        """Every tap of one prompt without its batch axis, as prompts are shown."""
        model = self._task.model
        weights = {
            info.name: self._flat[info.offset : info.offset + info.size].reshape(info.shape)
            for info in layout(model).tensors
        }
        taps = reference.forward(model, weights, np.array([ids], dtype=np.int64), strips)
        return _as_shown({name: tap[0] for name, tap in taps.items()}, model, self._task.mix)


@dataclass(frozen=True, slots=True)
class _Nudge(Strips):
    """The strips of a mix, and a rounding of its own for every number of every tap that passes through them.

    Of numbers, not of weights: two equal tokens would share a weight's, and their scores would move together.
    """

    generator: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def clamped(self, tap: str, value_BTF: Floats) -> Floats:
        value_BTF = Strips.clamped(self, tap, value_BTF)
        return value_BTF * (1.0 + NUDGE * self.generator.uniform(-1.0, 1.0, value_BTF.shape))


def _as_shown(taps: dict[str, Floats], model: ModelSpec, mix: Mix) -> dict[str, Floats]:
    """A head's z is shown as its strip lets it through; the reference has it as it was gathered."""
    for block in range(model.n_layer):
        strips = [Strip(block, head) for head in range(model.n_head)]
        gains_H = [0.0 if mix.silences(strip) else mix.of(strip).gain for strip in strips]
        name = f"blocks.{block}.attn.z"
        taps[name] = taps[name] * np.array(gains_H)[:, None, None]
    return taps


def _difference(expected: Floats, shown: Floats) -> Floats:
    """Of each number; infinite where one is masked, infinite or no number and the other is something else."""
    difference = np.where(expected == shown, 0.0, np.abs(shown - expected))
    return np.where(np.isnan(difference), np.inf, difference)


def _scale(tap: Floats) -> float:
    """The largest absolute value; masked scores aside, and never 0."""
    largest = np.abs(tap).max(initial=0.0, where=np.isfinite(tap))
    return max(float(largest), float(np.finfo(np.float32).tiny))


def _is_within_float32(flat: NDArray[np.float64], taps: Taps) -> bool:
    """Whether the model can be computed in float32 at all; what float32 cannot hold, nobody shows wrongly."""
    for values in (flat, *taps.values()):
        numbers = values[~np.isneginf(values)]  # of scores the masked
        if numbers.size and not float(np.abs(numbers).max()) < LARGEST:  # NaN is not less
            return False
    return True
