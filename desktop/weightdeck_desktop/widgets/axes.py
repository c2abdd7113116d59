"""Nice numbers: the ends of scales, their ticks and how they are written; without Qt."""

from __future__ import annotations

import math

_STEPS = (1.0, 2.0, 5.0, 10.0)
_ENDS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_TINY = 1e-9  # so that 0.1 + 0.2 is still 0.3


def nice_step(span: float, most: int) -> float:
    """The smallest of 1, 2, 5 times a power of ten that cuts `span` (> 0) into at most `most` pieces."""
    wanted = span / most
    decade = 10.0 ** math.floor(math.log10(wanted))
    return next(factor * decade for factor in _STEPS if factor * decade >= wanted * (1.0 - _TINY))


def snapped_end(value: float, least: float) -> float:
    """The end of a scale that begins at 0 and holds `value`: grows in few, nice steps from `least`."""
    value = max(value, least)
    decade = 10.0 ** math.floor(math.log10(value))
    return next(factor * decade for factor in _ENDS if factor * decade >= value * (1.0 - _TINY))


def snapped_range(low: float, high: float) -> tuple[float, float]:
    """A range around [low, high] (finite) whose ends move in nice steps only; never empty."""
    span = max(high - low, abs(high) * 1e-3, 1e-12)
    step = nice_step(span, 8)
    first = math.floor(low / step + _TINY) * step
    last = math.ceil(high / step - _TINY) * step
    return first, last if last > first else first + step


def snapped_log_range(low: float, high: float) -> tuple[float, float]:
    """The same for a logarithmic axis; `low` > 0."""
    decade = 10.0 ** math.floor(math.log10(low))
    first = next(factor * decade for factor in reversed(_ENDS) if factor * decade <= low * (1.0 + _TINY))
    last = snapped_end(high, low)
    return first, last if last > first else 2.0 * first


def ticks(low: float, high: float, most: int) -> tuple[float, list[float]]:
    """The step of about `most` (>= 2) nice values in [low, high], low < high, and the values, ascending."""
    step = nice_step(high - low, most)
    first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
    return step, [number * step for number in range(first, last + 1)]


def log_ticks(low: float, high: float, most: int) -> tuple[float | None, list[float]]:
    """The same for a logarithmic axis, `low` > 0; the step is None where the values are decades or 1, 2, 5 of them."""
    decades = math.log10(high / low)
    if decades <= 1.2:
        step, even = ticks(low, high, most)
        kept = even[:1]
        for value in even:  # even steps crowd at the high end
            if math.log10(value / kept[-1]) >= 0.65 * decades / most:
                kept.append(value)
        return step, kept
    factors = (1.0, 2.0, 5.0) if 3.0 * decades <= most else (1.0,)
    stride = max(1, math.ceil(decades / most))
    powers = range(math.floor(math.log10(low) / stride) * stride, math.ceil(math.log10(high)) + 1, stride)
    values = [factor * 10.0**power for power in powers for factor in factors]
    return None, [value for value in values if low * (1.0 - 1e-6) <= value <= high * (1.0 + 1e-6)]


def tick_label(value: float, step: float) -> str:
    """A number as a tick, with the decimals that ticks `step` apart need: "1,240", "0.25", "−0.3", "2e-5"."""
    if abs(value) < step * 1e-6:
        return "0"
    size = abs(value)
    if size >= 1e7 or size < 1e-4:
        mantissa, exponent = f"{size:.1e}".split("e")
        text = f"{float(mantissa):g}e{int(exponent)}"
    else:
        decimals = min(8, max(0, -math.floor(math.log10(step) + _TINY)))
        text = f"{size:,.{decimals}f}"
    return f"−{text}" if value < 0.0 else text
