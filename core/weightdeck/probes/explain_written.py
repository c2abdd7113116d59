"""How explanations write numbers and name tokens: the same minus sign, infinity and names as everywhere else."""

from __future__ import annotations

import math

from weightdeck.run.words import BOUNDARY


def figure(value: float, digits: int = 4) -> str:
    """A number to so many significant digits: "0.0312", "−2.143e-5", "−∞"."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0.0 else "−∞"
    size = abs(value)
    text = f"{size:.{digits}g}"
    if 0.0 < size < 0.001 or "e" in text:
        mantissa, exponent = f"{size:.{digits - 1}e}".split("e")
        text = f"{float(mantissa):g}e{int(exponent)}"
    return f"−{text}" if value < 0.0 else text


def chain(parts: list[str]) -> str:
    """Summands as one line: what is below 0 is taken away."""
    return " + ".join(parts).replace("+ −", "− ")


def given_token(token: str) -> str:
    """A token that the model reads; the boundary before a text is "start"."""
    return "start" if token == BOUNDARY else token


def next_token(token: str) -> str:
    """A token that may come next; the boundary after a text is "end"."""
    return "end" if token == BOUNDARY else token
