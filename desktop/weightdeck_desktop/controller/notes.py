"""The user's own words about the run: from the document to their panel, and back."""

from __future__ import annotations

from PySide6.QtCore import QObject

from weightdeck.run.document import WriteNote
from weightdeck.run.frame import Status
from weightdeck.run.session import Session
from weightdeck_desktop.panels.notes import NotesPanel


class NotesDesk(QObject):
    """Lives on the GUI thread."""

    def __init__(self, session: Session, panel: NotesPanel, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._panel = panel
        self._path = ""  # of the document whose note is shown
        self._sent: str | None = None  # not confirmed by the session yet
        panel.note_edited.connect(self._on_view_note_edited)

    def read(self, status: Status) -> None:
        """Show the note of the document that is open."""
        document = status.document
        if not document.heads:
            return
        if document.path != self._path:
            self._path, self._sent = document.path, None
        if self._sent is not None and document.note != self._sent:
            return  # an older one, on its way while the user wrote
        self._sent = None
        self._panel.show_note(document.note)

    def keep(self) -> None:
        """Have what was written last kept before the end."""
        self._panel.tell()

    def _on_view_note_edited(self, text: str) -> None:
        self._sent = text
        self._session.annotate(WriteNote(text))
