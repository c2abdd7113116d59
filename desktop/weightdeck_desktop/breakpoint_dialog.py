"""Where training is to pause by itself: a list, and a line to add to it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from weightdeck.run.half_step import Breakpoint
from weightdeck_desktop.breakpoint_line import BreakpointLine
from weightdeck_desktop.breakpoint_list import BreakpointList, Breakpoints
from weightdeck_desktop.breakpoint_words import MOST_BREAKPOINTS, breakpoint_words
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.icons import icon_pixmap
from weightdeck_desktop.theme import Theme, Type


class BreakpointDialog(QDialog):
    """Told by `show_breakpoints`; `changed` says what the user wants to have instead."""

    changed = Signal(object)  # tuple[Breakpoint, ...]

    def __init__(self, breakpoints: Breakpoints, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("breakpoints")
        self.setWindowTitle(self.tr("Breakpoints"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._breakpoints: Breakpoints = ()
        about = self._make_label(
            "breakpoints_about",
            self.tr(
                "Training pauses at the first step that meets one of these, before its update is made. Pausing never "
                "changes the result. They are kept for the next start, switched off."
            ),
        )
        self._list = BreakpointList(self)
        self._list.set_theme(theme)
        self._list.changed.connect(self.changed)
        self._none = self._make_label("breakpoints_none", self.tr("There are none yet."))
        self._line = BreakpointLine(self)
        self._line.set_theme(theme)
        self._line.added.connect(self._on_added)
        self._line.refused.connect(self._show_problem)
        self._list.emptied.connect(self._line.focus_value)
        self._sign = QLabel(self)
        self._sign.setPixmap(icon_pixmap("error", theme.px(14), theme.error, self.devicePixelRatioF()))
        self._problem = self._make_label("breakpoints_problem", "")
        self._problem.setMinimumHeight(2 * self._problem.fontMetrics().height())  # no jump when there is one
        palette = self._problem.palette()
        palette.setColor(self._problem.foregroundRole(), theme.error)
        self._problem.setPalette(palette)
        close = BarButton("close_breakpoints", parent=self)
        close.set_theme(theme)
        close.set_content(self.tr("Close"), "", self.tr("The list is kept already (Esc)"))
        close.clicked.connect(self.close)
        below = QHBoxLayout()
        below.setSpacing(theme.px(6))
        below.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        below.addWidget(self._problem, 1)
        below.addWidget(close, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(*4 * (theme.px(16),))
        column.setSpacing(theme.px(12))
        column.addWidget(about)
        column.addWidget(self._none, 1)
        column.addWidget(self._list, 1)
        column.addWidget(self._line)
        column.addLayout(below)
        self.resize(min(theme.px(440), parent.width() - 40), min(theme.px(380), parent.height() - 40))
        self._show_problem("")
        self.show_breakpoints(breakpoints)
        self._line.focus_value()

    def show_breakpoints(self, breakpoints: Breakpoints) -> None:
        """These are the ones that hold."""
        if breakpoints != self._breakpoints:
            self._show_problem("")  # it was about the list as it was
        self._breakpoints = breakpoints
        self._list.show_breakpoints(breakpoints)
        self._list.setVisible(bool(breakpoints))
        self._none.setVisible(not breakpoints)

    def _make_label(self, name: str, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setObjectName(name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setFont(self._theme.font(Type.SMALL))
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        return label

    def _show_problem(self, sentence: str) -> None:
        self._problem.setText(sentence)
        self._problem.setAccessibleName(sentence)
        self._sign.setVisible(bool(sentence))

    def _on_added(self, made: Breakpoint) -> None:
        """Take it in, unless it is there already or there is no room."""
        same = [each for each in self._breakpoints if replace(each, is_on=True) == made]
        if same:
            sentence = (
                self.tr("Training pauses {0} already.")
                if same[0].is_on
                else self.tr("“{0}” is in the list already, switched off.")
            )
            self._show_problem(sentence.format(breakpoint_words(made)))
            self._line.focus_value()
        elif len(self._breakpoints) >= MOST_BREAKPOINTS:
            sentence = self.tr("There is room for {0}: take one away first.")
            self._show_problem(sentence.format(MOST_BREAKPOINTS))
            self._line.focus_value()
        else:
            self._line.taken()
            self.changed.emit((*self._breakpoints, made))
            self._list.show_last()
