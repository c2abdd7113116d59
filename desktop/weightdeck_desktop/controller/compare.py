"""Two moments side by side: asks for what the panel's user wants to compare, and passes on the answer."""

from __future__ import annotations

from PySide6.QtCore import QObject

from weightdeck.run.document import Place
from weightdeck.run.frame import RunInfo, Status
from weightdeck.run.queries import Answer, CompareMoments, MomentComparison
from weightdeck.run.session import Session
from weightdeck_desktop.panels.compare import ComparePanel
from weightdeck_desktop.window import Window


class CompareDesk(QObject):
    """Owns the question that is under way: a newer one replaces it. Lives on the GUI thread."""

    def __init__(self, session: Session, window: Window, panel: ComparePanel) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._panel = panel
        self._prompts: tuple[str, ...] = ()
        self._status: Status | None = None
        self._asked: int | None = None
        self._is_fresh = True  # nothing of this run has been asked
        panel.comparison_requested.connect(self._on_view_comparison_requested)
        window.timeline.compare_requested.connect(self._on_view_branch_compared)

    def begin(self, info: RunInfo, prompts: tuple[str, ...]) -> None:
        """A new run, or another branch trains: begin with what is likely to be compared."""
        if self._asked is not None:
            self._session.cancel(self._asked)
            self._asked = None
        self._is_fresh = True
        self._prompts = prompts
        self._panel.clear()
        self._panel.set_vocabulary(info.vocabulary)

    def set_prompts(self, prompts: tuple[str, ...]) -> None:
        """What the next comparison asks for."""
        self._prompts = prompts

    def read(self, status: Status) -> None:
        """Take what the session says of its document; compares by itself once, when the panel is first seen."""
        self._status = status
        document = status.document
        if not document.heads or self._panel.key not in self._window.visible_panels():
            return
        self._panel.show_document(document, None if status.past is None else status.past.place)
        if self._is_fresh and document.heads[document.branch] > 0:
            present = document.branches[document.branch]
            parent = present.parent
            a = Place(document.branch, 0) if parent is None else Place(parent, document.heads[parent])
            self._compare(a, None)

    def answer(self, answer: Answer) -> None:
        """Take an answer, if it is the one that is waited for."""
        if answer.number != self._asked:
            return
        self._asked = None
        if isinstance(answer.value, MomentComparison):
            self._panel.show_comparison(answer.value)
        else:
            self._panel.show_problem(answer.problem)

    def _compare(self, a: Place, b: Place | None) -> None:
        self._panel.show_places(a, b)
        self._on_view_comparison_requested(*self._panel.places)

    def _on_view_comparison_requested(self, a: Place, b: Place) -> None:
        self._is_fresh = False
        if self._asked is not None:
            self._session.cancel(self._asked)
        self._asked = self._session.ask(CompareMoments(a, b, self._prompts))
        self._panel.show_waiting()

    def _on_view_branch_compared(self, branch: int) -> None:
        """A branch of the timeline with the one that trains, both at their newest step."""
        if self._status is None or not branch < len(self._status.document.heads):
            return
        document = self._status.document
        past = self._status.past
        self._window.show_panel(self._panel.key)
        self._panel.show_document(document, None if past is None else past.place)
        self._compare(Place(branch, document.heads[branch]), None)
