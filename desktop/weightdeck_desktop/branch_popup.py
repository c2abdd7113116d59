"""The branches of a run in a list that opens below their button, with what can be done with one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from weightdeck.run.document import LONGEST_NAME
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.theme import Theme, dark_theme
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar
from weightdeck_desktop.widgets.branch_tree import BranchLine, BranchTree

_MOST_HEIGHT = 320  # px at 100 %: beyond it the list scrolls


class BranchPopup(QDialog):
    """Each signal is a user's act. Esc, or a click beside it, closes; renaming leaves it open."""

    branch_chosen = Signal(int)  # another than the one that trains
    branch_renamed = Signal(int, str)
    compare_requested = Signal(int)  # with the one that trains

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("branch_popup")
        self.setAccessibleName(self.tr("Branches"))
        self._theme = dark_theme()
        self._training: int | None = None
        self._tree = BranchTree(LONGEST_NAME, self)
        self._scroll_bar = ThinScrollBar(Qt.Orientation.Vertical)
        self._tree.setVerticalScrollBar(self._scroll_bar)
        self._tree.chosen.connect(self._on_chosen)
        self._tree.renamed.connect(self.branch_renamed)
        self._tree.currentRowChanged.connect(lambda _row: self._show_acts())
        self._switch = self._make_button(
            "switch_branch",
            self.tr("Switch to it"),
            self.tr("Train this branch from its newest step (Enter)"),
        )
        self._switch.clicked.connect(lambda: self._on_chosen(self._tree.current_branch))
        self._rename = self._make_button(
            "rename_branch",
            self.tr("Rename"),
            self.tr("Give this branch another name, 1 to {0} characters (F2)").format(LONGEST_NAME),
        )
        self._rename.clicked.connect(self._on_rename_clicked)
        self._compare = self._make_button(
            "compare_branch",
            self.tr("Compare"),
            self.tr("Show this branch and the one that trains side by side"),
        )
        self._compare.clicked.connect(self._on_compare_clicked)
        acts = QHBoxLayout()
        for button in (self._switch, self._rename, self._compare):
            acts.addWidget(button)
        acts.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._tree, 1)
        self._column.addLayout(acts)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._tree.set_theme(theme)
        self._scroll_bar.set_theme(theme)
        for button in (self._switch, self._rename, self._compare):
            button.set_theme(theme, height=28)
        self._column.setContentsMargins(*4 * (theme.px(8),))

    def set_branches(self, lines: Sequence[BranchLine]) -> None:
        """Show these, while it is open too."""
        self._training = next((line.number for line in lines if line.is_training), None)
        self._tree.set_branches(lines)
        self._show_acts()

    def open_at(self, right_end: QPoint) -> None:
        """Open with its upper right corner at a global place."""
        theme = self._theme
        tree = self._tree.natural_size()
        margins = 2 * theme.px(8)
        width = max(tree.width(), self.minimumSizeHint().width() - margins, theme.px(260)) + margins
        height = min(tree.height(), theme.px(_MOST_HEIGHT)) + self._rename.sizeHint().height() + theme.px(24)
        self.resize(width, height + 4)
        self.move(right_end - QPoint(width, 0))
        self._tree.select_training()
        self.show()
        self._tree.setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setPen(theme.pen(theme.line))
        painter.setBrush(theme.panel)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _make_button(self, name: str, text: str, tip: str) -> BarButton:
        button = BarButton(name, parent=self)
        button.set_content(text, "", tip)
        return button

    def _show_acts(self) -> None:
        """The branch that trains needs neither be switched to nor compared with itself."""
        current = self._tree.current_branch
        is_other = current is not None and current != self._training
        self._switch.setEnabled(is_other)
        self._compare.setEnabled(is_other)
        self._rename.setEnabled(current is not None)

    def _on_chosen(self, branch: int | None) -> None:
        self.close()
        if branch is not None and branch != self._training:
            self.branch_chosen.emit(branch)

    def _on_rename_clicked(self) -> None:
        self._tree.setFocus()
        self._tree.rename_current()

    def _on_compare_clicked(self) -> None:
        branch = self._tree.current_branch
        self.close()
        if branch is not None:
            self.compare_requested.emit(branch)
