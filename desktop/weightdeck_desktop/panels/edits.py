"""What was done to the run: every command in words, undo and redo, and a way back to any of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.panels.edit_lines import EditLine, EditLines
from weightdeck_desktop.panels.edit_list import EditList
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.text_line import TextLine


class EditsPanel(Panel):
    """The history, newest first, with undo and redo above it. A click on a line goes back, or forward, to it."""

    key = "edits"

    undo_requested = Signal()
    redo_requested = Signal()
    go_to_requested = Signal(int)  # how many entries to undo; when negative, to redo

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("History")
        self._undo, self._undo_words = BarButton("edits_undo"), TextLine()
        self._redo, self._redo_words = BarButton("edits_redo"), TextLine()
        self._undo.clicked.connect(self.undo_requested)
        self._redo.clicked.connect(self.redo_requested)
        buttons = QGridLayout()
        buttons.setColumnStretch(1, 1)
        buttons.setHorizontalSpacing(8)
        buttons.setVerticalSpacing(4)
        buttons.addWidget(self._undo, 0, 0)
        buttons.addWidget(self._undo_words, 0, 1)
        buttons.addWidget(self._redo, 1, 0)
        buttons.addWidget(self._redo_words, 1, 1)
        self._lines = EditLines(self)
        self._list = EditList(self._lines, self.tr("Nothing has been turned yet."))
        self._list.setObjectName("edits_list")
        self._list.setAccessibleName(self.tr("What was done to the run, newest first"))
        self._list.setToolTip(
            self.tr(
                "Everything that changed the run beside training itself, with its step. "
                "Click a line, or press Enter on it, to go back to it by undo, or forward by redo."
            )
        )
        self._list.chosen.connect(self._on_line_chosen)
        self.body.addLayout(buttons)
        self.body.addWidget(self._list, 1)
        self.show_undo("", "")

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for button in (self._undo, self._redo):
            button.set_theme(theme, height=28)
        for words in (self._undo_words, self._redo_words):
            words.set_theme(theme)
        self._list.set_theme(theme)

    def show_entries(self, lines: Sequence[EditLine]) -> None:
        """Show all entries, oldest first as they happened."""
        self._lines.show(lines)

    def show_undo(self, undo_title: str, redo_title: str) -> None:
        """What undo and redo would do; "" when there is nothing."""
        self._show_button(self._undo, self._undo_words, self.tr("Undo"), undo_title)
        self._show_button(self._redo, self._redo_words, self.tr("Redo"), redo_title)

    def clear(self) -> None:
        self._lines.show(())
        self.show_undo("", "")

    def table(self) -> list[list[str]] | None:
        lines = self._lines.lines
        if not lines:
            return None
        heading = [self.tr("step"), self.tr("what"), self.tr("kind"), self.tr("standing")]
        return [heading, *([str(e.step), e.words, e.kind.value, e.standing.value] for e in lines)]

    def _show_button(self, button: BarButton, words: TextLine, name: str, title: str) -> None:
        button.setEnabled(bool(title))
        button.set_content(
            name, tip=f"{name}: {title}" if title else self.tr("{name}: nothing").format(name=name)
        )
        words.set_text(title or self.tr("nothing"))

    def _on_line_chosen(self, index: QModelIndex) -> None:
        moves = self._lines.moves(index)
        if moves:
            self.go_to_requested.emit(moves)
