"""The breakpoints that there are, each with its switch and a button that takes it away."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from weightdeck.run.half_step import Breakpoint
from weightdeck_desktop.breakpoint_words import breakpoint_words
from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.theme import Theme, dark_theme
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar
from weightdeck_desktop.widgets.check import Check

Breakpoints = tuple[Breakpoint, ...]


class BreakpointList(QScrollArea):
    """Told by `show_breakpoints`; `changed` says what the user wants to have instead."""

    changed = Signal(object)  # tuple[Breakpoint, ...]
    emptied = Signal()  # the user took the last one away: nothing here can have the focus

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("breakpoint_list")
        self.setAccessibleName(self.tr("Breakpoints"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._theme: Theme = dark_theme()
        self._breakpoints: Breakpoints = ()
        self._rows: list[_Row] = []
        self._bar = ThinScrollBar(Qt.Orientation.Vertical)
        self._bar.rangeChanged.connect(self._on_range_changed)
        self._shows_last = False  # as soon as there is room for it
        self.setVerticalScrollBar(self._bar)
        content = QWidget(self)
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addStretch(1)
        self.setWidget(content)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._bar.set_theme(theme)
        self._column.setSpacing(theme.px(2))
        for row in self._rows:
            row.set_theme(theme)

    def show_breakpoints(self, breakpoints: Breakpoints) -> None:
        """Rows that say the same stay, with the focus in them."""
        while len(self._rows) > len(breakpoints):
            row = self._rows.pop()
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self._rows) < len(breakpoints):
            row = _Row(len(self._rows), self)
            row.set_theme(self._theme)
            row.switched.connect(self._on_switched)
            row.removed.connect(self._on_removed)
            self._column.insertWidget(len(self._rows), row)
            row.show()
            self._rows.append(row)
        for row, each in zip(self._rows, breakpoints, strict=True):
            row.show_breakpoint(each)
        self._breakpoints = breakpoints

    def show_last(self) -> None:
        """Scroll to the newest, which has just come."""
        self._shows_last = True

    def _on_range_changed(self, _first: int, last: int) -> None:
        if self._shows_last:
            self._shows_last = False
            self._bar.setValue(last)

    def _on_switched(self, place: int, is_on: bool) -> None:
        wanted = list(self._breakpoints)
        wanted[place] = replace(wanted[place], is_on=is_on)
        self.changed.emit(tuple(wanted))

    def _on_removed(self, place: int) -> None:
        """The focus goes to the one that takes its place, or to the one before."""
        left = self._breakpoints[:place] + self._breakpoints[place + 1 :]
        if left:
            self._rows[min(place, len(left) - 1)].take_focus()
        self.changed.emit(left)
        if not left:
            self.emptied.emit()


class _Row(QWidget):
    """One breakpoint."""

    switched = Signal(int, bool)
    removed = Signal(int)

    def __init__(self, place: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._switch = Check("", self)
        self._switch.setObjectName(f"breakpoint_{place}")
        self._switch.clicked.connect(lambda is_on: self.switched.emit(place, is_on))
        self._remove = BarButton(f"breakpoint_remove_{place}", Look.QUIET, self)
        self._remove.clicked.connect(lambda: self.removed.emit(place))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._switch, 1)
        row.addWidget(self._remove)

    def set_theme(self, theme: Theme) -> None:
        self._switch.set_theme(theme)
        self._remove.set_theme(theme, height=24)

    def show_breakpoint(self, each: Breakpoint) -> None:
        words = breakpoint_words(each)
        self._switch.setText(words)
        self._switch.setAccessibleName(words)
        self._switch.setChecked(each.is_on)
        self._switch.setToolTip(self.tr("Whether training pauses here: on or off"))
        self._switch.updateGeometry()
        tip = self.tr("Take it away: {0}").format(words)
        self._remove.set_content(self.tr("Remove"), "close", tip)

    def take_focus(self) -> None:
        self._remove.setFocus(Qt.FocusReason.OtherFocusReason)
