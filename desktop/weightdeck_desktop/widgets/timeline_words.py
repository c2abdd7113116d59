"""What a timeline says: of a moment beside the pointer, of the past, of itself."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from weightdeck_desktop.widgets.timeline_marks import Mark, MarkKind

_MOST = 6  # marks that one label names


def moment_words(step: int, loss: float, marks: Sequence[Mark], *, is_kept: bool) -> list[str]:
    """Line by line: step and loss (NaN where it is unknown), the marks there, whether it can be shown at once."""
    first = _tr("step {step:,}").format(step=step)
    words = [first if math.isnan(loss) else _tr("{step} · loss {loss:.3f}").format(step=first, loss=loss)]
    words += [_mark_words(mark, step) for mark in marks[:_MOST]]
    if len(marks) > _MOST:
        words.append(_tr("and {count} more").format(count=len(marks) - _MOST))
    if is_kept:
        words.append(_tr("kept whole: it shows at once"))
    return words


def past_words(step: int, shown: int, *, is_exact: bool) -> str:
    """The step that was sought, and while it is on its way the one that is shown."""
    words = _tr("step {step:,}").format(step=step)
    if is_exact:
        return words
    return f"{words} …" if shown == step else _tr("{step} … shows {shown:,}").format(step=words, shown=shown)


def place_words(step: int, newest: int, *, is_past: bool) -> str:
    """Where a timeline stands, for those who hear it."""
    words = _tr("step {step:,} of {newest:,}, past") if is_past else _tr("step {step:,}, now")
    return words.format(step=step, newest=newest)


def help_words(newest: int) -> str:
    """What a timeline is for."""
    return _tr(
        "Every step of this run, from 0 to {newest:,}. Drag, turn the wheel or use the arrow keys to see any of them "
        "(Shift: 10, Ctrl: 100); Esc returns to now."
    ).format(newest=newest)


def _mark_words(mark: Mark, step: int) -> str:
    words = _tr("bookmark: {0}").format(mark.words) if mark.kind is MarkKind.BOOKMARK else mark.words
    return words if mark.step == step else _tr("{0} (step {1:,})").format(words, mark.step)


def _tr(text: str) -> str:
    return QCoreApplication.translate("TimelineStrip", text)
