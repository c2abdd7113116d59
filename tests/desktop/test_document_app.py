"""The document among the other parts of the program: who hears of it, and what is left when the program has ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from tests.desktop.fakes import FakeSession, metric_rows, run_info, small_spec
from weightdeck.run.document import DocumentStatus, NewRun, SavedRun, Saving, WriteNote
from weightdeck.run.frame import Phase, Status
from weightdeck_desktop import app
from weightdeck_desktop.app import Parts
from weightdeck_desktop.controller.run_library import RunLibrary
from weightdeck_desktop.settings import Settings


@pytest.fixture
def parts(
    qtbot: QtBot, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Parts]:
    """The program with a session that only writes down, started on a new run."""
    monkeypatch.setattr(app, "TrainerSession", FakeSession)
    monkeypatch.setattr(app, "QApplication", MagicMock())
    parts = app.build(settings, RunLibrary(tmp_path / "runs"), small_spec())
    qtbot.addWidget(parts.window)
    parts.window.show()
    parts.document.start(small_spec())
    yield parts
    parts.deck.refresher.stop()
    parts.window.close_now()


def session_of(parts: Parts) -> FakeSession:
    assert isinstance(parts.session, FakeSession)
    return parts.session


def begin(parts: Parts, number: int, path: str, phase: Phase = Phase.PAUSED) -> None:
    """The session has taken up a run."""
    Path(path).touch()
    session = session_of(parts)
    session.status = Status(phase, run=number, document=DocumentStatus(path, Saving.SAVED))
    session.deliver(run=run_info(number, small_spec()))
    parts.deck._pull()


def plays(parts: Parts) -> int:
    return session_of(parts).calls.count(("play", None))


def asked(parts: Parts) -> str:
    source = session_of(parts).calls[-1][1]
    assert isinstance(source, NewRun | SavedRun)
    return source.path


def test_a_file_waits_to_be_played_and_a_new_run_goes_on(parts: Parts, tmp_path: Path) -> None:
    begin(parts, 1, asked(parts))
    assert plays(parts) == 1, "the first run trains by itself"
    parts.deck.transport.show_status(Status(Phase.TRAINING))
    saved = tmp_path / "mine.weightdeck"
    saved.touch()
    parts.window.files.file_chosen.emit(str(saved))
    begin(parts, 2, str(saved))
    assert plays(parts) == 1
    assert parts.window.windowTitle() == "mine[*] - saved"
    parts.deck.transport.show_status(Status(Phase.TRAINING))
    parts.window.registry["preset.sort"].trigger()
    begin(parts, 3, asked(parts))
    assert plays(parts) == 2


def test_what_is_refused_reaches_the_user(parts: Parts) -> None:
    session_of(parts).deliver(refused="That is a picture.")
    parts.deck._pull()
    assert parts.window.files.news.text == "That is a picture."


@pytest.mark.parametrize("is_touched", [True, False])
def test_the_end_takes_away_the_note_and_what_nobody_touched(
    parts: Parts, qtbot: QtBot, is_touched: bool
) -> None:
    path = Path(asked(parts))
    begin(parts, 1, str(path))
    if is_touched:
        session_of(parts).deliver(metrics=metric_rows(3.3))
    assert len(list(path.parent.glob("open.*.json"))) == 1
    parts.window.close()
    qtbot.waitUntil(lambda: not list(path.parent.glob("open.*")))
    assert path.exists() is is_touched


def test_words_that_are_being_typed_stay_with_the_run_that_is_left(parts: Parts, tmp_path: Path) -> None:
    begin(parts, 1, asked(parts))
    page = parts.panels.notes.findChild(QPlainTextEdit, "notes_page")
    assert isinstance(page, QPlainTextEdit)
    QTest.keyClicks(page, "muted head 0")
    saved = tmp_path / "mine.weightdeck"
    saved.touch()
    parts.window.files.file_chosen.emit(str(saved))
    calls = session_of(parts).calls
    opened = next(place for place, call in enumerate(calls) if call[0] == "open_run")
    assert ("annotate", WriteNote("muted head 0")) in calls[:opened]
    begin(parts, 2, str(saved))
    parts.panels.notes.tell()
    assert ("annotate", WriteNote("muted head 0")) not in calls[opened:]
