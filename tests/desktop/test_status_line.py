"""The line at the bottom says how many numbers were checked, and loudly when one is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from weightdeck.run.audit import AuditReport, Mismatch
from weightdeck.run.frame import Phase, Status
from weightdeck.run.presets import load_preset
from weightdeck_desktop.audit_words import audit_tip, audit_words, short_audit_words
from weightdeck_desktop.status_line import StatusLine
from weightdeck_desktop.theme import Theme, dark_theme, light_theme, load_fonts

AGREED = AuditReport(checked=12_480, worst=3.1e-7, step=1_240)
MISMATCH = Mismatch(1_240, "chri", "blocks.0.attn.z", (1, 2, 3), 0.5, 0.25)
WRONG = replace(AGREED, worst=0.2, wrong=1, mismatches=(MISMATCH,))
PROBLEM = replace(AGREED, problem="The process has ended.")
TRAINING = Status(Phase.TRAINING, run=1, undo_title="scale attention 0 to ×0.40")


@pytest.fixture
def line(qtbot: QtBot) -> StatusLine:
    """As wide as the smallest window, at 100 %."""
    load_fonts()
    line = StatusLine()
    qtbot.addWidget(line)
    line.set_theme(dark_theme())
    line.resize(1280, line.height())
    line.show()
    line.show_run(load_preset("names"))
    line.show_status(TRAINING)
    return line


def colours(line: StatusLine, place: QRect) -> set[str]:
    image = line.grab().toImage()
    return {
        image.pixelColor(x, y).name()
        for x in range(place.left(), place.right())
        for y in range(1, place.bottom())
    }


def tip_at(line: StatusLine, place: QPoint) -> str:
    QApplication.sendEvent(line, QHelpEvent(QEvent.Type.ToolTip, place, line.mapToGlobal(place)))
    return QToolTip.text()


def test_before_the_first_check_there_is_nothing(line: StatusLine) -> None:
    assert line._places["audit"].width() == 0
    line.show_audit(AuditReport())
    assert line._places["audit"].width() == 0
    assert audit_tip(AuditReport()) == ""


def test_how_many_were_checked_and_how_they_did(line: StatusLine) -> None:
    line.show_audit(AGREED)
    assert line._audit_now == "numbers checked 12,480 · worst 3e-7"
    line.show_status(TRAINING)
    assert line.accessibleDescription() == "training. numbers checked 12,480 · worst 3e-7"
    tip = tip_at(line, line._places["audit"].center())
    for words in ("NumPy", "float64", "12,480", "step 1,240", "3e-7", "since this window"):
        assert words.lower() in tip.lower()
    QToolTip.hideText()


@pytest.mark.parametrize("theme", [dark_theme(), light_theme()], ids=["dark", "light"])
def test_a_wrong_number_is_red_and_leads_on(line: StatusLine, qtbot: QtBot, theme: Theme) -> None:
    line.set_theme(theme)
    error = QColor(theme.error).name()
    line.show_audit(AGREED)
    assert error not in colours(line, line._places["audit"])
    with qtbot.assertNotEmitted(line.mismatch_clicked):
        qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=line._places["audit"].center())
    line.show_audit(WRONG)
    assert line._audit_now == "1 number is wrong: see where it comes from"
    assert line.cursor().shape() is Qt.CursorShape.PointingHandCursor
    assert error in colours(line, line._places["audit"])
    assert str(MISMATCH) in audit_tip(WRONG)
    with qtbot.waitSignal(line.mismatch_clicked):
        qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=line._places["audit"].center())
    with qtbot.assertNotEmitted(line.mismatch_clicked):
        qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=line._places["facts"].center())


def test_a_hint_is_still_clicked_beside_it(line: StatusLine, qtbot: QtBot) -> None:
    line.show_audit(WRONG)
    line.show_hint("Drag a knob.")
    with qtbot.waitSignal(line.hint_clicked), qtbot.assertNotEmitted(line.mismatch_clicked):
        qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=line._places["message"].center())
    line.show_hint("")
    assert line.cursor().shape() is Qt.CursorShape.PointingHandCursor
    line.show_audit(AGREED)
    assert line.cursor().shape() is Qt.CursorShape.ArrowCursor


def test_why_nothing_is_checked(line: StatusLine) -> None:
    line.show_audit(PROBLEM)
    assert line._audit_now == "numbers not checked"
    assert "Not checked. The process has ended." in audit_tip(PROBLEM)
    assert "12,480" in audit_tip(PROBLEM), "what was checked before"


@pytest.mark.parametrize(
    ("report", "words", "short"),
    [
        (AuditReport(), "", ""),
        (
            replace(WRONG, wrong=1_234),
            "1,234 numbers are wrong: see where the newest comes from",
            "1,234 wrong",
        ),
        (replace(WRONG, problem="Ended."), "1 number is wrong: see where it comes from", "1 wrong"),
        (AuditReport(passed_over=9), "numbers out of range, not checked", "not checked"),
        (AuditReport(checked=5), "numbers checked 5 · worst 0", "checked 5"),
        (AuditReport(checked=5, worst=float("inf")), "numbers checked 5 · worst no number", "checked 5"),
    ],
)
def test_words(report: AuditReport, words: str, short: str) -> None:
    assert (audit_words(report), short_audit_words(report)) == (words, short)


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("width", [640, 1000, 1280, 1920])
@pytest.mark.parametrize("report", [AGREED, WRONG, PROBLEM], ids=["agreed", "wrong", "problem"])
@pytest.mark.parametrize("message", ["", "Saved loss.png.", "A long hint that has much to say. " * 4])
def test_it_gives_way_to_phase_and_facts(
    line: StatusLine, scale: float, width: int, report: AuditReport, message: str
) -> None:
    line.set_theme(dark_theme(scale))
    line.resize(width, line.height())
    line.show_message(message)
    phase, facts = line._places["phase"], line._places["facts"]
    line.show_audit(report)
    assert (line._places["phase"], line._places["facts"]) == (phase, facts)
    places = [line._places[name] for name in ("phase", "audit", "message", "undo", "facts")]
    drawn = [place for place in places if place.width() > 0]
    if phase.right() < facts.left():  # else there is no room for anything
        assert all(a.right() < b.left() for a, b in zip(drawn, drawn[1:], strict=False))
    line.grab()


def test_at_150_percent_in_the_smallest_window_all_is_said(line: StatusLine) -> None:
    line.set_theme(dark_theme(1.5))
    line.show_status(replace(TRAINING, undo_title=""))
    line.show_audit(AGREED)
    assert line._audit_now == "numbers checked 12,480 · worst 3e-7"
    line.show_message("A long hint that has much to say, and says it at length." * 2)
    assert line._audit_now == ""
    line.show_audit(WRONG)
    assert line._audit_now == "1 number is wrong: see where it comes from", (
        "a wrong number goes before a hint"
    )
    assert line._places["message"].width() > 0


def test_a_report_alone_repaints_only_what_changed(line: StatusLine) -> None:
    line.show_audit(AGREED)
    place = line._places
    line.show_audit(replace(AGREED, step=1_300))
    assert line._places is place
