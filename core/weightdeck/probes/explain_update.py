"""Why a parameter is what it is: the last update, taken apart into the old value, the decay and Adam's step.

Everything is computed once more in float64 from the run's own float32 gradient and from its state before the update.
Source of the formula: ``weightdeck.training.adamw``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from weightdeck.probes.explain_written import figure
from weightdeck.run.explanation import Explanation, Fact, Operand, Rule, Term
from weightdeck.run.layout import Layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.subjects import Subject, WeightCell, WeightGradient
from weightdeck.run.words import number, slice_title
from weightdeck.training.adamw import EPSILON
from weightdeck.training.newest import NewestUpdate
from weightdeck.training.trainer import Trainer

TOLERANCE = 1e-6  # of the larger of 1 and the weight: what float32 may make of the same update

_SYMBOLS = "w' = w − rate × decay × w − rate × m^ / (√v^ + ε)"
_SYMBOLS_WITHOUT_DECAY = "w' = w − rate × m^ / (√v^ + ε)"
_UNKNOWN = (
    "No update has been made since this run was opened, or the gradient of a discarded step has taken its place: "
    "make a step, then ask again."
)


def explain_weight(trainer: Trainer, cell: WeightCell) -> Explanation:
    """What the last update made of a parameter, or what the update to come will make of it while the step in hand has
    its gradient: then `value` is the number to come, and the note says so.

    Rule SUM when these terms make the number within `TOLERANCE`. Else, or without an update, GIVEN with the reason in
    the note. Raises ``ValueError`` with a sentence when the model has no such parameter.
    """
    place = place_of(cell, trainer.parameters.layout)
    update = trainer.newest_update
    if update is None:
        return _given(trainer, cell, place, _UNKNOWN)
    part = _Part.of(trainer, cell, update, place)
    if update.is_made:
        reason = part.why_not_made(trainer.parameters.flat[place].item(), _is_held(trainer, cell))
    else:
        reason = "It is held: the update to come leaves it as it is." if _is_held(trainer, cell) else ""
    if reason:
        return _given(trainer, cell, place, reason, part.facts())
    return _made(trainer, cell, part, place)


def place_of(cell: WeightCell | WeightGradient, layout: Layout) -> int:
    """Where one parameter lies in the flat buffers. Raises ``ValueError`` with a sentence when there is no such one."""
    target = ParameterSlice(cell.tensor, cell.index)
    info = target.info(layout)
    if len(cell.index) != len(info.shape):
        raise ValueError(f"{cell.tensor} has {len(info.shape)} dimensions: name one place in each.")
    return info.offset + int(np.ravel_multi_index(cell.index, info.shape))


@dataclass(frozen=True, slots=True)
class _Part:
    """One element of an update, in float64."""

    update: NewestUpdate
    gradient: float
    old: float
    moments_before: tuple[float, float]  # first and second
    moments_now: tuple[float, float]
    decay: float  # the setting; 0 for what does not decay

    @classmethod
    def of(cls, trainer: Trainer, cell: WeightCell, update: NewestUpdate, place: int) -> _Part:
        old, m_before, v_before = update.before[:, place].tolist()
        _, m_now, v_now = update.now[:, place].tolist()
        decays = trainer.parameters.layout.by_name[cell.tensor].decay
        return cls(
            update,
            update.gradient[place].item(),
            old,
            (m_before, v_before),
            (m_now, v_now),
            update.settings.weight_decay if decays else 0.0,
        )

    @property
    def clipped(self) -> float:
        return self.gradient * self.update.clip

    @property
    def moments(self) -> tuple[float, float]:
        """Both moments after the update."""
        beta1, beta2 = self.update.settings.beta1, self.update.settings.beta2
        m, v = self.moments_before
        g = self.clipped
        return beta1 * m + (1.0 - beta1) * g, beta2 * v + (1.0 - beta2) * g * g

    @property
    def m_hat(self) -> float:
        return self.moments[0] / (1.0 - self.update.settings.beta1**self.update.updates)

    @property
    def divisor(self) -> float:
        v_hat = self.moments[1] / (1.0 - self.update.settings.beta2**self.update.updates)
        return math.sqrt(v_hat) + EPSILON

    def terms(self) -> tuple[Term, ...]:
        """Old value, decay where there is any, Adam's step."""
        rate = Operand("− rate", -self.update.learning_rate)
        old = Operand("old value", self.old)
        step = Term((rate, Operand("m^", self.m_hat), Operand("1 / (√v^ + ε)", 1.0 / self.divisor)))
        if self.decay == 0.0:
            return Term((old,)), step
        return Term((old,)), Term((rate, Operand("decay", self.decay), old)), step

    @property
    def new(self) -> float:
        return math.fsum(term.value for term in self.terms())

    def facts(self) -> tuple[Fact, ...]:
        """What is made on the way, in order."""
        update = self.update
        m, v = self.moments
        return (
            Fact("gradient", "g", self.gradient),
            Fact("length of the whole gradient", "|G|", update.gradient_norm),
            Fact("clip factor", "c", update.clip),
            Fact("clipped gradient", "c g", self.clipped),
            Fact("averaged gradient before", "m", self.moments_before[0]),
            Fact("averaged gradient after", "m'", m),
            Fact("averaged square before", "v", self.moments_before[1]),
            Fact("averaged square after", "v'", v),
            Fact("averaged gradient, corrected for its start", "m^", self.m_hat),
            Fact("typical size of the gradient", "√v^ + ε", self.divisor),
            Fact("learning rate", "rate", update.learning_rate),
            Fact("weight decay", "decay", self.decay),
            Fact("old value", "w", self.old),
            Fact("new value", "w'", self.new),
        )

    def why_not_made(self, now: float, is_held: bool) -> str:
        """Why the number that is there now is not what this update makes; "" when it is."""
        which = f"the update of step {self.update.step:,} → {self.update.step + 1:,}"
        would_move = self.moments[0] != self.moments_before[0]
        if self.moments_now == self.moments_before and (is_held or would_move):
            changed = "" if now == self.old else " A hand has changed it since."
            return f"It was held: {which} left it as it was.{changed}"
        if abs(self.new - now) > TOLERANCE * max(1.0, abs(now)):
            return f"A hand has changed it since {which}, which had made {figure(self.new, 6)} of it."
        return ""


