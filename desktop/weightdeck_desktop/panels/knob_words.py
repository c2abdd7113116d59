"""How the value of a knob is written and read, and what else is said of it in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from weightdeck.run.commands import LARGEST_VALUE
from weightdeck_desktop.widgets.knob import IDLE_REACH_NATS
from weightdeck_desktop.widgets.typed_value import read_value

translate = QCoreApplication.translate


def weight_text(value: float) -> str:
    """A single weight, as a person would write it: "+0.412", "0.000", "−2.1e-5"."""
    if value == 0.0:
        return "0.000"
    if abs(value) < 0.0005:
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


def range_words(is_gain: bool) -> str:
    """The turn from end to end."""
    return translate("KnobWords", "0, ×1/8 … ×8") if is_gain else "−4 … +4"


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
