"""Words for breakpoints, and a typed value read as one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from weightdeck.run.half_step import Breakpoint, Watched

MOST_BREAKPOINTS = 20
LAST_STEP = 1_000_000_000  # no run of a model this small gets there

translate = QCoreApplication.translate
_IN_THOUSANDS = re.compile(r"^\d{1,3}(?:[,\u202f\u00a0 ]\d{3})+(?:\.\d+)?$")
_LONGEST_ECHO = 20  # characters of what was typed that a sentence repeats


def watched_title(watched: Watched) -> str:
    match watched:
        case Watched.STEP:
            return translate("Breakpoints", "step")
        case Watched.LOSS:
            return translate("Breakpoints", "loss of the batch")
        case Watched.GRADIENT_NORM:
            return translate("Breakpoints", "gradient norm")


def breakpoint_words(each: Breakpoint) -> str:
    """ "at step 1,000", "when the loss of the batch is below 1.5"."""
    if each.watched is Watched.STEP:
        return translate("Breakpoints", "at step {0}").format(f"{each.value:,.0f}")
    sentence = (
        translate("Breakpoints", "when the {0} is above {1}")
        if each.above
        else translate("Breakpoints", "when the {0} is below {1}")
    )
    return sentence.format(watched_title(each.watched), f"{each.value:.10g}")


def breakpoints_tip(breakpoints: Sequence[Breakpoint]) -> str:
    """What the button that opens their list says of them."""
    on = [breakpoint_words(each) for each in breakpoints if each.is_on]
    if not on:
        return translate("Breakpoints", "Breakpoints: let training pause by itself (Ctrl+Shift+B)")
    words = "; ".join(on[:3])
    if len(on) > 3:
        words = translate("Breakpoints", "{0}; and {1} more").format(words, len(on) - 3)
    return translate("Breakpoints", "Breakpoints: training pauses {0} (Ctrl+Shift+B)").format(words)


def read_breakpoint(watched: Watched, text: str, *, above: bool) -> Breakpoint:
    """The breakpoint that was typed. Raises ``ValueError`` with a sentence for what is none."""
    typed = text.strip()
    if not typed:
        raise ValueError(translate("Breakpoints", "Type the number at which training is to pause."))
    plain = re.sub(r"[,\u202f\u00a0 ]", "", typed) if _IN_THOUSANDS.match(typed) else typed
    try:
        value = float(plain)
    except ValueError:
        short = typed if len(typed) <= _LONGEST_ECHO else f"{typed[:_LONGEST_ECHO]}…"
        sentence = translate("Breakpoints", "“{0}” is not a number: type one like 5, 1.5 or 1,000.")
        raise ValueError(sentence.format(short)) from None
    if watched is Watched.STEP and value > LAST_STEP:
        sentence = translate("Breakpoints", "No run gets so far: type a step up to {0:,}.")
        raise ValueError(sentence.format(LAST_STEP))
    return Breakpoint(watched, value, above)
