"""How the value of a knob is written and read, and what else is said of it in words."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication

from weightdeck.run.commands import LARGEST_VALUE
from weightdeck_desktop.panels.knob_trace import Answer, Verdict
from weightdeck_desktop.widgets.knob import IDLE_REACH_NATS
from weightdeck_desktop.widgets.typed_value import read_value

translate = QCoreApplication.translate


def weight_text(value: float) -> str:
    """A single weight, as a person would write it: "+0.412", "0.000", "−2.1e-5"."""
    if value == 0.0:
        return "0.000"
    if abs(value) < 0.001:  # with three decimals not a figure of it would be sure
        mantissa, exponent = f"{value:+.1e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    else:
        text = f"{value:+.3f}" if abs(value) < 100.0 else f"{value:+.4g}"
    return text.replace("-", "−", 1) if value < 0.0 else text


def spread_text(edge: float) -> str:
    """One end of a tensor's spread, shorter than a value: "+0.21", "−0.0042"."""
    return (f"{edge:+.2f}" if abs(edge) >= 0.1 else f"{edge:+.2g}").replace("-", "−", 1)


def gain_text(value: float) -> str:
    """A factor: "×0.40", "×0"."""
    return "×0" if value == 0.0 else f"×{value:.2f}" if value >= 0.1 else f"×{value:.2g}"


def read_weight(text: str, now: float | None) -> float:
    """The weight that was typed. Raises ``ValueError`` with a sentence."""
    value = read_value(text, now)
    if abs(value) > LARGEST_VALUE:
        raise ValueError(_too_large(value))
    return value


def read_gain(text: str, now: float | None) -> float:
    """The factor that was typed. Raises ``ValueError`` with a sentence."""
    value = read_value(text, now, is_gain=True, takes_percent=True)
    if value < 0.0:
        raise ValueError(translate("KnobWords", "A group cannot be scaled below zero: ×0 silences it."))
    if value > LARGEST_VALUE:
        raise ValueError(_too_large(value))
    return value


def limit_text(value: float) -> str:
    """One end of the turn: "−4", "+12.3"."""
    return f"{value:+.3g}".replace("-", "−", 1)


def tick_text(value: float) -> str:
    """A place on the axis of a turn, in two figures: "−4", "0.4"."""
    return f"{value:.2g}".replace("-", "−", 1)


def gradient_text(value: float) -> str:
    """A gradient in two figures: "−0.0041", "+12", "−3.1e-6"."""
    if value == 0.0:
        return "0"
    if 1e-4 <= abs(value) < 1e4:
        decimals = max(0, 1 - math.floor(math.log10(abs(value))))
        text = f"{value:+.{decimals}f}"
    else:
        mantissa, exponent = f"{value:+.1e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−", 1) if value < 0.0 else text


def since_words(steps: int) -> str:
    """How long training has had to answer a turn."""
    if steps == 0:
        return translate("KnobWords", "training since")
    if steps == 1:
        return translate("KnobWords", "training since · 1 step")
    return translate("KnobWords", "training since · {steps:,} steps").format(steps=steps)


def verdict_words(verdict: Verdict, *, is_held: bool) -> str:
    """What training did about a turn: "pulled back 6 %"."""
    share = abs(verdict.share)
    percent = f"{share:.0%}".replace("%", " %") if share < 10.0 else translate("KnobWords", "over 1,000 %")
    alone = translate("KnobWords", "left alone")
    return {
        Answer.NOTHING_MOVED: translate("KnobWords", "the turn moved nothing"),
        Answer.NO_STEP: translate("KnobWords", "no step yet"),
        Answer.LEFT_ALONE: translate("KnobWords", "held: left alone") if is_held else alone,
        Answer.PULLED_BACK: translate("KnobWords", "pulled back {percent}"),
        Answer.PAST_BEFORE: translate("KnobWords", "turned back past where it was"),
        Answer.RAN_ON: translate("KnobWords", "ran on {percent}"),
    }[verdict.answer].format(percent=percent)


def reach_words(nats: float | None) -> str:
    """How much turning can change, in words."""
    if nats is None:
        return ""
    if nats < IDLE_REACH_NATS:
        return translate("KnobWords", "nothing depends on it yet")
    return translate("KnobWords", "reach {nats} nats").format(
        nats=f"{nats:.2f}" if nats < 1.0 else f"{nats:.1f}"
    )


def _too_large(value: float) -> str:
    return translate("KnobWords", "{value} is too large: type a number up to {most}.").format(
        value=f"{value:g}", most=f"{LARGEST_VALUE:,.0f}"
    )
