"""How the cost panel writes large numbers, bytes and times, and what it calls the parts of a model."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication

from weightdeck.run.costs import Part

UNKNOWN = "–"

_PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
_TIMES = (  # seconds of a unit, and up to how many of it
    (1e-6, 1e3, "µs"),
    (1e-3, 1e3, "ms"),
    (1.0, 120.0, "s"),
    (60.0, 120.0, "min"),
    (3600.0, 72.0, "h"),
    (86400.0, 730.0, "days"),
    (31557600.0, math.inf, "years"),
)


def short_number(value: float) -> str:
    """Three figures and a prefix: "803", "88.3 k", "175 G"; beyond "999 Y" a power of ten."""
    if value < 1000 and float(value).is_integer():
        return f"{value:.0f}"
    if value <= 0 or not math.isfinite(value):
        return UNKNOWN
    rounded = f"{value:.2e}"
    exponent = int(rounded.split("e")[1])
    power = max(0, exponent // 3)
    if power >= len(_PREFIXES):
        return rounded
    decimals = max(0, 2 - exponent + 3 * power)
    return f"{float(rounded) / 1000.0**power:.{decimals}f} {_PREFIXES[power]}".rstrip()


def short_bytes(value: float) -> str:
    """Decimal: "353 kB", "1.99 GB"."""
    number = short_number(value)
    return f"{number}B" if " " in number else f"{number} B"


def short_time(seconds: float) -> str:
    """ "12.5 ms", "4.2 min", "3,400 years"."""
    if seconds <= 0.0 or not math.isfinite(seconds):
        return UNKNOWN
    size, _, unit = next(row for row in _TIMES if seconds < row[0] * row[1])
    number = seconds / size
    words = {"days": _tr("days"), "years": _tr("years")}
    if number >= 1e6:
        return f"{short_number(number)} {words.get(unit, unit)}"
    return f"{number:,.{2 if number < 10 else 1 if number < 100 else 0}f} {words.get(unit, unit)}"


def times_words(ratio: float) -> str:
    """Three figures: "×1,410", "×0.5"; beyond 999 million with a prefix."""
    if ratio < 1000:
        return f"×{ratio:.3g}"
    return f"×{float(f'{ratio:.2e}'):,.0f}" if ratio < 1e9 else f"×{short_number(ratio)}"


def part_name(part: Part) -> str:
    return {
        Part.EMBEDDING: _tr("token embedding"),
        Part.POSITIONS: _tr("positions"),
        Part.ATTENTION: _tr("attention"),
        Part.SCORES: _tr("attention scores"),
        Part.MLP: _tr("MLP"),
        Part.NORMS: _tr("layer norms"),
        Part.FINAL_NORM: _tr("final norm"),
        Part.HEAD: _tr("output head"),
    }[part]


def part_tip(part: Part) -> str:
    """What the part is, in a sentence."""
    return {
        Part.EMBEDDING: _tr("A vector for every possible token; looking one up takes no arithmetic."),
        Part.POSITIONS: _tr("A vector for every place in the context."),
        Part.ATTENTION: _tr(
            "The matrices that make queries, keys and values, and the one that joins the heads."
        ),
        Part.SCORES: _tr(
            "Every query times every key, and the sum of values by their shares: no parameters, but the work for each "
            "token grows with the context."
        ),
        Part.MLP: _tr("Two matrices, four times as wide in between."),
        Part.NORMS: _tr("A gain and an offset for each feature, twice in each block."),
        Part.FINAL_NORM: _tr("A gain and an offset for each feature, after the last block."),
        Part.HEAD: _tr(
            "A score for every possible token. A tied head is the token embedding again and has no "
            "parameters of its own."
        ),
    }[part]


def _tr(text: str) -> str:
    return QCoreApplication.translate("CostWords", text)
