"""The document's desk between the real window and a session that only writes down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication

from tests.desktop.fakes import FakeSession, run_info, small_spec
from weightdeck.run.document import DocumentStatus, NewRun, SavedRun, Saving, Source
from weightdeck.run.frame import Delivery, Phase, Status
from weightdeck.run.queries import Answer, SaveFile
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.controller.document import DocumentDesk
from weightdeck_desktop.controller.run_library import RunLibrary
from weightdeck_desktop.notice_bar import NoticeBar
from weightdeck_desktop.settings import Settings
from weightdeck_desktop.window import Window


class DocumentBench:
    """What is asked of the session is in `session.calls`; `tell` and `begins` are what it says."""

    def __init__(self, window: Window, settings: Settings, folder: Path) -> None:
        self.window = window
        self.settings = settings
        self.library = RunLibrary(folder / "runs")
        self.folder = folder
        self.session = FakeSession()
        self.desk = DocumentDesk(self.session, window, settings, self.library, window)
        self._runs = 0
        self._status = Status(Phase.LOADING)

    # -- the session -------------------------------------------------------------------------------------

    @property
    def asked(self) -> Source:
        """The run that was asked for last."""
        return [call[1] for call in self.session.calls if call[0] in ("start", "open_run")][-1]

    def begins(self, path: str | None = None, saving: Saving | None = None) -> str:
        """The session takes up what it was asked for, and makes its file; its path."""
        path = self.asked.path if path is None else path
        if path:
            Path(path).touch()
        self._runs += 1
        document = DocumentStatus(path, saving or (Saving.SAVED if path else Saving.MEMORY))
        self._status = Status(Phase.PAUSED, run=self._runs, document=document)
        self._deliver(run=run_info(self._runs, small_spec()))
        return path

    def announces(self) -> None:
        """The session has built what it was asked for, but its status is still that of the run before."""
        self._deliver(run=run_info(self._runs + 1, small_spec()))

    def tell(self, *, step: int | None = None, **document: Any) -> None:
        """The session says how its document stands now."""
        self._status = replace(self._status, document=replace(self._status.document, **document))
        if step is not None:
            self._status = replace(self._status, step=step)
        self._deliver()

    def refuses(self, problem: str) -> None:
        self._deliver(refused=problem)

    def answers(self, problem: str = "") -> SaveFile:
        """The newest question is answered, and the file written."""
        query = self.session.queries[-1]
        assert isinstance(query, SaveFile)
        document = self._status.document
        if not problem:
            Path(query.path).touch()
            if query.go_on_there:
                document = replace(document, path=query.path, saving=Saving.SAVED, problem="")
        self._status = replace(self._status, document=document)
        value = None if problem else query.path
        self._deliver(answers=(Answer(self.session.newest_number, query, 0, value, problem),))
        return query

    def _deliver(self, **news: Any) -> None:
        self.desk.receive(Delivery(self._status, **news))
        QCoreApplication.processEvents()

    # -- the user ----------------------------------------------------------------------------------------

    def start(self, file: str = "") -> str:
        """The program starts on a new run, or on `file`; the path of its document."""
        self.desk.start(small_spec(), file)
        return self.begins()

    def saved_run(self, name: str = "mine") -> str:
        """A run file with a name of its own."""
        path = self.folder / f"{name}.weightdeck"
        path.touch()
        return str(path)

    def act(self, key: str) -> None:
        """Choose an action of the menu."""
        action: QAction = self.window.registry[key]
        assert action.isEnabled()
        action.trigger()
        QCoreApplication.processEvents()

    def press(self, bar: NoticeBar, words: str) -> None:
        """Click a button of a bar."""
        (found,) = (each for each in bar.findChildren(BarButton) if each.text() == words)
        found.click()
        QCoreApplication.processEvents()

    def dialog(self, name: str) -> Any:
        """The dialog that is open."""
        dialog = QApplication.activeModalWidget()
        assert dialog is not None, "no dialog is open"
        assert dialog.objectName() == name
        return dialog

    # -- what is seen ------------------------------------------------------------------------------------

    @property
    def news(self) -> str:
        return self.window.files.news.text

    @property
    def banner(self) -> str:
        return self.window.files.banner.text

    @property
    def message(self) -> str:
        return self.window._line._message

    @property
    def recent(self) -> list[str]:
        """The names in the menu of recent runs."""
        return [action.text() for action in self.window.registry.recent() if action.isVisible()]


def new_run(source: Source) -> NewRun:
    assert isinstance(source, NewRun)
    return source


def saved_run(source: Source) -> SavedRun:
    assert isinstance(source, SavedRun)
    return source
