"""The user's own words about a run: written, kept, shown again."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QMimeData, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit
from pytestqt.qtbot import QtBot

from tests.desktop.fakes import FakeSession
from weightdeck.run.document import LONGEST_NOTE, DocumentStatus, WriteNote
from weightdeck.run.frame import Phase, Status
from weightdeck_desktop.controller.notes import NotesDesk
from weightdeck_desktop.panels.notes import NotesPanel
from weightdeck_desktop.theme import dark_theme


@pytest.fixture
def panel(qtbot: QtBot) -> NotesPanel:
    panel = NotesPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.show()
    qtbot.waitExposed(panel)
    page(panel).setFocus()
    return panel


def page(panel: NotesPanel) -> QPlainTextEdit:
    found = panel.findChild(QPlainTextEdit, "notes_page")
    assert isinstance(found, QPlainTextEdit)
    return found


def status(note: str, path: str = "a.weightdeck") -> Status:
    return Status(Phase.PAUSED, run=1, document=DocumentStatus(path=path, heads=(0,), note=note))


def test_what_was_written_is_told_once_when_the_hand_rests(panel: NotesPanel, qtbot: QtBot) -> None:
    told: list[str] = []
    panel.note_edited.connect(told.append)
    with qtbot.waitSignal(panel.note_edited):
        QTest.keyClicks(page(panel), "rate 3e-3")
    panel.tell()
    assert told == ["rate 3e-3"]


def test_leaving_the_page_tells_at_once(panel: NotesPanel, qtbot: QtBot) -> None:
    told: list[str] = []
    panel.note_edited.connect(told.append)
    QTest.keyClicks(page(panel), "muted")
    assert told == []
    QApplication.sendEvent(page(panel), QFocusEvent(QEvent.Type.FocusOut))
    assert told == ["muted"]


def test_showing_never_tells_and_never_takes_words_away(panel: NotesPanel) -> None:
    told: list[str] = []
    panel.note_edited.connect(told.append)
    panel.show_note("of the file")
    assert page(panel).toPlainText() == "of the file"
    QTest.keyClicks(page(panel), "new ")
    panel.show_note("another")
    assert page(panel).toPlainText() == "new of the file"
    assert told == []


def test_the_page_takes_no_more_than_can_be_kept(panel: NotesPanel) -> None:
    data = QMimeData()
    data.setText("x" * (LONGEST_NOTE + 500))
    page(panel).insertFromMimeData(data)
    QTest.keyClicks(page(panel), "yy")
    assert page(panel).toPlainText() == "x" * LONGEST_NOTE
    assert "20,000" in panel.aside
    QTest.keyClick(page(panel), Qt.Key.Key_Backspace)
    QTest.keyClicks(page(panel), "yy")
    assert page(panel).toPlainText().endswith("xy")


def test_the_desk_keeps_and_shows_each_documents_own(panel: NotesPanel) -> None:
    session = FakeSession()
    desk = NotesDesk(session, panel, panel)
    desk.read(status("first"))
    assert page(panel).toPlainText() == "first"
    QTest.keyClicks(page(panel), "the ")
    desk.keep()
    assert session.calls == [("annotate", WriteNote("the first"))]
    desk.read(status("first"))
    assert page(panel).toPlainText() == "the first", "an older one on its way"
    desk.read(status("the first"))
    desk.read(status("of b", "b.weightdeck"))
    assert page(panel).toPlainText() == "of b"
