"""Knobs to show, one of each kind, and an ear for what panels say."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from weightdeck.run.scales import GAIN_SCALE, WEIGHT_SCALE, AsinhScale
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.panels.weight_knob import KnobKind, KnobView

SINGLE = KnobView(
    ParameterSlice("lm_head.weight", (19, 31)),
    "head [s, 31]",
    "lm_head.weight[19, 31]",
    WEIGHT_SCALE,
    KnobKind.SINGLE,
    value=0.4,
    default=0.1,
    spread=(-0.21, 0.2),
    reach=3.1,
    edited=True,
    gradient=-0.0041,
)
GROUP = KnobView(
    ParameterSlice("transformer.ln_f.weight"),
    "final norm",
    "transformer.ln_f.weight",
    GAIN_SCALE,
    KnobKind.GAIN,
    value=0.5,
    default=1.0,
    reach=0.03,
    size=48,
)
ALONG = KnobView(
    ParameterSlice("transformer.wte.weight", (9,)),
    "embed row i",
    "transformer.wte.weight[9]",
    AsinhScale(12.3, 12.3 / 80),
    KnobKind.ALONG,
    value=3.4,
    default=1.5,
    reach=0.6,
    along_words="along itself",
    reads=True,
    size=48,
)

Heard = list[tuple[str, tuple[object, ...]]]


def heard_from(speaker: QObject, *signals: str) -> Heard:
    """A list to which these signals of `speaker` add themselves, with what they carry."""
    log: Heard = []

    def note(name: str) -> Callable[..., None]:
        return lambda *arguments: log.append((name, arguments))

    for name in signals:
        getattr(speaker, name).connect(note(name))
    return log
