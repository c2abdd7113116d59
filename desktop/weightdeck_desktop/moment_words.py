"""Which moment is shown, and whether it is there yet, in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from weightdeck.run.frame import Phase, Status


def steps_to_redo(status: Status) -> int:
    """How many steps are still to be computed again before a run that was opened is where it was left."""
    document = status.document
    if status.phase is not Phase.LOADING or not status.run or not document.heads:
        return 0
    return max(0, document.heads[document.branch] - status.step)


def moment_words(status: Status) -> str:
    """A sentence for the status line; "" while now is shown and nothing is to be redone."""
    left = steps_to_redo(status)
    if left:
        words = _tr("redoing the last {0:,} steps, which were not in a keyframe")
        return words.format(left)
    past = status.past
    if past is None:
        return ""
    if past.is_exact:
        return _tr("step {0:,} is shown, exactly as it was · Esc: back to now").format(past.place.step)
    if past.problem:
        return _tr("step {0:,} is shown · {1}").format(past.shown, past.problem)
    return _tr("going to step {0:,} …").format(past.place.step)


def _tr(text: str) -> str:
    return QCoreApplication.translate("moment", text)
