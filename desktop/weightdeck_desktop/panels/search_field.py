"""Find a slice by typing: a field, and below it what fits."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from weightdeck.run.layout import Layout
from weightdeck.run.search import search
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.words import slice_title
from weightdeck_desktop.panels.slice_list import SliceList, SliceRow
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.text_line import TextLine

LONGEST_SEARCH = 200  # characters
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}

_KNOB_MODIFIERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class SearchField(QLineEdit):
    """What is typed here is looked for; the arrow keys walk through `results`, which the owner places below.

    Enter shows the marked slice, Ctrl+Enter or Shift+Enter makes it a knob, Esc empties the field.
    """

    typed = Signal()  # the user changed the text: whether there is any says `is_searching`
    marked = Signal()  # the user walked to another of the results
    found = Signal(object)  # ParameterSlice: show it
    knob_requested = Signal(object)  # ParameterSlice: make it a knob

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("browse_search")
        self.setMaxLength(LONGEST_SEARCH)
        self.setPlaceholderText(self.tr("find: block 1 head 2 query"))
        self.setAccessibleName(self.tr("Find a parameter"))
        self.setToolTip(
            self.tr(
                "Words or a technical name, at most {most} characters. Enter shows what is marked, "
                "Ctrl+Enter makes it a knob, Esc goes back."
            ).format(most=LONGEST_SEARCH)
        )
        self._layout: Layout | None = None
        self._vocabulary: tuple[str, ...] = ()
        self.results = SearchResults()
        self.results.list.opened.connect(self._on_result_opened)
        self.results.list.clicked.connect(self._on_result_clicked)
        self.textEdited.connect(self._on_text_edited)

    @property
    def is_searching(self) -> bool:
        """Whether anything is typed."""
        return bool(self.text().strip())

    def set_layout(self, layout: Layout, vocabulary: Sequence[str]) -> None:
        """The model to look in."""
        self._layout, self._vocabulary = layout, tuple(vocabulary)
        self._show_results()

    def set_theme(self, theme: Theme) -> None:
        self.results.set_theme(theme)
        self.setFont(theme.font(Type.BODY))
        self.setFixedHeight(theme.px(28))
        self.setStyleSheet(
            f"QLineEdit {{ background: {theme.raised.name()}; color: {theme.text.name()};"
            f" border: 1px solid {theme.line.name()}; border-radius: 5px; padding: 0 {theme.px(7)}px; }}"
            f"QLineEdit:focus {{ border-color: {theme.hand_outline.name()}; }}"
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if not self.is_searching:
            super().keyPressEvent(event)
        elif key in _STEPS:
            self.results.list.walk(_STEPS[key])
            self.marked.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.results.list.current, makes_knob=bool(event.modifiers() & _KNOB_MODIFIERS))
        elif key == Qt.Key.Key_Escape:
            self.clear()
            self._on_text_edited()
        else:
            super().keyPressEvent(event)

    def _on_text_edited(self) -> None:
        self._show_results()
        self.typed.emit()

    def _show_results(self) -> None:
        if self._layout is None or not self.is_searching:
            self.results.show_found((), "")
            return
        found = search(self.text(), self._layout, self._vocabulary)
        rows = [SliceRow(target, slice_title(target, self._vocabulary, self._layout)) for target in found]
        self.results.show_found(rows, self.text().strip())

    def _on_result_opened(self, target: ParameterSlice) -> None:
        self._choose(target, makes_knob=False)

    def _on_result_clicked(self) -> None:
        self._choose(self.results.list.current, makes_knob=False)

    def _choose(self, target: ParameterSlice | None, *, makes_knob: bool) -> None:
        if target is None:
            return
        self.clear()
        self._show_results()
        (self.knob_requested if makes_knob else self.found).emit(target)


class SearchResults(QWidget):
    """What fits what was typed, and a line that says which keys do what."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = SliceList("browse_results")
        self.list.setAccessibleName(self.tr("Parameters that fit"))
        self.list.setToolTip(self.tr("A click shows it among the values, a right click offers what to do"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the field keeps it: its keys walk here
        self._keys = TextLine()
        self._keys.set_text(self.tr("Enter shows it · Ctrl+Enter makes it a knob · Esc goes back"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.list, 1)
        column.addWidget(self._keys)

    def set_theme(self, theme: Theme) -> None:
        self.list.set_theme(theme)
        self._keys.set_theme(theme)

    def show_found(self, rows: Sequence[SliceRow], typed: str) -> None:
        """Show what was found for `typed`, the first marked; or a sentence when nothing was."""
        self.list.show_rows(rows)
        self.list.show_current(rows[0].target if rows else None)
        self.list.scrollToTop()
        short = typed if len(typed) <= 24 else f"{typed[:23]}…"
        self.list.show_message(
            self.tr(
                "Nothing here is called “{typed}”. Try “block 1 head 2 query bias”, “embed row s” "
                "or “lm_head.weight[5, 31]”."
            ).format(typed=short)
            if typed
            else ""
        )
