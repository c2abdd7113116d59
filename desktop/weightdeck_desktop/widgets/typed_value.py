"""What a person may type into a knob, read as a number."""

from __future__ import annotations

import math
import re

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate
_TEXT = re.compile(
    r"^(?P<before>[x*])?\s*(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]?nan|[+-]?inf(?:inity)?)"
    r"\s*(?P<after>[x%])?$"
)


def read_value(text: str, now: float | None, *, is_gain: bool = False, takes_percent: bool = False) -> float:
    """The value that `text` means; `now` is what it may be relative to (None: nothing is known yet).

    ``1e-3``, ``+3`` and ``-0.2`` are the number itself; ``*0.5`` is half of what it is now, and so are
    ``x0.5`` and ``0.5x``. Of a gain, which is shown as ``×0.5``, those two are the gain itself. ``40 %`` is
    0.4 where `takes_percent`. Raises ``ValueError`` with a sentence for everything else, and for what is not
    finite.
    """
    typed = text.strip()
    match = _TEXT.match(typed.lower().replace("×", "x").replace("−", "-"))
    if match is None:
        sentence = translate(
            "TypedValue", "“{typed}” is not a number: type one like 0.25, 1e-3 or *0.5 (half of now)."
        )
        raise ValueError(sentence.format(typed=typed))
    before, number, after = match["before"], float(match["number"]), match["after"]
    if math.isnan(number) or "inf" in match["number"]:
        sentence = translate("TypedValue", "A knob needs an ordinary number; “{typed}” is not one.")
        raise ValueError(sentence.format(typed=typed))
    if before and after:
        sentence = translate("TypedValue", "“{typed}” says twice what to do: type *0.5 or 50 %, not both.")
        raise ValueError(sentence.format(typed=typed))
    if after == "%":
        if not takes_percent:
            raise ValueError(
                translate("TypedValue", "Percent of what? Type *0.5 for half of what it is now.")
            )
        number /= 100.0
    elif before == "*" or ((before or after) and not is_gain):
        if now is None:
            raise ValueError(
                translate("TypedValue", "There is no value yet to multiply: type the number itself.")
            )
        number *= now
    if not math.isfinite(number):
        sentence = translate("TypedValue", "“{typed}” is larger than any number here.")
        raise ValueError(sentence.format(typed=typed))
    return number
