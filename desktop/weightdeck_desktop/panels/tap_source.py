"""Of what the panels of Inside show the taps: prompt A or B, their difference, B patched, a sequence of the batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QCoreApplication

from weightdeck.run.inside import Floats, Patch, TapReading, Taps
from weightdeck.run.subjects import InBatch, InPrompt, Subject, TapCell, TapGradient, Where


class TapSource(Enum):
    A = "a"
    B = "b"
    DIFFERENCE = "difference"  # A - B
    PATCHED = "patched"  # B with activations of A in it
    EFFECT = "effect"  # B patched - B
    BATCH = "batch"  # a sequence of the newest batch, as training computed it
    GRADIENT = "gradient"  # of the batch's loss by the taps of that sequence


OF_B = frozenset({TapSource.B, TapSource.DIFFERENCE, TapSource.PATCHED, TapSource.EFFECT})
OF_PROMPTS = OF_B | {TapSource.A}


@dataclass(frozen=True)
class ShownTaps:
    """What of the taps is shown. Signed always, but for patterns and probabilities that are no difference."""

    source: TapSource
    where: Where | None  # None for differences: they are no number of a single pass
    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    values: Mapping[str, Floats]
    step: int
    patches: tuple[Patch, ...] = ()  # what of A stands in it, or in what B is taken from

    @property
    def is_patched(self) -> bool:
        """Whether it is a pass with something of A in it."""
        return bool(self.patches) and self.where is not None

    def subject(self, tap: str, index: tuple[int, ...]) -> Subject | None:
        """What explains one of its numbers; None for a difference, and for what follows a patch."""
        if self.where is None or self.is_patched:
            return None
        if self.source is TapSource.GRADIENT:
            assert isinstance(self.where, InBatch)
            return TapGradient(self.where.row, tap, index)
        return TapCell(self.where, tap, index)

    def is_signed(self, tap: str) -> bool:
        """Whether its values may be below 0."""
        is_share = tap == "probs" or tap.endswith("attn.pattern")
        return not is_share or self.where is None or self.source is TapSource.GRADIENT


def shown_taps(taps: Taps, source: TapSource) -> ShownTaps:
    """The chosen reading, or the difference of two. Raises ``ValueError`` with a sentence when there is none."""
    prompts = [reading for reading in taps.readings if isinstance(reading.where, InPrompt)]
    plain = [reading for reading in prompts if not reading.patches]
    patched = [reading for reading in prompts if reading.patches]
    batch = [reading for reading in taps.readings if isinstance(reading.where, InBatch)]
    match source:
        case TapSource.A:
            return _one(plain[:1], taps, source)
        case TapSource.B:
            return _one(plain[1:], taps, source)
        case TapSource.DIFFERENCE:
            return _minus(plain[:1], plain[1:], taps, source)
        case TapSource.PATCHED:
            return _one(patched, taps, source)
        case TapSource.EFFECT:
            return _minus(patched, plain[1:], taps, source)
        case TapSource.BATCH | TapSource.GRADIENT:
            return _one(batch, taps, source)


def _one(found: list[TapReading], taps: Taps, source: TapSource) -> ShownTaps:
    if not found:
        raise ValueError(taps.problem or _tr("There is nothing to show here yet."))
    reading = found[0]
    if not reading.ids:
        raise ValueError(_tr("The prompt has no token: type a letter that the model knows."))
    values = reading.gradients if source is TapSource.GRADIENT else reading.values
    return ShownTaps(source, reading.where, reading.tokens, reading.ids, values, taps.step, reading.patches)


def _minus(left: list[TapReading], right: list[TapReading], taps: Taps, source: TapSource) -> ShownTaps:
    a, b = _one(left, taps, source), _one(right, taps, source)
    if len(a.tokens) != len(b.tokens):
        raise ValueError(
            _tr("A has {0} tokens and B has {1}: a difference needs as many of both.").format(
                len(a.tokens), len(b.tokens)
            )
        )
    # Where both are masked there is no difference to speak of: -inf minus -inf.
    values = {name: _difference(a.values[name], b.values[name]) for name in a.values.keys() & b.values.keys()}
    tokens = tuple(
        one if one == other else f"{one}/{other}" for one, other in zip(a.tokens, b.tokens, strict=True)
    )
    return ShownTaps(source, None, tokens, a.ids, values, taps.step, a.patches)


def _difference(a: Floats, b: Floats) -> Floats:
    finite = (a > -float("inf")) & (b > -float("inf"))
    difference: Floats = a.copy()
    difference[finite] -= b[finite]
    difference.setflags(write=False)
    return difference


def _tr(text: str) -> str:
    return QCoreApplication.translate("TapSource", text)
