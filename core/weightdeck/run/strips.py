"""Channel strips: how much every head and MLP may write into the residual stream, and activations held at a value.

A strip is a part (a head or an MLP) on the desk: a gain from 0 to 2 applied to what it writes, mute and solo. The mix
is all of them together. What it does to a forward pass: ``weightdeck.model.gates``.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Literal

from weightdeck.run.spec import ModelSpec

MOST_GAIN = 2.0
LARGEST_CLAMP = 1e6
Scope = Literal["everything", "prediction"]
SCOPES: tuple[Scope, ...] = ("everything", "prediction")
MuteTo = Literal["zero", "mean"]
MUTES: tuple[MuteTo, ...] = ("zero", "mean")

# Taps of (tokens, features) whose single features can be clamped, without their block.
CLAMPABLE_IN_BLOCK = (
    "resid_pre",
    "ln1.normalized",
    "attn_out",
    "resid_mid",
    "ln2.normalized",
    "mlp.pre",
    "mlp.post",
    "mlp_out",
    "resid_post",
)
CLAMPABLE_OUTSIDE = ("embed", "pos_embed", "ln_final.normalized")
_WIDE = ("mlp.pre", "mlp.post")  # 4 n_embd features; the others have n_embd
_NEURON = re.compile(r"^(?:blocks\.(\d+)\.)?([\w.]+)\[(\d+)\]$")


@dataclass(frozen=True, slots=True)
class Strip:
    """A part: a head of `block`, or its MLP when `head` is None."""

    block: int
    head: int | None = None

    def __str__(self) -> str:
        return f"MLP {self.block}" if self.head is None else f"{self.block}.{self.head}"

    def check(self, model: ModelSpec) -> None:
        """Raise ``ValueError`` with a sentence when the model has no such part."""
        if not 0 <= self.block < model.n_layer:
            raise ValueError(f"There is no block {self.block}: blocks count from 0 to {model.n_layer - 1}.")
        if self.head is not None and not 0 <= self.head < model.n_head:
            raise ValueError(f"There is no head {self.head}: heads count from 0 to {model.n_head - 1}.")


def all_strips(model: ModelSpec) -> tuple[Strip, ...]:
    """Every part in order of computation: the heads of block 0, its MLP, the heads of block 1 ..."""
    return tuple(
        Strip(block, head) for block in range(model.n_layer) for head in (*range(model.n_head), None)
    )


@dataclass(frozen=True, slots=True)
class StripSetting:
    """Where a strip's controls stand."""

    gain: float = 1.0  # 0 to MOST_GAIN
    muted: bool = False
    solo: bool = False

    def check(self) -> None:
        """Raise ``ValueError`` with a sentence when the gain is out of range."""
        if not (math.isfinite(self.gain) and 0.0 <= self.gain <= MOST_GAIN):
            raise ValueError(f"A fader goes from 0 to {MOST_GAIN:g}; {self.gain!r} is outside.")


@dataclass(frozen=True, slots=True)
class Neuron:
    """One feature of one tap, at every token: ``blocks.0.mlp.post[17]``."""

    tap: str
    feature: int

    def __str__(self) -> str:
        return f"{self.tap}[{self.feature}]"

    @classmethod
    def parse(cls, text: str) -> Neuron:
        """Read the written form. Raises ``ValueError`` with a sentence when it is not one."""
        text = text.strip()
        if _NEURON.match(text) is None:
            raise ValueError(f"{text!r} is not an activation: write a name like blocks.0.mlp.post[17].")
        tap, feature = text.removesuffix("]").split("[")
        return cls(tap, int(feature))

    def check(self, model: ModelSpec) -> None:
        """Raise ``ValueError`` with a sentence when the model has no such activation."""
        match = _NEURON.match(str(self))
        block, tap = (match.group(1), match.group(2)) if match else (None, "")
        if block is None:
            known = tap in CLAMPABLE_OUTSIDE
        else:  # written as the model writes it: no "00", no other digits
            blocks = {str(number) for number in range(model.n_layer)}
            known = tap in CLAMPABLE_IN_BLOCK and block in blocks
        if not known:
            raise ValueError(f"{self.tap!r} is no activation of this model that can be held at a value.")
        width = self.width(model)
        if self.feature >= width:
            raise ValueError(f"{self.tap} has {width} features, counted from 0; there is no {self.feature}.")

    def width(self, model: ModelSpec) -> int:
        """How many features its tap has."""
        return model.n_embd * (4 if self.tap.endswith(_WIDE) else 1)


ClampTo = float | Literal["mean"]


@dataclass(frozen=True, slots=True)
class Mix:
    """Every control of the strips, and every clamp. The default lets everything through.

    `scope` "prediction" acts on prompts only: never on training, losses or what is saved. A muted part writes nothing,
    or its mean over the validation data as it was when it was muted (`mute_to`). Only settings that differ from the
    default are kept, in no order that counts.
    """

    strips: tuple[tuple[Strip, StripSetting], ...] = ()
    clamps: tuple[tuple[Neuron, ClampTo], ...] = ()
    mute_to: MuteTo = "zero"
    scope: Scope = "everything"

    def of(self, strip: Strip) -> StripSetting:
        """Where a strip's controls stand."""
        return dict(self.strips).get(strip, StripSetting())

    def with_strip(self, strip: Strip, setting: StripSetting) -> Mix:
        others = tuple(pair for pair in self.strips if pair[0] != strip)
        return replace(self, strips=others if setting == StripSetting() else (*others, (strip, setting)))

    def with_clamp(self, neuron: Neuron, to: ClampTo | None) -> Mix:
        """Hold an activation at `to`, or let it go (None)."""
        others = tuple(pair for pair in self.clamps if pair[0] != neuron)
        return replace(self, clamps=others if to is None else (*others, (neuron, to)))

    def silences(self, strip: Strip) -> bool:
        """Whether the strip is muted, by its own switch or because another is soloed."""
        setting = self.of(strip)
        return setting.muted or (not setting.solo and any(each.solo for _, each in self.strips))

    def passes_like(self, other: Mix) -> bool:
        """Whether both let the same through to prompts."""
        return self._passing() == other._passing()

    def _passing(self) -> tuple[object, ...]:
        mutes = any(setting.muted or setting.solo for _, setting in self.strips)
        return dict(self.strips), dict(self.clamps), self.mute_to if mutes else ""

    @property
    def is_neutral(self) -> bool:
        """Whether everything passes as if there were no strips."""
        return not self.strips and not self.clamps