def _made(trainer: Trainer, cell: WeightCell, part: _Part, place: int) -> Explanation:
    update = part.update
    now = trainer.parameters.flat[place].item()
    rate = number(update.learning_rate)
    decay = f" − {rate} × {part.decay:g} × {figure(part.old, 6)}" if part.decay else ""
    coming = (
        ""
        if update.is_made
        else f"It is {figure(now, 6)} now. This is what the update to come will make of it."
    )
    return Explanation(
        subject=cell,
        step=trainer.step,
        title=_title(trainer, cell)
        + (f" after step {update.step + 1:,}" if update.is_made else " after the update to come"),
        value=now if update.is_made else float(np.float32(part.new)),
        rule=Rule.SUM,
        symbols=_SYMBOLS if part.decay else _SYMBOLS_WITHOUT_DECAY,
        numbers=f"{figure(part.old, 6)}{decay} − {rate} × {figure(part.m_hat)} / {figure(part.divisor)}"
        f" = {figure(part.new, 6)}",
        terms=part.terms(),
        facts=part.facts(),
        note=f"{coming} {_schedule(update)}".strip(),
        related=_related(cell),
    )


def _given(
    trainer: Trainer, cell: WeightCell, place: int, reason: str, facts: tuple[Fact, ...] = ()
) -> Explanation:
    value = trainer.parameters.flat[place].item()
    return Explanation(
        subject=cell,
        step=trainer.step,
        title=_title(trainer, cell),
        value=value,
        rule=Rule.GIVEN,
        symbols="w",
        numbers=figure(value, 6),
        terms=(Term((Operand("value", value),)),),
        facts=facts,
        note=reason,
        related=_related(cell) if facts else (),
    )


def _schedule(update: NewestUpdate) -> str:
    """How the learning rate came about."""
    settings, rate = update.settings, number(update.learning_rate)
    if update.step < settings.warmup_iters:
        done = f"{update.step + 1:,} of {settings.warmup_iters + 1:,} parts"
        return f"The learning rate {rate} is still warming up: {done} of {number(settings.learning_rate)}."
    if settings.lr_schedule == "constant":
        return f"The learning rate stays at {rate}."
    return f"The learning rate is {rate}: the cosine schedule brings it down from {number(settings.learning_rate)}."


def _title(trainer: Trainer, cell: WeightCell) -> str:
    layout = trainer.parameters.layout
    return slice_title(ParameterSlice(cell.tensor, cell.index), trainer.corpus.tokenizer.vocabulary, layout)


def _related(cell: WeightCell) -> tuple[tuple[str, Subject], ...]:
    return (("which tokens pushed it", WeightGradient(cell.tensor, cell.index)),)


def _is_held(trainer: Trainer, cell: WeightCell) -> bool:
    return trainer.holds.share(ParameterSlice(cell.tensor, cell.index)) > 0.0
