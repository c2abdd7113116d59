"""Which run is open, where it is kept and what is said of that: New, Open, Save as, the title, the banner, the offer
after a crash.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from weightdeck.run.document import (
    SUFFIX,
    DocumentStatus,
    NewRun,
    SavedRun,
    Saving,
    SetBudget,
    Source,
)
from weightdeck.run.frame import Delivery, RunInfo
from weightdeck.run.presets import load_preset
from weightdeck.run.queries import Answer, SaveFile
from weightdeck.run.session import Session
from weightdeck.run.spec import RunSpec
from weightdeck_desktop.controller.open_note import Note, OpenNote
from weightdeck_desktop.controller.run_library import RunLibrary
from weightdeck_desktop.settings import MOST_RECENT_FILES, Settings
from weightdeck_desktop.window import Window

MOST_OFFERS = 3  # runs of windows that were killed together


class DocumentDesk(QObject):
    """Owns the note of what is open and the list of recent runs. Lives on the GUI thread.

    Whether the run is saved is never guessed: only what the session says of it is shown.
    """

    leaving = Signal(bool)  # another run is asked for; True: a new one, False: one from a file

    def __init__(
        self, session: Session, window: Window, settings: Settings, library: RunLibrary, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._window = window
        self._files = window.files
        self._settings = settings
        self._library = library
        self._note = OpenNote(library.folder)
        self._source: Source | None = None  # what was asked for and is neither there nor refused
        self._spec: RunSpec | None = None  # of the run that is open, or of the first
        self._document: DocumentStatus | None = None  # of the run that is open; None before the first
        self._untouched: list[
            str
        ] = []  # untitled runs in which nothing was done, in the order of their beginning
        self._coming: RunInfo | None = None  # announced, while the status is still of the run before
        self._folder_problem = ""  # why untitled runs have no file
        self._is_save_refused = False  # the news say why
        self._saves: dict[
            int, DocumentStatus
        ] = {}  # unanswered `SaveFile` by number: the document at that time
        self._connect()
        self._files.show_recent(settings.recent_files)

    # -- the life of the program -------------------------------------------------------------------------

    def start(self, spec: RunSpec, file: str = "") -> None:
        """Start the session: on the run in `file`, or on a new untitled one. Offers what a crash has left."""
        self._spec = spec
        source: Source = SavedRun(str(Path(file).absolute())) if file else self._new_run(spec)
        self._await(source)
        self._session.start(source)
        self._offer(self._note.take_left()[:MOST_OFFERS])

    def receive(self, delivery: Delivery) -> None:
        """Take what the session says of its document."""
        if delivery.refused:
            self._on_session_refused(delivery.refused)
        if delivery.run is not None:
            self._coming = delivery.run
        document = delivery.status.document
        if self._coming is not None and self._coming.number == delivery.status.run:
            self._on_session_began(self._coming.spec, document)
            self._coming = None
        if _something_was_done(delivery) and document.path in self._untouched:
            self._untouched.remove(document.path)
        if self._document is not None:
            for answer in delivery.answers:
                if isinstance(answer.query, SaveFile):
                    self._on_session_saved(answer, answer.query)
            self._show(document)

    def end(self) -> None:
        """The session has ended in full: forget untitled runs in which nothing was done. Nothing is open any more."""
        last = self._session.take()
        if not _something_was_done(last):
            self._remove(self._untouched)
        self._note.clear()

    # -- asking the session ------------------------------------------------------------------------------

    def _new_run(self, spec: RunSpec) -> NewRun:
        try:
            path = self._library.new_path(
                spec.preset, datetime.now().astimezone(), self._note.of_others() | frozenset(self._untouched)
            )
        except OSError as problem:
            self._folder_problem = self.tr("The folder {0} cannot be made ({1}).").format(
                self._library.folder, problem.strerror
            )
            return NewRun(spec)
        return NewRun(spec, path)

    def _open_run(self, source: Source) -> None:
        self._await(source)
        self.leaving.emit(isinstance(source, NewRun))
        self._session.open_run(source)

    def _await(self, source: Source) -> None:
        """Note first: should the program be killed by what it opens, the next start must know."""
        self._source = source
        if isinstance(source, NewRun) and source.path:
            self._untouched.append(source.path)
        self._note.write(source.path, "opening")

    def _save(self, path: str, *, go_on_there: bool) -> None:
        assert self._document is not None
        number = self._session.ask(SaveFile(path, go_on_there))
        self._saves[number] = self._document

    def _set_budget(self) -> None:
        if self._document is None:
            return
        self._session.annotate(SetBudget(self._settings.preferences.keyframe_megabytes * 1_000_000))

    # -- what the session says ---------------------------------------------------------------------------

    def _on_session_began(self, spec: RunSpec, document: DocumentStatus) -> None:
        self._spec = spec
        if self._source is None and self._document is not None and self._document.path == document.path:
            return  # a branch of the run that is open
        stays = {document.path} if self._source is None else {document.path, self._source.path}
        self._source = None
        self._remove([path for path in self._untouched if path not in stays])
        self._untouched = [path for path in self._untouched if path in stays]
        self._note.write(document.path, "open")
        if document.path:
            self._remember(document.path)
        self._document = document
        self._set_budget()
        self._show_now(document)

    def _on_session_refused(self, problem: str) -> None:
        source, self._source = self._source, None
        if isinstance(source, SavedRun) and not Path(source.path).exists():
            self._forget(source.path)
        elif source is not None and source.path in self._untouched:
            self._untouched.remove(source.path)
        self._files.show_news(problem, is_error=True)
        if self._document is not None:
            self._note.write(self._document.path, "open")
        elif self._spec is not None and source is not None and source.path:
            # There is no run to go back to. A new one that has no place on the disk is kept in memory.
            following = self._new_run(self._spec) if isinstance(source, SavedRun) else NewRun(self._spec)
            self._await(following)
            self._session.open_run(following)

    def _on_session_saved(self, answer: Answer, asked: SaveFile) -> None:
        before = self._saves.pop(answer.number)
        name = Path(asked.path).name
        if answer.problem or self._is_save_refused:
            self._files.show_news(answer.problem, is_error=True)
        self._is_save_refused = bool(answer.problem)
        if answer.problem:
            return
        self._remember(asked.path)
        if not asked.go_on_there:
            self._window.show_message(self.tr("A copy was saved as {0}.").format(name))
            return
        self._window.show_message(self.tr("Saved as {0}. It is kept there from now on.").format(name))
        if self._document is not None and self._document.path in (before.path, asked.path):
            self._note.write(asked.path, "open")  # else another run has been opened meanwhile
        was_ours = before.saving is not Saving.READ_ONLY and self._library.owns(before.path)
        if was_ours and before.path != asked.path:
            self._remove([before.path])  # it has moved
            self._untouched = [path for path in self._untouched if path != before.path]

    # -- what is shown -----------------------------------------------------------------------------------

    def _show(self, document: DocumentStatus) -> None:
        before = self._document
        assert before is not None
        self._document = document
        if (before.path, before.saving, before.problem) == (document.path, document.saving, document.problem):
            return
        self._show_now(document)
        if before.saving is Saving.SUSPENDED and document.saving is Saving.SAVED:
            self._window.show_message(self.tr("Saving again: everything is in the file."))

    def _show_now(self, document: DocumentStatus) -> None:
        states = {
            Saving.SAVED: self.tr("saved"),
            Saving.MEMORY: self.tr("in memory"),
            Saving.SUSPENDED: self.tr("saving suspended"),
            Saving.READ_ONLY: self.tr("read only"),
        }
        is_saved = document.saving is Saving.SAVED
        self._files.show_document(
            self._name(document.path), document.path, states[document.saving], is_saved=is_saved
        )
        what_to_do = {
            Saving.SAVED: "",
            Saving.MEMORY: self.tr("This run is in memory only; Save as keeps it."),
            Saving.SUSPENDED: self.tr(
                "Training goes on in memory, and saving goes on by itself as soon as it can."
            ),
            Saving.READ_ONLY: "",  # the session has said it
        }[document.saving]
        problem = document.problem or (self._folder_problem if document.saving is Saving.MEMORY else "")
        self._files.show_problem(
            f"{problem} {what_to_do}".rstrip() if problem else "", [self._window.registry["save_as"]]
        )

    def _offer(self, left: list[Note]) -> None:
        """Offer the runs that were open when the program was killed. None is opened by itself."""
        opening = "" if self._source is None else self._source.path
        kept = [note for note in left if note.path != opening and Path(note.path).exists()]
        if not kept:
            return
        names = ", ".join(self._name(note.path) for note in kept)
        if all(note.state == "opening" for note in kept):
            words = self.tr(
                "Weightdeck ended unexpectedly while it was opening {0}, so that is not opened by itself."
            )
        else:
            words = self.tr("Weightdeck ended unexpectedly. Your run {0} is kept as it was.")
        if len(kept) > 1:
            words = self.tr("Weightdeck ended unexpectedly. Your runs {0} are kept as they were.")
        for note in reversed(kept):
            self._remember(note.path)
        self._files.show_news(
            words.format(names),
            [self._opener(note.path, number, len(kept)) for number, note in enumerate(kept)],
        )

    def _opener(self, path: str, number: int, of: int) -> QAction:
        words = self.tr("Open it") if of == 1 else self.tr("Open {0}").format(self._name(path))
        action = QAction(words, self)
        action.setObjectName(f"open_left_{number}")
        action.setToolTip(self.tr("Open {0} at the last moment that was saved").format(path))
        action.triggered.connect(lambda _checked=False: self._on_view_file_chosen(path))
        return action

    def _name(self, path: str) -> str:
        """What a run is called: its file without the suffix, and one in memory by its preset."""
        if not path:
            assert self._spec is not None
            return self._spec.preset
        return Path(path).name.removesuffix(SUFFIX)

    # -- recent runs -------------------------------------------------------------------------------------

    def _remember(self, path: str) -> None:
        self._set_recent((path, *(each for each in self._settings.recent_files if each != path)))

    def _forget(self, path: str) -> None:
        self._set_recent(tuple(each for each in self._settings.recent_files if each != path))

    def _set_recent(self, paths: tuple[str, ...]) -> None:
        self._settings.recent_files = paths[:MOST_RECENT_FILES]
        self._files.show_recent(self._settings.recent_files)

    def _remove(self, paths: list[str]) -> None:
        for path in paths:
            self._library.remove(path)
            self._forget(path)

    # -- the user's acts ---------------------------------------------------------------------------------

    def _connect(self) -> None:
        files = self._files
        self._window.preset_requested.connect(self._on_view_preset_requested)
        self._window.preferences_changed.connect(lambda _preferences: self._set_budget())
        files.new_requested.connect(self._on_view_new_requested)
        files.open_requested.connect(lambda: files.ask_open(self._folder()))
        files.file_chosen.connect(self._on_view_file_chosen)
        files.drop_refused.connect(lambda problem: files.show_news(problem, is_error=True))
        files.save_requested.connect(self._on_view_save_requested)
        files.save_as_requested.connect(lambda: self._ask_where(files.ask_save_as, self._name_to_save()))
        files.save_copy_requested.connect(
            lambda: self._ask_where(files.ask_save_copy, self.tr("{0} (copy)").format(self._name_to_save()))
        )
        files.save_as_chosen.connect(self._on_view_save_as_chosen)
        files.save_copy_chosen.connect(self._on_view_save_copy_chosen)
        files.recent_cleared.connect(lambda: self._set_recent(()))

    def _on_view_new_requested(self) -> None:
        assert self._spec is not None
        self._on_view_preset_requested(self._spec.preset)

    def _on_view_preset_requested(self, name: str) -> None:
        self._settings.add_recent("presets", name)
        self._open_run(self._new_run(load_preset(name)))

    def _on_view_file_chosen(self, path: str) -> None:
        path = str(Path(path).absolute())
        if not Path(path).exists():
            self._forget(path)
            self._files.show_news(
                self.tr("{0} is not there any more: it was moved, renamed or deleted.").format(path),
                is_error=True,
            )
        elif self._document is not None and path == self._document.path and self._source is None:
            self._window.show_message(self.tr("{0} is open already.").format(self._name(path)))
        else:
            self._files.show_news("")
            self._open_run(SavedRun(path))

    def _on_view_save_requested(self) -> None:
        assert self._document is not None
        if self._document.saving is Saving.SAVED and not self._library.owns(self._document.path):
            name = self._name(self._document.path)
            self._window.show_message(
                self.tr("{0} is saved already: a run is saved all the time.").format(name)
            )
        else:
            self._ask_where(self._files.ask_save_as, self._name_to_save())

    def _on_view_save_as_chosen(self, path: str) -> None:
        assert self._document is not None
        if path == self._document.path and self._document.saving is Saving.SAVED:
            self._window.show_message(self.tr("The run is saved there all the time."))
        else:
            self._save(path, go_on_there=True)

    def _on_view_save_copy_chosen(self, path: str) -> None:
        assert self._document is not None
        if path == self._document.path:
            self._files.show_news(
                self.tr("A copy needs a file of its own: the run itself is saved in that one."), is_error=True
            )
        else:
            self._save(path, go_on_there=False)

    def _ask_where(self, ask: Callable[[str], None], name: str) -> None:
        ask(str(Path(self._folder(), f"{name}{SUFFIX}")))

    def _name_to_save(self) -> str:
        assert self._document is not None
        return self._name(self._document.path)

    def _folder(self) -> str:
        """Where the user keeps runs: beside the newest that has a name of its own."""
        named = (path for path in self._settings.recent_files if not self._library.owns(path))
        newest = next(named, None)
        return str(Path(newest).parent if newest else Path.home())


def _something_was_done(delivery: Delivery) -> bool:
    """Whether the run that a delivery is of holds anything that a person might miss."""
    status, document = delivery.status, delivery.status.document
    return bool(
        (delivery.metrics is not None and len(delivery.metrics))
        or delivery.journal
        or status.step
        or any(document.heads)
        or len(document.branches) > 1
        or document.bookmarks
        or document.note
    )
