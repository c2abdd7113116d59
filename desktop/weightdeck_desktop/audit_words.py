"""What the check of displayed numbers found, in words for the status line."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication

from weightdeck.run.audit import AuditReport
from weightdeck_desktop.panels.explain_words import tiny

_LISTED = 5  # mismatches that a tooltip names


def audit_words(report: AuditReport) -> str:
    """ "numbers checked 12,480 · worst 3·10⁻⁷", or what is wrong; "" before the first check."""
    if report.wrong == 1:
        return _tr("1 number is wrong: see where it comes from")
    if report.wrong:
        return _tr("{0} numbers are wrong: see where the newest comes from").format(f"{report.wrong:,}")
    if report.problem:
        return _tr("numbers not checked")
    if report.checked:
        return _tr("numbers checked {0} · worst {1}").format(f"{report.checked:,}", _difference(report.worst))
    return _tr("numbers out of range, not checked") if report.passed_over else ""


def short_audit_words(report: AuditReport) -> str:
    """The same where there is little room."""
    if report.wrong:
        return _tr("{0} wrong").format(f"{report.wrong:,}")
    if report.problem or not report.checked:
        return _tr("not checked") if audit_words(report) else ""
    return _tr("checked {0}").format(f"{report.checked:,}")


def audit_tip(report: AuditReport) -> str:
    """What is checked, by what, since when, and what the difference means; "" before the first check."""
    if not audit_words(report):
        return ""
    parts = []
    if report.wrong:
        wrong = "\n".join(str(mismatch) for mismatch in report.mismatches[-_LISTED:])
        parts.append(
            _tr(
                "Not what the reference says, the newest last (click: where that one comes from):\n{0}"
            ).format(wrong)
        )
    if report.problem:
        parts.append(_tr("Not checked. {0}").format(report.problem))
    parts.append(
        _tr(
            "About once a second a process of its own draws some 256 of the predictions and activations of the prompts "
            "on the screen and computes them again, in NumPy with float64: another program than the one that trains. "
            "Activations of the batch, and those with a part of prompt A put into B, are not among them."
        )
    )
    if report.checked:
        parts.append(
            _tr(
                "Since this window was opened {0} numbers were checked, the newest at step {1}. The worst differed by "
                "{2} of the largest number in its array. Rounding makes about 10⁻⁶; above 10⁻⁵, and above what "
                "rounding can make in this model, a number counts as wrong."
            ).format(f"{report.checked:,}", f"{report.step:,}", _difference(report.worst))
        )
    if report.passed_over:
        parts.append(
            _tr("{0} numbers of models that had grown beyond all bounds could not be checked.").format(
                f"{report.passed_over:,}"
            )
        )
    return "\n\n".join(parts)


def _difference(worst: float) -> str:
    return tiny(worst) if math.isfinite(worst) else _tr("no number")


def _tr(text: str) -> str:
    return QCoreApplication.translate("AuditWords", text)
