"""The user's own words about the run, kept with it."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from weightdeck.run.document import LONGEST_NOTE
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.theme import Theme, Type

REST_MS = 800  # after the last key


class NotesPanel(Panel):
    """A page to write on. What was written is told when the hand rests, and at once when it leaves the page."""

    note_edited = Signal(str)

    key = "notes"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Notes")
        self._page = _Page(self)
        self._told = ""  # the words that the session knows, or will
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.tell)
        self._page.textChanged.connect(self._on_text_changed)
        self._page.left.connect(self.tell)
        self.body.addWidget(self._page)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._page.setFont(theme.font(Type.BODY))
        self._page.setStyleSheet(
            f"QPlainTextEdit {{ background: {theme.raised.name()}; color: {theme.text.name()};"
            f" border: 1px solid {theme.line.name()}; border-radius: 5px; padding: {theme.px(4)}px; }}"
            f"QPlainTextEdit:focus {{ border-color: {theme.hand_outline.name()}; }}"
        )

    def show_note(self, text: str) -> None:
        """The words that are kept; nothing changes while the user's newer ones have not been told."""
        if self._rest.isActive() or text == self._told:
            return
        self._told = text
        self._page.blockSignals(True)
        self._page.setPlainText(text)
        self._page.blockSignals(False)
        self._show_length()

    def tell(self) -> None:
        """Ask for what was written to be kept, if it is not yet."""
        self._rest.stop()
        text = self._page.toPlainText()[:LONGEST_NOTE]
        if text != self._told:
            self._told = text
            self.note_edited.emit(text)

    def clear(self) -> None:
        self._rest.stop()
        self.show_note("")

    def _on_text_changed(self) -> None:
        self._rest.start()
        self._show_length()

    def _show_length(self) -> None:
        length = self._page.length
        words = self.tr("{0:,} of {1:,} characters").format(length, LONGEST_NOTE)
        self.set_aside(words if length > LONGEST_NOTE // 2 else "")


class _Page(QPlainTextEdit):
    """Takes plain text up to `LONGEST_NOTE` characters."""

    left = Signal()  # the focus went elsewhere

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("notes_page")
        self.setAccessibleName(self.tr("Notes about this run"))
        self.setToolTip(
            self.tr("Your own words about this run, kept in its file: up to {0:,} characters.").format(
                LONGEST_NOTE
            )
        )
        self.setPlaceholderText(self.tr("What did you try, and what came of it? This is kept with the run."))
        self.setTabChangesFocus(True)

    @property
    def length(self) -> int:
        """Characters on the page."""
        return max(0, self.document().characterCount() - 1)  # Qt counts the end as one

    def insertFromMimeData(self, source: QMimeData) -> None:
        # Cut first: a very long line freezes the page (56 s for 1 MB).
        chosen = len(self.textCursor().selectedText())
        self.insertPlainText(source.text()[: max(0, LONGEST_NOTE - self.length + chosen)])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_full = self.length >= LONGEST_NOTE and not self.textCursor().hasSelection()
        if event.key() == Qt.Key.Key_Escape:
            self.clearFocus()
        elif not (is_full and event.text() and event.text().isprintable()):
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()
